"""The work engine: takes rows from lanes, gives each to its kind, and never loses one.

Updates are tried twice more within two seconds, then parked with their trace while the person gets
an apology with a reference. Calls, messages and checks back off and come again. An invariant that
breaks stops the money path and says why.
"""

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final

import orjson
import structlog

from bot.engine.calls import Calls, handle_hook
from bot.engine.dispatch import Dispatcher
from bot.engine.lanes import Lanes
from bot.engine.metrics import Metrics
from bot.engine.notices import Notices, expand
from bot.engine.outbox import Outbox
from bot.engine.pins import Pins
from bot.engine.sender import Sender
from core.domain.acts import Cause, CauseKind
from core.domain.errors import InvariantBroken, KeyReused
from core.domain.tenants import PLATFORM
from core.domain.work import Kind, Work, WorkStatus
from handlers.adapter import read_update
from handlers.chat import Reply, Show
from handlers.screens import home as home_screens
from handlers.words import Words, choose
from storage.database import Database
from storage.doctor import money_stop
from storage.transaction import SqlTransaction
from storage.work import WorkIsOver

PUMP_S: Final = 1.0
PAGE: Final = 500
MAX_TRIES: Final = 3
EFFECT_BACKOFF_S: Final = (2, 10, 60, 300, 900)
MAX_EFFECT_TRIES: Final = 20

_log = structlog.get_logger(__name__)


class Engine:
    """Runs everything that must happen."""

    def __init__(
        self,
        database: Database,
        *,
        dispatcher: Dispatcher,
        outbox: Outbox,
        sender: Sender,
        calls: Calls,
        pins: Pins,
        metrics: Metrics,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        """Join the parts; `start` begins."""
        self._database = database
        self._dispatcher = dispatcher
        self._outbox = outbox
        self._sleep = sleep
        self._metrics = metrics
        self._notices = Notices(dispatcher, outbox)
        self._effects: dict[Kind, Callable[[Work], Awaitable[None]]] = {
            Kind.MESSAGE: sender.handle,
            Kind.CALL: calls.handle,
            Kind.PIN: pins.handle,
        }
        self._acts: dict[Kind, Callable[[SqlTransaction, Work], None]] = {
            Kind.UPDATE: self._update,
            Kind.HOOK: handle_hook,
            Kind.NOTICE: self._notices.render,
        }
        self.lanes = Lanes(self._handle)
        self._pump_task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take over what an earlier process left, then follow every commit."""
        self._database.on_commit(self._take)
        await self._pump_once()
        self._pump_task = asyncio.create_task(self._pump())

    async def stop(self, *, within_s: float = 10.0) -> None:
        """Let what runs finish; the rest stays in the table."""
        if self._pump_task is not None:
            self._pump_task.cancel()
            await asyncio.gather(self._pump_task, return_exceptions=True)
        await self.lanes.stop(within_s=within_s)

    def _take(self, rows: Sequence[Work]) -> None:
        now = self._database.now()
        self.lanes.offer(row for row in rows if row.due_at <= now)

    async def _pump(self) -> None:
        while True:
            await self._sleep(PUMP_S)
            try:
                await self._pump_once()
            except Exception:  # noqa: BLE001 - the next second tries again
                _log.exception("pump_failed")

    async def _pump_once(self) -> None:
        after = 0
        while self.lanes.has_room:
            start = after

            def page(tx: SqlTransaction, start: int = start) -> Sequence[Work]:
                return tx.work.live(at=tx.now, after=start, limit=PAGE)

            rows = await self._database.read(page)
            self.lanes.offer(row for row in rows if not self.lanes.knows(row))
            if len(rows) < PAGE:
                return
            after = rows[-1].id

    async def _handle(self, work: Work) -> None:
        effect = self._effects.get(work.kind)
        act = self._acts.get(work.kind)
        try:
            if effect is not None:
                await effect(work)
            elif act is not None:
                await self._run(work, act)
        except WorkIsOver:
            _log.info("row_was_over", kind=work.kind, work=work.id)
        except (InvariantBroken, KeyReused) as error:
            await self._park(work, error)
            if isinstance(error, InvariantBroken):
                await self._stop_money(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the row is not lost
            await self._again(work, error)
        self._metrics.done(work.kind)

    async def _run(self, work: Work, act: Callable[[SqlTransaction, Work], None]) -> None:
        def run(tx: SqlTransaction) -> None:
            act(tx, work)
            expand(tx)

        kind = CauseKind.UPDATE if work.kind is Kind.UPDATE else CauseKind.EVENT
        await self._database.run(run, cause=Cause(kind=kind, reference=str(work.id)))

    def _update(self, tx: SqlTransaction, work: Work) -> None:
        incoming = read_update(orjson.loads(work.payload), username=self._dispatcher.bot_username)
        if incoming is not None:
            reply = self._dispatcher.answer(tx, incoming)
            self._outbox.answer(tx, incoming, reply)
        tx.work.end(work)

    async def _again(self, work: Work, error: Exception) -> None:
        trace = "".join(traceback.format_exception(error))[-2000:]
        _log.error(
            "row_failed", kind=work.kind, work=work.id, attempt=work.attempts + 1, trace=trace
        )
        is_update = work.kind is Kind.UPDATE
        if work.attempts + 1 >= (MAX_TRIES if is_update else MAX_EFFECT_TRIES):
            await self._park(work, error)
            return
        delays = (0, 1, 1) if is_update else EFFECT_BACKOFF_S
        delay = delays[min(work.attempts, len(delays) - 1)]
        await self._database.run(
            lambda tx: tx.work.mark(
                work,
                status=work.status,
                attempts=work.attempts + 1,
                due_at=tx.now + timedelta(seconds=delay),
                last_error=type(error).__name__,
            )
        )

    async def _park(self, work: Work, error: Exception) -> None:
        """Put a row aside with its trace; whoever waits for it gets an apology."""
        trace = "".join(traceback.format_exception(error))[-4000:]
        _log.error("row_parked", kind=work.kind, work=work.id, trace=trace)
        self._metrics.parked(work.kind)

        def park(tx: SqlTransaction) -> None:
            tx.work.mark(work, status=WorkStatus.DEAD, last_error=trace)
            if work.kind is Kind.UPDATE:
                self._apologise(tx, work)

        await self._database.run(park)

    def _apologise(self, tx: SqlTransaction, work: Work) -> None:
        incoming = read_update(orjson.loads(work.payload), username=self._dispatcher.bot_username)
        if incoming is not None:
            words = Words(language=choose("", incoming.sender.language))
            screen = home_screens.apology(words, f"{work.id:x}"[-8:])
            self._outbox.answer(tx, incoming, Reply(screen=screen, show=Show.SEND))

    async def _stop_money(self, error: InvariantBroken) -> None:
        _log.critical("money_stopped", reason=str(error))
        await self._database.run(lambda tx: money_stop(tx, PLATFORM, str(error)))

"""The work engine: takes rows from lanes, gives each to its kind, and never loses one.

Updates are tried twice more within two seconds, then parked with their trace while the person gets
an apology with a reference. Calls, messages and checks back off and come again. An invariant that
breaks stops the money path and says why.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final

import orjson
import structlog

from bot.engine.calls import Calls, handle_hook
from bot.engine.checks import Checks
from bot.engine.dispatch import Dispatcher
from bot.engine.lanes import Lanes
from bot.engine.leases import LaneLost, Leases, SoleOwner
from bot.engine.metrics import Metrics
from bot.engine.notices import Notices, expand
from bot.engine.outbox import Outbox
from bot.engine.pins import Pins, asked_by, failed_check
from bot.engine.sender import Sender, is_fresh
from bot.logs import trace_of
from core.domain.acts import Cause, CauseKind
from core.domain.errors import InvariantBroken, KeyReused
from core.domain.tenants import PLATFORM
from core.domain.work import FRONT, Kind, Waiting, Work, WorkStatus
from handlers.adapter import read_update
from handlers.chat import Incoming, Reply, Show
from handlers.screens import home as home_screens
from handlers.words import Words, choose
from storage.database import Database
from storage.doctor import money_stop
from storage.transaction import SqlTransaction
from storage.work import WorkIsOver

PUMP_S: Final = 1.0
KNOCKS_S: Final = 0.05
"""Between two looks that others asked for: many knocks are one look."""
HURRY_S: Final = 0.5
"""A press that waits longer in its lane is answered empty, within a second."""
PAGE: Final = 2_000
"""Places looked at together; what rows carry is read for those that come to memory only."""
HANDED_OVER: Final = timedelta(seconds=3)
"""Within this time the commit that wrote a row has handed it over in memory."""
MAX_TRIES: Final = 3
PAUSES_S: Final = (0, 1)
"""Before the second and the third try of what a person waits for; its lane waits, too."""
AWAITED: Final = frozenset({Kind.UPDATE, Kind.PIN})
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
        checks: Checks,
        pins: Pins,
        metrics: Metrics,
        sleep: Callable[[float], Awaitable[None]],
        operators: Sequence[int] = (),
        leases: Leases | None = None,
    ) -> None:
        """Join the parts; `start` begins.

        `operators` are told when money is stopped; without `leases` every lane is ours.
        """
        self._leases = leases or SoleOwner(database)
        self._operators = operators
        self._database = database
        self._dispatcher = dispatcher
        self._outbox = outbox
        self._sleep = sleep
        self._metrics = metrics
        self._notices = Notices(dispatcher, outbox)
        self._effects: dict[Kind, Callable[[Work], Awaitable[None]]] = {
            Kind.MESSAGE: sender.handle,
            Kind.CALL: calls.handle,
            Kind.CHECK: checks.handle,
            Kind.PIN: pins.handle,
        }
        self._acts: dict[Kind, Callable[[SqlTransaction, Work], None]] = {
            Kind.UPDATE: self._update,
            Kind.HOOK: handle_hook,
            Kind.NOTICE: self._notices.render,
        }
        self.lanes = Lanes(self._handle)
        self._started_at = database.now()
        self._hushed: set[int] = set()
        self._looking = asyncio.Lock()
        self._knocked = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Take over what an earlier process left, then follow every commit."""
        self.follow()
        await self.look()
        self._tasks = [
            asyncio.create_task(self._for_ever(PUMP_S, self.look)),
            asyncio.create_task(self._for_ever(HURRY_S, self.hurry)),
            asyncio.create_task(self._answer_knocks()),
        ]

    async def stop(self, *, within_s: float = 10.0) -> None:
        """Let what runs finish; the rest stays in the table."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.lanes.stop(within_s=within_s)
        # Marked by the commit that wrote them, but never begun: they are no repeats next time.
        unsent = [row for row in self.lanes.unstarted if is_fresh(row)]
        if unsent:
            await self._database.run(lambda tx: _take_back(tx, unsent))

    def follow(self) -> None:
        """Take the rows of every commit into memory, and hear the knocks of other processes."""
        self._database.finishing = self._leases.hand_over
        self._database.on_commit(self._take)
        loop = asyncio.get_running_loop()
        self._database.wakeups.listen(lambda: self._hear(loop))

    def _hear(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.call_soon_threadsafe(self._knocked.set)

    def _take(self, rows: Sequence[Work]) -> None:
        now = self._database.now()
        # The server's clock may be ahead of ours: what is due when it is written is due.
        due = [row for row in rows if row.due_at <= max(now, row.created_at)]
        mine = self._leases.mine(due)
        if self.lanes.hand_over(mine):
            self._knocked.set()
        if len(mine) == len(due):
            return
        self._database.wakeups.tell()
        known = {row.id for row in mine}
        if any(self._leases.takes(row) for row in due if row.id not in known):
            self._knocked.set()

    async def _answer_knocks(self) -> None:
        while True:
            await self._knocked.wait()
            self._knocked.clear()
            await self._safely(self.look)
            await self._sleep(KNOCKS_S)

    async def _for_ever(self, every_s: float, act: Callable[[], Awaitable[None]]) -> None:
        while True:
            await self._sleep(every_s)
            await self._safely(act)

    async def _safely(self, act: Callable[[], Awaitable[None]]) -> None:
        try:
            await act()
        except Exception:  # noqa: BLE001 - the next time tries again
            _log.exception("round_failed", round=act.__name__)

    async def hurry(self) -> None:
        """Answer presses empty whose lanes let them wait, so that people see they were heard."""
        before = self._database.now() - timedelta(seconds=HURRY_S)
        waiting = {w.id: w for w in self.lanes.waiting() if w.kind is Kind.UPDATE}
        self._hushed &= waiting.keys()
        late = [w for w in waiting.values() if w.created_at <= before and w.id not in self._hushed]
        self._hushed |= {work.id for work in late}
        presses = [read for work in late if (read := self._read(work)) and read.press_id]
        if presses:
            await self._database.run(lambda tx: self._hush(tx, presses))

    def _hush(self, tx: SqlTransaction, presses: Sequence[Incoming]) -> None:
        for press in presses:
            self._outbox.acknowledge(tx, press)

    async def look(self) -> None:
        """Take rows that are due and not in memory: backed off, a shell's, another process's."""
        async with self._looking:
            await self._leases.claim()
            self.lanes.begin_look()
            last = FRONT
            while self.lanes.may_look_on(last.priority):
                places = await self._leases.due(after=last, limit=PAGE)
                await self._load([each for each in places if not self.lanes.knows(each)])
                if len(places) < PAGE:
                    break
                last = places[-1]
            self.lanes.end_look()

    async def _load(self, places: Sequence[Waiting]) -> None:
        """Read the rows that memory may take: most are there already, with what they carry."""
        ids = [each.id for each in places if self.lanes.admits(each)]
        if ids:
            rows = await self._database.read(lambda tx: tx.work.some(ids, at=tx.now))
            for row in rows:
                if self.lanes.has_met(row.id):
                    continue  # what was read is old by now
                if self._is_on_its_way(row):
                    self.lanes.leave(row)
                else:
                    self.lanes.offer([row])

    def _is_on_its_way(self, work: Work) -> bool:
        """Tell whether a row that its own commit marked may be on its way into memory."""
        is_marked_now = work.status is WorkStatus.SENT and work.attempts == 0
        lately = max(self._started_at, self._database.now() - HANDED_OVER)
        return is_marked_now and work.created_at > lately

    async def _handle(self, work: Work) -> None:
        left: Work | None = work
        while left is not None:
            if not self._leases.may_work(left):
                # The rows behind it leave memory with it: the next look brings them in order.
                self._leases.lose(left)
                return
            left = await self._try(left)
        self._metrics.done(work.kind)

    async def _try(self, work: Work) -> Work | None:
        """Handle a row once; return it when it is to be tried again before its lane goes on."""
        effect = self._effects.get(work.kind)
        act = self._acts.get(work.kind)
        try:
            if effect is not None:
                await effect(work)
            elif act is not None:
                await self._run(work, act)
        except WorkIsOver:
            _log.info("row_was_over", kind=work.kind, work=work.id)
        except LaneLost:
            _log.warning("lane_lost", kind=work.kind, work=work.id)
            self._leases.lose(work)
        except (InvariantBroken, KeyReused) as error:
            if isinstance(error, InvariantBroken):
                await self._stop_money(work, error)
            await self._park(work, error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the row is not lost
            return await self._again(work, error)
        return None

    async def _run(self, work: Work, act: Callable[[SqlTransaction, Work], None]) -> None:
        def run(tx: SqlTransaction) -> None:
            act(tx, work)
            expand(tx)

        kind = CauseKind.UPDATE if work.kind is Kind.UPDATE else CauseKind.EVENT
        await self._database.run(run, cause=Cause(kind=kind, reference=str(work.id)))

    def _update(self, tx: SqlTransaction, work: Work) -> None:
        incoming = self._read(work)
        if incoming is not None:
            reply = self._dispatcher.answer(tx, incoming)
            self._outbox.answer(tx, incoming, reply)
        tx.work.end(work)

    def _read(self, work: Work) -> Incoming | None:
        return read_update(orjson.loads(work.payload), username=self._dispatcher.bot_username)

    async def _again(self, work: Work, error: Exception) -> Work | None:
        """Count a failed try; what a person waits for comes back at once, the rest when due."""
        _log.error(
            "row_failed",
            kind=work.kind,
            work=work.id,
            attempt=work.attempts + 1,
            trace=trace_of(error),
        )
        is_awaited = work.kind in AWAITED
        if work.attempts + 1 >= (MAX_TRIES if is_awaited else MAX_EFFECT_TRIES):
            await self._park(work, error)
            return None
        pauses = PAUSES_S if is_awaited else EFFECT_BACKOFF_S
        pause_s = pauses[min(work.attempts, len(pauses) - 1)]
        after = await self._database.run(lambda tx: _count(tx, work, error, pause_s=pause_s))
        if not is_awaited:
            return None
        await self._sleep(pause_s)
        return after

    async def _park(self, work: Work, error: Exception) -> None:
        """Put a row aside with its trace; whoever waits for it gets an apology."""
        trace = trace_of(error)
        _log.error("row_parked", kind=work.kind, work=work.id, trace=trace)
        self._metrics.parked(work.kind)
        try:
            await self._database.run(lambda tx: _bury(tx, work, trace, self._apologise))
        except WorkIsOver:
            _log.info("row_was_over", kind=work.kind, work=work.id)
        except Exception:  # noqa: BLE001 - what cannot be read cannot be apologised for
            _log.exception("apology_failed", work=work.id)
            await self._database.run(lambda tx: _bury(tx, work, trace, _say_nothing))

    def _apologise(self, tx: SqlTransaction, work: Work) -> None:
        if work.kind not in AWAITED:
            return
        incoming = asked_by(work) if work.kind is Kind.PIN else self._read(work)
        if incoming is None:
            return
        words, reference = Words(language=choose("", incoming.sender.language)), _reference(work)
        reply = Reply(screen=home_screens.apology(words, reference), show=Show.SEND)
        if work.kind is Kind.PIN:
            reply = Reply(screen=failed_check(work, words, reference), show=Show.EDIT)
        self._outbox.answer(tx, incoming, reply)

    async def _stop_money(self, work: Work, error: InvariantBroken) -> None:
        reason = f"{error} while handling {work.kind} {work.id:x}"
        _log.critical("money_stopped", reason=reason)

        def stop(tx: SqlTransaction) -> None:
            money_stop(tx, PLATFORM, reason)
            screen = home_screens.money_stopped(Words(), reason)
            for chat_id in self._operators:
                self._outbox.show(tx, chat_id, Reply(screen=screen, show=Show.SEND))

        await self._database.run(stop)


def _count(tx: SqlTransaction, work: Work, error: Exception, *, pause_s: float) -> Work:
    """Count a failed try of a row; what was marked as sent stays so."""
    stands = tx.work.get(work.id) or work
    return tx.work.mark(
        stands,
        status=stands.status,
        attempts=stands.attempts + 1,
        due_at=tx.now + timedelta(seconds=pause_s),
        last_error=type(error).__name__,
    )


def _bury(
    tx: SqlTransaction, work: Work, trace: str, apologise: Callable[[SqlTransaction, Work], None]
) -> None:
    """Mark a row as dead; a PIN's digits do not stay with it."""
    if work.kind is Kind.PIN:
        marked = tx.work.mark(work, status=WorkStatus.SENT, last_error=trace)
        tx.work.end(marked, WorkStatus.DEAD)
    else:
        tx.work.mark(work, status=WorkStatus.DEAD, last_error=trace)
    apologise(tx, work)


def _reference(work: Work) -> str:
    return f"{work.id:x}"[-8:]


def _say_nothing(_tx: SqlTransaction, _work: Work) -> None:
    """Apologise to nobody."""


def _take_back(tx: SqlTransaction, rows: Sequence[Work]) -> None:
    for row in rows:
        tx.work.mark(row, status=WorkStatus.DUE)

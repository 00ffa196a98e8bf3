"""The engine on a real file, with Telegram and providers as fakes and time by hand."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import orjson

from bot.engine.alarms import Alarms
from bot.engine.arrivals import store_updates
from bot.engine.calls import Calls
from bot.engine.checks import Checks
from bot.engine.dispatch import Dispatcher
from bot.engine.engine import Engine
from bot.engine.leases import Leases, SoleOwner
from bot.engine.limits import Rates, SendLimits
from bot.engine.membership import Membership
from bot.engine.metrics import Metrics
from bot.engine.outbox import Message, Outbox
from bot.engine.pins import Pins
from bot.engine.sender import Sender
from bot.engine.sharing import SharedLanes
from bot.roles import Part, kinds_of
from core.domain.work import Kind, Priority, Work, WorkId
from handlers.visit import Routes
from storage.database import Database
from storage.statements import written
from storage.transaction import SqlTransaction
from tests.books import NOW, FakeClock, SeededRandomness, new_file, open_database
from tests.fakes.bot_api import FakeBotApi
from tests.fakes.providers import FakeRegistry
from tests.fakes.time import HandTime, until

T = TypeVar("T")

BOT_ID = 77
CHAT = 501


class Desk:
    """Everything the engine needs, and ways to look at what it did."""

    def __init__(
        self,
        path: Path,
        *,
        routes: Sequence[Routes] = (),
        time: HandTime | None = None,
        api: FakeBotApi | None = None,
        registry: FakeRegistry | None = None,
        has_limits: bool = False,
        is_quick: bool = False,
        parts: frozenset[Part] | None = None,
        seed: int = 1,
        operators: Sequence[int] = (),
    ) -> None:
        """Open the file; `parts` makes it one of several, `seed` tells them apart."""
        self.path = path
        self.time = time or HandTime()
        self.api = api or FakeBotApi()
        self.registry = registry or FakeRegistry(None, None)
        self.database: Database = open_database(
            path.parent,
            clock=self.time.clock,
            path=path,
            randomness=SeededRandomness(seed),
        )
        self.metrics = Metrics()
        self.limits = SendLimits(rates=Rates(), now=0.0, is_lifted=not has_limits)
        self.lost = False
        self.member: Membership | None = None
        self.leases: Leases = SoleOwner(self.database)
        if parts is not None:
            self._join_others(parts, owner=f"desk {seed}")
        self.dispatcher = Dispatcher(routes, bot_username="hazina_test_bot", bot_id=BOT_ID)
        self.outbox = Outbox(is_sandbox=False)
        self.sender = Sender(
            self.database,
            self.api,
            self.limits,
            monotonic=self.time.monotonic,
            sleep=self.time.sleep,
            leases=self.leases,
        )
        self.pins = Pins(self.database, self.database.ring, self.dispatcher, self.outbox)
        self.calls = Calls(
            self.database,
            self.registry,
            public_url="https://hazina.example",
            leases=self.leases,
            alarms=Alarms(self.database, self.outbox, operators=operators),
        )
        self.engine = self._engine()
        if isinstance(self.leases, SharedLanes):
            self.leases.watch(self.engine.lanes)
        if is_quick:
            self.outbox.may_go_now = lambda chat_id: self.engine.lanes.is_idle(f"c:{chat_id}")

    def _engine(self) -> Engine:
        return Engine(
            self.database,
            dispatcher=self.dispatcher,
            outbox=self.outbox,
            sender=self.sender,
            calls=self.calls,
            checks=Checks(self.database, self.registry),
            pins=self.pins,
            metrics=self.metrics,
            sleep=self.time.sleep,
            leases=self.leases,
        )

    def _join_others(self, parts: frozenset[Part], *, owner: str) -> None:
        self.member = Membership(
            self.database,
            owner=owner,
            parts=parts,
            limits=self.limits,
            rates=Rates(),
            monotonic=self.time.monotonic,
            sleep=self.time.sleep,
            on_lost=lambda: setattr(self, "lost", True),
        )
        self.leases = SharedLanes(
            self.database, self.member, kinds=kinds_of(parts), monotonic=self.time.monotonic
        )

    async def run(self, function: Callable[[SqlTransaction], T]) -> T:
        return await self.database.run(function)

    async def arrive(self, *updates: dict[str, Any]) -> None:
        await self.run(lambda tx: store_updates(tx, bot_id=BOT_ID, updates=updates))

    async def queue(self, message: Message, *, is_sent: bool = False) -> WorkId:
        """Queue a message row, as a commit of a dead process would have left it."""
        lane = f"c:{message.chat_id}"
        work = await self.run(
            lambda tx: tx.work.add(
                Kind.MESSAGE,
                lane=lane,
                payload=message.to_bytes(),
                priority=Priority.ANSWER,
                is_sent=is_sent,
            )
        )
        return work.id

    async def settle(self) -> None:
        """Wait until nothing runs any more, or everything that runs sleeps."""
        async with asyncio.timeout(60):
            await self.engine.lanes.settle()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Let things run until something is so."""
        await until(condition)

    async def later(self, seconds: float) -> None:
        """Move time on, look for what is due as the pump does, and let it run."""
        self.time.pass_by(seconds)
        for _ in range(3):
            await asyncio.sleep(0)
        await self.engine.look()
        await self.settle()

    async def work(self, work_id: int) -> Work:
        found = await self.run(lambda tx: tx.work.get(WorkId(work_id)))
        assert found is not None
        return found

    async def rows(self, kind: Kind) -> list[tuple[str, int]]:
        """Return (status, attempts) of a kind's rows by age."""

        def look(tx: SqlTransaction) -> list[tuple[str, int]]:
            query = written("SELECT status, attempts FROM work WHERE kind = :kind ORDER BY id")
            return [(row[0], row[1]) for row in query.rows(tx.cursor, {"kind": kind.value})]

        return await self.run(look)


@asynccontextmanager
async def open_desk(tmp_path: Path, **options: Any) -> AsyncIterator[Desk]:
    """Open a desk on a fresh file; the engine follows commits but has not started its rounds."""
    path = options.pop("path", None)
    if path is not None:
        # A later start: ids grow with time, and the seed begins anew.
        options.setdefault("time", HandTime(FakeClock(NOW + timedelta(seconds=10))))
    desk = Desk(path or new_file(tmp_path), **options)
    desk.engine.follow()
    try:
        yield desk
    finally:
        await desk.engine.stop(within_s=0.01)
        desk.pins.close()
        await desk.database.close()


def text_update(number: int, text: str, *, chat_id: int = CHAT) -> dict[str, Any]:
    """Return the update of somebody who writes in private."""
    return {
        "update_id": number,
        "message": {
            "message_id": number,
            "date": 1,
            "chat": {"id": chat_id, "type": "private"},
            "from": {"id": chat_id, "is_bot": False, "first_name": "Ada", "language_code": "en"},
            "text": text,
        },
    }


def press_update(
    number: int, data: str, *, chat_id: int = CHAT, message_id: int = 10
) -> dict[str, Any]:
    """Return the update of somebody who presses a button in private."""
    return {
        "update_id": number,
        "callback_query": {
            "id": f"press-{number}",
            "from": {"id": chat_id, "is_bot": False, "first_name": "Ada", "language_code": "en"},
            "message": {
                "message_id": message_id,
                "date": 1,
                "chat": {"id": chat_id, "type": "private"},
            },
            "chat_instance": "1",
            "data": data,
        },
    }


def send(text: str = "Hello", *, live: str = "", revision: int = 0, chat_id: int = CHAT) -> Message:
    """Return a new message."""
    payload = {"chat_id": chat_id, "text": text, "parse_mode": "HTML"}
    return Message(
        method="sendMessage", payload=payload, chat_id=chat_id, live=live, revision=revision
    )


def edit(text: str = "Hello", *, message_id: int = 5) -> Message:
    """Return an edit of a known message."""
    payload = {"chat_id": CHAT, "text": text, "parse_mode": "HTML", "message_id": message_id}
    return Message(method="editMessageText", payload=payload, chat_id=CHAT)


def kept(work: Work) -> Any:
    """Return what a row keeps."""
    return orjson.loads(work.payload)

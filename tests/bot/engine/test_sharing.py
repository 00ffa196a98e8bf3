"""Engines side by side over one database: every row once, in its lane's order, whoever dies."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from bot.engine.leases import LaneLost
from bot.engine.limits import SETTLE_S
from bot.engine.membership import LEASE_S
from bot.engine.sharing import LINGER_S, SLACK_S
from bot.roles import EVERY_PART, Part
from core.domain.work import Kind, Work, WorkStatus
from core.ports import Transaction
from handlers.chat import Reply, Screen, Show
from handlers.visit import Routes, Visit
from handlers.words import Html
from storage.transaction import SqlTransaction
from tests.books import new_file
from tests.bot.engine.desk import BOT_ID, CHAT, Desk, send, text_update
from tests.fakes.bot_api import FakeBotApi
from tests.fakes.time import HandTime, until

WORKER = frozenset({Part.WORKER})
SENDER = frozenset({Part.SENDER})
POLLER = frozenset({Part.POLLER, Part.WEB})


class Fleet:
    """Processes in one: each with its own engine, one file, one Telegram, one time."""

    def __init__(self, folder: Path) -> None:
        self.path = new_file(folder)
        self.time = HandTime()
        self.api = FakeBotApi()
        self.heard: list[str] = []
        self.desks: list[Desk] = []

    async def open(self, parts: frozenset[Part], *, time: HandTime | None = None) -> Desk:
        desk = Desk(
            self.path,
            routes=[self._routes()],
            time=time or self.time,
            api=self.api,
            parts=parts,
            seed=len(self.desks) + 1,
        )
        assert desk.member is not None
        await desk.member.join()
        desk.engine.follow()
        self.desks.append(desk)
        # A new sender waits a second, so that no second sees too many messages.
        self.time.pass_by(SETTLE_S)
        return desk

    async def look(self, *desks: Desk, until_s: float = 0) -> None:
        """Let each look for what is due until nothing is left to find, and let it run."""
        for _ in range(4):
            for desk in desks or self.desks:
                await desk.engine.look()
                await desk.settle()

    async def pass_by(self, seconds: float, *living: Desk) -> None:
        """Move time on in small steps, in which the living renew their leases."""
        for _ in range(round(seconds)):
            self.time.pass_by(1)
            for desk in living:
                assert desk.member is not None
                await desk.member.tick()

    async def close(self) -> None:
        for desk in self.desks:
            await desk.engine.stop(within_s=0.01)
            desk.pins.close()
            await desk.database.close()

    def _routes(self) -> Routes:
        def menu(tx: Transaction, visit: Visit) -> Reply:
            said = visit.incoming.text
            self.heard.append(said)
            return Reply(screen=Screen(html=Html(f"You said {said}")), show=Show.SEND)

        return Routes(name="test", commands={"menu": menu, "start": menu})


@asynccontextmanager
async def fleet(folder: Path) -> AsyncIterator[Fleet]:
    opened = Fleet(folder)
    try:
        yield opened
    finally:
        await opened.close()


def owner_of(desk: Desk) -> str:
    assert desk.member is not None
    return desk.member.owner


async def owners(desk: Desk) -> dict[str, str]:
    def look(tx: SqlTransaction) -> dict[str, str]:
        tx.cursor.execute("SELECT key, owner FROM lane")
        return {row[0]: row[1] for row in tx.cursor.fetchall()}

    return await desk.run(look)


async def test_each_part_does_its_own_and_the_answer_arrives(tmp_path: Path) -> None:
    async with fleet(tmp_path) as all_:
        poller = await all_.open(POLLER)
        worker, sender = await all_.open(WORKER), await all_.open(SENDER)
        await poller.arrive(text_update(1, "one"), text_update(2, "two"))
        await all_.look(poller, sender)
        assert all_.heard == []
        await all_.look(worker)
        assert (all_.heard, all_.api.texts) == (["one", "two"], [])
        await all_.look(sender)
        assert all_.api.texts == ["You said one", "You said two"]
        assert await poller.rows(Kind.UPDATE) == [("done", 0)] * 2
        assert await poller.rows(Kind.MESSAGE) == [("done", 0)] * 2


async def test_a_process_of_every_part_hands_over_in_memory(tmp_path: Path) -> None:
    async with fleet(tmp_path) as all_:
        desk = await all_.open(EVERY_PART)
        await desk.arrive(text_update(1, "one"))
        await desk.settle()
        assert all_.api.texts == ["You said one"]
        assert set((await owners(desk)).values()) == {owner_of(desk)}


async def test_two_workers_share_the_lanes_and_no_row_is_handled_twice(tmp_path: Path) -> None:
    async with fleet(tmp_path) as all_:
        poller = await all_.open(POLLER)
        workers = [await all_.open(WORKER), await all_.open(WORKER)]
        said = [f"{chat}:{number}" for number in range(6) for chat in range(9)]
        for place, text in enumerate(said, start=1):
            chat = CHAT + int(text.partition(":")[0])
            await poller.arrive(text_update(place, text, chat_id=chat))
            if place % 7 == 0:
                await asyncio.gather(*(each.engine.look() for each in workers))
        await all_.look(*workers)
        assert sorted(all_.heard) == sorted(said)
        for chat in range(9):
            mine = [text for text in all_.heard if text.startswith(f"{chat}:")]
            assert mine == [f"{chat}:{number}" for number in range(6)]


async def test_a_lane_stays_with_its_owner_while_the_others_look(tmp_path: Path) -> None:
    async with fleet(tmp_path) as all_:
        poller, first = await all_.open(POLLER), await all_.open(WORKER)
        second = await all_.open(WORKER)
        await poller.arrive(text_update(1, "one"))
        await all_.look(first)
        await poller.arrive(text_update(2, "two"))
        await second.engine.look()
        assert all_.heard == ["one"]
        await all_.look(first)
        assert all_.heard == ["one", "two"]


async def test_an_idle_lane_is_given_back_after_a_while(tmp_path: Path) -> None:
    async with fleet(tmp_path) as all_:
        desk = await all_.open(EVERY_PART)
        await desk.arrive(text_update(1, "one"))
        await desk.settle()
        await desk.engine.look()
        assert len(await owners(desk)) == 2
        await all_.pass_by(LINGER_S, desk)
        await desk.engine.look()
        assert await owners(desk) == {}


async def test_a_dead_workers_lanes_are_taken_over_within_seconds(tmp_path: Path) -> None:
    async with fleet(tmp_path) as all_:
        poller, dead = await all_.open(POLLER), await all_.open(WORKER)
        await poller.arrive(text_update(1, "one"))
        await all_.look(dead)
        heir = await all_.open(WORKER)
        await poller.arrive(text_update(2, "two"))
        await all_.pass_by(LEASE_S - 2 * SETTLE_S - 1, heir)
        await all_.look(heir)
        assert all_.heard == ["one"]
        await all_.pass_by(1, heir)
        await all_.look(heir)
        assert all_.heard == ["one", "two"]
        assert (await owners(poller))[f"u:{BOT_ID}:{CHAT}"] == owner_of(heir)


async def test_a_worker_that_slept_through_its_lease_begins_nothing(tmp_path: Path) -> None:
    async with fleet(tmp_path) as all_:
        poller, sleeper = await all_.open(POLLER), await all_.open(WORKER)
        await poller.arrive(text_update(1, "one"))
        await all_.look(sleeper)
        await poller.arrive(text_update(2, "two"))
        all_.time.pass_by(LEASE_S)
        await all_.look(sleeper)
        assert all_.heard == ["one"]
        heir = await all_.open(WORKER)
        await all_.look(heir)
        assert all_.heard == ["one", "two"]
        assert sleeper.member is not None
        await sleeper.member.tick()
        assert sleeper.member.is_alive
        assert not sleeper.lost
        await poller.arrive(text_update(3, "three"))
        await all_.look(sleeper)
        assert all_.heard == ["one", "two"]
        await all_.look(heir)
        assert all_.heard == ["one", "two", "three"]


async def test_a_number_given_away_ends_its_old_process(tmp_path: Path) -> None:
    async with fleet(tmp_path) as all_:
        old = await all_.open(WORKER)
        all_.time.pass_by(LEASE_S + 61)
        await all_.open(WORKER)
        assert old.member is not None
        await old.member.tick()
        assert old.lost
        assert not old.member.is_alive


async def test_a_message_on_its_way_when_its_sender_dies_is_said_once_more_and_marked(
    tmp_path: Path,
) -> None:
    async with fleet(tmp_path) as all_:
        dead = await all_.open(SENDER)
        answering = all_.api.hold("sendMessage")
        await dead.queue(send("Paid"))
        await dead.engine.look()
        await until(lambda: len(all_.api.texts) == 1)
        heir = await all_.open(SENDER)
        await all_.pass_by(LEASE_S + 1, heir)
        await heir.engine.look()
        assert await owners(heir) == {f"c:{CHAT}": owner_of(dead)}
        await all_.pass_by(40, heir)
        answering.set()
        all_.api.held.clear()
        await dead.engine.stop(within_s=0.01)
        await all_.look(heir)
        assert all_.api.texts in (["Paid"], ["Paid", "Paid\n\n<i>(repeated)</i>"])
        assert await heir.rows(Kind.MESSAGE) in ([("done", 0)], [("done", 1)])


async def test_a_mark_that_came_too_late_is_taken_back_and_sent_plainly_later(
    tmp_path: Path,
) -> None:
    async with fleet(tmp_path) as all_:
        desk = await all_.open(SENDER)
        late = [SLACK_S + 1]
        run = desk.database.run

        async def slow(function: Callable[[SqlTransaction], object], **kept: object) -> object:
            result = await run(function, **kept)  # type: ignore[arg-type]
            if late and isinstance(result, Work) and result.status is WorkStatus.SENT:
                all_.time.pass_by(late.pop())
            return result

        desk.database.run = slow  # type: ignore[method-assign,assignment]
        # The commit hands it over by itself; a look here might be the second try already.
        await desk.queue(send("Paid"))
        await until(lambda: not late)
        await desk.settle()
        assert all_.api.texts == []
        assert await desk.rows(Kind.MESSAGE) == [("due", 0)]
        await all_.look(desk)
        assert all_.api.texts == ["Paid"]


async def test_a_mark_in_a_lane_that_is_anothers_is_undone(tmp_path: Path) -> None:
    async with fleet(tmp_path) as all_:
        desk, thief = await all_.open(SENDER), await all_.open(WORKER)
        row = await thief.queue(send("Paid"))
        await desk.leases.claim()

        def steal(tx: SqlTransaction) -> None:
            tx.leases.leave(owner_of(desk))
            assert tx.leases.take(owner_of(thief), f"c:{CHAT}")

        await desk.run(steal)
        desk.engine.lanes.offer([await desk.work(row)])
        await desk.settle()
        assert all_.api.texts == []
        assert await desk.rows(Kind.MESSAGE) == [("due", 0)]
        assert not desk.leases.may_work(await desk.work(row))


async def test_what_could_not_be_counted_is_not_overtaken_by_what_arrives(
    tmp_path: Path,
) -> None:
    async with fleet(tmp_path) as all_:
        desk = await all_.open(EVERY_PART)
        handle, failures = desk.engine._try, [RuntimeError("the server is away")]  # noqa: SLF001 - a server that goes away

        async def away(work: Work) -> Work | None:
            if failures and work.kind is Kind.UPDATE:
                raise failures.pop()
            return await handle(work)

        desk.engine._try = away  # type: ignore[method-assign]  # noqa: SLF001 - as above
        await desk.arrive(text_update(1, "one"))
        await desk.settle()
        await desk.arrive(text_update(2, "two"))
        await desk.settle()
        assert all_.heard == []
        await all_.look(desk)
        assert all_.heard == ["one", "two"]


async def test_what_another_process_stored_is_not_overtaken_by_what_its_owner_stores(
    tmp_path: Path,
) -> None:
    async with fleet(tmp_path) as all_:
        owner, other = await all_.open(EVERY_PART), await all_.open(EVERY_PART)
        await owner.arrive(text_update(1, "one"))
        await owner.settle()
        await other.arrive(text_update(2, "two"))
        all_.time.pass_by(0.01)
        await owner.arrive(text_update(3, "three"), text_update(4, "else", chat_id=CHAT + 1))
        await owner.settle()
        assert all_.heard == ["one", "else"]
        await all_.look(owner)
        assert all_.heard == ["one", "else", "two", "three"]
        await owner.arrive(text_update(5, "four"))
        await owner.settle()
        assert all_.heard[4:] == ["four"]


async def test_clocks_of_machines_may_differ(tmp_path: Path) -> None:
    """Leases run on the database's time; what each machine measures is its own seconds."""
    async with fleet(tmp_path) as all_:
        ahead = HandTime(all_.time.clock)
        ahead.at_s = 86_400.0
        first, second = await all_.open(WORKER), await all_.open(WORKER, time=ahead)
        members = [first.member, second.member]
        assert [member is not None and member.is_alive for member in members] == [True, True]
        all_.time.pass_by(LEASE_S)
        assert [member is not None and member.is_alive for member in members] == [False, True]


async def test_a_graceful_stop_frees_its_lanes_at_once(tmp_path: Path) -> None:
    async with fleet(tmp_path) as all_:
        poller, first = await all_.open(POLLER), await all_.open(WORKER)
        second = await all_.open(WORKER)
        await poller.arrive(text_update(1, "one"))
        await all_.look(first)
        await first.engine.stop(within_s=1)
        assert first.member is not None
        await first.member.leave()
        await poller.arrive(text_update(2, "two"))
        await all_.look(second)
        assert all_.heard == ["one", "two"]


async def test_a_row_found_marked_is_ambiguous_for_whoever_takes_over(tmp_path: Path) -> None:
    async with fleet(tmp_path) as all_:
        dead = await all_.open(WORKER)
        await dead.queue(send("Paid"), is_sent=True)
        heir = await all_.open(SENDER)
        await all_.pass_by(LEASE_S, heir)
        await all_.look(heir)
        assert all_.api.texts == ["Paid\n\n<i>(repeated)</i>"]


def test_lane_lost_is_no_refusal() -> None:
    assert LaneLost.__mro__[1].__name__ == "Conflict"

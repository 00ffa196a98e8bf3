"""Every row is handled to its end: once, in order, or put aside with its trace."""

import asyncio
from pathlib import Path

import pytest

from bot.engine import engine
from bot.engine.engine import MAX_TRIES
from core.domain.errors import InvariantBroken, KeyReused, StaleState
from core.domain.work import Kind, Priority
from core.ports import Transaction
from handlers.chat import Reply, Screen, Show
from handlers.visit import Routes, Visit
from handlers.words import Html
from storage.doctor import is_stopped
from storage.transaction import SqlTransaction
from tests.bot.engine.desk import BOT_ID, CHAT, Desk, open_desk, press_update, text_update
from tests.fakes.bot_api import FakeBotApi

LANE = f"u:{BOT_ID}:{CHAT}"


class Clerk:
    """A capability whose flow fails as planned, and notes what it was told."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.heard: list[str] = []

    def menu(self, tx: Transaction, visit: Visit) -> Reply:
        said = visit.incoming.text or visit.incoming.data
        self.heard.append(said)
        if self.failures:
            raise self.failures.pop(0)
        return Reply(screen=Screen(html=Html(f"You said {said}")), show=Show.SEND, toast="Done")

    @property
    def routes(self) -> Routes:
        return Routes(
            name="test", commands={"menu": self.menu, "start": self.menu}, presses={"go": self.menu}
        )


async def _live_rows(desk: Desk) -> int:
    return len(await desk.run(lambda tx: tx.work.live(at=tx.now, after=0, limit=100)))


async def test_an_update_is_answered_once_and_its_row_is_done(tmp_path: Path) -> None:
    clerk = Clerk()
    async with open_desk(tmp_path, routes=[clerk.routes]) as desk:
        await desk.arrive(text_update(1, "hi"))
        await desk.arrive(text_update(1, "hi"))
        await desk.settle()
        assert desk.api.texts == ["You said hi"]
        assert await desk.rows(Kind.UPDATE) == [("done", 0)]
        assert await _live_rows(desk) == 0


async def test_a_flow_that_fails_is_tried_twice_more_before_its_lane_goes_on(
    tmp_path: Path,
) -> None:
    clerk = Clerk(RuntimeError("bug"), RuntimeError("bug"))
    async with open_desk(tmp_path, routes=[clerk.routes]) as desk:
        await desk.arrive(text_update(1, "one"), text_update(2, "two"))
        await desk.until(lambda: 1 in desk.time.slept)
        await desk.engine.look()
        desk.time.pass_by(1)
        await desk.settle()
        assert clerk.heard == ["one", "one", "one", "two"]
        assert desk.api.texts == ["You said one", "You said two"]
        assert await desk.rows(Kind.UPDATE) == [("done", 2), ("done", 0)]


async def test_a_third_failure_parks_the_update_and_apologises_with_a_reference(
    tmp_path: Path,
) -> None:
    clerk = Clerk(*[RuntimeError("bug with 4829")] * MAX_TRIES)
    async with open_desk(tmp_path, routes=[clerk.routes]) as desk:
        await desk.arrive(press_update(1, "test:go"), text_update(2, "two"))
        await desk.until(lambda: 1 in desk.time.slept)
        desk.time.pass_by(1)
        await desk.settle()
        assert await desk.rows(Kind.UPDATE) == [("dead", 2), ("done", 0)]
        row = (await _dead(desk))[0]
        assert f"{row[0]:x}"[-8:] in desk.api.texts[0]
        assert "RuntimeError: bug with [hidden]" in row[1]
        assert desk.api.of("answerCallbackQuery") == [{"callback_query_id": "press-1"}]
        assert desk.api.texts[1] == "You said two"


async def test_a_dead_update_is_not_tried_again(tmp_path: Path) -> None:
    clerk = Clerk(KeyReused(key="k"))
    async with open_desk(tmp_path, routes=[clerk.routes]) as desk:
        await desk.arrive(text_update(1, "one"))
        await desk.settle()
        await desk.later(60)
        assert clerk.heard == ["one"]
        assert await desk.rows(Kind.UPDATE) == [("dead", 0)]
        assert not await desk.run(is_stopped)


async def test_a_broken_invariant_stops_the_money_and_parks_at_once(tmp_path: Path) -> None:
    clerk = Clerk(InvariantBroken(what="books"))
    async with open_desk(tmp_path, routes=[clerk.routes]) as desk:
        await desk.arrive(text_update(1, "one"))
        await desk.settle()
        assert await desk.rows(Kind.UPDATE) == [("dead", 0)]
        assert await desk.run(is_stopped)
        assert len(desk.api.texts) == 1


async def test_an_update_that_cannot_be_read_is_parked_without_words(tmp_path: Path) -> None:
    async with open_desk(tmp_path, routes=[Clerk().routes]) as desk:
        await desk.run(lambda tx: tx.work.add(Kind.UPDATE, lane=LANE, payload=b"no json"))
        await desk.until(lambda: 1 in desk.time.slept)
        desk.time.pass_by(1)
        await desk.settle()
        await desk.later(60)
        assert await desk.rows(Kind.UPDATE) == [("dead", 2)]
        assert desk.api.calls == []


async def test_stale_state_is_tried_once_more_from_the_start(tmp_path: Path) -> None:
    clerk = Clerk(StaleState(entity="bill"))
    async with open_desk(tmp_path, routes=[clerk.routes]) as desk:
        await desk.arrive(text_update(1, "one"))
        await desk.settle()
        assert desk.api.texts == ["You said one"]
        assert await desk.rows(Kind.UPDATE) == [("done", 0)]


async def test_what_waits_when_the_service_starts_is_handled(tmp_path: Path) -> None:
    clerk = Clerk()
    async with open_desk(tmp_path, routes=[clerk.routes]) as desk:
        desk.database.on_commit(lambda _rows: None)
        await desk.arrive(text_update(1, "one"), text_update(2, "two"))
        path = desk.path
    async with open_desk(tmp_path, routes=[clerk.routes], path=path) as desk:
        await desk.engine.start()
        await desk.settle()
        assert clerk.heard == ["one", "two"]


async def test_rows_of_a_shell_are_found_within_a_second(tmp_path: Path) -> None:
    clerk = Clerk()
    async with open_desk(tmp_path, routes=[clerk.routes]) as desk:
        await desk.engine.start()
        desk.database.on_commit(lambda _rows: None)
        await desk.arrive(text_update(1, "one"))
        desk.time.pass_by(1)
        await desk.until(lambda: clerk.heard == ["one"])
        await desk.settle()


async def test_what_could_not_be_counted_is_not_overtaken_by_what_arrives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk = Clerk()
    async with open_desk(tmp_path, routes=[clerk.routes]) as desk:
        with monkeypatch.context() as away:
            away.setattr(desk.dispatcher, "answer", _be_away)
            away.setattr(engine, "_count", _be_away)
            await desk.arrive(text_update(1, "one"))
            await desk.settle()
        await desk.arrive(text_update(2, "two"), text_update(3, "else", chat_id=CHAT + 1))
        await desk.settle()
        assert clerk.heard == ["else"]
        await desk.engine.look()
        await desk.settle()
        await desk.arrive(text_update(4, "three"))
        await desk.settle()
        assert clerk.heard == ["else", "one", "two", "three"]


async def test_who_waits_behind_what_could_not_be_counted_waits_for_no_pump(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk = Clerk()
    async with open_desk(tmp_path, routes=[clerk.routes]) as desk:
        await desk.engine.start()
        with monkeypatch.context() as away:
            away.setattr(desk.dispatcher, "answer", _be_away)
            away.setattr(engine, "_count", _be_away)
            await desk.arrive(text_update(1, "one"))
            await desk.settle()
        await desk.arrive(text_update(2, "two"))
        await desk.until(lambda: clerk.heard == ["one", "two"])
        assert desk.time.at_s == 0


def _be_away(*_args: object, **_kept: object) -> None:
    raise RuntimeError("the database is away")


async def test_a_row_that_is_over_is_left_alone(tmp_path: Path) -> None:
    clerk = Clerk()
    async with open_desk(tmp_path, routes=[clerk.routes]) as desk:
        await desk.arrive(text_update(1, "one"))
        rows = await desk.run(lambda tx: tx.work.live(at=tx.now, after=0, limit=9))
        await desk.settle()
        desk.engine.lanes.hand_over(rows)
        await desk.settle()
        assert desk.api.texts == ["You said one"]


async def test_a_press_that_waits_is_answered_empty_first(tmp_path: Path) -> None:
    clerk = Clerk(RuntimeError("bug"), RuntimeError("bug"))
    async with open_desk(tmp_path, routes=[clerk.routes]) as desk:
        await desk.arrive(text_update(1, "slow"), press_update(2, "test:go"), text_update(3, "x"))
        await desk.until(lambda: 1 in desk.time.slept)
        await desk.engine.hurry()
        assert desk.api.calls == []
        desk.time.pass_by(0.5)
        await desk.engine.hurry()
        await desk.engine.hurry()
        await desk.until(lambda: bool(desk.api.calls))
        assert desk.api.calls == [("answerCallbackQuery", {"callback_query_id": "press-2"})]
        desk.time.pass_by(0.5)
        await desk.settle()
        toasts = desk.api.of("answerCallbackQuery")
        assert [toast.get("text") for toast in toasts] == [None, "Done"]
        assert clerk.heard == ["slow", "slow", "slow", "test:go", "x"]


async def test_an_effect_that_fails_backs_off_and_lets_its_lane_go_on(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        lane = f"c:{CHAT}"
        await desk.run(lambda tx: tx.work.add(Kind.MESSAGE, lane=lane, payload=b"no json"))
        await desk.settle()
        assert await desk.rows(Kind.MESSAGE) == [("due", 1)]
        await desk.later(1)
        assert await desk.rows(Kind.MESSAGE) == [("due", 1)]
        await desk.later(1)
        assert await desk.rows(Kind.MESSAGE) == [("due", 2)]


async def test_a_failed_effect_keeps_its_mark(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        desk.api.plan("sendMessage", RuntimeError("our bug, after the send"))
        reply = Reply(screen=Screen(html=Html("Paid")), show=Show.SEND)
        await desk.run(lambda tx: desk.outbox.show(tx, CHAT, reply))
        await desk.settle()
        assert await desk.rows(Kind.MESSAGE) == [("sent", 1)]
        await desk.later(2)
        assert desk.api.texts[1:] == ["Paid\n\n<i>(repeated)</i>"]


async def test_a_stop_lets_the_row_in_hand_finish(tmp_path: Path) -> None:
    api = FakeBotApi()
    async with open_desk(tmp_path, api=api) as desk:
        answering = api.hold("sendMessage")
        await desk.engine.start()
        reply = Reply(screen=Screen(html=Html("Paid")), show=Show.SEND)
        await desk.run(lambda tx: desk.outbox.show(tx, CHAT, reply))
        await desk.until(lambda: bool(api.calls))
        stopping = asyncio.create_task(desk.engine.stop(within_s=5))
        await asyncio.sleep(0)
        answering.set()
        await stopping
        assert await desk.rows(Kind.MESSAGE) == [("done", 0)]


@pytest.mark.parametrize("kind", [Kind.NOTICE, Kind.HOOK])
async def test_rows_that_make_no_sense_are_put_aside_in_the_end(tmp_path: Path, kind: Kind) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.run(
            lambda tx: tx.work.add(kind, lane="n:1", payload=b"no json", priority=Priority.MONEY)
        )
        await desk.settle()
        for _ in range(25):
            await desk.later(900)
        assert await desk.rows(kind) == [("dead", 19)]


async def test_metrics_tell_no_person(tmp_path: Path) -> None:
    async with open_desk(tmp_path, routes=[Clerk().routes]) as desk:
        await desk.arrive(text_update(1, "hello"))
        await desk.settle()
        shown = desk.metrics.text().decode()
        assert 'hazina_rows_total{kind="update"} 1.0' in shown
        assert not [word for word in (str(CHAT), "Ada", "hello") if word in shown]


async def test_the_work_of_a_day_leaves_nothing_in_memory(tmp_path: Path) -> None:
    clerk = Clerk()
    async with open_desk(tmp_path, routes=[clerk.routes]) as desk:
        await desk.arrive(*[text_update(n, str(n), chat_id=CHAT + n % 5) for n in range(1, 41)])
        await desk.settle()
        assert len(desk.api.texts) == 40
        assert (desk.engine.lanes.depth, await _live_rows(desk)) == (0, 0)


async def _dead(desk: Desk) -> list[tuple[int, str]]:
    def look(tx: SqlTransaction) -> list[tuple[int, str]]:
        tx.cursor.execute("SELECT id, last_error FROM work WHERE status = 'dead'")
        return [(row[0], row[1]) for row in tx.cursor.fetchall()]

    return await desk.run(look)

"""The pump's look into the table: what it read may be old when it comes back."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot.engine import engine
from bot.engine.sender import Sender
from storage.transaction import SqlTransaction
from storage.work import SqlWork
from tests.bot.engine.desk import CHAT, Desk, edit, open_desk, send


def slow_reads(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], None] = lambda: None
) -> None:
    """Let every read come back only after what runs has come to its end."""
    read = desk.database.read

    async def slow(function: Callable[[SqlTransaction], Any]) -> Any:
        found = await read(function)
        meanwhile()
        await desk.settle()
        return found

    monkeypatch.setattr(desk.database, "read", slow)


async def test_what_ended_while_the_table_was_read_is_not_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(tmp_path) as desk:
        hold = desk.api.hold("editMessageText")
        await desk.queue(edit("Enter your PIN"))
        await desk.queue(edit("Paid"))
        slow_reads(desk, monkeypatch, hold.set)
        await desk.engine.look()
        await desk.settle()
        assert desk.api.texts == ["Enter your PIN", "Paid"]


async def test_what_was_put_off_while_the_table_was_read_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(tmp_path) as desk:
        hold = desk.api.hold("sendMessage")
        desk.api.plan("sendMessage", TimeoutError("cut"))
        await desk.queue(send("Receipt"))
        slow_reads(desk, monkeypatch, hold.set)
        await desk.engine.look()
        await desk.settle()
        assert desk.api.texts == ["Receipt"]


async def test_what_is_in_memory_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    some = SqlWork.some

    def note(work: SqlWork, ids: Sequence[int], *, at: datetime) -> Any:
        read.extend(ids)
        return some(work, ids, at=at)

    monkeypatch.setattr(SqlWork, "some", note)
    async with open_desk(tmp_path) as desk:
        hold = desk.api.hold("sendMessage")
        first, second = await desk.queue(send("A")), await desk.queue(send("B"))
        await desk.engine.look()
        assert read == []
        hold.set()
        await desk.settle()
        assert first < second
        assert desk.api.texts == ["A", "B"]


async def test_a_row_on_its_way_into_memory_is_no_repeat(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(tmp_path) as desk:
        desk.time.pass_by(1)
        monkeypatch.setattr(desk.engine.lanes, "hand_over", lambda _rows: False)
        work_id = await desk.queue(send("Receipt"), is_sent=True)
        monkeypatch.undo()
        await desk.engine.look()
        await desk.settle()
        assert desk.api.texts == []
        await desk.later(4)
        assert desk.api.texts == ["Receipt\n\n<i>(repeated)</i>"]
        assert (await desk.work(work_id)).is_repeat


async def test_what_stands_behind_a_row_on_its_way_into_memory_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(tmp_path) as desk:
        desk.time.pass_by(1)
        monkeypatch.setattr(desk.engine.lanes, "hand_over", lambda _rows: False)
        await desk.queue(send("First"), is_sent=True)
        await desk.queue(send("Second"))
        await desk.queue(send("Elsewhere", chat_id=CHAT + 1))
        monkeypatch.undo()
        await desk.engine.look()
        await desk.settle()
        assert desk.api.texts == ["Elsewhere"]
        await desk.later(4)
        assert desk.api.texts[1:] == ["First\n\n<i>(repeated)</i>", "Second"]


async def test_what_fails_while_the_table_is_read_is_not_overtaken_by_what_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(tmp_path) as desk:
        hold = desk.api.hold("sendMessage")
        await desk.queue(send("First"))
        await desk.until(lambda: desk.api.texts == ["First"])
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr(desk.engine.lanes, "hand_over", lambda _rows: False)
            await desk.queue(send("Second"))
        monkeypatch.setattr(Sender, "_record", _be_away)
        monkeypatch.setattr(engine, "_count", _be_away)

        def heal() -> None:
            hold.set()
            desk.api.held.clear()

        slow_reads(desk, monkeypatch, heal)
        await desk.engine.look()
        await desk.settle()
        assert desk.api.texts == ["First"]
        monkeypatch.undo()
        await desk.later(4)
        assert desk.api.texts == ["First", "First\n\n<i>(repeated)</i>", "Second"]


def _be_away(*_args: object, **_kept: object) -> None:
    raise RuntimeError("the database is away")

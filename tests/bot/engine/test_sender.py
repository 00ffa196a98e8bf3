"""Messages leave once; what is in doubt is said once more and marked; limits are obeyed."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, TelegramError

from bot.engine.outbox import REPEATED_LINE, Message
from bot.engine.request import AnswerLost, Flooded, NotSent
from bot.sweeps import cleaning
from core.domain.dialogues import LiveMessage
from core.domain.work import Kind, WorkId, WorkStatus
from core.use_cases import people
from handlers.adapter import delete_message
from storage.transaction import SqlTransaction
from tests.bot.engine.desk import CHAT, Desk, edit, open_desk, send

GONE = BadRequest("Bad Request: message to edit not found")


async def _stands(desk: Desk, work_id: WorkId) -> tuple[WorkStatus, int, bool]:
    work = await desk.work(work_id)
    return work.status, work.attempts, work.is_repeat


async def test_a_message_is_sent_once_and_its_row_emptied(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        work_id = await desk.queue(send("Paid"))
        await desk.settle()
        done = await desk.work(work_id)
        assert desk.api.texts == ["Paid"]
        assert (done.status, done.payload) == (WorkStatus.DONE, b"")


async def test_a_message_is_marked_before_its_first_byte_leaves(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        answering = desk.api.hold("sendMessage")
        work_id = await desk.queue(send())
        await desk.until(lambda: bool(desk.api.calls))
        assert (await desk.work(work_id)).status is WorkStatus.SENT
        answering.set()
        await desk.settle()


async def test_a_row_its_own_commit_marked_leaves_without_another_write(tmp_path: Path) -> None:
    async with open_desk(tmp_path, is_quick=True) as desk:
        before = desk.database.commits
        await desk.queue(send(), is_sent=True)
        await desk.settle()
        assert desk.api.texts == ["Hello"]
        assert desk.database.commits - before == 2


async def test_a_message_found_sent_is_repeated_once_and_says_so(tmp_path: Path) -> None:
    path = await _left_behind(tmp_path, send("Paid"), is_sent=True)
    async with open_desk(tmp_path, path=path) as desk:
        await desk.later(0)
        assert desk.api.texts == [f"Paid{REPEATED_LINE}"]
        assert await desk.rows(Kind.MESSAGE) == [("done", 0)]


async def test_an_edit_found_undone_is_simply_made_again(tmp_path: Path) -> None:
    path = await _left_behind(tmp_path, edit("Paid"), is_sent=False)
    async with open_desk(tmp_path, path=path) as desk:
        await desk.later(0)
        assert desk.api.texts == ["Paid"]


async def test_an_ambiguous_send_is_repeated_marked_and_then_parked(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        desk.api.plan("sendMessage", AnswerLost("lost"), AnswerLost("lost"))
        work_id = await desk.queue(send("Paid"))
        await desk.settle()
        assert await _stands(desk, work_id) == (WorkStatus.SENT, 1, False)
        await desk.later(1)
        assert desk.api.texts == ["Paid", f"Paid{REPEATED_LINE}"]
        assert await _stands(desk, work_id) == (WorkStatus.PARKED, 1, True)
        await desk.later(10_000)
        assert len(desk.api.calls) == 2


async def test_a_repeat_that_was_slowed_down_is_still_marked(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        desk.api.plan("sendMessage", AnswerLost("lost"), Flooded(3))
        await desk.queue(send("Paid"))
        await desk.settle()
        await desk.later(1)
        await desk.later(5)
        assert desk.api.texts[2:] == [f"Paid{REPEATED_LINE}"]
        assert await desk.rows(Kind.MESSAGE) == [("done", 2)]


async def test_a_repeat_that_died_on_its_way_is_left_to_a_human(tmp_path: Path) -> None:
    path = await _left_behind(tmp_path, send("Paid"), is_sent=True, is_repeat=True)
    async with open_desk(tmp_path, path=path) as desk:
        await desk.later(0)
        assert desk.api.calls == []
        assert await desk.rows(Kind.MESSAGE) == [("parked", 0)]


async def test_a_failure_after_the_send_does_not_send_again_unmarked(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        desk.api.plan("sendMessage", {"message_id": 10**30})
        desk.api.plan("sendMessage", RuntimeError("a bug of ours"))
        work_id = await desk.queue(send("Paid", live="bill:1", revision=0))
        await desk.settle()
        assert (await desk.work(work_id)).status is not WorkStatus.DUE
        await desk.later(2)
        assert all(REPEATED_LINE in text for text in desk.api.texts[1:])


@pytest.mark.parametrize("error", [NotSent("refused"), Flooded(7)])
async def test_what_was_not_carried_out_is_tried_again_without_a_mark(
    tmp_path: Path, error: TelegramError
) -> None:
    async with open_desk(tmp_path) as desk:
        desk.api.plan("sendMessage", error)
        await desk.queue(send("Paid"))
        await desk.settle()
        await desk.later(7)
        assert desk.api.texts == ["Paid", "Paid"]


async def test_an_outage_of_a_day_parks_nothing(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        desk.api.plan("sendMessage", *[NotSent("refused")] * 40)
        await desk.queue(send("Paid"))
        await desk.settle()
        for _ in range(40):
            await desk.later(60)
        assert await desk.rows(Kind.MESSAGE) == [("done", 40)]


async def test_a_flooded_chat_waits_and_others_go_on(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        desk.api.plan("sendMessage", Flooded(30))
        await desk.queue(send("one"))
        await desk.settle()
        await desk.queue(send("other", chat_id=CHAT + 1))
        await desk.settle()
        assert desk.api.texts == ["one", "other"]
        assert desk.limits.delay_for(CHAT, 0.0) == 30.0


async def test_a_blocked_person_is_written_to_no_more(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.run(lambda tx: people.meet(tx, channel="telegram", external_id=CHAT, name="A"))
        desk.api.plan("sendMessage", Forbidden("Forbidden: bot was blocked by the user"))
        await desk.queue(send())
        await desk.settle()
        found = await desk.run(lambda tx: tx.people.identity_of("telegram", CHAT))
        assert found is not None
        assert not found.is_reachable
        assert await desk.rows(Kind.MESSAGE) == [("done", 0)]


async def test_a_call_that_telegram_refuses_is_put_aside_at_once(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        desk.api.plan("sendMessage", BadRequest("Bad Request: can't parse entities"))
        await desk.queue(send())
        await desk.settle()
        assert await desk.rows(Kind.MESSAGE) == [("dead", 0)]


@pytest.mark.parametrize(
    ("reason", "said"),
    [("message can't be deleted for everyone", 1), ("message to delete not found", 0)],
)
async def test_a_secret_that_stays_in_the_chat_is_told(
    tmp_path: Path, reason: str, said: int
) -> None:
    async with open_desk(tmp_path) as desk:
        desk.api.plan("deleteMessage", BadRequest(f"Bad Request: {reason}"))
        call = delete_message(CHAT, 7)
        await desk.queue(Message(method=call.method, payload=call.payload, chat_id=CHAT))
        await desk.settle()
        assert ["could not delete" in text for text in desk.api.texts] == [True] * said


async def test_a_wrong_token_loses_nothing(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        desk.api.plan("sendMessage", InvalidToken("Unauthorized"))
        await desk.queue(send("Paid"))
        await desk.settle()
        await desk.later(60)
        assert await desk.rows(Kind.MESSAGE) == [("done", 1)]


async def test_an_edit_of_a_message_that_is_gone_becomes_a_new_one(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        desk.api.plan("editMessageText", GONE)
        await desk.queue(edit("Paid"))
        await desk.settle()
        assert [method for method, _ in desk.api.calls] == ["editMessageText", "sendMessage"]
        assert "message_id" not in desk.api.calls[1][1]


@pytest.mark.parametrize("said", ["message is not modified: specified new", "query is too old and"])
async def test_what_is_done_already_is_done(tmp_path: Path, said: str) -> None:
    async with open_desk(tmp_path) as desk:
        desk.api.plan("editMessageText", BadRequest(said))
        await desk.queue(edit())
        await desk.settle()
        assert await desk.rows(Kind.MESSAGE) == [("done", 0)]


async def test_a_group_that_moved_is_followed(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        desk.api.plan("sendMessage", ChatMigrated(-100500))
        await desk.queue(send(chat_id=-5))
        await desk.settle()
        assert [payload["chat_id"] for payload in desk.api.of("sendMessage")] == [-5, -100500]


async def test_the_toast_goes_out_while_the_chat_is_stuck(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        answering = desk.api.hold("sendMessage")
        await desk.queue(send())
        await desk.until(lambda: bool(desk.api.calls))
        toast = Message(
            method="answerCallbackQuery", payload={"callback_query_id": "9"}, chat_id=CHAT
        )
        lane = "a:9"
        await desk.run(lambda tx: tx.work.add(Kind.MESSAGE, lane=lane, payload=toast.to_bytes()))
        await desk.until(lambda: bool(desk.api.of("answerCallbackQuery")))
        answering.set()
        await desk.settle()


async def test_rows_that_never_left_are_no_repeats_after_a_stop(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        answering = desk.api.hold("sendMessage")
        await desk.queue(send("one"), is_sent=True)
        second = await desk.queue(send("two"), is_sent=True)
        await desk.until(lambda: bool(desk.api.calls))
        stopping = asyncio.create_task(desk.engine.stop(within_s=5))
        await asyncio.sleep(0)
        answering.set()
        await stopping
        assert desk.api.texts == ["one"]
        assert (await desk.work(second)).status is WorkStatus.DUE


async def test_a_second_worker_on_the_same_row_changes_nothing(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        work_id = await desk.queue(send("Paid"))
        await desk.settle()
        row = await desk.work(work_id)
        was = replace(row, status=WorkStatus.DUE, payload=send("Paid").to_bytes())
        desk.engine.lanes.offer([replace(was, is_recovered=True)])
        await desk.settle()
        assert desk.api.texts == ["Paid"]
        assert await desk.rows(Kind.MESSAGE) == [("done", 0)]


async def _left_behind(
    tmp_path: Path, message: Message, *, is_sent: bool, is_repeat: bool = False
) -> Path:
    """Return a file in which a dead process left a row."""

    def leave(tx: SqlTransaction) -> None:
        work = tx.work.add(Kind.MESSAGE, lane=f"c:{CHAT}", payload=message.to_bytes())
        if is_sent:
            tx.work.mark(work, status=WorkStatus.SENT, is_repeat=is_repeat)

    async with open_desk(tmp_path) as desk:
        desk.database.on_commit(lambda _rows: None)
        await desk.run(leave)
        return desk.path


def live(tx: SqlTransaction, message_id: int, revision: int) -> None:
    tx.dialogues.put_live(
        LiveMessage(
            chat_id=CHAT, subject="bill:1", message_id=message_id, revision=revision, sent_at=tx.now
        )
    )


@pytest.mark.parametrize("trouble", [Flooded(1), AnswerLost("timed out"), NotSent("no route")])
async def test_an_edit_that_waited_does_not_undo_a_later_one(
    tmp_path: Path, trouble: TelegramError
) -> None:
    async with open_desk(tmp_path) as desk:
        desk.api.plan("editMessageText", trouble)
        first = await desk.queue(edit("Checking"))
        await desk.settle()
        last = await desk.queue(edit("Paid"))
        await desk.until(lambda: bool(desk.time.slept) or len(desk.api.texts) > 1)
        desk.time.pass_by(1)
        await desk.settle()
        await desk.later(10)
        assert desk.api.texts == ["Checking", "Paid"]
        assert (await desk.work(first)).status is WorkStatus.DONE
        assert (await desk.work(last)).status is WorkStatus.DONE


async def test_an_edit_that_waited_is_made_where_no_later_one_came(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        desk.api.plan("editMessageText", AnswerLost("timed out"))
        await desk.queue(edit("Paid"))
        await desk.settle()
        await desk.queue(edit("Another message", message_id=6))
        await desk.settle()
        await desk.later(10)
        assert desk.api.texts == ["Paid", "Another message", "Paid"]


async def test_an_edit_gives_way_after_a_restart_too(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        desk.api.plan("editMessageText", AnswerLost("timed out"))
        await desk.queue(edit("Checking"))
        await desk.settle()
        await desk.queue(edit("Paid"))
        await desk.settle()
        path = desk.path
    async with open_desk(tmp_path, path=path) as desk:
        await desk.later(10)
        assert desk.api.texts == []


async def _notes(desk: Desk) -> int:
    def count(tx: SqlTransaction) -> int:
        tx.cursor.execute("SELECT count(*) FROM live_message WHERE subject LIKE 'edit:%'")
        return int(tx.cursor.fetchall()[0][0])

    return await desk.run(count)


async def test_the_note_on_an_edit_stays_while_that_waits_and_is_swept_then(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        desk.api.plan("editMessageText", AnswerLost("timed out"))
        await desk.queue(edit("Paid"))
        await desk.settle()
        await desk.run(lambda tx: cleaning.clean(tx, at=tx.now))
        assert await _notes(desk) == 1
        await desk.later(10)
        await desk.run(lambda tx: cleaning.clean(tx, at=tx.now))
        assert await _notes(desk) == 0

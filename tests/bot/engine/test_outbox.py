"""A reply becomes rows in its own transaction; a live screen stays one message."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from telegram.error import BadRequest

from bot.engine.outbox import SANDBOX_LINE, Message, Outbox, from_bytes
from core.domain.errors import NotAllowed
from core.domain.work import Kind, Work, WorkStatus
from handlers.chat import Chat, Did, Incoming, Reply, Screen, Sender, Show
from handlers.words import Html
from storage.transaction import SqlTransaction
from tests.bot.engine.desk import CHAT, Desk, open_desk
from tests.factories import Books, open_books

SCREEN = Screen(html=Html("Paid"))
SENDER = Sender(external_id=CHAT, name="Ada")
HERE = Chat(id=CHAT, is_private=True)
PRESS = Incoming(
    did=Did.PRESS, sender=SENDER, chat=HERE, data="x:y", message_id=10, press_id="press-1"
)
TEXT = Incoming(did=Did.TEXT, sender=SENDER, chat=HERE, text="1234", message_id=11)


@pytest.fixture
def books(tmp_path: Path) -> Any:
    opened = open_books(tmp_path)
    yield opened
    opened.close()


def written(
    books: Books, incoming: Incoming, reply: Reply | None, outbox: Outbox | None = None
) -> list[Work]:
    def answer(tx: SqlTransaction) -> list[Work]:
        (outbox or Outbox(is_sandbox=False)).answer(tx, incoming, reply)
        return list(tx.written)

    return books.run(answer)


def methods(rows: list[Work]) -> list[tuple[str, str]]:
    return [(from_bytes(row.payload).method, row.lane) for row in rows]


def test_a_press_is_answered_in_a_lane_of_its_own(books: Books) -> None:
    rows = written(books, PRESS, Reply(toast="Done", screen=SCREEN))
    assert methods(rows) == [
        ("answerCallbackQuery", "a:press-1"),
        ("editMessageText", f"c:{CHAT}"),
    ]
    assert from_bytes(rows[0].payload).payload["text"] == "Done"


def test_a_press_with_nothing_to_say_stops_spinning(books: Books) -> None:
    rows = written(books, PRESS, None)
    assert methods(rows) == [("answerCallbackQuery", "a:press-1")]


def test_a_typed_pin_is_deleted_before_anything_is_said(books: Books) -> None:
    rows = written(books, TEXT, Reply(screen=SCREEN, show=Show.SEND, deletes=True))
    assert methods(rows) == [("deleteMessage", f"c:{CHAT}"), ("sendMessage", f"c:{CHAT}")]


def test_an_edit_without_a_message_is_sent_anew(books: Books) -> None:
    rows = written(books, TEXT, Reply(screen=SCREEN, show=Show.EDIT))
    assert methods(rows) == [("sendMessage", f"c:{CHAT}")]


def test_more_screens_follow_the_first(books: Books) -> None:
    second = Screen(html=Html("Also"))
    rows = written(books, TEXT, Reply(screen=SCREEN, show=Show.SEND, more=(second,)))
    texts = [from_bytes(row.payload).payload["text"] for row in rows]
    assert texts == ["Paid", "Also"]


def test_every_screen_of_the_sandbox_says_so(books: Books) -> None:
    rows = written(books, TEXT, Reply(screen=SCREEN, show=Show.SEND), Outbox(is_sandbox=True))
    assert from_bytes(rows[0].payload).payload["text"] == f"Paid{SANDBOX_LINE}"


def test_only_new_messages_that_may_go_now_are_marked_by_their_commit(books: Books) -> None:
    quick = Outbox(is_sandbox=False, may_go_now=lambda _chat: True)
    reply = Reply(screen=SCREEN, toast="x", more=(SCREEN,))
    assert [row.status for row in written(books, PRESS, reply, quick)] == [
        WorkStatus.DUE,
        WorkStatus.DUE,
        WorkStatus.SENT,
    ]


def test_what_a_refused_flow_queued_is_never_sent(books: Books) -> None:
    def answer(tx: SqlTransaction) -> list[Work]:
        def refuse() -> None:
            with tx.inner():
                Outbox(is_sandbox=False).answer(tx, TEXT, Reply(screen=SCREEN, show=Show.SEND))
                raise NotAllowed

        with pytest.raises(NotAllowed):
            refuse()
        return list(tx.written)

    assert books.run(answer) == []


def test_messages_rest_encrypted(books: Books) -> None:
    reply = Reply(screen=Screen(html=Html("very private words")), show=Show.SEND)
    written(books, TEXT, reply)
    ((payload,),) = books.rows("SELECT payload FROM work")
    assert b"private" not in bytes(payload)


def test_what_a_row_keeps_comes_back() -> None:
    message = Message(
        method="sendMessage", payload={"text": "x"}, chat_id=CHAT, live="bill:1", revision=3
    )
    assert from_bytes(message.to_bytes()) == message


async def _show(desk: Desk, text: str, *, pressed: int = 0) -> None:
    reply = Reply(screen=Screen(html=Html(text)), show=Show.LIVE, live="bill:1")
    await desk.run(lambda tx: desk.outbox.show(tx, CHAT, reply, pressed=pressed))
    await desk.settle()


async def _live(desk: Desk) -> tuple[int, int]:
    live = await desk.run(lambda tx: tx.dialogues.live(CHAT, "bill:1"))
    assert live is not None
    return live.message_id, live.revision


def _sent(desk: Desk) -> list[tuple[str, str]]:
    return [(method, payload["text"]) for method, payload in desk.api.calls]


async def test_a_live_screen_is_sent_once_and_then_edited(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _show(desk, "open")
        await _show(desk, "paid")
        assert _sent(desk) == [("sendMessage", "open"), ("editMessageText", "paid")]
        assert await _live(desk) == (1001, 2)


async def test_an_overtaken_revision_is_dropped(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _show(desk, "open")
        editing = desk.api.hold("editMessageText")
        replies: list[Callable[[SqlTransaction], None]] = [
            lambda tx, text=text: desk.outbox.show(  # type: ignore[misc]
                tx,
                CHAT,
                Reply(screen=Screen(html=Html(text)), show=Show.LIVE, live="bill:1"),
            )
            for text in ("one", "two", "three")
        ]
        await desk.run(replies[0])
        await desk.until(lambda: len(desk.api.calls) == 2)
        await desk.run(replies[1])
        await desk.run(replies[2])
        editing.set()
        await desk.settle()
        assert [text for _, text in _sent(desk)] == ["open", "one", "three"]


async def test_a_live_screen_that_moves_closes_the_message_it_leaves(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _show(desk, "open")
        reply = Reply(
            screen=Screen(html=Html("open")),
            show=Show.LIVE,
            live="bill:1",
            left=Screen(html=Html("goes on elsewhere")),
        )
        await desk.run(lambda tx: desk.outbox.show(tx, CHAT, reply, pressed=2002))
        await desk.settle()
        await desk.run(lambda tx: desk.outbox.show(tx, CHAT, reply, pressed=2002))
        await desk.settle()
        edits = [(sent["message_id"], sent["text"]) for _, sent in desk.api.calls[1:]]
        assert edits == [(1001, "goes on elsewhere"), (2002, "open"), (2002, "open")]


async def test_a_pressed_message_becomes_the_live_one(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _show(desk, "open")
        await _show(desk, "paid", pressed=44)
        assert desk.api.calls[-1][1]["message_id"] == 44
        assert await _live(desk) == (44, 2)


async def test_a_live_screen_older_than_a_day_is_sent_anew_even_if_edited_since(
    tmp_path: Path,
) -> None:
    async with open_desk(tmp_path) as desk:
        await _show(desk, "open")
        desk.time.clock.move(hours=20)
        await _show(desk, "part")
        desk.time.clock.move(hours=4)
        await _show(desk, "paid")
        assert [method for method, _ in _sent(desk)] == [
            "sendMessage",
            "editMessageText",
            "sendMessage",
        ]
        assert await _live(desk) == (1002, 3)


async def test_a_live_message_that_is_gone_is_sent_anew_once(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _show(desk, "open")
        desk.api.plan("editMessageText", *[BadRequest("message to edit not found")] * 3)
        await _show(desk, "paid")
        assert [method for method, _ in _sent(desk)] == [
            "sendMessage",
            "editMessageText",
            "sendMessage",
        ]
        assert await _live(desk) == (1002, 2)
        assert {status for status, _ in await desk.rows(Kind.MESSAGE)} == {"done"}


async def test_a_protected_live_screen_that_is_gone_stays_protected(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        screen = Screen(html=Html("code"), is_protected=True)
        reply = Reply(screen=screen, show=Show.LIVE, live="bill:1")
        await desk.run(lambda tx: desk.outbox.show(tx, CHAT, reply))
        await desk.settle()
        desk.api.plan("editMessageText", BadRequest("message to edit not found"))
        await desk.run(lambda tx: desk.outbox.show(tx, CHAT, reply))
        await desk.settle()
        assert [p.get("protect_content") for p in desk.api.of("sendMessage")] == [True, True]

"""From replies to message rows, and from a message row to the call that goes out.

A reply becomes rows in the transaction that decided it. A row of a live screen names its subject;
which message that is, and whether a newer revision overtook it, is decided when it is sent.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

import orjson

from core.domain.dialogues import EDIT_PLACE, LiveMessage
from core.domain.work import Kind, Priority, Work
from handlers.adapter import answer_press, delete_message, to_calls
from handlers.chat import Did, Incoming, Reply, Screen, Show
from handlers.words import Html
from storage.transaction import SqlTransaction

LIVE_FOR: Final = timedelta(hours=24)
"""An older message is not edited any more: the screen is sent anew."""

SANDBOX_LINE: Final = "\n\n<i>Sandbox · no real money</i>"
REPEATED_LINE: Final = "\n\n<i>(repeated)</i>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One call to the Bot API, as kept in a work row.

    `live` names the subject of a live screen and `revision` its place in line.
    """

    method: str
    payload: dict[str, Any]
    chat_id: int
    live: str = ""
    revision: int = 0

    def to_bytes(self) -> bytes:
        """Return what the row keeps."""
        return orjson.dumps([self.method, self.payload, self.chat_id, self.live, self.revision])

    @property
    def is_new(self) -> bool:
        """Tell whether it makes a new message: repeating it blindly would show it twice."""
        return self.method.startswith("send")

    @property
    def is_edit(self) -> bool:
        """Tell whether it edits a message that is no live screen: those know their own order."""
        return self.method == "editMessageText" and not self.live

    @property
    def place(self) -> str:
        """Name the message that is edited, as a subject beside the live screens."""
        return f"{EDIT_PLACE}{self.payload.get('message_id', 0)}"

    def as_new(self) -> "Message":
        """Turn an edit into a new message with the same content."""
        payload = {k: v for k, v in self.payload.items() if k != "message_id"}
        return replace(self, method="sendMessage", payload=payload)

    def as_edit(self, message_id: int) -> "Message":
        """Turn it into an edit of a known message."""
        fields = ("chat_id", "text", "parse_mode", "reply_markup", "link_preview_options")
        payload = {k: self.payload[k] for k in fields if k in self.payload}
        return replace(
            self, method="editMessageText", payload={**payload, "message_id": message_id}
        )

    def repeated(self) -> "Message":
        """Say that this may have been read before."""
        field = "text" if "text" in self.payload else "caption"
        text = f"{self.payload.get(field, '')}{REPEATED_LINE}"
        return replace(self, payload={**self.payload, field: text})


def from_bytes(kept: bytes) -> Message:
    """Return the message a row keeps."""
    method, payload, chat_id, live, revision = orjson.loads(kept)
    return Message(method=method, payload=payload, chat_id=chat_id, live=live, revision=revision)


class Outbox:
    """Writes message rows.

    `may_go_now` tells, without waiting, whether a message to this chat would leave at once: such
    a row is marked as sent by the commit that writes it.
    """

    def __init__(
        self, *, is_sandbox: bool, may_go_now: Callable[[int], bool] = lambda _chat_id: False
    ) -> None:
        """Say whether every screen carries the sandbox's line."""
        self._footer = SANDBOX_LINE if is_sandbox else ""
        self.may_go_now = may_go_now

    def answer(self, tx: SqlTransaction, incoming: Incoming, reply: Reply | None) -> None:
        """Queue everything a reply says to whoever did something."""
        chat_id = incoming.chat.id
        toast = "" if reply is None else reply.toast
        self.acknowledge(tx, incoming, toast=toast, is_alert=reply is not None and reply.is_alert)
        if reply is None:
            return
        if reply.deletes and incoming.message_id:
            call = delete_message(chat_id, incoming.message_id)
            self._queue(tx, Message(method=call.method, payload=call.payload, chat_id=chat_id))
        if reply.screen is not None:
            pressed = incoming.message_id if incoming.did is Did.PRESS else reply.edits
            self.show(tx, chat_id, reply, pressed=pressed)
        for screen in reply.more:
            self._send(tx, chat_id, screen, Priority.ANSWER)

    def acknowledge(
        self, tx: SqlTransaction, incoming: Incoming, *, toast: str = "", is_alert: bool = False
    ) -> None:
        """Queue the answer of a press, in a lane of its own; Telegram takes the first one only."""
        if incoming.did is not Did.PRESS or not incoming.press_id:
            return
        call = answer_press(incoming.press_id, toast, is_alert=is_alert)
        message = Message(method=call.method, payload=call.payload, chat_id=incoming.chat.id)
        self._add(tx, message, lane=f"a:{incoming.press_id}", priority=Priority.ANSWER)

    def show(
        self,
        tx: SqlTransaction,
        chat_id: int,
        reply: Reply,
        *,
        pressed: int = 0,
        priority: Priority = Priority.ANSWER,
        is_repeat: bool = False,
    ) -> None:
        """Queue a reply's screen; `pressed` is the message an edit goes to.

        `is_repeat`: it may have been read before, and says so where it is a new message.
        """
        screen = reply.screen
        if screen is None:
            return
        if reply.show is Show.LIVE and reply.live:
            message = self._live(tx, chat_id, reply, screen, pressed=pressed, priority=priority)
            self._queue(tx, message, priority=priority, is_repeat=is_repeat)
        elif reply.show is Show.EDIT and pressed:
            self._edit(tx, chat_id, screen, pressed, priority)
        else:
            self._send(tx, chat_id, screen, priority, is_repeat=is_repeat)

    def _send(
        self,
        tx: SqlTransaction,
        chat_id: int,
        screen: Screen,
        priority: Priority,
        *,
        is_repeat: bool = False,
    ) -> None:
        call = to_calls(self._footed(screen), Show.SEND, chat_id)
        message = Message(method=call.method, payload=call.payload, chat_id=chat_id)
        self._queue(tx, message, priority=priority, is_repeat=is_repeat)

    def _edit(
        self, tx: SqlTransaction, chat_id: int, screen: Screen, message_id: int, priority: Priority
    ) -> None:
        call = to_calls(self._footed(screen), Show.EDIT, chat_id, message_id=message_id)
        message = Message(method=call.method, payload=call.payload, chat_id=chat_id)
        self._queue(tx, message, priority=priority)

    def _live(
        self,
        tx: SqlTransaction,
        chat_id: int,
        reply: Reply,
        screen: Screen,
        *,
        pressed: int,
        priority: Priority,
    ) -> Message:
        """Return the message of a live screen's next revision."""
        known = tx.dialogues.live(chat_id, reply.live) or LiveMessage(
            chat_id=chat_id, subject=reply.live
        )
        live = replace(known, revision=known.revision + 1)
        if pressed and pressed != known.message_id:
            live = replace(live, message_id=pressed, sent_at=tx.now)
            if _is_young(tx, known) and reply.left is not None:
                self._edit(tx, chat_id, reply.left, known.message_id, priority)
        tx.dialogues.put_live(live)
        call = to_calls(self._footed(screen), Show.SEND, chat_id)
        return Message(
            method=call.method,
            payload=call.payload,
            chat_id=chat_id,
            live=reply.live,
            revision=live.revision,
        )

    def _queue(
        self,
        tx: SqlTransaction,
        message: Message,
        *,
        priority: Priority = Priority.ANSWER,
        is_repeat: bool = False,
    ) -> None:
        lane = f"c:{message.chat_id}"
        self._add(tx, message, lane=lane, priority=priority, is_repeat=is_repeat)

    def _add(
        self,
        tx: SqlTransaction,
        message: Message,
        *,
        lane: str,
        priority: Priority,
        is_repeat: bool = False,
    ) -> Work:
        leaves = message.is_new and not message.live and self.may_go_now(message.chat_id)
        return tx.work.add(
            Kind.MESSAGE,
            lane=lane,
            payload=message.to_bytes(),
            priority=priority,
            is_sent=leaves,
            is_repeat=is_repeat,
        )

    def _footed(self, screen: Screen) -> Screen:
        return (
            replace(screen, html=Html(f"{screen.html}{self._footer}")) if self._footer else screen
        )


def put_off_edit(tx: SqlTransaction, work: Work, message: Message) -> None:
    """Note that an edit waits for another try: a later one of the same message may overtake it."""
    if message.is_edit and tx.dialogues.live(message.chat_id, message.place) is None:
        tx.dialogues.put_live(
            LiveMessage(chat_id=message.chat_id, subject=message.place, revision=work.id)
        )


def pass_edit(tx: SqlTransaction, work: Work, message: Message) -> None:
    """Note, where an earlier edit waits for another try, that a later one is over."""
    waiting = tx.dialogues.live(message.chat_id, message.place) if message.is_edit else None
    if waiting is not None and waiting.revision < work.id:
        tx.dialogues.put_live(replace(waiting, revision=work.id))


def is_overtaken(tx: SqlTransaction, work: Work, message: Message) -> bool:
    """Tell whether a later edit of the same message came through while this one waited."""
    waiting = tx.dialogues.live(message.chat_id, message.place) if message.is_edit else None
    return waiting is not None and waiting.revision > work.id


def resolve_live(tx: SqlTransaction, message: Message) -> Message | None:
    """Return what to send for a live screen now; None when a newer revision overtook it."""
    live = tx.dialogues.live(message.chat_id, message.live)
    if live is None or message.revision < live.revision:
        return None
    return message.as_edit(live.message_id) if _is_young(tx, live) else message


def _is_young(tx: SqlTransaction, live: LiveMessage) -> bool:
    """Tell whether a live screen has a message that may still be edited."""
    is_young = live.sent_at is not None and tx.now - live.sent_at < LIVE_FOR
    return bool(live.message_id) and is_young


def bind_live(tx: SqlTransaction, message: Message, message_id: int) -> None:
    """Remember which message shows a live screen; an edit makes it no younger."""
    live = tx.dialogues.live(message.chat_id, message.live)
    if live is not None and message_id and message_id != live.message_id:
        tx.dialogues.put_live(replace(live, message_id=message_id, sent_at=tx.now))


def unbind_live(tx: SqlTransaction, message: Message) -> None:
    """Forget the message of a live screen: it is gone, the next one is sent anew."""
    live = tx.dialogues.live(message.chat_id, message.live)
    if live is not None and live.message_id == message.payload.get("message_id"):
        tx.dialogues.put_live(replace(live, message_id=0, sent_at=None))

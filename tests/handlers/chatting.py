"""People who talk and press like people, and look at what is shown; Telegram stays outside.

Everything runs through the real dispatcher in real transactions on a real file. The PIN check
itself is pretended: its hash is the digits in plain sight.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from html import unescape
from pathlib import Path
from re import sub
from typing import Any, Final, TypeVar

from bot.application import CAPABILITIES
from bot.engine.dispatch import Dispatcher
from bot.engine.pins import asked_by
from core.domain.acts import Event
from core.domain.dialogues import PAD_LIFE, Pad, PadId, PadUse
from core.domain.people import Person, PersonId
from core.domain.work import Kind, Work
from handlers.adapter import to_calls
from handlers.chat import Button, Chat, Contact, Did, File, Incoming, Reply, Screen, Sender, Show
from storage.transaction import SqlTransaction
from tests.factories import Books, FakeClock, open_books

T = TypeVar("T")

BOT: Final = "hazina_test_bot"


@dataclass(slots=True)
class Message:
    """A message of the bot in one chat."""

    id: int
    screen: Screen
    live: str = ""


@dataclass(slots=True)
class Talker:
    """One person in the private chat with the bot."""

    world: "World"
    sender: Sender
    messages: list[Message] = field(default_factory=list)
    toasts: list[str] = field(default_factory=list)
    deleted: list[int] = field(default_factory=list)

    def says(self, text: str) -> Screen:
        """Write something, a command if it begins with a slash; return what is shown last."""
        if not text.startswith("/"):
            return self.does(did=Did.TEXT, text=text, message_id=self.world.next_id())
        command, _, rest = text[1:].partition(" ")
        message_id = self.world.next_id()
        return self.does(did=Did.COMMAND, command=command, text=rest, message_id=message_id)

    def shares(self, phone: str, *, is_own: bool = True) -> Screen:
        """Share a contact."""
        contact = Contact(phone=phone, is_own=is_own)
        return self.does(did=Did.CONTACT, contact=contact, message_id=self.world.next_id())

    def sends(self, file: File, text: str = "") -> Screen:
        """Send a photo or document."""
        return self.does(did=Did.FILE, file=file, text=text, message_id=self.world.next_id())

    def presses(self, label: str, *, on: Message | None = None) -> Screen:
        """Press the button whose label begins so, on the newest message that has one."""
        message, button = self.finds(label, on=on)
        return self.presses_data(button.data, message)

    def presses_data(self, data: str, message: Message) -> Screen:
        """Press a button by its data, as an old or forged one."""
        message_id = 0 if message.screen.is_proof else message.id
        return self.does(did=Did.PRESS, data=data, message_id=message_id, press_id="1")

    def enters(self, digits: str) -> Screen:
        """Enter a PIN on the pad and press OK."""
        for digit in digits:
            self.presses(digit)
        return self.presses("OK")

    def finds(self, label: str, *, on: Message | None = None) -> tuple[Message, Button]:
        """Return the newest button whose label begins so."""
        for message in [on] if on else reversed(self.messages):
            for row in message.screen.rows:
                for button in row:
                    if button.label.startswith(label):
                        return message, button
        shown = [b.label for m in self.messages[-3:] for row in m.screen.rows for b in row]
        raise AssertionError(f"no button {label!r} among {shown}")

    def does(self, **what: Any) -> Screen:
        """Do something; return what is shown last."""
        chat = Chat(id=self.sender.external_id, is_private=True)
        incoming = Incoming(sender=self.sender, chat=chat, **what)
        self.world.happens(self, incoming)
        return self.last

    @property
    def last(self) -> Screen:
        """The newest message."""
        return self.messages[-1].screen

    @property
    def sees(self) -> str:
        """The newest message as plain text."""
        return plain(self.last)

    @property
    def labels(self) -> list[str]:
        """The buttons of the newest message."""
        return [button.label for row in self.last.rows for button in row]

    @property
    def person(self) -> Person:
        """The person as stored."""
        found = self.world.run(
            lambda tx: tx.people.identity_of("telegram", self.sender.external_id)
        )
        assert found is not None
        return self.world.run(lambda tx: tx.people.person(found.person_id))

    def shown(self, incoming: Incoming, reply: Reply) -> None:
        """Take in a reply as Telegram would show it."""
        if reply.toast:
            self.toasts.append(reply.toast)
        if reply.deletes:
            self.deleted.append(incoming.message_id)
        if reply.screen is not None:
            self._show(incoming, reply, reply.screen)
        for screen in reply.more:
            self._add(screen)

    def _show(self, incoming: Incoming, reply: Reply, screen: Screen) -> None:
        pressed = incoming.message_id if incoming.did is Did.PRESS else reply.edits
        target = next((m for m in self.messages if m.id == pressed), None)
        if reply.show is Show.LIVE:
            target = target or next((m for m in self.messages if m.live == reply.live), None)
        if reply.show is Show.SEND or target is None or screen.ask_contact or screen.drop_keyboard:
            self._add(screen, live=reply.live)
            return
        to_calls(screen, Show.EDIT, self.sender.external_id, message_id=target.id)
        target.screen, target.live = screen, reply.live or target.live

    def _add(self, screen: Screen, *, live: str = "") -> None:
        to_calls(screen, Show.SEND, self.sender.external_id)
        self.messages.append(Message(self.world.next_id(), screen, live))


class World:
    """A database file with people around it."""

    def __init__(self, tmp_path: Path, *, clock: FakeClock | None = None) -> None:
        """Open a fresh file."""
        self.clock = clock or FakeClock()
        self.books: Books = open_books(tmp_path, clock=self.clock)
        self.dispatcher = Dispatcher(CAPABILITIES, bot_username=BOT)
        self.events: list[Event] = []
        self._ids = 100

    def person(self, name: str, telegram_id: int, *, language: str = "en") -> Talker:
        """Return somebody who may start to talk."""
        sender = Sender(external_id=telegram_id, name=name, language=language)
        return Talker(self, sender)

    def run(self, function: Callable[[SqlTransaction], T]) -> T:
        """Run a function in a transaction of its own."""
        return self.books.run(function)

    def next_id(self) -> int:
        """Return a message id that was not used before."""
        self._ids += 1
        return self._ids

    def happens(self, talker: Talker, incoming: Incoming) -> None:
        """Let one thing happen, and the PIN check that follows from it."""

        def act(tx: SqlTransaction) -> tuple[Reply | None, list[Work]]:
            reply = self.dispatcher.answer(tx, incoming)
            self.events += tx.events
            return reply, [work for work in tx.written if work.kind is Kind.PIN]

        reply, written = self.run(act)
        if reply is not None:
            talker.shown(incoming, reply)
        for work in written:
            self._check(talker, work)

    def _check(self, talker: Talker, work: Work) -> None:
        kept = json.loads(work.payload)
        right = f"hash of {kept['digits']}"
        incoming = asked_by(work)

        def act(tx: SqlTransaction) -> Reply:
            reply = self.dispatcher.after_pin(
                tx, incoming, pad=_pad(kept, work), is_right=kept["hash"] == right, pin_hash=right
            )
            self.events += tx.events
            return reply

        talker.shown(incoming, self.run(act))

    def set_pin(self, talker: Talker, digits: str) -> None:
        """Give somebody a PIN without the pad."""
        person = talker.person

        def put(tx: SqlTransaction) -> None:
            tx.people.replace_person(person, replace(person, pin_hash=f"hash of {digits}"))

        self.run(put)

    def close(self) -> None:
        """Close the file."""
        self.books.close()


def plain(screen: Screen) -> str:
    """Return a screen's text as people read it, with ordinary spaces."""
    return unescape(sub(r"<[^>]*>", "", screen.html)).replace("\u00a0", " ")


def _pad(kept: dict[str, Any], work: Work) -> Pad:
    return Pad(
        id=PadId(kept["pad"]),
        person_id=PersonId(kept["person"]),
        chat_id=kept["chat"],
        use=PadUse(kept["use"]),
        slots="0123456789",
        expires_at=work.created_at + PAD_LIFE,
        intent_key=kept["intent"],
        first_hash=kept["hash"],
    )

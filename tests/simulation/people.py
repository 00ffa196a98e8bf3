"""Who lives in the town and what they do with their phones: tap, tap twice, tap what is old, type.

They see their chat and nothing else. Nobody waits for an answer, and nobody reads very carefully.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from bot.sandbox import acts, estate, wire
from bot.sandbox.player import draw
from bot.sandbox.provider import ProviderServer
from bot.sandbox.provider_records import DECLINES, WrongStep
from bot.sandbox.records import Key, KeyKind, Message, Query
from bot.sandbox.updates import Happening
from bot.sandbox.world import World
from tests.simulation import town
from tests.simulation.chance import Luck
from tests.simulation.trace import Trace

EVERYBODY: Final = ("/menu", "/bills", "/pay", "/wallet", "/settings", "/help", "/cancel", "/start")
STAFF: Final = ("/newbill A-14", "/newbill B-02", "/desk", "/report", "/people", "/bills")
AMOUNTS: Final = (
    "500",
    "600.50",
    "750",
    "1,000",
    "2000",
    "1234.57",
    "5000",
    "12,5",
    "0",
    "-5",
    "1e9",
)
NONSENSE: Final = (
    "hello?",
    "ok",
    "💰",
    "pay",
    "BILL-2026-000001",
    "RCPT-1",
    "'; --",
    "x" * 300,
    "7",
)
WORDS: Final = ("Because it is wrong", "The gate", "no", "Not my flat", "C", "A-14")
SHOWS: Final = "Show "
LIKES: Final = (
    ("open payment page", 14.0),
    ("acknowledge & pay", 9.0),
    ("pay ", 9.0),
    ("in 7 days", 4.0),
    ("full", 6.0),
    ("confirm", 8.0),
    ("issue", 8.0),
    ("part", 4.0),
    ("try again", 5.0),
    ("check now", 3.0),
    ("see the waiting payment", 4.0),
    ("top up", 3.0),
    ("amend", 3.0),
    ("no note", 5.0),
    ("use this title", 5.0),
    ("dispute", 1.5),
    ("withdraw", 2.0),
    ("reject", 3.0),
    ("open bill", 3.0),
    ("set a pin", 2.0),
    ("cancel bill", 1.0),
    ("freeze", 0.3),
    ("cancel", 0.6),
    ("help", 0.1),
    ("back", 0.3),
    ("show", 0.3),
    ("more", 0.3),
    ("all", 0.2),
    ("out", 0.1),
    ("in", 0.1),
    ("my data", 0.1),
    ("support", 0.1),
    ("why this number", 0.1),
    ("bill-", 4.0),
    ("open the payment", 4.0),
    ("language", 0.1),
    ("remove it", 0.3),
)
"""What people tap more or less often than other buttons, by how a label begins."""


class Someone:
    """One person with a phone."""

    def __init__(
        self, world: World, provider: ProviderServer, person_id: int, mood: Luck, trace: Trace
    ) -> None:
        self.id = person_id
        self._world = world
        self._provider = provider
        self._mood = mood
        self._trace = trace
        self.shown: Counter[str] = Counter()
        """Receipts that the person asked to see again, by number."""

    def act(self) -> None:
        """Do one thing."""
        chat = self._world.state.chats[self.id]
        if chat.is_blocked:
            if self._mood.random() < 0.5:
                self._note("unblocks")
                acts.start(self._world, person_id=self.id)
            return
        messages = self._messages()
        chance = self._mood.random()
        if not messages or chance < 0.12:
            self._say(self._mood.choice(self._commands()))
        elif chance < 0.17:
            self._say(self._mood.choice(NONSENSE))
        elif chance < 0.25:
            self._tap_any(self._mood.choice(messages))
        elif chance < 0.257:
            self._note("blocks the bot")
            acts.set_blocked(self._world, person_id=self.id, is_blocked=True)
        else:
            self._go_on(messages)

    def _go_on(self, messages: Sequence[Message]) -> None:
        """Answer what is on the screen."""
        newest = max(messages[-6:], key=lambda one: one.revision)
        text = draw(newest)
        if acts.find_key(newest, "OK") is not None:
            self._enter_pin(newest)
        elif self._is_asked(text) and self._mood.random() < 0.6:
            self._answer(text)
        else:
            with_keys = [one for one in messages[-4:] if one.keyboard]
            self._tap_any(newest if newest.keyboard else self._mood.choice(with_keys or messages))

    def _commands(self) -> tuple[str, ...]:
        is_staff = self.id in {estate.BOLA, estate.CHIDI, estate.NEWCOMER}
        return (*STAFF, *STAFF, *EVERYBODY) if is_staff else EVERYBODY

    def _is_asked(self, text: str) -> bool:
        said = text.casefold()
        return any(word in said for word in ("how much", "write", "why", "what is wrong", "title"))

    def _answer(self, text: str) -> None:
        is_amount = any(word in text.casefold() for word in ("how much", "total", "amount"))
        self._say(self._mood.choice(AMOUNTS if is_amount else WORDS))

    def _enter_pin(self, pad: Message) -> None:
        """Press the next digit, or OK; now and then the wrong key, or all of it typed."""
        digits = town.PINS.get(self.id, "573820")
        shown = draw(pad).count("●")
        chance = self._mood.random()
        if chance < 0.04:
            self._say(digits)
        elif chance < 0.07:
            self._tap_any(pad)
        elif chance < 0.12:
            self._tap(pad, self._mood.choice("0123456789"))
        elif shown >= len(digits):
            self._tap(pad, "OK")
        else:
            for place in range(shown, len(digits)):
                self._tap(pad, digits[place])
                if self._mood.random() < 0.05:
                    break
            else:
                if self._mood.random() < 0.8:
                    self._tap(pad, "OK")

    def _tap_any(self, message: Message) -> None:
        keys = [key for row in message.keyboard for key in row if key.kind is not KeyKind.COPY]
        if not keys:
            self._say(self._mood.choice(self._commands()))
            return
        weights = [_liking(key.text) for key in keys]
        self._use(message, self._mood.choices(keys, weights)[0])

    def _tap(self, message: Message, label: str) -> None:
        key = acts.find_key(message, label)
        if key is not None:
            self._use(message, key)

    def _use(self, message: Message, key: Key) -> None:
        if key.kind is not KeyKind.PRESS:
            self._visit(key.value)
            return
        times = 2 if self._mood.random() < 0.12 else 1
        if key.text.startswith(SHOWS):
            self.shown[key.text.removeprefix(SHOWS).strip()] += times
        for _ in range(times):
            self._note(f"taps [{key.text}]")
            self._press(message, key.value)

    def _press(self, message: Message, data: str) -> None:
        query = Query(
            id=str(self._mood.getrandbits(62)),
            person_id=self.id,
            chat_id=message.chat_id,
            message_id=message.id,
            data=data,
            asked_at=self._world.clock(),
        )
        self._world.save_query(query)
        self._world.queue.put(
            Happening(
                kind="callback_query",
                payload=wire.query_json(self._world.state, query),
                lane=f"user:{self.id}",
                chat_id=message.chat_id,
                message_id=message.id,
            )
        )

    def _say(self, text: str) -> None:
        self._note(f"says {text[:40]!r}")
        acts.say(self._world, person_id=self.id, chat_id=self.id, text=text)

    def _visit(self, url: str) -> None:
        """Do something on the provider's page."""
        checkout_id = url.rpartition("/")[2]
        found = [one for one in self._provider.checkouts() if one.id == checkout_id]
        if not found:
            return
        checkout, desk, chance = found[0], self._provider.desk, self._mood.random()
        desk.let_time_pass()
        checkout = self._provider.find(checkout.terms.reference) or checkout
        try:
            if chance < 0.7:
                self._note("pays on the page")
                desk.pay(checkout)
            elif chance < 0.8:
                minor = max(
                    1, checkout.terms.amount_minor * self._mood.choice((50, 97, 130)) // 100
                )
                self._note(f"pays {minor} on the page")
                desk.pay(checkout, amount_minor=minor)
            elif chance < 0.9:
                self._note("is declined on the page")
                desk.decline(checkout, self._mood.choice(tuple(DECLINES)))
            else:
                self._note("pays later")
                desk.promise(checkout)
        except WrongStep:
            self._note("is too late")

    def _messages(self) -> list[Message]:
        bot_id = self._world.state.bot.id
        chat = self._world.state.chats[self.id]
        return [one for one in chat.messages.values() if one.sender_id == bot_id]

    def _note(self, what: str) -> None:
        self._trace.tell("person", f"{self._world.state.people[self.id].first_name} {what}")


def _liking(label: str) -> float:
    said = label.casefold().replace("\u00a0", " ").lstrip("✅❌💳👛 ")
    return next((weight for start, weight in LIKES if said.startswith(start)), 1.0)

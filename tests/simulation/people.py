"""Who lives in the town and what they do with their phones: tap, tap twice, tap what is old, type.

They see their chat and nothing else, want something (`goals.py`) and go for it. Nobody waits for an
answer, nobody reads very carefully, and now and then a finger slips.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.sandbox import acts, estate, wire
from bot.sandbox.player import draw
from bot.sandbox.provider import ProviderServer
from bot.sandbox.provider_records import DECLINES, Checkout, WrongStep
from bot.sandbox.records import Key, KeyKind, Message, Query
from bot.sandbox.updates import Happening
from bot.sandbox.world import World
from tests.simulation import town
from tests.simulation.chance import Luck
from tests.simulation.goals import LOOK, Goal, Step, goals_of
from tests.simulation.trace import Trace

EVERYBODY: Final = ("/menu", "/bills", "/pay", "/wallet", "/settings", "/help", "/cancel", "/start")
STAFF: Final = ("/newbill A-14", "/newbill B-02", "/desk", "/report", "/people", "/bills")
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
_DONE: Final = re.compile("New wallet balance|✅ Amended|✅ Cancelled|Dispute .* opened")
PATIENCE: Final = 12
"""Acts after which one wants something else."""

Mark = tuple[int, int, str]
"""A button that was tapped: message, its revision, label."""

PAGES_LAST: Final = timedelta(hours=20)
"""How long after its expiry a page may still be paid: links are watched for a day."""

SHOWS: Final = "Show "
LIKES: Final = (
    ("open payment page", 14.0),
    ("acknowledge & pay", 9.0),
    ("pay ", 9.0),
    ("refund", 6.0),
    ("yes, to my", 6.0),
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

    turns: int = 1
    """How many turns of all are this person's."""
    waits: float = 0.7
    """How often nothing is done while nothing new is shown."""
    pays: float = 0.7
    """How often what was asked for is paid on the page; a tenth each pays another amount, or later;
    else the card is refused."""

    def __init__(
        self, world: World, provider: ProviderServer, person_id: int, mood: Luck, trace: Trace
    ) -> None:
        self.id = person_id
        self._world = world
        self._provider = provider
        self._mood = mood
        self._trace = trace
        self._goal = LOOK
        self._patience = 0
        self._seen = 0
        self._last: Mark = (0, 0, "")
        self.shown: Counter[str] = Counter()
        """Receipts that the person asked to see again, by number."""

    def act(self) -> None:
        """Do one thing: mostly the next step to a goal, now and then anything."""
        chat = self._world.state.chats[self.id]
        if chat.is_blocked:
            if self._mood.random() < 0.5:
                self._note("unblocks")
                acts.start(self._world, person_id=self.id)
            return
        messages = self._messages()
        chance = self._mood.random()
        if not messages or chance < 0.03:
            self._say(self._mood.choice(self._commands()))
        elif chance < 0.06:
            self._say(self._mood.choice(NONSENSE))
        elif chance < 0.11:
            self._tap_any(self._mood.choice(messages))
        elif chance < 0.14:
            self._tap_any(messages[-1])
        elif chance < 0.143:
            self._note("blocks the bot")
            acts.set_blocked(self._world, person_id=self.id, is_blocked=True)
        else:
            self._pursue(messages)

    def _pursue(self, messages: Sequence[Message]) -> None:
        """Take the step that is nearest to the goal, or begin with one."""
        shown = sorted(messages, key=lambda one: one.revision)[-3:][::-1]
        if acts.find_key(shown[0], "OK") is not None:
            self._enter_pin(shown[0])
            return
        newest = shown[0].revision
        if newest == self._seen and self._mood.random() < self.waits:
            return
        self._seen = newest
        self._patience -= 1
        if self._patience < 0 or _DONE.search(draw(shown[0])):
            self._goal = self._mood.choice(self._goals())
            self._patience = PATIENCE
            self._note(f"wants to {self._goal.name}")
            self._say(self._mood.choice(self._goal.opening))
            return
        if not any(self._take(step, shown) for step in self._goal.steps):
            self._patience -= 2
            if self._mood.random() < 0.35:
                self._say(self._mood.choice(self._goal.opening))

    def _take(self, step: Step, shown: Sequence[Message]) -> bool:
        """Take a step if the screen offers it and it is not the one just taken."""
        if step.asked is not None:
            is_asked = step.asked.search(draw(shown[0])) is not None
            if is_asked:
                self._say(self._mood.choice(step.answers))
            return is_asked
        for message in shown:
            found = [
                (mark, key)
                for key in (key for row in message.keyboard for key in row)
                for label in (_spoken(key.text),)
                for mark in ((message.id, message.revision, label),)
                if step.label is not None and step.label.match(label) and mark != self._last
            ]
            if found:
                self._last, key = self._prefer(found)
                self._use(message, key)
                return True
        return False

    def _prefer(self, found: Sequence[tuple[Mark, Key]]) -> tuple[Mark, Key]:
        """Return which of several buttons is tapped that lead to the same."""
        return found[0]

    def _goals(self) -> tuple[Goal, ...]:
        return goals_of(self.id)

    def _commands(self) -> tuple[str, ...]:
        is_staff = self.id in {estate.BOLA, estate.CHIDI, estate.NEWCOMER}
        return (*STAFF, *STAFF, *EVERYBODY) if is_staff else EVERYBODY

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
        if desk.now() > self._closes_at(checkout) + PAGES_LAST:
            return
        try:
            if chance < self.pays:
                self._note("pays on the page")
                desk.pay(checkout)
            elif chance < self.pays + 0.1:
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

    def _closes_at(self, checkout: Checkout) -> datetime:
        return checkout.terms.expires_at

    def _messages(self) -> list[Message]:
        bot_id = self._world.state.bot.id
        chat = self._world.state.chats[self.id]
        return [one for one in chat.messages.values() if one.sender_id == bot_id]

    def _note(self, what: str) -> None:
        self._trace.tell("person", f"{self._world.state.people[self.id].first_name} {what}")


def _liking(label: str) -> float:
    said = _spoken(label)
    return next((weight for start, weight in LIKES if said.startswith(start)), 1.0)


def _spoken(label: str) -> str:
    return label.casefold().replace("\u00a0", " ").lstrip("✅❌💳👛⚠️ ")

"""From what a person did to the flow that answers it, inside one transaction.

Two levels: the engine's function (outer) stands, the flow runs in a savepoint (inner). A refusal
undoes the inner level only; its recorder runs outside, then the refusal's screen is the answer.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from bot.engine import spent, ways_on
from bot.engine.pace import Pace
from bot.engine.places import placed_for, placed_in, words_of
from core.domain.dialogues import (
    DIALOGUE_LIFE,
    Dialogue,
    Intent,
    IntentKey,
    IntentStatus,
    Pad,
    PadUse,
)
from core.domain.errors import (
    IntentSpent,
    InvariantBroken,
    Refusal,
    StaleCard,
    StaleState,
    TooManyRequests,
)
from core.use_cases import people, pins
from handlers.adapter import refusals
from handlers.chat import Did, Incoming, Reply, Show
from handlers.flows import pins as pin_flows
from handlers.screens import home as home_screens
from handlers.visit import AGAIN_MARK, INTENT_MARK, Flow, IntentRoute, Routes, Visit
from handlers.words import Html, Words, beginning, choose
from storage.transaction import SqlTransaction

K = TypeVar("K")
V = TypeVar("V")
_Act = Callable[[], Reply]
_WRITTEN: Final = frozenset({Did.TEXT, Did.FILE, Did.CONTACT})
_NUMBERS: Final = re.compile(r"\d+")

CHANNEL: Final = "telegram"
PIN_KEYS: Final = "k:"
"""How the data of a PIN pad's keys begins: a PIN takes many presses and has its own limit."""

SAYS_ITSELF: Final = frozenset({"menu", "cancel"})
"""Commands whose own screens say what was dropped."""

MAX_ID: Final = 2**63 - 1
"""No id is larger; a button that names one is none of ours."""
NUMBERED: Final = ("BILL-", "RCPT-", "TXN-")
"""How the numbers begin that `/find` opens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """Every door of every capability, in dictionaries."""

    commands: dict[str, Flow]
    presses: dict[tuple[str, str], Flow]
    intents: dict[str, IntentRoute]
    steps: dict[str, Flow]
    links: dict[str, Flow]
    secret_steps: set[str]


def doors_of(capabilities: Sequence[Routes]) -> Doors:
    """Join the capabilities' routes.

    Raises:
        InvariantBroken: two capabilities claim the same door.
    """
    doors = Doors(commands={}, presses={}, intents={}, steps={}, links={}, secret_steps=set())
    for routes in capabilities:
        _claim(doors.commands, {**routes.commands, **routes.aliases})
        _claim(doors.presses, {(routes.name, verb): f for verb, f in routes.presses.items()})
        _claim(doors.intents, dict(routes.intents))
        _claim(doors.steps, dict(routes.steps))
        _claim(doors.links, dict(routes.links))
        doors.secret_steps.update(routes.secret_steps)
    return doors


def _claim(doors: dict[K, V], more: Mapping[K, V]) -> None:
    taken = doors.keys() & more.keys()
    if taken:
        raise InvariantBroken(doors=sorted(map(str, taken)))
    doors.update(more)


class Dispatcher:
    """Answers what people do."""

    def __init__(
        self,
        capabilities: Sequence[Routes],
        *,
        bot_username: str,
        bot_id: int = 0,
        public_url: str = "",
        pace: Pace | None = None,
    ) -> None:
        """Join the doors; `bot_username` makes deep links, `pace` slows down who is too fast.

        `public_url` is how addresses of this service begin.
        """
        self._bot_id = bot_id
        self._doors = doors_of(capabilities)
        self._pace = pace
        self.bot_username = bot_username
        self.public_url = public_url

    def answer(self, tx: SqlTransaction, incoming: Incoming) -> Reply | None:
        """Answer one thing a person did; None when there is nothing to say.

        Raises:
            Exception: a bug; the caller undoes everything and tries again.
        """
        sender = incoming.sender
        if incoming.did is Did.BLOCKED:
            # Whoever removed the bot from a group can still be reached in private.
            if incoming.chat.is_private:
                people.lose(tx, channel=CHANNEL, external_id=sender.external_id)
            return None
        is_pin_key = incoming.data.startswith(PIN_KEYS)
        pace = None if is_pin_key else self._pace
        over = pace.count(sender.external_id, at=tx.now) if pace else 0
        if over:
            return _slow_down(incoming) if over == 1 or incoming.did is Did.PRESS else None
        if sender.is_anonymous:
            return self._to_nobody(incoming)
        if not incoming.chat.is_private:
            return self._in_group(incoming)
        visit = self._visit(tx, incoming)
        return self._guarded(tx, visit, lambda: self._route(tx, visit))

    def after_pin(
        self, tx: SqlTransaction, incoming: Incoming, *, pad: Pad, is_right: bool, pin_hash: str
    ) -> Reply:
        """Answer a PIN that was checked or hashed outside the transaction."""
        pressed = f"{INTENT_MARK}:{pad.intent_key}" if pad.intent_key else incoming.data
        visit = self._visit(tx, replace(incoming, data=pressed))
        if pad.use is PadUse.CHECK and is_right:
            # Outside the inner level: a refusal of what follows makes a right PIN no wrong one.
            person = pins.pass_check(tx, person_id=visit.person.id)
            visit = replace(visit, person=person)

        def act() -> Reply:
            reply = self._checked(tx, visit, pad, is_right=is_right, pin_hash=pin_hash)
            return self._keep(tx, visit, reply)

        return pin_flows.on_pad(visit, self._guarded(tx, visit, act))

    def _visit(self, tx: SqlTransaction, incoming: Incoming) -> Visit:
        sender = incoming.sender
        person, identity = people.meet(
            tx,
            channel=CHANNEL,
            external_id=sender.external_id,
            name=sender.name,
            username=sender.username,
            language_code=sender.language,
        )
        tx.cause = replace(tx.cause, person_id=person.id, identity_id=identity.id)
        visit = Visit(
            incoming=incoming,
            person=person,
            identity=identity,
            words=Words(language=choose(person.language, sender.language)),
            bot_username=self.bot_username,
            bot_id=self._bot_id,
            public_url=self.public_url,
        )
        placed = placed_in(tx, visit, person.current_tenant_id)
        words = words_of(tx, person, placed.tenant, offered=sender.language)
        return replace(placed, words=words)

    def _to_nobody(self, incoming: Incoming) -> Reply | None:
        if incoming.did is not Did.COMMAND:
            return None
        return Reply(screen=home_screens.anonymous(Words(), self.bot_username), show=Show.SEND)

    def _in_group(self, incoming: Incoming) -> Reply | None:
        words = Words(language=choose("", incoming.sender.language))
        if incoming.did is Did.PRESS:
            return Reply(toast=words.label("This button is not for groups."), is_alert=True)
        if incoming.did is not Did.COMMAND:
            return None
        return Reply(screen=home_screens.in_group(words, self.bot_username), show=Show.SEND)

    def _guarded(self, tx: SqlTransaction, visit: Visit, act: _Act) -> Reply:
        """Run the inner level; refusals become screens, stale state is tried once more."""
        try:
            try:
                with tx.inner():
                    return act()
            except StaleState:
                with tx.inner():
                    return act()
        except StaleState:
            return self._refuse(tx, visit, StaleCard())
        except Refusal as refusal:
            return self._refuse(tx, visit, refusal)

    def _refuse(self, tx: SqlTransaction, visit: Visit, refusal: Refusal) -> Reply:
        if isinstance(refusal, IntentSpent):
            return spent.answer(tx, visit, refusal)
        if refusal.recorder == "guess":
            people.count_guess(tx, person_id=visit.person.id)
        intent = spent.pressed(tx, visit)
        route = None if intent is None else self._doors.intents.get(intent.verb)
        told = ways_on.led_on(tx, visit, refusal, intent=intent, route=route)
        screen = spent.kept(visit.words, told, intent)
        is_askable = isinstance(refusal, refusals.ASKABLE)
        if intent is not None and not is_askable and not isinstance(refusal, refusals.PASSING):
            tx.dialogues.replace_intent(
                intent, intent.end(IntentStatus.REFUSED, outcome=beginning(screen.html))
            )
        show = Show.SEND if visit.incoming.did is not Did.PRESS or is_askable else Show.EDIT
        deletes = self._is_secret(tx, visit)
        reply = Reply(screen=screen, show=show, ends_dialogue=not is_askable, deletes=deletes)
        return self._keep(tx, visit, reply)

    def _is_secret(self, tx: SqlTransaction, visit: Visit) -> bool:
        """Tell whether what was written answers a question for a secret: refused, too, it goes."""
        if visit.incoming.did not in _WRITTEN:
            return False
        dialogue = tx.dialogues.dialogue(visit.chat_id, visit.person.id)
        return dialogue is not None and dialogue.step in self._doors.secret_steps

    def _route(self, tx: SqlTransaction, visit: Visit) -> Reply:
        incoming = visit.incoming
        dialogue = tx.dialogues.dialogue(visit.chat_id, visit.person.id)
        if dialogue is not None and (
            tx.now >= dialogue.expires_at or dialogue.step not in self._doors.steps
        ):
            tx.dialogues.drop_dialogue(visit.chat_id, visit.person.id)
            if incoming.did in _WRITTEN:
                late = Reply(screen=home_screens.expired(visit.words), show=Show.SEND)
                return replace(late, deletes=dialogue.step in self._doors.secret_steps)
            dialogue = None
        if incoming.did is Did.COMMAND:
            return self._command(tx, visit, dialogue)
        kept = replace(visit, data=dialogue.data) if dialogue else visit
        if incoming.did is Did.PRESS:
            return self._keep(tx, visit, self._press(tx, kept))
        if dialogue is not None and incoming.did in _WRITTEN:
            step = self._doors.steps[dialogue.step]
            return self._keep(tx, visit, step(tx, kept))
        return self._keep(tx, visit, self._plain(tx, visit))

    def _plain(self, tx: SqlTransaction, visit: Visit) -> Reply:
        """Answer words that nobody asked for: commands and numbers also work without a slash."""
        text = visit.incoming.text.strip()
        if visit.incoming.did is not Did.TEXT:
            return self._doors.commands["menu"](tx, visit)
        flow = self._doors.commands.get(text.lower())
        if flow is not None:
            return flow(tx, visit)
        if text.upper().startswith(NUMBERED):
            return self._doors.commands["find"](tx, replace(visit, argument=text))
        return self._doors.commands["menu"](tx, replace(visit, data={"unclear": True}))

    def _command(self, tx: SqlTransaction, visit: Visit, dialogue: Dialogue | None) -> Reply:
        """Answer a command; one in the middle of a dialogue leaves it and says what was dropped."""
        if dialogue is None:
            return self._keep(tx, visit, self._commanded(tx, visit))
        tx.dialogues.drop_dialogue(visit.chat_id, visit.person.id)
        pin_flows.leave(tx, dialogue.step, dialogue.data)
        kept = replace(visit, data={"left": dialogue.step})
        reply = self._commanded(tx, kept)
        if visit.incoming.command not in SAYS_ITSELF and reply.screen is not None:
            told = home_screens.dropped(visit.words, dialogue.step)
            html = Html(f"{told}\n\n{reply.screen.html}")
            reply = replace(reply, screen=replace(reply.screen, html=html))
        return self._keep(tx, visit, reply)

    def _commanded(self, tx: SqlTransaction, visit: Visit) -> Reply:
        incoming = visit.incoming
        if incoming.command == "start" and "_" in incoming.text[:2]:
            link = self._doors.links.get(incoming.text[0])
            if link is not None:
                return link(tx, replace(visit, argument=incoming.text[2:]))
        named = incoming.text if incoming.command == "start" else incoming.command
        flow = self._doors.commands.get(named) or self._doors.commands.get(incoming.command)
        if flow is None:
            return Reply(
                screen=home_screens.unknown_command(visit.words, incoming.command), show=Show.SEND
            )
        return flow(tx, replace(visit, argument=incoming.text))

    def _press(self, tx: SqlTransaction, visit: Visit) -> Reply:
        head, _, rest = visit.incoming.data.partition(":")
        if head == INTENT_MARK:
            return self._intent(tx, visit, IntentKey(rest))
        if head == AGAIN_MARK:
            return self._again(tx, visit, IntentKey(rest))
        verb, _, argument = rest.partition(":")
        flow = self._doors.presses.get((head, verb))
        is_foreign = any(int(each) > MAX_ID for each in _NUMBERS.findall(rest))
        if flow is None or is_foreign:
            raise StaleCard
        return flow(tx, replace(visit, argument=argument))

    def _intent(self, tx: SqlTransaction, visit: Visit, key: IntentKey) -> Reply:
        intent = tx.dialogues.intent(key)
        if intent is None or intent.verb not in self._doors.intents:
            raise StaleCard
        if renewed := self._renew(tx, visit, intent):
            return renewed
        spent.check(tx, visit, intent)
        route = self._doors.intents[intent.verb]
        if route.moves_money and self._pace:
            self._pace.check_money(visit.incoming.sender.external_id, at=tx.now)
        placed = placed_for(tx, visit, intent)
        if route.needs_pin and visit.person.has_pin:
            return pin_flows.ask(tx, placed, intent)
        return self._spend(tx, placed, intent)

    def _again(self, tx: SqlTransaction, visit: Visit, key: IntentKey) -> Reply:
        """Show the card of an unspent button anew; a card that cannot be is asked to be opened."""
        intent = tx.dialogues.intent(key)
        route = None if intent is None else self._doors.intents.get(intent.verb)
        if intent is None or route is None or route.renew is None:
            raise StaleCard
        if not spent.is_late(visit, intent, at=tx.now):
            spent.check(tx, visit, intent)
        return route.renew(tx, replace(placed_for(tx, visit, intent), intent=intent))

    def _renew(self, tx: SqlTransaction, visit: Visit, intent: Intent) -> Reply | None:
        """Show a fresh card instead of spending a button that was good for a while only."""
        route = self._doors.intents[intent.verb]
        if route.renew is None or not spent.is_late(visit, intent, at=tx.now):
            return None
        return route.renew(tx, replace(placed_for(tx, visit, intent), intent=intent))

    def _spend(self, tx: SqlTransaction, visit: Visit, intent: Intent) -> Reply:
        flow = self._doors.intents[intent.verb].flow
        reply = flow(tx, replace(visit, intent=intent))
        spent.spend(tx, visit, intent=intent, reply=reply)
        return reply

    def _checked(
        self, tx: SqlTransaction, visit: Visit, pad: Pad, *, is_right: bool, pin_hash: str
    ) -> Reply:
        if tx.now >= pad.expires_at:
            return pin_flows.too_late(visit, pad)
        match pad.use:
            case PadUse.SET:
                return pin_flows.hashed(tx, visit, pad, pin_hash)
            case PadUse.REPEAT:
                return pin_flows.repeated(tx, visit, pad, is_right)
            case PadUse.CHECK:
                return self._pin_checked(tx, visit, pad, is_right=is_right)

    def _pin_checked(self, tx: SqlTransaction, visit: Visit, pad: Pad, *, is_right: bool) -> Reply:
        intent = tx.dialogues.intent(IntentKey(pad.intent_key))
        if not is_right or intent is None:
            left = pins.fail_check(tx, person_id=visit.person.id)
            return pin_flows.wrong(tx, visit, left, intent)
        if renewed := self._renew(tx, visit, intent):
            return renewed
        spent.check(tx, visit, intent)
        return self._spend(tx, placed_for(tx, visit, intent), intent)

    def _keep(self, tx: SqlTransaction, visit: Visit, reply: Reply) -> Reply:
        """Remember what the reply waits for, or forget what was waited for."""
        if reply.step is not None:
            tx.dialogues.put_dialogue(
                Dialogue(
                    chat_id=visit.chat_id,
                    person_id=visit.person.id,
                    step=reply.step.name,
                    data=reply.step.data,
                    expires_at=tx.now + DIALOGUE_LIFE,
                )
            )
        elif reply.ends_dialogue:
            tx.dialogues.drop_dialogue(visit.chat_id, visit.person.id)
        return reply


def _slow_down(incoming: Incoming) -> Reply:
    """Ask somebody to wait: once in words, then in toasts only."""
    words = Words(language=choose("", incoming.sender.language))
    if incoming.did is Did.PRESS:
        return Reply(toast=words.label("Too fast. Wait a minute, then tap again."))
    return Reply(
        screen=refusals.screen_of(words, TooManyRequests(retry_after_s=60)), show=Show.SEND
    )

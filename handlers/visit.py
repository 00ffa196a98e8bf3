"""A visit: one thing a person did, with everything a flow needs to answer it.

A flow is `(tx, visit) -> Reply`. Four kinds of doors lead to one, each a dictionary in a
capability's `ROUTES`: commands, navigation presses (`capability:verb:id`), intents (one-use
buttons `i:…` for whatever changes state) and steps (what a dialogue waits for).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from core.domain.dialogues import CONFIRM_LIFE, INTENT_KEY_LENGTH, INTENT_LIFE, Intent, IntentKey
from core.domain.errors import NotJoined
from core.domain.people import Actor, Identity, Person
from core.domain.tenants import Tenant
from core.ports import Transaction
from handlers.chat import Incoming, Reply
from handlers.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Who came, what he did, and where he stands.

    `tenant` and `actor` are None until the person belongs somewhere. `argument` is what follows
    the verb of a pressed `capability:verb:argument`, or a command's text. `data` is what the
    dialogue kept. `intent` is the spent button while its flow runs.
    """

    incoming: Incoming
    person: Person
    identity: Identity
    words: Words
    bot_username: str
    bot_id: int = 0
    public_url: str = ""
    """How addresses of this service begin, "" where nobody outside reaches it."""
    tenant: Tenant | None = None
    actor: Actor | None = None
    argument: str = ""
    data: Mapping[str, object] = field(default_factory=dict)
    intent: Intent | None = None

    @property
    def here(self) -> tuple[Tenant, Actor]:
        """Return tenant and actor.

        Raises:
            NotJoined: the person belongs to no tenant yet.
        """
        if self.tenant is None or self.actor is None:
            raise NotJoined
        return self.tenant, self.actor

    @property
    def chat_id(self) -> int:
        """The chat it happened in."""
        return self.incoming.chat.id

    def link(self, payload: str) -> str:
        """Return a deep link into the bot's private chat."""
        return f"https://t.me/{self.bot_username}?start={payload}"


Flow = Callable[[Transaction, Visit], Reply]

INTENT_MARK: Final = "i"
AGAIN_MARK: Final = "a"
"""Leads back to the card of an unspent button, which is spent by that card's own press only."""

CONFIRMS: Final = frozenset(
    {
        "bill.pay",
        "bill.link",
        "bill.charge",
        "topup.amount",
        "topup.open",
        "topup.charge",
    }
)
"""What cards offer that say how much money moves from where: good for minutes, not for days."""

DRAFT: Final = "draft"
"""The argument by which an intent names its draft, and the verb of the draft itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentRoute:
    """What an intent's verb does.

    `needs_pin` asks for the PIN first, where one is set. `moves_money` counts against the money
    actions of a minute. `renew` shows a fresh card in place of one that was pressed too late, or
    to who comes back to it.
    """

    flow: Flow
    needs_pin: bool = False
    moves_money: bool = False
    renew: Flow | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """The doors of one capability.

    `commands` by name without slash, `aliases` are commands that are not announced, `presses` by
    verb (the capability's `name` is the first word of the button's data), `intents` by verb
    (unique over all capabilities, so `bill.pay`), `steps` likewise, `links` by the letter before
    `_` in a deep link's payload.
    """

    name: str
    commands: Mapping[str, Flow] = field(default_factory=dict)
    aliases: Mapping[str, Flow] = field(default_factory=dict)
    presses: Mapping[str, Flow] = field(default_factory=dict)
    intents: Mapping[str, IntentRoute] = field(default_factory=dict)
    steps: Mapping[str, Flow] = field(default_factory=dict)
    secret_steps: frozenset[str] = frozenset()
    """Steps at which people type what must not stay in the chat, also when it comes too late."""
    links: Mapping[str, Flow] = field(default_factory=dict)


def offer(tx: Transaction, visit: Visit, verb: str, **arguments: object) -> str:
    """Store a one-use button for this person and return its data `i:<key>`.

    `arguments` are JSON values: ids, revisions, minor units.
    """
    tenant, actor = visit.here
    return offer_to(tx, tenant=tenant, actor=actor, verb=verb, **arguments)


def offer_to(
    tx: Transaction, *, tenant: Tenant, actor: Actor, verb: str, **arguments: object
) -> str:
    """Store a one-use button for an actor (notices, too) and return its data."""
    intent = Intent(
        key=IntentKey(tx.key(INTENT_KEY_LENGTH)),
        tenant_id=tenant.id,
        owner_id=actor.person_id,
        verb=verb,
        arguments=arguments,
        expires_at=tx.now + (CONFIRM_LIFE if verb in CONFIRMS else INTENT_LIFE),
    )
    tx.dialogues.add_intent(intent)
    return f"{INTENT_MARK}:{intent.key}"


def card_of(wanted: str) -> str:
    """Return what leads back to where the unspent button `wanted` was shown."""
    return f"{AGAIN_MARK}:{wanted.partition(':')[2]}"


def ask_for_pin(tx: Transaction, visit: Visit, *, back: str) -> str:
    """Store a button that sets a PIN and then leads on by the data `back`, "" for nowhere."""
    return offer(tx, visit, "pin.change", back=back)


def open_draft(tx: Transaction, visit: Visit) -> str:
    """Store what every button of one draft spends besides itself, and return its key.

    Offer each of them with `draft=<key>`: whichever is pressed first acts, the others give its
    outcome. A draft that is shown again and again still becomes one thing.
    """
    return offer(tx, visit, DRAFT).partition(":")[2]


def number(data: Mapping[str, object], name: str) -> int:
    """Return a whole number that an intent or dialogue kept.

    Raises:
        TypeError: it kept something else; a bug of ours.
    """
    value = data[name]
    if not isinstance(value, int):
        message = f"{name} is no whole number"
        raise TypeError(message)
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Somebody who is told something: the person, in one tenant, in his own words.

    `actor` is None when he is no active member of that tenant any more.
    """

    person: Person
    tenant: Tenant
    words: Words
    bot_username: str
    actor: Actor | None = None
    public_url: str = ""

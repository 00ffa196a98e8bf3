"""What a payment provider is asked, and what it may answer.

An adapter (`bot/providers/<name>.py`) is a class with the methods of `Provider`, and of those of
`SavedCharges`, `Listings`, `Refunds` and `Payouts` that its capabilities declare. It has no
database, no chat, no wording and no retries of its own. Every answer about money that comes in is
one of four outcomes:

- `Settled`: the money was captured; the facts say how much, in which currency, under whose id.
- `Pending`: a link or prompt exists, nothing is captured yet.
- `Declined`: this attempt took no money and will not.
- `Unknown`: nobody knows; it is looked up later, never repeated under a new id.

Reading a webhook answers `Authentic | Forged | Undecided` and never moves money by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from core.domain.claims import Claim
from core.domain.consent import Consent
from core.domain.money import Money


class ProviderError(StrEnum):
    """Why a provider took no money, in our words (product section 6)."""

    INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"
    INVALID_CARD = "INVALID_CARD"
    EXPIRED_CARD = "EXPIRED_CARD"
    DECLINED_CARD = "DECLINED_CARD"
    NETWORK_ERROR = "NETWORK_ERROR"
    TIMEOUT_ERROR = "TIMEOUT_ERROR"
    PROVIDER_ERROR = "PROVIDER_ERROR"
    AUTHENTICATION_ERROR = "AUTHENTICATION_ERROR"


class Truth(StrEnum):
    """Whose word counts for a capability (design section 7)."""

    BY_QUERY = "by_query"
    BY_ANSWER = "by_answer"
    BY_CHANNEL = "by_channel"


class PartOf(StrEnum):
    """Which part of a captured payment a provider can give back."""

    NOTHING = "nothing"
    WHOLE = "whole"
    ANY = "any"


class Rail(StrEnum):
    """The way by which a payout reaches somebody."""

    BANK = "bank"
    MOBILE = "mobile"
    TILL = "till"
    PAYBILL = "paybill"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What an adapter can do, declared and shown, never guessed.

    Currencies are ISO 4217 codes.
    """

    currencies: frozenset[str]
    can_link: bool = False
    can_prompt: bool = False
    """Asks on the payer's phone, whose number it needs; there is no page."""
    refunds: PartOf = PartOf.NOTHING
    rails: frozenset[Rail] = frozenset()
    unrepeatable: frozenset[Rail] = frozenset()
    """Rails whose payouts carry no reference of ours: asked for twice they are sent twice."""
    can_charge_saved: bool = False
    charge_memory: timedelta = timedelta()
    """How long a repeated charge is answered with the first one, where no look-up finds a charge
    whose answer was lost: it is asked for again. None: look-ups find it."""
    can_list: bool = False
    list_lag: timedelta = timedelta()
    """How late the list may be, less than two windows overlap: what is younger may be missing."""
    honours_our_id: bool = False
    """The provider answers a repeated create under our reference with the first result."""
    refuses_repeats: bool = False
    """It refuses one instead: asking again makes a page only where none was made."""
    finds_refunds: bool = False
    """Ours are found by their reference before one is asked for: later, none is made twice."""
    refund_days: int | None = None
    """Within so many days the payer sees what went back, as it says; 0 at once, None: unknown."""
    truth: Truth = Truth.BY_QUERY
    least: Mapping[str, int] = field(default_factory=dict)
    """The smallest payment by currency, in minor units; 1 where it names none."""
    most: Mapping[str, int] = field(default_factory=dict)
    """The largest payment by currency, in minor units; no bound where it names none."""
    steps: Mapping[str, int] = field(default_factory=dict)
    """Amounts must be multiples of this, in minor units, by currency (whole shillings: 100)."""

    def takes(self, amount: Money) -> bool:
        """Tell whether a payment of this amount can be asked for."""
        code, minor = amount.currency, amount.minor
        is_within = self.least.get(code, 1) <= minor <= self.most.get(code, minor)
        return code in self.currencies and is_within and minor % self.steps.get(code, 1) == 0

    def nearest(self, amount: Money) -> Money | None:
        """Return the amount nearest to this one that it takes, None in another currency."""
        code = amount.currency
        if code not in self.currencies:
            return None
        step, least = self.steps.get(code, 1), self.least.get(code, 1)
        most = self.most.get(code, max(least, amount.minor + step))
        within = min(max(amount.minor, least), most)
        up = -(-within // step) * step
        return Money(up if up <= most else within // step * step, code)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRequest:
    """Ask for a hosted payment page, or for a prompt on the payer's phone.

    `reference` is our attempt's reference, stored before the call; `expires_at` aware UTC; `phone`
    E.164 with its plus, "" where it is not known; `answer_url` is the attempt's own one-time
    address, for providers that answer there (`Truth.BY_ANSWER`) or name it in every call.
    """

    reference: str
    amount: Money
    email: str
    title: str
    return_url: str
    expires_at: datetime
    phone: str = ""
    answer_url: str = ""
    keeps_method: bool = False
    """The payer asked that the card be kept for later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedMethod:
    """What a provider lets us keep of a card or account, to charge it later.

    `token` is a secret; `owner` is what must be sent with it (an email, a customer's id). `label`
    is what people are shown, as `Visa •••• 4081`; `expires` is `YYYY-MM`, "" where it does not.
    `fingerprint` is the provider's mark of the card itself, whatever the token, "" for none.
    """

    token: str = field(repr=False)
    owner: str = field(repr=False)
    label: str
    expires: str = ""
    fingerprint: str = field(default="", repr=False)
    consent: Consent = Consent.NOT_ASKED


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeRequest:
    """Ask to charge a saved method while its owner is away, under a reference of our own.

    `return_url` is where its owner comes back to if he must confirm on a page; a provider that
    needs it for such a page declines without it.
    """

    reference: str
    amount: Money
    method: SavedMethod
    title: str
    return_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The provider's word that money was captured.

    `provider_id` is the provider's own id of this capture: the journal key.
    `fee` is what the provider kept, `lost` what payers' banks took for good beside what was
    refunded, if it says so (0: nothing). `more` holds further captures under the same reference,
    oldest first, each with its own `provider_id`; theirs is empty.
    """

    provider_id: str
    reference: str
    captured: Money
    is_test: bool
    account: str = ""
    fee: Money | None = None
    is_fee_to_come: bool = False
    """The provider does not know its fee yet, and tells it when it is asked again."""
    settled_at: datetime | None = None
    receipt: str = ""
    """The number by which the payer and the provider's support know it, if it is another."""
    method: SavedMethod | None = None
    refunded: Money | None = None
    """What of it the provider has given back in all, if it says so: perhaps without our asking."""
    has_gaps: bool = False
    """What went back of it could not be had: an event that told of it is asked about again."""
    is_disputed: bool | None = None
    """The payer's bank claims it back now; None where only the provider's event says so."""
    claimed: Money | None = None
    """How much of it is claimed now; None for all of it, and where the provider does not say."""
    lost: Money | None = None
    more: tuple["Settled", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """Nothing captured or moved yet; `link` where a page exists, `provider_ref` its id there.

    `needs` says in the provider's own word what a human must do for it to go on. `is_clearing`: the
    payer has paid, and the money is on its way, mostly within `clears_in_days` (0: nobody says).
    """

    link: str = ""
    provider_ref: str = ""
    needs: str = ""
    is_clearing: bool = False
    clears_in_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """No money was taken, or moved, by this attempt; `is_final`: the provider never will."""

    error: ProviderError
    detail: str = ""
    is_final: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Nobody knows whether it happened; `error` says why we do not know.

    `is_unsent`: nothing that moves money can have reached the provider.
    """

    error: ProviderError
    detail: str = ""
    is_unsent: bool = False


Outcome = Settled | Pending | Declined | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page of what a provider has captured, oldest first; `after` leads to the next one.

    Which end the pages begin at is the provider's; "" after the last one.
    """

    items: tuple[Settled, ...]
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """Credentials work: whose account it is, and whether its money is real."""

    account: str
    is_test: bool


class About(StrEnum):
    """What an event is about."""

    PAYMENT = "payment"
    REFUND = "refund"
    PAYOUT = "payout"
    DISPUTE = "dispute"
    NOTHING = "nothing"
    """Something that is not ours to follow: it is acknowledged and let go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentic:
    """A provider event that proved where it came from.

    `event_key` de-duplicates deliveries; `reference` names our attempt (for a refund or a dispute
    that of the payment, or the provider's own id of the capture; for a payout the payout's), "" if
    it names none. `claim` tells of a dispute how it stands, `claimed` how much of it, else all.
    """

    event_key: str
    reference: str
    kind: str
    about: About = About.PAYMENT
    claim: Claim = Claim.OPEN
    claimed: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forged:
    """An event that failed its proof; counted, answered 4xx, never stored as true."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """An event that nobody can prove (the provider signs nothing), or not now.

    It is a hint to ask about what it names; one that names nothing of ours is let go.
    """

    event_key: str
    reference: str = ""
    about: About = About.PAYMENT


Reading = Authentic | Forged | Undecided


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A webhook as it arrived: raw bytes, lower-case header names, aware UTC arrival.

    `query` holds the address's parameters, for providers that send their event there.
    """

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    received_at: datetime


class Provider(Protocol):
    """One payment provider under one configuration (credentials, mode).

    No method raises for anything the network or the provider does: that is `Unknown`.
    """

    name: str
    capabilities: Capabilities

    async def create_link(self, request: LinkRequest) -> Outcome:
        """Open a payment page under our reference."""
        ...

    async def advance(self, *, reference: str, provider_ref: str, asked: Money) -> Outcome:
        """Look an attempt up, and capture where approval is separate.

        `asked` is what the attempt asks for, for providers whose look-up names no amount.
        """
        ...

    def read_hook(self, hook: Hook) -> Reading:
        """Judge a webhook by its raw bytes; constant-time."""
        ...

    def acknowledge(self, hook: Hook) -> bytes:
        """Return the body of the 200 that this provider wants to read, once a hook is kept."""
        ...

    async def check(self) -> Accepted | Declined | Unknown:
        """Ask something harmless, to learn whether the credentials work."""
        ...


@runtime_checkable
class SavedCharges(Protocol):
    """Charging what was kept, while its owner is away."""

    async def charge_saved(self, request: ChargeRequest) -> Outcome:
        """Charge it; `Pending` with a link where its owner must confirm."""
        ...


@runtime_checkable
class Forgetting(Protocol):
    """Having a provider delete what was kept there, once its owner keeps it here no more."""

    async def forget(self, method: SavedMethod) -> Unknown | None:
        """Have it deleted; None once it is gone, whoever did that. Twice is harmless."""
        ...


@runtime_checkable
class Listings(Protocol):
    """The provider's own list of captures, to compare with the books."""

    async def captures(
        self, *, since: datetime, until: datetime, after: str = ""
    ) -> Listing | Unknown:
        """Return one page of what was captured between two aware moments."""
        ...


@runtime_checkable
class Preparing(Protocol):
    """A provider that must fetch something, as a certificate, before it can judge a webhook."""

    async def prepare(self, hook: Hook) -> None:
        """Fetch what judging this one takes; what cannot be had leaves the webhook undecided."""
        ...

"""What a payment provider is asked, and what it may answer.

An adapter (`bot/providers/<name>.py`) is a class with the methods of `Provider`. It has no
database, no chat, no wording and no retries of its own. Every answer is one of four outcomes:

- `Settled`: the money was captured; the facts say how much, in which currency, under whose id.
- `Pending`: a link or prompt exists, nothing is captured yet.
- `Declined`: this attempt took no money and will not.
- `Unknown`: nobody knows; it is looked up later, never repeated under a new id.

Reading a webhook answers `Authentic | Forged | Undecided` and never moves money by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What an adapter can do, declared and shown, never guessed."""

    currencies: frozenset[str]
    can_link: bool = False
    can_refund: bool = False
    can_pay_out: bool = False
    can_charge_saved: bool = False
    honours_our_id: bool = False
    """The provider answers a repeated create under our reference with the first result."""
    truth: Truth = Truth.BY_QUERY
    least_minor: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRequest:
    """Ask for a hosted payment page.

    `reference` is our attempt's reference, stored before the call; `expires_at` aware UTC.
    """

    reference: str
    amount: Money
    email: str
    title: str
    return_url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The provider's word that money was captured.

    `provider_id` is the provider's own id of this capture: the journal key.
    `fee` is what the provider kept, if it says so. `more` holds further captures under the same
    reference, oldest first, each with its own `provider_id`; theirs is empty.
    """

    provider_id: str
    reference: str
    captured: Money
    is_test: bool
    account: str = ""
    fee: Money | None = None
    settled_at: datetime | None = None
    more: tuple["Settled", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """Nothing captured yet; `link` where a page exists, `provider_ref` its id there."""

    link: str = ""
    provider_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """No money was taken by this attempt.

    `is_final` tells that the provider will never capture it later.
    """

    error: ProviderError
    detail: str = ""
    is_final: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Nobody knows whether it happened; `error` says why we do not know."""

    error: ProviderError
    detail: str = ""


Outcome = Settled | Pending | Declined | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentic:
    """A provider event that proved where it came from.

    `event_key` de-duplicates deliveries; `reference` names our attempt ("" if it names none).
    """

    event_key: str
    reference: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Forged:
    """An event that failed its proof; counted, answered 4xx, never stored as true."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """An event that cannot be proved now; stored and verified later."""

    event_key: str


Reading = Authentic | Forged | Undecided


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A webhook as it arrived: raw bytes, lower-case header names, aware UTC arrival."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
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

    async def advance(self, *, reference: str, provider_ref: str) -> Outcome:
        """Look an attempt up, and capture where approval is separate."""
        ...

    def read_hook(self, hook: Hook) -> Reading:
        """Judge a webhook by its raw bytes; constant-time."""
        ...

"""Saved payment methods: what a person lets us charge again, and through whom he likes to pay.

What it takes to charge one, its provider's token, is never part of a record: it is read for the
call alone. People are shown the mask, as `Visa •••• 4081`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, Protocol

from core.domain.configurations import ConfigurationId
from core.domain.consent import Consent
from core.domain.errors import MethodGone, MethodLimited, MethodWaits, TooLong
from core.domain.money import Money
from core.domain.payments import AttemptId, MethodId, PaymentId
from core.domain.people import PersonId
from core.domain.providers import ProviderError, SavedMethod
from core.domain.tenants import TenantId

OFFER_LIFE: Final = timedelta(hours=24)
"""How long a payer may still say that what he paid with be kept."""

MAX_METHODS: Final = 8
"""How many a person may keep with one organisation: what a screen can show."""

MAX_NAME: Final = 30

NO_PAYMENT: Final = PaymentId(0)

GONE: Final = frozenset({ProviderError.EXPIRED_CARD, ProviderError.INVALID_CARD})
"""What a provider says of a method that will never pay again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What may be done with a saved card, by what its holder has said of it (ADR 18).

    `wait` passes before it may be charged. Where `is_limited`, no more is charged within `WINDOW`
    than was paid with it when it was saved, until it has paid on its provider's page once more.
    """

    wait: timedelta
    is_limited: bool


TRUST: Final[Mapping[Consent, Trust]] = {
    Consent.GIVEN: Trust(wait=timedelta(0), is_limited=False),
    Consent.NOT_ASKED: Trust(wait=timedelta(hours=24), is_limited=True),
}

WINDOW: Final = timedelta(hours=24)
"""The time within which charges of a limited method are added up."""

FORGOTTEN_AFTER: Final = timedelta(days=30)
"""A method that was not charged for so long is told of again as if it were the first time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentMethod:
    """A card or account of a person's that one configuration's provider can charge again.

    `label` is its mask, `name` what its owner calls it, "" for nothing; `expires` is `YYYY-MM`,
    "" where it does not. One that is not active was given up by its provider. It was saved after
    `payment_id`, waits for its first charge until `waits_until`, and is limited to
    `day_limit_minor` within `WINDOW`, in its organisation's currency, 0 for no limit. `account`
    marks whose account its provider keeps it in, "" where that is not known.
    """

    id: MethodId
    tenant_id: TenantId
    person_id: PersonId
    configuration_id: ConfigurationId
    provider: str
    label: str
    kept_at: datetime
    expires: str = ""
    name: str = ""
    is_default: bool = False
    is_active: bool = True
    payment_id: PaymentId = NO_PAYMENT
    waits_until: datetime | None = None
    day_limit_minor: int = 0
    charged_at: datetime | None = None
    account: str = ""
    row_version: int = 1

    @property
    def title(self) -> str:
        """What its owner knows it by; the mask is always part of it."""
        return f"{self.name} · {self.label}" if self.name else self.label

    def is_good(self, *, today: date) -> bool:
        """Tell whether it can be charged: not given up, not past its last month."""
        return self.is_active and (not self.expires or f"{today:%Y-%m}" <= self.expires)

    def check_good(self, *, today: date) -> None:
        """Let only what can be charged pass.

        Raises:
            MethodGone: it cannot be.
        """
        if not self.is_good(today=today):
            raise MethodGone(method=self)

    def is_waiting(self, *, at: datetime) -> bool:
        """Tell whether it may not be charged yet."""
        return self.waits_until is not None and at < self.waits_until

    def is_elsewhere(self, account: str) -> bool:
        """Tell whether its provider keeps it in another account than this one."""
        return bool(account and self.account) and account != self.account

    def is_new_again(self, *, at: datetime) -> bool:
        """Tell whether its owner is to hear of a charge apart from the payment itself."""
        return self.charged_at is None or at >= self.charged_at + FORGOTTEN_AFTER

    def check_charge(self, amount: Money, *, charged: Money, at: datetime) -> None:
        """Let a charge pass; `charged` is what it was charged within the last `WINDOW`.

        Raises:
            MethodWaits: its holder may still object.
            MethodLimited: it would be more than was paid with it when it was saved.
        """
        if self.is_waiting(at=at):
            raise MethodWaits(method=self, until=self.waits_until)
        left = self.left(charged)
        if left is not None and left < amount:
            raise MethodLimited(method=self, left=left)

    def left(self, charged: Money) -> Money | None:
        """Return what may still be charged, None for any amount."""
        if not self.day_limit_minor:
            return None
        return Money(max(0, self.day_limit_minor - charged.minor), charged.currency)

    def charge(self, *, at: datetime) -> "PaymentMethod":
        """Note when it was charged."""
        return replace(self, charged_at=at)

    def trust(self) -> "PaymentMethod":
        """Take its limit away: it has paid on its provider's page once more."""
        return replace(self, day_limit_minor=0)

    def rename(self, name: str) -> "PaymentMethod":
        """Call it something; "" takes the name away.

        Raises:
            TooLong: more than `MAX_NAME` characters.
        """
        if len(name) > MAX_NAME:
            raise TooLong(limit=MAX_NAME)
        return replace(self, name=name)

    def choose(self, *, is_default: bool) -> "PaymentMethod":
        """Offer it first, or no longer."""
        return replace(self, is_default=is_default)

    def revive(self, kept: SavedMethod, *, account: str, at: datetime) -> "PaymentMethod":
        """Take what its provider says of it now: it was paid with again."""
        again = replace(
            self, label=kept.label, expires=kept.expires, is_active=True, account=account
        )
        return again if self.is_waiting(at=at) else again.trust()

    def retire(self) -> "PaymentMethod":
        """Mark it as given up by its provider."""
        return replace(self, is_active=False, is_default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """How a person likes to pay a tenant by link.

    `provider` is offered first, "" for the tenant's own order; `is_keeping`: providers that must be
    told before a payment may keep what it is paid with, so that it can be saved afterwards.
    """

    provider: str = ""
    is_keeping: bool = False


def print_of(kept: SavedMethod) -> str:
    """Return what tells the same card from another one: the provider's mark, else all we know."""
    return kept.fingerprint or f"{kept.owner}\n{kept.label}\n{kept.expires}"


class StoredMethods(Protocol):
    """Saved methods, what waits to be kept, and preferred providers on an open transaction."""

    def hold(self, attempt_id: AttemptId, kept: SavedMethod, *, until: datetime) -> None:
        """Keep what was paid with until its owner says so; encrypted, for this time."""
        ...

    def held(self, attempt_id: AttemptId) -> SavedMethod | None:
        """Return what an attempt was paid with, while it may still be kept."""
        ...

    def drop_held(self, attempt_id: AttemptId) -> None:
        """Forget what an attempt was paid with."""
        ...

    def get(self, method_id: MethodId) -> PaymentMethod:
        """Return one saved method.

        Raises:
            NotFound: there is none of this id any more.
        """
        ...

    def of(self, person_id: PersonId, tenant_id: TenantId) -> tuple[PaymentMethod, ...]:
        """Return what a person keeps with a tenant: the default first, then the newest."""
        ...

    def same(
        self,
        person_id: PersonId,
        tenant_id: TenantId,
        *,
        configuration_id: ConfigurationId,
        kept: SavedMethod,
    ) -> PaymentMethod | None:
        """Return the same card or account, if the person keeps it already."""
        ...

    def add(self, method: PaymentMethod, kept: SavedMethod) -> None:
        """Store a new method with what it takes to charge it, encrypted for it alone."""
        ...

    def renew(
        self, before: PaymentMethod, after: PaymentMethod, kept: SavedMethod
    ) -> PaymentMethod:
        """Store a change as `replace` does, and what it takes to charge it from now on."""
        ...

    def replace(self, before: PaymentMethod, after: PaymentMethod) -> PaymentMethod:
        """Store a change where `before` still stands, else `StaleState`; return it as stored."""
        ...

    def secret(self, method: PaymentMethod) -> SavedMethod:
        """Return what it takes to charge a method, decrypted: for the call alone."""
        ...

    def mark(self, method: PaymentMethod) -> str:
        """Return what tells the card or account of a method from others, without showing it."""
        ...

    def is_marked(self, configuration_id: ConfigurationId, mark: str) -> bool:
        """Tell whether anybody keeps this card or account under a configuration."""
        ...

    def remove(self, method: PaymentMethod) -> None:
        """Delete a method and what it takes to charge it."""
        ...

    def note_charge(self, attempt_id: AttemptId, label: str) -> None:
        """Keep for good by which mask the receipt of an attempt names what it charges."""
        ...

    def charged_label(self, attempt_id: AttemptId) -> str:
        """Return the mask of what an attempt charges, "" for none."""
        ...

    def charged_since(self, method_id: MethodId, since: datetime) -> int:
        """Sum what a method was charged since a time, in minor units; what was declined is not."""
        ...

    def others(self, method: PaymentMethod) -> tuple[PaymentMethod, ...]:
        """Return the same card as other people keep it with the same configuration there."""
        ...

    def saved_after(self, payment_id: PaymentId) -> PaymentMethod | None:
        """Return the method that was saved after a payment, if it is still kept."""
        ...

    def bar(self, method: PaymentMethod) -> None:
        """Delete a method, and let its owner not keep the same card again."""
        ...

    def is_barred(
        self,
        person_id: PersonId,
        tenant_id: TenantId,
        *,
        configuration_id: ConfigurationId,
        kept: SavedMethod,
    ) -> bool:
        """Tell whether somebody objected to this person's keeping this card."""
        ...

    def preferred(self, person_id: PersonId, tenant_id: TenantId) -> str:
        """Return the provider a person likes to pay a tenant through, "" for none."""
        ...

    def preference(self, person_id: PersonId, tenant_id: TenantId) -> Preference:
        """Return how a person likes to pay a tenant."""
        ...

    def prefer(self, person_id: PersonId, tenant_id: TenantId, preference: Preference) -> None:
        """Store how a person likes to pay a tenant."""
        ...

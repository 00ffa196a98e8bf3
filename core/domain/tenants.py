"""Tenants: organisations on Hazina, and the policies they set.

The platform is a tenant row of its own (`PLATFORM`), never NULL.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NewType, Protocol

from core.domain.errors import TenantClosed
from core.domain.machines import NONE, machine
from core.domain.money import Currency, Money, exponent

TenantId = NewType("TenantId", int)

PLATFORM: Final = TenantId(1)


class TenantKind(StrEnum):
    """What an organisation is."""

    ESTATE = "estate"
    SHOP = "shop"
    COMMUNITY = "community"
    PLATFORM = "platform"


class TenantStatus(StrEnum):
    """Whether a tenant works."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


TRANSITIONS: Final = machine(
    "tenant",
    {
        NONE: (TenantStatus.ACTIVE,),
        TenantStatus.ACTIVE: (TenantStatus.SUSPENDED, TenantStatus.CLOSED),
        TenantStatus.SUSPENDED: (TenantStatus.ACTIVE, TenantStatus.CLOSED),
    },
)


class FeeBearer(StrEnum):
    """Who pays the provider's fee of a link payment."""

    TENANT = "tenant"
    PAYER = "payer"


PINLESS: Final[dict[str, int]] = {
    "NGN": 50_000,
    "GHS": 500,
    "KES": 5_000,
    "ZAR": 600,
    "USD": 30,
    "EUR": 30,
    "GBP": 25,
    "TZS": 80_000,
    "EGP": 1_500,
    "MAD": 300,
    "CAD": 40,
    "INR": 2_500,
    "UGX": 120_000,
    "RWF": 45_000,
    "XOF": 20_000,
    "XAF": 20_000,
    "JPY": 4_500,
    "TND": 100,
    "KWD": 10,
    "BHD": 12,
    "XTR": 2_000,
}
"""In whole units of the currency, about thirty US dollars: a home's ordinary bill passes without a
PIN, while a found phone does not empty a wallet at one press."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a tenant decides about its bills; hours are local, 0 to 23.

    A part payment must reach the smaller of `part_percent` of the total and `part_minor`.
    `reminder_days` count before the due date (negative: after it).
    `pinless_minor`: most a person without a PIN may pay at a time of own bills from the own
    wallet; 0 takes what is usual for the currency (`PINLESS`).
    """

    must_acknowledge: bool = True
    part_percent: int = 10
    part_minor: int = 50_000
    dispute_days: int = 14
    link_minutes: int = 60
    invitation_days: int = 7
    reminder_days: tuple[int, ...] = (7, 3, 1, 0)
    overdue_days: tuple[int, ...] = (1, 7, 14, 30)
    nudge_days: tuple[int, ...] = (2, 5)
    digest_hour: int = 9
    quiet_from: int = 21
    quiet_until: int = 7
    pinless_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """An organisation; `timezone` an IANA name, `country` ISO 3166 alpha-2."""

    id: TenantId
    kind: TenantKind
    name: str
    currency: Currency
    country: str
    timezone: str
    status: TenantStatus = TenantStatus.ACTIVE
    status_seq: int = 0
    fee_bearer: FeeBearer = FeeBearer.TENANT
    billing_email: str = ""
    policy: Policy = Policy()
    row_version: int = 1

    def check_open(self) -> None:
        """Let work pass while the tenant is active.

        Raises:
            TenantClosed: it is suspended or closed.
        """
        if self.status is not TenantStatus.ACTIVE:
            raise TenantClosed

    @property
    def pinless(self) -> Money:
        """The most a person without a PIN may pay at a time."""
        usual = PINLESS.get(self.currency, 0) * 10 ** exponent(self.currency)
        return Money(self.policy.pinless_minor or usual, self.currency)

    def least_part(self, total: Money) -> Money:
        """Return the smallest part payment of a bill of this total."""
        share = -(-total.minor * self.policy.part_percent // 100)
        return Money(min(share, self.policy.part_minor, total.minor), total.currency)

    def suspend(self) -> "Tenant":
        """Stop the tenant's work.

        Raises:
            IllegalTransition: it is not active.
        """
        TRANSITIONS.check(self.status, TenantStatus.SUSPENDED)
        return replace(self, status=TenantStatus.SUSPENDED)


class StoredTenants(Protocol):
    """Tenants on an open transaction."""

    def get(self, tenant_id: TenantId) -> Tenant:
        """Return one tenant.

        Raises:
            NotFound: there is none of this id.
        """
        ...

    def add(self, tenant: Tenant) -> None:
        """Store a new tenant."""
        ...

    def replace(self, before: Tenant, after: Tenant) -> None:
        """Store a change if the row still stands at `before`.

        Raises:
            StaleState: somebody changed it meanwhile.
        """
        ...

    def find(self, key: str) -> Tenant:
        """Return the tenant of this id, written as text, or of this exact name.

        Raises:
            NotFound: there is none.
        """
        ...

    def all(self) -> tuple[Tenant, ...]:
        """Return every tenant but the platform, by id (at most 10,000)."""
        ...

    def next_number(self, tenant_id: TenantId, *, kind: str, year: int) -> int:
        """Take the next short number; last in lock order, gaps allowed."""
        ...

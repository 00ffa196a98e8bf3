"""About how much a provider will keep of a payment, told by what it kept of others lately."""

from collections import Counter
from fractions import Fraction
from typing import Final

from core.domain.configurations import ConfigurationId
from core.domain.ledger import AccountKind, JournalKind
from core.domain.money import Money
from core.domain.tenants import TenantId
from core.ports import Transaction

ENOUGH: Final = 3
"""So many captures of about the same size tell a fee."""

LOOKED_AT: Final = 40
"""The newest lines of a provider's accounts that are looked at."""

DIGITS: Final = 2
"""Figures that a guess keeps; the rest would promise too much."""

_CAPTURES: Final = frozenset(
    {JournalKind.LINK_PAYMENT, JournalKind.TOP_UP, JournalKind.PROVIDER_FEE}
)
"""What moves on a provider's accounts when it captures, and when it tells its fee later."""


def about_fee(
    tx: Transaction, *, tenant_id: TenantId, configuration_id: ConfigurationId, amount: Money
) -> Money | None:
    """Return about how much a provider will keep of an amount, None where nothing tells.

    The median share of its newest captures for this tenant and currency that were half to twice
    this amount, rounded to two figures.
    """
    took = _moved(tx, AccountKind.PROVIDER, tenant_id, configuration_id, amount)
    kept = _moved(tx, AccountKind.PROVIDER_FEES, tenant_id, configuration_id, amount)
    shares = sorted(
        Fraction(kept[payment], captured)
        for payment, captured in took.items()
        if kept[payment] and amount.minor <= 2 * captured <= 4 * amount.minor
    )
    if len(shares) < ENOUGH:
        return None
    return Money(rounded(round(amount.minor * shares[len(shares) // 2])), amount.currency)


def rounded(minor: int) -> int:
    """Return a positive number with two figures that say something."""
    return round(minor, min(0, DIGITS - len(str(minor))))


def _moved(
    tx: Transaction,
    kind: AccountKind,
    tenant_id: TenantId,
    configuration_id: ConfigurationId,
    amount: Money,
) -> Counter[int]:
    """Return in minor units what each of the newest payments moved on a provider's account."""
    account = tx.ledger.find(
        tenant_id=tenant_id, kind=kind, owner_id=configuration_id, currency=amount.currency
    )
    moved: Counter[int] = Counter()
    if account is not None:
        for entry in tx.ledger.entries(account.id, before_seq=None, limit=LOOKED_AT):
            if entry.kind in _CAPTURES and entry.subject.kind == "payment":
                moved[entry.subject.id] += abs(entry.amount.minor)
    return moved

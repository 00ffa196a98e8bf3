"""Which providers a payer is offered for an amount, and in which order: decided here alone.

Offered is what can take the amount from this payer; a provider that asks on the phone needs a
number that was verified.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.bills import Bill
from core.domain.configurations import Configuration
from core.domain.errors import NoProvider, NotTaken
from core.domain.money import Money
from core.domain.payments import Payment
from core.domain.people import PersonId
from core.domain.providers import Capabilities
from core.domain.tenants import TenantId
from core.ports import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One provider that a payer may choose."""

    configuration: Configuration

    @property
    def provider(self) -> str:
        """The provider's name."""
        return self.configuration.provider


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A configuration of the tenant, and what its provider can do."""

    configuration: Configuration
    can: Capabilities

    @property
    def is_prompt_only(self) -> bool:
        return self.can.can_prompt and not self.can.can_link


def check_any(tx: Transaction, *, tenant_id: TenantId) -> None:
    """Let those pass who belong where something is paid by link at all.

    Raises:
        NoProvider: no provider is switched on.
    """
    if not tx.configurations.usable(tenant_id):
        raise NoProvider


def ways(
    tx: Transaction,
    *,
    tenant_id: TenantId,
    payer_id: PersonId,
    amount: Money,
    bill: Bill | None = None,
) -> tuple[Way, ...]:
    """Return what a payer is offered for an amount, the best first; at least one.

    Raises:
        NoProvider: no provider is switched on.
        NotTaken: none of them takes this amount from this payer.
    """
    known = _known(tx, tenant_id)
    offered = _offered(tx, known, payer_id=payer_id, amount=amount)
    if not offered:
        raise _refusal(tx, known, payer_id=payer_id, amount=amount, bill=bill)
    return offered


def other_ways(tx: Transaction, *, payment: Payment) -> tuple[Way, ...]:
    """Return the ways by which a payment that took no money may be tried again; perhaps none."""
    known = _known(tx, payment.tenant_id)
    return _offered(tx, known, payer_id=payment.payer_id, amount=payment.amount)


def taken(
    tx: Transaction, *, tenant_id: TenantId, payer_id: PersonId, amounts: Sequence[Money]
) -> tuple[Money, ...]:
    """Return those of some amounts that at least one provider takes from this payer.

    Raises:
        NoProvider: no provider is switched on.
    """
    check_any(tx, tenant_id=tenant_id)
    reached = _reaching(tx, _known(tx, tenant_id), payer_id)
    return tuple(each for each in amounts if any(one.can.takes(each) for one in reached))


def check_way(tx: Transaction, *, payment: Payment, configuration: Configuration) -> None:
    """Let a configuration pass that may be asked for a payment: what was offered may be old.

    Raises:
        NoProvider: it may not be used here (any more).
        NotTaken: it does not take this amount from this payer.
    """
    known = [
        each for each in _known(tx, payment.tenant_id) if each.configuration.id == configuration.id
    ]
    if not _offered(tx, known, payer_id=payment.payer_id, amount=payment.amount):
        bill = None if payment.bill_id is None else tx.bills.get(payment.bill_id)
        raise _refusal(tx, known, payer_id=payment.payer_id, amount=payment.amount, bill=bill)


def _known(tx: Transaction, tenant_id: TenantId) -> list[_Known]:
    found = (
        (each, tx.configurations.capabilities(each.provider))
        for each in tx.configurations.usable(tenant_id)
    )
    return [_Known(configuration=each, can=can) for each, can in found if can is not None]


def _reaching(tx: Transaction, known: Sequence[_Known], payer_id: PersonId) -> list[_Known]:
    """Return those by which this person can pay: what asks on a phone must know his."""
    if not any(each.is_prompt_only for each in known):
        return list(known)
    has_phone = tx.people.person(payer_id).phone_verified_at is not None
    return [each for each in known if has_phone or not each.is_prompt_only]


def _offered(
    tx: Transaction, known: Sequence[_Known], *, payer_id: PersonId, amount: Money
) -> tuple[Way, ...]:
    fitting = [each for each in known if each.can.takes(amount)]
    return tuple(Way(configuration=each.configuration) for each in _reaching(tx, fitting, payer_id))


def _refusal(
    tx: Transaction,
    known: Sequence[_Known],
    *,
    payer_id: PersonId,
    amount: Money,
    bill: Bill | None,
) -> NoProvider | NotTaken:
    """Say why nothing is offered, and what would be: the nearest amount, or a verified phone."""
    if not known:
        return NoProvider()
    needs_phone = any(each.can.takes(amount) for each in known)
    near = (each.can.nearest(amount) for each in _reaching(tx, known, payer_id))
    by_distance = sorted((abs(m.minor - amount.minor), m.minor) for m in near if m is not None)
    nearest = Money(by_distance[0][1], amount.currency) if by_distance else None
    return NotTaken(amount=amount, nearest=nearest, needs_phone=needs_phone, bill=bill)

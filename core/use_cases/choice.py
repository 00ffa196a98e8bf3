"""Which providers a payer is offered for an amount, and in which order: decided here alone.

Offered is what can take the amount from this payer; a provider that asks on the phone needs a
number that was verified. First comes what the payer prefers, then the organisation's own by their
places, then the shared ones, of which those that settled more of late come first; what is in
trouble comes after all others, with a warning. Where that leaves two alike, the cheaper one for
the payer comes first.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from core.domain.bills import Bill
from core.domain.configurations import Configuration, ConfigurationId
from core.domain.errors import NoProvider, NotTaken
from core.domain.money import MAX_MINOR, Money
from core.domain.payments import Payment
from core.domain.people import PersonId
from core.domain.providers import Capabilities
from core.domain.standings import TROUBLE
from core.domain.tenants import PLATFORM, FeeBearer, TenantId
from core.ports import Transaction
from core.use_cases.fees import about_fee

LATELY: Final = timedelta(days=7)
"""For how long attempts tell how well a provider does."""

ENOUGH: Final = 10
"""So many decided attempts tell something; a provider with fewer counts as one that settles all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One provider that a payer may choose."""

    configuration: Configuration
    has_trouble: bool = False
    """It is down, or took no money for this payment because of trouble of its own."""
    fee: Money | None = None
    """About what the payer will bear of its fee, None where he bears none or nothing tells."""
    asks_on_phone: bool = False

    @property
    def provider(self) -> str:
        """The provider's name."""
        return self.configuration.provider


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A configuration of the tenant, and what its provider can do."""

    configuration: Configuration
    can: Capabilities


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Who is to pay how much, for which bill or for his wallet."""

    tenant_id: TenantId
    payer_id: PersonId
    amount: Money
    bill: Bill | None


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
    asked = _Asked(tenant_id=tenant_id, payer_id=payer_id, amount=amount, bill=bill)
    known = _known(tx, tenant_id)
    fitting = _fitting(tx, known, asked)
    if not fitting:
        raise _refusal(tx, known, asked)
    return _ordered(tx, fitting, asked)


def other_ways(tx: Transaction, *, payment: Payment) -> tuple[Way, ...]:
    """Return the ways by which a payment that took no money may be tried again; perhaps none."""
    asked = _asked(tx, payment)
    failed = {
        each.configuration_id
        for each in tx.payments.attempts(payment.id)
        if each.error in TROUBLE and not each.had_page
    }
    fitting = _fitting(tx, _known(tx, payment.tenant_id), asked)
    return _ordered(tx, fitting, asked, failed=failed)


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


def reaching(tx: Transaction, *, tenant_id: TenantId, payer_id: PersonId) -> Mapping[str, bool]:
    """Return by which providers this person can pay here, and whether each asks on the phone."""
    found = _reaching(tx, _known(tx, tenant_id), payer_id)
    code = tx.tenants.get(tenant_id).currency
    return {
        each.configuration.provider: _is_prompt_only(each.can)
        for each in found
        if code in each.can.currencies
    }


def asks_on_phone(tx: Transaction, *, provider: str) -> bool:
    """Tell whether a provider is paid on the payer's phone, and has no page."""
    can = tx.configurations.capabilities(provider)
    return can is not None and _is_prompt_only(can)


def check_way(tx: Transaction, *, payment: Payment, configuration: Configuration) -> None:
    """Let a configuration pass that may be asked for a payment: what was offered may be old.

    Raises:
        NoProvider: it may not be used here (any more).
        NotTaken: it does not take this amount from this payer.
    """
    known = [
        each for each in _known(tx, payment.tenant_id) if each.configuration.id == configuration.id
    ]
    asked = _asked(tx, payment)
    if not _fitting(tx, known, asked):
        raise _refusal(tx, known, asked)


def _is_prompt_only(can: Capabilities) -> bool:
    return can.can_prompt and not can.can_link


def _asked(tx: Transaction, payment: Payment) -> _Asked:
    return _Asked(
        tenant_id=payment.tenant_id,
        payer_id=payment.payer_id,
        amount=payment.amount,
        bill=None if payment.bill_id is None else tx.bills.get(payment.bill_id),
    )


def _known(tx: Transaction, tenant_id: TenantId) -> list[_Known]:
    found = (
        (each, tx.configurations.capabilities(each.provider))
        for each in tx.configurations.usable(tenant_id)
    )
    return [_Known(configuration=each, can=can) for each, can in found if can is not None]


def _reaching(tx: Transaction, known: Sequence[_Known], payer_id: PersonId) -> list[_Known]:
    """Return those by which this person can pay: what asks on a phone must know his."""
    if not any(_is_prompt_only(each.can) for each in known):
        return list(known)
    has_phone = tx.people.person(payer_id).phone_verified_at is not None
    return [each for each in known if has_phone or not _is_prompt_only(each.can)]


def _fitting(tx: Transaction, known: Sequence[_Known], asked: _Asked) -> list[Configuration]:
    fitting = [each for each in known if each.can.takes(asked.amount)]
    return [each.configuration for each in _reaching(tx, fitting, asked.payer_id)]


def _ordered(
    tx: Transaction,
    fitting: Sequence[Configuration],
    asked: _Asked,
    *,
    failed: Collection[ConfigurationId] = (),
) -> tuple[Way, ...]:
    preferred = tx.methods.preferred(asked.payer_id, asked.tenant_id)
    down = tx.standings.down(asked.tenant_id)
    success, fees = _success(tx, fitting), _fees(tx, fitting, asked)

    def rank(each: Configuration) -> tuple[bool, bool, bool, int, int, int, int]:
        is_last = each.id in failed or (each.id in down and down[each.id].is_resting(at=tx.now))
        is_shared = each.tenant_id == PLATFORM
        is_other = each.provider != preferred
        settled, cost = success.get(each.id, 0), _cost(fees, each.id)
        return is_last, is_other, is_shared, each.place, -settled, cost, each.id

    return tuple(
        Way(
            configuration=each,
            has_trouble=each.id in down or each.id in failed,
            fee=fees.get(each.id),
            asks_on_phone=asks_on_phone(tx, provider=each.provider),
        )
        for each in sorted(fitting, key=rank)
    )


def _fees(
    tx: Transaction, fitting: Sequence[Configuration], asked: _Asked
) -> Mapping[ConfigurationId, Money]:
    """Return the fees that the payer will bear, as far as they are known; none of a tenant's."""
    bearer = tx.tenants.get(asked.tenant_id).fee_bearer
    if asked.bill is not None and bearer is FeeBearer.TENANT:
        return {}
    known = (
        (
            each.id,
            about_fee(tx, tenant_id=asked.tenant_id, configuration_id=each.id, amount=asked.amount),
        )
        for each in fitting
    )
    return {configuration_id: fee for configuration_id, fee in known if fee is not None}


def _cost(fees: Mapping[ConfigurationId, Money], configuration_id: ConfigurationId) -> int:
    """Return a known fee in minor units; an unknown one counts as the dearest."""
    fee = fees.get(configuration_id)
    return MAX_MINOR if fee is None else fee.minor


def _success(tx: Transaction, fitting: Sequence[Configuration]) -> Mapping[ConfigurationId, int]:
    """Return in tenths how much of what was decided lately settled, where it decides an order."""
    shared = [each.id for each in fitting if each.tenant_id == PLATFORM]
    if len(shared) == 1:
        return {}
    return {each: _tenths(*tx.payments.decided(each, since=tx.now - LATELY)) for each in shared}


def _tenths(settled: int, decided: int) -> int:
    return 10 if decided < ENOUGH else 10 * settled // decided


def _refusal(tx: Transaction, known: Sequence[_Known], asked: _Asked) -> NoProvider | NotTaken:
    """Say why nothing is offered, and what would be: the nearest amount, or a verified phone."""
    if not known:
        return NoProvider()
    amount = asked.amount
    needs_phone = any(each.can.takes(amount) for each in known)
    near = (each.can.nearest(amount) for each in _reaching(tx, known, asked.payer_id))
    by_distance = sorted((abs(m.minor - amount.minor), m.minor) for m in near if m is not None)
    nearest = Money(by_distance[0][1], amount.currency) if by_distance else None
    return NotTaken(amount=amount, nearest=nearest, needs_phone=needs_phone, bill=asked.bill)

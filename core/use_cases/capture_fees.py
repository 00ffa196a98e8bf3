"""What a provider keeps of what it captured: charged once, to who bears it.

Most providers tell it with the capture, and it is a part of that journal. What one tells later is
a journal of its own, under the capture's key.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from core.domain.acts import EventName
from core.domain.captures import CaptureKey
from core.domain.ledger import Account, AccountKind, Journal, JournalKind, Leg, Subject
from core.domain.money import Money
from core.domain.payments import Attempt
from core.domain.providers import Settled
from core.domain.tenants import FeeBearer, Tenant
from core.domain.work import Due
from core.ports import Transaction
from core.use_cases.ledger import post
from core.use_cases.payments import tell, tenant_account
from core.use_cases.wallets import open_wallet, wallet_account

FEE_CHECK: Final = "fee"
"""The period of a look-up that is made for a fee alone."""

_FIRST_PAUSE: Final = timedelta(minutes=5)
_ASKED_FOR: Final = timedelta(days=4)
"""How long after a capture its fee is asked for, more and more seldom."""


def fee_told(capture: Settled) -> Money | None:
    """Return what the provider kept of this capture; a fee in another currency is not of it."""
    fee = capture.fee
    if fee is None or not fee.is_positive or fee.currency != capture.captured.currency:
        return None
    return fee


def fee_legs(
    tx: Transaction,
    *,
    attempt: Attempt,
    tenant: Tenant,
    payer: Account,
    capture: Settled,
    settled: Money,
) -> list[Leg]:
    """Charge the provider's fee to who bears it; what is missing comes from what he owes.

    For the journal that credits the capture: `settled` of it goes from the payer to the tenant.
    """
    fee = fee_told(capture)
    if fee is None:
        return []
    fees = _fees_account(tx, attempt, fee)
    mine = fee_of_tenant(tenant, fee=fee, captured=capture.captured, settled=settled)
    kept = capture.captured.minor - settled.minor
    legs = []
    if mine.is_positive:
        bearer = tenant_account(tx, tenant_id=tenant.id, amount=mine)
        legs += _charge(tx, fees, bearer, mine, there=bearer.available.minor + settled.minor)
    if (theirs := fee - mine).is_positive:
        legs += _charge(tx, fees, payer, theirs, there=payer.available.minor + kept)
    return legs


def fee_of_tenant(tenant: Tenant, *, fee: Money, captured: Money, settled: Money) -> Money:
    """Return the tenant's share of a provider's fee; the rest is the payer's.

    A tenant that bears fees bears them for what reached it: of a top-up nothing, of a capture
    with surplus the bill's share, rounded down.
    """
    if tenant.fee_bearer is FeeBearer.PAYER:
        return Money(0, fee.currency)
    return Money(fee.minor * settled.minor // captured.minor, fee.currency)


def late_fee_key(key: CaptureKey) -> str:
    """Return the key under which the fee of a capture is posted that was told after it, once."""
    return f"fee:{key.configuration_id}:{key.provider_id}"


def book_late_fee(tx: Transaction, *, attempt: Attempt, capture: Settled, posted: Journal) -> None:
    """Post the fee of a capture that `posted` credited without it; twice is harmless.

    Raises:
        MoneyStopped: the books are being checked.
    """
    fee = fee_told(capture)
    if fee is None:
        return
    payment = tx.payments.lock(attempt.payment_id)
    key = late_fee_key(attempt.key_of(capture.provider_id))
    fees = _fees_account(tx, attempt, fee)
    credited = [each.leg for each in tx.ledger.transfers(posted.id)]
    is_booked = any(leg.target == fees.id for leg in credited)
    if is_booked or tx.ledger.journal_by_key(attempt.tenant_id, key) is not None:
        return
    # Without a fee that journal has two legs at most: what came, and what of it went to the bill.
    settled = credited[1].amount if len(credited) > 1 else Money(0, fee.currency)
    tenant = tx.tenants.get(payment.tenant_id)
    mine = fee_of_tenant(tenant, fee=fee, captured=capture.captured, settled=settled)
    theirs = fee - mine
    legs = []
    if mine.is_positive:
        own = tenant_account(tx, tenant_id=tenant.id, amount=mine)
        legs += _charge(tx, fees, own, mine, there=own.available.minor)
    if theirs.is_positive:
        wallet = open_wallet(
            tx, tenant_id=tenant.id, owner_id=payment.payer_id, currency=fee.currency
        )
        payer = wallet_account(tx, wallet=wallet)
        legs += _charge(tx, fees, payer, theirs, there=payer.available.minor)
    journal = post(
        tx,
        tenant_id=tenant.id,
        kind=JournalKind.PROVIDER_FEE,
        subject=Subject(kind="payment", id=payment.id),
        key=key,
        legs=legs,
    )
    if theirs.is_positive:
        tell(tx, name=EventName.PAYMENT_FEE_TAKEN, payment=payment, other_id=journal.id)


def await_fees(tx: Transaction, *, attempt: Attempt, captures: Sequence[Settled]) -> None:
    """Plan a look-up where a provider tells the fee of a credited capture later, for some days."""
    if not any(each.is_fee_to_come for each in captures):
        return
    waited = tx.now - (attempt.verified_at or tx.now)
    if waited < _ASKED_FOR:
        due_at = tx.now + max(_FIRST_PAUSE, waited)
        due = Due(due_at=due_at, kind="payment_check", subject=attempt.id, period=FEE_CHECK)
        tx.work.plan(due)


def _fees_account(tx: Transaction, attempt: Attempt, fee: Money) -> Account:
    return tx.ledger.account(
        tenant_id=attempt.tenant_id,
        kind=AccountKind.PROVIDER_FEES,
        owner_id=attempt.configuration_id,
        currency=fee.currency,
    )


def _charge(
    tx: Transaction, fees: Account, bearer: Account, fee: Money, *, there: int
) -> list[Leg]:
    """Take a fee from what is there, and the rest from what the bearer owes."""
    covered = Money(min(fee.minor, max(0, there)), fee.currency)
    missing = fee - covered
    legs = []
    if covered.is_positive:
        legs.append(Leg(source=bearer.id, target=fees.id, amount=covered))
    if missing.is_positive:
        owed = tx.ledger.account(
            tenant_id=fees.tenant_id,
            kind=AccountKind.OWED,
            owner_id=bearer.owner_id,
            currency=fee.currency,
        )
        legs.append(Leg(source=owed.id, target=fees.id, amount=missing))
    return legs

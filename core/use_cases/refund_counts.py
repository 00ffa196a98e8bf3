"""What refunds count against: their payment's row, or that of the money that was kept apart."""

from collections.abc import Callable

from core.domain.money import Money
from core.domain.payments import PaymentId
from core.domain.refunds import Refund, Refundable
from core.domain.unmatched import Unmatched
from core.ports import Transaction
from core.use_cases.refundable import refundable_of


def kept_apart(tx: Transaction, *, refund: Refund) -> Unmatched | None:
    """Return the unmatched money that a refund is of, None for one of a payment."""
    return None if refund.unmatched_id is None else tx.unmatched.get(refund.unmatched_id)


def refunded_payment(tx: Transaction, *, refund: Refund) -> PaymentId | None:
    """Return the payment whose money a refund is, or was taken for; None where nobody knows."""
    kept = kept_apart(tx, refund=refund)
    return refund.payment_id if kept is None else kept.payment_id


def uncount(tx: Transaction, *, refund: Refund) -> None:
    """Let others have what a refund had reserved; it is stored as ended before."""
    _count(tx, refund, Unmatched.release, Refundable.release)


def count_done(tx: Transaction, *, refund: Refund) -> None:
    """Count a reserved refund as back; it is stored as completed before."""
    _count(tx, refund, Unmatched.settle, Refundable.settle)


def count_late(tx: Transaction, *, refund: Refund) -> None:
    """Count a refund as back that had been let go; it is stored as completed before."""
    _count(tx, refund, Unmatched.settle_late, Refundable.settle_late)


def _count(
    tx: Transaction,
    refund: Refund,
    apart: Callable[[Unmatched, Money], Unmatched],
    paid: Callable[[Refundable, Money], Refundable],
) -> None:
    """Take a step in the row that a refund counts against."""
    kept = kept_apart(tx, refund=refund)
    if kept is not None:
        tx.unmatched.replace(kept, apart(kept, refund.amount))
        return
    payment = tx.payments.get(refund.paid_id)
    before = tx.refunds.refundable(payment)
    tx.refunds.replace_refundable(before, paid(before.grown(payment), refund.amount))


def fits_late(tx: Transaction, *, refund: Refund) -> bool:
    """Tell whether a refund that was let go still counts as ours beside the others.

    Of money that was kept apart it always does: what is not here any more, the tenant owes.
    """
    if refund.unmatched_id is not None:
        return True
    refundable = refundable_of(tx, payment=tx.payments.get(refund.paid_id))
    return refundable.may_still_settle(refund.amount)


def is_contested(tx: Transaction, *, refund: Refund) -> bool:
    """Tell whether the payer's bank claims the money."""
    kept = kept_apart(tx, refund=refund)
    if kept is not None:
        return is_claimed(tx, unmatched=kept)
    known = tx.refunds.find_refundable(refund.paid_id)
    return known is not None and known.contested_at is not None


def is_claimed(tx: Transaction, *, unmatched: Unmatched) -> bool:
    """Tell whether a bank claims a capture that was kept apart."""
    key = unmatched.key
    return key is not None and tx.chargebacks.open_for(key) is not None

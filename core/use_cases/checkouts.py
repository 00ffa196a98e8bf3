"""The last look before a provider takes money that it asks us about first. It only reads."""

from core.domain.bills import Bill
from core.domain.checkouts import Verdict
from core.domain.errors import Refusal
from core.domain.money import Money
from core.domain.payments import Attempt, Payment, PaymentStatus
from core.ports import Transaction


def judge_checkout(tx: Transaction, *, attempt: Attempt | None, amount: Money) -> Verdict:
    """Tell whether this amount may be taken now for an attempt.

    Who pays does not matter: another may pay for the one who owes, as on any page.
    """
    if attempt is None:
        return Verdict.UNKNOWN
    payment = tx.payments.get(attempt.payment_id)
    if amount != payment.amount:
        return Verdict.OTHER_AMOUNT
    if payment.status is PaymentStatus.COMPLETED:
        return Verdict.PAID
    # One that is older than a restore may have been paid in the books that were replaced.
    if not _is_open(tx, payment) or not attempt.may_still_settle or attempt.is_put_back:
        return Verdict.OVER
    if not _is_owed(tx, payment):
        return Verdict.NOT_OWED
    return Verdict.GO


def _is_open(tx: Transaction, payment: Payment) -> bool:
    is_late = payment.expires_at is not None and tx.now >= payment.expires_at
    return payment.is_open and not is_late


def _is_owed(tx: Transaction, payment: Payment) -> bool:
    try:
        tx.tenants.get(payment.tenant_id).check_open()
        if payment.bill_id is None:
            return True
        return _has_room(tx.bills.get(payment.bill_id), payment)
    except Refusal:
        return False


def _has_room(bill: Bill, payment: Payment) -> bool:
    """Tell whether a bill still asks for this much.

    Raises:
        NotAcknowledged, BillDisputed, BillSettled, BillCancelled: it cannot be paid now.
    """
    bill.check_payable()
    return payment.amount <= bill.rest

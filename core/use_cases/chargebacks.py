"""What happens to captured money without our asking: claims of payers' banks, refunds by providers.

A claim stops refunds. What a provider gave back beyond ours is found by its total and booked as the
provider's own.
"""

from core.domain.acts import EventName
from core.domain.captures import CaptureKey
from core.domain.ledger import JournalKind, Subject
from core.domain.money import Money
from core.domain.payments import Attempt, AttemptStatus, Payment
from core.domain.providers import Settled
from core.domain.refunds import Refund, RefundStatus
from core.ports import Transaction
from core.use_cases.payments import tell
from core.use_cases.refund_posting import book_found, complete_late, fits_late, refund_key
from core.use_cases.refunds import ask_refund, give_up


def follow_capture(tx: Transaction, *, attempt: Attempt, settled: Settled) -> None:
    """Compare what a provider says of captured money with our refunds of it.

    A claim of the payer's bank stops refunds; what it gave back beyond ours is booked.
    """
    captures = (settled, *settled.more)
    is_quiet = not any(each.is_disputed or _has_refund(each) for each in captures)
    if is_quiet and tx.refunds.find_refundable(attempt.payment_id) is None:
        return
    payment = tx.payments.get(attempt.payment_id)
    if payment.captured_minor == 0:
        return
    _follow_claim(tx, payment, attempt, [each.is_disputed for each in captures])
    for capture in captures:
        _follow_total(tx, payment, attempt, capture)


def contest(tx: Transaction, *, payment: Payment) -> None:
    """Stop refunds of money that the payer's bank claims; those not sent yet are given up."""
    before = tx.refunds.refundable(payment)
    if before.contested_at is not None or payment.captured_minor == 0:
        return
    tx.refunds.replace_refundable(before, before.grown(payment).contest(at=tx.now))
    for refund in tx.refunds.of(payment.id):
        if refund.status in {RefundStatus.PENDING, RefundStatus.APPROVED}:
            give_up(tx, refund=refund)
    tell(tx, name=EventName.CHARGEBACK_OPENED, payment=payment)


def end_claim(tx: Transaction, *, payment: Payment) -> None:
    """Allow refunds again: the payer's bank has let go, or has its money."""
    before = tx.refunds.refundable(payment)
    if before.contested_at is None:
        return
    tx.refunds.replace_refundable(before, before.grown(payment).contest(at=None))
    tell(tx, name=EventName.CHARGEBACK_CLOSED, payment=payment)


def _follow_claim(
    tx: Transaction, payment: Payment, attempt: Attempt, said: list[bool | None]
) -> None:
    if True in said:
        contest(tx, payment=payment)
        return
    settled = [
        each
        for each in tx.payments.attempts(payment.id)
        if each.status is AttemptStatus.SETTLED and each.id != attempt.id
    ]
    # Another capture of this payment may be the one that is claimed.
    if None not in said and not settled:
        end_claim(tx, payment=payment)


def _has_refund(capture: Settled) -> bool:
    return capture.refunded is not None and capture.refunded.is_positive


def _follow_total(tx: Transaction, payment: Payment, attempt: Attempt, capture: Settled) -> None:
    """Book what a provider gave back of a capture beyond what we know, and ask about the rest."""
    if not _is_credited(tx, payment, attempt, capture):
        return
    mine = [
        each
        for each in tx.refunds.of(payment.id)
        if each.capture == capture.provider_id and each.configuration_id == attempt.configuration_id
    ]
    for refund in mine:
        if refund.status is RefundStatus.PROCESSING and refund.sent_at is not None:
            ask_refund(tx, refund=refund)
    if capture.refunded is None or capture.refunded.currency != payment.currency:
        return
    total_minor = min(capture.refunded.minor, capture.captured.minor)
    beyond = Money(total_minor - _explained_minor(tx, attempt, mine, total_minor), payment.currency)
    if beyond.is_positive:
        key = refund_key(attempt.configuration_id, f"total:{capture.provider_id}:{total_minor}")
        book_found(
            tx,
            payment=payment,
            attempt_id=attempt.id,
            configuration_id=attempt.configuration_id,
            capture=capture.provider_id,
            amount=beyond,
            key=key,
        )


def _is_credited(tx: Transaction, payment: Payment, attempt: Attempt, capture: Settled) -> bool:
    key = str(CaptureKey(attempt.configuration_id, capture.provider_id))
    posted = tx.ledger.journal_by_key(payment.tenant_id, key)
    if posted is None or posted.kind is JournalKind.SUSPENSE:
        return False
    return posted.subject == Subject(kind="payment", id=payment.id)


def _explained_minor(
    tx: Transaction, attempt: Attempt, mine: list[Refund], total_minor: int
) -> int:
    """Return how much of a provider's total may be refunds of ours.

    Whatever may be on its way, or came back, may be in the total or not: only what is beyond all
    of it is certainly not ours. A refund that we let go and that fits has happened after all.
    """
    maybe = {RefundStatus.COMPLETED, RefundStatus.PROCESSING, RefundStatus.RETURNED}
    known_minor = sum(each.amount_minor for each in mine if each.status in maybe)
    for refund in mine:
        is_let_go = refund.status is RefundStatus.FAILED
        is_in_total = known_minor + refund.amount_minor <= total_minor
        if is_let_go and is_in_total and fits_late(tx, refund=refund):
            key = refund_key(attempt.configuration_id, f"of:{refund.reference}")
            complete_late(tx, refund=refund, key=key)
            known_minor += refund.amount_minor
    return known_minor

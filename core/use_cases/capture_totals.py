"""What a provider gave back of a capture by itself, or a bank took: found by its own total.

What is beyond our refunds of that capture, and all of it that may still be on its way, is booked;
where the total falls again, what was booked is taken back in.
"""

from core.domain.captures import CaptureKey
from core.domain.chargebacks import ChargebackStatus
from core.domain.ledger import JournalKind, Subject
from core.domain.money import Money
from core.domain.payments import Attempt, Payment, PaymentId
from core.domain.providers import Settled
from core.domain.refunds import GONE, Origin, Refund, RefundStatus
from core.ports import Transaction
from core.use_cases.refund_counts import fits_late
from core.use_cases.refund_posting import (
    book_found,
    book_returned,
    complete_late,
    refund_key,
)
from core.use_cases.refunds import ask_refund


def follow_total(tx: Transaction, *, payment: Payment, attempt: Attempt, capture: Settled) -> None:
    """Book what a provider gave back of a capture beyond what we know, and ask about the rest."""
    if not is_credited(tx, payment=payment, attempt=attempt, capture=capture):
        return
    mine = of_capture(tx, payment_id=payment.id, key=attempt.key_of(capture.provider_id))
    for refund in mine:
        if refund.status is RefundStatus.PROCESSING and refund.sent_at is not None:
            ask_refund(tx, refund=refund)
    total_minor = gone_minor(capture)
    if capture.captured.currency != payment.currency:
        return
    if _tells_all(tx, payment, attempt, capture):
        _take_in(tx, mine, total_minor)
    if not total_minor:
        return
    known = tx.refunds.refundable(payment).grown(payment)
    beyond = min(
        total_minor - _explained_minor(tx, attempt, mine, total_minor),
        known.captured_minor - known.reversed_minor,
    )
    if beyond > 0:
        # The same total may be reached once more, after what had gone came back, or in two steps.
        found = sum(each.origin is Origin.PROVIDER for each in mine)
        total = f"total:{capture.provider_id}:{total_minor}" + (f":{found}" if found else "")
        key = refund_key(attempt.configuration_id, total)
        book_found(
            tx,
            payment=payment,
            attempt_id=attempt.id,
            configuration_id=attempt.configuration_id,
            capture=capture.provider_id,
            amount=Money(beyond, payment.currency),
            key=key,
        )


def _tells_all(tx: Transaction, payment: Payment, attempt: Attempt, capture: Settled) -> bool:
    """Tell whether a look-up says all that is gone of a capture: a bank's part as well.

    Beside an open claim a provider may be silent about what an earlier one took.
    """
    if capture.refunded is None or capture.is_disputed is False:
        return capture.refunded is not None
    mine, claims = attempt.key_of(capture.provider_id), tx.chargebacks.of(payment.id)
    known = [each for each in claims if each.key == mine]
    if capture.is_disputed is None:
        return not known
    return capture.lost is not None or not any(e.status is ChargebackStatus.LOST for e in known)


def _take_in(tx: Transaction, mine: list[Refund], total_minor: int) -> None:
    """Book that what a provider had given back by itself came back: its total has fallen.

    Our own refunds are believed by their own look-ups, and come first in the total.
    """
    done = [each for each in mine if each.status is RefundStatus.COMPLETED]
    found = [each for each in done if each.origin is Origin.PROVIDER]
    found_minor = sum(each.away_minor for each in found)
    ours_minor = sum(each.away_minor for each in done) - found_minor
    back_minor = found_minor - max(0, total_minor - ours_minor)
    for refund in reversed(found):
        part = Money(min(back_minor, refund.away_minor), refund.currency)
        if part.is_positive:
            back_minor -= part.minor
            mine[mine.index(refund)] = book_returned(tx, refund=refund, part=part)


def is_credited(tx: Transaction, *, payment: Payment, attempt: Attempt, capture: Settled) -> bool:
    """Tell whether a capture paid this payment, and was not kept apart."""
    key = str(attempt.key_of(capture.provider_id))
    posted = tx.ledger.journal_by_key(payment.tenant_id, key)
    if posted is None or posted.kind is JournalKind.SUSPENSE:
        return False
    return posted.subject == Subject(kind="payment", id=payment.id)


def _explained_minor(
    tx: Transaction, attempt: Attempt, mine: list[Refund], total_minor: int
) -> int:
    """Return how much of a provider's total may be refunds of ours.

    Whatever may be on its way, or came back just now, may be in the total or not: only what is
    beyond all of it is certainly not ours. A refund that we let go and that fits has happened
    after all.
    """
    known_minor = sum(each.maybe_away_minor(at=tx.now) for each in mine)
    for refund in mine:
        is_let_go = refund.status is RefundStatus.FAILED
        is_in_total = known_minor + refund.amount_minor <= total_minor
        if is_let_go and is_in_total and fits_late(tx, refund=refund):
            key = refund_key(attempt.configuration_id, f"of:{refund.reference}")
            complete_late(tx, refund=refund, key=key)
            known_minor += refund.amount_minor
    return known_minor


def left_minor(tx: Transaction, *, payment: Payment, attempt: Attempt, capture: Settled) -> int:
    """Return how much of a capture is still here for a bank to claim, in minor units."""
    mine = of_capture(tx, payment_id=payment.id, key=attempt.key_of(capture.provider_id))
    away_minor = sum(each.away_minor for each in mine)
    left = min(capture.captured.minor, payment.captured_minor)
    return max(0, left - away_minor)


def gone_minor(capture: Settled) -> int:
    """Return what a provider says went back of a capture, by itself or by a bank."""
    back = capture.refunded
    lost = 0 if capture.lost is None or not is_of(capture, capture.lost) else capture.lost.minor
    if back is None or back.currency != capture.captured.currency:
        return lost
    return lost + min(back.minor, capture.captured.minor)


def of_capture(tx: Transaction, *, payment_id: PaymentId, key: CaptureKey) -> list[Refund]:
    """Return a payment's refunds that are of one capture, oldest first."""
    found = tx.refunds.of(payment_id)
    return [each for each in found if (each.configuration_id, each.capture) == key]


def is_of(capture: Settled, part: Money) -> bool:
    """Tell whether an amount can be a part of a capture."""
    return part.currency == capture.captured.currency and part <= capture.captured


def is_taken(refund: Refund) -> bool:
    """Tell whether a provider took it back without being asked."""
    return refund.origin is Origin.PROVIDER and refund.status in GONE


def taken_minor(refunds: list[Refund]) -> int:
    """Return what a provider ever took back without being asked, in minor units."""
    return sum(each.amount_minor for each in refunds if is_taken(each))


def taken_since_minor(refunds: list[Refund], *, before_minor: int) -> int:
    """Return what of it is gone, in minor units, but for the first that come to `before_minor`.

    They are a capture's refunds, oldest first.
    """
    passed_minor = since_minor = 0
    for each in filter(is_taken, refunds):
        passed_minor += each.amount_minor
        if passed_minor > before_minor:
            since_minor += each.away_minor
    return since_minor

"""Refunds as providers carry them out: asked once under our reference, followed to their end.

The call is stored and committed before it is made; what is unknown is looked up, never asked for
under another reference; after a month without a usable answer it is a human's task.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from core.domain.acts import EventName
from core.domain.captures import CaptureKey
from core.domain.configurations import ConfigurationId
from core.domain.errors import IllegalTransition
from core.domain.ledger import Journal
from core.domain.money import Money
from core.domain.outflows import Moved, Outflow, RefundRequest, Returned
from core.domain.payments import CHECK_DELAYS_S, PaymentId
from core.domain.providers import Declined, Pending, ProviderError, Unknown
from core.domain.refunds import ASK_FOR, CHECK, GONE, REPEAT, Refund, RefundId, RefundStatus
from core.domain.work import Due
from core.ports import Transaction
from core.use_cases.refund_counts import (
    fits_late,
    is_contested,
    kept_apart,
    refunded_payment,
    uncount,
)
from core.use_cases.refund_posting import (
    book_found,
    book_returned,
    charge_refund_fee,
    complete_held,
    complete_late,
    refund_key,
)
from core.use_cases.refunds import release_refund, tell_refund

NO_ANSWER: Final = "no_answer"
DISAGREES: Final = "disagrees"
"""Our own words beside the provider's for what a human must look at."""

DOUBTFUL_AFTER: Final = len(CHECK_DELAYS_S)
"""So many look-ups without a usable answer, and people are told."""


def begin_refund(tx: Transaction, *, refund_id: RefundId) -> RefundRequest | None:
    """Mark a refund as sent before the first byte leaves.

    None when it was sent before, has ended, or must not leave: the payer's bank claims the money,
    or the books were put back.
    """
    payment_id = refunded_payment(tx, refund=tx.refunds.get(refund_id))
    if payment_id is not None:
        tx.payments.lock(payment_id)
    refund = tx.refunds.get(refund_id)
    if not refund.is_unsent or tx.freeze.find() is not None:
        return None
    if is_contested(tx, refund=refund):
        _fail(tx, refund, ProviderError.PROVIDER_ERROR)
        return None
    sent = tx.refunds.replace(refund, replace(refund, sent_at=tx.now))
    return refund_request(tx, refund=sent)


def refund_request(tx: Transaction, *, refund: Refund) -> RefundRequest:
    """Return what a provider is asked for a refund.

    Raises:
        IllegalTransition: no provider moves it.
    """
    if refund.configuration_id is None:
        raise IllegalTransition(machine="refund", from_status=refund.status, to_status="processing")
    kept = kept_apart(tx, refund=refund)
    attempt = None if refund.attempt_id is None else tx.payments.attempt(refund.attempt_id)
    key = str(CaptureKey(refund.configuration_id, refund.capture))
    journal = tx.ledger.journal_by_key(refund.tenant_id, key)
    captured = refund.amount if journal is None else _first(tx, journal)
    return RefundRequest(
        reference=refund.reference,
        payment_reference=attempt.reference if attempt else kept.reference if kept else "",
        provider_ref=attempt.provider_ref if attempt else "",
        provider_id=refund.capture,
        captured=captured,
        amount=refund.amount,
        receipt=attempt.receipt if attempt else "",
        # Why staff give it back is theirs: the provider shows this to the payer.
        reason=_bill_number(tx, refunded_payment(tx, refund=refund)),
    )


def _bill_number(tx: Transaction, payment_id: PaymentId | None) -> str:
    bill_id = None if payment_id is None else tx.payments.get(payment_id).bill_id
    return "" if bill_id is None else tx.bills.get(bill_id).number


def record_refund(tx: Transaction, *, refund_id: RefundId, outcome: Outflow) -> Refund:
    """Record what a provider answered about a refund, whenever it answers."""
    refund = tx.refunds.get(refund_id)
    match outcome:
        case Moved():
            return _moved(tx, refund, outcome)
        case Returned():
            return _returned(tx, refund, outcome)
        case Pending():
            return _pending(tx, refund, outcome)
        case Declined():
            return _declined(tx, refund, outcome)
        case Unknown():
            return _unknown(tx, refund, outcome)


def may_ask_again(tx: Transaction, *, refund: Refund) -> bool:
    """Tell whether a refund may be asked for again, under the same reference."""
    if refund.status is not RefundStatus.PROCESSING or tx.freeze.find() is not None:
        return False
    return not is_contested(tx, refund=refund)


def begin_repeat(tx: Transaction, *, refund: Refund, spacing: timedelta) -> bool:
    """Tell whether a refund may be asked for once more, and mark that this may leave now.

    Nothing of it may have left within `spacing`, the first time or a repeat: a provider may not
    list it yet, though it was carried out. `sent_at` stays what the month of asking counts from.
    """
    if refund.sent_at is None or refund.provider_ref or not may_ask_again(tx, refund=refund):
        return False
    waits_until = tx.work.planned(REPEAT, subject=refund.id, period="1")
    if tx.now < max(refund.sent_at + spacing, waits_until or refund.sent_at):
        return False
    tx.work.plan(Due(due_at=tx.now + spacing, kind=REPEAT, subject=refund.id, period="1"))
    return True


def is_followed(refund: Refund) -> bool:
    """Tell whether a provider still owes the end of a refund."""
    return refund.status is RefundStatus.PROCESSING and refund.is_by_provider


def _moved(tx: Transaction, refund: Refund, moved: Moved) -> Refund:
    if refund.status in GONE:
        if refund.provider_ref:
            return refund
        return tx.refunds.replace(refund, replace(refund, provider_ref=moved.provider_id))
    if refund.configuration_id is None or refund.status not in _MAY_END:
        return refund
    key = refund_key(refund.configuration_id, moved.provider_id)
    is_booked = tx.ledger.journal_by_key(refund.tenant_id, key) is not None
    if refund.status is RefundStatus.FAILED:
        return refund if is_booked else _moved_late(tx, refund, moved, key)
    if is_booked or not _agrees(tx, refund, moved):
        return _look_later(tx, _need_human(tx, refund, DISAGREES))
    known = tx.refunds.replace(refund, replace(refund, provider_ref=moved.provider_id))
    done = complete_held(tx, refund=known, key=key)
    charge_refund_fee(tx, refund=done, fee=moved.fee)
    return done


def _moved_late(tx: Transaction, refund: Refund, moved: Moved, key: str) -> Refund:
    """Book what was made after we had let it go; where others took its place, as found."""
    if not _agrees(tx, refund, moved):
        return refund
    if fits_late(tx, refund=refund):
        known = tx.refunds.replace(refund, replace(refund, provider_ref=moved.provider_id))
        done = complete_late(tx, refund=known, key=key)
        charge_refund_fee(tx, refund=done, fee=moved.fee)
        return done
    if refund.attempt_id is None:
        return refund
    book_found(
        tx,
        payment=tx.payments.get(refund.paid_id),
        attempt_id=refund.attempt_id,
        configuration_id=refund.configuration_id or ConfigurationId(0),
        capture=refund.capture,
        amount=refund.amount,
        key=key,
    )
    return refund


_MAY_END: Final = frozenset({RefundStatus.PROCESSING, RefundStatus.FAILED})


def _agrees(tx: Transaction, refund: Refund, moved: Moved | Returned) -> bool:
    if refund.configuration_id is None:
        return False
    configuration = tx.configurations.get(refund.configuration_id)
    return (
        moved.reference == refund.reference
        and moved.amount == refund.amount
        and moved.is_test == configuration.is_test
    )


def _returned(tx: Transaction, refund: Refund, returned: Returned) -> Refund:
    if refund.status is RefundStatus.PROCESSING:
        return _fail(tx, refund, ProviderError.DECLINED_CARD)
    if refund.status is not RefundStatus.COMPLETED or not _agrees(tx, refund, returned):
        return refund
    return book_returned(tx, refund=refund)


def _pending(tx: Transaction, refund: Refund, outcome: Pending) -> Refund:
    if refund.status is not RefundStatus.PROCESSING:
        return refund
    known = replace(refund, error=None, provider_ref=outcome.provider_ref or refund.provider_ref)
    if known != refund:
        refund = tx.refunds.replace(refund, known)
    if outcome.needs and not refund.needs:
        refund = _need_human(tx, refund, outcome.needs)
    return _look_later(tx, refund)


def _declined(tx: Transaction, refund: Refund, outcome: Declined) -> Refund:
    if refund.status is not RefundStatus.PROCESSING:
        return refund
    if outcome.is_final:
        return _fail(tx, refund, outcome.error)
    return _look_later(tx, refund)


def _unknown(tx: Transaction, refund: Refund, outcome: Unknown) -> Refund:
    if refund.status is not RefundStatus.PROCESSING:
        return refund
    if refund.error is not outcome.error:
        refund = tx.refunds.replace(refund, replace(refund, error=outcome.error))
    if refund.checks >= DOUBTFUL_AFTER and not refund.needs:
        refund = _need_human(tx, refund, NO_ANSWER)
    return _look_later(tx, refund)


def _fail(tx: Transaction, refund: Refund, error: ProviderError) -> Refund:
    release_refund(tx, refund=refund)
    failed = tx.refunds.replace(
        refund, replace(refund.move(RefundStatus.FAILED, at=tx.now), error=error)
    )
    uncount(tx, refund=refund)
    tx.work.unplan(CHECK, REPEAT, subject=refund.id)
    tell_refund(tx, name=EventName.REFUND_FAILED, refund=failed)
    return failed


def _need_human(tx: Transaction, refund: Refund, needs: str) -> Refund:
    if refund.needs == needs:
        return refund
    stuck = tx.refunds.replace(refund, replace(refund, needs=needs))
    tell_refund(tx, name=EventName.REFUND_STUCK, refund=stuck)
    return stuck


def _look_later(tx: Transaction, refund: Refund) -> Refund:
    """Plan the next look-up; after a month it is a human's task alone."""
    if tx.now >= (refund.sent_at or refund.requested_at) + ASK_FOR:
        return _need_human(tx, refund, refund.needs or NO_ANSWER)
    at = refund.next_check(at=tx.now)
    counted = tx.refunds.replace(refund, replace(refund, checks=refund.checks + 1))
    tx.work.plan(Due(due_at=at, kind=CHECK, subject=refund.id, period="1"))
    return counted


def _first(tx: Transaction, journal: Journal) -> Money:
    return tx.ledger.transfers(journal.id)[0].leg.amount

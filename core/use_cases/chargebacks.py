"""What happens to captured money without our asking: claims of payers' banks, refunds by providers.

A claim stops refunds until it is won or lost. What a bank took for good is booked like what a
provider gave back: beyond our refunds, found by its total, or told by the claim's end.
"""

from dataclasses import replace

from core.domain.acts import EventName
from core.domain.captures import CaptureKey
from core.domain.chargebacks import (
    CHECK,
    CHECK_EVERY,
    Chargeback,
    ChargebackId,
    ChargebackStatus,
)
from core.domain.claims import Claim
from core.domain.ledger import JournalKind, Subject
from core.domain.money import Money
from core.domain.payments import Attempt, Payment
from core.domain.providers import Settled
from core.domain.refunds import GONE, Origin, Refund, RefundId, RefundStatus
from core.domain.work import Due
from core.ports import Transaction
from core.use_cases.payments import tell
from core.use_cases.refund_posting import book_found, complete_late, fits_late, refund_key
from core.use_cases.refunds import ask_refund, give_up


def follow_capture(tx: Transaction, *, attempt: Attempt, settled: Settled) -> None:
    """Compare what a provider says of captured money with our refunds of it.

    A claim of the payer's bank stops refunds; what went back beyond ours is booked.
    """
    captures = (settled, *settled.more)
    is_quiet = not any(each.is_disputed or _gone_minor(each) for each in captures)
    if is_quiet and tx.refunds.find_refundable(attempt.payment_id) is None:
        return
    payment = tx.payments.lock(attempt.payment_id)
    if payment.captured_minor == 0:
        return
    for capture in captures:
        if capture.is_disputed:
            open_claim(tx, attempt=attempt, capture=capture)
        _follow_total(tx, payment, attempt, capture)
    _follow_claim(tx, payment, attempt, captures)


def follow_event(tx: Transaction, *, attempt: Attempt, settled: Settled, claim: Claim) -> None:
    """Believe a proven event about a claim where the look-up after it does not say.

    A loss is booked even where nobody told of the claim, or staff had ended it as won; told once
    more after it was booked, it is the same loss.
    """
    if settled.is_disputed is not None:
        return
    known = tx.chargebacks.open_of(attempt.payment_id)
    if known is None and _is_news(tx, attempt, settled, claim):
        open_claim(tx, attempt=attempt, capture=settled)
        known = tx.chargebacks.open_of(attempt.payment_id)
    if claim is not Claim.OPEN and known is not None and known.attempt_id == attempt.id:
        end_claim(tx, chargeback=known, has_won=claim is Claim.WON)


def _is_news(tx: Transaction, attempt: Attempt, capture: Settled, claim: Claim) -> bool:
    """Tell whether an event tells of a claim, or of a loss, that is not in the books yet.

    Events come twice and out of order: what opens a claim may come after all of it was lost.
    """
    mine = (attempt.id, capture.provider_id)
    lost = tx.chargebacks.lost_of(attempt.payment_id)
    if claim is Claim.WON or not any((each.attempt_id, each.capture) == mine for each in lost):
        return claim is not Claim.WON
    payment = tx.payments.get(attempt.payment_id)
    return claim is Claim.OPEN and _left_minor(tx, payment, attempt, capture) > 0


def open_claim(tx: Transaction, *, attempt: Attempt, capture: Settled) -> None:
    """Stop refunds of money that the payer's bank claims; those not sent yet are given up."""
    payment = tx.payments.lock(attempt.payment_id)
    if payment.captured_minor == 0 or tx.chargebacks.open_of(payment.id) is not None:
        return
    before = tx.refunds.refundable(payment)
    known = tx.chargebacks.add(
        Chargeback(
            id=ChargebackId(tx.new_id()),
            tenant_id=payment.tenant_id,
            payment_id=payment.id,
            attempt_id=attempt.id,
            configuration_id=attempt.configuration_id,
            capture=capture.provider_id,
            currency=payment.currency,
            amount_minor=_left_minor(tx, payment, attempt, capture),
            opened_at=tx.now,
            is_followed=capture.is_disputed is not None,
        )
    )
    due_at = tx.now + CHECK_EVERY
    tx.work.plan(Due(due_at=due_at, kind=CHECK, subject=known.id, period="1"))
    if before.contested_at is None:
        tx.refunds.replace_refundable(before, before.grown(payment).contest(at=tx.now))
    for refund in tx.refunds.of(payment.id):
        if refund.status in {RefundStatus.PENDING, RefundStatus.APPROVED}:
            give_up(tx, refund=refund)
    tell(tx, name=EventName.CHARGEBACK_OPENED, payment=payment, other_id=known.id)


def end_claim(tx: Transaction, *, chargeback: Chargeback, has_won: bool) -> Chargeback:
    """End a claim: money that was won may be refunded again, what was lost is booked as gone.

    Raises:
        IllegalTransition: it has ended.
        MoneyStopped: the books are being checked.
    """
    status = ChargebackStatus.WON if has_won else ChargebackStatus.LOST
    ended = chargeback.move(status, at=tx.now)
    payment = tx.payments.lock(chargeback.payment_id)
    lost = None if has_won else _lose(tx, payment, chargeback)
    done = tx.chargebacks.replace(chargeback, replace(ended, refund_id=lost))
    before = tx.refunds.refundable(payment)
    tx.refunds.replace_refundable(before, before.grown(payment).contest(at=None))
    tx.work.unplan(CHECK, subject=chargeback.id)
    tell(tx, name=EventName.CHARGEBACK_CLOSED, payment=payment, other_id=done.id)
    return done


def _lose(tx: Transaction, payment: Payment, chargeback: Chargeback) -> RefundId | None:
    """Book what the bank took, as far as it was not found before; return the refund it is."""
    found = _found_since(tx, chargeback)
    if found:
        return found[-1].id
    before = tx.refunds.refundable(payment).grown(payment)
    minor = min(chargeback.amount_minor, before.captured_minor - before.reversed_minor)
    if minor <= 0:
        return None
    refund = book_found(
        tx,
        payment=payment,
        attempt_id=chargeback.attempt_id,
        configuration_id=chargeback.configuration_id,
        capture=chargeback.capture,
        amount=Money(minor, chargeback.currency),
        key=refund_key(chargeback.configuration_id, f"claim:{chargeback.id}"),
    )
    return refund.id


def _follow_claim(
    tx: Transaction, payment: Payment, attempt: Attempt, captures: tuple[Settled, ...]
) -> None:
    """End a claim whose provider says that it is over: lost where money went, else won."""
    claim = tx.chargebacks.open_of(payment.id)
    if claim is None:
        _release_unnamed(tx, payment, captures)
        return
    if claim.attempt_id != attempt.id:
        return
    said = next((each for each in captures if each.provider_id == claim.capture), None)
    if said is None:
        return
    is_followed = said.is_disputed is not None
    if claim.is_followed != is_followed:
        # Where the provider says no more how it stands, staff may end it.
        claim = tx.chargebacks.replace(claim, replace(claim, is_followed=is_followed))
    if said.is_disputed is False:
        end_claim(tx, chargeback=claim, has_won=not _found_since(tx, claim))


def _release_unnamed(tx: Transaction, payment: Payment, captures: tuple[Settled, ...]) -> None:
    """Let go of money that was claimed before claims were records, once nobody claims it."""
    before = tx.refunds.refundable(payment)
    if before.contested_at is None or any(each.is_disputed is not False for each in captures):
        return
    tx.refunds.replace_refundable(before, before.grown(payment).contest(at=None))


def _found_since(tx: Transaction, claim: Chargeback) -> list[Refund]:
    """Return what the provider gave back of the claimed capture since the claim."""
    return [
        each
        for each in tx.refunds.of(claim.payment_id)
        if each.origin is Origin.PROVIDER
        and each.capture == claim.capture
        and each.requested_at >= claim.opened_at
    ]


def _left_minor(tx: Transaction, payment: Payment, attempt: Attempt, capture: Settled) -> int:
    """Return how much of a capture is still here for a bank to claim, in minor units."""
    gone = [each for each in _mine(tx, payment, attempt, capture) if each.status in GONE]
    left = min(capture.captured.minor, payment.captured_minor)
    return max(0, left - sum(each.amount_minor for each in gone))


def _gone_minor(capture: Settled) -> int:
    """Return what a provider says went back of a capture, by itself or by a bank."""
    told = [each for each in (capture.refunded, capture.lost) if each is not None]
    ours = [each.minor for each in told if each.currency == capture.captured.currency]
    return sum(min(each, capture.captured.minor) for each in ours)


def _mine(tx: Transaction, payment: Payment, attempt: Attempt, capture: Settled) -> list[Refund]:
    return [
        each
        for each in tx.refunds.of(payment.id)
        if each.capture == capture.provider_id and each.configuration_id == attempt.configuration_id
    ]


def _follow_total(tx: Transaction, payment: Payment, attempt: Attempt, capture: Settled) -> None:
    """Book what a provider gave back of a capture beyond what we know, and ask about the rest."""
    if not _is_credited(tx, payment, attempt, capture):
        return
    mine = _mine(tx, payment, attempt, capture)
    for refund in mine:
        if refund.status is RefundStatus.PROCESSING and refund.sent_at is not None:
            ask_refund(tx, refund=refund)
    total_minor = _gone_minor(capture)
    if not total_minor or capture.captured.currency != payment.currency:
        return
    known = tx.refunds.refundable(payment).grown(payment)
    beyond = min(
        total_minor - _explained_minor(tx, attempt, mine, total_minor),
        known.captured_minor - known.reversed_minor,
    )
    if beyond > 0:
        key = refund_key(attempt.configuration_id, f"total:{capture.provider_id}:{total_minor}")
        book_found(
            tx,
            payment=payment,
            attempt_id=attempt.id,
            configuration_id=attempt.configuration_id,
            capture=capture.provider_id,
            amount=Money(beyond, payment.currency),
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

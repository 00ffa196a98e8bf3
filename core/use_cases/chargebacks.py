"""What happens to captured money without our asking: claims of payers' banks, refunds by providers.

A claim stops refunds until it is won or lost. What a bank took for good is booked like what a
provider gave back: beyond our refunds, found by its total, or told by the claim's end.
"""

from dataclasses import replace

from core.domain.acts import EventName
from core.domain.chargebacks import (
    CHECK,
    CHECK_EVERY,
    Chargeback,
    ChargebackStatus,
)
from core.domain.claims import Claim
from core.domain.money import Money
from core.domain.payments import Attempt, Payment
from core.domain.providers import Settled
from core.domain.refunds import Refund, RefundId, RefundStatus
from core.domain.work import Due
from core.ports import Transaction
from core.use_cases.apart_claims import (
    add_apart_claim,
    gone_apart,
    is_out_of_reach,
    kept_of,
    left_apart,
    lose_apart,
    new_claim,
)
from core.use_cases.capture_totals import (
    follow_total,
    gone_minor,
    is_credited,
    is_of,
    is_taken,
    left_minor,
    of_capture,
    taken_minor,
    taken_since_minor,
)
from core.use_cases.claim_news import is_news, lost_claims
from core.use_cases.payments import tell
from core.use_cases.refund_posting import book_found, book_returned, refund_key
from core.use_cases.refunds import give_up


def follow_capture(tx: Transaction, *, attempt: Attempt, settled: Settled) -> None:
    """Compare what a provider says of captured money with our refunds of it.

    A claim of the payer's bank stops refunds; what went back beyond ours is booked.
    """
    captures = (settled, *settled.more)
    is_quiet = not any(each.is_disputed or each.lost or gone_minor(each) for each in captures)
    has_refunds = not is_quiet or tx.refunds.find_refundable(attempt.payment_id) is not None
    if not has_refunds and not tx.chargebacks.open_of(attempt.payment_id):
        return
    payment = tx.payments.lock(attempt.payment_id)
    for capture in captures:
        is_told = _is_odd(tx, attempt, capture) or _is_lost_apart(tx, attempt, capture)
        if capture.is_disputed or is_told:
            open_claim(tx, attempt=attempt, capture=capture, claimed=capture.claimed)
        follow_total(tx, payment=payment, attempt=attempt, capture=capture)
    _follow_claims(tx, payment, attempt, captures)


def follow_event(
    tx: Transaction,
    *,
    attempt: Attempt,
    settled: Settled,
    claim: Claim,
    claimed: Money | None = None,
) -> bool:
    """Believe a proven event about a claim where the look-up after it does not say.

    A loss is booked even where nobody told of the claim, or staff had ended it as won; told once
    more after it was booked, it is the same loss. `claimed` is the event's amount, None for all.
    False where no claim to such money can be kept: a human must look for it.
    """
    if settled.is_disputed is not None:
        return not is_out_of_reach(tx, attempt=attempt, capture=settled)
    tx.payments.lock(attempt.payment_id)
    known = _open_on(tx, attempt, settled)
    if known is None and claim is Claim.WON:
        return _win_back(tx, attempt, settled)
    if known is None:
        if not is_news(tx, attempt=attempt, capture=settled, claim=claim, claimed=claimed):
            return True
        known = open_claim(tx, attempt=attempt, capture=settled, claimed=claimed)
    if known is None:
        # In another currency it waits at the desk; that it was lost nobody books but a human.
        is_at_desk = kept_of(tx, attempt=attempt, capture=settled) is not None
        return is_at_desk and claim is Claim.OPEN
    if claimed is not None and claim is not Claim.WON and not _may_be(tx, known, claimed):
        _doubt(tx, known, claimed)
    elif claim is not Claim.OPEN:
        end_claim(tx, chargeback=known, has_won=claim is Claim.WON, lost=claimed)
    return True


def _win_back(tx: Transaction, attempt: Attempt, capture: Settled) -> bool:
    """Book that a bank gave back what it took: its claim was lost, and is told to be won now.

    False where a human must say what is meant: several were lost, or it had been kept apart.
    """
    lost = lost_claims(tx, attempt=attempt, capture=capture)
    if any(each.is_apart for each in lost):
        return False
    refund_ids = [each.refund_id for each in lost]
    taken = [tx.refunds.get(each) for each in refund_ids if each is not None]
    match [each for each in taken if each.status is RefundStatus.COMPLETED]:
        case []:
            return True
        case [refund]:
            book_returned(tx, refund=refund)
            return True
        case _:
            return False


def open_claim(
    tx: Transaction, *, attempt: Attempt, capture: Settled, claimed: Money | None = None
) -> Chargeback | None:
    """Stop refunds of money that the payer's bank claims; those not sent yet are given up.

    Returns the claim to this capture, None where its money is not this payment's.
    """
    payment = tx.payments.lock(attempt.payment_id)
    known = _open_on(tx, attempt, capture)
    if known is not None:
        return known
    kept = kept_of(tx, attempt=attempt, capture=capture)
    if kept is not None:
        known = add_apart_claim(tx, attempt=attempt, capture=capture, kept=kept, claimed=claimed)
    elif is_credited(tx, payment=payment, attempt=attempt, capture=capture):
        known = _add_claim(tx, payment, attempt, capture, claimed)
    if known is not None:
        due_at = tx.now + CHECK_EVERY
        tx.work.plan(Due(due_at=due_at, kind=CHECK, subject=known.id, period="1"))
        tell(tx, name=EventName.CHARGEBACK_OPENED, payment=payment, other_id=known.id)
    return known


def _add_claim(
    tx: Transaction,
    payment: Payment,
    attempt: Attempt,
    capture: Settled,
    claimed: Money | None,
) -> Chargeback:
    before = tx.refunds.refundable(payment)
    left = Money(
        left_minor(tx, payment=payment, attempt=attempt, capture=capture), payment.currency
    )
    mine = of_capture(tx, payment_id=payment.id, key=attempt.key_of(capture.provider_id))
    known = tx.chargebacks.add(
        new_claim(
            tx,
            attempt=attempt,
            capture=capture,
            left=left,
            claimed=claimed,
            taken_before_minor=taken_minor(mine),
        )
    )
    if before.contested_at is None:
        tx.refunds.replace_refundable(before, before.grown(payment).contest(at=tx.now))
    for refund in tx.refunds.of(payment.id):
        if refund.status in {RefundStatus.PENDING, RefundStatus.APPROVED}:
            give_up(tx, refund=refund)
    return known


def end_claim(
    tx: Transaction, *, chargeback: Chargeback, has_won: bool, lost: Money | None = None
) -> Chargeback:
    """End a claim: what was lost of it is booked as gone, the rest may be refunded again.

    `lost` is what the provider says the bank took, None for all that was claimed. Nothing may be
    refunded while another capture of the payment is claimed.

    Raises:
        IllegalTransition: it has ended.
        MoneyStopped: the books are being checked.
    """
    status = ChargebackStatus.WON if has_won else ChargebackStatus.LOST
    ended = chargeback.move(status, at=tx.now)
    payment = tx.payments.lock(chargeback.payment_id)
    if chargeback.unmatched_id is not None:
        kept = tx.unmatched.get(chargeback.unmatched_id)
        if not has_won:
            ended = lose_apart(tx, claim=ended, kept=kept, lost=lost or chargeback.amount)
        done = tx.chargebacks.replace(chargeback, ended)
    else:
        booked = None if has_won else _lose(tx, payment, chargeback, lost)
        done = tx.chargebacks.replace(chargeback, replace(ended, refund_id=booked))
        _let_go(tx, payment)
    tx.work.unplan(CHECK, subject=chargeback.id)
    tell(tx, name=EventName.CHARGEBACK_CLOSED, payment=payment, other_id=done.id)
    return done


def _let_go(tx: Transaction, payment: Payment) -> None:
    """Let a payment's money be refunded again, unless another capture of it is claimed."""
    before = tx.refunds.refundable(payment)
    is_claimed = any(not each.is_apart for each in tx.chargebacks.open_of(payment.id))
    since = before.contested_at if is_claimed else None
    tx.refunds.replace_refundable(before, before.grown(payment).contest(at=since))


def _lose(
    tx: Transaction, payment: Payment, chargeback: Chargeback, lost: Money | None
) -> RefundId | None:
    """Book what the bank took, as far as it was not found before; return the refund it is.

    What was found since the claim counts towards it.
    """
    found = _found(tx, chargeback)
    since_minor = taken_since_minor(found, before_minor=chargeback.taken_before_minor)
    before = tx.refunds.refundable(payment).grown(payment)
    wanted = (lost or chargeback.amount).minor - since_minor
    minor = min(wanted, before.captured_minor - before.reversed_minor)
    if minor <= 0:
        return found[-1].id if since_minor else None
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


def _may_be(tx: Transaction, claim: Chargeback, lost: Money) -> bool:
    """Tell whether a bank can have taken as much of a capture: in its currency, and still here."""
    if lost.currency != claim.currency:
        return False
    if claim.unmatched_id is not None:
        return lost <= left_apart(tx, kept=tx.unmatched.get(claim.unmatched_id))
    posted = tx.ledger.journal_by_key(claim.tenant_id, str(claim.key))
    captured = 0 if posted is None else tx.ledger.transfers(posted.id)[0].leg.amount.minor
    mine = of_capture(tx, payment_id=claim.payment_id, key=claim.key)
    gone = sum(each.away_minor for each in mine)
    since = taken_since_minor(mine, before_minor=claim.taken_before_minor)
    return lost.minor <= captured - gone + since


def _doubt(tx: Transaction, claim: Chargeback, said: Money) -> None:
    """Leave a claim to staff whose provider says that more was lost than can be."""
    if claim.said == said:
        return
    known = replace(claim, said_minor=said.minor, said_currency=said.currency, is_followed=False)
    tx.chargebacks.replace(claim, known)
    payment = tx.payments.get(claim.payment_id)
    tell(tx, name=EventName.CHARGEBACK_DOUBTFUL, payment=payment, other_id=claim.id)


def _follow_claims(
    tx: Transaction, payment: Payment, attempt: Attempt, captures: tuple[Settled, ...]
) -> None:
    """End claims whose provider says that they are over: lost where money went, else won."""
    claims = tx.chargebacks.open_of(payment.id)
    if not any(not each.is_apart for each in claims):
        _release_unnamed(tx, payment, captures)
    said = {each.provider_id: each for each in captures}
    for claim in claims:
        if claim.configuration_id == attempt.configuration_id and claim.capture in said:
            _follow_claim(tx, claim, said[claim.capture])


def _follow_claim(tx: Transaction, claim: Chargeback, said: Settled) -> None:
    for part in (said.lost, said.claimed):
        if part is not None and not is_of(said, part):
            _doubt(tx, claim, part)
            return
    is_followed = said.is_disputed is not None and claim.said is None
    if claim.is_followed != is_followed:
        # Where the provider says no more how it stands, staff may end it.
        claim = tx.chargebacks.replace(claim, replace(claim, is_followed=is_followed))
    if said.is_disputed is False and claim.unmatched_id is not None and claim.said is None:
        kept = tx.unmatched.get(claim.unmatched_id)
        taken = gone_minor(said) - gone_apart(tx, kept=kept).minor
        lost = Money(max(0, taken), claim.currency)
        end_claim(tx, chargeback=claim, has_won=not lost.is_positive, lost=lost)
    elif said.is_disputed is False and claim.said is None:
        before_minor = claim.taken_before_minor
        taken = taken_since_minor(_found(tx, claim), before_minor=before_minor)
        lost = Money(taken, claim.currency)
        has_won = not lost.is_positive or _is_none_lost(tx, claim, said)
        end_claim(tx, chargeback=claim, has_won=has_won, lost=lost)


def _is_none_lost(tx: Transaction, claim: Chargeback, said: Settled) -> bool:
    """Tell whether its provider says that banks took no more than by the claims before.

    What it gave back beside a claim is no loss, where it tells the two apart.
    """
    if said.lost is None:
        return False
    before = [
        each.refund_id for each in tx.chargebacks.of(claim.payment_id) if each.key == claim.key
    ]
    booked = [tx.refunds.get(each).away_minor for each in before if each is not None]
    return said.lost.minor <= sum(booked)


def _is_lost_apart(tx: Transaction, attempt: Attempt, capture: Settled) -> bool:
    """Tell whether a bank took more of what was kept apart than is in the books."""
    if capture.lost is None or not is_of(capture, capture.lost):
        return False
    kept = kept_of(tx, attempt=attempt, capture=capture)
    return kept is not None and gone_apart(tx, kept=kept).minor < gone_minor(capture)


def _is_odd(tx: Transaction, attempt: Attempt, capture: Settled) -> bool:
    """Tell whether what was lost of a capture cannot be, and staff have not seen that yet."""
    if capture.lost is None or is_of(capture, capture.lost):
        return False
    claims = tx.chargebacks.of(attempt.payment_id)
    return not any((c.capture, c.said) == (capture.provider_id, capture.lost) for c in claims)


def _release_unnamed(tx: Transaction, payment: Payment, captures: tuple[Settled, ...]) -> None:
    """Let go of money that was claimed before claims were records, once nobody claims it."""
    before = tx.refunds.find_refundable(payment.id)
    if before is None or before.contested_at is None:
        return
    if any(each.is_disputed is not False for each in captures):
        return
    tx.refunds.replace_refundable(before, before.grown(payment).contest(at=None))


def _found(tx: Transaction, claim: Chargeback) -> list[Refund]:
    """Return what the provider took back of the claimed capture without being asked."""
    mine = of_capture(tx, payment_id=claim.payment_id, key=claim.key)
    return [each for each in mine if is_taken(each)]


def _open_on(tx: Transaction, attempt: Attempt, capture: Settled) -> Chargeback | None:
    mine, claims = attempt.key_of(capture.provider_id), tx.chargebacks.open_of(attempt.payment_id)
    return next((each for each in claims if each.key == mine), None)

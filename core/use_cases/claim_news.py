"""Whether what a provider tells of a bank's claim is in the books already.

Events come late, twice and out of order, and a provider's own total may have told of a loss first.
"""

from core.domain.chargebacks import Chargeback, ChargebackStatus
from core.domain.claims import Claim
from core.domain.money import Money
from core.domain.payments import Attempt
from core.domain.providers import Settled
from core.ports import Transaction
from core.use_cases.apart_claims import kept_of, left_apart
from core.use_cases.capture_totals import gone_minor, is_taken, left_minor, of_capture


def is_news(
    tx: Transaction, *, attempt: Attempt, capture: Settled, claim: Claim, claimed: Money | None
) -> bool:
    """Tell whether an event tells of a claim, or of a loss, that is not in the books yet.

    Events come twice and out of order: what opens a claim may come after all of it was lost, and
    a loss told again has the amount of the first one.
    """
    lost = lost_claims(tx, attempt=attempt, capture=capture)
    is_found = claimed is not None and _is_found(tx, attempt, capture, claimed)
    if is_found and (claim is Claim.LOST or not _is_left(tx, attempt, capture)):
        return False
    if not lost:
        return True
    if claim is Claim.LOST and (claimed is None or claimed in _amounts(tx, lost)):
        return False
    return _is_left(tx, attempt, capture)


def _is_left(tx: Transaction, attempt: Attempt, capture: Settled) -> bool:
    kept = kept_of(tx, attempt=attempt, capture=capture)
    if kept is not None:
        return left_apart(tx, kept=kept).is_positive
    payment = tx.payments.get(attempt.payment_id)
    return left_minor(tx, payment=payment, attempt=attempt, capture=capture) > 0


def _is_found(tx: Transaction, attempt: Attempt, capture: Settled, claimed: Money) -> bool:
    """Tell whether its provider's own total told of a loss before, and it was booked by that."""
    mine = attempt.key_of(capture.provider_id)
    found = of_capture(tx, payment_id=attempt.payment_id, key=mine)
    told = {each.refund_id for each in lost_claims(tx, attempt=attempt, capture=capture)}
    spare = sum(each.away_minor for each in found if is_taken(each) and each.id not in told)
    away = sum(each.away_minor for each in found)
    is_told = capture.refunded is not None and gone_minor(capture) <= away
    return is_told and claimed.currency == capture.captured.currency and claimed.minor <= spare


def lost_claims(tx: Transaction, *, attempt: Attempt, capture: Settled) -> list[Chargeback]:
    """Return the claims to a capture that were lost, oldest first."""
    mine = (attempt.id, capture.provider_id)
    claims = tx.chargebacks.of(attempt.payment_id)
    lost = (each for each in claims if each.status is ChargebackStatus.LOST)
    return [each for each in lost if (each.attempt_id, each.capture) == mine]


def _amounts(tx: Transaction, lost: list[Chargeback]) -> set[Money]:
    """Return what lost claims were about, and what was booked of them."""
    booked = {tx.refunds.get(each.refund_id).amount for each in lost if each.refund_id is not None}
    return booked | {each.amount for each in lost}

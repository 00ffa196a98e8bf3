"""What must be true of banks' claims at rest: each loss and each win is in the books once."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final, NamedTuple

from bot.sandbox.provider_claim_records import DisputeStatus
from bot.sandbox.provider_records import Capture, Checkout
from bot.sandbox.provider_refund_records import RefundStatus
from tests.simulation.banks import MOST
from tests.simulation.rows import rows
from tests.simulation.stage import Stage
from tests.takings import capture_name

SIGNED_FOR: Final = timedelta(seconds=240)
_OPEN: Final = "SELECT capture FROM chargeback WHERE status IN ('open', 'evidence_sent')"
_DOUBTFUL: Final = "SELECT capture, said_minor FROM chargeback WHERE said_minor > 0"
_GONE_BY: Final = (
    "SELECT {subject}.capture, t.amount_minor, j.kind FROM {subject} JOIN journal j"
    " ON j.subject_kind = '{subject}' AND j.subject_id = {subject}.id"
    " JOIN transfer t ON t.journal_id = j.id"
    " JOIN account a ON a.kind = 'provider' AND a.id IN (t.from_account, t.to_account)"
)
_HELD: Final = (
    "SELECT r.payment_id FROM refundable r WHERE r.contested_at IS NOT NULL AND NOT EXISTS"
    " (SELECT 1 FROM chargeback c WHERE c.payment_id = r.payment_id AND c.unmatched_id IS NULL"
    " AND c.status IN ('open', 'evidence_sent'))"
)


_UNPLACED: Final = "SELECT last_error FROM work WHERE status = 'parked' AND kind = 'call'"
_AT_DESK: Final = "SELECT provider_id FROM difference WHERE kind = 'claimed'"
_KEPT: Final = "SELECT capture FROM unmatched"


class _Claimed(NamedTuple):
    """A capture that a bank claimed: its told id, what is gone of it there, whether it is open."""

    name: str
    gone_minor: int
    is_open: bool


def problems_of_claims(stage: Stage) -> Iterator[str]:
    """Compare what banks did with what the books say of it, by capture."""
    if abs(stage.hours.moved) <= SIGNED_FOR:
        # To a clock that is further astray the proof of each event is too old.
        yield from _untold(stage)
    for (payment_id,) in stage.look(lambda tx: rows(tx, _HELD)):
        yield f"payment {payment_id} is not refundable, and nobody claims it"
    for capture, said_minor in stage.look(lambda tx: rows(tx, _DOUBTFUL)):
        yield f"{capture}: {said_minor} is said to be lost, which cannot be"


def _untold(stage: Stage) -> Iterator[str]:
    open_here = {str(capture) for (capture,) in stage.look(lambda tx: rows(tx, _OPEN))}
    gone, unplaced = _gone_here(stage), unplaced_in(stage)
    for each in (one for one in _claimed(stage) if one.name not in unplaced):
        if gone[each.name] != each.gone_minor:
            yield f"{each.gone_minor} of {each.name} is gone, {gone[each.name]} in the books"
        if each.is_open != (each.name in open_here):
            where = "at the provider" if each.is_open else "in the books"
            yield f"{each.name} is claimed {where} only"


def unplaced_in(stage: Stage) -> set[str]:
    """Return the captures of which a human was told that no claim of ours can hold what banks did.

    They were kept apart: in another currency than asked for, or given back after they were lost.
    """
    parked = stage.look(lambda tx: rows(tx, _UNPLACED))
    at_desk = {str(capture) for (capture,) in stage.look(lambda tx: rows(tx, _AT_DESK))}
    named = {
        str(reason).partition(" of a chargeback of ")[2].partition(" ")[0] for (reason,) in parked
    }
    kept = {str(capture) for (capture,) in stage.look(lambda tx: rows(tx, _KEPT))}
    return (named | at_desk) & kept


def _claimed(stage: Stage) -> Iterator[_Claimed]:
    for checkout in stage.provider.checkouts():
        for capture in checkout.captures if checkout.terms.tongue in MOST else ():
            name = capture_name(checkout, capture)
            mine = [each for each in checkout.disputes if each.capture_id == capture.id]
            if name and mine:
                is_open = any(each.status is DisputeStatus.OPEN for each in mine)
                yield _Claimed(name, _gone_there(checkout, capture), is_open)


def _gone_there(checkout: Checkout, capture: Capture) -> int:
    refunds = [each for each in checkout.refunds if each.capture_id == capture.id]
    done = sum(each.amount_minor for each in refunds if each.status is RefundStatus.DONE)
    return done + checkout.lost_minor(capture)


def _gone_here(stage: Stage) -> Counter[str]:
    """Return what is gone of each capture by the books."""
    total: Counter[str] = Counter()
    for subject in ("refund", "chargeback"):
        query = _GONE_BY.format(subject=subject)
        moves: list[Any] = stage.look(lambda tx, query=query: rows(tx, query))  # type: ignore[misc]
        for capture, minor, kind in moves:
            total[capture] += -minor if kind == "refund_return" else minor
    return total

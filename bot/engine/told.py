"""What a provider told by a proven event, until the look-up that it leads to brings an answer.

Most attempts are looked up again by themselves. One that has settled is not, and no look-up but its
own knows what an event said of a claim: such a look-up is made again, more and more seldom, for a
day. After that a human must ask, and `doctor` says so.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import orjson

from core.domain.claims import Claim
from core.domain.money import Currency, Money
from core.domain.payments import ASK_AFTER_EXPIRY, Attempt
from core.domain.providers import About, Outcome, Settled, Unknown
from core.domain.work import Kind, Priority, Work, WorkStatus
from core.use_cases.chargebacks import follow_event
from core.use_cases.links import is_watched
from storage.transaction import SqlTransaction

CLAIMS: Final = {f"claim_{each}": each for each in Claim}
"""Look-ups that a claim's event leads to, by what they ask: how it said that the claim stands."""

GIVEN_BACK: Final = "given_back"
"""The look-up that a refund's event leads to: what went back must be had."""

PAUSES_S: Final = (60, 300, 1_800, 3_600, 7_200, 14_400, 28_800, 28_800)
"""How long after each look-up without an answer the next one is made: a day in all."""

_TRIES: Final = "tries"
_CLAIMED: Final = "claimed"
_NAMED: Final = "named"


def queue_told(
    tx: SqlTransaction,
    *,
    attempt: Attempt,
    ask: str,
    named: str = "",
    claimed: Any = None,
    tries: int = 0,
) -> None:
    """Queue the look-up that a proven event leads to, after as many without an answer.

    `named` is the reference, or the provider's id of a capture, by which the event names the
    attempt; `claimed` is what a claim's event is about, as `store_hook` keeps it.
    """
    kept = {"attempt": attempt.id, "ask": ask, _NAMED: named, _CLAIMED: claimed, _TRIES: tries}
    payload = orjson.dumps(kept)
    pause = timedelta(seconds=PAUSES_S[tries - 1] if tries else 0)
    lane = f"p:{attempt.payment_id}"
    due_at = tx.now + pause
    tx.work.add(Kind.CALL, lane=lane, payload=payload, due_at=due_at, priority=Priority.MONEY)


def ask_of(kept: Mapping[str, Any]) -> str:
    """Return what an event's look-up asks, by what `store_hook` kept of it."""
    about = kept.get("about") if kept.get("is_proven", True) else None
    if about == About.DISPUTE:
        return f"claim_{kept.get('claim', Claim.OPEN)}"
    return GIVEN_BACK if about == About.REFUND else "advance"


def believe(
    tx: SqlTransaction, asked: Mapping[str, Any], attempt: Attempt, outcome: Outcome
) -> bool:
    """Believe what a claim's event said where the look-up that it led to does not say.

    False where no claim to such money can be kept.
    """
    if asked["ask"] not in CLAIMS or not isinstance(outcome, Settled):
        return True
    told = asked.get(_CLAIMED)
    claimed = None if told is None else Money(int(told[0]), Currency(told[1]))
    named = [each for each in outcome.more if each.provider_id == asked.get(_NAMED)]
    return follow_event(
        tx,
        attempt=attempt,
        settled=named[0] if named else outcome,
        claim=CLAIMS[asked["ask"]],
        claimed=claimed,
    )


def park_claim(tx: SqlTransaction, work: Work, attempt: Attempt, outcome: Outcome) -> None:
    """Keep the look-up of a claim that no record can hold until a human has looked for it."""
    what = outcome.provider_id if isinstance(outcome, Settled) else attempt.reference
    reason = f"{attempt.provider} tells of a chargeback of {what} that the books cannot place"
    tx.work.mark(work, status=WorkStatus.PARKED, last_error=reason[:200])


def end_told(
    tx: SqlTransaction, work: Work, asked: Mapping[str, Any], attempt: Attempt, outcome: Outcome
) -> None:
    """End a look-up's row; one that an event led to and that brought no answer is made again."""
    tries = int(asked.get(_TRIES, -1)) + 1
    if not tries or not _would_be_lost(tx, asked, attempt, outcome):
        tx.work.end(work)
    elif tries > len(PAUSES_S):
        reason = f"{attempt.provider} told of {attempt.reference} ({asked['ask']}) and says no more"
        tx.work.mark(work, status=WorkStatus.PARKED, last_error=reason[:200])
    else:
        queue_told(
            tx,
            attempt=attempt,
            ask=asked["ask"],
            named=asked.get(_NAMED, ""),
            claimed=asked.get(_CLAIMED),
            tries=tries,
        )
        tx.work.end(work)


def _would_be_lost(
    tx: SqlTransaction, asked: Mapping[str, Any], attempt: Attempt, outcome: Outcome
) -> bool:
    """Tell whether what an event told is in no other look-up that is planned."""
    if asked["ask"] == GIVEN_BACK and isinstance(outcome, Settled):
        return any(each.has_gaps for each in (outcome, *outcome.more))
    if not isinstance(outcome, Unknown):
        return False
    now = tx.payments.attempt(attempt.id)
    return asked["ask"] in CLAIMS or not is_watched(tx, attempt=now, after=ASK_AFTER_EXPIRY)

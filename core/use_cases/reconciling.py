"""Reconciling: a provider's own list of captures, read page by page and compared with the books.

What it shows of ours and the books lack is looked up: the ordinary path credits it, once, under
the provider's own id. What does not agree after that becomes a difference, made once. Nothing here
moves money. A payout is not compared: none leaves this service yet.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from core.domain.acts import Event, EventName
from core.domain.configurations import Configuration, ConfigurationId
from core.domain.differences import Difference, DifferenceId, DifferenceKind, DifferenceStatus
from core.domain.ledger import Subject
from core.domain.providers import Listing, Settled, Unknown
from core.domain.reconciling import (
    EVERY,
    MARGIN,
    MOST_PAGES,
    OVERLAP,
    SETTLE,
    Listed,
    Phase,
    Reconciling,
    Unlisted,
)
from core.domain.work import Kind, Priority
from core.ports import Transaction
from core.use_cases.captures import payer_as_told
from core.use_cases.comparing import judge, judge_unlisted, stands
from core.use_cases.links import ask_again

OLDEST: Final = timedelta(days=30)
"""A first window reaches back at most so far."""

BATCH: Final = 100
MOST_MISSING: Final = 200
MOST_SOLVED: Final = 1_000
"""Open differences of a configuration that are looked at again after a window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One step of a window, as a work row names it; `until` tells the window."""

    ask: str
    configuration_id: ConfigurationId
    until: datetime
    page: str = ""


def begin_window(tx: Transaction, *, configuration: Configuration) -> None:
    """Begin a window of one configuration and queue its first page.

    Nothing is read while nobody was ever asked for money with it: nothing can be ours.

    Raises:
        StaleState: another process was faster.
    """
    first = tx.reconciling.first_attempt_at(configuration.id)
    before = tx.reconciling.find(configuration.id)
    if before is None:
        before = Reconciling(
            configuration_id=configuration.id, begun_at=tx.now, since=tx.now, until=tx.now
        )
        if not tx.reconciling.add(before):
            return
    oldest = max((first or tx.now) - MARGIN, tx.now - OLDEST)
    since = oldest if before.done_until is None else max(oldest, before.done_until - OVERLAP)
    begun = before.begin(since=min(since, tx.now), at=tx.now)
    if first is None:
        tx.reconciling.replace(before, begun.stop())
        return
    tx.reconciling.forget_listed(configuration.id)
    tx.reconciling.replace(before, begun)
    _queue(tx, begun, "list")


def current(tx: Transaction, *, ask: Ask) -> Reconciling | None:
    """Return the window that a work row belongs to, None where it is over or further on."""
    found = tx.reconciling.find(ask.configuration_id)
    phase = Phase.READING if ask.ask == "list" else Phase.JUDGING
    if found is None or found.phase is not phase or found.until != ask.until:
        return None
    return found if phase is Phase.JUDGING or found.page == ask.page else None


def record_page(tx: Transaction, *, ask: Ask, outcome: Listing | Unknown | None) -> bool:
    """Keep a page of the list and queue the next one; None: this provider cannot list.

    Returns False where the window was given up: its captures are read again the next day.
    """
    before = current(tx, ask=ask)
    if before is None:
        return True
    if outcome is None:
        tx.reconciling.replace(before, before.stop())
        return True
    is_circle = isinstance(outcome, Listing) and outcome.after == ask.page != ""
    if isinstance(outcome, Unknown) or is_circle or before.pages >= MOST_PAGES:
        after = tx.reconciling.replace(before, before.fail())
        if after.phase is Phase.READING:
            _queue(tx, after, "list", after=after.pause)
        return after.phase is Phase.READING
    _keep(tx, ask.configuration_id, outcome.items)
    turned = tx.reconciling.replace(before, before.turn(outcome.after))
    if turned.phase is Phase.JUDGING:
        _queue(tx, turned, "judge", after=SETTLE)
    else:
        _queue(tx, turned, "list")
    return True


def suspects(
    tx: Transaction, *, configuration_id: ConfigurationId, after: str
) -> tuple[list[str], str]:
    """Look through some of the list; return the ids that differ, and the last one, "" at its end.

    Writes nothing: it may run on a snapshot.
    """
    page = tx.reconciling.listed(configuration_id, after=after, limit=BATCH)
    found = [each.provider_id for each in page if _is_new(tx, judge(tx, listed=each))]
    return found, page[-1].provider_id if len(page) == BATCH else ""


def missing(
    tx: Transaction, *, window: Reconciling, lag: timedelta = timedelta()
) -> tuple[Unlisted, ...]:
    """Return what the books were credited with in a window and its whole list does not show.

    Only what was asked for and credited within it: a capture is listed by the time the provider
    took it. One that came more than the overlap after it was asked for is not looked at. What is
    younger than the list's lag is left to the next window, which overlaps this one.
    """
    return tx.reconciling.unlisted(
        window.configuration_id,
        since=window.since + MARGIN,
        until=window.until - MARGIN - lag,
        limit=MOST_MISSING,
    )


def record_differences(
    tx: Transaction, *, configuration_id: ConfigurationId, provider_ids: Sequence[str]
) -> list[Difference]:
    """Make a difference of every listed capture that does not agree now; return the new ones."""
    made = []
    for provider_id in provider_ids:
        listed = tx.reconciling.find_listed(configuration_id, provider_id)
        found = None if listed is None else judge(tx, listed=listed)
        if listed is not None and found is not None and _is_new(tx, found):
            told = tx.add_note(found.tenant_id, listed.told)
            made.append(tx.differences.add(replace(found, told_id=told)))
            _tell(tx, found)
    return made


def finish_window(tx: Transaction, *, ask: Ask, unlisted: Sequence[Unlisted]) -> list[Difference]:
    """End a compared window: say what is missing, solve what agrees by now, move the point on."""
    window = current(tx, ask=ask)
    if window is None:
        return []
    made = []
    for each in unlisted:
        found = judge_unlisted(tx, configuration_id=ask.configuration_id, unlisted=each)
        if found is not None and not tx.differences.has(found):
            made.append(tx.differences.add(found))
            _tell(tx, found)
    _solve(tx, ask.configuration_id)
    tx.reconciling.forget_listed(ask.configuration_id)
    tx.reconciling.replace(window, window.finish())
    return made


def _keep(tx: Transaction, configuration_id: ConfigurationId, items: Sequence[Settled]) -> None:
    """Keep captures of a page; look up what is ours and not in the books as it stands there."""
    is_test = tx.configurations.get(configuration_id).is_test
    asked = set()
    for item in items:
        for each in (item, *item.more):
            if each.is_test is not is_test or not each.captured.is_positive:
                continue
            listed = _listed(tx, configuration_id, replace(each, reference=item.reference))
            tx.reconciling.keep(listed)
            attempt = tx.payments.attempt_by_reference(configuration_id, listed.reference)
            if (
                attempt is not None
                and attempt.id not in asked
                and judge(tx, listed=listed) is not None
            ):
                asked.add(attempt.id)
                ask_again(tx, attempt=attempt)


def _listed(tx: Transaction, configuration_id: ConfigurationId, capture: Settled) -> Listed:
    is_ours = tx.payments.attempt_by_reference(configuration_id, capture.reference) is not None
    gone = [each for each in (capture.refunded, capture.lost) if each is not None]
    back = [each.minor for each in gone if each.currency == capture.captured.currency]
    return Listed(
        configuration_id=configuration_id,
        provider_id=capture.provider_id,
        reference=capture.reference,
        currency=capture.captured.currency,
        captured_minor=capture.captured.minor,
        refunded_minor=min(sum(back), capture.captured.minor) if back else None,
        captured_at=capture.settled_at,
        told="" if is_ours else payer_as_told(capture),
    )


def _is_new(tx: Transaction, found: Difference | None) -> bool:
    return found is not None and not tx.differences.has(found)


def _solve(tx: Transaction, configuration_id: ConfigurationId) -> None:
    """End open differences whose fact is gone."""
    seen = DifferenceId(0)
    for _ in range(MOST_SOLVED // BATCH):
        page = tx.differences.open_of(configuration_id, after=seen, limit=BATCH)
        for each in page:
            seen = each.id
            if not stands(tx, difference=each):
                ended = each.end(DifferenceStatus.SOLVED, at=tx.now)
                tx.differences.replace(each, ended)
        if len(page) < BATCH:
            return


def _tell(tx: Transaction, found: Difference) -> None:
    """Tell who watches over the money: once for a window, and once more of what is missing."""
    window = tx.reconciling.find(found.configuration_id)
    is_missing = found.kind is DifferenceKind.MISSING
    until = tx.now if window is None else window.until
    name = f"differs:{found.configuration_id}:{found.tenant_id}:{until:%Y%m%d%H%M%S}:{is_missing:d}"
    if tx.tallies.count(name, until=tx.now + EVERY) > 1:
        return
    tx.events.append(
        Event(
            name=EventName.MONEY_DIFFERS,
            tenant_id=found.tenant_id,
            subject=Subject(kind="difference", id=found.id),
        )
    )


def _queue(
    tx: Transaction, window: Reconciling, ask: str, *, after: timedelta = timedelta()
) -> None:
    payload = {
        "ask": ask,
        "list": window.configuration_id,
        "until": window.until.isoformat(),
        "page": window.page,
    }
    tx.work.add(
        Kind.CALL,
        lane=f"l:{window.configuration_id}",
        payload=json.dumps(payload).encode(),
        due_at=tx.now + after,
        priority=Priority.QUIET,
    )

"""Differences between providers' lists and the books: looked at, ignored with a reason.

Matching is the flow of unmatched money, refunding that of refunds: their buttons lead there.
"""

from dataclasses import replace
from typing import Final

from core.domain.differences import Difference, DifferenceId
from core.domain.errors import StaleCard
from core.domain.payments import PaymentId
from core.domain.people import Scope
from core.domain.unmatched import UnmatchedId
from core.ports import Transaction
from core.use_cases.differences import (
    decidable_difference,
    ignore_difference,
    may_decide,
    refund_of,
    seen_difference,
)
from core.use_cases.unmatched import check_reason
from core.use_cases.unmatched_refunds import may_send_difference_back
from handlers import parsing
from handlers.cards import name_of
from handlers.chat import Did, Reply, Show, Step
from handlers.screens import differences, doors
from handlers.visit import IntentRoute, Routes, Visit, number, offer

REASON_STEP: Final = "differences.reason"


def listed(tx: Transaction, visit: Visit) -> Reply:
    """Show a page of open differences."""
    tenant, actor = visit.here
    actor.check(Scope.REPORTS_VIEW, tenant.id)
    after = DifferenceId(parsing.ident(visit.argument))
    found = tx.differences.open_in(tenant.id, after=after, limit=differences.PAGE + 1)
    shown = found[: differences.PAGE]
    has_more = len(found) > differences.PAGE
    screen = differences.listed(
        visit.words,
        [(each, _provider(tx, each)) for each in shown],
        count=tx.differences.count_open(tenant.id),
        following=f"{doors.DIFFERENCES}:{shown[-1].id}" if has_more else "",
    )
    return Reply(screen=screen, ends_dialogue=True)


def card(tx: Transaction, visit: Visit) -> Reply:
    """Show one difference."""
    reply = _shown(tx, visit, DifferenceId(parsing.ident(visit.argument)))
    return replace(reply, show=Show.EDIT if visit.incoming.did is Did.PRESS else Show.SEND)


def ignore(tx: Transaction, visit: Visit) -> Reply:
    """Ask why nothing is to be done."""
    view = _ignorable(tx, visit, parsing.ident(visit.argument))
    step = Step(name=REASON_STEP, data={"difference": view.difference.id})
    return Reply(screen=differences.ask_reason(visit.words, view), step=step)


def reason_typed(tx: Transaction, visit: Visit) -> Reply:
    """Take the reason and show what is about to be let be."""
    if "difference" not in visit.data:
        raise StaleCard
    view = _ignorable(tx, visit, number(visit.data, "difference"))
    reason = visit.incoming.text.strip()
    check_reason(reason)
    act = offer(tx, visit, "difference.ignore", difference=view.difference.id, reason=reason)
    screen = differences.confirm(visit.words, view, reason=reason, act=act)
    return Reply(screen=screen, show=Show.SEND, ends_dialogue=True)


def ignored(tx: Transaction, visit: Visit) -> Reply:
    """Let it be."""
    if visit.intent is None:
        raise StaleCard
    kept = visit.intent.arguments
    after = ignore_difference(
        tx,
        actor=visit.here[1],
        difference_id=DifferenceId(number(kept, "difference")),
        reason=str(kept["reason"]),
    )
    return _shown(tx, visit, after.id)


def _shown(tx: Transaction, visit: Visit, difference_id: DifferenceId) -> Reply:
    view = _view(tx, visit, difference_id)
    return Reply(screen=differences.card(visit.words, view), ends_dialogue=True)


def _ignorable(tx: Transaction, visit: Visit, difference_id: int) -> differences.DifferenceCard:
    """Return a difference that the actor may ignore.

    Raises:
        NotAllowed: the actor lacks `finance:adjust:initiate`, or has a part in its payment.
        StaleCard: it has ended.
    """
    decidable_difference(tx, actor=visit.here[1], difference_id=DifferenceId(difference_id))
    view = _view(tx, visit, DifferenceId(difference_id))
    if not view.may_ignore:
        raise StaleCard
    return view


def _view(tx: Transaction, visit: Visit, difference_id: DifferenceId) -> differences.DifferenceCard:
    actor = visit.here[1]
    found = seen_difference(tx, actor=actor, difference_id=difference_id)
    is_open_to_him = may_decide(tx, actor=actor, difference=found)
    view = differences.DifferenceCard(
        difference=found,
        provider=_provider(tx, found),
        told=tx.note(found.told_id),
        reason=tx.note(found.reason_id),
        ender="" if found.ended_by is None else name_of(tx, found.ended_by),
        may_match=is_open_to_him and found.is_matchable,
        may_ignore=is_open_to_him,
        may_send_back=found.is_matchable
        and may_send_difference_back(tx, actor=actor, difference=found),
        is_sent_back=found.journal_id is not None
        and bool(tx.refunds.of_unmatched(UnmatchedId(found.journal_id))),
        refunds_id=refund_of(tx, actor=actor, difference=found) or 0,
    )
    if found.payment_id is None:
        return view
    payment = tx.payments.get(PaymentId(found.payment_id))
    number_ = "" if payment.bill_id is None else tx.bills.get(payment.bill_id).number
    return replace(view, payer=name_of(tx, payment.payer_id), number=number_)


def _provider(tx: Transaction, difference: Difference) -> str:
    return tx.configurations.get(difference.configuration_id).provider


ROUTES: Final = Routes(
    name="differences",
    presses={"list": listed, "card": card, "ignore": ignore},
    intents={"difference.ignore": IntentRoute(flow=ignored)},
    steps={REASON_STEP: reason_typed},
)

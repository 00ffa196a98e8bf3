"""Requests for money back as one reader sees them, and what people are told of them."""

from collections.abc import Sequence
from typing import Final

from core.domain.acts import Event, EventName
from core.domain.errors import Refusal
from core.domain.payments import Payment
from core.domain.people import Actor, PersonId, Scope
from core.domain.refund_requests import RefundRequest, RefundRequestId
from core.ports import Transaction
from core.use_cases.payments import has_interest
from core.use_cases.people import actor_of as standing_of
from core.use_cases.refund_requests import request_to_decide
from handlers import hearers
from handlers.cards import actor_of, name_of
from handlers.chat import Screen
from handlers.screens import refund_requests
from handlers.visit import Reader, offer_to

TOLD: Final = (
    EventName.REFUND_ASKED,
    EventName.REFUND_ASKED_LONG_AGO,
    EventName.REFUND_REJECTED,
)
"""What people hear of; who takes his request back, or approves one, sees it himself."""


def request_view(
    tx: Transaction, reader: Reader, request: RefundRequest
) -> refund_requests.RequestCard:
    """Read a request for its reader, with his buttons."""
    actor = actor_of(reader)
    is_payer = request.payer_id == actor.person_id
    withdraw = ""
    if is_payer and request.is_open:
        withdraw = offer_to(
            tx, tenant=reader.tenant, actor=actor, verb="request.withdraw", request=request.id
        )
    decider = request.decided_by if request.decided_by != request.payer_id else None
    return refund_requests.RequestCard(
        request=request,
        number=bill_number(tx, tx.payments.get(request.payment_id)),
        payer=name_of(tx, request.payer_id),
        payee=reader.tenant.name,
        reason=tx.note(request.reason_id),
        answer=tx.note(request.answer_id),
        decider=name_of(tx, decider) if decider else "",
        refunds=tx.refunds.of(request.payment_id),
        withdraw=withdraw,
        is_payer=is_payer,
        may_decide=_may_decide(tx, actor, request),
    )


def bill_number(tx: Transaction, payment: Payment) -> str:
    """Return the number of the bill that a payment paid, "" where it paid none."""
    return "" if payment.bill_id is None else tx.bills.get(payment.bill_id).number


def hearers_of(tx: Transaction, event: Event) -> Sequence[PersonId]:
    """Return who hears of a request: its payer of the answer, else who may decide it."""
    if event.name is EventName.REFUND_REJECTED:
        return hearers.payer_elsewhere(tx, event)
    request = tx.refund_requests.get(RefundRequestId(event.subject.id))
    found = hearers.holders(Scope.REFUND_REQUEST)(tx, event)
    return [each for each in found if not _has_part(tx, each, request)]


def told(tx: Transaction, reader: Reader, event: Event) -> Screen | None:
    """Return what a reader is told; None where it was decided meanwhile."""
    request = tx.refund_requests.get(RefundRequestId(event.subject.id))
    view = request_view(tx, reader, request)
    if event.name is EventName.REFUND_REJECTED:
        return refund_requests.told_payer(reader.words, view)
    if not request.is_open:
        return None
    is_again = event.name is EventName.REFUND_ASKED_LONG_AGO
    days = (tx.now - request.asked_at).days if is_again else 0
    return refund_requests.told_staff(reader.words, view, days=days)


def _may_decide(tx: Transaction, actor: Actor, request: RefundRequest) -> bool:
    try:
        request_to_decide(tx, actor=actor, request_id=request.id)
    except Refusal:
        return False
    return True


def _has_part(tx: Transaction, person_id: PersonId, request: RefundRequest) -> bool:
    """Tell whether somebody may not decide, because it is about money of his household."""
    bill_id = tx.payments.get(request.payment_id).bill_id
    actor = standing_of(tx, person_id=person_id, tenant_id=request.tenant_id)
    return bill_id is None or has_interest(tx, actor=actor, bill=tx.bills.get(bill_id))

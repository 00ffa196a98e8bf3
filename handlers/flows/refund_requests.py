"""A payer asks for money back: how much, why, confirm, withdraw; staff reject with an answer.

Approving is the way of every refund: `handlers/flows/refunds.py`.
"""

from dataclasses import replace
from typing import Final

from core.domain.errors import StaleCard
from core.domain.money import Money
from core.domain.payments import Payment, PaymentId
from core.domain.refund_requests import RefundRequest, RefundRequestId
from core.ports import Transaction
from core.use_cases.refund_requests import (
    ask_money_back,
    asked_lately,
    check_asked,
    most_to_ask,
    reject_request,
    request_to_decide,
    seen_request,
    withdraw_request,
)
from core.use_cases.refunds import check_refund_reason
from handlers import parsing
from handlers.cards import reader_of
from handlers.chat import Did, Reply, Show, Step
from handlers.request_cards import bill_number, request_view
from handlers.screens import refund_requests as requests
from handlers.visit import IntentRoute, Routes, Visit, number, offer

AMOUNT_STEP: Final = "requests.amount"
REASON_STEP: Final = "requests.reason"
ANSWER_STEP: Final = "requests.answer"


def start(tx: Transaction, visit: Visit) -> Reply:
    """Ask how much of a payment is asked back, or show what was asked and is not decided."""
    payment_id = PaymentId(parsing.ident(visit.argument))
    if waiting := _waiting(tx, visit, payment_id):
        return replace(_shown(tx, visit, waiting), show=Show.SEND)
    _, asking = _asking(tx, visit, payment_id)
    step = Step(name=AMOUNT_STEP, data={"payment": payment_id})
    return Reply(screen=requests.start(visit.words, asking), show=Show.SEND, step=step)


def all_pressed(tx: Transaction, visit: Visit) -> Reply:
    """Take all that may go back."""
    payment, asking = _asking(tx, visit, _kept(visit))
    return _why(visit, payment, asking, asking.most)


def part_pressed(tx: Transaction, visit: Visit) -> Reply:
    """Ask for the amount of a part."""
    _, asking = _asking(tx, visit, _kept(visit))
    step = Step(name=AMOUNT_STEP, data=visit.data)
    return Reply(screen=requests.ask_part(visit.words, asking), step=step)


def amount_typed(tx: Transaction, visit: Visit) -> Reply:
    """Take a typed amount; a wrong one is asked again."""
    payment, asking = _asking(tx, visit, _kept(visit))
    amount = parsing.amount(visit.incoming.text, payment.currency)
    check_asked(amount, most=asking.most)
    return replace(_why(visit, payment, asking, amount), show=Show.SEND)


def reason_typed(tx: Transaction, visit: Visit) -> Reply:
    """Take the reason and show what is about to be asked."""
    payment, asking = _asking(tx, visit, _kept(visit))
    reason = visit.incoming.text.strip()
    check_refund_reason(reason)
    amount = Money(number(visit.data, "amount"), payment.currency)
    lately = asked_lately(tx, payment_id=payment.id, amount=amount)
    act = offer(tx, visit, "request.open", payment=payment.id, minor=amount.minor, reason=reason)
    screen = requests.confirm(
        visit.words,
        asking,
        amount,
        reason=reason,
        act=act,
        ended_at=None if lately is None else lately.decided_at,
    )
    return Reply(screen=screen, show=Show.SEND, ends_dialogue=True)


def opened(tx: Transaction, visit: Visit) -> Reply:
    """Keep the request; an older card shows the one that is open already."""
    if visit.intent is None:
        raise StaleCard
    kept = visit.intent.arguments
    payment_id = PaymentId(number(kept, "payment"))
    if waiting := _waiting(tx, visit, payment_id):
        return _shown(tx, visit, waiting)
    request = ask_money_back(
        tx,
        actor=visit.here[1],
        payment_id=payment_id,
        amount=Money(number(kept, "minor"), tx.payments.get(payment_id).currency),
        reason=str(kept["reason"]),
    )
    return _shown(tx, visit, request)


def withdrawn(tx: Transaction, visit: Visit) -> Reply:
    """Take one's own request back."""
    request = withdraw_request(tx, actor=visit.here[1], request_id=_pressed(visit))
    return _shown(tx, visit, request)


def show(tx: Transaction, visit: Visit) -> Reply:
    """Show a request as it stands."""
    request_id = RefundRequestId(parsing.ident(visit.argument))
    request = seen_request(tx, actor=visit.here[1], request_id=request_id)
    reply = _shown(tx, visit, request)
    return replace(reply, show=Show.EDIT if visit.incoming.did is Did.PRESS else Show.SEND)


def reject(tx: Transaction, visit: Visit) -> Reply:
    """Ask staff for the answer, once it is sure that they may decide."""
    request = _to_decide(tx, visit, parsing.ident(visit.argument))
    step = Step(name=ANSWER_STEP, data={"request": request.id})
    screen = requests.ask_answer(visit.words, request_view(tx, reader_of(visit), request))
    return Reply(screen=screen, show=Show.SEND, step=step)


def answer_typed(tx: Transaction, visit: Visit) -> Reply:
    """Take the answer and show how it is about to end."""
    request = _to_decide(tx, visit, number(visit.data, "request"))
    answer = visit.incoming.text.strip()
    check_refund_reason(answer)
    act = offer(tx, visit, "request.reject", request=request.id, answer=answer)
    view = request_view(tx, reader_of(visit), request)
    screen = requests.confirm_answer(visit.words, view, answer=answer, act=act)
    return Reply(screen=screen, show=Show.SEND, ends_dialogue=True)


def rejected(tx: Transaction, visit: Visit) -> Reply:
    """Reject it."""
    request_id = _pressed(visit)
    answer = str(visit.intent.arguments["answer"]) if visit.intent else ""
    request = reject_request(tx, actor=visit.here[1], request_id=request_id, answer=answer)
    return _shown(tx, visit, request)


def _shown(tx: Transaction, visit: Visit, request: RefundRequest) -> Reply:
    view = request_view(tx, reader_of(visit), request)
    return Reply(screen=requests.card(visit.words, view), ends_dialogue=True)


def _why(visit: Visit, payment: Payment, asking: requests.Asking, amount: Money) -> Reply:
    step = Step(name=REASON_STEP, data={"payment": payment.id, "amount": amount.minor})
    return Reply(screen=requests.ask_reason(visit.words, asking, amount), step=step)


def _waiting(tx: Transaction, visit: Visit, payment_id: PaymentId) -> RefundRequest | None:
    """Return the visitor's own request for a payment that is not decided."""
    found = tx.refund_requests.open_of(payment_id)
    is_own = found is not None and found.payer_id == visit.here[1].person_id
    return found if is_own else None


def _asking(
    tx: Transaction, visit: Visit, payment_id: PaymentId
) -> tuple[Payment, requests.Asking]:
    tenant, actor = visit.here
    payment, most = most_to_ask(tx, actor=actor, payment_id=payment_id)
    asking = requests.Asking(
        number=bill_number(tx, payment), paid=payment.captured, most=most, payee=tenant.name
    )
    return payment, asking


def _kept(visit: Visit) -> PaymentId:
    if "payment" not in visit.data:
        raise StaleCard
    return PaymentId(number(visit.data, "payment"))


def _to_decide(tx: Transaction, visit: Visit, request_id: int) -> RefundRequest:
    return request_to_decide(tx, actor=visit.here[1], request_id=RefundRequestId(request_id))


def _pressed(visit: Visit) -> RefundRequestId:
    if visit.intent is None:
        raise StaleCard
    return RefundRequestId(number(visit.intent.arguments, "request"))


ROUTES: Final = Routes(
    name="requests",
    presses={
        "start": start,
        "all": all_pressed,
        "part": part_pressed,
        "show": show,
        "reject": reject,
    },
    intents={
        "request.open": IntentRoute(flow=opened),
        "request.withdraw": IntentRoute(flow=withdrawn),
        "request.reject": IntentRoute(flow=rejected),
    },
    steps={AMOUNT_STEP: amount_typed, REASON_STEP: reason_typed, ANSWER_STEP: answer_typed},
)

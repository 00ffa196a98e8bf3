"""Payers ask for money back, staff decide: approving opens the refund in the same act.

A request moves and holds nothing. Who decides takes `payments:refund:request` and no part in the
payment; approving also takes what `open_refund` takes.
"""

from dataclasses import replace
from typing import Final

from core.domain.acts import Event, EventName
from core.domain.errors import (
    AboveRefundable,
    IllegalTransition,
    InvalidAmount,
    NotFound,
    PaymentContested,
    StaleCard,
)
from core.domain.ledger import Subject
from core.domain.money import Money
from core.domain.payments import Payment, PaymentId, PaymentStatus
from core.domain.people import Actor, Scope
from core.domain.refund_requests import (
    REMIND,
    REMIND_EVERY,
    RefundRequest,
    RefundRequestId,
    RefundRequestStatus,
)
from core.domain.refunds import Destination, Refund
from core.domain.work import Due
from core.ports import Transaction
from core.use_cases.payments import own_payment
from core.use_cases.refundable import most_of, payment_to_refund, refundable_of
from core.use_cases.refunds import check_refund_reason, open_refund

_LATELY: Final = 5


def most_to_ask(tx: Transaction, *, actor: Actor, payment_id: PaymentId) -> tuple[Payment, Money]:
    """Return a payment of the actor's and what he may ask back of it now.

    Raises:
        NotFound: it is not his, or paid no bill.
        PaymentContested: his bank claims the money.
        AboveRefundable: nothing is left to give back.
    """
    payment = own_payment(tx, actor=actor, payment_id=payment_id)
    if payment.status is not PaymentStatus.COMPLETED or payment.bill_id is None:
        raise NotFound(kind="payment")
    refundable = refundable_of(tx, payment=payment)
    if refundable.contested_at is not None:
        raise PaymentContested(payment_id=payment.id, is_own=True)
    return payment, most_of(tx, payment=payment, refundable=refundable)


def may_ask(tx: Transaction, *, actor: Actor, payment_id: PaymentId) -> bool:
    """Tell whether the actor may ask for money of a payment back, or has asked already."""
    try:
        most_to_ask(tx, actor=actor, payment_id=payment_id)
    except (PaymentContested, AboveRefundable):
        return tx.refund_requests.open_of(payment_id) is not None
    except NotFound:
        return False
    return True


def check_asked(amount: Money, *, most: Money) -> None:
    """Let an amount pass that may be asked back.

    Raises:
        InvalidAmount: not positive, or another currency.
        AboveRefundable: more than may go back.
    """
    if not amount.is_positive or amount.currency != most.currency:
        raise InvalidAmount(text=str(amount.minor), reason="positive")
    if most < amount:
        raise AboveRefundable(most=most)


def ask_money_back(
    tx: Transaction, *, actor: Actor, payment_id: PaymentId, amount: Money, reason: str
) -> RefundRequest:
    """Ask for money of one's own back; nothing moves until staff decide.

    Raises:
        NotFound, PaymentContested, AboveRefundable: as `most_to_ask`.
        InvalidAmount: the amount.
        InvalidInput, TooLong: a reason is owed, and not a book.
        IllegalTransition: a request for this payment is open already.
    """
    payment, most = most_to_ask(tx, actor=actor, payment_id=payment_id)
    check_asked(amount, most=most)
    check_refund_reason(reason)
    if tx.refund_requests.open_of(payment.id) is not None:
        is_open = RefundRequestStatus.OPEN.value
        raise IllegalTransition(machine="refund_request", from_status=is_open, to_status=is_open)
    request = tx.refund_requests.add(
        RefundRequest(
            id=RefundRequestId(tx.new_id()),
            tenant_id=payment.tenant_id,
            payment_id=payment.id,
            payer_id=payment.payer_id,
            currency=payment.currency,
            amount_minor=amount.minor,
            reason_id=tx.add_note(payment.tenant_id, reason.strip()),
            asked_at=tx.now,
        )
    )
    _tell(tx, EventName.REFUND_ASKED, request)
    _plan_reminder(tx, request)
    return request


def remind_of_request(tx: Transaction, *, request_id: RefundRequestId) -> RefundRequest:
    """Tell staff again of a request that is still open, now and every few days from here on."""
    request = tx.refund_requests.get(request_id)
    if request.is_open:
        _tell(tx, EventName.REFUND_ASKED_LONG_AGO, request)
        _plan_reminder(tx, request)
    return request


def asked_lately(tx: Transaction, *, payment_id: PaymentId, amount: Money) -> RefundRequest | None:
    """Return the request that asking for this amount would say again, if it ended just now."""
    newest = tx.refund_requests.newest_of(payment_id, limit=_LATELY)
    return next((each for each in newest if each.is_repeated_by(amount, at=tx.now)), None)


def withdraw_request(
    tx: Transaction, *, actor: Actor, request_id: RefundRequestId
) -> RefundRequest:
    """Take one's own request back.

    Raises:
        NotFound: it is not the actor's.
        IllegalTransition: it has ended.
    """
    request = tx.refund_requests.get(request_id)
    if request.payer_id != actor.person_id or request.tenant_id != actor.tenant_id:
        raise NotFound(kind="refund_request")
    ended = request.end(RefundRequestStatus.WITHDRAWN, by=actor.person_id, at=tx.now)
    return _ended(tx, request, ended)


def seen_request(tx: Transaction, *, actor: Actor, request_id: RefundRequestId) -> RefundRequest:
    """Return a request that the actor may look at: his own, or by scope.

    Raises:
        NotFound: there is none, or it is not his to see.
    """
    request = tx.refund_requests.get(request_id)
    is_own = request.payer_id == actor.person_id
    if request.tenant_id != actor.tenant_id or not (is_own or actor.has(Scope.PAYMENTS_VIEW)):
        raise NotFound(kind="refund_request")
    return request


def request_to_decide(
    tx: Transaction, *, actor: Actor, request_id: RefundRequestId
) -> RefundRequest:
    """Return an open request that the actor may decide.

    Raises:
        NotAllowed: he lacks `payments:refund:request`, or it is his own payment; OwnBill: he has a
            part in its bill.
        NotFound: there is none in his tenant.
        IllegalTransition: it has ended.
    """
    actor.check(Scope.REFUND_REQUEST, actor.tenant_id)
    request = tx.refund_requests.get(request_id)
    if request.tenant_id != actor.tenant_id:
        raise NotFound(kind="refund_request")
    payment_to_refund(tx, actor=actor, payment_id=request.payment_id)
    request.end(RefundRequestStatus.REJECTED, by=actor.person_id, at=tx.now)
    return request


def approve_request(
    tx: Transaction,
    *,
    actor: Actor,
    request_id: RefundRequestId,
    amount: Money,
    destination: Destination,
    reason: str,
) -> Refund:
    """Open the refund that was asked for, and end the request with it.

    `amount` is what the approver was shown.

    Raises:
        NotAllowed, OwnBill, NotFound, IllegalTransition: as `request_to_decide`.
        StaleCard: he was shown another amount than was asked for.
        Refusal: whatever `open_refund` refuses, among it more than may go back by now.
    """
    request = request_to_decide(tx, actor=actor, request_id=request_id)
    if request.amount != amount:
        raise StaleCard
    refund = open_refund(
        tx,
        actor=actor,
        payment_id=request.payment_id,
        amount=amount,
        destination=destination,
        reason=reason,
    )
    ended = request.end(RefundRequestStatus.APPROVED, by=actor.person_id, at=tx.now)
    _ended(tx, request, replace(ended, refund_id=refund.id))
    return refund


def refund_beside_request(
    tx: Transaction,
    *,
    actor: Actor,
    request_id: RefundRequestId,
    amount: Money,
    destination: Destination,
    reason: str,
) -> Refund:
    """Open a refund that staff thought of themselves, and end the payer's open request with it.

    One of just that amount approves the request; one of another amount is instead of it, and its
    payer reads the reason.

    Raises:
        NotAllowed, OwnBill, NotFound, IllegalTransition: as `request_to_decide`.
        Refusal: whatever `open_refund` refuses.
    """
    request = request_to_decide(tx, actor=actor, request_id=request_id)
    if request.amount == amount:
        return approve_request(
            tx,
            actor=actor,
            request_id=request_id,
            amount=amount,
            destination=destination,
            reason=reason,
        )
    refund = open_refund(
        tx,
        actor=actor,
        payment_id=request.payment_id,
        amount=amount,
        destination=destination,
        reason=reason,
    )
    reject_request(tx, actor=actor, request_id=request_id, answer=reason)
    return refund


def reject_request(
    tx: Transaction, *, actor: Actor, request_id: RefundRequestId, answer: str
) -> RefundRequest:
    """Decline a request; its payer reads why.

    Raises:
        NotAllowed, OwnBill, NotFound, IllegalTransition: as `request_to_decide`.
        InvalidInput, TooLong: an answer is owed, and not a book.
    """
    request = request_to_decide(tx, actor=actor, request_id=request_id)
    check_refund_reason(answer)
    ended = request.end(RefundRequestStatus.REJECTED, by=actor.person_id, at=tx.now)
    answer_id = tx.add_note(request.tenant_id, answer.strip())
    rejected = _ended(tx, request, replace(ended, answer_id=answer_id))
    _tell(tx, EventName.REFUND_REJECTED, rejected)
    return rejected


def _ended(tx: Transaction, before: RefundRequest, after: RefundRequest) -> RefundRequest:
    tx.work.unplan(REMIND, subject=before.id)
    return tx.refund_requests.replace(before, after)


def _plan_reminder(tx: Transaction, request: RefundRequest) -> None:
    at = tx.now + REMIND_EVERY
    tx.work.plan(Due(due_at=at, kind=REMIND, subject=request.id, period="1"))


def _tell(tx: Transaction, name: EventName, request: RefundRequest) -> None:
    tx.events.append(
        Event(
            name=name,
            tenant_id=request.tenant_id,
            subject=Subject(kind="refund_request", id=request.id),
            person_id=request.payer_id,
            other_id=request.payment_id,
        )
    )

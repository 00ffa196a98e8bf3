"""Refunds as people ask for them: how much may go back, who may, where to, and giving one up.

The amount is held on the tenant's wallet from the first moment. Four eyes come with approvals;
until then one person with `payments:refund:request` and a PIN asks and approves, never for money
of the own household. What providers answer is recorded by `core/use_cases/refunding.py`.
"""

import json
from dataclasses import replace

from core.domain.acts import Event, EventName
from core.domain.errors import (
    AboveRefundable,
    IllegalTransition,
    InvalidInput,
    NotFound,
    OutflowsFrozen,
    PaymentContested,
    PinNeeded,
    StaleCard,
    TooLong,
)
from core.domain.ledger import HoldId, JournalId, JournalKind, Leg, Subject
from core.domain.money import Money
from core.domain.payments import Method, Payment, PaymentId
from core.domain.people import Actor, Scope
from core.domain.refunds import (
    CONSENT,
    CONSENT_WAITS,
    MAX_REFUND_REASON,
    Destination,
    Origin,
    Refund,
    RefundId,
    RefundStatus,
)
from core.domain.wallets import WalletStatus
from core.domain.work import Due, Kind, Priority
from core.ports import Transaction
from core.use_cases.ledger import place_hold, post_hold, void_hold
from core.use_cases.payments import repay, tenant_wallet
from core.use_cases.refund_counts import (
    count_done,
    is_contested,
    refunded_payment,
    uncount,
)
from core.use_cases.refundable import (
    can_give_back,
    capture_of,
    gives_back,
    left_to_refund,
    payment_to_refund,
)
from core.use_cases.reminders import plan_reminders
from core.use_cases.wallets import open_wallet


def open_refund(
    tx: Transaction,
    *,
    actor: Actor,
    payment_id: PaymentId,
    amount: Money,
    destination: Destination,
    reason: str,
) -> Refund:
    """Hold an amount of the tenant's and begin to give it back.

    By the way it came at once; into the wallet of who had paid through a provider once he agrees;
    into that of who had paid from it at once.

    Raises:
        NotAllowed, OwnBill, NotFound, PaymentContested: as `refund_choice`.
        PinNeeded: the actor has no PIN.
        OutflowsFrozen: the books were put back.
        TenantClosed, WalletFrozen: the tenant moves no money.
        InvalidAmount, AboveRefundable: the amount.
        InvalidInput, TooLong: a reason is owed, and not a book.
        StaleCard: its provider cannot give that back.
        InsufficientFunds: the tenant's wallet is short.
        MoneyStopped: the books are being checked.
    """
    payment = payment_to_refund(tx, actor=actor, payment_id=payment_id)
    if not tx.people.person(actor.person_id).has_pin:
        raise PinNeeded
    if tx.freeze.find() is not None:
        raise OutflowsFrozen
    check_refund_reason(reason)
    tx.tenants.get(payment.tenant_id).check_open()
    own = tenant_wallet(tx, tenant_id=payment.tenant_id, currency=payment.currency)
    own.check_debit()
    payment = tx.payments.lock(payment.id)
    before = tx.refunds.refundable(payment)
    grown = before.grown(payment)
    reserved = grown.reserve(amount, most=left_to_refund(tx, payment=payment, refundable=grown))
    refund_id = RefundId(tx.new_id())
    hold = place_hold(
        tx,
        tenant_id=payment.tenant_id,
        account_id=own.account_id,
        amount=amount,
        subject=Subject(kind="refund", id=refund_id),
    )
    asked = _asked(tx, actor, payment, amount, destination, reason, refund_id, hold.id)
    refund = tx.refunds.add(asked)
    tx.refunds.replace_refundable(before, reserved)
    tell_refund(tx, name=EventName.REFUND_REQUESTED, refund=refund)
    return approve(tx, refund=refund, by=actor)


def agree_to_wallet(tx: Transaction, *, actor: Actor, refund_id: RefundId) -> Refund:
    """Let a refund go to the wallet of who had paid through a provider, because he agrees.

    Raises:
        NotFound: it is not the actor's to agree to.
        IllegalTransition: nobody waits for it any more.
        PaymentContested: his bank claims the same money.
        OutflowsFrozen: the books were put back.
        MoneyStopped: the books are being checked.
    """
    refund = _asked_of(tx, actor, refund_id)
    if tx.freeze.find() is not None:
        raise OutflowsFrozen
    if is_contested(tx, refund=refund):
        raise PaymentContested(payment_id=refund.payment_id)
    agreed = tx.refunds.replace(refund, replace(refund, consented_at=tx.now))
    tx.work.unplan(CONSENT, subject=refund.id)
    return _proceed(tx, agreed)


def refuse_wallet(tx: Transaction, *, actor: Actor, refund_id: RefundId) -> Refund:
    """Give a refund to the wallet up, because its payer wants it by the way it came.

    Raises:
        NotFound: it is not the actor's to refuse.
        IllegalTransition: nobody waits for it any more.
    """
    return give_up(tx, refund=_asked_of(tx, actor, refund_id), by=actor)


def cancel_refund(tx: Transaction, *, actor: Actor, refund_id: RefundId) -> Refund:
    """Take a refund back that no provider was asked for yet.

    Raises:
        NotAllowed, NotFound: not the actor's to take back.
        IllegalTransition: it is on its way, or has ended.
    """
    refund = seen_refund(tx, actor=actor, refund_id=refund_id)
    actor.check(Scope.REFUND_REQUEST, refund.tenant_id)
    return give_up(tx, refund=refund, by=actor)


def expire_consent(tx: Transaction, *, refund_id: RefundId) -> Refund:
    """Give a refund up whose payer has not answered in time."""
    refund = tx.refunds.get(refund_id)
    return give_up(tx, refund=refund) if refund.waits_for_consent else refund


def seen_refund(tx: Transaction, *, actor: Actor, refund_id: RefundId) -> Refund:
    """Return a refund that the actor may look at: his own, or by scope.

    Raises:
        NotFound: there is none, or it is not his to see.
    """
    refund = tx.refunds.get(refund_id)
    is_own = refund.payer_id == actor.person_id
    if refund.tenant_id != actor.tenant_id or not (is_own or actor.has(Scope.PAYMENTS_VIEW)):
        raise NotFound(kind="refund")
    return refund


def give_up(tx: Transaction, *, refund: Refund, by: Actor | None = None) -> Refund:
    """Cancel a refund that was not sent; what it held is free again.

    Raises:
        IllegalTransition: it is on its way, or has ended.
    """
    person_id = None if by is None else by.person_id
    ended = refund.move(RefundStatus.CANCELLED, at=tx.now, by=person_id)
    release_refund(tx, refund=refund)
    cancelled = tx.refunds.replace(refund, ended)
    uncount(tx, refund=refund)
    tx.work.unplan(CONSENT, subject=refund.id)
    tell_refund(tx, name=EventName.REFUND_CANCELLED, refund=refund)
    return cancelled


def approve(tx: Transaction, *, refund: Refund, by: Actor) -> Refund:
    """Let a refund go: on its way at once, or once its payer agrees where he must."""
    moved = refund.move(RefundStatus.APPROVED, at=tx.now)
    approved = tx.refunds.replace(refund, replace(moved, approved_by=by.person_id))
    tell_refund(tx, name=EventName.REFUND_APPROVED, refund=approved)
    if approved.waits_for_consent:
        due_at = tx.now + CONSENT_WAITS
        tx.work.plan(Due(due_at=due_at, kind=CONSENT, subject=refund.id, period="1"))
        return approved
    return _proceed(tx, approved)


def release_refund(tx: Transaction, *, refund: Refund) -> None:
    """Release what a refund holds."""
    if refund.hold_id is not None:
        void_hold(tx, hold_id=refund.hold_id)


def ask_refund(tx: Transaction, *, refund: Refund, ask: str = "look_up") -> None:
    """Queue a call about a refund."""
    payload = json.dumps({"refund": refund.id, "ask": ask}).encode()
    lane = refund_lane(tx, refund=refund)
    tx.work.add(Kind.CALL, lane=lane, payload=payload, priority=Priority.MONEY)


def refund_lane(tx: Transaction, *, refund: Refund) -> str:
    """Return the lane of calls about a refund: that of its payment, if it is known."""
    payment_id = refunded_payment(tx, refund=refund)
    return f"s:{refund.unmatched_id}" if payment_id is None else f"p:{payment_id}"


def count_return(tx: Transaction, *, refund: Refund, journal_id: JournalId) -> None:
    """Let the bill ask again for what went back of its payment."""
    if refund.payment_id is None:
        return
    payment = tx.payments.get(refund.payment_id)
    left = refund.amount_minor
    for allocation in tx.payments.allocations_of(payment.id):
        part = min(left, allocation.amount.minor - allocation.returned_minor)
        if part <= 0:
            continue
        left -= part
        amount = Money(part, refund.currency)
        tx.payments.add_return(allocation, amount, journal_id=journal_id)
        bill = tx.bills.get(allocation.bill_id)
        stored = tx.bills.replace(bill, bill.give_back(amount))
        plan_reminders(tx, bill=stored, tenant=tx.tenants.get(bill.tenant_id))


def tell_refund(tx: Transaction, *, name: EventName, refund: Refund) -> None:
    """Append an event about a refund, for its payer."""
    tx.events.append(
        Event(
            name=name,
            tenant_id=refund.tenant_id,
            subject=Subject(kind="refund", id=refund.id),
            person_id=refund.payer_id or 0,
            other_id=refund.payment_id or refund.unmatched_id or 0,
        )
    )


def refund_reference(tx: Transaction, *, refund_id: RefundId) -> str:
    """Return a reference of ours that nobody can guess and every provider takes."""
    return f"hzr{refund_id:x}-{tx.key(8).replace('_', 'a').lower()}"


def check_refund_reason(reason: str) -> None:
    """Let a written reason pass.

    Raises:
        InvalidInput, TooLong: it is missing or a book.
    """
    if not reason.strip():
        raise InvalidInput(what="answer", example="Paid twice for March")
    if len(reason) > MAX_REFUND_REASON:
        raise TooLong(limit=MAX_REFUND_REASON)


def _asked(  # noqa: PLR0917 - what a refund is made of
    tx: Transaction,
    actor: Actor,
    payment: Payment,
    amount: Money,
    destination: Destination,
    reason: str,
    refund_id: RefundId,
    hold_id: HoldId,
) -> Refund:
    plain = Refund(
        id=refund_id,
        tenant_id=payment.tenant_id,
        payment_id=payment.id,
        payer_id=payment.payer_id,
        reference=refund_reference(tx, refund_id=refund_id),
        currency=payment.currency,
        amount_minor=amount.minor,
        destination=destination,
        origin=Origin.STAFF,
        requested_at=tx.now,
        requested_by=actor.person_id,
        reason_id=tx.add_note(payment.tenant_id, reason.strip()),
        hold_id=hold_id,
    )
    if destination is Destination.WALLET:
        return replace(plain, needs_consent=payment.method is not Method.WALLET)
    capture = capture_of(tx, payment=payment)
    if capture is None:
        raise NotFound(kind="payment")
    if capture.captured < amount:
        raise AboveRefundable(most=capture.captured)
    part = gives_back(tx, provider=capture.attempt.provider)
    if not can_give_back(part, amount, captured=capture.captured):
        raise StaleCard
    return replace(
        plain,
        attempt_id=capture.attempt.id,
        configuration_id=capture.configuration_id,
        capture=capture.provider_id,
    )


def _proceed(tx: Transaction, refund: Refund) -> Refund:
    """Send an approved refund on its way; one to a wallet is there at once."""
    begun = tx.refunds.replace(refund, refund.move(RefundStatus.PROCESSING, at=tx.now))
    if begun.is_by_provider:
        ask_refund(tx, refund=begun, ask="refund")
        return begun
    return _to_wallet(tx, begun)


def _to_wallet(tx: Transaction, refund: Refund) -> Refund:
    if refund.hold_id is None:
        raise IllegalTransition(machine="refund", from_status=refund.status, to_status="completed")
    payment = tx.payments.get(refund.paid_id)
    wallet = open_wallet(
        tx, tenant_id=refund.tenant_id, owner_id=payment.payer_id, currency=refund.currency
    )
    if wallet.status is WalletStatus.CLOSED:
        raise NotFound(kind="wallet")
    own = tx.ledger.hold(refund.hold_id).account_id
    journal = post_hold(
        tx,
        hold_id=refund.hold_id,
        legs=[Leg(source=own, target=wallet.account_id, amount=refund.amount)],
        kind=JournalKind.REFUND,
    )
    repay(tx, wallet=wallet, because=journal)
    count_return(tx, refund=refund, journal_id=journal.id)
    moved = refund.move(RefundStatus.COMPLETED, at=tx.now)
    done = tx.refunds.replace(refund, replace(moved, journal_id=journal.id))
    count_done(tx, refund=done)
    tell_refund(tx, name=EventName.REFUND_COMPLETED, refund=done)
    return done


def _asked_of(tx: Transaction, actor: Actor, refund_id: RefundId) -> Refund:
    refund = tx.refunds.get(refund_id)
    if refund.payer_id != actor.person_id or refund.tenant_id != actor.tenant_id:
        raise NotFound(kind="refund")
    if not refund.waits_for_consent:
        raise IllegalTransition(
            machine="refund", from_status=refund.status, to_status=RefundStatus.PROCESSING.value
        )
    return refund

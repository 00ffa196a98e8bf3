"""Sending money back that fits no payment: to whom it came from, by the provider that took it.

The amount is held in suspense from the first moment, so that nobody matches it meanwhile; a refund
that fails leaves it there. It takes `payments:refund:request`, a PIN, a written reason, and no part
in the payment it was taken for.
"""

from dataclasses import dataclass

from core.domain.acts import EventName
from core.domain.captures import CaptureKey
from core.domain.differences import Difference, DifferenceId
from core.domain.errors import (
    AboveRefundable,
    OutflowsFrozen,
    PaymentContested,
    PinNeeded,
    Refusal,
    StaleCard,
    UnmatchedGone,
)
from core.domain.ledger import Subject
from core.domain.money import Money
from core.domain.payments import Payment, PaymentId
from core.domain.people import Actor, Scope
from core.domain.providers import PartOf
from core.domain.refunds import Destination, Origin, Refund, RefundId
from core.domain.unmatched import Unmatched, UnmatchedId
from core.ports import Transaction
from core.use_cases.differences import (
    book_difference,
    end_booked,
    matchable_difference,
)
from core.use_cases.ledger import place_hold
from core.use_cases.payments import check_no_part
from core.use_cases.refund_counts import is_claimed
from core.use_cases.refundable import can_give_back, gives_back
from core.use_cases.refunds import approve, check_refund_reason, refund_reference, tell_refund
from core.use_cases.unmatched import seen_unmatched


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingBack:
    """What may be sent back of a capture: at most how much of it, by which provider.

    `payment` is the one it was taken for, as far as known; `part` is how much of a capture the
    provider can give back.
    """

    captured: Money
    most: Money
    provider: str
    part: PartOf
    payment: Payment | None

    def check(self, amount: Money) -> None:
        """Let an amount pass that may go back.

        Raises:
            AboveRefundable: it is more than that.
            StaleCard: the provider gives back all or nothing.
        """
        if self.most < amount:
            raise AboveRefundable(most=self.most)
        if not can_give_back(self.part, amount, captured=self.captured):
            raise StaleCard


def sending_back(tx: Transaction, *, actor: Actor, unmatched_id: UnmatchedId) -> SendingBack:
    """Return what the actor may send back of unmatched money.

    Raises:
        NotAllowed: he lacks `reports:view` or `payments:refund:request`, or it was taken for a
            payment of his household's; OwnBill: he has a part in its bill.
        NotFound: there is none of this id here.
        PaymentContested: the payer's bank claims the money.
        UnmatchedGone: it was matched or sent back meanwhile.
        StaleCard: no provider can give it back.
    """
    kept = seen_unmatched(tx, actor=actor, unmatched_id=unmatched_id)
    if not kept.free.is_positive:
        raise UnmatchedGone
    if kept.key is None:
        raise StaleCard
    if is_claimed(tx, unmatched=kept):
        raise PaymentContested(payment_id=kept.payment_id)
    choice = _choice(tx, actor, kept.key, kept.payment_id, kept.amount, kept.free)
    if choice.part is PartOf.WHOLE and not kept.is_whole:
        raise StaleCard
    return choice


def sending_difference_back(
    tx: Transaction, *, actor: Actor, difference_id: DifferenceId
) -> SendingBack:
    """Return what the actor may send back of a capture that the books do not have: all of it.

    Raises:
        NotAllowed, OwnBill, NotFound, PaymentContested: as `sending_back`; deciding about a
            difference takes `finance:adjust:initiate` as well.
        StaleCard: it has ended, is in the books by now, or no provider can give it back.
    """
    found = matchable_difference(tx, actor=actor, difference_id=difference_id)
    key = CaptureKey(found.configuration_id, found.provider_id)
    if tx.chargebacks.open_for(key) is not None:
        raise PaymentContested(payment_id=found.payment_id)
    return _choice(tx, actor, key, found.payment_id, found.listed, found.listed)


def may_send_back(tx: Transaction, *, actor: Actor, unmatched: Unmatched) -> bool:
    """Tell whether the actor may send unmatched money back now."""
    try:
        sending_back(tx, actor=actor, unmatched_id=unmatched.id)
    except Refusal:
        return False
    return True


def may_send_difference_back(tx: Transaction, *, actor: Actor, difference: Difference) -> bool:
    """Tell whether the actor may send a difference's money back now."""
    try:
        sending_difference_back(tx, actor=actor, difference_id=difference.id)
    except Refusal:
        return False
    return True


def send_back(
    tx: Transaction, *, actor: Actor, unmatched_id: UnmatchedId, amount: Money, reason: str
) -> Refund:
    """Hold unmatched money and begin to give it back by the way it came.

    Raises:
        NotAllowed, OwnBill, NotFound, PaymentContested, UnmatchedGone, StaleCard: as
            `sending_back`.
        PinNeeded: the actor has no PIN.
        OutflowsFrozen: the books were put back.
        TenantClosed: the tenant moves no money.
        InvalidAmount, AboveRefundable: the amount.
        InvalidInput, TooLong: a reason is owed, and not a book.
        MoneyStopped: the books are being checked.
    """
    payment_id = seen_unmatched(tx, actor=actor, unmatched_id=unmatched_id).payment_id
    if payment_id is not None:
        tx.payments.lock(payment_id)
    choice = sending_back(tx, actor=actor, unmatched_id=unmatched_id)
    _check_may_leave(tx, actor, reason)
    kept = tx.unmatched.get(unmatched_id)
    reserved = kept.reserve(amount)
    choice.check(amount)
    refund_id = RefundId(tx.new_id())
    hold = place_hold(
        tx,
        tenant_id=kept.tenant_id,
        account_id=kept.account_id,
        amount=amount,
        subject=Subject(kind="refund", id=refund_id),
    )
    refund = tx.refunds.add(
        Refund(
            id=refund_id,
            tenant_id=kept.tenant_id,
            unmatched_id=kept.id,
            payer_id=None if choice.payment is None else choice.payment.payer_id,
            reference=refund_reference(tx, refund_id=refund_id),
            currency=kept.currency,
            amount_minor=amount.minor,
            destination=Destination.ORIGINAL,
            origin=Origin.STAFF,
            requested_at=tx.now,
            requested_by=actor.person_id,
            reason_id=tx.add_note(kept.tenant_id, reason.strip()),
            attempt_id=kept.attempt_id,
            configuration_id=kept.configuration_id,
            capture=kept.capture,
            hold_id=hold.id,
        )
    )
    tx.unmatched.replace(kept, reserved)
    tell_refund(tx, name=EventName.REFUND_REQUESTED, refund=refund)
    return approve(tx, refund=refund, by=actor)


def send_difference_back(
    tx: Transaction, *, actor: Actor, difference_id: DifferenceId, reason: str
) -> Refund:
    """Book a capture that the books do not have, and begin to give all of it back.

    It is booked under the provider's own id: no look-up can credit it to anybody. Where the refund
    fails it waits among the unmatched money.

    Raises:
        NotAllowed, OwnBill, NotFound, PaymentContested, StaleCard: as
            `sending_difference_back`.
        PinNeeded, OutflowsFrozen, TenantClosed, InvalidInput, TooLong, MoneyStopped: as
            `send_back`.
    """
    choice = sending_difference_back(tx, actor=actor, difference_id=difference_id)
    choice.check(choice.most)
    _check_may_leave(tx, actor, reason)
    found = tx.differences.get(difference_id)
    booked = book_difference(tx, difference=found)
    end_booked(tx, actor=actor, difference=found, booked=booked, reason=reason)
    return send_back(tx, actor=actor, unmatched_id=booked.id, amount=found.listed, reason=reason)


def _check_may_leave(tx: Transaction, actor: Actor, reason: str) -> None:
    if not tx.people.person(actor.person_id).has_pin:
        raise PinNeeded
    if tx.freeze.find() is not None:
        raise OutflowsFrozen
    check_refund_reason(reason)
    tx.tenants.get(actor.tenant_id).check_open()


def _choice(  # noqa: PLR0917 - what a capture is known by
    tx: Transaction,
    actor: Actor,
    key: CaptureKey,
    payment_id: PaymentId | None,
    captured: Money,
    most: Money,
) -> SendingBack:
    actor.check(Scope.REFUND_REQUEST, actor.tenant_id)
    payment = None if payment_id is None else tx.payments.get(payment_id)
    if payment is not None:
        check_no_part(tx, actor=actor, payment=payment, scope=Scope.REFUND_REQUEST)
    provider = tx.configurations.get(key.configuration_id).provider
    part = gives_back(tx, provider=provider)
    if part is PartOf.NOTHING:
        raise StaleCard
    return SendingBack(captured=captured, most=most, provider=provider, part=part, payment=payment)

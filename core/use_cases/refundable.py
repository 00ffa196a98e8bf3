"""What may go back of a payment: to whom it belongs now, and by which ways it could leave."""

from dataclasses import dataclass

from core.domain.captures import CaptureKey
from core.domain.configurations import ConfigurationId
from core.domain.errors import AboveRefundable, NotAllowed, NotFound, OwnBill, PaymentContested
from core.domain.money import Money
from core.domain.payments import (
    Allocation,
    Attempt,
    AttemptStatus,
    Method,
    Payment,
    PaymentId,
    PaymentStatus,
)
from core.domain.people import Actor, Scope
from core.domain.providers import PartOf
from core.domain.refunds import Refundable
from core.ports import Transaction
from core.use_cases.payments import check_no_part


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """What a payment's refund is taken from at its provider."""

    attempt: Attempt
    provider_id: str
    configuration_id: ConfigurationId
    captured: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What may go back of a payment: at most how much, and which ways are open.

    `capture` is None where the money did not come through a provider that is known; `gives_back` is
    how much of it that provider can give back.
    """

    payment: Payment
    refundable: Refundable
    most: Money
    capture: Capture | None
    gives_back: PartOf = PartOf.NOTHING

    def may_go_back(self, amount: Money) -> bool:
        """Tell whether an amount can go back by the way it came."""
        if self.capture is None:
            return False
        return can_give_back(self.gives_back, amount, captured=self.capture.captured)


def refund_choice(tx: Transaction, *, actor: Actor, payment_id: PaymentId) -> Choice:
    """Return what staff may refund of a payment.

    Raises:
        NotAllowed: the actor lacks `payments:refund:request`, or it is a payment of his
            household's; OwnBill: he has a part in its bill.
        NotFound: there is none in his tenant, or nothing of it reached the tenant.
        PaymentContested: the payer's bank claims the money.
        AboveRefundable: nothing is left to refund.
    """
    payment = payment_to_refund(tx, actor=actor, payment_id=payment_id)
    refundable = refundable_of(tx, payment=payment)
    most = most_of(tx, payment=payment, refundable=refundable)
    capture = capture_of(tx, payment=payment)
    return Choice(
        payment=payment,
        refundable=refundable,
        most=most,
        capture=capture,
        gives_back=PartOf.NOTHING
        if capture is None
        else gives_back(tx, provider=capture.attempt.provider),
    )


def may_refund(tx: Transaction, *, actor: Actor, payment_id: PaymentId) -> bool:
    """Tell whether the actor may refund something of a payment, or could but for a bank's claim."""
    try:
        refund_choice(tx, actor=actor, payment_id=payment_id)
    except PaymentContested:
        return True
    except (NotAllowed, OwnBill, NotFound, AboveRefundable):
        return False
    return True


def most_of(tx: Transaction, *, payment: Payment, refundable: Refundable) -> Money:
    """Return what may go back of a payment now, which is positive.

    Raises:
        PaymentContested: the payer's bank claims the money.
        AboveRefundable: nothing is left to refund.
    """
    if refundable.contested_at is not None:
        raise PaymentContested(payment_id=payment.id)
    most = min(refundable.rest, left_to_refund(tx, payment=payment, refundable=refundable))
    if not most.is_positive:
        raise AboveRefundable(most=most)
    return most


def gives_back(tx: Transaction, *, provider: str) -> PartOf:
    """Return how much of a capture a provider can give back; nothing, of one that is gone."""
    known = tx.configurations.capabilities(provider)
    return PartOf.NOTHING if known is None else known.refunds


def can_give_back(part: PartOf, amount: Money, *, captured: Money) -> bool:
    """Tell whether a provider that gives back so much can give back just this amount."""
    return part is PartOf.ANY or (part is PartOf.WHOLE and amount == captured)


def capture_of(tx: Transaction, *, payment: Payment) -> Capture | None:
    """Return the capture that paid a payment's bill, with the attempt it came by."""
    allocations = tx.payments.allocations_of(payment.id)
    if payment.method is not Method.PROVIDER or not allocations:
        return None
    journal = tx.ledger.journal(allocations[0].journal_id)
    key = CaptureKey.read(journal.key)
    if key is None:
        return None
    tried = [
        each
        for each in tx.payments.attempts(payment.id)
        if each.configuration_id == key.configuration_id and each.status is AttemptStatus.SETTLED
    ]
    # The capture that completes a payment is posted in the act that settles its attempt.
    same = [each for each in tried if each.verified_at == journal.posted_at] or tried
    if not same:
        return None
    return Capture(
        attempt=same[0],
        provider_id=key.provider_id,
        configuration_id=key.configuration_id,
        captured=tx.ledger.transfers(journal.id)[0].leg.amount,
    )


def payment_to_refund(tx: Transaction, *, actor: Actor, payment_id: PaymentId) -> Payment:
    """Return a paid payment of the tenant's in which the actor has no part.

    Raises:
        NotAllowed: the actor lacks `payments:refund:request`, or it is a payment of his
            household's; OwnBill: he has a part in its bill.
        NotFound: there is none of this id, or it paid no bill.
    """
    actor.check(Scope.REFUND_REQUEST, actor.tenant_id)
    payment = tx.payments.get(payment_id)
    is_here = payment.tenant_id == actor.tenant_id
    if not is_here or payment.status is not PaymentStatus.COMPLETED or payment.bill_id is None:
        raise NotFound(kind="payment")
    check_no_part(tx, actor=actor, payment=payment, scope=Scope.REFUND_REQUEST)
    return payment


def refundable_of(tx: Transaction, *, payment: Payment) -> Refundable:
    """Return what refunds come to without beginning to keep it: looking must not write."""
    found = tx.refunds.find_refundable(payment.id)
    if found is not None:
        return found.grown(payment)
    return Refundable(
        payment_id=payment.id,
        tenant_id=payment.tenant_id,
        currency=payment.currency,
        captured_minor=payment.captured_minor,
    )


def left_to_refund(tx: Transaction, *, payment: Payment, refundable: Refundable) -> Money:
    """Return what reached the tenant and is neither back nor on its way back."""
    reached = sum(map(_kept, tx.payments.allocations_of(payment.id)))
    return Money(max(0, reached - refundable.open_minor), payment.currency)


def _kept(allocation: Allocation) -> int:
    return allocation.amount.minor - allocation.returned_minor

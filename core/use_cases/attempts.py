"""New attempts: a payment asked through one provider, under a reference of ours."""

from dataclasses import replace
from datetime import timedelta

from core.domain.acts import EventName
from core.domain.bills import Bill
from core.domain.calendar import working_days_after
from core.domain.configurations import Configuration
from core.domain.money import Money
from core.domain.payments import (
    NO_METHOD,
    Attempt,
    AttemptId,
    Method,
    MethodId,
    Payment,
    PaymentId,
    Purpose,
)
from core.domain.people import Actor
from core.domain.providers import LinkRequest, Pending
from core.domain.references import payment_of, reference_of
from core.domain.work import Due
from core.ports import Transaction
from core.use_cases.choice import check_way
from core.use_cases.payments import tell
from core.use_cases.standings import let_try


def add_payment(tx: Transaction, *, actor: Actor, bill: Bill | None, amount: Money) -> Payment:
    """Store that money is asked from the actor, for a bill or for his wallet; it ends in time."""
    tenant = tx.tenants.get(actor.tenant_id)
    end = tx.now + timedelta(minutes=tenant.policy.link_minutes)
    payment = Payment(
        id=PaymentId(tx.new_id()),
        token=tx.token(),
        tenant_id=tenant.id,
        payer_id=actor.person_id,
        purpose=Purpose.TOP_UP if bill is None else Purpose.BILL,
        bill_id=None if bill is None else bill.id,
        method=Method.PROVIDER,
        currency=amount.currency,
        amount_minor=amount.minor,
        created_at=tx.now,
        expires_at=end,
    )
    tx.work.plan(Due(due_at=end, kind="payment_expiry", subject=payment.id, period="1"))
    return tx.payments.add(payment)


def add_attempt(
    tx: Transaction,
    *,
    payment: Payment,
    configuration: Configuration,
    number: int,
    method_id: MethodId = NO_METHOD,
) -> Attempt:
    """Store a try with one provider; `method_id` is the payer's saved method that it charges.

    Raises:
        NoProvider, NotTaken: this configuration may not be used here, or not for this.
    """
    check_way(tx, payment=payment, configuration=configuration)
    if method_id == NO_METHOD:
        let_try(tx, configuration_id=configuration.id)
    attempt = Attempt(
        id=AttemptId(tx.new_id()),
        payment_id=payment.id,
        tenant_id=payment.tenant_id,
        number=number,
        configuration_id=configuration.id,
        provider=configuration.provider,
        reference=reference_of(payment.id, number=number, key=tx.key(8)),
        created_at=tx.now,
        method_id=method_id,
    )
    return tx.payments.add_attempt(attempt)


def find_attempt(tx: Transaction, *, provider: str, reference: str) -> Attempt | None:
    """Return the attempt that a provider names without saying under which configuration."""
    payment_id = payment_of(reference)
    tried = () if payment_id is None else tx.payments.attempts(payment_id)
    named = (each for each in tried if (each.provider, each.reference) == (provider, reference))
    return next(named, None)


def hear_waiting(tx: Transaction, *, attempt: Attempt, outcome: Pending) -> Attempt:
    """Keep what an attempt waits for, and that its payer has paid; he is told of a change."""
    heard = replace(attempt, needs=outcome.needs, is_clearing=outcome.is_clearing)
    if heard == attempt:
        return attempt
    if outcome.clears_in_days and not attempt.is_clearing:
        by = working_days_after(tx.now, outcome.clears_in_days)
        heard = replace(heard, cleared_by=by)
    stored = tx.payments.replace_attempt(attempt, heard)
    tell(tx, name=EventName.PAYMENT_CHANGED, payment=tx.payments.get(attempt.payment_id))
    return stored


def link_request(tx: Transaction, *, attempt: Attempt, payment: Payment) -> LinkRequest:
    """Return what a provider is asked for an attempt."""
    tenant = tx.tenants.get(payment.tenant_id)
    payer = tx.people.person(payment.payer_id)
    number = "" if payment.bill_id is None else tx.bills.get(payment.bill_id).number
    return LinkRequest(
        reference=attempt.reference,
        amount=payment.amount,
        email=payer.email or tenant.billing_email or f"payer-{payer.id}@invalid.example",
        title=f"{tenant.name} {number}".strip(),
        return_url="",
        expires_at=payment.expires_at or tx.now + timedelta(hours=1),
        phone=payer.phone if payer.phone_verified_at else "",
        keeps_method=tx.methods.preference(payer.id, tenant.id).is_keeping,
    )

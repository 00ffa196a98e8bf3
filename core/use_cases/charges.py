"""Charging saved methods: the same payments and attempts as by link, but for the page.

The caller has asked for the payer's PIN now; who has none charges nothing, however little, or
an unlocked phone would spend without limit.
"""

from core.domain.acts import Event, EventName
from core.domain.bills import BillId
from core.domain.calendar import local_date
from core.domain.errors import MethodGone, NotFound, PinNeeded
from core.domain.ledger import Subject
from core.domain.methods import WINDOW, PaymentMethod
from core.domain.money import Money
from core.domain.payments import Attempt, MethodId, Payment
from core.domain.people import Actor
from core.domain.providers import ChargeRequest
from core.ports import Transaction
from core.use_cases.attempts import link_request
from core.use_cases.links import open_bill_link, open_top_up
from core.use_cases.methods import is_usable, own_method


def charge_bill(
    tx: Transaction,
    *,
    actor: Actor,
    bill_id: BillId,
    revision: int,
    amount: Money,
    method_id: MethodId,
) -> Payment:
    """Ask for a bill, or a part of it, to be charged to a saved method of the actor's.

    Raises:
        NotFound, StaleCard, NotAcknowledged, BillDisputed, BillSettled, BillCancelled: the bill.
        NotFound, MethodGone: the method is removed, or no good any more.
        MethodWaits, MethodLimited: it may not be charged yet, or not so much.
        PinNeeded: the actor has no PIN.
        InvalidAmount, BelowMinimum, AboveRest: the amount.
        PaymentOpen: a payment of the payer's for this bill is still open.
        NoProvider: the method's provider takes no money here any more.
    """
    method = _agreed(tx, actor, method_id, amount)
    payment = open_bill_link(
        tx,
        actor=actor,
        bill_id=bill_id,
        revision=revision,
        amount=amount,
        configuration=tx.configurations.get(method.configuration_id),
        method_id=method.id,
    )
    return _begun(tx, method, payment)


def charge_top_up(tx: Transaction, *, actor: Actor, amount: Money, method_id: MethodId) -> Payment:
    """Ask for the actor's wallet to be filled from a saved method of his.

    Raises:
        NotFound, MethodGone: the method is removed, or no good any more.
        MethodWaits, MethodLimited: it may not be charged yet, or not so much.
        PinNeeded: the actor has no PIN.
        InvalidAmount, AmountOutOfRange: the amount.
        NoProvider, NotTaken: the method's provider takes no money here any more, or not this.
    """
    method = _agreed(tx, actor, method_id, amount)
    payment = open_top_up(
        tx,
        actor=actor,
        amount=amount,
        configuration=tx.configurations.get(method.configuration_id),
        method_id=method.id,
    )
    return _begun(tx, method, payment)


def charge_request(tx: Transaction, *, attempt: Attempt) -> ChargeRequest | None:
    """Return what a provider is asked for a charge; None where the method was removed meanwhile.

    It holds the provider's token: for the call alone. The caller fills the address.
    """
    payment = tx.payments.get(attempt.payment_id)
    try:
        method = tx.methods.get(attempt.method_id)
    except NotFound:
        return None
    return ChargeRequest(
        reference=attempt.reference,
        amount=payment.amount,
        method=tx.methods.secret(method),
        title=link_request(tx, attempt=attempt, payment=payment).title,
    )


def charged_lately(tx: Transaction, *, method: PaymentMethod) -> Money:
    """Return what a method was charged within the last `WINDOW`."""
    tenant = tx.tenants.get(method.tenant_id)
    return Money(tx.methods.charged_since(method.id, tx.now - WINDOW), tenant.currency)


def _agreed(tx: Transaction, actor: Actor, method_id: MethodId, amount: Money) -> PaymentMethod:
    """Return the method as it was before this charge, which is noted: two at once cannot pass."""
    method = own_method(tx, actor=actor, method_id=method_id)
    if not tx.people.person(actor.person_id).has_pin:
        raise PinNeeded
    tenant = tx.tenants.get(actor.tenant_id)
    method.check_good(today=local_date(tx.now, tenant.timezone))
    if not is_usable(tx, method=method):
        raise MethodGone(method=method)
    method.check_charge(amount, charged=charged_lately(tx, method=method), at=tx.now)
    tx.methods.replace(method, method.charge(at=tx.now))
    return method


def _begun(tx: Transaction, method: PaymentMethod, payment: Payment) -> Payment:
    attempt = tx.payments.attempts(payment.id)[-1]
    tx.methods.note_charge(attempt.id, method.label)
    if method.is_new_again(at=tx.now):
        tx.events.append(
            Event(
                name=EventName.PAYMENT_METHOD_CHARGED,
                tenant_id=method.tenant_id,
                subject=Subject(kind="method", id=method.id),
                person_id=method.person_id,
                other_id=payment.id,
            )
        )
    return payment

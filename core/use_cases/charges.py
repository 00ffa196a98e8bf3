"""Charging saved methods: the same payments and attempts as by link, but for the page.

The caller has asked for the payer's PIN now; who has none charges nothing, however little, or
an unlocked phone would spend without limit.
"""

from core.domain.bills import BillId
from core.domain.calendar import local_date
from core.domain.errors import NotFound, PinNeeded
from core.domain.methods import PaymentMethod
from core.domain.money import Money
from core.domain.payments import Attempt, MethodId, Payment
from core.domain.people import Actor
from core.domain.providers import ChargeRequest
from core.ports import Transaction
from core.use_cases.attempts import link_request
from core.use_cases.links import open_bill_link, open_top_up
from core.use_cases.methods import own_method


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
        PinNeeded: the actor has no PIN.
        InvalidAmount, BelowMinimum, AboveRest: the amount.
        PaymentOpen: a payment of the payer's for this bill is still open.
        NoProvider: the method's provider takes no money here any more.
    """
    method = _agreed(tx, actor, method_id)
    return open_bill_link(
        tx,
        actor=actor,
        bill_id=bill_id,
        revision=revision,
        amount=amount,
        configuration=tx.configurations.get(method.configuration_id),
        method_id=method.id,
    )


def charge_top_up(tx: Transaction, *, actor: Actor, amount: Money, method_id: MethodId) -> Payment:
    """Ask for the actor's wallet to be filled from a saved method of his.

    Raises:
        NotFound, MethodGone: the method is removed, or no good any more.
        PinNeeded: the actor has no PIN.
        InvalidAmount, AmountOutOfRange: the amount.
        NoProvider, NotTaken: the method's provider takes no money here any more, or not this.
    """
    method = _agreed(tx, actor, method_id)
    return open_top_up(
        tx,
        actor=actor,
        amount=amount,
        configuration=tx.configurations.get(method.configuration_id),
        method_id=method.id,
    )


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


def _agreed(tx: Transaction, actor: Actor, method_id: MethodId) -> PaymentMethod:
    method = own_method(tx, actor=actor, method_id=method_id)
    if not tx.people.person(actor.person_id).has_pin:
        raise PinNeeded
    tenant = tx.tenants.get(actor.tenant_id)
    method.check_good(today=local_date(tx.now, tenant.timezone))
    return method

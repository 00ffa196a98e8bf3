"""What a bill is paid with by link: a page of a provider, or a saved method of the payer's own."""

from collections.abc import Mapping

from core.domain.bills import Bill
from core.domain.configurations import ConfigurationId
from core.domain.methods import PaymentMethod
from core.domain.money import Money
from core.domain.payments import MethodId, Payment
from core.ports import Transaction
from core.use_cases.charges import charge_bill, charged_lately
from core.use_cases.choice import ways
from core.use_cases.links import open_bill_link
from core.use_cases.methods import good_methods
from handlers.screens.charges import NO_CHARGE, Charge
from handlers.visit import DRAFT, Visit, ask_for_pin, card_of, number, offer


def charge_act(
    tx: Transaction, visit: Visit, bill: Bill, amount: Money, figures: Mapping[str, int | None]
) -> Charge:
    """Return the saved method that is offered for a bill, with its buttons."""
    bound = {"bill": bill.id, "revision": bill.revision, "amount": amount.minor, **figures}
    return _act(tx, visit, amount, "bill.charge", bill=bill, bound=bound)


def top_up_act(tx: Transaction, visit: Visit, amount: Money, *, draft: str) -> Charge:
    """Return the same for a top-up; `draft` is what each of its buttons spends."""
    bound: dict[str, object] = {"minor": amount.minor, DRAFT: draft}
    return _act(tx, visit, amount, "topup.charge", bill=None, bound=bound)


def _act(
    tx: Transaction,
    visit: Visit,
    amount: Money,
    verb: str,
    *,
    bill: Bill | None,
    bound: Mapping[str, object],
) -> Charge:
    """Offer the payer's default, or the newest method that takes this amount."""
    tenant, actor = visit.here
    good = good_methods(tx, actor=actor)
    if not good:
        return NO_CHARGE
    found = ways(tx, tenant_id=tenant.id, payer_id=actor.person_id, amount=amount, bill=bill)
    taking = {each.configuration.id for each in found}
    offered = [each for each in good if each.configuration_id in taking]
    standing = [(each, _obstacle(tx, each, amount)) for each in offered]
    method, obstacle = next(
        (pair for pair in standing if pair[1] is None), next(iter(standing), (None, None))
    )
    if method is None or obstacle is not None:
        return obstacle or NO_CHARGE
    pay = offer(tx, visit, verb, method=method.id, **bound)
    if not visit.person.has_pin:
        return Charge(method=method.title, pin=ask_for_pin(tx, visit, back=card_of(pay)))
    return Charge(method=method.title, pay=pay)


def _obstacle(tx: Transaction, method: PaymentMethod, amount: Money) -> Charge | None:
    """Return why a method cannot be charged this amount now, None where it can."""
    if method.is_waiting(at=tx.now):
        return Charge(method=method.title, until=method.waits_until)
    left = method.left(charged_lately(tx, method=method))
    is_enough = left is None or amount <= left
    return None if is_enough else Charge(method=method.title, left=left)


def open_payment(tx: Transaction, visit: Visit, bill: Bill) -> Payment:
    """Open what the pressed button of a confirm card says: a page, or a charge."""
    arguments = visit.intent.arguments if visit.intent else {}
    revision, amount = number(arguments, "revision"), number(arguments, "amount")
    if "method" in arguments:
        return charge_bill(
            tx,
            actor=visit.here[1],
            bill_id=bill.id,
            revision=revision,
            amount=Money(amount, bill.currency),
            method_id=MethodId(number(arguments, "method")),
        )
    configuration_id = ConfigurationId(number(arguments, "configuration"))
    return open_bill_link(
        tx,
        actor=visit.here[1],
        bill_id=bill.id,
        revision=revision,
        amount=Money(amount, bill.currency),
        configuration=tx.configurations.get(configuration_id),
    )

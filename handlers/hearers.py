"""Who hears of an event, chosen in its transaction: the actor is known and saw it himself."""

from collections.abc import Callable, Sequence

from core.domain.acts import Event, EventName
from core.domain.bills import BillId
from core.domain.disputes import DisputeId, DisputeStatus
from core.domain.people import PersonId, Scope
from core.domain.tenants import PLATFORM
from core.ports import Transaction
from core.use_cases.disputes import rejections

Recipients = Callable[[Transaction, Event], Sequence[PersonId]]


def debtors(tx: Transaction, event: Event) -> Sequence[PersonId]:
    """Return everybody who owes the event's bill, but the actor."""
    bill = tx.bills.get(BillId(event.subject.id))
    people = [m.person_id for m in tx.people.members_of_unit(bill.unit_id)]
    if bill.debtor_id is not None:
        people.append(bill.debtor_id)
    return _but_actor(tx, people)


def holders(scope: Scope) -> Recipients:
    """Return a finder of everybody who holds a scope, but the actor."""

    def find(tx: Transaction, event: Event) -> Sequence[PersonId]:
        members = tx.people.members_with(event.tenant_id, scope)
        return _but_actor(tx, [member.person_id for member in members])

    return find


def after_dispute(tx: Transaction, event: Event) -> Sequence[PersonId]:
    """Return who hears of a dispute's end: an amended or cancelled bill is told as such."""
    status = tx.disputes.get(DisputeId(event.other_id)).status
    if status is DisputeStatus.REJECTED:
        return debtors(tx, event)
    if status is DisputeStatus.WITHDRAWN:
        return holders(Scope.BILLS_DISPUTE_RESOLVE)(tx, event)
    return ()


def dispute_hearers(tx: Transaction, event: Event) -> Sequence[PersonId]:
    """Return who may decide a dispute: checkers, too, where one was rejected before."""
    hearers = [*holders(Scope.BILLS_DISPUTE_RESOLVE)(tx, event)]
    if rejections(tx, dispute=tx.disputes.get(DisputeId(event.other_id))):
        hearers += holders(Scope.REFUND_APPROVE)(tx, event)
    return list(dict.fromkeys(hearers))


def around_payer(tx: Transaction, event: Event) -> Sequence[PersonId]:
    """Return the household and staff, without who paid."""
    people = [*debtors(tx, event), *holders(Scope.BILLS_MANAGE)(tx, event)]
    return [person_id for person_id in people if person_id != event.person_id]


def keepers(tx: Transaction, event: Event) -> Sequence[PersonId]:
    """Return who keeps the money, without who hears of the bill or paid it himself."""
    told_of_bill = set(around_payer(tx, event))
    found = holders(Scope.FINANCE_VIEW)(tx, event)
    return [each for each in found if each not in told_of_bill and each != event.person_id]


def payer(tx: Transaction, event: Event) -> Sequence[PersonId]:
    """Return whom the event concerns most."""
    return [PersonId(event.person_id)] if event.person_id else []


def payer_elsewhere(tx: Transaction, event: Event) -> Sequence[PersonId]:
    """Return the payer, unless it is the actor: he saw it."""
    return _but_actor(tx, payer(tx, event))


def refunders(tx: Transaction, event: Event) -> Sequence[PersonId]:
    """Return who gives money back and who watches over it, but the actor."""
    found = [*holders(Scope.REFUND_REQUEST)(tx, event), *holders(Scope.FINANCE_VIEW)(tx, event)]
    return list(dict.fromkeys(found))


def surplus_payer(tx: Transaction, event: Event) -> Sequence[PersonId]:
    """Return the payer, unless the same money is told of as late."""
    is_late = any(
        other.name is EventName.PAYMENT_LATE_CAPTURE and other.other_id == event.other_id
        for other in tx.events
    )
    return [] if is_late else payer(tx, event)


def reporters(tx: Transaction, event: Event) -> Sequence[PersonId]:
    """Return who sees the reports, but the actor."""
    return holders(Scope.REPORTS_VIEW)(tx, event)


def unmatched_hearers(tx: Transaction, event: Event) -> Sequence[PersonId]:
    """Return who sees the reports, and the payer."""
    return [*reporters(tx, event), *payer(tx, event)]


def about_providers(tx: Transaction, event: Event) -> Sequence[PersonId]:
    """Return who keeps keys or watches over the money, but the actor."""
    keepers = holders(Scope.SETTINGS_PROVIDERS)(tx, event)
    return [*keepers, *holders(Scope.FINANCE_VIEW)(tx, event)]


def about_trouble(tx: Transaction, event: Event) -> Sequence[PersonId]:
    """Return who keeps keys, runs the organisation or watches over the money."""
    return [*about_providers(tx, event), *holders(Scope.SETTINGS_MANAGE)(tx, event)]


def pin_hearers(tx: Transaction, event: Event) -> Sequence[PersonId]:
    """Return whose PIN it is, and who manages the members there."""
    staff: Sequence[PersonId] = ()
    if event.tenant_id != PLATFORM:
        staff = holders(Scope.MEMBERS_MANAGE)(tx, event)
    return [*payer(tx, event), *staff]


def _but_actor(tx: Transaction, people: Sequence[PersonId]) -> list[PersonId]:
    return [person_id for person_id in people if person_id != tx.cause.person_id]

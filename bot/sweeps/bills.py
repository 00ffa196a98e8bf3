"""Bills that are due for a reminder or have become overdue: one digest a person and day.

After a restore nobody is reminded until the release: he may have paid, and the books do not know.
"""

from datetime import datetime
from typing import Final

from bot.engine.due import handle_each
from core.domain.acts import Event, EventName
from core.domain.bills import Acknowledgment, Bill, BillId, Life
from core.domain.calendar import local_date
from core.domain.ledger import Subject
from core.domain.people import PersonId
from core.domain.reminders import NUDGE, OVERDUE, REMINDER
from core.domain.tenants import Tenant
from core.domain.work import Due
from core.use_cases.reminders import pass_reminders
from storage.transaction import SqlTransaction

BATCH: Final = 200


def remind(tx: SqlTransaction, *, at: datetime) -> int:
    """Send the digests of reminders and nudges that are due."""
    if tx.freeze.find() is not None:
        return 0
    return sum(_digest(tx, kind, at=at) for kind in (REMINDER, NUDGE))


def overdue(tx: SqlTransaction, *, at: datetime) -> int:
    """Send the digests of bills that have become overdue, and of those nobody was reminded of.

    A bill has one planned row: it may still stand for a reminder whose time came before.
    """
    if tx.freeze.find() is not None:
        return 0
    return catch_up(tx, at=at)


def catch_up(tx: SqlTransaction, *, at: datetime) -> int:
    """Send every digest that is due, whatever stands in the way."""
    return sum(_digest(tx, kind, at=at) for kind in (OVERDUE, REMINDER, NUDGE))


def _digest(tx: SqlTransaction, kind: str, *, at: datetime) -> int:
    due = tx.work.take_due(kind, at=at, limit=BATCH)

    def tell(each: Due) -> None:
        bill = tx.bills.get(BillId(each.subject))
        tenant = tx.tenants.get(bill.tenant_id)
        passed = pass_reminders(tx, due=each, bill=bill, tenant=tenant, at=at)
        if any(_is_worth_telling(bill, step.kind) for step in passed):
            _tell_debtors(tx, bill, tenant, at=at)

    return handle_each(tx, due, tell, at=at)


def _is_worth_telling(bill: Bill, kind: str) -> bool:
    is_open = bill.life is Life.OPEN and bill.rest.is_positive
    if kind == NUDGE:
        return is_open and bill.acknowledgment is Acknowledgment.PENDING
    return is_open and bill.acknowledgment is not Acknowledgment.DISPUTED


def _tell_debtors(tx: SqlTransaction, bill: Bill, tenant: Tenant, *, at: datetime) -> None:
    day = local_date(at, tenant.timezone).isoformat()
    people = [m.person_id for m in tx.people.members_of_unit(bill.unit_id)]
    if bill.debtor_id is not None:
        people.append(PersonId(bill.debtor_id))
    for person_id in people:
        if tx.work.see("digest", f"{tenant.id}:{person_id}:{day}"):
            tx.events.append(
                Event(
                    name=EventName.BILL_REMINDER,
                    tenant_id=tenant.id,
                    subject=Subject(kind="person", id=person_id),
                    person_id=person_id,
                )
            )

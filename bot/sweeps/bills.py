"""Bills that are due for a reminder or have become overdue: one digest a person and day."""

from datetime import datetime
from typing import Final

from bot.engine.due import handle_each
from core.domain.acts import Event, EventName
from core.domain.bills import Acknowledgment, Bill, BillId, Life
from core.domain.calendar import local_date
from core.domain.ledger import Subject
from core.domain.people import PersonId
from core.domain.work import Due
from storage.transaction import SqlTransaction

BATCH: Final = 200


def remind(tx: SqlTransaction, *, at: datetime) -> int:
    """Send the digests of reminders and nudges that are due."""
    return _digest(tx, "bill_reminder", at=at) + _digest(tx, "bill_nudge", at=at)


def overdue(tx: SqlTransaction, *, at: datetime) -> int:
    """Send the digests of bills that have become overdue."""
    return _digest(tx, "bill_overdue", at=at)


def _digest(tx: SqlTransaction, kind: str, *, at: datetime) -> int:
    due = tx.work.take_due(kind, at=at, limit=BATCH)

    def tell(each: Due) -> None:
        bill = tx.bills.get(BillId(each.subject))
        if _is_worth_telling(bill, kind):
            _tell_debtors(tx, bill, at=at)

    return handle_each(tx, due, tell, at=at)


def _is_worth_telling(bill: Bill, kind: str) -> bool:
    is_open = bill.life is Life.OPEN and bill.rest.is_positive
    if kind == "bill_nudge":
        return is_open and bill.acknowledgment is Acknowledgment.PENDING
    return is_open and bill.acknowledgment is not Acknowledgment.DISPUTED


def _tell_debtors(tx: SqlTransaction, bill: Bill, *, at: datetime) -> None:
    tenant = tx.tenants.get(bill.tenant_id)
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

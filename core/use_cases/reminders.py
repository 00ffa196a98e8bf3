"""Reminders of bills: one row a bill is planned, for the next step; it moves on when that came."""

from datetime import datetime

from core.domain.bills import Bill, BillId
from core.domain.reminders import KINDS, steps_of
from core.domain.tenants import Tenant
from core.domain.work import Due
from core.ports import Transaction


def plan_reminders(tx: Transaction, *, bill: Bill, tenant: Tenant) -> None:
    """Plan the first step of a bill's reminders that lies ahead, instead of what was planned."""
    unplan_reminders(tx, bill_id=bill.id)
    _plan_next(tx, steps_of(bill, tenant), after=tx.now)


def pass_reminders(
    tx: Transaction, *, due: Due, bill: Bill, tenant: Tenant, at: datetime
) -> tuple[Due, ...]:
    """Return every step that a row taken at a time stands for, and plan the one that follows.

    After a downtime these are several.
    """
    steps = steps_of(bill, tenant)
    # A row that failed was put off: it still stands for its own step and all that followed.
    since = min([due.due_at, *(step.due_at for step in steps if step.period == due.period)])
    _plan_next(tx, steps, after=at)
    return (due, *(step for step in steps if since <= step.due_at <= at))


def unplan_reminders(tx: Transaction, *, bill_id: BillId) -> None:
    """Forget what is planned for a bill."""
    tx.work.unplan(*KINDS, subject=bill_id)


def _plan_next(tx: Transaction, steps: tuple[Due, ...], *, after: datetime) -> None:
    following = next((step for step in steps if step.due_at > after), None)
    if following is not None:
        tx.work.plan(following)

"""When a bill reminds: nudges after it was issued, reminders before it is due, overdue notices."""

from datetime import timedelta
from typing import Final

from core.domain.bills import Bill
from core.domain.calendar import at_hour, local_date
from core.domain.tenants import Tenant
from core.domain.work import Due

NUDGE: Final = "bill_nudge"
"""Asks for the debtor's OK."""

REMINDER: Final = "bill_reminder"
OVERDUE: Final = "bill_overdue"
KINDS: Final = (NUDGE, REMINDER, OVERDUE)


def steps_of(bill: Bill, tenant: Tenant) -> tuple[Due, ...]:
    """Return every step of a bill's reminders by time, at the tenant's hour, past ones too.

    `period` names revision and step: each happens once.
    """
    policy = tenant.policy
    issued = local_date(bill.issued_at, tenant.timezone)
    days = [
        *((NUDGE, f"n{d}", issued + timedelta(days=d)) for d in policy.nudge_days),
        *((REMINDER, f"r{d}", bill.due_on - timedelta(days=d)) for d in policy.reminder_days),
        *((OVERDUE, f"o{d}", bill.due_on + timedelta(days=d)) for d in policy.overdue_days),
    ]
    steps = [
        Due(
            due_at=at_hour(day, policy.digest_hour, tenant.timezone),
            kind=kind,
            subject=bill.id,
            period=f"{bill.revision}:{step}",
        )
        for kind, step, day in days
    ]
    return tuple(sorted(steps, key=lambda step: step.due_at))

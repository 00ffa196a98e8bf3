"""Reminders of bills: one planned row, which moves from step to step."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.domain.reminders import steps_of
from core.use_cases.reminders import pass_reminders
from storage.schema import EPOCH
from storage.transaction import SqlTransaction
from tests.core.estate import TOTAL, Estate
from tests.core.use_cases.test_bills import cancel, contest


def planned(estate: Estate) -> list[tuple[str, str, str]]:
    found = estate.books.rows(
        "SELECT due_at, kind, period FROM due WHERE kind LIKE 'bill%' ORDER BY due_at"
    )
    return [(f"{EPOCH + timedelta(microseconds=at):%d %b %H}", k, p) for at, k, p in found]


def test_reminders_lie_ahead_at_the_tenants_hour(estate: Estate) -> None:
    bill = estate.issue()
    tenant = estate.look(lambda tx: tx.tenants.get(bill.tenant_id))
    steps = [(step.due_at, step.kind, step.period) for step in steps_of(bill, tenant)]
    nine = datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert steps[:7] == [
        (nine.replace(day=4), "bill_nudge", "1:n2"),
        (nine.replace(day=7), "bill_nudge", "1:n5"),
        (nine.replace(day=9), "bill_reminder", "1:r7"),
        (nine.replace(day=13), "bill_reminder", "1:r3"),
        (nine.replace(day=15), "bill_reminder", "1:r1"),
        (nine.replace(day=16), "bill_reminder", "1:r0"),
        (nine.replace(day=17), "bill_overdue", "1:o1"),
    ]


def test_one_row_is_planned_and_it_moves_on(estate: Estate) -> None:
    bill = estate.issue()
    assert planned(estate) == [("04 Mar 08", "bill_nudge", "1:n2")]
    estate.clock.move(days=8)

    def take(tx: SqlTransaction) -> list[str]:
        (due,) = tx.work.take_due("bill_nudge", at=tx.now, limit=9)
        tenant = tx.tenants.get(bill.tenant_id)
        passed = pass_reminders(tx, due=due, bill=bill, tenant=tenant, at=tx.now)
        return sorted({step.period for step in passed})

    assert estate.books.run(take) == ["1:n2", "1:n5", "1:r7"]
    assert planned(estate) == [("13 Mar 08", "bill_reminder", "1:r3")]


def test_a_row_that_was_put_off_forgets_no_step(estate: Estate) -> None:
    bill = estate.issue()
    tenant = estate.look(lambda tx: tx.tenants.get(bill.tenant_id))
    first, second, *_ = steps_of(bill, tenant)
    late = replace(first, due_at=second.due_at + timedelta(hours=1))

    def handle(tx: SqlTransaction) -> set[str]:
        passed = pass_reminders(tx, due=late, bill=bill, tenant=tenant, at=late.due_at)
        return {step.period for step in passed}

    assert estate.books.run(handle) == {first.period, second.period}


@pytest.mark.parametrize("how", ["paid", "paid by link", "cancelled", "disputed"])
def test_a_bill_that_needs_nothing_more_reminds_nobody(estate: Estate, how: str) -> None:
    estate.fund(estate.ada, TOTAL)
    bill = estate.agreed()
    if how == "paid":
        estate.pay(bill, TOTAL)
    elif how == "paid by link":
        estate.settle(estate.open_link(bill))
    elif how == "cancelled":
        cancel(estate, bill)
    else:
        contest(estate, bill)
    assert planned(estate) == []

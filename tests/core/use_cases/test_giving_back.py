"""Money that goes back when a bill is amended below what was paid, or cancelled."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from core.domain.acts import EventName
from core.domain.bills import Bill
from core.domain.errors import (
    BillCancelled,
    InsufficientFunds,
    OwnBill,
    PinNeeded,
)
from core.domain.ledger import AccountKind, JournalKind, Leg, Subject
from core.domain.people import NO_UNIT, Role
from core.use_cases.bills import (
    amend_bill,
    cancel_bill,
)
from core.use_cases.ledger import post
from tests.core.estate import TOTAL, Estate
from tests.factories import naira


def amend(estate: Estate, bill: Bill, total: int) -> Bill:
    return estate.do(
        amend_bill,
        actor=estate.admin,
        bill_id=bill.id,
        revision=estate.bill(bill).revision,
        total=naira(total),
        reason="Meter read again",
    )


def cancel(estate: Estate, bill: Bill) -> Bill:
    return estate.do(
        cancel_bill,
        actor=estate.admin,
        bill_id=bill.id,
        revision=estate.bill(bill).revision,
        reason="Issued twice",
    )


def spend_collected(estate: Estate, minor: int) -> None:
    """Take money out of the tenant's wallet, as a withdrawal would."""
    source = estate.account(AccountKind.TENANT_WALLET)
    target = estate.account(AccountKind.EXTERNAL)
    estate.do(
        post,
        tenant_id=estate.tenant.id,
        kind=JournalKind.HOLD_POSTED,
        subject=Subject(kind="test", id=1),
        key="spent",
        legs=[Leg(source=source.id, target=target.id, amount=naira(minor))],
    )


def test_amended_above_what_is_paid_gives_nothing_back(estate: Estate) -> None:
    estate.fund(estate.ada, TOTAL)
    bill = estate.agreed()
    estate.pay(bill, 200_000)
    after = amend(estate, bill, 300_000)
    assert (after.rest, after.refunded_minor) == (naira(100_000), 0)
    assert estate.balance(estate.ada) == 300_000


def paid_by_two(estate: Estate) -> Bill:
    """A bill of which Ada paid 2,000.00 first and Ben 1,500.00 then."""
    estate.fund(estate.ada, 200_000)
    estate.fund(estate.ben, 150_000)
    bill = estate.agreed()
    estate.pay(bill, 200_000)
    estate.clock.move(minutes=1)
    return estate.pay(bill, 150_000, actor=estate.ben)


@pytest.mark.parametrize(
    ("total", "ada", "ben"),
    [(349_999, 0, 1), (250_000, 0, 100_000), (200_000, 0, 150_000), (150_000, 50_000, 150_000)],
)
def test_amended_below_what_is_paid_gives_back_the_newest_first(
    estate: Estate, total: int, ada: int, ben: int
) -> None:
    bill = amend(estate, paid_by_two(estate), total)
    assert (estate.balance(estate.ada), estate.balance(estate.ben)) == (ada, ben)
    assert (bill.rest, bill.paid) == (naira(0), naira(total))
    assert bill.refunded_minor == 350_000 - total
    assert estate.collected() == total


def test_amending_down_again_and_again_never_gives_back_twice(estate: Estate) -> None:
    bill = paid_by_two(estate)
    for total in (300_000, 180_000, 100_000):
        bill = amend(estate, bill, total)
    assert (estate.balance(estate.ada), estate.balance(estate.ben)) == (100_000, 150_000)
    assert bill.paid == naira(100_000)


def test_what_went_back_may_be_asked_for_again(estate: Estate) -> None:
    bill = amend(estate, amend(estate, paid_by_two(estate), 100_000), TOTAL)
    agreed = estate.acknowledge(bill)
    assert agreed.rest == naira(400_000)
    assert estate.pay(agreed, 100_000).rest == naira(300_000)


def test_a_cancelled_bill_gives_everything_back(estate: Estate) -> None:
    bill = cancel(estate, paid_by_two(estate))
    assert (estate.balance(estate.ada), estate.balance(estate.ben)) == (200_000, 150_000)
    assert (bill.paid, estate.collected()) == (naira(0), 0)
    with pytest.raises(BillCancelled):
        cancel(estate, bill)
    with pytest.raises(BillCancelled):
        amend(estate, bill, 1)
    with pytest.raises(BillCancelled):
        estate.acknowledge(bill)


@pytest.mark.parametrize("change", [cancel, lambda e, b: amend(e, b, 100)])
def test_what_the_tenant_no_longer_has_is_refused_with_the_shortfall(
    estate: Estate, change: Callable[[Estate, Bill], Bill]
) -> None:
    bill = paid_by_two(estate)
    spend_collected(estate, 349_000)
    with pytest.raises(InsufficientFunds) as refused:
        change(estate, bill)
    assert refused.value.data["available"] == naira(1_000)
    missing = refused.value.data["missing"]
    assert missing in {naira(349_000), naira(348_900)}
    after = estate.bill(bill)
    assert (after.revision, after.paid) == (1, naira(350_000))
    assert estate.balance(estate.ada) == 0


@pytest.mark.parametrize("role", ["household", "payer"])
def test_who_has_a_part_in_a_bill_changes_nothing_of_it(estate: Estate, role: str) -> None:
    bill = paid_by_two(estate)
    unit_id = bill.unit_id if role == "household" else NO_UNIT
    manager = estate.member("Manager", role=Role.ADMIN, unit_id=unit_id)
    if role == "payer":
        manager = replace(estate.admin, person_id=estate.ada.person_id)
    for act in (cancel_bill, partial(amend_bill, total=naira(1_000))):
        with pytest.raises(OwnBill):
            estate.do(act, actor=manager, bill_id=bill.id, revision=bill.revision, reason="mine")
    assert estate.collected() == 350_000


def test_what_staff_give_back_is_told_with_who_did_it(estate: Estate) -> None:
    bill = paid_by_two(estate)
    cancel(estate, bill)
    assert estate.count(EventName.TENANT_WALLET_DEBITED) == 1


def test_nothing_goes_back_without_a_pin(estate: Estate) -> None:
    bill = paid_by_two(estate)
    without = replace(estate.admin, person_id=estate.member("New", role=Role.RESIDENT).person_id)
    with pytest.raises(PinNeeded):
        estate.do(
            cancel_bill, actor=without, bill_id=bill.id, revision=bill.revision, reason="twice"
        )
    assert estate.collected() == 350_000

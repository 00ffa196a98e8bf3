"""Bills: the one word people see, what may be paid, and amounts that never go wrong."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.bills import (
    ACKNOWLEDGMENT_TRANSITIONS,
    Acknowledgment,
    Bill,
    BillId,
    BillType,
    Life,
    Shown,
    owes,
)
from core.domain.errors import (
    AboveRest,
    BelowMinimum,
    BillCancelled,
    BillDisputed,
    BillSettled,
    IllegalTransition,
    InvalidAmount,
    NotAcknowledged,
    Refusal,
)
from core.domain.people import NO_UNIT, PersonId, UnitId
from core.domain.tenants import TenantId
from tests.factories import NGN, NOW, naira

DUE = date(2026, 3, 16)
LATER = date(2026, 3, 17)
STEADY = settings(max_examples=200, deadline=None, derandomize=True)

BILL = Bill(
    id=BillId(1),
    tenant_id=TenantId(2),
    number="BILL-2026-000001",
    unit_id=UnitId(3),
    debtor_id=None,
    type=BillType.WATER,
    title="Water",
    description="",
    currency=NGN,
    total_minor=1_000,
    due_on=DUE,
    issued_at=NOW,
    issued_by=PersonId(4),
)

BILLS = st.builds(
    lambda acknowledgment, life, paid, returned: replace(
        BILL,
        acknowledgment=acknowledgment,
        life=life,
        allocated_minor=paid + returned,
        refunded_minor=returned,
    ),
    st.sampled_from(Acknowledgment),
    st.sampled_from(Life),
    st.integers(0, 1_000),
    st.integers(0, 1_000),
)


@pytest.mark.parametrize(
    ("changes", "today", "shown"),
    [
        ({"life": Life.CANCELLED, "allocated_minor": 1_000}, LATER, Shown.CANCELLED),
        (
            {"acknowledgment": Acknowledgment.DISPUTED, "allocated_minor": 1_000},
            LATER,
            Shown.PAID,
        ),
        ({"acknowledgment": Acknowledgment.DISPUTED}, LATER, Shown.DISPUTED),
        ({}, LATER, Shown.OVERDUE),
        ({"allocated_minor": 1}, LATER, Shown.OVERDUE),
        ({"allocated_minor": 1}, DUE, Shown.PARTIALLY_PAID),
        ({}, DUE, Shown.PENDING_ACKNOWLEDGMENT),
        ({"acknowledgment": Acknowledgment.ACKNOWLEDGED}, DUE, Shown.ACKNOWLEDGED),
        ({"acknowledgment": Acknowledgment.NOT_REQUIRED}, DUE, Shown.PENDING),
        (
            {
                "acknowledgment": Acknowledgment.ACKNOWLEDGED,
                "allocated_minor": 9,
                "refunded_minor": 9,
            },
            DUE,
            Shown.ACKNOWLEDGED,
        ),
    ],
)
def test_the_first_word_that_applies_is_shown(
    changes: dict[str, object], today: date, shown: Shown
) -> None:
    assert replace(BILL, **changes).shown(today=today) is shown  # type: ignore[arg-type]  # mixed


@STEADY
@given(BILLS, st.sampled_from([DUE, LATER]))
def test_a_bill_is_payable_exactly_when_nothing_speaks_against_it(bill: Bill, today: date) -> None:
    def why_not() -> type[Refusal] | None:
        try:
            bill.check_payable()
        except Refusal as refusal:
            return type(refusal)
        return None

    assert bill.is_payable == (why_not() is None)
    expected = {
        Shown.CANCELLED: BillCancelled,
        Shown.PAID: BillSettled,
        Shown.DISPUTED: BillDisputed,
        Shown.PENDING_ACKNOWLEDGMENT: NotAcknowledged,
        Shown.ACKNOWLEDGED: None,
        Shown.PENDING: None,
    }
    word = bill.shown(today=today)
    if word in expected:
        assert why_not() is expected[word]


@STEADY
@given(BILLS)
def test_being_late_never_changes_what_may_be_paid(bill: Bill) -> None:
    late = bill.shown(today=LATER)
    if late is Shown.OVERDUE:
        is_agreed = bill.acknowledgment is not Acknowledgment.PENDING
        assert bill.is_payable == is_agreed


@STEADY
@given(BILLS, st.integers(-10, 1_100), st.integers(1, 1_000), st.integers(0, 1_000))
def test_a_part_that_passes_is_within_minimum_and_rest(
    bill: Bill, amount: int, least: int, most: int
) -> None:
    try:
        bill.check_part(naira(amount), least=naira(least), most=naira(most))
    except AboveRest:
        assert amount > most
    except BelowMinimum:
        assert amount < min(least, most)
    except InvalidAmount:
        assert amount <= 0
    else:
        assert 0 < amount <= most
        assert amount >= least or amount == most


@STEADY
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 1_200)), max_size=20))
def test_paying_and_giving_back_stays_within_nothing_and_the_total(
    steps: list[tuple[bool, int]],
) -> None:
    bill, paid = BILL, 0
    for is_paying, minor in steps:
        try:
            step = bill.allocate if is_paying else bill.give_back
            bill = step(naira(minor))
        except AboveRest:
            assert minor > (1_000 - paid if is_paying else paid)
            continue
        paid += minor if is_paying else -minor
        assert bill.paid == naira(paid)
        assert bill.rest == naira(1_000 - paid)


@pytest.mark.parametrize("status", Acknowledgment)
def test_agreeing_starts_from_pending_only(status: Acknowledgment) -> None:
    bill = replace(BILL, acknowledgment=status)
    if status is Acknowledgment.PENDING:
        assert bill.acknowledge(revision=1).acknowledgment is Acknowledgment.ACKNOWLEDGED
        return
    with pytest.raises((IllegalTransition, BillDisputed)):
        bill.acknowledge(revision=1)


def test_an_amendment_that_asks_less_than_was_paid_shows_nothing_open() -> None:
    paid = replace(BILL, allocated_minor=1_000)
    assert paid.amend(total=naira(400)).rest == naira(0)


def test_agreement_is_never_forgotten_but_by_amending() -> None:
    forgets = ACKNOWLEDGMENT_TRANSITIONS.transitions[Acknowledgment.ACKNOWLEDGED]
    assert forgets == {Acknowledgment.DISPUTED, Acknowledgment.PENDING}


def test_who_owes() -> None:
    units = frozenset({UnitId(3)})
    own = replace(BILL, unit_id=NO_UNIT, debtor_id=PersonId(9))
    assert owes(BILL, person_id=PersonId(1), unit_ids=units)
    assert not owes(BILL, person_id=PersonId(1), unit_ids=frozenset({UnitId(4)}))
    assert owes(own, person_id=PersonId(9), unit_ids=frozenset())
    assert not owes(own, person_id=PersonId(1), unit_ids=frozenset({NO_UNIT}))

"""Bills: who may ask for what, agreeing, amending, reminding."""

from dataclasses import replace
from datetime import date

import pytest

from core.domain.acts import EventName
from core.domain.bills import Acknowledgment, Bill, BillType
from core.domain.disputes import DisputeReason
from core.domain.errors import (
    BillDisputed,
    IllegalTransition,
    InvalidAmount,
    InvalidInput,
    NotAllowed,
    NotFound,
    StaleCard,
    TooLong,
)
from core.domain.money import MAX_MINOR, Money
from core.domain.people import MembershipStatus, PersonId
from core.domain.tenants import Policy
from core.use_cases.bills import (
    acknowledge_bill,
    amend_bill,
    cancel_bill,
    issue_bill,
    own_bill,
    seen_bill,
)
from core.use_cases.disputes import open_dispute
from tests.core.estate import DUE, TOTAL, Estate, palm_court
from tests.factories import USD, add_member, add_person, naira


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


def test_an_issued_bill_waits_for_an_acknowledgment(estate: Estate) -> None:
    bill = estate.issue()
    assert bill.number == "BILL-2026-000001"
    assert bill.acknowledgment is Acknowledgment.PENDING
    assert (bill.rest, bill.revision) == (naira(TOTAL), 1)
    assert estate.told == [EventName.BILL_CREATED]
    assert estate.issue().number == "BILL-2026-000002"


def test_the_number_counts_the_tenants_own_year(estate: Estate) -> None:
    estate.clock.at = estate.clock.at.replace(month=12, day=31, hour=23, minute=30)
    bill = estate.issue(due_on=date(2027, 1, 15))
    assert bill.number == "BILL-2027-000001"


def test_a_tenant_may_ask_for_no_acknowledgment(tmp_path_factory: pytest.TempPathFactory) -> None:
    policy = Policy(must_acknowledge=False)
    with palm_court(tmp_path_factory.mktemp("books"), policy=policy) as estate:
        bill = estate.issue()
        assert bill.acknowledgment is Acknowledgment.NOT_REQUIRED
        estate.fund(estate.ada, TOTAL)
        assert estate.pay(bill, TOTAL).rest == naira(0)
        amended = amend(estate, estate.issue(), 1_000)
        assert amended.acknowledgment is Acknowledgment.NOT_REQUIRED


def test_only_who_may_manage_bills_asks(estate: Estate) -> None:
    with pytest.raises(NotAllowed):
        estate.do(
            issue_bill,
            actor=estate.ada,
            unit_id=estate.unit.id,
            type_=BillType.WATER,
            title="Water",
            total=naira(100),
            due_on=DUE,
        )


@pytest.mark.parametrize(
    ("total", "title", "due_on", "refusal"),
    [
        (naira(0), "Water", DUE, InvalidAmount),
        (naira(-1), "Water", DUE, InvalidAmount),
        (naira(MAX_MINOR + 1), "Water", DUE, InvalidAmount),
        (Money(100, USD), "Water", DUE, InvalidAmount),
        (naira(1), "  ", DUE, InvalidInput),
        (naira(1), "x" * 81, DUE, TooLong),
        (naira(1), "Water", date(2024, 1, 1), InvalidInput),
        (naira(1), "Water", date(2040, 1, 1), InvalidInput),
    ],
)
def test_odd_content_is_refused(
    estate: Estate, total: Money, title: str, due_on: date, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        estate.do(
            issue_bill,
            actor=estate.admin,
            unit_id=estate.unit.id,
            type_=BillType.WATER,
            title=title,
            total=total,
            due_on=due_on,
        )


def issue_to(estate: Estate, person_id: PersonId) -> Bill:
    return estate.do(
        issue_bill,
        actor=estate.admin,
        debtor_id=person_id,
        type_=BillType.LEVY,
        title="Levy",
        total=naira(TOTAL),
        due_on=DUE,
    )


def test_a_bill_may_be_one_persons_own(estate: Estate) -> None:
    bill = issue_to(estate, estate.ada.person_id)
    assert estate.do(own_bill, actor=estate.ada, bill_id=bill.id) == bill
    with pytest.raises(NotFound):
        estate.do(own_bill, actor=estate.ben, bill_id=bill.id)


def test_nobody_outside_owes(estate: Estate) -> None:
    with pytest.raises(NotFound):
        issue_to(estate, estate.eve.person_id)


def test_nobody_who_left_owes(estate: Estate) -> None:
    person = estate.books.run(lambda tx: add_person(tx, name="Gone"))
    before = estate.books.run(lambda tx: add_member(tx, estate.tenant, person))
    after = replace(before, status=MembershipStatus.LEFT)
    estate.books.run(lambda tx: tx.people.replace_membership(before, after))
    with pytest.raises(NotFound):
        issue_to(estate, person.id)


def test_another_tenants_unit_owes_nothing_here(estate: Estate) -> None:
    with pytest.raises(NotFound):
        estate.do(
            issue_bill,
            actor=estate.eve,
            unit_id=estate.unit.id,
            type_=BillType.WATER,
            title="Water",
            total=naira(100),
            due_on=DUE,
        )


def test_who_sees_a_bill(estate: Estate) -> None:
    bill = estate.issue()
    for actor in (estate.ada, estate.ben, estate.admin):
        assert estate.do(seen_bill, actor=actor, bill_id=bill.id) == bill
    for actor in (estate.cyd, estate.eve):
        with pytest.raises(NotFound):
            estate.do(seen_bill, actor=actor, bill_id=bill.id)


def test_agreeing_binds_to_what_was_shown(estate: Estate) -> None:
    bill = estate.issue()
    amend(estate, bill, 1_000)
    with pytest.raises(StaleCard):
        estate.acknowledge(bill)
    assert estate.acknowledge(estate.bill(bill)).acknowledgment is Acknowledgment.ACKNOWLEDGED


def test_agreeing_twice_is_refused(estate: Estate) -> None:
    bill = estate.agreed()
    with pytest.raises(IllegalTransition):
        estate.acknowledge(bill)


@pytest.mark.parametrize("who", ["cyd", "eve", "admin"])
def test_nobody_agrees_for_others(estate: Estate, who: str) -> None:
    bill = estate.issue()
    with pytest.raises(NotFound):
        estate.do(acknowledge_bill, actor=getattr(estate, who), bill_id=bill.id, revision=1)


def contest(estate: Estate, bill: Bill) -> None:
    estate.do(
        open_dispute,
        actor=estate.ada,
        bill_id=bill.id,
        revision=bill.revision,
        reason=DisputeReason.AMOUNT,
        text="Too much",
    )


def test_agreeing_does_not_walk_around_an_open_dispute(estate: Estate) -> None:
    bill = estate.issue()
    contest(estate, bill)
    with pytest.raises(BillDisputed):
        estate.acknowledge(bill)
    assert estate.bill(bill).acknowledgment is Acknowledgment.DISPUTED


def test_changing_a_disputed_bill_is_for_who_ends_the_dispute(estate: Estate) -> None:
    bill = estate.issue()
    contest(estate, bill)
    with pytest.raises(BillDisputed):
        amend(estate, bill, 1_000)
    with pytest.raises(BillDisputed):
        cancel(estate, bill)
    assert estate.look(lambda tx: tx.disputes.open_of(bill.id)) is not None


def test_an_amended_bill_is_a_new_revision_to_agree_to(estate: Estate) -> None:
    bill = amend(estate, estate.agreed(), 420_000)
    assert (bill.revision, bill.total) == (2, naira(420_000))
    assert bill.acknowledgment is Acknowledgment.PENDING
    assert estate.count(EventName.BILL_AMENDED) == 1


@pytest.mark.parametrize("total", [TOTAL, 0, -1, MAX_MINOR + 1])
def test_an_amendment_must_change_something_to_something(estate: Estate, total: int) -> None:
    bill = estate.agreed()
    with pytest.raises(InvalidAmount):
        amend(estate, bill, total)


def test_an_old_card_amends_and_cancels_nothing(estate: Estate) -> None:
    bill = estate.issue()
    amend(estate, bill, 1_000)
    with pytest.raises(StaleCard):
        estate.do(
            amend_bill,
            actor=estate.admin,
            bill_id=bill.id,
            revision=1,
            total=naira(2_000),
            reason="r",
        )
    with pytest.raises(StaleCard):
        estate.do(cancel_bill, actor=estate.admin, bill_id=bill.id, revision=1, reason="r")


def test_residents_and_other_tenants_change_no_bill(estate: Estate) -> None:
    bill = estate.issue()
    for actor, refusal in ((estate.ada, NotAllowed), (estate.eve, NotFound)):
        with pytest.raises(refusal):
            estate.do(
                amend_bill,
                actor=actor,
                bill_id=bill.id,
                revision=1,
                total=naira(1),
                reason="r",
            )
        with pytest.raises(refusal):
            estate.do(cancel_bill, actor=actor, bill_id=bill.id, revision=1, reason="r")

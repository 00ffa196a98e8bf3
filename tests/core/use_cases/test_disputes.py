"""Disputes (J-05): the window, the ways they end, what happens to the due date and the money."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from core.domain.acts import EventName
from core.domain.bills import Acknowledgment, Bill, Life
from core.domain.disputes import Dispute, DisputeReason, DisputeStatus
from core.domain.errors import (
    BillCancelled,
    BillSettled,
    DisputeWindowClosed,
    IllegalTransition,
    InvalidAmount,
    InvalidInput,
    NotAllowed,
    NotFound,
    RejectedBefore,
    StaleCard,
    TooLong,
)
from core.domain.people import CHECKER_SCOPES, Actor, Role
from core.use_cases.bills import cancel_bill
from core.use_cases.disputes import (
    amend_any,
    amend_disputed,
    cancel_any,
    cancel_disputed,
    open_dispute,
    reject_dispute,
    seen_dispute,
    withdraw_dispute,
)
from tests.core.estate import DUE, TOTAL, Estate
from tests.factories import naira


def contest(
    estate: Estate,
    bill: Bill,
    *,
    by: Actor | None = None,
    text: str = "Too much",
    file_id: str = "",
) -> Dispute:
    return estate.do(
        open_dispute,
        actor=by or estate.ada,
        bill_id=bill.id,
        revision=bill.revision,
        reason=DisputeReason.AMOUNT,
        text=text,
        file_id=file_id,
    )


def reject(estate: Estate, dispute: Dispute, *, by: Actor | None = None) -> Dispute:
    return estate.do(
        reject_dispute, actor=by or estate.admin, dispute_id=dispute.id, answer="It is right"
    )


def amend(estate: Estate, dispute: Dispute, total: int) -> Dispute:
    return estate.do(
        amend_disputed,
        actor=estate.admin,
        dispute_id=dispute.id,
        total=naira(total),
        answer="You are right",
    )


@pytest.mark.parametrize("is_agreed", [True, False])
def test_a_contested_bill_is_disputed(estate: Estate, *, is_agreed: bool) -> None:
    bill = estate.agreed() if is_agreed else estate.issue()
    dispute = contest(estate, bill)
    assert dispute.number == "D-2026-0001"
    assert estate.bill(bill).acknowledgment is Acknowledgment.DISPUTED
    assert estate.look(lambda tx: tx.note(dispute.text_id)) == "Too much"
    assert estate.count(EventName.BILL_DISPUTED) == 1


@pytest.mark.parametrize(("days", "is_open"), [(0, True), (14, True), (15, False)])
def test_the_window_closes_after_its_last_day(estate: Estate, days: int, *, is_open: bool) -> None:
    bill = estate.issue()
    estate.clock.move(days=days)
    if is_open:
        assert contest(estate, bill).is_open
        return
    with pytest.raises(DisputeWindowClosed) as refused:
        contest(estate, bill)
    assert refused.value.data["until"] == bill.issued_at + timedelta(days=14)


def test_the_window_closes_to_the_second(estate: Estate) -> None:
    bill = estate.issue()
    estate.clock.move(days=14, seconds=1)
    with pytest.raises(DisputeWindowClosed):
        contest(estate, bill)


def test_a_dispute_says_why(estate: Estate) -> None:
    bill = estate.issue()
    with pytest.raises(InvalidInput):
        contest(estate, bill, text="  ")
    with pytest.raises(TooLong):
        contest(estate, bill, text="x" * 1001)
    assert contest(estate, bill, text="", file_id="photo").file_id == "photo"


def test_nothing_left_is_nothing_to_contest(estate: Estate) -> None:
    estate.fund(estate.ada, TOTAL)
    paid = estate.pay(estate.agreed(), TOTAL)
    with pytest.raises(BillSettled):
        contest(estate, paid)
    gone = estate.issue()
    estate.do(cancel_bill, actor=estate.admin, bill_id=gone.id, revision=1, reason="Twice")
    with pytest.raises(BillCancelled):
        contest(estate, gone)


def test_a_partly_paid_bill_may_be_contested(estate: Estate) -> None:
    estate.fund(estate.ada, TOTAL)
    part = estate.pay(estate.agreed(), 200_000)
    amend(estate, contest(estate, part), 150_000)
    assert estate.balance(estate.ada) == TOTAL - 150_000
    assert estate.bill(part).rest == naira(0)


def test_only_one_dispute_at_a_time(estate: Estate) -> None:
    bill = estate.issue()
    contest(estate, bill)
    with pytest.raises(IllegalTransition):
        contest(estate, bill, by=estate.ben)


@pytest.mark.parametrize("who", ["cyd", "eve", "admin"])
def test_only_the_debtor_contests(estate: Estate, who: str) -> None:
    with pytest.raises(NotFound):
        contest(estate, estate.issue(), by=getattr(estate, who))


def test_an_answer_brings_the_bill_back_to_be_agreed_to(estate: Estate) -> None:
    bill = estate.agreed()
    ended = reject(estate, contest(estate, bill))
    after = estate.bill(bill)
    assert (ended.status, ended.handled_by) == (DisputeStatus.REJECTED, estate.admin.person_id)
    assert after.acknowledgment is Acknowledgment.PENDING
    assert (after.revision, after.total) == (1, naira(TOTAL))


@pytest.mark.parametrize(
    ("hours", "due_on"),
    [(0, DUE), (1, date(2026, 3, 17)), (24, date(2026, 3, 17)), (25, date(2026, 3, 18))],
)
def test_the_due_date_waits_as_long_as_the_dispute(
    estate: Estate, hours: int, due_on: date
) -> None:
    bill = estate.issue()
    dispute = contest(estate, bill)
    estate.clock.move(hours=hours)
    reject(estate, dispute)
    assert estate.bill(bill).due_on == due_on


def test_two_disputes_move_the_due_date_twice(estate: Estate) -> None:
    bill = estate.issue()
    for by in (estate.admin, estate.member("Second", role=Role.ADMIN)):
        dispute = contest(estate, estate.bill(bill))
        estate.clock.move(days=2)
        reject(estate, dispute, by=by)
    assert estate.bill(bill).due_on == DUE + timedelta(days=4)
    assert len(estate.look(lambda tx: tx.disputes.history(bill.id))) == 2


def rejected_once(estate: Estate) -> tuple[Bill, Dispute]:
    """Return a bill whose first dispute was rejected, and the second one."""
    bill = estate.issue()
    reject(estate, contest(estate, bill))
    return bill, contest(estate, estate.bill(bill))


def test_who_rejected_once_may_not_reject_again(estate: Estate) -> None:
    bill, second = rejected_once(estate)
    with pytest.raises(RejectedBefore):
        reject(estate, second)
    assert estate.bill(bill).acknowledgment is Acknowledgment.DISPUTED
    ended = reject(estate, second, by=estate.member("Second", role=Role.ADMIN))
    assert ended.status is DisputeStatus.REJECTED


def test_who_rejected_once_may_still_give_in(estate: Estate) -> None:
    bill, second = rejected_once(estate)
    estate.do(
        amend_disputed,
        actor=estate.admin,
        dispute_id=second.id,
        total=naira(420_000),
        answer="You are right",
    )
    assert estate.bill(bill).revision == 2
    third = contest(estate, estate.bill(bill))
    assert reject(estate, third).status is DisputeStatus.REJECTED


def test_a_second_dispute_is_a_checkers_to_decide_the_first_is_not(estate: Estate) -> None:
    checker = estate.member("Checker", role=Role.FINANCE_APPROVER)
    verified = replace(checker, scopes=checker.scopes | CHECKER_SCOPES)
    bill = estate.issue()
    first = contest(estate, bill)
    with pytest.raises(NotAllowed):
        reject(estate, first, by=verified)
    reject(estate, first)
    second = contest(estate, estate.bill(bill))
    with pytest.raises(NotAllowed):
        reject(estate, second, by=checker)
    assert reject(estate, second, by=verified).status is DisputeStatus.REJECTED


def test_amending_a_disputed_bill_ends_its_dispute(estate: Estate) -> None:
    bill = estate.issue()
    dispute = contest(estate, bill)
    change: dict[str, Any] = {
        "actor": estate.admin,
        "bill_id": bill.id,
        "revision": 1,
        "reason": "Read again",
    }
    with pytest.raises(StaleCard):
        estate.do(amend_any, **change, dispute_id=None, total=naira(420_000))
    after = estate.do(amend_any, **change, dispute_id=dispute.id, total=naira(420_000))
    assert (after.revision, after.acknowledgment) == (2, Acknowledgment.PENDING)
    ended = estate.look(lambda tx: tx.disputes.get(dispute.id))
    assert ended.status is DisputeStatus.AMENDED
    assert estate.look(lambda tx: tx.disputes.open_of(bill.id)) is None


def test_cancelling_a_disputed_bill_ends_its_dispute(estate: Estate) -> None:
    bill = estate.issue()
    dispute = contest(estate, bill)
    change: dict[str, Any] = {
        "actor": estate.admin,
        "bill_id": bill.id,
        "revision": 1,
        "reason": "Not yours",
    }
    after = estate.do(cancel_any, **change, dispute_id=dispute.id)
    assert after.life is Life.CANCELLED
    ended = estate.look(lambda tx: tx.disputes.get(dispute.id))
    assert ended.status is DisputeStatus.CANCELLED_BILL


def test_a_calm_bill_is_changed_as_ever(estate: Estate) -> None:
    bill = estate.issue()
    change: dict[str, Any] = {
        "actor": estate.admin,
        "bill_id": bill.id,
        "revision": 1,
        "reason": "Read again",
    }
    after = estate.do(amend_any, **change, dispute_id=None, total=naira(420_000))
    assert after.revision == 2
    with pytest.raises(StaleCard):
        estate.do(cancel_any, **change, dispute_id=None)


def test_an_answer_is_owed(estate: Estate) -> None:
    dispute = contest(estate, estate.issue())
    with pytest.raises(InvalidInput):
        estate.do(reject_dispute, actor=estate.admin, dispute_id=dispute.id, answer=" ")
    with pytest.raises(TooLong):
        estate.do(reject_dispute, actor=estate.admin, dispute_id=dispute.id, answer="x" * 1001)


def test_an_amended_bill_is_agreed_to_anew_and_due_later(estate: Estate) -> None:
    bill = estate.agreed()
    dispute = contest(estate, bill)
    estate.clock.move(days=3)
    assert amend(estate, dispute, 420_000).status is DisputeStatus.AMENDED
    after = estate.bill(bill)
    assert (after.revision, after.total) == (2, naira(420_000))
    assert after.acknowledgment is Acknowledgment.PENDING
    assert after.due_on == DUE + timedelta(days=3)
    with pytest.raises(StaleCard):
        estate.acknowledge(bill)
    revisions = estate.look(lambda tx: tx.timeline.revisions(bill.id))
    assert [each.total for each in revisions] == [naira(TOTAL), naira(420_000)]


def test_an_amended_bill_may_be_contested_again(estate: Estate) -> None:
    bill = estate.issue()
    amend(estate, contest(estate, bill), 420_000)
    second = contest(estate, estate.bill(bill))
    assert second.revision == 2


def test_an_unchanged_amount_ends_nothing(estate: Estate) -> None:
    bill = estate.issue()
    dispute = contest(estate, bill)
    with pytest.raises(InvalidAmount):
        amend(estate, dispute, TOTAL)
    assert estate.look(lambda tx: tx.disputes.get(dispute.id)).is_open


def test_cancelling_ends_both(estate: Estate) -> None:
    bill = estate.issue()
    dispute = contest(estate, bill)
    ended = estate.do(cancel_disputed, actor=estate.admin, dispute_id=dispute.id, answer="Yes")
    assert ended.status is DisputeStatus.CANCELLED_BILL
    assert estate.bill(bill).life is Life.CANCELLED
    assert estate.look(lambda tx: tx.disputes.open_of(bill.id)) is None


@pytest.mark.parametrize("is_acknowledging", [True, False])
def test_the_debtor_takes_it_back(estate: Estate, *, is_acknowledging: bool) -> None:
    bill = estate.issue()
    contest(estate, bill)
    estate.clock.move(days=1)
    after = estate.do(
        withdraw_dispute,
        actor=estate.ada,
        bill_id=bill.id,
        is_acknowledging=is_acknowledging,
    )
    expected = Acknowledgment.ACKNOWLEDGED if is_acknowledging else Acknowledgment.PENDING
    assert after.acknowledgment is expected
    assert after.due_on == DUE + timedelta(days=1)
    assert estate.look(lambda tx: tx.disputes.history(bill.id))[0].status is DisputeStatus.WITHDRAWN


def test_opening_and_withdrawing_in_turn_puts_the_due_date_off_by_nothing(estate: Estate) -> None:
    bill = estate.issue()
    for _ in range(5):
        contest(estate, bill)
        estate.clock.move(minutes=1)
        estate.do(withdraw_dispute, actor=estate.ada, bill_id=bill.id, is_acknowledging=False)
    assert estate.bill(bill).due_on == DUE


def test_nothing_is_taken_back_twice_or_by_others(estate: Estate) -> None:
    bill = estate.issue()
    contest(estate, bill)
    for actor in (estate.cyd, estate.eve, estate.admin):
        with pytest.raises(NotFound):
            estate.do(withdraw_dispute, actor=actor, bill_id=bill.id, is_acknowledging=True)
    estate.do(withdraw_dispute, actor=estate.ada, bill_id=bill.id, is_acknowledging=False)
    with pytest.raises(IllegalTransition):
        estate.do(withdraw_dispute, actor=estate.ada, bill_id=bill.id, is_acknowledging=False)


def test_a_dispute_ends_once(estate: Estate) -> None:
    dispute = contest(estate, estate.issue())
    reject(estate, dispute)
    with pytest.raises(IllegalTransition):
        reject(estate, dispute)
    with pytest.raises(IllegalTransition):
        amend(estate, dispute, 1)


def test_who_decides(estate: Estate) -> None:
    dispute = contest(estate, estate.issue())
    support = estate.member("Support", role=Role.SUPPORT)
    for actor in (estate.ada, estate.cyd, support):
        with pytest.raises(NotAllowed):
            reject(estate, dispute, by=actor)
    with pytest.raises(NotFound):
        reject(estate, dispute, by=estate.eve)
    assert estate.do(seen_dispute, actor=estate.admin, dispute_id=dispute.id) == dispute

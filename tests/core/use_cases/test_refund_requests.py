"""Who may ask for money back, who decides it, and that nothing moves before."""

from dataclasses import replace

import pytest

from bot.sweeps.refunds import remind
from core.domain.acts import EventName
from core.domain.errors import (
    AboveRefundable,
    IllegalTransition,
    InvalidAmount,
    InvalidInput,
    NotAllowed,
    NotFound,
    OwnBill,
    PaymentContested,
    PinNeeded,
    StaleCard,
)
from core.domain.people import Actor, Role
from core.domain.refund_requests import RefundRequest, RefundRequestStatus
from core.domain.refunds import Destination, Refund
from core.use_cases.refund_requests import (
    approve_request,
    ask_money_back,
    asked_lately,
    may_ask,
    reject_request,
    seen_request,
    withdraw_request,
)
from storage.transaction import SqlTransaction
from tests.core.estate import Estate
from tests.core.use_cases.refunding import Refunds
from tests.factories import naira


def ask(refunds: Refunds, minor: int = 40_000, *, by: Actor | None = None) -> RefundRequest:
    return refunds.estate.do(
        ask_money_back,
        actor=by or refunds.estate.ada,
        payment_id=refunds.payment.id,
        amount=naira(minor),
        reason="Paid twice",
    )


def approve(refunds: Refunds, request: RefundRequest, *, by: Actor | None = None) -> Refund:
    return refunds.estate.do(
        approve_request,
        actor=by or refunds.estate.admin,
        request_id=request.id,
        amount=request.amount,
        destination=Destination.ORIGINAL,
        reason="Paid twice",
    )


def reject(refunds: Refunds, request: RefundRequest, *, by: Actor | None = None) -> RefundRequest:
    return refunds.estate.do(
        reject_request,
        actor=by or refunds.estate.admin,
        request_id=request.id,
        answer="Only one payment came",
    )


def now(refunds: Refunds, request: RefundRequest) -> RefundRequest:
    return refunds.estate.look(lambda tx: tx.refund_requests.get(request.id))


def test_asking_moves_and_holds_nothing(estate: Estate) -> None:
    refunds = Refunds(estate)
    request = ask(refunds)
    assert request.is_open
    assert (refunds.all(), refunds.held(), estate.collected()) == ((), 0, 100_000)
    assert estate.look(lambda tx: tx.note(request.reason_id)) == "Paid twice"
    assert estate.count(EventName.REFUND_ASKED) == 1


def test_approving_opens_the_refund_in_the_same_act(estate: Estate) -> None:
    refunds = Refunds(estate)
    refund = approve(refunds, request := ask(refunds))
    approved = now(refunds, request)
    assert (approved.status, approved.refund_id) == (RefundRequestStatus.APPROVED, refund.id)
    assert approved.decided_by == estate.admin.person_id
    assert (refund.amount, refunds.held()) == (naira(40_000), 40_000)
    with pytest.raises(IllegalTransition):
        approve(refunds, request)
    assert refunds.all() == (refund,)
    refunds.finish(refunds.now(refund))
    approve(refunds, ask(refunds, 60_000))
    with pytest.raises(AboveRefundable):
        ask(refunds, 1)


def test_what_is_more_than_refundable_by_now_stays_open(estate: Estate) -> None:
    refunds = Refunds(estate)
    request = ask(refunds, 60_000)
    refunds.ask(50_000)
    with pytest.raises(AboveRefundable) as refused:
        approve(refunds, request)
    assert refused.value.data["most"] == naira(50_000)
    assert now(refunds, request).is_open
    assert reject(refunds, request).status is RefundRequestStatus.REJECTED


def test_only_one_is_open_at_once(estate: Estate) -> None:
    refunds = Refunds(estate)
    first = ask(refunds)
    with pytest.raises(IllegalTransition):
        ask(refunds, 10_000)
    estate.do(withdraw_request, actor=estate.ada, request_id=first.id)
    assert ask(refunds, 10_000).is_open


@pytest.mark.parametrize("minor", [0, -1, 100_001])
def test_nobody_asks_more_than_may_go_back(estate: Estate, minor: int) -> None:
    with pytest.raises((AboveRefundable, InvalidAmount)):
        ask(Refunds(estate), minor)


def test_somebody_else_s_payment_is_not_found(estate: Estate) -> None:
    refunds = Refunds(estate)
    for other in (estate.ben, estate.cyd, estate.eve, estate.admin):
        with pytest.raises(NotFound):
            ask(refunds, by=other)
        may = estate.do(may_ask, actor=other, payment_id=refunds.payment.id)
        assert may is False
    request = ask(refunds)
    for other in (estate.ben, estate.eve):
        with pytest.raises(NotFound):
            estate.do(seen_request, actor=other, request_id=request.id)
        with pytest.raises(NotFound):
            estate.do(withdraw_request, actor=other, request_id=request.id)


def test_staff_never_decide_for_their_own_household(estate: Estate) -> None:
    refunds = Refunds(estate)
    request = ask(refunds)
    housemate = estate.member("Housemate", role=Role.FINANCE, unit_id=estate.unit.id)
    clerk = estate.member("Clerk", role=Role.AUDITOR)
    for decide in (approve, reject):
        for by, refusal in (
            (estate.ada, NotAllowed),
            (housemate, OwnBill),
            (clerk, NotAllowed),
            (estate.eve, NotFound),
        ):
            with pytest.raises(refusal):
                decide(refunds, request, by=by)
    assert now(refunds, request).is_open


def test_approving_takes_a_pin(estate: Estate) -> None:
    refunds = Refunds(estate)
    request = ask(refunds)
    person = estate.look(lambda tx: tx.people.person(estate.admin.person_id))
    without = replace(person, pin_hash="")
    estate.look(lambda tx: tx.people.replace_person(person, without))
    with pytest.raises(PinNeeded):
        approve(refunds, request)
    assert now(refunds, request).is_open


def test_only_what_was_shown_is_approved(estate: Estate) -> None:
    refunds = Refunds(estate)
    request = ask(refunds)
    with pytest.raises(StaleCard):
        approve(refunds, replace(request, amount_minor=50_000))
    assert (refunds.all(), now(refunds, request).is_open) == ((), True)


def test_rejected_with_an_answer_that_its_payer_is_told(estate: Estate) -> None:
    refunds = Refunds(estate)
    request = ask(refunds)
    with pytest.raises(InvalidInput):
        estate.do(reject_request, actor=estate.admin, request_id=request.id, answer=" ")
    rejected = reject(refunds, request)
    assert estate.look(lambda tx: tx.note(rejected.answer_id)) == "Only one payment came"
    assert estate.count(EventName.REFUND_REJECTED) == 1
    with pytest.raises(IllegalTransition):
        estate.do(withdraw_request, actor=estate.ada, request_id=request.id)


def test_what_a_bank_claims_is_not_asked_back(estate: Estate) -> None:
    refunds = Refunds(estate)
    refunds.told(0, is_disputed=True)
    with pytest.raises(PaymentContested):
        ask(refunds)
    refunds.told(0, is_disputed=False)
    assert ask(refunds).is_open


def test_the_same_again_is_noticed(estate: Estate) -> None:
    refunds = Refunds(estate)
    request = ask(refunds)
    same = {"payment_id": refunds.payment.id, "amount": naira(40_000)}
    assert estate.do(asked_lately, **same) is None  # type: ignore[arg-type]
    reject(refunds, request)
    found = estate.do(asked_lately, **same)  # type: ignore[arg-type]
    assert found == now(refunds, request)


def reminded(refunds: Refunds) -> int:
    """Run the sweep; return of how many requests staff are told again."""

    def run(tx: SqlTransaction) -> int:
        remind(tx, at=tx.now)
        return sum(each.name is EventName.REFUND_ASKED_LONG_AGO for each in tx.events)

    return refunds.estate.books.run(run)


def test_staff_are_reminded_of_a_request_until_it_is_decided(estate: Estate) -> None:
    refunds = Refunds(estate)
    request = ask(refunds)
    estate.clock.move(days=2)
    assert reminded(refunds) == 0
    estate.clock.move(days=1)
    assert reminded(refunds) == 1
    assert reminded(refunds) == 0
    estate.clock.move(days=3)
    assert reminded(refunds) == 1
    assert now(refunds, request).is_open
    reject(refunds, request)
    estate.clock.move(days=30)
    assert reminded(refunds) == 0


@pytest.mark.parametrize("end", ["approved", "withdrawn"])
def test_nobody_is_reminded_of_what_has_ended(estate: Estate, end: str) -> None:
    refunds = Refunds(estate)
    request = ask(refunds)
    if end == "approved":
        approve(refunds, request)
    else:
        estate.do(withdraw_request, actor=estate.ada, request_id=request.id)
    estate.clock.move(days=9)
    assert reminded(refunds) == 0

"""Who may give back how much of a payment, and by which way."""

from dataclasses import replace

import pytest

from core.domain.acts import EventName
from core.domain.errors import (
    AboveRefundable,
    IllegalTransition,
    InsufficientFunds,
    InvalidInput,
    NotAllowed,
    NotFound,
    OwnBill,
    PaymentContested,
    RefundOpen,
    StaleCard,
)
from core.domain.money import Money
from core.domain.people import Role
from core.domain.providers import PartOf
from core.domain.refunds import CONSENT_WAITS, Destination, Refund, RefundStatus
from core.use_cases.bills import cancel_bill
from core.use_cases.refundable import refund_choice
from core.use_cases.refunds import (
    agree_to_wallet,
    cancel_refund,
    expire_consent,
    open_refund,
    refuse_wallet,
)
from storage.transaction import SqlTransaction
from tests.core.estate import Estate
from tests.core.use_cases.refunding import Refunds
from tests.factories import add_hold, naira


def test_refund_is_held_and_on_its_way_at_once(estate: Estate) -> None:
    refunds = Refunds(estate)
    refund = refunds.ask(40_000)
    assert refund.status is RefundStatus.PROCESSING
    assert (refund.requested_by, refund.approved_by) == (estate.admin.person_id,) * 2
    assert (refunds.held(), estate.collected(), refunds.rest()) == (40_000, 100_000, 0)
    assert estate.look(lambda tx: tx.note(refund.reason_id)) == "Paid twice"


@pytest.mark.parametrize("minor", [100_001, 10**9])
def test_nobody_refunds_more_than_was_paid(estate: Estate, minor: int) -> None:
    with pytest.raises(AboveRefundable):
        Refunds(estate).ask(minor)


def test_several_parts_never_come_to_more_than_the_payment(estate: Estate) -> None:
    refunds = Refunds(estate)
    refunds.finish(refunds.send(40_000))
    refunds.ask(50_000)
    with pytest.raises(AboveRefundable) as refused:
        refunds.ask(10_001)
    assert refused.value.data["most"] == naira(10_000)
    refunds.ask(10_000)


def test_what_a_cancelled_refund_held_may_be_refunded_again(estate: Estate) -> None:
    refunds = Refunds(estate)
    refund = refunds.ask(100_000, destination=Destination.WALLET)
    cancelled = estate.do(cancel_refund, actor=estate.admin, refund_id=refund.id)
    assert (cancelled.status, refunds.held()) == (RefundStatus.CANCELLED, 0)
    assert refunds.ask(100_000).is_open


def test_refund_on_its_way_cannot_be_taken_back(estate: Estate) -> None:
    refunds = Refunds(estate)
    refund = refunds.ask(40_000)
    with pytest.raises(IllegalTransition):
        estate.do(cancel_refund, actor=estate.admin, refund_id=refund.id)


def test_nobody_without_the_right_refunds(estate: Estate) -> None:
    refunds = Refunds(estate)
    for actor in (estate.cyd, estate.member("Auditor", role=Role.AUDITOR)):
        with pytest.raises(NotAllowed):
            refunds.ask(40_000, by=actor)


def test_staff_of_another_estate_learn_nothing(estate: Estate) -> None:
    with pytest.raises(NotFound):
        Refunds(estate).ask(40_000, by=estate.eve)


def test_nobody_refunds_a_bill_of_the_own_household(estate: Estate) -> None:
    refunds = Refunds(estate)
    neighbour = estate.member("Kin", role=Role.ADMIN, unit_id=estate.unit.id)
    with pytest.raises(OwnBill):
        refunds.ask(40_000, by=neighbour)


def test_refund_needs_a_reason(estate: Estate) -> None:
    with pytest.raises(InvalidInput):
        Refunds(estate).ask(40_000, reason="  ")


def test_consent_moves_it_to_the_wallet(estate: Estate) -> None:
    refunds = Refunds(estate)
    refund = refunds.ask(40_000, destination=Destination.WALLET)
    assert refund.waits_for_consent
    with pytest.raises(NotFound):
        estate.do(agree_to_wallet, actor=estate.ben, refund_id=refund.id)
    done = estate.do(agree_to_wallet, actor=estate.ada, refund_id=refund.id)
    assert (done.status, done.consented_at) == (RefundStatus.COMPLETED, estate.clock.now())
    assert (estate.balance(estate.ada), estate.collected()) == (40_000, 60_000)
    assert (refunds.rest(), refunds.held()) == (40_000, 0)
    with pytest.raises(IllegalTransition):
        estate.do(agree_to_wallet, actor=estate.ada, refund_id=refund.id)


def test_payer_may_refuse_the_wallet(estate: Estate) -> None:
    refunds = Refunds(estate)
    refund = refunds.ask(40_000, destination=Destination.WALLET)
    refused = estate.do(refuse_wallet, actor=estate.ada, refund_id=refund.id)
    assert (refused.status, refused.ended_by) == (RefundStatus.CANCELLED, estate.ada.person_id)
    assert (estate.balance(estate.ada), refunds.held()) == (0, 0)


def test_silent_payer_ends_the_refund(estate: Estate) -> None:
    refunds = Refunds(estate)
    refund = refunds.ask(40_000, destination=Destination.WALLET)
    estate.clock.at += CONSENT_WAITS
    assert estate.do(expire_consent, refund_id=refund.id).status is RefundStatus.CANCELLED
    assert estate.do(expire_consent, refund_id=refund.id).status is RefundStatus.CANCELLED
    assert refunds.held() == 0


def test_wallet_payment_goes_back_to_the_wallet_without_asking(estate: Estate) -> None:
    bill = estate.agreed(100_000)
    estate.fund(estate.ada, 100_000)
    estate.pay(bill, 100_000)
    refunds = Refunds(estate)
    payment_id = estate.look(lambda tx: tx.payments.allocations_of_bill(bill.id)[0].payment_id)
    choice = estate.look(lambda tx: refund_choice(tx, actor=estate.admin, payment_id=payment_id))
    assert (choice.capture, choice.most) == (None, naira(100_000))
    refunds.tried = refunds.tried._replace(payment=choice.payment)
    assert refunds.ask(30_000, destination=Destination.WALLET).status is RefundStatus.COMPLETED
    assert estate.balance(estate.ada) == 30_000
    with pytest.raises(NotFound):
        refunds.ask(30_000)


def test_choice_names_what_is_left(estate: Estate) -> None:
    refunds = Refunds(estate)
    refunds.ask(40_000)

    def look() -> object:
        return estate.look(
            lambda tx: refund_choice(tx, actor=estate.admin, payment_id=refunds.payment.id).most
        )

    assert look() == naira(60_000)
    refunds.ask(60_000)
    with pytest.raises(AboveRefundable):
        look()


def test_bill_waits_while_its_refund_is_on_its_way(estate: Estate) -> None:
    refunds = Refunds(estate)
    refund = refunds.send(40_000)
    bill = refunds.bill

    def cancel() -> None:
        revision = bill.revision
        estate.do(cancel_bill, actor=estate.admin, bill_id=bill.id, revision=revision, reason="No")

    with pytest.raises(RefundOpen):
        cancel()
    refunds.finish(refund)
    cancel()
    assert (estate.balance(estate.ada), estate.collected()) == (60_000, 0)


def test_what_a_cancelled_bill_gave_back_is_not_refunded_again(estate: Estate) -> None:
    refunds = Refunds(estate)
    bill = refunds.bill
    estate.do(cancel_bill, actor=estate.admin, bill_id=bill.id, revision=bill.revision, reason="No")
    with pytest.raises(AboveRefundable):
        refunds.ask(1)


def test_claimed_money_is_not_refunded(estate: Estate) -> None:
    refunds = Refunds(estate)
    waiting = refunds.ask(40_000, destination=Destination.WALLET)
    refunds.told(0, is_disputed=True)
    assert refunds.now(waiting).status is RefundStatus.CANCELLED
    with pytest.raises(PaymentContested):
        refunds.ask(40_000)
    refunds.told(0, is_disputed=False)
    assert refunds.ask(40_000).is_open
    assert estate.count(EventName.CHARGEBACK_OPENED) == 1
    assert estate.count(EventName.CHARGEBACK_CLOSED) == 1


def test_short_wallet_refuses_a_refund(estate: Estate) -> None:
    refunds, own = Refunds(estate), estate.tenant_wallet()
    estate.books.run(lambda tx: add_hold(tx, estate.tenant, own, 60_001))
    with pytest.raises(InsufficientFunds):
        refunds.ask(40_000)
    assert refunds.all() == ()


@pytest.mark.parametrize(
    ("part", "possible"), [(PartOf.NOTHING, ()), (PartOf.WHOLE, (100_000,)), (PartOf.ANY, (1,))]
)
def test_by_the_way_it_came_goes_only_what_its_provider_can_give_back(
    estate: Estate, part: PartOf, possible: tuple[int, ...]
) -> None:
    payment_id = Refunds(estate).payment.id

    def can(minor: int) -> bool:
        """Ask for a refund where the sandbox's provider can do just this."""

        def ask(tx: SqlTransaction) -> bool:
            kind = tx.kinds["sandbox"]
            can = replace(kind.capabilities, refunds=part)
            tx.kinds = {"sandbox": replace(kind, capabilities=can)}
            amount = naira(minor)
            choice = refund_choice(tx, actor=estate.admin, payment_id=payment_id)
            if not choice.may_go_back(amount):
                with pytest.raises(StaleCard), tx.inner():
                    open_original(tx, amount)
                return False
            return open_original(tx, amount).is_by_provider

        def open_original(tx: SqlTransaction, amount: Money) -> Refund:
            return open_refund(
                tx,
                actor=estate.admin,
                payment_id=payment_id,
                amount=amount,
                destination=Destination.ORIGINAL,
                reason="Paid twice",
            )

        return estate.books.run(ask)

    assert [can(40_000), *(can(each) for each in possible)] == [
        part is PartOf.ANY,
        *(True for _ in possible),
    ]

"""Paying a bill from the own wallet (J-02, J-06, J-07): what passes and what is refused."""

import pytest

from core.domain.acts import EventName
from core.domain.bills import Bill, Shown
from core.domain.disputes import DisputeReason
from core.domain.errors import (
    AboveRest,
    BelowMinimum,
    BillCancelled,
    BillDisputed,
    BillSettled,
    InsufficientFunds,
    InvalidAmount,
    KeyReused,
    MoneyStopped,
    NotAcknowledged,
    NotFound,
    PaymentOpen,
    PinNeeded,
    StaleCard,
    TenantClosed,
    WalletFrozen,
)
from core.domain.money import Money
from core.domain.payments import Method, PaymentStatus
from core.domain.people import Actor
from core.domain.tenants import Policy
from core.use_cases.bills import amend_bill, cancel_bill, pay_bill
from core.use_cases.disputes import open_dispute
from core.use_cases.pins import set_pin
from core.use_cases.wallets import freeze_wallet, unfreeze_wallet
from storage.doctor import money_stop
from storage.transaction import SqlTransaction
from tests.core.estate import TOTAL, Estate, palm_court
from tests.factories import USD, add_hold, naira


@pytest.fixture
def bill(estate: Estate) -> Bill:
    """An acknowledged bill of 5,000.00, and 20,000.00 in Ada's wallet."""
    estate.fund(estate.ada, 2_000_000)
    return estate.agreed()


def nothing_moved(estate: Estate, bill: Bill, *, balance: int = 2_000_000) -> bool:
    there = (estate.balance(estate.ada), estate.collected(), estate.bill(bill).paid.minor)
    return there == (balance, 0, 0)


def test_a_whole_payment_moves_the_money_once_and_proves_it(estate: Estate, bill: Bill) -> None:
    after, receipt = estate.do(
        pay_bill, actor=estate.ada, bill_id=bill.id, revision=1, amount=naira(TOTAL), key="k"
    )
    payment = estate.look(lambda tx: tx.payments.get(receipt.payment_id))
    assert after.shown(today=bill.due_on) is Shown.PAID
    assert (estate.balance(estate.ada), estate.collected()) == (1_500_000, TOTAL)
    assert (payment.method, payment.status) == (Method.WALLET, PaymentStatus.COMPLETED)
    assert payment.captured == payment.amount == naira(TOTAL)
    assert receipt.number == "RCPT-2026-000001"
    assert (receipt.amount, receipt.settled) == (naira(TOTAL), naira(TOTAL))
    assert receipt.balance_after == naira(1_500_000)
    assert estate.count(EventName.BILL_PAID) == estate.count(EventName.PAYMENT_COMPLETED) == 1
    assert estate.count(EventName.TENANT_WALLET_CREDITED) == 1


def test_a_part_then_the_rest(estate: Estate, bill: Bill) -> None:
    part = estate.pay(bill, 200_000)
    assert part.shown(today=bill.due_on) is Shown.PARTIALLY_PAID
    assert part.rest == naira(300_000)
    assert estate.pay(bill, 300_000).shown(today=bill.due_on) is Shown.PAID
    assert estate.collected() == TOTAL
    assert estate.count(EventName.RECEIPT_ISSUED) == 2
    assert estate.count(EventName.BILL_PARTIALLY_PAID) == estate.count(EventName.BILL_PAID) == 1


def test_the_same_key_pays_a_part_once(estate: Estate, bill: Bill) -> None:
    estate.pay(bill, 100_000, key="pressed")
    with pytest.raises(KeyReused):
        estate.pay(bill, 100_000, key="pressed")
    assert estate.bill(bill).paid == naira(100_000)
    assert estate.balance(estate.ada) == 1_900_000


def test_the_same_key_pays_the_whole_once(estate: Estate, bill: Bill) -> None:
    estate.pay(bill, TOTAL, key="pressed")
    with pytest.raises(BillSettled):
        estate.pay(bill, TOTAL, key="pressed")
    assert estate.balance(estate.ada) == 1_500_000


def test_an_empty_wallet_says_what_is_missing(estate: Estate) -> None:
    bill = estate.agreed()
    estate.fund(estate.ada, 120_000)
    with pytest.raises(InsufficientFunds) as refused:
        estate.pay(bill, TOTAL)
    assert refused.value.data["missing"] == naira(380_000)
    assert refused.value.data["available"] == naira(120_000)
    assert nothing_moved(estate, bill, balance=120_000)


def test_held_money_is_not_there_to_spend(estate: Estate, bill: Bill) -> None:
    wallet = estate.wallet(estate.ada)
    estate.books.run(lambda tx: add_hold(tx, estate.tenant, wallet, 1_600_001))
    with pytest.raises(InsufficientFunds) as refused:
        estate.pay(bill, 400_000)
    assert refused.value.data["missing"] == naira(1)


def test_a_frozen_wallet_pays_nothing_until_it_thaws(estate: Estate, bill: Bill) -> None:
    wallet = estate.do(freeze_wallet, actor=estate.ada, wallet_id=estate.wallet(estate.ada).id)
    with pytest.raises(WalletFrozen):
        estate.pay(bill, TOTAL)
    assert nothing_moved(estate, bill)
    estate.do(unfreeze_wallet, actor=estate.ada, wallet_id=wallet.id)
    assert estate.pay(bill, TOTAL).rest == naira(0)


@pytest.mark.parametrize("minor", [1, 49_999])
def test_a_part_below_the_minimum_is_refused_with_the_minimum(
    estate: Estate, bill: Bill, minor: int
) -> None:
    with pytest.raises(BelowMinimum) as refused:
        estate.pay(bill, minor)
    assert refused.value.data["least"] == naira(50_000)
    assert nothing_moved(estate, bill)


def test_a_part_of_exactly_the_minimum_passes(estate: Estate, bill: Bill) -> None:
    assert estate.pay(bill, 50_000).paid == naira(50_000)


def test_a_rest_below_the_minimum_may_be_paid_whole_and_only_whole(
    estate: Estate, bill: Bill
) -> None:
    estate.pay(bill, TOTAL - 100)
    with pytest.raises(BelowMinimum) as refused:
        estate.pay(bill, 99)
    assert refused.value.data["least"] == naira(100)
    assert estate.pay(bill, 100).rest == naira(0)


@pytest.mark.parametrize("minor", [TOTAL + 1, 2**53])
def test_more_than_the_rest_is_refused(estate: Estate, bill: Bill, minor: int) -> None:
    with pytest.raises(AboveRest) as refused:
        estate.pay(bill, minor)
    assert refused.value.data["most"] == naira(TOTAL)
    assert nothing_moved(estate, bill)


@pytest.mark.parametrize("amount", [naira(0), naira(-TOTAL)])
def test_nothing_and_less_than_nothing_are_no_amounts(
    estate: Estate, bill: Bill, amount: Money
) -> None:
    with pytest.raises(InvalidAmount):
        estate.pay(bill, amount.minor)
    assert nothing_moved(estate, bill)


def test_another_currency_is_refused(estate: Estate, bill: Bill) -> None:
    with pytest.raises(InvalidAmount):
        estate.do(
            pay_bill,
            actor=estate.ada,
            bill_id=bill.id,
            revision=1,
            amount=Money(TOTAL, USD),
            key="k",
        )
    assert nothing_moved(estate, bill)


def test_an_amended_bill_makes_the_shown_card_stale(estate: Estate, bill: Bill) -> None:
    estate.do(
        amend_bill,
        actor=estate.admin,
        bill_id=bill.id,
        revision=1,
        total=naira(420_000),
        reason="Meter read again",
    )
    with pytest.raises(StaleCard):
        estate.pay(bill, 420_000)
    assert nothing_moved(estate, bill)


def test_an_amended_bill_waits_for_a_new_yes(estate: Estate, bill: Bill) -> None:
    estate.do(
        amend_bill,
        actor=estate.admin,
        bill_id=bill.id,
        revision=1,
        total=naira(420_000),
        reason="Meter read again",
    )
    with pytest.raises(NotAcknowledged):
        estate.pay(estate.bill(bill), 420_000)


def test_a_disputed_bill_takes_no_money(estate: Estate, bill: Bill) -> None:
    estate.do(
        open_dispute,
        actor=estate.ada,
        bill_id=bill.id,
        revision=1,
        reason=DisputeReason.AMOUNT,
        text="Too much",
    )
    with pytest.raises(BillDisputed):
        estate.pay(bill, TOTAL)
    assert nothing_moved(estate, bill)


def test_a_cancelled_bill_takes_no_money(estate: Estate, bill: Bill) -> None:
    estate.do(cancel_bill, actor=estate.admin, bill_id=bill.id, revision=1, reason="Twice")
    with pytest.raises(BillCancelled):
        estate.pay(bill, TOTAL)
    assert nothing_moved(estate, bill)


def test_an_unacknowledged_bill_takes_no_money(estate: Estate) -> None:
    estate.fund(estate.ada, TOTAL)
    bill = estate.issue()
    with pytest.raises(NotAcknowledged):
        estate.pay(bill, TOTAL)
    assert nothing_moved(estate, bill, balance=TOTAL)


def test_being_overdue_does_not_replace_the_acknowledgment(estate: Estate) -> None:
    estate.fund(estate.ada, TOTAL)
    bill = estate.issue()
    estate.clock.move(days=30)
    today = estate.clock.now().date()
    assert bill.shown(today=today) is Shown.OVERDUE
    with pytest.raises(NotAcknowledged):
        estate.pay(bill, TOTAL)
    with pytest.raises(NotAcknowledged):
        estate.ask_link(bill)
    agreed = estate.acknowledge(bill)
    assert agreed.shown(today=today) is Shown.OVERDUE
    assert estate.pay(agreed, TOTAL).shown(today=today) is Shown.PAID


def test_a_neighbours_bill_does_not_exist(estate: Estate, bill: Bill) -> None:
    estate.fund(estate.cyd, TOTAL)
    with pytest.raises(NotFound):
        estate.pay(bill, TOTAL, actor=estate.cyd)
    assert nothing_moved(estate, bill)


def test_staff_do_not_pay_for_others(estate: Estate, bill: Bill) -> None:
    estate.fund(estate.admin, TOTAL)
    with pytest.raises(NotFound):
        estate.pay(bill, TOTAL, actor=estate.admin)


def test_another_tenants_bill_does_not_exist(estate: Estate, bill: Bill) -> None:
    with pytest.raises(NotFound):
        estate.pay(bill, TOTAL, actor=estate.eve)
    assert nothing_moved(estate, bill)


def test_a_housemate_pays_from_the_own_wallet(estate: Estate, bill: Bill) -> None:
    estate.fund(estate.ben, TOTAL)
    assert estate.pay(bill, TOTAL, actor=estate.ben).rest == naira(0)
    assert (estate.balance(estate.ben), estate.balance(estate.ada)) == (0, 2_000_000)


def test_a_suspended_tenant_takes_no_money(estate: Estate, bill: Bill) -> None:
    before = estate.tenant
    estate.books.run(lambda tx: tx.tenants.replace(before, before.suspend()))
    with pytest.raises(TenantClosed):
        estate.pay(bill, TOTAL)
    assert nothing_moved(estate, bill)


def test_a_waiting_link_for_the_whole_rest_leaves_nothing_to_pay(
    estate: Estate, bill: Bill
) -> None:
    tried = estate.open_link(bill)
    with pytest.raises(PaymentOpen):
        estate.pay(bill, TOTAL)
    assert estate.settle(tried).payment.status is PaymentStatus.COMPLETED
    assert estate.balance(estate.ada) == 2_000_000


def _pay_part(tx: SqlTransaction, payer: Actor, bill: Bill) -> Bill:
    after, _ = pay_bill(
        tx,
        actor=payer,
        bill_id=bill.id,
        revision=1,
        amount=naira(300_000),
        key=f"key-{payer.person_id}",
    )
    return after


def test_two_parts_at_once_never_exceed_the_rest(estate: Estate, bill: Bill) -> None:
    estate.fund(estate.ben, TOTAL)
    results = estate.books.run_group(
        [
            lambda tx: _pay_part(tx, estate.ada, bill),
            lambda tx: _pay_part(tx, estate.ben, bill),
        ]
    )
    assert isinstance(results[1], AboveRest)
    assert results[1].data["most"] == naira(200_000)
    assert estate.bill(bill).paid == naira(300_000)
    assert (estate.balance(estate.ada), estate.balance(estate.ben)) == (1_700_000, TOTAL)


def test_beyond_the_pinless_limit_a_pin_is_needed(tmp_path_factory: pytest.TempPathFactory) -> None:
    policy = Policy(pinless_minor=100_000)
    with palm_court(tmp_path_factory.mktemp("books"), policy=policy) as estate:
        estate.fund(estate.ada, TOTAL)
        bill = estate.agreed()
        assert estate.pay(bill, 100_000).paid == naira(100_000)
        with pytest.raises(PinNeeded) as refused:
            estate.pay(bill, 100_001)
        assert refused.value.data["most"] == naira(100_000)
        estate.do(set_pin, person_id=estate.ada.person_id, pin_hash="argon")
        assert estate.pay(bill, 400_000).rest == naira(0)


def test_while_money_is_stopped_nothing_is_paid(estate: Estate, bill: Bill) -> None:
    estate.books.run(lambda tx: money_stop(tx, estate.tenant.id, "being checked"))
    with pytest.raises(MoneyStopped):
        estate.pay(bill, TOTAL)
    assert nothing_moved(estate, bill)

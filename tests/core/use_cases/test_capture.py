"""What a provider captured: credited once, whatever its answers look like and in which order."""

from dataclasses import replace
from itertools import permutations
from typing import TypedDict

import pytest

from core.domain.acts import EventName
from core.domain.bills import Bill, Shown
from core.domain.configurations import Configuration, ConfigurationId
from core.domain.disputes import DisputeReason
from core.domain.errors import KeyReused
from core.domain.ledger import AccountKind
from core.domain.money import Money
from core.domain.payments import AttemptStatus, PaymentStatus
from core.domain.people import Actor
from core.domain.providers import Declined, Outcome, Pending, ProviderError, Unknown
from core.domain.tenants import PLATFORM
from core.use_cases.bills import amend_bill, cancel_bill
from core.use_cases.disputes import open_dispute
from core.use_cases.links import (
    begin_call,
    expire_payment,
    is_watched,
    open_top_up,
    retry_payment,
)
from core.use_cases.wallets import freeze_wallet
from storage.transaction import SqlTransaction
from tests.core.estate import TOTAL, Estate, Tried, settled
from tests.factories import USD, naira

NOT_YET = Pending(link="https://pay.example/1", provider_ref="ref-1")
NOBODY_KNOWS = Unknown(error=ProviderError.TIMEOUT_ERROR)
NO = Declined(error=ProviderError.DECLINED_CARD)


class Wrong(TypedDict, total=False):
    """What a capture says that we did not ask."""

    reference: str
    is_test: bool
    captured: Money


@pytest.fixture
def bill(estate: Estate) -> Bill:
    """An acknowledged bill of 5,000.00; every wallet is empty."""
    return estate.agreed()


def test_a_settled_link_pays_the_bill_once(estate: Estate, bill: Bill) -> None:
    done = estate.settle(estate.open_link(bill))
    assert (done.payment.status, done.attempt.status) == (
        PaymentStatus.COMPLETED,
        AttemptStatus.SETTLED,
    )
    assert done.attempt.verified_at == estate.clock.now()
    assert done.payment.captured == naira(TOTAL)
    assert estate.bill(bill).shown(today=bill.due_on) is Shown.PAID
    assert (estate.balance(estate.ada), estate.collected()) == (0, TOTAL)
    assert estate.account(AccountKind.PROVIDER, estate.configuration.id).balance == naira(-TOTAL)
    told = [EventName.PAYMENT_INITIATED, EventName.PAYMENT_COMPLETED, EventName.RECEIPT_ISSUED]
    assert [estate.count(name) for name in told] == [1, 1, 1]


def test_the_same_answer_five_times_credits_once(estate: Estate, bill: Bill) -> None:
    tried = estate.open_link(bill)
    for _ in range(5):
        estate.settle(tried)
    assert (estate.collected(), estate.balance(estate.ada)) == (TOTAL, 0)
    assert estate.count(EventName.PAYMENT_COMPLETED) == 1


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_answers_in_any_order_credit_once(
    estate: Estate, bill: Bill, order: tuple[int, ...]
) -> None:
    tried = estate.open_link(bill)
    answers: tuple[Outcome, ...] = (settled(tried), NOT_YET, NOBODY_KNOWS, NO)
    for place in order:
        estate.answer(tried, answers[place])
    done = estate.now(tried)
    assert done.attempt.status is AttemptStatus.SETTLED
    assert done.payment.status is PaymentStatus.COMPLETED
    assert (estate.collected(), estate.balance(estate.ada)) == (TOTAL, 0)


def test_a_capture_answered_before_the_link_is_known(estate: Estate, bill: Bill) -> None:
    done = estate.settle(estate.ask_link(bill))
    assert done.attempt.status is AttemptStatus.SETTLED
    assert estate.collected() == TOTAL


@pytest.mark.parametrize(
    "wrong",
    [
        Wrong(reference="hz-somebody-else"),
        Wrong(is_test=False),
        Wrong(captured=Money(TOTAL, USD)),
    ],
    ids=["reference", "mode", "currency"],
)
def test_money_that_disagrees_goes_to_suspense_and_to_nobody(
    estate: Estate, bill: Bill, wrong: Wrong
) -> None:
    tried = estate.open_link(bill)
    odd = replace(settled(tried), **wrong)
    for _ in range(2):
        estate.answer(tried, odd)
    after = estate.now(tried)
    suspense = estate.account(AccountKind.SUSPENSE, currency=odd.captured.currency)
    assert suspense.balance == odd.captured
    is_ours = odd.reference == tried.attempt.reference
    assert (after.attempt.status, after.payment.status) == (
        (AttemptStatus.SETTLED, PaymentStatus.FAILED)
        if is_ours
        else (AttemptStatus.UNKNOWN, PaymentStatus.PROCESSING)
    )
    assert not (is_ours and estate.do(is_watched, attempt=after.attempt))
    assert (estate.balance(estate.ada), estate.collected()) == (0, 0)
    assert estate.count(EventName.MONEY_UNMATCHED) == 1
    assert estate.count(EventName.PAYMENT_COMPLETED) == 0


@pytest.mark.parametrize("minor", [0, -1])
def test_a_capture_of_nothing_moves_nothing(estate: Estate, bill: Bill, minor: int) -> None:
    after = estate.settle(estate.open_link(bill), minor)
    assert after.attempt.status is AttemptStatus.UNKNOWN
    assert (estate.balance(estate.ada), estate.collected()) == (0, 0)


def test_less_than_asked_is_credited_and_the_payment_is_done(estate: Estate, bill: Bill) -> None:
    done = estate.settle(estate.open_link(bill), 300_000)
    assert done.payment.status is PaymentStatus.COMPLETED
    assert (done.payment.amount, done.payment.captured) == (naira(TOTAL), naira(300_000))
    assert estate.bill(bill).rest == naira(200_000)


def test_more_than_asked_pays_the_bill_and_stays_in_the_wallet(estate: Estate, bill: Bill) -> None:
    done = estate.settle(estate.open_link(bill, 200_000), TOTAL + 70_000)
    assert estate.bill(bill).rest == naira(0)
    assert (estate.balance(estate.ada), estate.collected()) == (70_000, TOTAL)
    assert done.payment.captured == naira(TOTAL + 70_000)
    assert estate.count(EventName.SURPLUS_KEPT) == 1


def test_several_captures_under_one_reference_are_all_kept(estate: Estate, bill: Bill) -> None:
    tried = estate.open_link(bill)
    first = settled(tried)
    both = replace(first, more=(settled(tried, 120_000, capture="cap-2"),))
    for answer in (first, both, both):
        estate.answer(tried, answer)
    done = estate.now(tried)
    assert (estate.balance(estate.ada), estate.collected()) == (120_000, TOTAL)
    assert done.payment.captured == naira(TOTAL + 120_000)
    assert estate.count(EventName.PAYMENT_LATE_CAPTURE) == 1
    assert estate.count(EventName.RECEIPT_ISSUED) == 2


def test_one_odd_capture_among_good_ones_keeps_the_attempt_in_doubt(
    estate: Estate, bill: Bill
) -> None:
    tried = estate.open_link(bill)
    odd = replace(settled(tried, 1_000, capture="cap-2"), reference="hz-somebody-else")
    done = estate.answer(tried, replace(settled(tried), more=(odd,)))
    assert done.payment.status is PaymentStatus.COMPLETED
    assert done.attempt.status is AttemptStatus.UNKNOWN
    assert estate.account(AccountKind.SUSPENSE).balance == naira(1_000)
    assert estate.collected() == TOTAL


def test_another_amount_under_the_same_id_is_refused(estate: Estate, bill: Bill) -> None:
    tried = estate.open_link(bill)
    estate.settle(tried, 300_000)
    with pytest.raises(KeyReused):
        estate.settle(tried, 400_000)
    assert estate.collected() == 300_000


def test_a_capture_that_was_credited_elsewhere_settles_nothing_here(
    estate: Estate, bill: Bill
) -> None:
    first = estate.open_link(bill)
    estate.settle(first)
    other = estate.open_link(estate.agreed(), by=estate.ben)
    after = estate.answer(other, settled(first))
    assert after.attempt.status is AttemptStatus.UNKNOWN
    assert after.payment.status is PaymentStatus.PROCESSING
    assert estate.collected() == TOTAL


def late(estate: Estate, tried: Tried) -> None:
    estate.settle(tried)
    done = estate.now(tried)
    assert done.payment.status is PaymentStatus.COMPLETED
    assert done.attempt.status is AttemptStatus.SETTLED
    assert (estate.balance(estate.ada), estate.collected()) == (TOTAL, 0)


def test_a_capture_after_expiry_goes_to_the_wallet(estate: Estate, bill: Bill) -> None:
    tried = estate.open_link(bill)
    estate.clock.move(minutes=61)
    estate.do(expire_payment, payment_id=tried.payment.id)
    assert estate.now(tried).payment.status is PaymentStatus.EXPIRED
    assert estate.now(tried).attempt.status is AttemptStatus.EXPIRED
    late(estate, tried)
    assert estate.bill(bill).rest == naira(TOTAL)
    assert estate.count(EventName.PAYMENT_LATE_CAPTURE) == estate.count(EventName.SURPLUS_KEPT) == 1


def test_a_capture_after_giving_up_goes_to_the_wallet(estate: Estate, bill: Bill) -> None:
    tried = estate.open_link(bill)
    estate.answer(tried, NOT_YET, is_cancelling=True)
    assert estate.now(tried).payment.status is PaymentStatus.CANCELLED
    late(estate, tried)


def test_a_capture_for_a_disputed_bill_goes_to_the_wallet(estate: Estate, bill: Bill) -> None:
    tried = estate.open_link(bill)
    estate.do(
        open_dispute,
        actor=estate.ada,
        bill_id=bill.id,
        revision=1,
        reason=DisputeReason.AMOUNT,
        text="Too much",
    )
    late(estate, tried)
    assert estate.count(EventName.SURPLUS_KEPT) == 1


def test_a_capture_for_a_cancelled_bill_goes_to_the_wallet(estate: Estate, bill: Bill) -> None:
    tried = estate.open_link(bill)
    estate.do(cancel_bill, actor=estate.admin, bill_id=bill.id, revision=1, reason="Twice")
    late(estate, tried)


def test_a_capture_for_an_amended_bill_waits_in_the_wallet_for_a_new_yes(
    estate: Estate, bill: Bill
) -> None:
    tried = estate.open_link(bill)
    estate.do(
        amend_bill,
        actor=estate.admin,
        bill_id=bill.id,
        revision=1,
        total=naira(300_000),
        reason="Less",
    )
    late(estate, tried)


def test_a_capture_for_an_amended_and_agreed_bill_pays_what_is_left(
    estate: Estate, bill: Bill
) -> None:
    tried = estate.open_link(bill)
    amended = estate.do(
        amend_bill,
        actor=estate.admin,
        bill_id=bill.id,
        revision=1,
        total=naira(300_000),
        reason="Less",
    )
    estate.acknowledge(amended)
    estate.settle(tried)
    assert estate.bill(bill).rest == naira(0)
    assert (estate.balance(estate.ada), estate.collected()) == (200_000, 300_000)


def test_a_capture_for_a_bill_paid_meanwhile_goes_to_the_wallet(estate: Estate, bill: Bill) -> None:
    tried = estate.open_link(bill, 200_000)
    others = estate.open_link(bill, 300_000, by=estate.ben)
    estate.settle(others, TOTAL, capture="cap-ben")
    assert estate.bill(bill).rest == naira(0)
    estate.settle(tried)
    assert (estate.balance(estate.ada), estate.balance(estate.ben)) == (200_000, 0)
    assert estate.collected() == TOTAL


def test_a_late_capture_of_a_declined_attempt_is_kept_beside_the_second(
    estate: Estate, bill: Bill
) -> None:
    first = estate.open_link(bill)
    estate.answer(first, NO)
    estate.do(
        retry_payment,
        actor=estate.ada,
        payment_id=first.payment.id,
        configuration=estate.configuration,
    )
    second = estate.tried(first.payment)
    assert second.attempt.reference != first.attempt.reference
    estate.settle(second)
    estate.settle(first, capture="cap-late")
    assert (estate.balance(estate.ada), estate.collected()) == (TOTAL, TOTAL)
    assert estate.now(first).attempt.status is AttemptStatus.SETTLED


def test_a_frozen_wallet_still_passes_a_link_payment_on(estate: Estate, bill: Bill) -> None:
    tried = estate.open_link(bill)
    wallet = estate.wallet(estate.ada)
    estate.do(freeze_wallet, actor=estate.ada, wallet_id=wallet.id)
    estate.settle(tried)
    assert estate.bill(bill).rest == naira(0)


def test_a_top_up_stays_in_the_wallet(estate: Estate) -> None:
    payment = estate.do(
        open_top_up, actor=estate.ada, amount=naira(TOTAL), configuration=estate.configuration
    )
    estate.settle(estate.tried(payment))
    assert (estate.balance(estate.ada), estate.collected()) == (TOTAL, 0)
    assert estate.count(EventName.WALLET_TOPPED_UP) == 1
    assert estate.count(EventName.SURPLUS_KEPT) == 0


def test_a_receipt_says_what_came_and_what_of_it_paid_the_bill(estate: Estate, bill: Bill) -> None:
    done = estate.settle(estate.open_link(bill), TOTAL + 100)
    receipt = estate.look(lambda tx: tx.payments.receipts_of(done.payment.id))[0]
    assert (receipt.amount, receipt.settled) == (naira(TOTAL + 100), naira(TOTAL))
    assert receipt.balance_after == naira(100)


def test_a_capture_of_another_tenant_s_is_credited_there_alone(estate: Estate) -> None:
    shared = estate.books.run(_add_shared)
    ada, eve = (_topping_up(estate, actor, shared) for actor in (estate.ada, estate.eve))
    said = settled(eve, capture="cap-X")
    estate.answer(ada, said)
    estate.answer(eve, said)
    rows = estate.books.rows("SELECT tenant_id FROM journal WHERE key LIKE '%cap-X'")
    assert [row[0] for row in rows] == [estate.eve.tenant_id]
    assert estate.now(ada).attempt.status is AttemptStatus.UNKNOWN


def _add_shared(tx: SqlTransaction) -> Configuration:
    configuration = Configuration(
        id=ConfigurationId(tx.new_id()), tenant_id=PLATFORM, provider="paystack", is_test=True
    )
    tx.configurations.add(configuration)
    return configuration


def _topping_up(estate: Estate, actor: Actor, configuration: Configuration) -> Tried:
    payment = estate.do(
        open_top_up, actor=actor, amount=naira(500_000), configuration=configuration
    )
    tried = estate.tried(payment)
    estate.do(begin_call, attempt_id=tried.attempt.id)
    return estate.answer(tried, Pending(link="https://pay.example/1", provider_ref="r"))

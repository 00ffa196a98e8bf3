"""Links that were declined or given up: a new attempt only when no other may take money."""

import pytest

from core.domain.acts import EventName
from core.domain.bills import Bill
from core.domain.disputes import DisputeReason
from core.domain.errors import (
    AboveRest,
    BillDisputed,
    IllegalTransition,
    NotAcknowledged,
    NotFound,
    PaymentOpen,
)
from core.domain.payments import AttemptStatus, PaymentStatus
from core.domain.people import Actor
from core.domain.providers import Declined, Pending, ProviderError, Unknown
from core.use_cases.bills import amend_bill
from core.use_cases.disputes import open_dispute
from core.use_cases.links import (
    begin_call,
    cancel_payment,
    check_now,
    retry_payment,
)
from tests.core.estate import Estate, Tried
from tests.factories import naira

NOT_YET = Pending(link="https://pay.example/1", provider_ref="ref-1")
NOBODY_KNOWS = Unknown(error=ProviderError.TIMEOUT_ERROR)
NO = Declined(error=ProviderError.DECLINED_CARD)


@pytest.fixture
def bill(estate: Estate) -> Bill:
    """An acknowledged bill of 5,000.00; every wallet is empty."""
    return estate.agreed()


def test_a_decline_ends_the_attempt_and_leaves_the_payment(estate: Estate, bill: Bill) -> None:
    tried = estate.answer(estate.open_link(bill), NO)
    assert tried.attempt.status is AttemptStatus.DECLINED
    assert tried.attempt.error is ProviderError.DECLINED_CARD
    assert tried.payment.status is PaymentStatus.PROCESSING
    assert estate.count(EventName.PAYMENT_FAILED) == 0


def retry(estate: Estate, tried: Tried, *, by: Actor | None = None) -> Tried:
    payment = estate.do(
        retry_payment,
        actor=by or estate.ada,
        payment_id=tried.payment.id,
        configuration=estate.configuration,
    )
    return estate.tried(payment)


def test_a_retry_is_a_new_attempt_under_a_new_reference(estate: Estate, bill: Bill) -> None:
    first = estate.answer(estate.open_link(bill), NO)
    second = retry(estate, first)
    assert second.payment.id == first.payment.id
    assert (second.attempt.number, second.attempt.status) == (2, AttemptStatus.CREATED)
    assert second.attempt.reference != first.attempt.reference
    estate.settle(second)
    assert estate.bill(bill).rest == naira(0)


@pytest.mark.parametrize("answer", [NOT_YET, NOBODY_KNOWS])
def test_no_retry_while_an_attempt_may_still_take_money(
    estate: Estate, bill: Bill, answer: Pending | Unknown
) -> None:
    tried = estate.answer(estate.open_link(bill), answer)
    with pytest.raises(PaymentOpen):
        retry(estate, tried)


def test_no_retry_while_an_attempt_has_not_even_left(estate: Estate, bill: Bill) -> None:
    with pytest.raises(PaymentOpen):
        retry(estate, estate.ask_link(bill))
    second = retry(estate, estate.answer(estate.open_link(estate.agreed()), NO))
    with pytest.raises(PaymentOpen):
        retry(estate, second)


def test_no_retry_of_a_payment_that_ended(estate: Estate, bill: Bill) -> None:
    tried = estate.answer(estate.open_link(bill), NO, is_cancelling=True)
    assert tried.payment.status is PaymentStatus.CANCELLED
    with pytest.raises(PaymentOpen):
        retry(estate, tried)


def test_no_retry_for_a_bill_that_became_disputed(estate: Estate, bill: Bill) -> None:
    tried = estate.answer(estate.open_link(bill), NO)
    estate.do(
        open_dispute,
        actor=estate.ben,
        bill_id=bill.id,
        revision=1,
        reason=DisputeReason.AMOUNT,
        text="Too much",
    )
    with pytest.raises(BillDisputed):
        retry(estate, tried)


def test_no_retry_for_more_than_is_left(estate: Estate, bill: Bill) -> None:
    tried = estate.answer(estate.open_link(bill), NO)
    amended = estate.do(
        amend_bill,
        actor=estate.admin,
        bill_id=bill.id,
        revision=1,
        total=naira(300_000),
        reason="Less",
    )
    with pytest.raises(NotAcknowledged):
        retry(estate, tried)
    estate.acknowledge(amended)
    with pytest.raises(AboveRest):
        retry(estate, tried)


def test_nobody_else_retries_cancels_or_checks(estate: Estate, bill: Bill) -> None:
    tried = estate.answer(estate.open_link(bill), NO)
    with pytest.raises(NotFound):
        retry(estate, tried, by=estate.ben)
    for act in (cancel_payment, check_now):
        for actor in (estate.ben, estate.eve, estate.admin):
            with pytest.raises(NotFound):
                estate.do(act, actor=actor, payment_id=tried.payment.id)


def test_nothing_sent_is_given_up_at_once(estate: Estate, bill: Bill) -> None:
    tried = estate.ask_link(bill)
    after = estate.do(cancel_payment, actor=estate.ada, payment_id=tried.payment.id)
    assert after.status is PaymentStatus.CANCELLED
    assert after.ended_at == estate.clock.now()


def test_a_retry_that_never_left_is_given_up_at_once(estate: Estate, bill: Bill) -> None:
    second = retry(estate, estate.answer(estate.open_link(bill), NO))
    after = estate.do(cancel_payment, actor=estate.ada, payment_id=second.payment.id)
    assert after.status is PaymentStatus.CANCELLED
    assert estate.do(begin_call, attempt_id=second.attempt.id) is None


@pytest.mark.parametrize(
    ("answer", "status", "attempt"),
    [
        (NOT_YET, PaymentStatus.CANCELLED, AttemptStatus.EXPIRED),
        (NO, PaymentStatus.CANCELLED, AttemptStatus.DECLINED),
        (NOBODY_KNOWS, PaymentStatus.PROCESSING, AttemptStatus.UNKNOWN),
    ],
    ids=["not paid", "declined", "nobody knows"],
)
def test_giving_up_waits_for_the_providers_word(
    estate: Estate,
    bill: Bill,
    answer: Pending | Declined | Unknown,
    status: PaymentStatus,
    attempt: AttemptStatus,
) -> None:
    tried = estate.open_link(bill)
    before = estate.do(cancel_payment, actor=estate.ada, payment_id=tried.payment.id)
    assert before.status is PaymentStatus.PROCESSING
    after = estate.answer(tried, answer, is_cancelling=True)
    assert (after.payment.status, after.attempt.status) == (status, attempt)


def test_giving_up_what_was_paid_meanwhile_completes_it(estate: Estate, bill: Bill) -> None:
    tried = estate.open_link(bill)
    estate.do(cancel_payment, actor=estate.ada, payment_id=tried.payment.id)
    assert estate.settle(tried).payment.status is PaymentStatus.COMPLETED
    assert estate.bill(bill).rest == naira(0)


def test_what_has_ended_is_not_given_up_again(estate: Estate, bill: Bill) -> None:
    done = estate.settle(estate.open_link(bill))
    with pytest.raises(IllegalTransition):
        estate.do(cancel_payment, actor=estate.ada, payment_id=done.payment.id)

"""Payments of books that were put back: whoever was asked for money may have paid unknown to us."""

import pytest

from core.domain.bills import Bill
from core.domain.checkouts import Verdict
from core.domain.errors import PaymentOpen
from core.domain.payments import Payment, PaymentStatus
from core.domain.providers import Declined, ProviderError, Unknown
from core.use_cases.checkouts import judge_checkout
from core.use_cases.links import begin_call, cancel_payment, expire_payment, retry_payment
from tests.core.estate import Estate, Tried

NOBODY_KNOWS = Unknown(error=ProviderError.PROVIDER_ERROR)
NO = Declined(error=ProviderError.DECLINED_CARD)


@pytest.fixture
def pageless(estate: Estate) -> Tried:
    """Return a payment whose page never came: its payer may give it up at once, or try again."""
    tried = estate.ask_link(estate.agreed())
    estate.do(begin_call, attempt_id=tried.attempt.id)
    return estate.answer(tried, NOBODY_KNOWS)


@pytest.fixture
def bill(estate: Estate) -> Bill:
    return estate.agreed()


def put_back(estate: Estate) -> None:
    estate.clock.move(seconds=5)
    estate.books.run(lambda tx: tx.freeze.begin())


def release(estate: Estate) -> None:
    estate.books.run(lambda tx: tx.freeze.release())


def retry(estate: Estate, tried: Tried) -> Payment:
    return estate.do(
        retry_payment,
        actor=estate.ada,
        payment_id=tried.payment.id,
        configuration=estate.configuration,
    )


def calls(estate: Estate) -> int:
    ((count,),) = estate.books.rows("SELECT count(*) FROM work WHERE kind = 'call'")
    return int(count)


def test_no_second_page_beside_one_that_may_have_come_after_the_copy(
    estate: Estate, pageless: Tried
) -> None:
    put_back(estate)
    with pytest.raises(PaymentOpen):
        retry(estate, pageless)
    release(estate)
    assert retry(estate, pageless).id == pageless.payment.id


def test_what_was_not_even_sent_is_given_up_by_asking(estate: Estate, bill: Bill) -> None:
    tried = estate.ask_link(bill)
    put_back(estate)
    before = calls(estate)
    after = estate.do(cancel_payment, actor=estate.ada, payment_id=tried.payment.id)
    assert after.is_open
    assert calls(estate) == before + 1


def test_what_never_got_a_page_is_given_up_by_asking(estate: Estate, pageless: Tried) -> None:
    put_back(estate)
    estate.do(cancel_payment, actor=estate.ada, payment_id=pageless.payment.id)
    assert estate.now(pageless).payment.is_open
    assert estate.answer(pageless, NOBODY_KNOWS, is_cancelling=True).payment.is_open
    done = estate.settle(pageless)
    assert done.payment.status is PaymentStatus.COMPLETED


def test_the_providers_own_no_is_believed(estate: Estate, bill: Bill) -> None:
    declined = estate.answer(estate.open_link(bill), NO)
    put_back(estate)
    second = retry(estate, declined)
    assert estate.tried(second).attempt.number == 2
    # The new attempt is no older than the restore: it is as any other.
    assert not estate.tried(second).attempt.is_put_back


@pytest.mark.parametrize("is_frozen", [True, False])
def test_no_time_is_over_before_the_provider_was_asked(
    estate: Estate, bill: Bill, *, is_frozen: bool
) -> None:
    tried = estate.open_link(bill)
    if is_frozen:
        put_back(estate)
    before = calls(estate)
    estate.clock.move(hours=2)
    after = estate.do(expire_payment, payment_id=tried.payment.id)
    assert (after.is_open, calls(estate) > before) == (is_frozen, is_frozen)
    if is_frozen:
        # He had paid in time, and the books that were lost knew it: it is no late money.
        assert estate.settle(tried).payment.status is PaymentStatus.COMPLETED
        assert not estate.bill(bill).rest.is_positive


def test_after_a_day_of_asking_it_is_over_all_the_same(estate: Estate, bill: Bill) -> None:
    tried = estate.open_link(bill)
    put_back(estate)
    estate.clock.move(days=2)
    after = estate.do(expire_payment, payment_id=tried.payment.id)
    assert after.status is PaymentStatus.EXPIRED


def test_no_money_is_taken_for_what_may_be_paid_in_the_books_that_were_replaced(
    estate: Estate, bill: Bill
) -> None:
    tried = estate.open_link(bill)

    def verdict() -> Verdict:
        attempt = estate.now(tried).attempt
        return estate.look(
            lambda tx: judge_checkout(tx, attempt=attempt, amount=tried.payment.amount)
        )

    assert verdict() is Verdict.GO
    put_back(estate)
    assert verdict() is Verdict.OVER

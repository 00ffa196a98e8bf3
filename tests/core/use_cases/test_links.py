"""Links: asking for a page, the call that leaves once, doubt, expiry."""

from datetime import timedelta

import pytest

from core.domain.acts import EventName
from core.domain.bills import Bill
from core.domain.errors import (
    AboveRest,
    AmountOutOfRange,
    BelowMinimum,
    InvalidAmount,
    NoProvider,
    NotAcknowledged,
    NotFound,
    PaymentOpen,
    StaleCard,
    TooManyRequests,
)
from core.domain.money import Money
from core.domain.payments import AttemptId, AttemptStatus, PaymentStatus
from core.domain.people import Actor
from core.domain.providers import Declined, Pending, ProviderError, Unknown
from core.use_cases.addresses import note_prompt
from core.use_cases.bills import amend_bill
from core.use_cases.links import (
    CHECKS_A_MINUTE,
    MAX_TOP_UP_MINOR,
    begin_call,
    cancel_payment,
    check_now,
    expire_payment,
    is_watched,
    open_bill_link,
    open_top_up,
    record_answer,
)
from tests.books import NOW
from tests.core.estate import TOTAL, Estate
from tests.factories import USD, add_configuration, naira

NOBODY_KNOWS = Unknown(error=ProviderError.TIMEOUT_ERROR)
NO = Declined(error=ProviderError.DECLINED_CARD)
NOT_FOR_NOW = Declined(error=ProviderError.DECLINED_CARD, is_final=False)


@pytest.fixture
def bill(estate: Estate) -> Bill:
    """An acknowledged bill of 5,000.00; every wallet is empty."""
    return estate.agreed()


def looked_up(estate: Estate) -> list[int]:
    """Take the attempts whose look-up is due now."""
    now = estate.clock.now()
    due = estate.look(lambda tx: tx.work.take_due("payment_check", at=now, limit=10))
    return [each.subject for each in due]


def test_a_link_is_a_payment_an_attempt_and_a_call(estate: Estate, bill: Bill) -> None:
    tried = estate.ask_link(bill, 200_000)
    assert (tried.payment.status, tried.attempt.status) == (
        PaymentStatus.PENDING,
        AttemptStatus.CREATED,
    )
    assert tried.payment.amount == naira(200_000)
    assert tried.payment.expires_at == estate.clock.now() + timedelta(minutes=60)
    assert estate.count(EventName.PAYMENT_INITIATED) == 1


def test_a_call_leaves_once(estate: Estate, bill: Bill) -> None:
    tried = estate.ask_link(bill)
    request = estate.do(begin_call, attempt_id=tried.attempt.id)
    assert request is not None
    assert request.reference == tried.attempt.reference
    assert (request.amount, request.title) == (naira(TOTAL), f"Palm Court {bill.number}")
    assert estate.do(begin_call, attempt_id=tried.attempt.id) is None
    assert estate.now(tried).attempt.status is AttemptStatus.SENT
    assert estate.now(tried).attempt.sent_at == estate.clock.now()


def test_no_call_leaves_for_a_payment_that_ended_while_it_waited(
    estate: Estate, bill: Bill
) -> None:
    tried = estate.ask_link(bill)
    estate.do(cancel_payment, actor=estate.ada, payment_id=tried.payment.id)
    assert estate.do(begin_call, attempt_id=tried.attempt.id) is None
    assert estate.now(tried).attempt.status is AttemptStatus.CREATED


def test_a_page_makes_the_payment_processing(estate: Estate, bill: Bill) -> None:
    tried = estate.open_link(bill)
    assert (tried.payment.status, tried.attempt.status) == (
        PaymentStatus.PROCESSING,
        AttemptStatus.WAITING,
    )
    assert (tried.attempt.link, tried.attempt.provider_ref) == ("https://pay.example/1", "ref-1")


def test_a_page_whose_address_never_came_keeps_nobody_from_paying(
    estate: Estate, bill: Bill
) -> None:
    tried = estate.ask_link(bill)
    estate.do(begin_call, attempt_id=tried.attempt.id)
    lost = estate.answer(tried, Pending())
    assert (lost.attempt.status, lost.attempt.is_idle) == (AttemptStatus.DECLINED, True)
    assert lost.payment.is_open
    assert estate.settle(lost).payment.status is PaymentStatus.COMPLETED


def test_a_prompt_has_no_page_to_lose(estate: Estate, bill: Bill) -> None:
    tried = estate.ask_link(bill)
    estate.do(begin_call, attempt_id=tried.attempt.id)
    estate.do(note_prompt, attempt_id=tried.attempt.id, is_prompt=True)
    assert estate.answer(tried, Pending()).attempt.status is AttemptStatus.WAITING


def test_one_open_link_a_bill_and_payer(estate: Estate, bill: Bill) -> None:
    first = estate.open_link(bill, 100_000)
    with pytest.raises(PaymentOpen) as refused:
        estate.ask_link(bill, 100_000)
    assert refused.value.data["payment_id"] == first.payment.id
    assert estate.open_link(bill, 100_000, by=estate.ben).payment.payer_id == estate.ben.person_id


def test_links_and_paid_parts_together_never_ask_for_more_than_the_total(
    estate: Estate, bill: Bill
) -> None:
    estate.fund(estate.ada, TOTAL)
    estate.open_link(bill, 200_000, by=estate.ben)
    estate.pay(bill, 200_000)
    with pytest.raises(AboveRest) as refused:
        estate.ask_link(bill, 100_001)
    assert refused.value.data["most"] == naira(100_000)
    with pytest.raises(AboveRest):
        estate.pay(bill, 100_001)
    own = estate.open_link(bill, 100_000)
    with pytest.raises(PaymentOpen) as taken:
        estate.pay(bill, 1)
    assert taken.value.data["payment_id"] == own.payment.id


def test_a_link_that_ended_frees_its_amount(estate: Estate, bill: Bill) -> None:
    estate.fund(estate.ada, TOTAL)
    tried = estate.open_link(bill)
    estate.clock.move(minutes=61)
    estate.do(expire_payment, payment_id=tried.payment.id)
    assert estate.pay(bill, TOTAL).rest == naira(0)


@pytest.mark.parametrize(
    ("minor", "refusal"),
    [(0, InvalidAmount), (-1, InvalidAmount), (49_999, BelowMinimum), (TOTAL + 1, AboveRest)],
)
def test_odd_amounts_get_no_link(
    estate: Estate, bill: Bill, minor: int, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        estate.ask_link(bill, minor)


def test_an_unacknowledged_bill_gets_no_link(estate: Estate) -> None:
    with pytest.raises(NotAcknowledged):
        estate.ask_link(estate.issue())


def test_an_old_card_gets_no_link(estate: Estate, bill: Bill) -> None:
    estate.do(
        amend_bill,
        actor=estate.admin,
        bill_id=bill.id,
        revision=1,
        total=naira(1_000),
        reason="Less",
    )
    with pytest.raises(StaleCard):
        estate.ask_link(bill)


@pytest.mark.parametrize("who", ["cyd", "eve", "admin"])
def test_others_get_no_link(estate: Estate, bill: Bill, who: str) -> None:
    actor: Actor = getattr(estate, who)
    with pytest.raises(NotFound):
        estate.ask_link(bill, by=actor)


def test_another_tenants_merchant_account_is_never_used(estate: Estate, bill: Bill) -> None:
    foreign = estate.books.run(lambda tx: add_configuration(tx, estate.other))
    with pytest.raises(NoProvider):
        estate.do(
            open_bill_link,
            actor=estate.ada,
            bill_id=bill.id,
            revision=1,
            amount=naira(TOTAL),
            configuration=foreign,
        )
    assert estate.look(lambda tx: tx.payments.open_for(bill.id, estate.ada.person_id)) is None


@pytest.mark.parametrize(
    ("amount", "refusal"),
    [
        (naira(0), InvalidAmount),
        (Money(100, USD), InvalidAmount),
        (naira(MAX_TOP_UP_MINOR + 1), AmountOutOfRange),
    ],
)
def test_odd_top_ups_are_refused(estate: Estate, amount: Money, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        estate.do(open_top_up, actor=estate.ada, amount=amount, configuration=estate.configuration)


def test_an_attempt_in_doubt_is_looked_up_at_growing_intervals(estate: Estate, bill: Bill) -> None:
    tried = estate.ask_link(bill)
    estate.do(begin_call, attempt_id=tried.attempt.id)
    for wait_s in (20, 60, 180, 600, 1800, 3600, 3600):
        estate.answer(tried, NOBODY_KNOWS)
        assert looked_up(estate) == []
        estate.clock.move(seconds=wait_s - 1)
        assert looked_up(estate) == []
        estate.clock.move(seconds=1)
        assert looked_up(estate) == [tried.attempt.id]
    assert estate.now(tried).attempt.status is AttemptStatus.UNKNOWN


def test_time_alone_makes_no_failure_of_doubt(estate: Estate, bill: Bill) -> None:
    tried = estate.open_link(bill)
    estate.answer(tried, NOBODY_KNOWS)
    for _ in range(24):
        estate.clock.move(hours=1)
        estate.answer(tried, NOBODY_KNOWS)
        estate.do(expire_payment, payment_id=tried.payment.id)
        now = estate.now(tried)
        assert now.attempt.status is AttemptStatus.UNKNOWN
        assert now.payment.is_open
    estate.settle(tried)
    assert estate.bill(bill).rest == naira(0)


def test_after_a_day_doubt_ends_and_even_then_late_money_is_kept(
    estate: Estate, bill: Bill
) -> None:
    tried = estate.ask_link(bill)
    estate.do(begin_call, attempt_id=tried.attempt.id)
    estate.answer(tried, NOBODY_KNOWS)
    estate.clock.move(hours=25)
    estate.do(expire_payment, payment_id=tried.payment.id)
    now = estate.now(tried)
    assert (now.payment.status, now.attempt.status) == (
        PaymentStatus.EXPIRED,
        AttemptStatus.EXPIRED,
    )
    estate.settle(tried)
    assert (estate.balance(estate.ada), estate.collected()) == (TOTAL, 0)


def test_what_nobody_could_pay_is_over_with_its_time(estate: Estate, bill: Bill) -> None:
    tried = estate.ask_link(bill)
    estate.do(begin_call, attempt_id=tried.attempt.id)
    estate.answer(tried, NOBODY_KNOWS)
    estate.clock.move(minutes=60)
    estate.do(expire_payment, payment_id=tried.payment.id)
    now = estate.now(tried)
    assert (now.payment.status, now.attempt.status) == (
        PaymentStatus.EXPIRED,
        AttemptStatus.EXPIRED,
    )
    estate.settle(tried)
    assert (estate.balance(estate.ada), estate.collected()) == (TOTAL, 0)


def test_a_sent_call_without_an_answer_counts_as_doubt(estate: Estate, bill: Bill) -> None:
    tried = estate.ask_link(bill)
    estate.do(begin_call, attempt_id=tried.attempt.id)
    estate.clock.move(hours=2)
    assert estate.do(expire_payment, payment_id=tried.payment.id).is_open
    estate.clock.move(hours=23)
    assert not estate.do(expire_payment, payment_id=tried.payment.id).is_open


def test_an_expired_link_is_watched_for_a_day(estate: Estate, bill: Bill) -> None:
    tried = estate.open_link(bill)
    estate.clock.move(minutes=60)
    estate.do(expire_payment, payment_id=tried.payment.id)
    for hours, expected in ((23, True), (1, False)):
        estate.clock.move(hours=hours)
        now = estate.now(tried).attempt
        assert estate.do(is_watched, attempt=now) is expected


def test_what_a_provider_never_said_is_asked_for_longer(estate: Estate, bill: Bill) -> None:
    tried = estate.open_link(bill)
    estate.clock.move(days=2)
    estate.do(expire_payment, payment_id=tried.payment.id)
    estate.answer(tried, NOBODY_KNOWS)
    looked_up(estate)
    estate.clock.move(hours=1)
    estate.answer(tried, NOBODY_KNOWS)
    estate.clock.move(hours=1)
    assert looked_up(estate) == [tried.attempt.id]
    estate.answer(tried, Pending())
    estate.clock.move(hours=2)
    assert looked_up(estate) == []


def test_expiring_a_payment_that_ended_changes_nothing(estate: Estate, bill: Bill) -> None:
    done = estate.settle(estate.open_link(bill))
    estate.clock.move(days=2)
    assert estate.do(expire_payment, payment_id=done.payment.id) == done.payment


def test_asking_again_is_limited_by_the_minute(estate: Estate, bill: Bill) -> None:
    tried = estate.open_link(bill)
    for _ in range(CHECKS_A_MINUTE):
        estate.do(check_now, actor=estate.ada, payment_id=tried.payment.id)
    with pytest.raises(TooManyRequests):
        estate.do(check_now, actor=estate.ada, payment_id=tried.payment.id)
    estate.clock.move(minutes=1)
    estate.do(check_now, actor=estate.ada, payment_id=tried.payment.id)


def test_money_that_a_provider_holds_is_told_once(estate: Estate, bill: Bill) -> None:
    tried = estate.open_link(bill)
    for held in (Pending(), Pending(needs="UNILATERAL"), Pending(needs="UNILATERAL")):
        estate.answer(tried, held)
    assert estate.count(EventName.PAYMENT_HELD) == 1


def test_what_is_being_cleared_neither_expires_nor_is_cancelled_and_pays_its_bill(
    estate: Estate, bill: Bill
) -> None:
    clearing = Pending(is_clearing=True, clears_in_days=7)
    tried = estate.answer(estate.open_link(bill), clearing)
    assert tried.attempt.cleared_by == NOW + timedelta(days=9)
    estate.do(record_answer, attempt_id=tried.attempt.id, outcome=clearing, is_cancelling=True)
    for _ in range(3):
        estate.clock.move(days=2)
        waiting = estate.do(expire_payment, payment_id=tried.payment.id)
        assert waiting.is_open
        tried = estate.answer(tried, clearing)
    assert tried.attempt.cleared_by == NOW + timedelta(days=9)
    estate.settle(tried)
    assert estate.bill(bill).rest == naira(0)


def test_what_is_never_cleared_ends_after_a_month(estate: Estate, bill: Bill) -> None:
    tried = estate.answer(estate.open_link(bill), Pending(is_clearing=True))
    estate.clock.move(days=31)
    assert not estate.do(expire_payment, payment_id=tried.payment.id).is_open


def test_held_money_is_listed_until_it_is_let_go(estate: Estate, bill: Bill) -> None:
    def listed() -> list[AttemptId]:
        found = estate.look(lambda tx: tx.payments.held_in(estate.tenant.id, limit=9))
        return [each.id for each in found]

    tried = estate.answer(estate.open_link(bill), Pending(needs="UNILATERAL", is_clearing=True))
    assert listed() == [tried.attempt.id]
    tried = estate.answer(tried, Unknown(error=ProviderError.TIMEOUT_ERROR))
    assert listed() == [tried.attempt.id]
    estate.settle(tried)
    assert listed() == []


def test_a_decline_that_is_not_final_is_watched(estate: Estate, bill: Bill) -> None:
    tried = estate.answer(estate.open_link(bill), NOT_FOR_NOW)
    assert tried.attempt.checks == 2
    estate.settle(tried)
    assert estate.bill(bill).rest == naira(0)

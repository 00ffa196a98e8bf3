"""Whatever a provider says of a refund, and whenever: one journal, and the books agree."""

from datetime import timedelta

import pytest

from core.domain.acts import EventName
from core.domain.ledger import AccountKind
from core.domain.outflows import Outflow
from core.domain.providers import Declined, Pending, ProviderError, Unknown
from core.domain.refunds import ASK_FOR, CHECK, Destination, Origin, RefundStatus
from core.use_cases.refunding import NO_ANSWER, begin_refund, may_ask_again
from core.use_cases.refunds import agree_to_wallet, cancel_refund
from tests.core.estate import Estate
from tests.core.use_cases.refunding import Refunds, moved, returned
from tests.factories import naira

DECLINED = Declined(error=ProviderError.PROVIDER_ERROR)
UNKNOWN = Unknown(error=ProviderError.TIMEOUT_ERROR)


def test_request_names_what_it_is_taken_from(estate: Estate) -> None:
    refunds = Refunds(estate)
    refund = refunds.ask(40_000)
    request = estate.do(begin_refund, refund_id=refund.id)
    assert request is not None
    assert (request.reference, request.provider_id) == (refund.reference, refunds.capture)
    assert request.payment_reference == refunds.tried.attempt.reference
    assert (request.amount, request.captured) == (naira(40_000), naira(100_000))
    assert estate.do(begin_refund, refund_id=refund.id) is None


def test_provider_s_word_posts_once_however_often_it_comes(estate: Estate) -> None:
    refunds = Refunds(estate)
    refund = refunds.send(40_000)
    for _ in range(3):
        assert refunds.finish(refund).status is RefundStatus.COMPLETED
    assert (refunds.at_provider(), estate.collected(), refunds.held()) == (60_000, 60_000, 0)
    assert refunds.rest() == 40_000
    assert estate.count(EventName.REFUND_COMPLETED) == 1


def test_whole_payment_goes_back_in_two_parts(estate: Estate) -> None:
    refunds = Refunds(estate)
    refunds.finish(refunds.send(40_000))
    refunds.finish(refunds.send(60_000), provider_id="rfd-2")
    assert (refunds.at_provider(), refunds.rest()) == (0, 100_000)


def test_decline_frees_what_was_held(estate: Estate) -> None:
    refunds = Refunds(estate)
    refund = refunds.answer(refunds.send(40_000), DECLINED)
    assert (refund.status, refunds.held(), estate.collected()) == (
        RefundStatus.FAILED,
        0,
        100_000,
    )
    assert refunds.ask(100_000).is_open


@pytest.mark.parametrize("doubt", [UNKNOWN, Pending(provider_ref="rfd-1")])
def test_doubt_keeps_the_hold_and_asks_again_later(estate: Estate, doubt: Outflow) -> None:
    refunds = Refunds(estate)
    refund = refunds.answer(refunds.send(40_000), doubt)
    assert (refund.status, refunds.held()) == (RefundStatus.PROCESSING, 40_000)
    later = estate.clock.now() + timedelta(hours=1)
    due = estate.look(lambda tx: tx.work.take_due(CHECK, at=later, limit=5))
    assert [each.subject for each in due] == [refund.id]
    assert refunds.finish(refund).status is RefundStatus.COMPLETED


def test_doubt_without_end_is_a_human_s_task(estate: Estate) -> None:
    refunds = Refunds(estate)
    refund = refunds.send(40_000)
    estate.clock.at += ASK_FOR
    for _ in range(2):
        refund = refunds.answer(refund, UNKNOWN)
    assert (refund.status, refund.needs) == (RefundStatus.PROCESSING, NO_ANSWER)
    assert estate.count(EventName.REFUND_STUCK) == 1
    refunds.finish(refund)
    assert refunds.statuses() == [RefundStatus.COMPLETED]


def test_details_that_a_provider_needs_are_told_once(estate: Estate) -> None:
    refunds = Refunds(estate)
    refund = refunds.send(40_000)
    for _ in range(2):
        refund = refunds.answer(refund, Pending(provider_ref="rfd-1", needs="needs-attention"))
    assert (refund.needs, estate.count(EventName.REFUND_STUCK)) == ("needs-attention", 1)
    refunds.finish(refund)


@pytest.mark.parametrize("minor", [39_999, 40_001])
def test_another_amount_waits_for_a_human(estate: Estate, minor: int) -> None:
    refunds = Refunds(estate)
    refund = refunds.send(40_000)
    stuck = refunds.answer(refund, moved(refund, minor=minor))
    assert (stuck.status, refunds.at_provider()) == (RefundStatus.PROCESSING, 100_000)
    assert stuck.needs
    refunds.finish(refund)


def test_one_refund_of_the_provider_is_never_two_of_ours(estate: Estate) -> None:
    refunds = Refunds(estate)
    first, second = refunds.send(40_000), refunds.send(40_000)
    refunds.finish(first)
    assert refunds.finish(second).status is RefundStatus.PROCESSING
    assert refunds.at_provider() == 60_000
    refunds.finish(second, provider_id="rfd-2")
    assert refunds.at_provider() == 20_000


def test_late_success_is_posted_without_a_hold(estate: Estate) -> None:
    refunds = Refunds(estate)
    refund = refunds.answer(refunds.send(40_000), DECLINED)
    assert refunds.finish(refund).status is RefundStatus.COMPLETED
    assert (refunds.at_provider(), refunds.rest()) == (60_000, 40_000)


def test_late_success_of_what_was_refunded_otherwise_is_still_posted(estate: Estate) -> None:
    refunds = Refunds(estate)
    failed = refunds.answer(refunds.send(100_000), DECLINED)
    other = refunds.ask(100_000, destination=Destination.WALLET)
    estate.do(agree_to_wallet, actor=estate.ada, refund_id=other.id)
    for _ in range(2):
        refunds.finish(failed)
    assert refunds.statuses() == [
        RefundStatus.FAILED,
        RefundStatus.COMPLETED,
        RefundStatus.COMPLETED,
    ]
    assert refunds.all()[2].origin is Origin.PROVIDER
    assert (refunds.at_provider(), estate.balance(estate.ada), estate.collected()) == (0, 0, 0)


def test_money_that_comes_back_lies_in_the_payer_s_wallet(estate: Estate) -> None:
    refunds = Refunds(estate)
    refund = refunds.finish(refunds.send(40_000))
    for _ in range(2):
        assert refunds.answer(refund, returned(refund)).status is RefundStatus.RETURNED
    assert (estate.balance(estate.ada), refunds.at_provider()) == (40_000, 100_000)
    assert refunds.rest() == 40_000
    refunds.told(0)
    refunds.told(40_000)
    assert refunds.statuses() == [RefundStatus.RETURNED]


def test_a_refund_made_after_one_came_back_is_booked(estate: Estate) -> None:
    refunds = Refunds(estate)
    refund = refunds.finish(refunds.send(40_000))
    refunds.answer(refund, returned(refund))
    estate.clock.move(days=1)
    refunds.told(40_000)
    assert (refunds.at_provider(), refunds.rest()) == (60_000, 80_000)


def test_what_a_provider_gave_back_and_got_again_is_taken_in(estate: Estate) -> None:
    refunds = Refunds(estate)
    refunds.told(40_000)
    for _ in range(2):
        refunds.told(0)
    assert (refunds.at_provider(), estate.balance(estate.ada)) == (100_000, 40_000)
    refunds.told(None)
    estate.clock.move(days=1)
    refunds.told(40_000)
    assert (refunds.at_provider(), len(refunds.all())) == (60_000, 2)


def test_given_up_refunds_hide_no_later_one(estate: Estate) -> None:
    refunds = Refunds(estate)
    for _ in range(51):
        given_up = refunds.ask(1, destination=Destination.WALLET)
        estate.do(cancel_refund, actor=estate.admin, refund_id=given_up.id)
    refunds.finish(refunds.send(40_000))
    refunds.told(40_000)
    assert refunds.at_provider() == 60_000


def test_refund_from_the_dashboard_is_found_and_booked_once(estate: Estate) -> None:
    refunds = Refunds(estate)
    for total in (30_000, 30_000, 100_000, 100_000):
        refunds.told(total)
    assert [(each.origin, each.amount_minor) for each in refunds.all()] == [
        (Origin.PROVIDER, 30_000),
        (Origin.PROVIDER, 70_000),
    ]
    assert (refunds.at_provider(), estate.collected(), refunds.rest()) == (0, 0, 100_000)


def test_own_refund_is_not_found_again(estate: Estate) -> None:
    refunds = Refunds(estate)
    refund = refunds.send(40_000)
    refunds.told(40_000)
    assert refunds.statuses() == [RefundStatus.PROCESSING]
    refunds.finish(refund)
    refunds.told(40_000)
    assert (refunds.statuses(), refunds.at_provider()) == ([RefundStatus.COMPLETED], 60_000)


def test_only_what_is_surely_not_ours_is_found_at_once(estate: Estate) -> None:
    refunds = Refunds(estate)
    refund = refunds.send(40_000)
    refunds.told(70_000)
    assert refunds.at_provider() == 70_000
    refunds.answer(refund, DECLINED)
    refunds.told(70_000)
    assert (refunds.at_provider(), refunds.held()) == (30_000, 0)


def test_let_go_refund_in_the_total_has_happened_after_all(estate: Estate) -> None:
    refunds = Refunds(estate)
    failed = refunds.answer(refunds.send(40_000), DECLINED)
    refunds.told(40_000)
    assert refunds.now(failed).status is RefundStatus.COMPLETED
    refunds.finish(failed)
    assert (refunds.at_provider(), len(refunds.all())) == (60_000, 1)


def test_what_the_tenant_has_spent_is_owed(estate: Estate) -> None:
    refunds = Refunds(estate)
    refunds.ask(60_000)
    refunds.told(100_000)
    assert (refunds.at_provider(), estate.collected(), refunds.held()) == (60_000, 60_000, 60_000)
    owed = estate.account(AccountKind.OWED, estate.ada.person_id)
    assert (owed.balance.minor, estate.balance(estate.ada)) == (0, 0)
    estate.do(begin_refund, refund_id=refunds.all()[0].id)
    refunds.answer(refunds.all()[0], DECLINED)
    refunds.told(100_000)
    assert (refunds.at_provider(), estate.collected()) == (0, 0)


def test_refund_of_a_top_up_is_taken_from_its_wallet_and_what_is_missing_is_owed(
    estate: Estate,
) -> None:
    refunds = Refunds(estate)
    again = estate.settle(estate.open_link(estate.agreed(50_000)), 80_000, capture="cap-2")
    spent = estate.agreed(20_000)
    estate.pay(spent, 20_000)
    refunds.tried = again
    refunds.capture = "cap-2"
    refunds.told(80_000)
    owed = estate.account(AccountKind.OWED, estate.ada.person_id)
    assert (owed.balance.minor, estate.balance(estate.ada)) == (-20_000, 0)


def test_claim_stops_what_has_not_left_yet(estate: Estate) -> None:
    refunds = Refunds(estate)
    refund = refunds.ask(40_000)
    refunds.told(0, is_disputed=True)
    assert estate.do(begin_refund, refund_id=refund.id) is None
    assert (refunds.now(refund).status, refunds.held()) == (RefundStatus.FAILED, 0)
    refunds.told(100_000, is_disputed=False)
    assert (refunds.at_provider(), estate.collected()) == (0, 0)


def test_what_a_bank_claims_is_not_asked_for_again(estate: Estate) -> None:
    refunds = Refunds(estate)
    refund = refunds.send(40_000)
    sent = refunds.now(refund)
    assert estate.look(lambda tx: may_ask_again(tx, refund=sent))
    refunds.told(0, is_disputed=True)
    assert refunds.now(refund).status is RefundStatus.PROCESSING
    assert not estate.look(lambda tx: may_ask_again(tx, refund=sent))
    refunds.told(0, is_disputed=False)

"""What a provider gave back by itself and got again: in part, whole, and more than once."""

from dataclasses import replace

import pytest

from core.domain.acts import EventName
from core.domain.claims import Claim
from core.domain.money import Money
from core.domain.refunds import RefundStatus
from core.use_cases.chargebacks import follow_event
from tests.core.estate import Estate, settled
from tests.core.use_cases.refunding import Refunds
from tests.core.use_cases.test_claims import LOST, claim_of, event, handle
from tests.factories import naira

DONE, RETURNED = RefundStatus.COMPLETED, RefundStatus.RETURNED


def test_a_part_that_came_back_is_taken_in(estate: Estate) -> None:
    refunds = Refunds(estate)
    refunds.told(60_000)
    for _ in range(2):
        refunds.told(20_000)
    assert (refunds.at_provider(), estate.balance(estate.ada)) == (80_000, 40_000)
    assert (estate.collected(), refunds.rest(), refunds.statuses()) == (40_000, 60_000, [DONE])
    assert estate.count(EventName.REFUND_RETURNED) == 1
    for _ in range(2):
        refunds.told(0)
    assert (refunds.at_provider(), estate.balance(estate.ada)) == (100_000, 60_000)
    assert refunds.statuses() == [RETURNED]


def test_a_part_that_came_back_is_given_back_again(estate: Estate) -> None:
    refunds = Refunds(estate)
    for total in (100_000, 60_000, 100_000, 60_000, 100_000, 100_000):
        refunds.told(total)
        assert refunds.at_provider() == 100_000 - total
        estate.clock.move(days=1)
    assert estate.balance(estate.ada) == 0


def test_the_newest_comes_back_first(estate: Estate) -> None:
    refunds = Refunds(estate)
    for total in (30_000, 70_000, 10_000):
        refunds.told(total)
    assert [(e.status, e.returned_minor) for e in refunds.all()] == [
        (DONE, 20_000),
        (RETURNED, 40_000),
    ]
    assert refunds.at_provider() == 90_000


def test_all_of_a_payment_may_be_given_back_more_than_once(estate: Estate) -> None:
    refunds = Refunds(estate)
    for total in (100_000, 0, 100_000, 0, 70_000):
        refunds.told(total)
        assert refunds.at_provider() == 100_000 - total
        estate.clock.move(days=1)
    assert (estate.balance(estate.ada), estate.collected()) == (30_000, 0)


def test_what_came_back_may_be_lost_to_a_bank(estate: Estate) -> None:
    refunds = Refunds(estate)
    for total in (100_000, 0):
        refunds.told(total)
    event(refunds)
    assert claim_of(refunds).amount == naira(100_000)
    handle(refunds, LOST)
    assert (refunds.at_provider(), estate.balance(estate.ada)) == (0, 0)


def test_what_came_back_during_a_claim_is_not_its_loss(estate: Estate) -> None:
    refunds = Refunds(estate)
    refunds.told(30_000)
    refunds.told(30_000, is_disputed=True)
    for total in (50_000, 30_000, 10_000):
        refunds.told(total, is_disputed=True)
    refunds.told(None)
    event(refunds, Claim.LOST, naira(40_000))
    assert refunds.at_provider() == 50_000


def test_beside_a_second_claim_what_the_first_one_took_stays_gone(estate: Estate) -> None:
    refunds = Refunds(estate)
    event(refunds, Claim.LOST, naira(40_000))
    for _ in range(2):
        refunds.told(0, is_disputed=True)
    assert (refunds.at_provider(), estate.balance(estate.ada)) == (60_000, 0)
    refunds.told(None)
    event(refunds, Claim.WON)


@pytest.mark.parametrize("lost", [None, naira(100_000)])
def test_what_a_bank_let_go_and_took_once_more_is_booked(
    estate: Estate, lost: Money | None
) -> None:
    refunds = Refunds(estate)
    for word in (Claim.LOST, Claim.WON, Claim.OPEN):
        event(refunds, word)
    said = settled(refunds.tried, 100_000, capture=refunds.capture)
    told = {"attempt": refunds.tried.attempt, "settled": replace(said), "claim": Claim.LOST}
    estate.do(follow_event, **told, claimed=lost)  # type: ignore[arg-type]
    assert refunds.at_provider() == 0

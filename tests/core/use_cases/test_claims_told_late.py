"""What is told of a bank's claim late, twice, or never: what was lost is booked, and no more."""

from dataclasses import replace

import pytest

from core.domain.chargebacks import ChargebackStatus
from core.domain.claims import Claim
from core.domain.errors import IllegalTransition, PinNeeded
from core.domain.people import Role
from core.domain.refunds import RefundStatus
from core.use_cases.chargebacks import follow_event
from core.use_cases.claims import handle_claim
from core.use_cases.pins import set_pin
from tests.core.estate import Estate, settled
from tests.core.use_cases.refunding import Refunds
from tests.core.use_cases.test_claims import LOST, claim_of, event, handle
from tests.factories import naira


def test_a_refund_during_a_claim_is_not_all_that_is_lost(estate: Estate) -> None:
    refunds = Refunds(estate)
    event(refunds)
    refunds.told(10_000)
    handle(refunds, LOST)
    assert (refunds.at_provider(), len(refunds.all())) == (0, 2)


def test_a_second_loss_whose_opening_was_lost_is_booked(estate: Estate) -> None:
    refunds = Refunds(estate)
    event(refunds, Claim.OPEN, naira(30_000))
    for minor in (30_000, 30_000, 40_000, 40_000):
        event(refunds, Claim.LOST, naira(minor))
    assert refunds.at_provider() == 30_000


def test_what_is_won_after_it_was_lost_comes_back(estate: Estate) -> None:
    refunds = Refunds(estate)
    event(refunds)
    handle(refunds, LOST)
    for _ in range(2):
        event(refunds, Claim.WON)
    assert (refunds.at_provider(), estate.balance(estate.ada)) == (100_000, 100_000)
    assert refunds.statuses() == [RefundStatus.RETURNED]


def test_staff_end_what_its_provider_never_told_the_end_of(estate: Estate) -> None:
    refunds = Refunds(estate)
    refunds.told(0, is_disputed=True)
    with pytest.raises(IllegalTransition):
        handle(refunds, ChargebackStatus.WON)
    estate.clock.move(days=120)
    assert handle(refunds, ChargebackStatus.WON).status is ChargebackStatus.WON


def test_a_win_after_two_losses_is_left_to_a_human(estate: Estate) -> None:
    refunds = Refunds(estate)
    for minor in (30_000, 40_000):
        event(refunds, Claim.LOST, naira(minor))
    assert not event(refunds, Claim.WON)
    assert refunds.at_provider() == 30_000


def test_an_end_that_staff_tell_takes_a_pin(estate: Estate) -> None:
    refunds = Refunds(estate)
    event(refunds)
    claim = claim_of(refunds)
    second = estate.member("Second", role=Role.ADMIN)
    estate.do(set_pin, person_id=second.person_id, pin_hash="")
    for status in (ChargebackStatus.WON, LOST):
        with pytest.raises(PinNeeded):
            estate.do(
                handle_claim,
                actor=second,
                chargeback_id=claim.id,
                status=status,
                reason="Letter of the bank",
            )
    assert claim_of(refunds) == claim
    handle(refunds, ChargebackStatus.WON)


def test_what_came_back_can_be_lost_once_more(estate: Estate) -> None:
    refunds = Refunds(estate)
    for gone in (100_000, 0):
        refunds.told(gone, is_disputed=False)
    estate.clock.move(days=2)
    refunds.told(100_000, is_disputed=False)
    assert (refunds.at_provider(), estate.balance(estate.ada)) == (0, 0)
    assert refunds.statuses() == [RefundStatus.RETURNED, RefundStatus.COMPLETED]


def test_what_came_back_can_be_claimed_once_more(estate: Estate) -> None:
    refunds = Refunds(estate)
    for word in (Claim.LOST, Claim.WON, Claim.OPEN):
        event(refunds, word)
    assert claim_of(refunds).amount == naira(100_000)
    event(refunds, Claim.LOST)
    assert refunds.at_provider() == 0


def test_a_total_that_is_reached_in_two_steps_is_booked_whole(estate: Estate) -> None:
    refunds = Refunds(estate)
    for gone in (30_000, 0, 100_000):
        refunds.told(gone, is_disputed=False)
    estate.clock.move(days=2)
    refunds.told(100_000, is_disputed=False)
    assert refunds.at_provider() == 0


@pytest.mark.parametrize("lost", [30_000, 100_000])
def test_a_loss_that_a_total_told_first_is_the_same_loss(estate: Estate, lost: int) -> None:
    refunds = Refunds(estate)
    refunds.told(lost)
    said = settled(refunds.tried, 100_000, capture=refunds.capture)
    told = {"attempt": refunds.tried.attempt, "settled": replace(said, refunded=naira(lost))}
    words = [Claim.LOST, Claim.OPEN] if lost == 100_000 else [Claim.LOST]
    for claim in (*words, Claim.LOST):
        assert estate.do(follow_event, claim=claim, claimed=naira(lost), **told)  # type: ignore[arg-type]
    assert (refunds.at_provider(), len(refunds.all())) == (100_000 - lost, 1)
    assert estate.look(lambda tx: tx.chargebacks.of(refunds.payment.id)) == ()

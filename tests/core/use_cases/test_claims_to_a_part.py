"""A claim of the payer's bank to a part of a capture, as look-ups tell of it."""

from dataclasses import replace

import pytest

from core.domain.acts import EventName
from core.domain.chargebacks import ChargebackStatus
from core.domain.errors import PaymentContested
from core.domain.money import Currency, Money
from tests.core.estate import Estate, settled
from tests.core.use_cases.refunding import Refunds
from tests.core.use_cases.test_claims import claim_of, handle
from tests.factories import naira


def disputed(refunds: Refunds, claimed: Money | None) -> None:
    """Let a look-up say that so much of the capture is claimed back."""
    said = settled(refunds.tried, 100_000, capture=refunds.capture)
    refunds.estate.answer(refunds.tried, replace(said, is_disputed=True, claimed=claimed))


def test_only_what_is_disputed_is_claimed_and_booked(estate: Estate) -> None:
    refunds = Refunds(estate)
    for _ in range(2):
        disputed(refunds, naira(25_000))
    assert claim_of(refunds).amount == naira(25_000)
    with pytest.raises(PaymentContested):
        refunds.ask(1)
    refunds.told(None)
    handle(refunds, ChargebackStatus.LOST)
    assert (refunds.at_provider(), estate.collected()) == (75_000, 75_000)
    assert refunds.ask(75_000).is_open


def test_what_is_not_told_is_claimed_whole(estate: Estate) -> None:
    refunds = Refunds(estate)
    disputed(refunds, None)
    assert claim_of(refunds).amount == naira(100_000)
    refunds.told(None, is_disputed=False)


@pytest.mark.parametrize("said", [Money(100, Currency("USD")), naira(100_001)])
def test_an_amount_that_cannot_be_holds_all_and_is_left_to_staff(
    estate: Estate, said: Money
) -> None:
    refunds = Refunds(estate)
    for _ in range(2):
        disputed(refunds, said)
    claim = claim_of(refunds)
    assert (claim.amount, claim.said, claim.is_followed) == (naira(100_000), said, False)
    assert (refunds.at_provider(), estate.count(EventName.CHARGEBACK_DOUBTFUL)) == (100_000, 1)
    assert handle(refunds, ChargebackStatus.WON).refund_id is None


def test_a_refund_beside_a_claim_that_was_won_is_no_loss(estate: Estate) -> None:
    refunds = Refunds(estate)
    disputed(refunds, None)
    said = settled(refunds.tried, 100_000, capture=refunds.capture)
    won = replace(said, is_disputed=False, refunded=naira(10_000), lost=naira(0))
    for _ in range(2):
        estate.answer(refunds.tried, won)
    (claim,) = estate.look(lambda tx: tx.chargebacks.of(refunds.payment.id))
    assert (claim.status, refunds.at_provider()) == (ChargebackStatus.WON, 90_000)


def test_a_second_claim_is_won_though_the_first_was_lost(estate: Estate) -> None:
    refunds = Refunds(estate)
    said = settled(refunds.tried, 100_000, capture=refunds.capture)
    lost = replace(said, is_disputed=False, refunded=naira(0), lost=naira(40_000))
    for now in (replace(lost, is_disputed=True, lost=None), lost):
        estate.answer(refunds.tried, now)
    for now in (replace(lost, is_disputed=True), replace(lost, refunded=naira(10_000))):
        estate.answer(refunds.tried, now)
    claims = estate.look(lambda tx: tx.chargebacks.of(refunds.payment.id))
    assert [each.status.value for each in claims] == ["lost", "won"]
    assert refunds.at_provider() == 50_000

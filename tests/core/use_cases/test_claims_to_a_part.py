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

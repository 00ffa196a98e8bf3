"""What people read of a provider's fee that is told after the receipt."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.domain.providers import Settled
from core.domain.tenants import FeeBearer
from tests.factories import naira
from tests.handlers.estate import Estate


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    opened = Estate(tmp_path, fee_bearer=FeeBearer.PAYER)
    yield opened
    opened.close()


def test_a_fee_that_is_told_later_is_told_to_who_bears_it(estate: Estate) -> None:
    estate.bill(is_acknowledged=True)
    estate.ada.says("/bills")
    for label in ("BILL-2026-000001", "Pay by link", "Full", "Pay 5,000.00"):
        estate.ada.presses(label)
    said = Settled(
        provider_id="ch_1",
        reference=estate.last_attempt().reference,
        captured=naira(500_000),
        is_test=True,
    )
    estate.answers(said)
    assert "Fee: none" in estate.ada.sees
    estate.fill(estate.ada, 4_000)
    estate.answers(replace(said, fee=naira(7_500)))
    told = estate.ada.sees
    assert "of 5,000.00 NGN was 75.00 NGN. It was taken from your wallet, which holds 0.00" in told
    assert "35.00 NGN of it was not there; it is taken from what comes in next." in told
    estate.ada.says("RCPT-2026-000001")
    assert "Fee: 75.00 NGN, taken later" in estate.ada.sees

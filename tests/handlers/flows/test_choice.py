"""A payer is offered what can take his money, and told what to do where nothing can."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.factories import add_configuration
from tests.handlers.estate import Estate


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    """Return an estate whose only provider takes 50.00 NGN or more."""
    opened = Estate(tmp_path)
    off = replace(opened.sandbox, is_enabled=False)
    opened.run(lambda tx: tx.configurations.replace(opened.sandbox, off))
    opened.run(lambda tx: add_configuration(tx, opened.tenant, provider="paystack"))
    yield opened
    opened.close()


def test_a_bill_that_nobody_takes_by_link_leads_to_the_wallet(estate: Estate) -> None:
    estate.bill(minor=4_000, is_acknowledged=True)
    estate.fill(estate.ada, 10_000)
    estate.ada.says("/pay")
    estate.ada.presses("Pay BILL-2026-000001")
    estate.ada.presses("Pay by link")
    estate.ada.presses("Full")
    assert estate.ada.sees == (
        "⚠️ 40.00 NGN cannot be paid by link here. No money moved.\n"
        "The nearest amount that can: 50.00 NGN.\n"
        "Choose another amount, or pay from your wallet."
    )
    assert estate.ada.labels == ["Other amount", "Pay from wallet", "Back"]
    estate.ada.presses("Pay from wallet")
    assert "In your wallet: 100.00 NGN" in estate.ada.sees


def test_a_part_that_nobody_takes_is_asked_again(estate: Estate) -> None:
    estate.bill(minor=40_000, is_acknowledged=True)
    estate.ada.says("/pay")
    estate.ada.presses("Pay BILL-2026-000001")
    estate.ada.presses("Pay by link")
    estate.ada.presses("Part")
    estate.ada.says("45")
    assert "The nearest amount that can: 50.00 NGN." in estate.ada.sees
    estate.ada.says("60")
    assert "Pay 60.00 NGN to Palm Court" in estate.ada.sees

"""A payer is offered what can take his money, and told what to do where nothing can."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.domain.providers import Pending, Settled
from core.domain.tenants import FeeBearer
from tests.factories import add_configuration, naira
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


def test_a_payer_who_bears_the_fee_is_told_about_how_much(tmp_path: Path) -> None:
    estate = Estate(tmp_path, fee_bearer=FeeBearer.PAYER)
    for number in range(3):
        link(estate)
        taken = estate.last_attempt()
        estate.answers(Pending(link="https://pay.example/1"))
        estate.answers(
            Settled(
                provider_id=f"ch_{number}",
                reference=taken.reference,
                captured=naira(100_000),
                fee=naira(1_500),
                is_test=True,
            )
        )
    estate.bill(minor=100_000, is_acknowledged=True)
    estate.ada.says("/pay")
    estate.ada.presses("Pay BILL-2026-000004")
    estate.ada.presses("Pay by link")
    estate.ada.presses("Full")
    assert "The provider's fee is taken from what you pay" in estate.ada.sees
    assert "Its fee lately: Sandbox Pay about 15.00 NGN." in estate.ada.sees
    estate.close()


def link(estate: Estate) -> None:
    """Let Ada ask for a page for a new bill of 1,000.00."""
    bill = estate.bill(minor=100_000, is_acknowledged=True)
    estate.ada.says("/pay")
    estate.ada.presses(f"Pay {bill.number}")
    estate.ada.presses("Pay by link")
    estate.ada.presses("Full")
    estate.ada.presses("Pay 1,000.00")

"""The tenant's money for who may see it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.handlers.estate import Estate


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    opened = Estate(tmp_path)
    yield opened
    opened.close()


def paid(estate: Estate) -> None:
    estate.bill(is_acknowledged=True)
    estate.ada.says("/bills")
    estate.ada.presses("BILL-2026-")
    estate.ada.presses("Pay from wallet")
    estate.ada.presses("Full")
    estate.ada.presses("Pay 5,000.00")


def test_the_report_shows_where_the_money_stands(estate: Estate) -> None:
    estate.fill(estate.ada, 500_000)
    paid(estate)
    estate.bill()
    estate.bello.says("/report")
    text = estate.bello.sees
    assert text.startswith(
        "Palm Court · report\n"
        "Estate wallet 5,000.00 NGN\n"
        "This month: in 5,000.00 NGN · out 0.00 NGN\n"
        "Collected on bills: 5,000.00 NGN\n"
        "To review 1\n"
        "Open disputes: 0\n\n"
        "Last moves\n"
        "+5,000.00 NGN · bill paid from a wallet · Ada · A-14 · BILL-2026-000001\n"
    )
    assert " · balance 5,000.00 NGN · TXN-…" in text


def test_moves_turn_pages_and_the_number_is_explained(estate: Estate) -> None:
    estate.fill(estate.ada, 6_000_000)
    for _ in range(7):
        paid(estate)
    estate.bello.says("/report")
    estate.bello.presses("Why this number")
    assert "It is the sum of 7 moves" in estate.bello.sees
    estate.bello.presses("Back")
    estate.bello.presses("Show moves")
    assert "balance 35,000.00 NGN" in estate.bello.sees
    estate.bello.presses("Older")
    assert "page 2" in estate.bello.sees
    assert "balance 5,000.00 NGN" in estate.bello.sees
    estate.bello.presses("Newer")
    assert "page 1" in estate.bello.sees


def test_a_resident_sees_no_report(estate: Estate) -> None:
    estate.ada.says("/report")
    assert "Wallet 0.00" not in estate.ada.sees
    estate.ada.presses_data("report:moves:5", estate.ada.messages[-1])
    assert "moves" not in estate.ada.sees

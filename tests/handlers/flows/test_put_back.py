"""Whoever is about to pay is warned while the books are older than the world."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain.providers import Pending, ProviderError, Unknown
from tests.handlers.estate import Estate

LINK = "http://127.0.0.1:8080/sandbox/provider/pay/1"
WARNING = "⚠️ Our books were put back to Mon 2 Mar 2026, 10:00. If you have paid since"


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    opened = Estate(tmp_path)
    yield opened
    opened.close()


def put_back(estate: Estate) -> None:
    estate.clock.move(minutes=5)
    estate.run(lambda tx: tx.freeze.begin())


def to_the_card(estate: Estate, way: str) -> str:
    estate.ada.says("/pay")
    estate.ada.presses("Pay BILL-2026-000001")
    estate.ada.presses(way)
    estate.ada.presses("Full")
    return estate.ada.sees


@pytest.mark.parametrize("way", ["Pay from wallet", "Pay by link"])
def test_a_confirm_card_warns_of_paying_twice_until_the_release(estate: Estate, way: str) -> None:
    estate.bill(is_acknowledged=True)
    estate.fill(estate.ada, 500_000)
    put_back(estate)
    assert to_the_card(estate, way).startswith(WARNING)
    estate.run(lambda tx: tx.freeze.release())
    assert "put back" not in to_the_card(estate, way)


def test_a_bill_that_is_newer_than_the_restore_was_paid_by_nobody(estate: Estate) -> None:
    put_back(estate)
    estate.bill(is_acknowledged=True)
    assert "put back" not in to_the_card(estate, "Pay by link")


def test_a_top_up_warns_before_the_page_is_opened(estate: Estate) -> None:
    put_back(estate)
    estate.ada.says("/topup")
    assert estate.ada.sees.startswith(WARNING)
    estate.ada.says("2500")
    assert estate.ada.sees.startswith(WARNING)
    estate.run(lambda tx: tx.freeze.release())
    estate.ada.says("/topup")
    assert "put back" not in estate.ada.sees


@pytest.mark.parametrize("has_answered", [True, False])
def test_a_page_that_did_not_come_may_have_come_unknown_to_the_books(
    estate: Estate, *, has_answered: bool
) -> None:
    estate.bill(is_acknowledged=True)
    estate.fill(estate.ada, 500_000)
    to_the_card(estate, "Pay by link")
    estate.ada.presses("Pay 5,000.00")
    if has_answered:
        estate.answers(Unknown(error=ProviderError.PROVIDER_ERROR))
    put_back(estate)
    estate.ada.says("/pay")
    estate.ada.presses("Pay BILL-2026-000001")
    assert "Do not pay again" in estate.ada.sees
    assert estate.ada.labels == ["Check now", "Back"]
    estate.answers(Pending(link=LINK, provider_ref="s1"))
    assert estate.ada.finds("Open payment page")

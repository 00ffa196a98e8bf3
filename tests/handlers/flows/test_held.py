"""Money that a provider took and keeps: its payer waits, staff see it until it is let go."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain.providers import Pending
from tests.factories import naira
from tests.handlers.estate import Estate

PAGE = Pending(link="http://127.0.0.1:8080/sandbox/provider/pay/1", provider_ref="s1")
HELD = "⏸ Sandbox Pay holds 5,000.00 NGN that Ada paid for BILL-2026-000001."


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    opened = Estate(tmp_path)
    opened.bill(is_acknowledged=True)
    opened.ada.says("/bills")
    opened.ada.presses("BILL-2026-000001")
    opened.ada.presses("Pay by link")
    opened.ada.presses("Full")
    opened.ada.presses("Pay 5,000.00")
    opened.answers(PAGE)
    yield opened
    opened.close()


def test_held_money_stands_on_the_desk_until_it_is_let_go(estate: Estate) -> None:
    estate.bello.says("/desk")
    assert "holds" not in estate.bello.sees
    estate.answers(Pending(needs="UNILATERAL", is_clearing=True))
    assert estate.bello.sees.startswith(HELD)
    for _ in range(2):
        estate.bello.says("/desk")
        assert HELD in estate.bello.sees
        assert "It does not count before somebody accepts it at the provider." in estate.bello.sees
    estate.settles(500_000)
    estate.bello.says("/desk")
    assert "holds" not in estate.bello.sees


def test_who_paid_held_money_is_not_sent_to_the_page_again(estate: Estate) -> None:
    estate.answers(Pending(needs="UNILATERAL", is_clearing=True))
    estate.ada.says("/find BILL-2026-000001")
    estate.ada.presses("See the waiting payment")
    assert estate.ada.sees.startswith(
        "⏸ You have paid: Sandbox Pay holds 5,000.00 NGN until the organisation accepts it there."
    )
    assert estate.ada.labels == ["Check now", "Back"]


def test_what_is_being_cleared_says_so_and_until_when(estate: Estate) -> None:
    estate.answers(Pending(is_clearing=True, clears_in_days=7))
    assert estate.ada.sees.splitlines()[:3] == [
        "🏦 You have paid: 5,000.00 NGN is being cleared at Sandbox Pay.",
        "That mostly takes until Wed 11 Mar 2026, 10:00.",
        "Do not pay again; this message changes as soon as it is there.",
    ]
    assert estate.ada.labels == ["Check now", "Back"]
    estate.settles(500_000)
    assert "Paid 5,000.00 NGN" in estate.ada.sees
    assert estate.balance(estate.ada) == naira(0)


def test_where_nobody_knows_until_when_no_day_is_said(estate: Estate) -> None:
    estate.answers(Pending(is_clearing=True))
    assert "is being cleared at Sandbox Pay" in estate.ada.sees
    assert "mostly takes" not in estate.ada.sees

"""A confirm card pays only what it still says, and only for a while."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from handlers.chat import Button
from tests.factories import naira
from tests.handlers.chatting import Message, plain
from tests.handlers.estate import Estate


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    opened = Estate(tmp_path)
    yield opened
    opened.close()


def a_card(estate: Estate, amount: str) -> tuple[Message, Button]:
    """Let Ada come to a confirm card for a part of her bill."""
    estate.ada.says("/pay")
    estate.ada.presses("Pay BILL-2026-000001")
    estate.ada.presses("Pay from wallet")
    estate.ada.presses("Part")
    estate.ada.says(amount)
    return estate.ada.finds(f"Pay {amount}.00")


def test_a_card_whose_figures_are_no_longer_true_pays_nothing(estate: Estate) -> None:
    estate.bill(is_acknowledged=True)
    estate.fill(estate.ada, 500_000)
    first, second = a_card(estate, "600"), a_card(estate, "600")
    estate.ada.presses_data(first[1].data, first[0])
    assert estate.balance(estate.ada) == naira(440_000)
    estate.ada.presses_data(second[1].data, second[0])
    assert estate.balance(estate.ada) == naira(440_000)
    assert plain(second[0].screen) == (
        "⚠️ This card's figures were no longer true. No money moved. This is how it stands now:\n"
        "⚠️ You paid just this amount for this bill at 10:00. Do you want to pay it again?\n"
        "Pay 600.00 NGN to Palm Court\n"
        "for BILL-2026-000001 · Service charge\n"
        "From wallet: 4,400.00 NGN → 3,800.00 NGN · no fee\n"
        "Left to pay afterwards: 3,800.00 NGN\n"
        "You can confirm this until 10:15."
    )
    estate.ada.presses("Pay 600.00", on=second[0])
    assert estate.balance(estate.ada) == naira(380_000)


def test_a_link_for_figures_that_changed_is_not_opened(estate: Estate) -> None:
    bill = estate.bill(is_acknowledged=True)
    estate.fill(estate.tunde, 500_000)
    estate.ada.says("/bills")
    estate.ada.presses("BILL-2026-000001")
    estate.ada.presses("Pay by link")
    estate.ada.presses("Part")
    estate.ada.says("1000")
    card, button = estate.ada.finds("Pay 1,000.00")
    estate.tunde.says("/pay")
    estate.tunde.presses("Pay BILL-2026-000001")
    estate.tunde.presses("Pay from wallet")
    estate.tunde.presses("Part")
    estate.tunde.says("2000")
    estate.tunde.presses("Pay 2,000.00")
    estate.ada.presses_data(button.data, card)
    assert "Left to pay afterwards: 2,000.00 NGN" in plain(card.screen)
    ada = estate.ada.person
    assert estate.run(lambda tx: tx.payments.open_for(bill.id, ada.id)) is None
    estate.ada.presses("Pay 1,000.00", on=card)
    assert estate.run(lambda tx: tx.payments.open_for(bill.id, ada.id)) is not None


def test_the_same_amount_is_asked_about_for_ten_minutes_only(estate: Estate) -> None:
    estate.bill(is_acknowledged=True)
    estate.fill(estate.ada, 500_000)
    a_card(estate, "600")
    estate.ada.presses("Pay 600.00")
    card, _ = a_card(estate, "700")
    assert "pay it again" not in plain(card.screen)
    card, _ = a_card(estate, "600")
    assert "Do you want to pay it again?" in plain(card.screen)
    estate.clock.move(minutes=10)
    card, _ = a_card(estate, "600")
    assert "pay it again" not in plain(card.screen)


def test_a_confirm_card_is_good_for_a_quarter_of_an_hour(estate: Estate) -> None:
    estate.bill(is_acknowledged=True)
    estate.fill(estate.ada, 500_000)
    card, button = a_card(estate, "600")
    estate.clock.move(minutes=15)
    estate.ada.presses_data(button.data, card)
    assert estate.balance(estate.ada) == naira(500_000)
    assert plain(card.screen).startswith(
        "⚠️ This card was too old, so no money moved. This is how it stands now:\n"
        "Pay 600.00 NGN to Palm Court\n"
    )
    estate.ada.presses("Pay 600.00", on=card)
    assert estate.balance(estate.ada) == naira(440_000)

"""J-04: a provider makes no page; nobody can have paid, so nobody has to wait."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain.providers import Pending, ProviderError, Unknown
from core.use_cases.links import expire_payment
from tests.factories import add_configuration, naira
from tests.handlers.estate import Estate

LINK = "http://127.0.0.1:8080/sandbox/provider/pay/1"


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    opened = Estate(tmp_path)
    yield opened
    opened.close()


def troubled_link(estate: Estate) -> None:
    """Let Ada ask for a page that the provider does not make."""
    estate.bill(is_acknowledged=True)
    estate.ada.says("/bills")
    estate.ada.presses("BILL-2026-000001")
    estate.ada.presses("Pay by link")
    estate.ada.presses("Full")
    estate.ada.presses("Pay 5,000.00")
    estate.answers(Unknown(error=ProviderError.PROVIDER_ERROR))


def test_without_a_page_there_are_other_ways_at_once(estate: Estate) -> None:
    estate.run(lambda tx: add_configuration(tx, estate.tenant, provider="paystack"))
    estate.fill(estate.ada, 500_000)
    troubled_link(estate)
    assert "nothing was taken" in estate.ada.sees
    assert estate.ada.labels == [
        "Check now",
        "Try again by Paystack",
        "Pay from wallet",
        "Cancel payment",
        "Back",
    ]
    estate.ada.presses("Try again by Paystack")
    assert "Preparing the payment page of Paystack" in estate.ada.sees
    estate.answers(Pending(link=LINK, provider_ref="s1"))
    assert "Waiting for Paystack" in estate.ada.sees


def test_a_page_that_comes_after_it_was_given_up_is_not_shown_and_its_money_is_kept(
    estate: Estate,
) -> None:
    troubled_link(estate)
    estate.ada.presses("Cancel payment")
    assert estate.ada.sees.startswith("⚪ Payment of 5,000.00 NGN cancelled. Nothing was taken.")
    estate.answers(Pending(link=LINK, provider_ref="s1"))
    assert "Open payment page" not in estate.ada.labels
    estate.settles(500_000)
    assert estate.balance(estate.ada) == naira(500_000)
    assert estate.balance(None) == naira(0)


def test_without_a_page_the_time_of_the_link_ends_it(estate: Estate) -> None:
    troubled_link(estate)
    payment_id = estate.last_attempt().payment_id
    estate.clock.move(hours=2)
    estate.let(lambda tx: expire_payment(tx, payment_id=payment_id))
    assert "has expired. Nothing was taken" in estate.ada.sees
    assert "Try again" in estate.ada.labels

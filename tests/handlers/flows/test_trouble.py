"""J-04: a provider makes no page; nobody can have paid, so nobody has to wait."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain.people import Role
from core.domain.providers import Outcome, Pending, ProviderError, Unknown
from core.domain.standings import DOWN_AFTER
from core.use_cases.links import expire_payment
from core.use_cases.people import choose_tenant
from core.use_cases.standings import hear_opening
from storage.transaction import SqlTransaction
from tests.factories import add_configuration, add_member, add_person, naira
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


def asks(estate: Estate, outcome: Outcome) -> None:
    """Let somebody's request for a page be answered so."""
    estate.let(
        lambda tx: hear_opening(tx, configuration=estate.sandbox, outcome=outcome, is_first=True)
    )


def test_an_administrator_hears_that_a_provider_fell_and_that_it_is_back(estate: Estate) -> None:
    for _ in range(DOWN_AFTER + 1):
        asks(estate, Unknown(error=ProviderError.TIMEOUT_ERROR))
    assert len(estate.bello.messages) == 1
    assert estate.bello.sees == (
        "⚠️ Sandbox Pay has trouble: it opens no payment pages now, and nothing is charged.\n"
        "Payers are offered your other providers first; now and then one may try it again. "
        "You are told when it works."
    )
    asks(estate, Pending(link=LINK))
    assert estate.bello.sees == (
        "✅ Sandbox Pay works again: it opens payment pages and stands in its own place."
    )
    assert len(estate.bello.messages) == 2


def test_whoever_keeps_the_keys_sees_since_when_it_is_down(estate: Estate) -> None:
    kim = estate.person("Kim", 5099)

    def let_in(tx: SqlTransaction) -> None:
        person = add_person(tx, name="Kim", telegram_id=5099)
        add_member(tx, estate.tenant, person, roles=(Role.PROVIDER_KEEPER,))
        choose_tenant(tx, person_id=person.id, tenant_id=estate.tenant.id)
        estate.people[person.id] = kim

    estate.run(let_in)
    for _ in range(DOWN_AFTER):
        asks(estate, Unknown(error=ProviderError.TIMEOUT_ERROR))
    assert "If it lasts, check its keys: /providers." in kim.sees
    kim.presses("Open")
    assert "It has opened no payment pages since" in kim.sees

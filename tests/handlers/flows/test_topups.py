"""Topping up: an amount, a provider, a page; what was typed is shown back first."""

from dataclasses import replace

from core.domain.payments import Payment
from core.domain.providers import ProviderError, Unknown
from core.domain.standings import DOWN_AFTER
from core.use_cases.standings import hear_opening
from storage.transaction import SqlTransaction
from tests.factories import add_configuration
from tests.handlers.flows.conftest import Estate


def payments(estate: Estate) -> list[Payment]:
    """Return every payment there is."""
    subjects = {e.subject.id for e in estate.world.events if e.subject.kind == "payment"}
    return [estate.world.run(lambda tx, i=i: tx.payments.get(i)) for i in subjects]  # type: ignore[misc]


def test_a_chip_opens_the_page_of_the_only_provider(estate: Estate) -> None:
    ada = estate.ada
    ada.says("/deposit")
    assert ada.labels == [
        "Top up 1,000.00\u00a0NGN",
        "Top up 5,000.00\u00a0NGN",
        "Top up 10,000.00\u00a0NGN",
        "Other amount",
        "Back",
    ]
    message, chip = ada.finds("Top up 5,000.00")
    ada.presses("Top up 5,000.00")
    assert "5,000.00 NGN" in ada.sees
    (payment,) = payments(estate)
    assert payment.amount_minor == 500_000
    assert ada.messages[-1].live == f"payment:{payment.id}"
    ada.presses_data(chip.data, message)
    assert len(payments(estate)) == 1


def test_a_typed_amount_is_shown_back_before_anything_is_opened(estate: Estate) -> None:
    ada = estate.ada
    ada.says("/wallet")
    ada.presses("Top up")
    ada.says("2,5k")
    assert "Top up 2,500.00 NGN" in ada.sees
    assert "Available now: 20,000.00 NGN" in ada.sees
    assert "The provider's fee is taken from what you pay" in ada.sees
    assert payments(estate) == []
    ada.presses("Pay 2,500.00\u00a0NGN by Sandbox Pay")
    (payment,) = payments(estate)
    assert payment.amount_minor == 250_000


def test_a_wrong_amount_is_asked_again_with_an_example(estate: Estate) -> None:
    ada = estate.ada
    ada.says("/topup")
    ada.presses("Other amount")
    for text, reason in (
        ("-5", "never negative"),
        ("zero", "cannot read"),
        ("0", "more than zero"),
        ("$5", "another currency"),
        ("10000001", "between 0.01 NGN and 10,000,000.00 NGN"),
    ):
        ada.says(text)
        assert reason in ada.sees
        assert "No money moved" in ada.sees
    ada.says("5000")
    assert "Top up 5,000.00 NGN" in ada.sees


def test_several_providers_are_chosen_from(estate: Estate) -> None:
    estate.world.run(lambda tx: add_configuration(tx, estate.tenant, provider="paystack"))
    ada = estate.ada
    ada.says("/deposit")
    ada.presses("Top up 1,000.00")
    assert ada.labels[:2] == [
        "Pay 1,000.00\u00a0NGN by Sandbox Pay",
        "Pay 1,000.00\u00a0NGN by Paystack",
    ]
    ada.presses("Pay 1,000.00\u00a0NGN by Paystack")
    (payment,) = payments(estate)
    (attempt,) = estate.world.run(lambda tx: tx.payments.attempts(payment.id))
    assert attempt.provider == "paystack"


def test_one_screen_of_amounts_opens_one_page(estate: Estate) -> None:
    estate.world.run(lambda tx: add_configuration(tx, estate.tenant, provider="paystack"))
    ada = estate.ada
    ada.says("/topup")
    old = ada.messages[-1]
    _, other = ada.finds("Top up 10,000.00", on=old)
    ada.presses("Top up 5,000.00")
    ways = [
        ada.finds(f"Pay 5,000.00\u00a0NGN by {name}", on=old)[1] for name in ("Sandbox", "Paystack")
    ]
    for button in (*ways, other):
        ada.presses_data(button.data, old)
    (payment,) = payments(estate)
    assert payment.amount_minor == 500_000
    assert "done already" in ada.toasts[-1]


def test_an_amount_that_nobody_takes_is_asked_again(estate: Estate) -> None:
    only = estate.world.run(lambda tx: tx.configurations.owned(estate.tenant.id)[0])
    estate.world.run(lambda tx: tx.configurations.replace(only, replace(only, is_enabled=False)))
    estate.world.run(lambda tx: add_configuration(tx, estate.tenant, provider="paystack"))
    ada = estate.ada
    ada.says("/topup")
    ada.says("49.99")
    assert "49.99 NGN cannot be paid by link here. No money moved." in ada.sees
    assert "The nearest amount that can: 50.00 NGN." in ada.sees
    assert payments(estate) == []
    ada.says("50")
    assert "Top up 50.00 NGN" in ada.sees


def test_a_provider_in_trouble_is_offered_last_and_said_so(estate: Estate) -> None:
    def falls(tx: SqlTransaction) -> None:
        first = tx.configurations.owned(estate.tenant.id)[0]
        for _ in range(DOWN_AFTER):
            broken = Unknown(error=ProviderError.PROVIDER_ERROR)
            hear_opening(tx, configuration=first, outcome=broken, is_first=True)

    estate.world.run(lambda tx: add_configuration(tx, estate.tenant, provider="paystack"))
    estate.world.run(falls)
    ada = estate.ada
    ada.says("/deposit")
    ada.presses("Top up 1,000.00")
    assert ada.labels[:2] == [
        "Pay 1,000.00\u00a0NGN by Paystack",
        "Pay 1,000.00\u00a0NGN by Sandbox Pay",
    ]
    assert (
        "⚠️ Sandbox Pay: trouble lately. If no page opens, nothing is taken and you can pay "
        "another way." in ada.sees
    )

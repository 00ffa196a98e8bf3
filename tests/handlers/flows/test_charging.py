"""Paying with a saved method: one press, the PIN, and the next way if it fails."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.domain.bills import Bill
from core.domain.methods import PaymentMethod
from core.domain.payments import MethodId
from core.domain.providers import (
    Declined,
    Outcome,
    Pending,
    ProviderError,
    SavedMethod,
    Settled,
    Unknown,
)
from core.use_cases.links import expire_payment
from storage.transaction import SqlTransaction
from tests.handlers.chatting import plain
from tests.handlers.estate import Estate

CARD = SavedMethod(token="tok_visa", owner="ada@example.org", label="Visa •••• 4081")
PIN = "2580"
PAY = "Pay 5,000.00\u00a0NGN with Visa •••• 4081"


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    opened = Estate(tmp_path)
    opened.run(lambda tx: _keep(tx, opened))
    opened.ada.says("/menu")
    opened.set_pin(opened.ada, PIN)
    yield opened
    opened.close()


def _keep(tx: SqlTransaction, estate: Estate) -> None:
    person_id = next(each for each, talker in estate.people.items() if talker is estate.ada)
    method = PaymentMethod(
        id=MethodId(tx.new_id()),
        tenant_id=estate.tenant.id,
        person_id=person_id,
        configuration_id=estate.sandbox.id,
        provider="sandbox",
        label=CARD.label,
        kept_at=tx.now,
        is_default=True,
        charged_at=tx.now,
    )
    tx.methods.add(method, CARD)


def changes(estate: Estate, **values: Any) -> None:
    """Change what is known of Ada's card."""
    person = estate.ada.person

    def change(tx: SqlTransaction) -> None:
        (method,) = tx.methods.of(person.id, estate.tenant.id)
        tx.methods.remove(method)
        tx.methods.add(replace(method, id=MethodId(tx.new_id()), **values), CARD)

    estate.run(change)


def confirms(estate: Estate) -> Bill:
    """Let Ada come to the card that asks how she pays by link."""
    bill = estate.bill(is_acknowledged=True)
    estate.ada.says("/bills")
    estate.ada.presses(bill.number)
    estate.ada.presses("Pay by link")
    estate.ada.presses("Full")
    return bill


def pays(estate: Estate, button: str = PAY) -> None:
    """Let Ada press what charges her card, and enter her PIN."""
    estate.ada.presses(button)
    estate.ada.enters(PIN)


def without_pin(estate: Estate) -> None:
    """Take Ada's PIN away."""
    person = estate.ada.person
    estate.run(lambda tx: tx.people.replace_person(person, replace(person, pin_hash="")))


def sets_pin(estate: Estate) -> None:
    """Let Ada set a PIN from where she is."""
    estate.ada.presses("Set a PIN")
    for _ in range(2):
        estate.ada.enters(PIN)


def goes_on(estate: Estate) -> tuple[str, list[str]]:
    """Let Ada press what leads back; return what that message shows then, and its buttons."""
    message = next(each for each in estate.ada.messages if "new PIN is set" in plain(each.screen))
    assert "Nothing was paid or changed yet." in plain(message.screen)
    estate.ada.presses("Go on", on=message)
    return plain(message.screen), [each.label for row in message.screen.rows for each in row]


def charged(estate: Estate, outcome: Outcome | None = None) -> None:
    """Let Ada charge her card; its provider says this, or that it took the money."""
    bill = confirms(estate)
    pays(estate)
    attempt = estate.last_attempt()
    taken = Settled(
        provider_id="cap-1", reference=attempt.reference, captured=bill.total, is_test=True
    )
    estate.answers(outcome or taken)


def test_the_saved_card_is_offered_first_and_says_that_it_needs_no_page(estate: Estate) -> None:
    confirms(estate)
    assert estate.ada.labels[:2] == [PAY, "Pay 5,000.00\u00a0NGN by Sandbox Pay"]
    assert "Visa •••• 4081 is charged at once, without a page." in estate.ada.sees


def test_one_press_charges_it_and_the_message_goes_on_by_itself(estate: Estate) -> None:
    confirms(estate)
    pays(estate)
    assert estate.ada.sees.startswith("⏳ Charging Visa •••• 4081 · 5,000.00 NGN by Sandbox Pay")
    assert estate.last_attempt().is_charge
    estate.settles(500_000)
    assert plain(estate.ada.messages[-2].screen).startswith("✅ Paid 5,000.00 NGN")
    assert "Save this method" not in estate.ada.labels


def test_its_owner_reads_his_own_name_of_it_and_staff_read_none(estate: Estate) -> None:
    changes(estate, name="Salary card")
    confirms(estate)
    assert estate.ada.labels[0] == "Pay 5,000.00\u00a0NGN with Salary card · Visa •••• 4081"
    assert "Salary card · Visa •••• 4081 is charged at once" in estate.ada.sees
    pays(estate, "Pay 5,000.00")
    assert estate.ada.sees.startswith("⏳ Charging Salary card · Visa •••• 4081")
    estate.settles(500_000)
    assert "Charged to: Salary card · Visa •••• 4081" in estate.ada.sees
    estate.bello.says("/find RCPT-2026-000001")
    assert "Charged to: Visa •••• 4081" in estate.bello.sees


def test_the_pin_is_asked_before_anything_is_charged(estate: Estate) -> None:
    confirms(estate)
    estate.ada.presses(PAY)
    assert "OK" in estate.ada.labels
    estate.ada.enters(PIN)
    assert estate.ada.sees.startswith("⏳ Charging Visa •••• 4081")


def test_a_decline_takes_nothing_and_shows_the_next_way(estate: Estate) -> None:
    charged(estate, Declined(error=ProviderError.EXPIRED_CARD))
    assert estate.ada.sees.startswith("⚠️ Not paid 5,000.00 NGN. Nothing was taken.")
    assert "The card has expired." in estate.ada.sees
    assert "Try again by Sandbox Pay" in estate.ada.labels
    estate.ada.presses("Try again by Sandbox Pay")
    assert not estate.last_attempt().is_charge
    estate.ada.says("/methods")
    assert "⚠️ Visa •••• 4081 · cannot be charged any more" in estate.ada.sees


def test_what_was_given_up_is_offered_no_more(estate: Estate) -> None:
    charged(estate, Declined(error=ProviderError.EXPIRED_CARD))
    estate.ada.presses("Cancel payment")
    confirms(estate)
    assert PAY not in estate.ada.labels


def test_doubt_is_said_and_no_other_way_is_offered(estate: Estate) -> None:
    charged(estate, Unknown(error=ProviderError.TIMEOUT_ERROR))
    assert "Do not pay again" in estate.ada.sees
    assert not [each for each in estate.ada.labels if each.startswith("Try again")]


def test_a_charge_under_way_is_being_checked_and_cannot_be_cancelled(estate: Estate) -> None:
    charged(estate, Pending())
    assert estate.ada.sees.startswith("🔎 Being checked: 5,000.00 NGN at Sandbox Pay")
    assert "Do not pay again" in estate.ada.sees
    assert estate.ada.labels == ["Check now", "Back"]


def test_an_owner_who_must_confirm_is_led_to_the_page(estate: Estate) -> None:
    charged(estate, Pending(link="https://pay.example/confirm"))
    assert "wants you to confirm 5,000.00 NGN from Visa •••• 4081" in estate.ada.sees
    assert "Open payment page" in estate.ada.labels


def test_a_cancelled_card_charges_nothing_when_its_old_button_is_pressed(estate: Estate) -> None:
    bill = confirms(estate)
    message, pay = estate.ada.finds(PAY)
    estate.ada.presses("Cancel")
    estate.ada.presses_data(pay.data, message)
    payer = estate.ada.person.id
    assert estate.run(lambda tx: tx.payments.open_for(bill.id, payer)) is None
    assert "Cancelled" in estate.ada.toasts[-1] or "Cancelled" in estate.ada.sees


def _tops_up(estate: Estate) -> None:
    estate.ada.says("/deposit")
    estate.ada.presses("Top up 5,000.00")


def test_a_wallet_is_filled_from_the_saved_card(estate: Estate) -> None:
    _tops_up(estate)
    assert estate.ada.labels[:2] == [
        "Pay 5,000.00\u00a0NGN with Visa •••• 4081",
        "Pay 5,000.00\u00a0NGN by Sandbox Pay",
    ]
    assert "Visa •••• 4081 is charged at once, without a page." in estate.ada.sees
    pays(estate, PAY)
    assert estate.ada.sees.startswith("⏳ Charging Visa •••• 4081 · 5,000.00 NGN by Sandbox Pay")
    estate.settles(500_000)
    assert estate.balance(estate.ada).minor == 500_000


def test_a_top_up_from_the_saved_card_asks_for_the_pin_and_is_one_payment(estate: Estate) -> None:
    _tops_up(estate)
    message, link = estate.ada.finds("Pay 5,000.00\u00a0NGN by Sandbox Pay")
    pays(estate, PAY)
    assert estate.ada.sees.startswith("⏳ Charging Visa •••• 4081")
    charge = estate.last_attempt()
    estate.ada.presses_data(link.data, message)
    assert estate.last_attempt() == charge


def test_who_has_no_pin_sets_one_and_comes_back_to_the_bill_with_nothing_charged(
    estate: Estate,
) -> None:
    without_pin(estate)
    bill = confirms(estate)
    assert estate.ada.labels[:2] == ["Pay 5,000.00\u00a0NGN by Sandbox Pay", "Set a PIN"]
    assert "To pay with Visa •••• 4081 you need a PIN." in estate.ada.sees
    assert "is charged at once" not in estate.ada.sees
    sets_pin(estate)
    shown, labels = goes_on(estate)
    assert "too old" not in shown
    assert labels[0] == PAY
    payer = estate.ada.person.id
    assert estate.run(lambda tx: tx.payments.open_for(bill.id, payer)) is None
    pays(estate)
    assert estate.last_attempt().is_charge


def test_who_has_no_pin_sets_one_and_comes_back_to_the_top_up(estate: Estate) -> None:
    without_pin(estate)
    _tops_up(estate)
    assert estate.ada.labels[:2] == ["Pay 5,000.00\u00a0NGN by Sandbox Pay", "Set a PIN"]
    assert "To pay with Visa •••• 4081 you need a PIN." in estate.ada.sees
    sets_pin(estate)
    shown, _ = goes_on(estate)
    assert shown.startswith("Top up 5,000.00 NGN")
    pays(estate, PAY)
    assert estate.last_attempt().is_charge


def test_who_comes_back_too_late_is_told_so_and_charged_nothing(estate: Estate) -> None:
    without_pin(estate)
    confirms(estate)
    sets_pin(estate)
    estate.clock.move(hours=1)
    shown, labels = goes_on(estate)
    assert "This card was too old" in shown
    assert PAY in labels


def test_a_refused_press_leads_to_a_pin_and_back_to_the_card(estate: Estate) -> None:
    confirms(estate)
    without_pin(estate)
    estate.ada.presses(PAY)
    assert "🔒 This needs a PIN" in estate.ada.sees
    sets_pin(estate)
    _, labels = goes_on(estate)
    assert labels[0] == PAY
    pays(estate)
    assert estate.last_attempt().is_charge


def test_the_warning_of_a_new_pin_stays_and_leads_on_too(estate: Estate) -> None:
    confirms(estate)
    without_pin(estate)
    estate.ada.presses(PAY)
    sets_pin(estate)
    warning = estate.ada.messages[-1]
    assert "If it was not you: freeze your wallet now" in estate.ada.sees
    assert estate.ada.labels == ["Go on", "Freeze wallet", "Back"]
    estate.ada.presses("Go on")
    assert estate.ada.labels[0] == PAY
    assert estate.ada.messages[-1] is not warning
    assert "A new PIN was set for you" in plain(warning.screen)
    pays(estate)
    assert estate.last_attempt().is_charge


def test_nobody_comes_back_to_anothers_card(estate: Estate) -> None:
    confirms(estate)
    message, pay = estate.ada.finds(PAY)
    estate.tunde.says("/menu")
    estate.tunde.presses_data(f"a:{(pay.data or '').partition(':')[2]}", estate.tunde.messages[-1])
    assert not [each for each in estate.tunde.labels if "Visa" in each]
    assert message.screen.rows


def test_a_charge_that_runs_out_is_called_a_charge(estate: Estate) -> None:
    charged(estate, Pending())
    estate.clock.move(days=2)
    payment_id = estate.last_attempt().payment_id
    estate.let(lambda tx: expire_payment(tx, payment_id=payment_id))
    assert "The charge of 5,000.00 NGN to Visa •••• 4081 is over." in estate.ada.sees
    assert "link" not in estate.ada.sees


def test_an_old_button_charges_nothing_without_a_pin_and_works_once_there_is_one(
    estate: Estate,
) -> None:
    bill = confirms(estate)
    message, pay = estate.ada.finds(PAY)
    without_pin(estate)
    estate.ada.presses_data(pay.data, message)
    assert "🔒 This needs a PIN, and you have none yet. No money moved." in estate.ada.sees
    payer = estate.ada.person.id
    assert estate.run(lambda tx: tx.payments.open_for(bill.id, payer)) is None
    estate.set_pin(estate.ada, PIN)
    estate.ada.presses_data(pay.data, message)
    estate.ada.enters(PIN)
    assert estate.last_attempt().is_charge


def test_a_card_that_waits_is_not_offered_and_its_day_is_said(estate: Estate) -> None:
    changes(estate, waits_until=estate.clock.at + timedelta(hours=24))
    confirms(estate)
    assert PAY not in estate.ada.labels
    assert "Visa •••• 4081 can be charged from Tue 3 Mar 2026, 10:00." in estate.ada.sees
    estate.clock.move(hours=24)
    confirms(estate)
    assert PAY in estate.ada.labels


def test_a_limited_card_is_offered_up_to_its_limit_which_is_said(estate: Estate) -> None:
    changes(estate, day_limit_minor=499_999)
    confirms(estate)
    assert PAY not in estate.ada.labels
    assert "Visa •••• 4081 can be charged up to 4,999.99 NGN now." in estate.ada.sees


def test_a_button_that_asks_for_more_than_is_left_charges_nothing_and_says_so(
    estate: Estate,
) -> None:
    changes(estate, day_limit_minor=500_000)
    bill = confirms(estate)
    message, pay = estate.ada.finds(PAY)
    _tops_up(estate)
    pays(estate, PAY)
    estate.ada.presses_data(pay.data, message)
    estate.ada.enters(PIN)
    said = "This saved card can be charged up to 0.00 NGN now. No money moved."
    assert [each for each in estate.ada.messages if said in plain(each.screen)]
    payer = estate.ada.person.id
    assert estate.run(lambda tx: tx.payments.open_for(bill.id, payer)) is None


def test_the_first_charge_is_told_of_in_a_message_of_its_own(estate: Estate) -> None:
    changes(estate, charged_at=None)
    confirms(estate)
    pays(estate)
    assert estate.ada.sees.startswith("💳 Visa •••• 4081 is being charged 5,000.00 NGN")
    assert estate.ada.labels[:1] == ["Remove"]
    estate.settles(500_000)
    assert "Charged to: Visa •••• 4081" in estate.ada.sees


def test_the_receipt_names_the_card_that_was_removed_since(estate: Estate) -> None:
    bill = confirms(estate)
    pays(estate)
    estate.settles(500_000)
    estate.ada.says("/methods")
    for label in ("Open Visa", "Remove", "Remove it"):
        estate.ada.presses(label)
    estate.ada.says(f"/find {bill.number}")
    estate.ada.presses("More")
    estate.ada.presses("Show RCPT")
    assert "Charged to: Visa •••• 4081" in estate.ada.sees


def test_nobody_else_is_offered_the_card(estate: Estate) -> None:
    bill = estate.bill(is_acknowledged=True)
    estate.tunde.says("/bills")
    estate.tunde.presses(bill.number)
    estate.tunde.presses("Pay by link")
    estate.tunde.presses("Full")
    assert not [each for each in estate.tunde.labels if "Visa" in each]

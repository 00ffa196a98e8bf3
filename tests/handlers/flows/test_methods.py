"""Saving what was paid with, and what people do with it: masks only, and only one's own."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.domain.bills import Bill
from core.domain.consent import Consent
from core.domain.providers import Pending, SavedMethod, Settled
from tests.handlers.chatting import Talker, plain
from tests.handlers.estate import Estate

LINK = "http://127.0.0.1:8080/sandbox/provider/pay/1"
VISA = SavedMethod(
    token="tok_visa",
    owner="ada@example.org",
    label="Visa •••• 4081",
    expires="2029-12",
    consent=Consent.GIVEN,
)
UNASKED = replace(VISA, consent=Consent.NOT_ASKED)
WAITS = "It can be charged from Tue 3 Mar 2026, 10:00, not before"


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    opened = Estate(tmp_path)
    yield opened
    opened.close()


def pays(
    estate: Estate,
    card: SavedMethod | None = VISA,
    *,
    by: Talker | None = None,
    account: str = "",
) -> Bill:
    """Let Ada, or another, pay a bill by link with a card."""
    payer = by or estate.ada
    bill = estate.bill(is_acknowledged=True)
    payer.says("/bills")
    payer.presses(bill.number)
    payer.presses("Pay by link")
    payer.presses("Full")
    payer.presses("Pay 5,000.00\u00a0NGN by Sandbox Pay")
    estate.answers(Pending(link=LINK, provider_ref="s1"))
    attempt = estate.last_attempt()
    word = Settled(
        provider_id=f"cap-{attempt.id}",
        reference=attempt.reference,
        captured=bill.total,
        is_test=True,
        method=card,
        account=account,
    )
    estate.answers(word)
    return bill


def saves(
    estate: Estate,
    card: SavedMethod = VISA,
    *,
    by: Talker | None = None,
    account: str = "",
) -> Bill:
    """Let Ada, or another, pay, and save what was paid with."""
    bill = pays(estate, card, by=by, account=account)
    (by or estate.ada).presses("Save this method")
    return bill


def test_what_was_paid_with_is_saved_by_a_press_and_not_before(estate: Estate) -> None:
    pays(estate)
    live = plain(estate.ada.messages[-2].screen)
    assert "You can save Visa •••• 4081 to pay faster next time, if it is yours: we keep" in live
    assert "Save this method" in estate.ada.labels
    estate.ada.says("/methods")
    assert "Nothing is saved yet." in estate.ada.sees
    estate.ada.presses("Save this method")
    assert estate.ada.sees.splitlines()[:4] == [
        "✅ Saved: Visa •••• 4081. Nothing was charged.",
        "Visa •••• 4081",
        "Charged through Sandbox Pay",
        "Good until the end of 12/2029",
    ]
    assert "It is offered first" in estate.ada.sees


def test_nothing_is_offered_where_nothing_can_be_kept(estate: Estate) -> None:
    pays(estate, None)
    labels = [b.label for m in estate.ada.messages for row in m.screen.rows for b in row]
    assert "Save this method" not in labels


def test_a_press_that_comes_too_late_saves_nothing_and_says_so(estate: Estate) -> None:
    pays(estate)
    estate.clock.move(days=1)
    estate.ada.presses("Save this method")
    assert estate.ada.sees.startswith("⌛ It is too late to save what you paid with")
    estate.ada.says("/methods")
    assert "Nothing is saved yet." in estate.ada.sees


def test_the_list_leads_to_each_and_settings_lead_to_the_list(estate: Estate) -> None:
    saves(estate)
    saves(estate, replace(VISA, label="Verve •••• 5061", owner="x"))
    estate.ada.says("/settings")
    estate.ada.presses("Payment methods")
    assert estate.ada.sees == (
        "Payment methods\n"
        "⭐ Visa •••• 4081 · Sandbox Pay · offered first\n"
        "Verve •••• 5061 · Sandbox Pay\n"
        "Preferred provider: none, they come as your organisation orders them\n"
        "Some providers, such as Stripe and PayPal, keep a card or an account only if you let them "
        "before you pay. You have not."
    )
    estate.ada.presses("Open Verve")
    estate.ada.presses("Offer first")
    assert "It is offered first" in estate.ada.sees
    estate.ada.presses("Back")
    assert "⭐ Verve •••• 5061" in estate.ada.sees


def test_a_method_is_named_with_words_and_never_with_a_card_number(estate: Estate) -> None:
    saves(estate)
    estate.ada.presses("Rename")
    for wrong in ("4084 0840 8408 4081", "x" * 31):
        estate.ada.says(wrong)
        assert "Please write it again" in estate.ada.sees
    estate.ada.says("  Salary   card ")
    assert estate.ada.sees.startswith("Salary card · Visa •••• 4081")
    estate.ada.presses("Rename")
    estate.ada.presses("Take the name away")
    assert estate.ada.sees.startswith("Visa •••• 4081")


def test_a_method_is_removed_after_a_question(estate: Estate) -> None:
    saves(estate)
    estate.ada.presses("Remove")
    estate.ada.presses("Keep it")
    assert estate.ada.sees.startswith("Visa •••• 4081")
    message, old = estate.ada.finds("Rename")
    estate.ada.presses("Remove")
    estate.ada.presses("Remove it")
    assert estate.ada.sees.startswith("🗑️ Removed: Visa •••• 4081.")
    assert "Nothing is saved yet." in estate.ada.sees
    estate.ada.presses_data(old.data, message)
    assert "This payment method is not saved any more." in estate.ada.sees


def test_what_is_saved_is_among_what_we_know_of_a_person(estate: Estate) -> None:
    saves(estate)
    estate.ada.says("/settings")
    estate.ada.presses("My data")
    assert "Saved to pay with: Visa •••• 4081" in estate.ada.sees
    assert "tok_visa" not in estate.ada.last.html


def test_a_provider_is_preferred_and_no_longer(estate: Estate) -> None:
    estate.ada.says("/methods")
    estate.ada.presses("Preferred provider")
    estate.ada.presses("Sandbox Pay")
    assert "Preferred provider: Sandbox Pay" in estate.ada.sees
    estate.ada.presses("Preferred provider")
    assert "Now: Sandbox Pay" in estate.ada.sees
    estate.ada.presses("No preference")
    assert "Preferred provider: none, they come as your organisation orders them" in estate.ada.sees


def test_providers_are_let_keep_cards_and_no_longer(estate: Estate) -> None:
    estate.ada.says("/methods")
    estate.ada.presses("Let providers keep cards")
    assert "may keep your card" in estate.ada.sees
    assert "Nothing is saved without your press." in estate.ada.sees
    estate.ada.presses("Keep no more cards")
    assert "You have not." in estate.ada.sees


def test_before_and_after_the_tap_it_is_said_from_when_and_how_much(estate: Estate) -> None:
    pays(estate, UNASKED)
    live = plain(estate.ada.messages[-2].screen)
    estate.ada.presses("Save this method")
    for shown in (live, estate.ada.sees):
        assert WAITS in shown
        assert "Up to 5,000.00 NGN in 24 hours, until you have paid with it by link once" in shown
    estate.ada.says("/methods")
    assert "⏳ Visa •••• 4081 · Sandbox Pay · from Tue 3 Mar 2026, 10:00" in estate.ada.sees
    estate.clock.move(hours=24)
    estate.ada.says("/methods")
    assert "⭐ Visa •••• 4081" in estate.ada.sees


def test_a_card_whose_holder_let_it_be_saved_has_no_such_terms(estate: Estate) -> None:
    pays(estate)
    live = plain(estate.ada.messages[-2].screen)
    assert "Whoever paid with it let it be saved, on the provider's page." in live
    estate.ada.presses("Save this method")
    assert "It can be charged from" not in live + estate.ada.sees


def test_a_card_that_waits_can_be_removed(estate: Estate) -> None:
    saves(estate, UNASKED)
    estate.ada.presses("Remove")
    estate.ada.presses("Remove it")
    assert estate.ada.sees.startswith("🗑️ Removed: Visa •••• 4081.")


def test_staff_stop_a_card_whose_holder_objects(estate: Estate) -> None:
    bill = saves(estate, UNASKED)
    bello = estate.bello
    bello.says(f"/find {bill.number}")
    bello.presses("More")
    bello.presses("Show RCPT")
    bello.presses("Saved card")
    assert bello.sees.startswith("Stop Visa •••• 4081?\nSaved by Ada")
    bello.presses("Stop it")
    assert "🛑 Stopped: Visa •••• 4081" in bello.sees
    assert estate.ada.sees.startswith("🛑 A card that you had saved at Palm Court was removed")
    estate.ada.says("/methods")
    assert "Nothing is saved yet." in estate.ada.sees
    pays(estate, UNASKED)
    assert "Save this method" not in estate.ada.labels


def test_who_keeps_the_card_hears_that_another_one_saved_it_and_stops_that(estate: Estate) -> None:
    saves(estate)
    saves(estate, UNASKED, by=estate.tunde)
    for talker in (estate.ada, estate.tunde):
        assert talker.sees.startswith("⚠️ Somebody else at Palm Court has saved your Visa")
        assert "Tunde" not in talker.sees
    assert "It may not be charged" not in estate.tunde.labels
    estate.ada.presses("It may not be charged")
    assert "Tunde" not in estate.ada.sees
    estate.ada.presses("Stop it")
    estate.tunde.says("/methods")
    assert "Nothing is saved yet." in estate.tunde.sees
    estate.ada.says("/methods")
    assert "⭐ Visa •••• 4081" in estate.ada.sees


def test_a_neighbour_stops_nothing(estate: Estate) -> None:
    saves(estate, UNASKED)
    _, rename = estate.ada.finds("Rename")
    stop = (rename.data or "").replace("rename", "stop")
    estate.tunde.says("/menu")
    estate.tunde.presses_data(stop, estate.tunde.messages[-1])
    assert "Stop it" not in estate.tunde.labels
    estate.ada.says("/methods")
    assert "Visa •••• 4081" in estate.ada.sees


def test_what_is_kept_in_another_account_says_so_and_others_stay(estate: Estate) -> None:
    saves(estate, account="acct_1")
    saves(estate, replace(VISA, label="Verve •••• 5061"), account="acct_2")
    estate.ada.says("/methods")
    assert "⚠️ Visa •••• 4081 · cannot be charged any more" in estate.ada.sees
    assert "⭐ Visa" not in estate.ada.sees
    assert "\nVerve •••• 5061 · Sandbox Pay" in estate.ada.sees
    estate.ada.presses("Open Visa")
    assert "your organisation now uses another account at Sandbox Pay" in estate.ada.sees


def test_somebody_elses_method_is_not_there(estate: Estate) -> None:
    saves(estate)
    message, card = estate.ada.finds("Rename")
    estate.tunde.says("/methods")
    assert "Nothing is saved yet." in estate.tunde.sees
    estate.tunde.presses_data(card.data, estate.tunde.messages[-1])
    assert "This payment method is not saved any more." in estate.tunde.sees
    estate.bello.says("/methods")
    assert "Visa" not in estate.bello.sees
    assert message.screen.rows

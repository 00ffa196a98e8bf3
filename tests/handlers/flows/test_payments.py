"""J-02, J-03, J-07 and what may go wrong on the way."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from core.domain.bills import Shown
from core.domain.providers import Declined, Pending, ProviderError, Unknown
from core.domain.tenants import FeeBearer
from core.use_cases.links import expire_payment
from storage.transaction import SqlTransaction
from tests.factories import add_configuration, naira
from tests.handlers.chatting import plain
from tests.handlers.estate import Estate

TODAY = date(2026, 3, 2)
LINK = "http://127.0.0.1:8080/sandbox/provider/pay/1"


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    opened = Estate(tmp_path)
    yield opened
    opened.close()


def acknowledged(estate: Estate) -> None:
    estate.bill(is_acknowledged=True)


def waiting_link(estate: Estate) -> None:
    acknowledged(estate)
    estate.ada.says("/bills")
    estate.ada.presses("BILL-2026-000001")
    estate.ada.presses("Pay by link")
    estate.ada.presses("Full")
    estate.ada.presses("Pay 5,000.00")
    estate.answers(Pending(link=LINK, provider_ref="s1"))


def test_a_bill_is_acknowledged_and_paid_from_the_wallet(estate: Estate) -> None:
    bill = estate.bill()
    estate.fill(estate.ada, 2_000_000)
    estate.ada.says("/bills")
    estate.ada.presses("BILL-2026-000001")
    estate.ada.presses("Acknowledge & pay")
    assert "Acknowledged at 10:00" in estate.ada.sees
    estate.ada.presses("Pay from wallet")
    estate.ada.presses("Full 5,000.00")
    assert estate.ada.sees == (
        "Pay 5,000.00 NGN to Palm Court\n"
        "for BILL-2026-000001 · Service charge\n"
        "From wallet: 20,000.00 NGN → 15,000.00 NGN · no fee\n"
        "This pays the bill in full.\n"
        "You can confirm this until 10:15."
    )
    assert estate.ada.labels == ["Pay 5,000.00\u00a0NGN", "Change", "Cancel"]
    estate.ada.presses("Pay 5,000.00")
    assert "Receipt RCPT-2026-000001" in estate.ada.sees
    assert "New wallet balance: 15,000.00 NGN" in estate.ada.sees
    assert "Books sealed:" in estate.ada.sees
    assert plain(estate.ada.messages[-2].screen) == (
        "👛 5,000.00 NGN moved from your wallet to Palm Court, for BILL-2026-000001 · 10:00"
        " · no fee\n"
        "In your wallet now: 15,000.00 NGN\n"
        "Your receipt is in the next message."
    )
    assert sum("✅ Paid" in plain(message.screen) for message in estate.ada.messages) == 1
    assert estate.now_of(bill).shown(today=TODAY) is Shown.PAID
    assert estate.balance(None) == naira(500_000)


def test_the_receipt_of_a_wallet_payment_is_shown_again_from_what_moved(estate: Estate) -> None:
    acknowledged(estate)
    estate.fill(estate.ada, 2_000_000)
    estate.ada.says("/bills")
    estate.ada.presses("BILL-2026-000001")
    estate.ada.presses("Pay from wallet")
    estate.ada.presses("Part")
    estate.ada.says("2000")
    estate.ada.presses("Pay 2,000.00")
    moved, receipt = estate.ada.messages[-2], plain(estate.ada.last)
    assert "Left to pay: 3,000.00 NGN" in plain(moved.screen)
    count = len(estate.ada.messages)
    estate.ada.presses("Show RCPT-2026-000001", on=moved)
    assert len(estate.ada.messages) == count + 1
    assert estate.ada.sees == receipt


def test_a_second_press_pays_nothing_more(estate: Estate) -> None:
    acknowledged(estate)
    estate.fill(estate.ada, 2_000_000)
    estate.ada.says("/bills")
    estate.ada.presses("BILL-2026-000001")
    estate.ada.presses("Pay from wallet")
    estate.ada.presses("Full")
    message, button = estate.ada.finds("Pay 5,000.00")
    estate.ada.presses_data(button.data, message)
    estate.ada.presses_data(button.data, message)
    assert estate.balance(estate.ada) == naira(1_500_000)
    assert "already" in estate.ada.toasts[-1]


def test_the_household_and_staff_hear_of_a_payment_and_the_payer_does_not(estate: Estate) -> None:
    acknowledged(estate)
    estate.fill(estate.ada, 2_000_000)
    estate.ada.says("/pay")
    estate.ada.presses("Pay BILL-2026-000001")
    estate.ada.presses("Pay from wallet")
    estate.ada.presses("Full")
    estate.ada.presses("Pay 5,000.00")
    told = (
        "✅ Ada paid 5,000.00 NGN for BILL-2026-000001 · A-14 · Mon 2 Mar 2026, 10:00\n"
        "Nothing is left to pay."
    )
    assert estate.tunde.sees == told
    assert estate.bello.sees == told
    assert "Ada paid" not in " ".join(plain(m.screen) for m in estate.ada.messages)


def test_a_pin_is_asked_where_one_is_set(estate: Estate) -> None:
    acknowledged(estate)
    estate.fill(estate.ada, 2_000_000)
    estate.set_pin(estate.ada, "4711")
    estate.ada.says("/bills")
    estate.ada.presses("BILL-2026-000001")
    estate.ada.presses("Pay from wallet")
    estate.ada.presses("Full")
    estate.ada.presses("Pay 5,000.00")
    assert estate.balance(estate.ada) == naira(2_000_000)
    estate.ada.enters("4711")
    assert estate.balance(estate.ada) == naira(1_500_000)


def test_a_part_is_paid_and_the_rest_shown(estate: Estate) -> None:
    bill = estate.bill(is_acknowledged=True)
    estate.fill(estate.ada, 2_000_000)
    estate.ada.says("/bills")
    estate.ada.presses("BILL-2026-000001")
    estate.ada.presses("Pay from wallet")
    estate.ada.presses("Part")
    assert "A part is at least 500.00 NGN; 5,000.00 NGN may be paid now." in estate.ada.sees
    estate.ada.says("100")
    assert "at least 500.00" in estate.ada.sees
    estate.ada.says("6000")
    assert "at most 5,000.00" in estate.ada.sees
    estate.ada.says("2,000")
    estate.ada.presses("Pay 2,000.00")
    assert "Left to pay: 3,000.00 NGN" in estate.ada.sees
    assert estate.now_of(bill).shown(today=TODAY) is Shown.PARTIALLY_PAID


def test_cancelling_the_confirm_card_spends_its_button(estate: Estate) -> None:
    acknowledged(estate)
    estate.fill(estate.ada, 2_000_000)
    estate.ada.says("/bills")
    estate.ada.presses("BILL-2026-000001")
    estate.ada.presses("Pay from wallet")
    estate.ada.presses("Full")
    message, button = estate.ada.finds("Pay 5,000.00")
    estate.ada.presses("Cancel")
    assert estate.ada.sees.startswith("Cancelled. Nothing was paid and no money moved.")
    estate.ada.presses_data(button.data, message)
    assert estate.balance(estate.ada) == naira(2_000_000)


def test_a_short_wallet_offers_other_ways(estate: Estate) -> None:
    acknowledged(estate)
    estate.fill(estate.ada, 100_000)
    estate.ada.says("/bills")
    estate.ada.presses("BILL-2026-000001")
    estate.ada.presses("Pay from wallet")
    estate.ada.presses("Full")
    assert "Missing: 4,000.00 NGN" in estate.ada.sees
    assert "Pay by link" in estate.ada.labels


def test_an_amended_bill_is_not_paid_by_an_old_button(estate: Estate) -> None:
    bill = estate.bill(is_acknowledged=True)
    estate.fill(estate.ada, 2_000_000)
    estate.ada.says("/bills")
    estate.ada.presses("BILL-2026-000001")
    estate.ada.presses("Pay from wallet")
    estate.ada.presses("Full")

    def amend(tx: SqlTransaction) -> None:
        now = tx.bills.get(bill.id)
        tx.bills.replace(now, now.amend(total=naira(420_000)))

    estate.run(amend)
    estate.ada.presses("Pay 5,000.00")
    assert estate.balance(estate.ada) == naira(2_000_000)


def test_a_link_is_one_message_from_waiting_to_paid(estate: Estate) -> None:
    waiting_link(estate)
    count = len(estate.ada.messages)
    assert "⏳ Waiting for Sandbox Pay · 5,000.00 NGN" in estate.ada.sees
    assert estate.ada.labels == ["Open payment page", "Check now", "Cancel payment", "Back"]
    estate.settles(500_000)
    assert len(estate.ada.messages) == count + 1
    assert "✅ Paid 5,000.00 NGN" in plain(estate.ada.messages[-2].screen)
    assert "From: Ada by Sandbox Pay · to: Palm Court" in estate.ada.sees
    assert "Books sealed:" in estate.ada.sees
    assert estate.balance(None) == naira(500_000)


def test_a_declined_link_says_that_nothing_was_taken(estate: Estate) -> None:
    estate.fill(estate.ada, 500_000)
    waiting_link(estate)
    estate.answers(Declined(error=ProviderError.DECLINED_CARD))
    assert estate.ada.sees.startswith(
        "⚠️ Not paid 5,000.00 NGN. Nothing was taken.\nYour bank declined the card."
    )
    assert estate.ada.labels[:2] == ["Try again by Sandbox Pay", "Pay from wallet"]
    estate.ada.presses("Try again")
    assert "Preparing the payment page" in estate.ada.sees
    estate.answers(Pending(link=LINK))
    estate.settles(500_000)
    assert estate.balance(None) == naira(500_000)


def test_several_providers_are_each_offered(estate: Estate) -> None:
    estate.run(lambda tx: add_configuration(tx, estate.tenant, provider="paystack"))
    acknowledged(estate)
    estate.ada.says("/bills")
    estate.ada.presses("BILL-2026-000001")
    estate.ada.presses("Pay by link")
    estate.ada.presses("Full")
    assert [label for label in estate.ada.labels if label.startswith("Pay")] == [
        "Pay 5,000.00\u00a0NGN by Sandbox Pay",
        "Pay 5,000.00\u00a0NGN by Paystack",
    ]


def test_an_unknown_outcome_says_not_to_pay_again(estate: Estate) -> None:
    waiting_link(estate)
    estate.answers(Unknown(error=ProviderError.TIMEOUT_ERROR))
    assert "Do not pay again" in estate.ada.sees
    assert estate.last_attempt().reference in estate.ada.sees
    assert estate.ada.labels == ["Check now", "Back"]


def test_a_link_is_cancelled_once_the_provider_was_asked(estate: Estate) -> None:
    waiting_link(estate)
    estate.ada.presses("Cancel payment")
    assert "We ask the provider to close the page first" in estate.ada.sees


def test_the_wallet_is_offered_after_a_link_was_given_up(estate: Estate) -> None:
    estate.fill(estate.ada, 500_000)
    waiting_link(estate)
    estate.answers(Declined(error=ProviderError.INSUFFICIENT_FUNDS))
    estate.ada.presses("Pay from wallet")
    assert "so that you do not pay twice" in estate.ada.sees


def test_an_expired_link_says_so_and_late_money_is_told_once(estate: Estate) -> None:
    waiting_link(estate)
    estate.clock.move(hours=2)
    payment_id = estate.last_attempt().payment_id
    estate.let(lambda tx: expire_payment(tx, payment_id=payment_id))
    assert "has expired. Nothing was taken." in estate.ada.sees
    before = len(estate.ada.messages)
    estate.settles(500_000)
    texts = [plain(message.screen) for message in estate.ada.messages[before:]]
    assert len(texts) == 2
    assert sum("came in late" in text for text in texts) == 1
    assert estate.balance(estate.ada) == naira(500_000)


def test_surplus_is_explained(estate: Estate) -> None:
    waiting_link(estate)
    estate.settles(700_000)
    assert any(
        "2,000.00 NGN is in your wallet" in plain(message.screen) for message in estate.ada.messages
    )


def test_money_that_disagrees_goes_to_staff(estate: Estate) -> None:
    waiting_link(estate)
    estate.settles(500_000, is_test=False)
    assert estate.bello.sees.startswith("⚠️ Unmatched money: 5,000.00 NGN came in at Sandbox")
    estate.bello.presses("Desk")
    assert "Unmatched money: 5,000.00 NGN" in estate.bello.sees
    reference = estate.last_attempt().reference
    assert estate.bello.sees.endswith(
        f"\n+5,000.00 NGN · Mon 2 Mar 2026, 10:00 · Sandbox Pay · …{reference[-8:]} · asked by Ada"
        " · BILL-2026-000001"
    )


def test_a_waiting_link_is_shown_instead_of_a_second_one(estate: Estate) -> None:
    waiting_link(estate)
    estate.ada.says("/bills")
    estate.ada.presses("BILL-2026-000001")
    assert "See the waiting payment" in estate.ada.labels
    assert "A payment for it is under way" in estate.ada.sees
    estate.ada.presses("See the waiting payment")
    assert "Waiting for Sandbox" in estate.ada.sees


def test_the_payer_who_bears_the_fee_is_told_before(tmp_path: Path) -> None:
    estate = Estate(tmp_path, fee_bearer=FeeBearer.PAYER)
    acknowledged(estate)
    estate.ada.says("/bills")
    estate.ada.presses("BILL-2026-000001")
    estate.ada.presses("Pay by link")
    estate.ada.presses("Full")
    assert "The provider's fee is taken from what you pay" in estate.ada.sees
    estate.close()


def test_a_receipt_is_shown_again_from_the_story(estate: Estate) -> None:
    waiting_link(estate)
    estate.settles(500_000)
    estate.ada.says("/bills")
    estate.ada.presses("Paid")
    estate.ada.presses("BILL-2026-000001")
    estate.ada.presses("More")
    assert "5,000.00 NGN paid · RCPT-2026-000001 · Ada" in estate.ada.sees
    estate.ada.presses("Show RCPT-2026-000001")
    assert estate.ada.sees.startswith("✅ Paid 5,000.00 NGN")


def test_somebody_elses_payment_is_not_found(estate: Estate) -> None:
    waiting_link(estate)
    payment_id = estate.last_attempt().payment_id
    estate.tunde.says("/bills")
    estate.tunde.presses_data(f"pay:show:{payment_id}", estate.tunde.messages[-1])
    assert "Waiting for Sandbox" not in estate.tunde.sees


def test_what_can_be_paid_names_what_needs_an_ok(estate: Estate) -> None:
    estate.bill()
    estate.ada.says("/pay")
    assert "1 bill needs your OK before it can be paid." in estate.ada.sees


def test_receipts_are_found_by_number_and_reference(estate: Estate) -> None:
    waiting_link(estate)
    estate.settles(500_000)
    estate.ada.says("/find RCPT-2026-000001")
    assert estate.ada.sees.startswith("✅ Paid 5,000.00 NGN")
    _, copy = estate.ada.finds("Copy reference")
    estate.tunde.says(f"/find {copy.copy}")
    assert estate.tunde.sees.startswith("✅ Paid 5,000.00 NGN")
    assert "wallet balance" not in estate.tunde.sees
    estate.ada.says("/find bill-2026-000001")
    assert "Paid — BILL-2026-000001" in estate.ada.sees
    estate.ada.says("/find RCPT-2026-000099")
    assert "RCPT" not in estate.ada.sees


def test_a_stale_card_shows_the_fresh_one(estate: Estate) -> None:
    estate.fill(estate.ada, 500_000)
    bill = estate.bill(is_acknowledged=True)
    estate.ada.says("/bills")
    estate.ada.presses("BILL-2026-000001")

    def amend(tx: SqlTransaction) -> None:
        tx.bills.replace(bill, bill.amend(total=naira(420_000)))

    estate.run(amend)
    estate.ada.presses("Pay from wallet")
    assert estate.ada.sees.startswith(
        "⚠️ The bill changed meanwhile. No money moved. This is how it stands now:\n"
        "🟡 Needs your OK — BILL-2026-000001"
    )
    assert "4,200.00 NGN" in estate.ada.sees


def test_a_card_pressed_away_ends_what_was_asked(estate: Estate) -> None:
    acknowledged(estate)
    estate.fill(estate.ada, 2_000_000)
    estate.ada.says("/bills")
    estate.ada.presses("BILL-2026-000001")
    estate.ada.presses("Pay from wallet")
    estate.ada.presses("Part")
    estate.ada.presses("Back")
    estate.ada.says("2000")
    assert "Pay 2,000.00\u00a0NGN" not in estate.ada.labels


def test_the_receipt_of_a_part_by_link_says_what_is_left(estate: Estate) -> None:
    acknowledged(estate)
    estate.ada.says("/bills")
    estate.ada.presses("BILL-2026-000001")
    estate.ada.presses("Pay by link")
    estate.ada.presses("Part")
    estate.ada.says("3000")
    estate.ada.presses("Pay 3,000.00")
    estate.answers(Pending(link=LINK, provider_ref="s1"))
    estate.settles(300_000)
    assert "Books sealed:" in estate.ada.sees
    assert "Left to pay: 2,000.00 NGN" in estate.ada.sees

"""The list, the card, the debtor's OK, the story; what staff may do with a bill."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from core.domain.bills import Acknowledgment, Life
from core.domain.people import Role
from core.use_cases.people import choose_tenant
from handlers.chat import MAX_DATA_BYTES
from storage.transaction import SqlTransaction
from tests.factories import add_member, add_person, naira
from tests.handlers.chatting import plain
from tests.handlers.estate import Estate


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    opened = Estate(tmp_path)
    yield opened
    opened.close()


def test_a_card_says_what_its_status_means(estate: Estate) -> None:
    estate.bill(description="January to March")
    estate.ada.says("/bills")
    estate.ada.presses("BILL-2026-000001")
    assert estate.ada.sees == (
        "🟡 Needs your OK — BILL-2026-000001\n"
        "Service charge\n"
        "5,000.00 NGN · due Mon 16 Mar\n"
        "For A-14 · issued by Mrs Bello, Mon 2 Mar, 10:00\n"
        "January to March\n"
        "Needs your OK: acknowledge it, then pay; or dispute it.\n"
        "You can dispute it until Mon 16 Mar, 10:00."
    )
    assert estate.ada.labels == [
        "Acknowledge & pay",
        "Acknowledge",
        "Dispute",
        "More",
        "Back",
    ]


def test_the_list_opens_where_something_is_wanted(estate: Estate) -> None:
    estate.bill(is_acknowledged=True)
    estate.ada.says("/bills")
    assert estate.ada.sees == (
        "Your bills\n"
        "To pay 1 = 5,000.00 NGN\n"
        "\n"
        "To pay\n"
        "BILL-2026-000001 · Service charge · 5,000.00 NGN · due Mon 16 Mar · Acknowledged"
    )


def test_pages_turn_and_back_returns_to_the_same_one(estate: Estate) -> None:
    for day in range(1, 13):
        estate.bill(due_on=date(2026, 4, day))
    estate.ada.says("/bills")
    assert "To review, page 1/3" in estate.ada.sees
    estate.ada.presses("Next")
    estate.ada.presses("Next")
    assert "To review, page 3/3" in estate.ada.sees
    assert "Next" not in estate.ada.labels
    estate.ada.presses("Previous")
    second = estate.ada.sees
    assert "To review, page 2/3" in second
    estate.ada.presses("BILL-2026-000007")
    estate.ada.presses("More")
    estate.ada.presses("Back")
    estate.ada.presses("Back")
    assert estate.ada.sees == second
    estate.ada.presses("Previous")
    assert "page 1/3" in estate.ada.sees


def test_every_button_fits(estate: Estate) -> None:
    for day in range(1, 13):
        estate.bill(due_on=date(2026, 4, day))
    estate.ada.says("/bills")
    estate.ada.presses("Next")
    estate.ada.presses("BILL-2026-000007")
    data = [b.data for row in estate.ada.last.rows for b in row]
    assert max(len(each.encode()) for each in data) <= MAX_DATA_BYTES


def test_an_acknowledged_bill_offers_both_ways_to_pay(estate: Estate) -> None:
    bill = estate.bill()
    estate.fill(estate.ada, 500_000)
    estate.ada.says("/bills")
    estate.ada.presses("BILL-2026-000001")
    _, button = estate.ada.finds("Acknowledge")
    message = estate.ada.messages[-1]
    exact = next(b for row in message.screen.rows for b in row if b.label == "Acknowledge")
    estate.ada.presses_data(exact.data, message)
    assert button.label == "Acknowledge & pay"
    assert estate.now_of(bill).acknowledgment is Acknowledgment.ACKNOWLEDGED
    assert estate.ada.labels == ["Pay from wallet", "Pay by link", "More", "Back"]
    assert estate.bello.sees == "🔵 A-14 acknowledged BILL-2026-000001 · 5,000.00 NGN (Ada)"


def test_an_overdue_bill_still_needs_its_ok(estate: Estate) -> None:
    estate.bill(due_on=date(2026, 3, 1))
    estate.ada.says("/bills")
    estate.ada.presses("Overdue")
    estate.ada.presses("BILL-2026-000001")
    assert estate.ada.sees.startswith("🔴 Overdue, needs your OK — BILL-2026-000001")
    assert "Pay from wallet" not in estate.ada.labels
    bill_id = estate.run(lambda tx: tx.bills.by_number(estate.tenant.id, "BILL-2026-000001"))
    assert bill_id is not None
    estate.ada.presses_data(f"pay:wallet:{bill_id.id}.1", estate.ada.messages[-1])
    assert "needs your OK before it can be paid" in estate.ada.sees


def test_an_acknowledgment_of_an_older_version_is_refused(estate: Estate) -> None:
    bill = estate.bill()
    estate.ada.says("/bills")
    estate.ada.presses("BILL-2026-000001")

    def amend(tx: SqlTransaction) -> None:
        tx.bills.replace(bill, bill.amend(total=naira(420_000)))

    estate.run(amend)
    estate.ada.presses("Acknowledge & pay")
    assert estate.now_of(bill).acknowledgment is Acknowledgment.PENDING


def test_somebody_elses_bill_is_not_found(estate: Estate) -> None:
    bello = estate.bello.person
    bill = estate.bill(unit_id=0, debtor_id=bello.id)
    estate.ada.says("/bills")
    estate.ada.presses_data(f"bills:card:{bill.id}", estate.ada.messages[-1])
    assert bill.number not in estate.ada.sees


def test_a_forged_list_is_refused(estate: Estate) -> None:
    estate.bill()
    estate.ada.says("/bills")
    estate.ada.presses_data("bills:list:e.a.1.0", estate.ada.messages[-1])
    assert "BILL-" not in estate.ada.sees
    for forged in (
        "bills:card:x",
        "bills:list:o.r.1.1",
        "bills:list:z",
        "bills:more:",
        "pay:full:q",
    ):
        estate.ada.says("/bills")
        estate.ada.presses_data(forged, estate.ada.messages[-1])


def test_staff_see_everybodys_bills_and_the_allowed_moves(estate: Estate) -> None:
    estate.bill()
    estate.bello.says("/bills")
    assert estate.bello.sees.startswith("Bills of Palm Court")
    estate.bello.presses("BILL-2026-000001")
    assert "Not acknowledged: the debtor has not said yes." in estate.bello.sees
    assert estate.bello.labels == ["Amend", "Cancel bill", "Resend", "More", "Back"]


def test_staff_amend_and_the_debtor_hears_the_difference(estate: Estate) -> None:
    bill = estate.bill()
    estate.bello.says("/bills")
    estate.bello.presses("BILL-2026-000001")
    estate.bello.presses("Amend")
    estate.bello.says("nonsense")
    assert "I cannot read that as an amount." in estate.bello.sees
    estate.bello.says("4200")
    estate.bello.says("Meter read again")
    assert "Amend from 5,000.00 NGN to 4,200.00 NGN (−800.00 NGN)." in estate.bello.sees
    estate.bello.presses("Confirm new total")
    assert "✅ Amended: BILL-2026-000001 asks for 4,200.00 NGN" in estate.bello.sees
    assert estate.now_of(bill).revision == 2
    assert estate.ada.sees.startswith(
        "Your bill was changed: 5,000.00 NGN → 4,200.00 NGN (−800.00 NGN).\n"
        "Answer: “Meter read again”\n"
        "🟡 Needs your OK — BILL-2026-000001"
    )
    assert estate.tunde.sees == estate.ada.sees
    estate.ada.presses("More")
    assert "changed to version 2: 5,000.00 NGN → 4,200.00 NGN" in estate.ada.sees
    assert "“Meter read again”" in estate.ada.sees


def test_staff_cancel_and_what_was_paid_goes_back(estate: Estate) -> None:
    bill = estate.bill(is_acknowledged=True)
    estate.fill(estate.ada, 500_000)
    estate.ada.says("/bills")
    estate.ada.presses("BILL-2026-000001")
    estate.ada.presses("Pay from wallet")
    estate.ada.presses("Part")
    estate.ada.says("2000")
    estate.ada.presses("Pay 2,000.00")
    estate.bello.says("/bills")
    estate.bello.presses("BILL-2026-000001")
    estate.bello.presses("Cancel bill")
    assert "needs a PIN, and you have none yet" in estate.bello.sees
    estate.bello.presses("Set a PIN")
    for _ in range(2):
        estate.bello.enters("2580")
    estate.bello.presses("Go on")
    estate.bello.says("Wrong flat")
    assert "2,000.00 NGN goes back to the payers' wallets." in estate.bello.sees
    estate.bello.presses("Confirm cancelling")
    estate.bello.enters("2580")
    assert "2,000.00 NGN went back to the payers' wallets." in estate.bello.sees
    assert estate.now_of(bill).life is Life.CANCELLED
    assert estate.balance(estate.ada) == naira(500_000)
    assert estate.ada.sees.startswith(
        "Your bill was cancelled: nothing is owed for it.\n"
        "Reason: “Wrong flat”\n"
        "2,000.00 NGN went back to your wallet, without a fee; it holds 5,000.00 NGN now."
    )
    assert "went back" not in estate.tunde.sees


def test_a_bill_is_sent_again_once_a_day(estate: Estate) -> None:
    estate.bill()
    estate.bello.says("/bills")
    estate.bello.presses("BILL-2026-000001")
    estate.bello.presses("Resend")
    assert estate.ada.sees.startswith("Once more, this bill:\n🟡 Needs your OK")
    count = len(estate.ada.messages)
    estate.bello.presses("Resend")
    assert len(estate.ada.messages) == count


def test_a_resident_may_not_amend(estate: Estate) -> None:
    bill = estate.bill()
    estate.ada.says("/bills")
    estate.ada.presses_data(f"billing:amend:{bill.id}.1", estate.ada.messages[-1])
    estate.ada.says("1")
    assert estate.now_of(bill).total == naira(500_000)


def test_a_name_with_signs_is_shown_as_it_is(estate: Estate) -> None:
    estate.bill(title="<b>Water</b> & more")
    estate.ada.says("/bills")
    estate.ada.presses("BILL-2026-000001")
    assert "<b>Water</b> & more" in plain(estate.ada.last)


def test_nobody_changes_a_bill_of_his_own(estate: Estate) -> None:
    bello = estate.bello.person
    estate.fill(estate.bello, 900_000)
    bill = estate.bill(unit_id=0, debtor_id=bello.id, minor=900_000, is_acknowledged=True)
    estate.bello.says("/bills")
    estate.bello.presses("BILL-2026-000001")
    estate.bello.presses("Pay from wallet")
    estate.bello.presses("Full")
    estate.bello.presses("Pay 9,000.00")
    estate.bello.presses("Open bill")
    assert not {"Amend", "Cancel bill", "Manage as staff"} & {*estate.bello.labels}
    estate.bello.presses_data(f"billing:cancel:{bill.id}.1", estate.bello.messages[-1])
    assert "somebody else must change it" in estate.bello.sees
    assert estate.balance(None) == naira(900_000)


def test_a_long_story_fits_and_turns_pages(estate: Estate) -> None:
    estate.bill()
    for number in range(1, 12):
        estate.bello.says("/find BILL-2026-000001")
        estate.bello.presses("Amend")
        estate.bello.says(f"{5000 + number}")
        estate.bello.says("because " * 100)
        estate.bello.presses("Confirm new total")
        estate.ada.presses("Acknowledge & pay")
    estate.ada.says("/find BILL-2026-000001")
    estate.ada.presses("More")
    assert "21 earlier steps." in estate.ada.sees
    assert "changed to version 12" in estate.ada.sees
    estate.ada.presses("Earlier")
    estate.ada.presses("Earlier")
    assert "· issued" in estate.ada.sees
    assert "Earlier" not in estate.ada.labels
    estate.ada.presses("Later")
    estate.ada.presses("Later")
    assert "changed to version 12" in estate.ada.sees


def test_a_cancel_card_of_another_sum_than_is_paid_now_gives_nothing_back(estate: Estate) -> None:
    bill = estate.bill(is_acknowledged=True)
    estate.fill(estate.ada, 500_000)
    estate.set_pin(estate.bello, "2580")
    estate.bello.says(f"/find {bill.number}")
    estate.bello.presses("Cancel bill")
    estate.bello.says("Issued by mistake")
    card, button = estate.bello.finds("Confirm cancelling")
    assert "No money moves." in plain(card.screen)
    estate.ada.says("/pay")
    estate.ada.presses("Pay BILL-2026-000001")
    estate.ada.presses("Pay from wallet")
    estate.ada.presses("Full")
    estate.ada.presses("Pay 5,000.00")
    estate.bello.presses_data(button.data, card)
    estate.bello.enters("2580")
    assert "out of date" in estate.bello.sees or "out of date" in plain(card.screen)
    assert estate.balance(None) == naira(500_000)


def test_who_keeps_the_books_hears_what_staff_gave_back(estate: Estate) -> None:
    keeper = estate.person("Ken", 1004)

    def join(tx: SqlTransaction) -> None:
        person = add_person(tx, name="Ken", telegram_id=1004)
        add_member(tx, estate.tenant, person, roles=(Role.FINANCE,))
        choose_tenant(tx, person_id=person.id, tenant_id=estate.tenant.id)
        estate.people[person.id] = keeper

    estate.run(join)
    estate.set_pin(estate.bello, "2580")
    estate.fill(estate.ada, 500_000)
    estate.bill(is_acknowledged=True)
    estate.ada.says("/pay")
    estate.ada.presses("Pay BILL-2026-000001")
    estate.ada.presses("Pay from wallet")
    estate.ada.presses("Full")
    estate.ada.presses("Pay 5,000.00")
    estate.bello.says("/find BILL-2026-000001")
    estate.bello.presses("Cancel bill")
    estate.bello.says("Wrong flat")
    estate.bello.presses("Confirm cancelling")
    estate.bello.enters("2580")
    assert keeper.sees.startswith(
        "↩️ Mrs Bello gave 5,000.00 NGN back from the organisation's wallet "
        "for BILL-2026-000001 · A-14"
    )

"""Writing a bill, one question at a time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain.bills import BillType
from core.domain.people import Role
from storage.transaction import SqlTransaction
from tests.factories import add_member, add_person, naira
from tests.handlers.chatting import plain
from tests.handlers.estate import Estate


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    opened = Estate(tmp_path)
    yield opened
    opened.close()


def up_to_the_amount(estate: Estate) -> None:
    estate.bello.says("/newbill")
    estate.bello.says("ada")
    estate.bello.presses("A-14 · Ada, Tunde")
    estate.bello.presses("Water")
    assert "Water, March 2026" in estate.bello.sees
    estate.bello.presses("Use this title")


def test_a_bill_is_written_previewed_and_issued(estate: Estate) -> None:
    up_to_the_amount(estate)
    estate.bello.says("lots")
    assert "For example" in estate.bello.sees
    estate.bello.says("12,500")
    estate.bello.says("31/02")
    assert "date" in estate.bello.sees.lower()
    estate.bello.presses("Month end")
    estate.bello.says("Meter 4711")
    assert estate.bello.sees == (
        "This is what the debtor will see:\n\n"
        "🟡 Needs your OK — new\n"
        "Water, March 2026\n"
        "12,500.00 NGN · due Tue 31 Mar\n"
        "For A-14 · issued by Mrs Bello, Mon 2 Mar, 10:00\n"
        "Meter 4711\n"
        "Needs your OK: acknowledge it, then pay; or dispute it.\n"
        "You can dispute it until Mon 16 Mar, 10:00.\n\n"
        "Will be told: Ada, Tunde"
    )
    estate.bello.presses("Issue")
    assert "✅ Issued BILL-2026-000001 over 12,500.00 NGN. Told: Ada, Tunde." in estate.bello.sees
    assert estate.ada.sees.startswith("A new bill for you:\n🟡 Needs your OK — BILL-2026-000001")
    bill = estate.run(lambda tx: tx.bills.by_number(estate.tenant.id, "BILL-2026-000001"))
    assert bill is not None
    assert (bill.type, bill.total) == (BillType.WATER, naira(1_250_000))


def test_one_answer_is_changed_without_asking_the_rest_again(estate: Estate) -> None:
    up_to_the_amount(estate)
    estate.bello.says("12,500")
    estate.bello.presses("In 7 days")
    estate.bello.presses("No note")
    estate.bello.presses("Change")
    estate.bello.presses("Amount")
    estate.bello.says("13,000")
    assert "13,000.00 NGN · due Mon 9 Mar" in estate.bello.sees
    assert "Issue" in estate.bello.labels


def test_nobody_found_asks_again(estate: Estate) -> None:
    estate.bello.says("/newbill")
    estate.bello.says("Z-99")
    assert "Nobody and no unit matches “Z-99”." in estate.bello.sees
    estate.bello.says("a-14")
    assert "A-14 · Ada, Tunde" in estate.bello.labels


@pytest.mark.parametrize("spelling", ["A14", "a 14", "a - 14", " A-14 "])
def test_a_unit_is_found_however_it_is_spelled(estate: Estate, spelling: str) -> None:
    estate.bello.says("/newbill")
    estate.bello.says(spelling)
    assert "A-14 · Ada, Tunde" in estate.bello.labels


def test_a_due_date_that_has_passed_is_asked_about(estate: Estate) -> None:
    up_to_the_amount(estate)
    estate.bello.says("12,500")
    estate.bello.says("yesterday")
    assert "Sun 1 Mar 2026 is in the past" in estate.bello.sees
    assert "Bill it anyway? Or write another date." in estate.bello.sees
    estate.bello.says("today")
    assert "Due: Mon 2 Mar" in estate.bello.sees
    estate.bello.presses("Back")
    estate.bello.says("yesterday")
    estate.bello.presses("Bill it anyway")
    assert "Due: Sun 1 Mar" in estate.bello.sees
    assert "A note for the debtor?" in estate.bello.sees


def test_a_forged_date_in_a_button_is_refused(estate: Estate) -> None:
    up_to_the_amount(estate)
    estate.bello.says("12,500")
    for date in ("soon", "1999-01-01"):
        estate.bello.presses_data(f"newbill:past:{date}", estate.bello.messages[-1])
        assert "A note for the debtor?" not in estate.bello.sees


def test_back_asks_the_question_before_again(estate: Estate) -> None:
    estate.bello.says("/newbill")
    assert estate.bello.labels == ["Cancel"]
    estate.bello.says("a-14")
    estate.bello.presses("A-14")
    estate.bello.presses("Water")
    estate.bello.presses("Back")
    assert "What is it for? Press one." in estate.bello.sees
    estate.bello.presses("Back")
    assert "Who is it for?" in estate.bello.sees
    estate.bello.says("a-14")
    estate.bello.presses("A-14")
    estate.bello.presses("Power")
    assert "Power, March 2026" in estate.bello.sees


def test_back_from_a_change_leaves_the_answer_as_it_was(estate: Estate) -> None:
    up_to_the_amount(estate)
    estate.bello.says("12,500")
    estate.bello.presses("In 7 days")
    estate.bello.presses("No note")
    estate.bello.presses("Change")
    estate.bello.presses("Amount")
    assert "12,500.00" not in estate.bello.sees
    estate.bello.presses("Back")
    assert "12,500.00 NGN · due Mon 9 Mar" in estate.bello.sees
    estate.bello.presses("Change")
    estate.bello.presses("Back")
    assert "Issue" in estate.bello.labels


def test_a_pin_that_was_typed_in_the_wrong_place_is_not_said_again(estate: Estate) -> None:
    estate.bello.says("/newbill")
    estate.bello.says("482659")
    assert "Nobody and no unit matches what you wrote." in estate.bello.sees
    assert "482659" not in estate.bello.sees


def test_a_person_without_a_unit_is_found_by_name(estate: Estate) -> None:
    def join(tx: SqlTransaction) -> None:
        add_member(tx, estate.tenant, add_person(tx, name="Kemi"), roles=(Role.CUSTOMER,))

    estate.run(join)
    estate.bello.says("/newbill kem")
    estate.bello.presses("Kemi")
    estate.bello.presses("Levy")
    estate.bello.says("Street party")
    estate.bello.says("500")
    estate.bello.says("28 Mar")
    estate.bello.presses("No note")
    estate.bello.presses("Issue")
    assert "Told: Kemi" in estate.bello.sees


def test_a_button_of_an_old_draft_writes_into_nothing(estate: Estate) -> None:
    estate.bello.says("/newbill")
    estate.bello.says("a-14")
    message, button = estate.bello.finds("A-14")
    estate.bello.says("/cancel")
    assert "Dropped" in estate.bello.sees
    estate.bello.presses_data(button.data, message)
    assert "What is it for?" not in estate.bello.sees


def test_a_resident_may_not_write_bills(estate: Estate) -> None:
    estate.ada.says("/newbill")
    assert "Who is it for?" not in estate.ada.sees
    estate.ada.presses_data("newbill:type:water", estate.ada.messages[-1])
    assert "title" not in estate.ada.sees


def test_one_draft_becomes_one_bill_however_often_it_was_shown(estate: Estate) -> None:
    up_to_the_amount(estate)
    estate.bello.says("12,500")
    estate.bello.presses("In 7 days")
    estate.bello.presses("No note")
    first = estate.bello.finds("Issue")
    estate.bello.says("and a word")
    second = estate.bello.finds("Issue")
    assert second[0] is not first[0]
    estate.bello.presses_data(second[1].data, second[0])
    estate.bello.presses_data(first[1].data, first[0])
    assert "✅ Issued BILL-2026-000001 over 12,500.00 NGN" in plain(first[0].screen)
    assert "done already" in estate.bello.toasts[-1]
    assert estate.run(lambda tx: tx.bills.by_number(estate.tenant.id, "BILL-2026-000002")) is None

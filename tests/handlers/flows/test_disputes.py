"""J-05: contesting a bill, the desk, and how a dispute ends."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain.bills import Acknowledgment, Life
from handlers.chat import File
from tests.factories import naira
from tests.handlers.estate import Estate

PHOTO = File(file_id="photo-1", unique_id="u1", kind="photo")


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    opened = Estate(tmp_path)
    yield opened
    opened.close()


def disputed(estate: Estate) -> None:
    estate.ada.says("/bills")
    estate.ada.presses("BILL-2026-000001")
    estate.ada.presses("Dispute")
    estate.ada.presses("The amount is wrong")
    estate.ada.says("usage was lower")
    estate.ada.presses("Confirm")


def test_a_dispute_takes_words_and_a_photo(estate: Estate) -> None:
    bill = estate.bill()
    estate.ada.says("/bills")
    estate.ada.presses("BILL-2026-000001")
    estate.ada.presses("Dispute")
    estate.ada.says("it is wrong")
    assert "Why do you dispute it?" in estate.ada.sees
    estate.ada.presses("The amount is wrong")
    estate.ada.says("usage was lower")
    estate.ada.sends(PHOTO)
    assert "“usage was lower”" in estate.ada.sees
    assert "1 file is attached." in estate.ada.sees
    assert estate.now_of(bill).acknowledgment is Acknowledgment.PENDING
    estate.ada.presses("Confirm")
    assert "🟠 Dispute D-2026-0001 opened. No reminders or fees while it is open" in estate.ada.sees
    assert estate.ada.labels == [
        "Withdraw dispute",
        "Withdraw and acknowledge",
        "More",
        "Back",
    ]
    assert estate.bello.sees == (
        "🟠 Dispute D-2026-0001: A-14 contests BILL-2026-000001 · 5,000.00 NGN\n"
        "Reason: The amount is wrong\n"
        "“usage was lower”\n"
        "1 file was sent with it."
    )


def test_cancel_leaves_the_dispute_dialogue(estate: Estate) -> None:
    bill = estate.bill()
    estate.ada.says("/bills")
    estate.ada.presses("BILL-2026-000001")
    estate.ada.presses("Dispute")
    estate.ada.presses("It is not mine")
    estate.ada.says("/cancel")
    assert "Dropped: the dispute" in estate.ada.sees
    estate.ada.says("not mine at all")
    assert estate.now_of(bill).acknowledgment is Acknowledgment.PENDING


def test_staff_amend_a_disputed_bill(estate: Estate) -> None:
    bill = estate.bill()
    disputed(estate)
    estate.clock.move(days=1)
    estate.bello.says("/desk")
    assert "1 open dispute · page 1/1" in estate.bello.sees
    estate.bello.presses("Open D-2026-0001")
    assert "Due date paused · open 1 day" in estate.bello.sees
    estate.bello.presses("Amend")
    estate.bello.says("4,200")
    estate.bello.says("You are right")
    assert "(−800.00 NGN)" in estate.bello.sees
    estate.bello.presses("Confirm new total 4,200.00")
    assert "accepted, the bill was changed. The debtor was told." in estate.bello.sees
    after = estate.now_of(bill)
    assert (after.revision, after.total, after.due_on.day) == (2, naira(420_000), 17)
    assert estate.ada.sees.startswith(
        "Your bill was changed: 5,000.00 NGN → 4,200.00 NGN (−800.00 NGN).\n"
        "Answer: “You are right”\n🟡 Needs your OK — BILL-2026-000001"
    )
    assert len([m for m in estate.tunde.messages if "was changed" in m.screen.html]) == 1


def test_staff_reject_with_an_answer(estate: Estate) -> None:
    bill = estate.bill()
    disputed(estate)
    estate.bello.presses("Open dispute")
    estate.bello.presses("Reject with answer")
    estate.bello.says("The meter was read twice")
    estate.bello.presses("Reject dispute")
    assert "rejected, the bill stands" in estate.bello.sees
    assert estate.now_of(bill).acknowledgment is Acknowledgment.PENDING
    assert "Your dispute D-2026-0001 was rejected" in estate.ada.sees
    assert "Answer: “The meter was read twice”" in estate.ada.sees
    estate.ada.presses("More")
    assert "dispute D-2026-0001 rejected, the bill stands" in estate.ada.sees


def test_staff_cancel_a_disputed_bill(estate: Estate) -> None:
    bill = estate.bill()
    disputed(estate)
    estate.bello.presses("Open dispute")
    estate.bello.presses("Cancel bill")
    estate.bello.says("It was not yours")
    estate.bello.presses("Confirm cancelling")
    assert estate.now_of(bill).life is Life.CANCELLED
    assert "Your bill was cancelled" in estate.ada.sees
    assert "Reason: “It was not yours”" in estate.ada.sees


def test_a_dispute_is_withdrawn_and_staff_hear_of_it(estate: Estate) -> None:
    bill = estate.bill()
    disputed(estate)
    estate.ada.presses("Withdraw dispute")
    assert estate.now_of(bill).acknowledgment is Acknowledgment.PENDING
    assert estate.bello.sees == "🔵 A-14 withdrew dispute D-2026-0001 of BILL-2026-000001."
    disputed(estate)
    estate.ada.presses("Withdraw and acknowledge")
    assert estate.now_of(bill).acknowledgment is Acknowledgment.ACKNOWLEDGED


def test_a_resident_sees_no_desk(estate: Estate) -> None:
    estate.bill()
    disputed(estate)
    estate.ada.says("/desk")
    assert "D-2026-0001" not in estate.ada.sees


def test_a_decided_dispute_is_not_decided_again(estate: Estate) -> None:
    bill = estate.bill()
    disputed(estate)
    estate.bello.presses("Open dispute")
    card = estate.bello.messages[-1]
    _, reject = estate.bello.finds("Reject with answer")
    estate.ada.presses("Withdraw dispute")
    estate.bello.presses_data(reject.data, card)
    estate.bello.says("No")
    assert estate.now_of(bill).acknowledgment is Acknowledgment.PENDING


def test_the_desk_turns_pages(estate: Estate) -> None:
    for number in range(1, 8):
        estate.bill()
        estate.ada.says("/bills")
        estate.ada.presses(f"BILL-2026-{number:06d}")
        estate.ada.presses("Dispute")
        estate.ada.presses("Other reason")
        estate.ada.says("hm")
        estate.ada.presses("Confirm")
    estate.bello.says("/desk")
    assert "7 open disputes · page 1/2" in estate.bello.sees
    estate.bello.presses("Next")
    assert "D-2026-0007" in estate.bello.sees
    estate.bello.presses("Previous")
    assert "page 1/2" in estate.bello.sees


def test_staff_amend_a_disputed_bill_from_its_card(estate: Estate) -> None:
    bill = estate.bill()
    disputed(estate)
    estate.bello.says("/find BILL-2026-000001")
    assert "Decide dispute" in estate.bello.labels
    estate.bello.presses("Amend")
    assert "This also ends dispute D-2026-0001." in estate.bello.sees
    estate.bello.says("4,200")
    estate.bello.says("Meter read again")
    assert "This also ends dispute D-2026-0001." in estate.bello.sees
    estate.bello.presses("Confirm new total 4,200.00")
    assert estate.now_of(bill).revision == 2
    estate.bello.says("/desk")
    assert "No open disputes." in estate.bello.sees


def test_the_second_dispute_of_a_version_asks_for_somebody_else(estate: Estate) -> None:
    bill = estate.bill()
    disputed(estate)
    for _ in range(2):
        estate.bello.presses("Open dispute")
        estate.bello.presses("Reject with answer")
        estate.bello.says("It is right")
        estate.bello.presses("Reject dispute")
        if estate.now_of(bill).acknowledgment is Acknowledgment.PENDING:
            disputed(estate)
    assert "You rejected the first dispute of this version" in estate.bello.sees
    assert estate.now_of(bill).acknowledgment is Acknowledgment.DISPUTED
    estate.bello.says("/desk")
    estate.bello.presses("Open D-2026-0002")
    assert "Second dispute of this version: Mrs Bello rejected the first" in estate.bello.sees


def test_one_draft_becomes_one_dispute_also_after_its_end(estate: Estate) -> None:
    estate.bill()
    estate.ada.says("/bills")
    estate.ada.presses("BILL-2026-000001")
    estate.ada.presses("Dispute")
    estate.ada.presses("The amount is wrong")
    estate.ada.says("usage was lower")
    first = estate.ada.finds("Confirm")
    estate.ada.says("usage was much lower")
    estate.ada.presses("Confirm")
    estate.ada.presses("Withdraw dispute")
    assert "Needs your OK" in estate.ada.sees
    estate.ada.presses_data(first[1].data, first[0])
    assert "done already" in estate.ada.toasts[-1]
    assert estate.run(lambda tx: tx.disputes.count_open(estate.tenant.id)) == 0

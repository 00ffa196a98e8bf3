"""A payer asks for money back, staff approve or reject it; both read the same."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain.bills import Bill
from core.domain.people import Role
from core.domain.refund_requests import RefundRequest, RefundRequestStatus
from core.domain.refunds import Destination, Refund
from core.use_cases.people import actor_of
from core.use_cases.refunds import open_refund
from storage.transaction import SqlTransaction
from tests.factories import add_member, add_person, naira
from tests.handlers.estate import Estate


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    opened = Estate(tmp_path)
    opened.set_pin(opened.bello, "4829")
    yield opened
    opened.close()


@pytest.fixture
def bill(estate: Estate) -> Bill:
    """A bill of 1,000.00 that Ada has paid by link."""
    issued = estate.bill(minor=100_000, is_acknowledged=True)
    estate.ada.says(f"/find {issued.number}")
    estate.ada.presses("Pay by link")
    estate.ada.presses("Full")
    estate.ada.presses("Pay 1,000.00")
    estate.settles(100_000, provider_id="capture-1")
    return issued


def ask(estate: Estate, amount: str = "400", reason: str = "Paid for May, too") -> None:
    ada = estate.ada
    ada.presses("Ask for money back")
    ada.presses("Part")
    ada.says(amount)
    ada.says(reason)


def requests(estate: Estate) -> list[RefundRequest]:
    payment_id = estate.last_attempt().payment_id
    return [*estate.run(lambda tx: tx.refund_requests.newest_of(payment_id, limit=9))]


def refunds(estate: Estate) -> tuple[Refund, ...]:
    payment_id = estate.last_attempt().payment_id
    return estate.run(lambda tx: tx.refunds.of(payment_id))


def test_part_is_asked_approved_and_on_its_way(estate: Estate, bill: Bill) -> None:
    ada, bello = estate.ada, estate.bello
    ada.presses("Ask for money back")
    assert ada.sees == (
        f"Money back for {bill.number} · you paid 1,000.00 NGN\n"
        "At most 1,000.00 NGN may go back.\n"
        "How much do you ask for? Palm Court decides; nothing moves yet."
    )
    ada.presses("Part")
    ada.says("1000.01")
    assert "At most 1,000.00 NGN may go back." in ada.sees
    ada.says("400")
    ada.says("Paid for May, too")
    assert ada.sees == (
        f"Ask for 400.00 NGN back, paid for {bill.number}\n"
        "Reason: Paid for May, too\n"
        "Palm Court decides; nothing moves yet."
    )
    assert requests(estate) == []
    ada.presses("Ask for 400.00")
    assert "⏳ 400.00 NGN is asked back; not decided yet" in ada.sees
    assert "Asked: Palm Court decides; nothing moves yet." in ada.sees
    assert bello.sees == (
        f"🙋 Ada asks for 400.00 NGN back, paid for {bill.number}.\n"
        "Reason: Paid for May, too\n"
        "Nothing has moved: approve or reject it."
    )
    assert "asks for" not in estate.tunde.sees
    bello.presses("Show request")
    assert "Asked by Ada" in bello.sees
    bello.presses("Approve")
    bello.presses("Back by Sandbox")
    assert bello.sees == (
        "Refund 400.00 NGN to Ada\n"
        f"Of: {bill.number}, paid 1,000.00 NGN\n"
        "To: by Sandbox Pay, as it was paid\n"
        "Reason: Paid for May, too\n"
        "It is held on the organisation's wallet at once; once it is back, the bill asks for "
        "it again."
    )
    bello.presses("Refund 400.00")
    assert refunds(estate) == ()
    bello.enters("4829")
    (refund,) = refunds(estate)
    assert (refund.amount, requests(estate)[0].refund_id) == (naira(40_000), refund.id)
    assert "⏳ 400.00 NGN is on its way back" in bello.sees
    assert "⏳ 400.00 NGN is on its way back" in ada.sees


def test_a_wallet_needs_no_choice_of_provider_but_its_payer_s_yes(
    estate: Estate, bill: Bill
) -> None:
    ask(estate)
    estate.ada.presses("Ask for 400.00")
    estate.bello.presses("Show request")
    estate.bello.presses("Approve")
    estate.bello.presses("To the wallet")
    estate.bello.presses("Refund 400.00")
    estate.bello.enters("4829")
    estate.ada.presses("Yes, to my wallet")
    assert estate.balance(estate.ada) == naira(40_000)


def test_rejected_with_an_answer_and_asked_again(estate: Estate, bill: Bill) -> None:
    ada, bello = estate.ada, estate.bello
    ask(estate)
    ada.presses("Ask for 400.00")
    bello.says("/desk")
    bello.presses("Refunds 1")
    assert f"\n{bill.number} · 🙋 Ada asks for 400.00 NGN back\n" in bello.sees
    bello.presses(f"🙋 {bill.number}")
    bello.presses("Reject")
    bello.says("May is not paid")
    assert bello.sees == (
        f"Reject: 400.00 NGN back to Ada, paid for {bill.number}\n"
        "Answer: May is not paid\n"
        "No money moves."
    )
    bello.presses("Reject")
    assert "⚪ 400.00 NGN was rejected; nothing moved" in bello.sees
    assert ada.sees == (
        f"⚪ Palm Court does not give 400.00 NGN of {bill.number} back.\n"
        "Answer: May is not paid\n"
        "No money moved."
    )
    assert requests(estate)[0].status is RefundRequestStatus.REJECTED
    ask(estate)
    assert "⚠️ You asked for just this amount; that ended" in ada.sees
    ada.presses("Ask again for 400.00")
    assert [each.is_open for each in requests(estate)] == [True, False]


def test_home_and_desk_say_that_one_waits(estate: Estate, bill: Bill) -> None:
    ask(estate)
    estate.ada.presses("Ask for 400.00")
    estate.bello.says("/start")
    assert "Waiting for you: 1 request for money back" in estate.bello.sees
    estate.bello.presses("Desk 1")
    assert "1 request for money back waits for a decision." in estate.bello.sees
    estate.bello.presses("Refunds 1")
    assert estate.bello.sees.startswith("Asked for, to be decided\n")


def test_a_second_one_shows_the_open_one_which_may_be_taken_back(
    estate: Estate, bill: Bill
) -> None:
    ada = estate.ada
    ask(estate)
    old, _ = ada.finds("Ask for 400.00")
    ask(estate, "500")
    ada.presses("Ask for 500.00")
    ada.presses("Ask for 400.00", on=old)
    assert "⏳ 500.00 NGN is asked back; not decided yet" in ada.sees
    ada.presses("Ask for money back")
    assert "⏳ 500.00 NGN is asked back; not decided yet" in ada.sees
    assert len(requests(estate)) == 1
    ada.presses("Withdraw")
    assert "The request for 500.00 NGN was taken back; nothing moved" in ada.sees
    estate.bello.presses("Show request")
    assert "was taken back" in estate.bello.sees
    assert "Approve" not in estate.bello.labels


def test_staff_read_that_less_may_go_back_by_now(estate: Estate, bill: Bill) -> None:
    ask(estate, "600")
    estate.ada.presses("Ask for 600.00")
    bello, payment_id = estate.bello.person, estate.last_attempt().payment_id

    def refund(tx: SqlTransaction) -> None:
        open_refund(
            tx,
            actor=actor_of(tx, person_id=bello.id, tenant_id=estate.tenant.id),
            payment_id=payment_id,
            amount=naira(50_000),
            destination=Destination.ORIGINAL,
            reason="By phone",
        )

    estate.run(refund)
    estate.bello.presses("Show request")
    assert "⏳ 500.00 NGN is on its way back" in estate.bello.sees
    estate.bello.presses("Approve")
    assert estate.bello.sees == (
        "⚠️ Ada asks for 600.00 NGN back, but at most 500.00 NGN may go back by now.\n"
        "Nothing moved. Reject it and say so: Ada may ask again."
    )
    assert requests(estate)[0].is_open


def test_staff_of_the_household_are_not_asked(estate: Estate, bill: Bill) -> None:
    def let_in(tx: SqlTransaction) -> None:
        chidi = add_person(tx, name="Chidi", telegram_id=1004)
        add_member(tx, estate.tenant, chidi, roles=(Role.FINANCE,), unit_id=estate.home.id)
        estate.people[chidi.id] = estate.person("Chidi", 1004)

    estate.run(let_in)
    ask(estate)
    estate.ada.presses("Ask for 400.00")
    chidi = next(t for t in estate.people.values() if t.sender.name == "Chidi")
    assert chidi.messages == []
    chidi.says("/desk")
    chidi.presses("Refunds 1")
    chidi.presses(f"🙋 {bill.number}")
    assert {"Approve", "Reject", "Withdraw"}.isdisjoint(chidi.labels)
    forged = f"refunds:asked:{requests(estate)[0].id}"
    chidi.presses_data(forged, chidi.messages[-1])
    assert refunds(estate) == ()
    assert requests(estate)[0].is_open


def test_a_dropped_one_asks_nobody(estate: Estate, bill: Bill) -> None:
    estate.ada.presses("Ask for money back")
    estate.ada.presses("Cancel")
    assert "Dropped: your words. Nobody was told, and no money moved." in estate.ada.sees
    assert requests(estate) == []


def test_an_older_card_follows_no_request(estate: Estate, bill: Bill) -> None:
    bello = estate.bello
    bello.says(f"/find {bill.number}")
    bello.presses("More")
    bello.presses("Show RCPT")
    bello.presses("Refund")
    older, _ = bello.finds("All: 1,000.00")
    ask(estate)
    estate.ada.presses("Ask for 400.00")
    bello.presses("Show request")
    bello.presses("Approve")
    bello.presses("All: 1,000.00", on=older)
    bello.presses("Back by Sandbox")
    assert "Why? Your reason is kept with the books" in bello.sees
    bello.says("All of it")
    bello.presses("Refund 1,000.00")
    bello.enters("4829")
    assert [each.amount for each in refunds(estate)] == [naira(100_000)]
    (request,) = requests(estate)
    assert (request.status, request.refund_id) == (RefundRequestStatus.REJECTED, None)

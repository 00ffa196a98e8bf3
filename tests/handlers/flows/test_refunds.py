"""Staff give paid money back: amount, where to, why, PIN; the payer is told and may have a say."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.domain.bills import Bill
from core.domain.claims import Claim
from core.domain.money import Money
from core.domain.outflows import Moved, Outflow
from core.domain.providers import Declined, Pending, ProviderError, Settled
from core.domain.refunds import Destination, Refund
from core.use_cases.chargebacks import follow_event
from core.use_cases.refunding import begin_refund, record_refund
from handlers.screens import refund_notices
from handlers.screens import refunds as screens
from handlers.words import Words
from storage.transaction import SqlTransaction
from tests.factories import naira
from tests.handlers.chatting import plain
from tests.handlers.estate import Estate


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    opened = Estate(tmp_path)
    opened.set_pin(opened.bello, "4829")
    yield opened
    opened.close()


@pytest.fixture
def bill(estate: Estate) -> Bill:
    """A bill of 5,000.00 that Ada has paid by link."""
    issued = estate.bill(is_acknowledged=True)
    estate.ada.says(f"/find {issued.number}")
    estate.ada.presses("Pay by link")
    estate.ada.presses("Full")
    estate.ada.presses("Pay 5,000.00")
    estate.settles(500_000, provider_id="capture-1")
    return issued


def show_receipt(estate: Estate, bill: Bill) -> None:
    bello = estate.bello
    bello.says(f"/find {bill.number}")
    bello.presses("More")
    bello.presses("Show RCPT")


def begin(estate: Estate, bill: Bill) -> None:
    show_receipt(estate, bill)
    estate.bello.presses("Refund")


def confirm(estate: Estate, *, part: str, way: str) -> None:
    bello = estate.bello
    bello.presses("Part")
    bello.says(part)
    bello.presses(way)
    bello.says("Paid twice")


def refunds(estate: Estate, bill: Bill) -> tuple[Refund, ...]:
    def look(tx: SqlTransaction) -> tuple[Refund, ...]:
        return tx.refunds.of(tx.payments.allocations_of_bill(bill.id)[0].payment_id)

    return estate.run(look)


def moved(refund: Refund, *, provider_id: str = "rfd-1") -> Moved:
    return Moved(
        provider_id=provider_id, reference=refund.reference, amount=refund.amount, is_test=True
    )


def answer(estate: Estate, refund: Refund, outcome: Outflow | None = None) -> None:
    """Ask the provider, which gives it back unless it says otherwise."""

    def act(tx: SqlTransaction) -> None:
        begin_refund(tx, refund_id=refund.id)
        record_refund(tx, refund_id=refund.id, outcome=outcome or moved(refund))

    estate.let(act)


def test_part_goes_back_by_the_way_it_came_and_the_payer_is_told(
    estate: Estate, bill: Bill
) -> None:
    begin(estate, bill)
    assert estate.bello.sees == (
        f"Refund of {bill.number} · Ada paid 5,000.00 NGN\n"
        "At most 5,000.00 NGN may go back.\n"
        "How much goes back? Nothing has moved yet."
    )
    confirm(estate, part="2000", way="Back by Sandbox")
    assert estate.bello.sees == (
        "Refund 2,000.00 NGN to Ada\n"
        f"Of: {bill.number}, paid 5,000.00 NGN\n"
        "To: by Sandbox Pay, as it was paid\n"
        "Reason: Paid twice\n"
        "It is held on the organisation's wallet at once; once it is back, the bill asks for "
        "it again."
    )
    estate.bello.presses("Refund 2,000.00")
    assert refunds(estate, bill) == ()
    estate.bello.enters("4829")
    assert "⏳ 2,000.00 NGN is on its way back" in estate.bello.sees
    assert "⏳ 2,000.00 NGN is on its way back" in estate.ada.sees
    answer(estate, refunds(estate, bill)[0])
    assert estate.ada.sees == (
        f"Refund by Palm Court for {bill.number}\n"
        "↩️ 2,000.00 NGN went back by the way it came\n"
        "Reason: Paid twice\n"
        "Sandbox Pay has sent it; your bank may take up to 10 days to show it.\n"
        f"{bill.number} asks for it again: 2,000.00 NGN is left to pay."
    )
    assert "Open bill" in estate.ada.labels
    assert "went back by the way it came" in estate.bello.sees
    estate.ada.says(f"/find {bill.number}")
    assert "left to pay 2,000.00 NGN" in estate.ada.sees
    estate.ada.presses("More")
    assert "2,000.00 NGN went back by the way it came · Mrs Bello" in estate.ada.sees
    estate.ada.presses("Show RCPT")
    assert "2,000.00 NGN went back by the way it came" in estate.ada.sees
    assert "Refund" not in estate.ada.labels
    estate.bello.says("/report")
    assert "refund" in estate.bello.sees


def test_who_has_no_pin_sets_one_and_comes_back_to_the_refund(estate: Estate, bill: Bill) -> None:
    person = estate.bello.person
    estate.run(lambda tx: tx.people.replace_person(person, replace(person, pin_hash="")))
    begin(estate, bill)
    confirm(estate, part="2000", way="Back by Sandbox")
    estate.bello.presses("Refund 2,000.00")
    estate.bello.presses("Set a PIN")
    for _ in range(2):
        estate.bello.enters("4829")
    estate.bello.presses("Go on")
    assert "Reason: Paid twice" in estate.bello.sees
    assert refunds(estate, bill) == ()
    estate.bello.presses("Refund 2,000.00")
    estate.bello.enters("4829")
    assert len(refunds(estate, bill)) == 1


def test_wallet_waits_for_the_payer_s_yes(estate: Estate, bill: Bill) -> None:
    begin(estate, bill)
    confirm(estate, part="2000", way="To the wallet")
    estate.bello.presses("Refund 2,000.00")
    estate.bello.enters("4829")
    assert "waits for the payer's OK" in estate.bello.sees
    assert "May it go to your wallet here?" in estate.ada.sees
    assert estate.balance(estate.ada) == naira(0)
    estate.ada.presses("Yes, to my wallet")
    assert "2,000.00 NGN went to the payer's wallet" in estate.ada.sees
    assert f"{bill.number} asks for it again: 2,000.00 NGN is left to pay." in estate.ada.sees
    estate.ada.presses("Open bill")
    assert "left to pay 2,000.00 NGN" in estate.ada.sees
    assert estate.balance(estate.ada) == naira(200_000)
    assert "2,000.00 NGN went to the payer's wallet" in estate.bello.sees


def test_payer_may_say_no(estate: Estate, bill: Bill) -> None:
    begin(estate, bill)
    confirm(estate, part="2000", way="To the wallet")
    estate.bello.presses("Refund 2,000.00")
    estate.bello.enters("4829")
    estate.ada.presses("No")
    assert "was given up; nothing moved" in estate.bello.sees
    assert estate.balance(estate.ada) == naira(0)


def test_a_receipt_says_how_much_went_back_and_offers_no_more_than_is_left(
    estate: Estate, bill: Bill
) -> None:
    begin(estate, bill)
    confirm(estate, part="2000", way="Back by Sandbox")
    estate.bello.presses("Refund 2,000.00")
    estate.bello.enters("4829")
    answer(estate, refunds(estate, bill)[0])
    begin(estate, bill)
    assert "At most 3,000.00 NGN may go back." in estate.bello.sees
    estate.bello.presses("All")
    estate.bello.presses("Back by Sandbox")
    estate.bello.says("Paid twice")
    estate.bello.presses("Refund 3,000.00")
    estate.bello.enters("4829")
    show_receipt(estate, bill)
    assert "Refunded 2,000.00 NGN of 5,000.00 NGN" in estate.bello.sees
    assert "Refund" not in estate.bello.labels
    (last,) = [each for each in refunds(estate, bill) if each.is_open]
    answer(estate, last, moved(last, provider_id="rfd-2"))
    show_receipt(estate, bill)
    assert "Refunded in full: 5,000.00 NGN" in estate.bello.sees
    assert "Refund" not in estate.bello.labels


def test_too_much_is_asked_again(estate: Estate, bill: Bill) -> None:
    begin(estate, bill)
    estate.bello.presses("Part")
    estate.bello.says("5000.01")
    assert "At most 5,000.00 NGN may go back." in estate.bello.sees
    estate.bello.says("5000")
    assert "Where should it go?" in estate.bello.sees


def test_failed_refund_is_told_to_payer_and_staff(estate: Estate, bill: Bill) -> None:
    begin(estate, bill)
    confirm(estate, part="2000", way="Back by Sandbox")
    estate.bello.presses("Refund 2,000.00")
    estate.bello.enters("4829")
    answer(estate, refunds(estate, bill)[0], Declined(error=ProviderError.PROVIDER_ERROR))
    for talker in (estate.ada, estate.bello):
        assert "2,000.00 NGN could not be refunded; nothing moved" in talker.sees


def test_desk_shows_what_needs_a_human(estate: Estate, bill: Bill) -> None:
    begin(estate, bill)
    confirm(estate, part="2000", way="Back by Sandbox")
    estate.bello.presses("Refund 2,000.00")
    estate.bello.enters("4829")
    answer(estate, refunds(estate, bill)[0], Pending(needs="needs_attention"))
    assert "Needs you at Sandbox Pay: needs_attention" in estate.bello.sees
    estate.bello.says("/desk")
    estate.bello.presses("Refunds 1")
    estate.bello.presses(bill.number)
    assert "Needs you at Sandbox Pay: needs_attention" in estate.bello.sees


def test_claim_and_what_the_provider_gave_back_are_told(estate: Estate, bill: Bill) -> None:
    def said(**what: object) -> Settled:
        return Settled(
            provider_id="capture-1",
            reference=estate.last_attempt().reference,
            captured=naira(500_000),
            is_test=True,
            **what,  # type: ignore[arg-type]
        )

    estate.answers(said(is_disputed=True, refunded=naira(0)))
    assert "Chargeback: the bank of Ada claims back 5,000.00 NGN" in estate.bello.sees
    begin(estate, bill)
    assert "The payer's bank claims this money back" in estate.bello.sees
    payment_id = estate.last_attempt().payment_id
    estate.ada.presses_data(f"requests:start:{payment_id}", estate.ada.messages[-1])
    assert "Your bank claims this money back (chargeback)." in estate.ada.sees
    estate.answers(said(is_disputed=False, refunded=naira(500_000)))
    assert estate.ada.sees == (
        f"🏦 Your bank took 5,000.00 NGN back that you had paid to Palm Court for {bill.number}.\n"
        "If you did not ask your bank for that, ask it why.\n"
        f"{bill.number} asks for it again: 5,000.00 NGN is left to pay."
    )
    assert not any("given back by the provider" in plain(e.screen) for e in estate.bello.messages)
    assert estate.bello.sees == (
        f"🏦 Chargeback lost: the bank of Ada took back what was paid for {bill.number}.\n"
        "The books show what left, and the bill asks for it again."
    )


def claimed(estate: Estate, claim: Claim = Claim.OPEN, *, amount: Money | None = None) -> None:
    attempt = estate.last_attempt()
    said = Settled(
        provider_id="capture-1",
        reference=attempt.reference,
        captured=naira(500_000),
        is_test=True,
    )
    estate.let(
        lambda tx: follow_event(tx, attempt=attempt, settled=said, claim=claim, claimed=amount)
    )


def test_staff_are_told_of_a_loss_that_cannot_be(estate: Estate, bill: Bill) -> None:
    claimed(estate, Claim.LOST, amount=naira(600_000))
    assert estate.bello.sees == (
        "⚠️ Sandbox Pay says that the bank of Ada took 6,000.00 NGN of what was paid for "
        f"{bill.number}; at most 5,000.00 NGN can be gone. Compare with your account there, then "
        "say here how it ended.\n"
        "Nothing was booked. It is not refundable."
    )
    estate.bello.presses("Show chargeback")
    assert "took 6,000.00 NGN of what was paid" in estate.bello.sees
    assert "Lost" in estate.bello.labels


def test_staff_say_how_a_claim_ended(estate: Estate, bill: Bill) -> None:
    claimed(estate)
    bello = estate.bello
    assert bello.sees == (
        f"🏦 Chargeback: the bank of Ada claims back 5,000.00 NGN, paid for {bill.number}.\n"
        "It is not refundable meanwhile. Answer Sandbox Pay in time."
    )
    bello.presses("Desk")
    bello.presses("Refunds 1")
    assert f"{bill.number} · 🏦 the bank claims 5,000.00 NGN back, not refundable" in bello.sees
    bello.presses(f"🏦 {bill.number}")
    assert "Sandbox Pay may not tell how it ends: say it here once you know." in bello.sees
    bello.presses("Evidence sent")
    bello.says("The signed lease")
    assert bello.sees == (
        f"Evidence sent for {bill.number}: 5,000.00 NGN of Ada\n"
        "Send it at Sandbox Pay first. It stays unrefundable until the bank decides.\n"
        "Reason: The signed lease"
    )
    bello.presses("Evidence sent")
    assert "the bank claims 5,000.00 NGN back; evidence was sent" in bello.sees
    assert "Handled by Mrs Bello\nReason: The signed lease" in bello.sees
    bello.presses("Lost")
    assert "This cannot be taken back." in bello.sees
    bello.says("Letter of 3 March")
    bello.presses("Lost")
    assert "left to pay" not in bello.sees
    bello.enters("4829")
    assert "⚪ lost: the bank has taken the money" in bello.sees
    assert "🏦 Your bank took 5,000.00 NGN back" in estate.ada.sees
    bello.says(f"/find {bill.number}")
    assert "the debtor agreed and has not paid." in bello.sees


def test_who_only_looks_on_is_offered_nothing(estate: Estate, bill: Bill) -> None:
    claimed(estate)
    begin(estate, bill)
    assert "The payer's bank claims this money back" in estate.bello.sees
    assert not any("Chargeback" in each for each in estate.ada.labels)


def test_staff_read_why_a_part_cannot_go_back_by_the_way_it_came() -> None:
    asked = screens.Asked(
        payment_id=1,
        number="BILL-2026-000001",
        payer="Ada",
        paid=naira(500_000),
        most=naira(500_000),
        provider="Pesapal",
        ways=(Destination.WALLET,),
        is_whole_only=True,
    )
    screen = screens.ask_reason(Words(), asked, naira(200_000), Destination.WALLET)
    assert plain(screen) == (
        "Refund 2,000.00 NGN to Ada\n"
        "To: the wallet of Ada, once he agrees\n"
        "Pesapal gives back all or nothing.\n"
        "Why? Your reason is kept with the books; the payer reads it."
    )


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (14, "M-Pesa has sent it; your bank may take up to 14 days to show it."),
        (0, "It is back on your M-Pesa."),
        (
            None,
            "M-Pesa has sent it; how soon you see it is up to your bank or phone company.",
        ),
    ],
)
def test_a_payer_reads_when_his_money_is_there(
    estate: Estate, bill: Bill, days: int | None, said: str
) -> None:
    begin(estate, bill)
    confirm(estate, part="2000", way="Back by Sandbox")
    estate.bello.presses("Refund 2,000.00")
    estate.bello.enters("4829")
    assert "You are told once it has been sent" in estate.ada.sees
    (refund,) = refunds(estate, bill)
    answer(estate, refund)
    (done,) = refunds(estate, bill)
    view = screens.RefundCard(
        refund=done, number=bill.number, payer="Ada", asker="", provider="M-Pesa", days=days
    )
    assert said in plain(refund_notices.told_payer(Words(), view, payee="Palm Court"))

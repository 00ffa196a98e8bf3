"""Staff refund by themselves while the payer's request is open: it is shown, and ends with that."""

from core.domain.bills import Bill
from core.domain.refund_requests import RefundRequestStatus
from core.use_cases.refund_requests import remind_of_request
from tests.factories import naira
from tests.handlers.chatting import plain
from tests.handlers.estate import Estate
from tests.handlers.flows.test_refund_requests import ask, bill, estate, refunds, requests

__all__ = ["bill", "estate"]


def refund_directly(estate: Estate, bill: Bill, amount: str) -> None:
    """Go to the confirmation of a refund that follows no request."""
    bello = estate.bello
    bello.says(f"/find {bill.number}")
    bello.presses("More")
    bello.presses("Show RCPT")
    bello.presses("Refund")
    bello.presses("Part")
    bello.says(amount)
    bello.presses("Back by Sandbox")
    bello.says("Paid twice")


def test_refund_of_just_that_approves_the_request(estate: Estate, bill: Bill) -> None:
    ask(estate)
    estate.ada.presses("Ask for 400.00")
    refund_directly(estate, bill, "400")
    assert (
        "🙋 Ada has asked for 400.00 NGN back, not decided yet: “Paid for May, too”\n"
        "This refund approves that request." in estate.bello.sees
    )
    estate.bello.presses("Refund 400.00")
    estate.bello.enters("4829")
    (request,), (refund,) = requests(estate), refunds(estate)
    assert request.status is RefundRequestStatus.APPROVED
    assert request.refund_id == refund.id


def test_refund_of_another_amount_is_instead_of_the_request(estate: Estate, bill: Bill) -> None:
    ask(estate)
    estate.ada.presses("Ask for 400.00")
    refund_directly(estate, bill, "300")
    assert "This refund is instead of it: the request ends with it." in estate.bello.sees
    estate.bello.presses("Refund 300.00")
    estate.bello.enters("4829")
    (request,), (refund,) = requests(estate), refunds(estate)
    assert request.status is RefundRequestStatus.REJECTED
    assert refund.amount == naira(30_000)
    said = (
        f"⚪ Palm Court refunds 300.00 NGN of {bill.number} instead of the 400.00 NGN that you "
        "asked for.\nAnswer: Paid twice"
    )
    told = next(each for each in reversed(estate.ada.messages) if "instead" in each.screen.html)
    assert said == plain(told.screen)
    estate.bello.says("/desk")
    estate.bello.presses("Refunds 1")
    assert "asks for" not in estate.bello.sees


def test_staff_are_told_again_of_a_request_that_waits(estate: Estate, bill: Bill) -> None:
    ask(estate)
    estate.ada.presses("Ask for 400.00")
    (request,) = requests(estate)
    estate.clock.move(days=3)
    estate.let(lambda tx: remind_of_request(tx, request_id=request.id))
    assert estate.bello.sees == (
        "⏳ Ada has waited 3 days for an answer.\n"
        f"🙋 Ada asks for 400.00 NGN back, paid for {bill.number}.\n"
        "Reason: Paid for May, too\n"
        "Nothing has moved: approve or reject it."
    )
    assert "has waited" not in estate.tunde.sees


def test_request_that_came_meanwhile_is_shown_before_anything_moves(
    estate: Estate, bill: Bill
) -> None:
    refund_directly(estate, bill, "400")
    assert "has asked" not in estate.bello.sees
    estate.ada.says(f"/find {bill.number}")
    estate.ada.presses("More")
    estate.ada.presses("Show RCPT")
    ask(estate)
    estate.ada.presses("Ask for 400.00")
    estate.bello.presses("Refund 400.00")
    estate.bello.enters("4829")
    assert refunds(estate) == ()
    assert "A request came in or ended meanwhile. No money moved." in estate.bello.toasts
    card, _ = estate.bello.finds("Refund 400.00")
    assert "This refund approves that request." in plain(card.screen)
    estate.bello.presses("Refund 400.00")
    estate.bello.enters("4829")
    assert len(refunds(estate)) == 1
    assert requests(estate)[0].status is RefundRequestStatus.APPROVED

"""Two pages for one bill: who paid on one of them is told of the other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain.bills import Bill
from core.domain.providers import Declined, Pending, ProviderError
from core.use_cases.links import record_answer
from tests.factories import add_configuration, naira
from tests.handlers.chatting import plain
from tests.handlers.estate import Estate

NO = Declined(error=ProviderError.DECLINED_CARD, is_final=False)
WARNED = (
    "⚠️ Another page of Sandbox Pay may still be open: close it. What is paid there, too, goes to "
    "your wallet."
)


def page(number: int) -> Pending:
    return Pending(
        link=f"http://127.0.0.1:8080/sandbox/provider/{number}", provider_ref=f"s{number}"
    )


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    opened = Estate(tmp_path)
    opened.run(lambda tx: add_configuration(tx, opened.tenant, provider="paystack"))
    yield opened
    opened.close()


@pytest.fixture
def bill(estate: Estate) -> Bill:
    return estate.bill(is_acknowledged=True)


def ask(estate: Estate, bill: Bill, *, number: int, by: str = "Sandbox Pay") -> None:
    estate.ada.says(f"/find {bill.number}")
    estate.ada.presses("Pay by link")
    estate.ada.presses("Full")
    estate.ada.presses(f"Pay 5,000.00\u00a0NGN by {by}")
    estate.answers(page(number))


def told(estate: Estate) -> list[str]:
    return [plain(each.screen) for each in estate.ada.messages]


def test_another_page_of_the_same_payment_is_told_of(estate: Estate, bill: Bill) -> None:
    ask(estate, bill, number=1)
    estate.answers(NO)
    estate.ada.presses("Try again by Paystack")
    estate.answers(page(2))
    estate.settles(500_000)
    assert sum(WARNED in line for line in told(estate)) == 1


def test_another_page_of_a_payment_that_was_given_up_is_told_of(estate: Estate, bill: Bill) -> None:
    ask(estate, bill, number=1)
    given_up = estate.last_attempt().id
    estate.let(
        lambda tx: record_answer(tx, attempt_id=given_up, outcome=page(1), is_cancelling=True)
    )
    ask(estate, bill, number=2, by="Paystack")
    estate.settles(500_000)
    assert sum(WARNED in line for line in told(estate)) == 1


def test_one_page_alone_is_no_reason_to_warn(estate: Estate, bill: Bill) -> None:
    ask(estate, bill, number=1)
    estate.settles(500_000)
    assert "may still be open" not in "".join(told(estate))
    assert estate.balance(estate.ada) == naira(0)

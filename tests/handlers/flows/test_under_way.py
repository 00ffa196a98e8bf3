"""A payment that is under way is one tap away from whoever tries to pay again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain.bills import Bill
from tests.handlers.chatting import Talker
from tests.handlers.estate import Estate


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    opened = Estate(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def bill(estate: Estate) -> Bill:
    return estate.bill(is_acknowledged=True)


def asks_for_the_rest(talker: Talker, bill: Bill) -> None:
    """Let somebody begin to pay a whole bill with a provider."""
    talker.says(f"/find {bill.number}")
    talker.presses("Pay by link")
    talker.presses("Full")
    talker.presses("Pay 5,000.00")


@pytest.mark.parametrize("way", ["full", "part", "change"])
def test_an_old_button_leads_to_the_payment_it_began(estate: Estate, bill: Bill, way: str) -> None:
    ada = estate.ada
    asks_for_the_rest(ada, bill)
    payer_id = ada.person.id
    payment = estate.run(lambda tx: tx.payments.open_for(bill.id, payer_id))
    assert payment is not None
    ada.presses_data(f"pay:{way}:l.{bill.id}.{bill.revision}", ada.messages[-1])
    assert ada.sees == (
        "⏳ You have begun to pay this already, and it is not over. No money moved now.\n"
        "Finish or cancel that payment first. Do not pay twice."
    )
    assert ada.finds("Open the payment")[1].data == f"pay:show:{payment.id}"
    ada.presses("Open the payment")
    assert "Cancel" in "".join(ada.labels)


def test_who_did_not_begin_it_learns_that_somebody_did(estate: Estate, bill: Bill) -> None:
    asks_for_the_rest(estate.ada, bill)
    tunde = estate.tunde
    tunde.says(f"/find {bill.number}")
    tunde.presses_data(f"pay:wallet:{bill.id}.{bill.revision}", tunde.messages[-1])
    assert "⏳ Somebody else is about to pay what is left of this bill." in tunde.sees
    assert tunde.labels == ["Back"]

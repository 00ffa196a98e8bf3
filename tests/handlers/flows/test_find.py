"""What is found by its number or reference, and that looking again changes no word of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain.money import Currency, Money
from core.domain.providers import Pending, Settled
from core.use_cases.links import record_answer
from tests.handlers.chatting import Talker, plain
from tests.handlers.estate import Estate


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    """Ada waits at a page for her bill."""
    opened = Estate(tmp_path)
    opened.bill(is_acknowledged=True)
    opened.ada.says("/bills")
    for label in ("BILL-2026-000001", "Pay by link", "Full", "Pay 5,000.00"):
        opened.ada.presses(label)
    opened.answers(Pending(link="https://sandbox.test/pay/1", provider_ref="s1"))
    yield opened
    opened.close()


@pytest.fixture
def kemi(estate: Estate) -> Talker:
    """Kemi keeps the books."""
    return estate.treasurer(pin="")


def test_looking_at_a_receipt_again_changes_no_word_of_it(estate: Estate) -> None:
    estate.settles(500_000)
    first = plain(estate.ada.last)
    assert "Books sealed:" in first
    estate.bill(title="Water")
    estate.ada.says("/find RCPT-2026-000001")
    assert estate.ada.sees == first


def test_the_payer_of_money_kept_apart_has_one_reference_that_staff_find(
    estate: Estate, kemi: Talker
) -> None:
    attempt = estate.last_attempt()
    dollars = Settled(
        provider_id="ch_1",
        reference=attempt.reference,
        captured=Money(500_000, Currency("USD")),
        is_test=True,
    )
    estate.let(lambda tx: record_answer(tx, attempt_id=attempt.id, outcome=dollars))
    told = [each for each in estate.ada.messages[-2:] if "this reference" in plain(each.screen)]
    named = {plain(each.screen).split("Reference ")[1].split("\n")[0] for each in told}
    assert len(told) == 2
    assert len(named) == 1
    for each in told:
        assert "Support" in [button.label for row in each.screen.rows for button in row]
    kemi.says(f"/find {named.pop()}")
    assert kemi.sees.startswith("Kept apart: 5,000.00 USD")
    assert "asked by Ada" in kemi.sees
    assert kemi.labels[0].startswith("Match 5,000.00")

"""The page people come back to: its words, and when it looks again."""

import re
from html import unescape

import pytest

from bot.web.return_page import LOOK_AFTER_S, MOST_LOOKS, looks_of, return_page
from core.domain.payments import PaymentStatus

OPEN = (PaymentStatus.PENDING, PaymentStatus.PROCESSING)


def page(
    status: PaymentStatus | None,
    *,
    looks: int = 0,
    reference: str = "hz1",
    is_sandbox: bool = False,
) -> str:
    return return_page(
        status, reference=reference, link="https://t.me/x", looks=looks, is_sandbox=is_sandbox
    )


@pytest.mark.parametrize("status", [None, *PaymentStatus])
def test_only_what_is_open_is_looked_at_again(status: PaymentStatus | None) -> None:
    assert ("http-equiv" in page(status)) is (status in OPEN)


def test_it_looks_less_and_less_often_and_not_for_ever() -> None:
    pauses = []
    for looks in range(MOST_LOOKS):
        found = re.search(
            r'content="(\d+);url=\?reference=hz1&amp;looks=(\d+)"', page(OPEN[0], looks=looks)
        )
        assert found is not None
        assert int(found[2]) == looks + 1
        pauses.append(int(found[1]))
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (LOOK_AFTER_S[0], LOOK_AFTER_S[-1])
    last = page(OPEN[0], looks=MOST_LOOKS)
    assert "http-equiv" not in last
    assert "still asking" in last


def test_a_hostile_reference_stays_one_value() -> None:
    shown = page(OPEN[0], reference='"><script>&looks=9')
    assert "<script" not in shown
    found = re.search(r'url=\?([^"]+)"', shown)
    assert found is not None
    assert unescape(found[1]) == "reference=%22%3E%3Cscript%3E%26looks%3D9&looks=1"


@pytest.mark.parametrize(
    ("text", "looks"), [("", 0), ("7", 7), ("60", 60), ("-1", 0), ("9999", 0), ("x", 0), ("٣", 0)]
)
def test_only_a_small_number_counts_as_looks(text: str, looks: int) -> None:
    assert looks_of(text) == looks


def test_the_sandbox_says_so() -> None:
    assert "no real money" in page(PaymentStatus.COMPLETED, is_sandbox=True)
    assert "no real money" not in page(PaymentStatus.COMPLETED)

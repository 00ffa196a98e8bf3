"""What a provider takes is declared data: bounds and steps by currency."""

import pytest

from core.domain.money import Currency, Money
from core.domain.providers import Capabilities

SHILLINGS = Capabilities(
    currencies=frozenset({"KES", "UGX"}),
    least={"KES": 1_000},
    most={"KES": 25_000_000},
    steps={"KES": 100},
)


@pytest.mark.parametrize(
    ("minor", "is_taken"),
    [
        (999, False),
        (1_000, True),
        (1_050, False),
        (25_000_000, True),
        (25_000_100, False),
        (0, False),
        (-1_000, False),
    ],
)
def test_an_amount_is_within_bounds_and_in_whole_shillings(minor: int, *, is_taken: bool) -> None:
    assert SHILLINGS.takes(Money(minor, Currency("KES"))) is is_taken


@pytest.mark.parametrize(("currency", "minor"), [("UGX", 1), ("UGX", 10**12)])
def test_what_names_no_bound_has_none(currency: str, minor: int) -> None:
    assert SHILLINGS.takes(Money(minor, Currency(currency)))


def test_another_currency_is_not_taken() -> None:
    assert not SHILLINGS.takes(Money(5_000, Currency("NGN")))


@pytest.mark.parametrize(
    ("minor", "nearest"),
    [
        (1, 1_000),
        (1_000, 1_000),
        (1_001, 1_100),
        (99_999_999, 25_000_000),
        (25_000_001, 25_000_000),
    ],
)
def test_the_nearest_amount_is_one_that_is_taken(minor: int, nearest: int) -> None:
    found = SHILLINGS.nearest(Money(minor, Currency("KES")))
    assert found == Money(nearest, Currency("KES"))
    assert SHILLINGS.takes(found)


def test_in_another_currency_no_amount_is_near() -> None:
    assert SHILLINGS.nearest(Money(5_000, Currency("NGN"))) is None

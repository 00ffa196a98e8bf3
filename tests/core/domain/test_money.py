"""Money: whole minor units of one currency; nothing is lost in arithmetic or splitting."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.errors import CurrencyMismatch, InvalidAmount
from core.domain.money import EXPONENTS, MAX_MINOR, Currency, Money, exponent, split
from tests.factories import NGN, USD, naira

MINOR = st.integers(min_value=-MAX_MINOR, max_value=MAX_MINOR)
STEADY = settings(max_examples=100, deadline=None, derandomize=True)


@STEADY
@given(MINOR, MINOR)
def test_adding_and_taking_away_is_exact(a: int, b: int) -> None:
    assert (naira(a) + naira(b)) - naira(b) == naira(a)
    assert naira(a) + naira(b) == naira(b) + naira(a)


@STEADY
@given(MINOR, MINOR)
def test_order_is_that_of_the_minor_units(a: int, b: int) -> None:
    assert (naira(a) < naira(b)) == (a < b)
    assert (naira(a) <= naira(b)) == (a <= b)
    assert min(naira(a), naira(b)).minor == min(a, b)


def test_two_currencies_never_meet() -> None:
    dollars = Money(1, USD)
    for act in (
        lambda: naira(1) + dollars,
        lambda: naira(1) - dollars,
        lambda: naira(1) < dollars,
        lambda: naira(1) <= dollars,
    ):
        with pytest.raises(CurrencyMismatch):
            act()
    assert naira(1) != dollars


@STEADY
@given(st.integers(min_value=0, max_value=MAX_MINOR), st.integers(min_value=1, max_value=1_000))
def test_parts_add_up_and_differ_by_one_at_most_the_first_being_larger(
    minor: int, parts: int
) -> None:
    shares = [share.minor for share in split(naira(minor), parts=parts)]
    assert len(shares) == parts
    assert sum(shares) == minor
    assert shares == sorted(shares, reverse=True)
    assert shares[0] - shares[-1] in {0, 1}


def test_nobody_is_no_way_to_split() -> None:
    with pytest.raises(InvalidAmount):
        split(naira(1), parts=0)


@pytest.mark.parametrize(
    ("minor", "currency", "expected"),
    [
        (123_456, "NGN", "1234.56"),
        (1, "KES", "0.01"),
        (-5, "NGN", "-0.05"),
        (1_234, "UGX", "1234"),
        (1, "XTR", "1"),
        (1_234, "TND", "1.234"),
        (MAX_MINOR, "NGN", "90071992547409.91"),
    ],
)
def test_major_units_are_exact(minor: int, currency: str, expected: str) -> None:
    assert Money(minor, Currency(currency)).decimal() == Decimal(expected)


@pytest.mark.parametrize("currency", ["ABC", "", "ngn", "NGN "])
def test_an_unknown_currency_has_no_decimals(currency: str) -> None:
    with pytest.raises(InvalidAmount):
        exponent(Currency(currency))


def test_every_currency_is_a_code_with_a_few_decimals() -> None:
    assert all(len(code) == 3 and code.isupper() for code in EXPONENTS)
    assert set(EXPONENTS.values()) <= {0, 2, 3}
    assert exponent(NGN) == 2


def test_only_more_than_nothing_is_positive() -> None:
    assert [naira(minor).is_positive for minor in (-1, 0, 1)] == [False, False, True]

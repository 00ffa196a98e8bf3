"""What people type means one thing, or is refused with its reason."""

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.domain.errors import InvalidAmount, InvalidInput
from core.domain.money import MAX_MINOR, Currency, Money
from handlers import parsing
from handlers.words import Words

NGN = Currency("NGN")
KES = Currency("KES")
UGX = Currency("UGX")
KWD = Currency("KWD")
TODAY = date(2027, 2, 17)
"""A Wednesday."""


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("5000", 500_000),
        (" 5000 ", 500_000),
        ("5,000", 500_000),
        ("5.000", 500_000),
        ("5 000", 500_000),
        ("5\u00a0000", 500_000),
        ("5\u202f000,50", 500_050),
        ("5'000.50", 500_050),
        ("5,000.00", 500_000),
        ("5.000,00", 500_000),
        ("1,234,567", 123_456_700),
        ("1.234.567", 123_456_700),
        ("1 200", 120_000),
        ("1.000,50", 100_050),
        ("12,50", 1_250),
        ("12.50", 1_250),
        ("12,5", 1_250),
        ("12.5", 1_250),
        (".50", 50),
        ("0,5", 50),
        ("0.01", 1),
        ("5000.", 500_000),
        ("007", 700),
        ("+5000", 500_000),
        ("5k", 500_000),
        ("5K", 500_000),
        ("5 k", 500_000),
        ("2.5k", 250_000),
        ("2,5k", 250_000),
        ("1.25k", 125_000),
        ("1m", 100_000_000),
        ("1.5m", 150_000_000),
        ("₦5,000", 500_000),
        ("₦ 5k", 500_000),
        ("N5000", 500_000),
        ("NGN 5000", 500_000),
        ("ngn5000", 500_000),
        ("5k ngn", 500_000),
        ("5000 NGN", 500_000),
        ("5000 naira", 500_000),
        ("\u0665\u0660\u0660\u0660", 500_000),
        ("\u0665\u066c\u0660\u0660\u0660\u066b\u0665", 500_050),
    ],
)
def test_an_amount_is_read(text: str, minor: int) -> None:
    assert parsing.amount(text, NGN) == Money(minor, NGN)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "format"),
        (" ", "format"),
        ("five thousand", "format"),
        ("NaN", "format"),
        ("Infinity", "format"),
        ("1e9", "format"),
        ("1_000", "format"),
        ("0x10", "format"),
        ("5000\n6000", "format"),
        ("12 50", "format"),
        ("1,00,000", "format"),
        ("1.000.00", "format"),
        ("1,000,00", "format"),
        ("1,2,3", "format"),
        ("1,000.000,00", "format"),
        ("1 000,000 000", "format"),
        ("5000 / 2", "format"),
        ("5000-6000", "format"),
        ("²", "format"),
        ("\uff19" * 50, "format"),
        ("-5", "negative"),
        ("−5,000.00", "negative"),
        ("₦-5", "negative"),
        ("- 5 k", "negative"),
        ("0", "zero"),
        ("0.00", "zero"),
        ("0k", "zero"),
        ("0.500", "decimals"),
        ("12.3456", "decimals"),
        ("1,000.555", "decimals"),
        ("5000.000", "decimals"),
        ("1.250k", "ambiguous"),
        ("1,000k", "ambiguous"),
        ("90071992547409.92", "large"),
        ("99999999999999999999", "large"),
        ("$50", "currency"),
        ("50 USD", "currency"),
        ("50 TND", "currency"),
        ("\u096b\u0966", "format"),
        ("KSh 50", "currency"),
        ("50 bananas", "format"),
    ],
)
def test_what_is_no_amount_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidAmount) as refused:
        parsing.amount(text, NGN)
    assert refused.value.data["reason"] == reason


def test_three_digits_are_ambiguous_where_the_currency_has_three_decimals() -> None:
    for text in ("1.000", "1,000"):
        with pytest.raises(InvalidAmount) as refused:
            parsing.amount(text, KWD)
        assert refused.value.data["reason"] == "ambiguous"
    assert parsing.amount("1000", KWD) == Money(1_000_000, KWD)
    assert parsing.amount("1,000.500", KWD) == Money(1_000_500, KWD)
    assert parsing.amount("0.500", KWD) == Money(500, KWD)


def test_a_currency_without_decimals_takes_none() -> None:
    assert parsing.amount("1,500", UGX) == Money(1500, UGX)
    assert parsing.amount("1.5k", UGX) == Money(1500, UGX)
    assert parsing.amount("500/=", UGX) == Money(500, UGX)
    with pytest.raises(InvalidAmount):
        parsing.amount("1,50", UGX)


def test_signs_belong_to_their_currency() -> None:
    assert parsing.amount("KSh 500", KES) == Money(50_000, KES)
    assert parsing.amount("$5", Currency("USD")) == Money(500, Currency("USD"))
    with pytest.raises(InvalidAmount):
        parsing.amount("₦5", KES)


@given(st.integers(1, MAX_MINOR), st.sampled_from([NGN, UGX]))
@example(29, NGN)
def test_what_we_write_we_read(minor: int, currency: Currency) -> None:
    written = Words().money(Money(minor, currency))
    assert parsing.amount(written, currency) == Money(minor, currency)


@given(st.text(max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    try:
        found = parsing.amount(text, NGN)
    except InvalidAmount:
        return
    assert 0 < found.minor <= MAX_MINOR


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("today", TODAY),
        ("Tomorrow", date(2027, 2, 18)),
        ("yesterday", date(2027, 2, 16)),
        ("in 7 days", date(2027, 2, 24)),
        ("7 days", date(2027, 2, 24)),
        ("7d", date(2027, 2, 24)),
        ("in 2 weeks", date(2027, 3, 3)),
        ("month end", date(2027, 2, 28)),
        ("End of the month", date(2027, 2, 28)),
        ("friday", date(2027, 2, 19)),
        ("on Fri", date(2027, 2, 19)),
        ("wednesday", date(2027, 2, 24)),
        ("28/2", date(2027, 2, 28)),
        ("28.2.", date(2027, 2, 28)),
        ("17/2", TODAY),
        ("16/2", date(2028, 2, 16)),
        ("29/2", date(2028, 2, 29)),
        ("28/2/2027", date(2027, 2, 28)),
        ("28/02/27", date(2027, 2, 28)),
        ("28-02-2027", date(2027, 2, 28)),
        ("2027-02-28", date(2027, 2, 28)),
        ("2027-2-8", date(2027, 2, 8)),
        ("28 Feb", date(2027, 2, 28)),
        ("28th of February", date(2027, 2, 28)),
        ("28 february 2028", date(2028, 2, 28)),
        ("Feb 28", date(2027, 2, 28)),
        ("March 1st, 2028", date(2028, 3, 1)),
        ("1 sept", date(2027, 9, 1)),
    ],
)
def test_a_date_is_read(text: str, expected: date) -> None:
    assert parsing.day(text, today=TODAY) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "31/2",
        "2/28",
        "0/1",
        "32/1/2027",
        "2027-13-01",
        "28 Foo",
        "28",
        "1/2/3/4",
        "²/2",
    ],
)
def test_what_is_no_date_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parsing.day(text, today=TODAY)
    assert refused.value.data == {"what": "date", "example": "03/03/2027"}


@given(st.text(max_size=40))
def test_no_text_breaks_the_calendar(text: str) -> None:
    try:
        parsing.day(text, today=TODAY)
    except InvalidInput:
        return


def test_month_ends_are_known() -> None:
    found = [parsing.month_end(date(2028, month, 5)).day for month in range(1, 13)]
    assert found == [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        ("0801 234 5678", "NG", "+2348012345678"),
        ("+234 801 234 5678", "KE", "+2348012345678"),
        ("0712 345678", "KE", "+254712345678"),
        ("00254712345678", "KE", "+254712345678"),
        ("tel: (0801) 234-5678", "NG", "+2348012345678"),
    ],
)
def test_a_phone_is_read(text: str, country: str, expected: str) -> None:
    assert parsing.phone(text, country) == expected


@pytest.mark.parametrize("text", ["", "12", "call me", "+999 123", "0801 234 5678 910 1112"])
def test_what_is_no_phone_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parsing.phone(text, "NG")
    assert refused.value.data["what"] == "phone"
    assert str(refused.value.data["example"]).startswith("+234")


def test_a_shared_contact_needs_no_plus() -> None:
    assert parsing.shared_phone("2348012345678") == "+2348012345678"
    assert parsing.shared_phone("+2348012345678") == "+2348012345678"


def test_a_name_is_one_clean_line() -> None:
    assert parsing.name("  Ada \n\u202e Obi\u200b ") == "Ada Obi"
    for text in ("", "\u200b", "x" * 61):
        with pytest.raises(InvalidInput):
            parsing.name(text)


def test_an_address_is_read() -> None:
    assert parsing.email(" ada@mail.example.com ") == "ada@mail.example.com"


@pytest.mark.parametrize("text", ["", "ada", "ada@", "@x.com", "a b@x.com", "a@x", "a@b@c.de"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parsing.email(text)


@pytest.mark.parametrize(("country", "beginning"), [("KE", "+254"), ("NG", "+234"), ("XX", "+")])
def test_an_example_of_a_phone_is_one_that_can_be_read(country: str, beginning: str) -> None:
    example = parsing.example_phone(country)
    assert example.startswith(beginning)
    assert parsing.phone(example, country) == example

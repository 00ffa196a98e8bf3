"""Fields of answers are read as the contract says, or not at all; amounts never as floats."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from bot.providers import wire
from bot.providers.wire import Heard, Record, Unreadable
from core.domain.money import MAX_MINOR, Currency, Money
from core.domain.providers import ProviderError

NGN = Currency("NGN")


@pytest.mark.parametrize(
    ("written", "currency", "minor"),
    [
        (b"5000", "NGN", 500_000),
        (b"5000.5", "NGN", 500_050),
        (b"5000.50", "NGN", 500_050),
        (b'"0.01"', "USD", 1),
        (b"5000", "UGX", 5_000),
        (b"5000.0", "UGX", 5_000),
        (b"1.234", "KWD", 1_234),
        (b"90071992547409.91", "NGN", MAX_MINOR),
    ],
)
def test_an_amount_in_major_units_is_exact(written: bytes, currency: str, minor: int) -> None:
    record = wire.read_record(b'{"amount":' + written + b"}", with_decimals=True)
    assert wire.major(record, "amount", Currency(currency)) == Money(minor, Currency(currency))


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        1.5,
        0,
        -5,
        Decimal("NaN"),
        Decimal("1e999999"),
        Decimal("5000.001"),
        Decimal("90071992547409.92"),
        "",
        "5,000",
        " 5000",
        "5000 ",
        "+5000",
        "05000",
        "5e3",
        "\u0665\u0660\u0660\u0660",
        [5000],
    ],
)
def test_what_is_no_amount_is_refused(value: object) -> None:
    with pytest.raises(Unreadable):
        wire.major({"amount": value}, "amount", NGN)


def test_an_amount_in_a_currency_we_do_not_know_is_refused() -> None:
    with pytest.raises(Unreadable):
        wire.major({"amount": 5}, "amount", Currency("ABC"))


@pytest.mark.parametrize(("value", "number"), [(7, 7), ("7", 7), ("0", 0), (0, 0)], ids=repr)
def test_a_whole_number_may_be_digits(value: object, number: int) -> None:
    assert wire.number_or_digits({"amount": value}, "amount") == number


@pytest.mark.parametrize(
    "value", ["", "07", "-7", "7.0", "\u0667", None, True, -7, MAX_MINOR + 1], ids=repr
)
def test_what_is_no_whole_number_is_refused(value: object) -> None:
    with pytest.raises(Unreadable):
        wire.number_or_digits({"amount": value}, "amount")


@pytest.mark.parametrize(
    ("read", "wrong"),
    [
        (lambda r: wire.inner(r, "it"), [None, "x", [], 1]),
        (lambda r: wire.rows(r, "it"), [None, {}, [1], [{}] * (wire.MAX_ROWS + 1)]),
        (lambda r: wire.flag(r, "it"), [None, 0, 1, "true"]),
        (lambda r: wire.text(r, "it", wire.WORD), [None, 7, "", "<b>"]),
        (lambda r: wire.maybe(r, "it", wire.WORD), [7, "", "<b>"]),
        (lambda r: wire.currency(r, "it"), [None, 566, "NG", "NGNN"]),
    ],
)
def test_a_field_of_another_shape_is_refused_by_name(
    read: Callable[[Record], object], wrong: list[object]
) -> None:
    for value in wrong:
        with pytest.raises(Unreadable, match=r"^it$"):
            read({"it": value})


def test_a_field_of_its_shape_is_returned() -> None:
    record: Record = {"on": True, "of": {"x": 1}, "all": [{}], "no": None, "code": "ngn"}
    assert wire.flag(record, "on") is True
    assert wire.inner(record, "of") == {"x": 1}
    assert wire.rows(record, "all") == [{}]
    assert wire.maybe(record, "no", wire.WORD) == ""
    assert wire.currency(record, "code") == NGN


@pytest.mark.parametrize("value", [None, 5, "", "yesterday", "2026-11-21T09:00:00"])
def test_a_moment_that_cannot_be_read_is_none(value: object) -> None:
    assert wire.instant({"at": value}, "at") is None


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, ProviderError.AUTHENTICATION_ERROR),
        (403, ProviderError.AUTHENTICATION_ERROR),
        (400, ProviderError.PROVIDER_ERROR),
        (500, ProviderError.PROVIDER_ERROR),
    ],
)
def test_a_refused_call_is_unknown(status: int, error: ProviderError) -> None:
    outcome = wire.refused(Heard(status=status, body=b""), "invalid_key")
    assert (outcome.error, outcome.detail) == (error, f"HTTP {status} invalid_key")

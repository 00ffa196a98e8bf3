"""What people type → values: amounts, dates, phones, names, e-mail addresses.

Nothing here guesses in silence. An amount with one comma or point and three digits after it
(`1.000`, `1,000`) means a thousand wherever the currency has no three decimals, because there it
can mean nothing else; in a currency that has three (KWD, TND, BHD), and before `k` or `m`, it is
refused with an example. Every amount and date is shown back before it is used.
No float is ever made.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import phonenumbers

from core.domain.errors import InvalidAmount, InvalidInput
from core.domain.money import EXPONENTS, MAX_MINOR, Currency, Money, exponent

MAX_AMOUNT_TEXT: Final = 40
MAX_NAME: Final = 60
MAX_UNIT: Final = 20
MAX_NAME_DIGITS: Final = 8
"""In the name of a payment method: with more it may be a card's number."""
MAX_ID_TEXT: Final = 19
MAX_EMAIL: Final = 254

_DIGITS: Final = {
    **{0x0660 + value: str(value) for value in range(10)},
    **{0x06F0 + value: str(value) for value in range(10)},
    0x066B: ".",
    0x066C: ",",
    0x2212: "-",
    0x2013: "-",
}
"""Arabic-Indic digits and separators, and typographic minus signs, as their plain forms."""

PIN_SHAPE: Final = re.compile(r"[0-9]{4,6}")
_SPACES: Final = re.compile(r"[ \t\u00a0\u2009\u202f]+")
_SIGNS: Final[Mapping[str, frozenset[str]]] = {
    "₦": frozenset({"NGN"}),
    "n": frozenset({"NGN"}),
    "naira": frozenset({"NGN"}),
    "ksh": frozenset({"KES"}),
    "tsh": frozenset({"TZS"}),
    "ush": frozenset({"UGX"}),
    "/=": frozenset({"KES", "TZS", "UGX"}),
    "/-": frozenset({"KES", "TZS", "UGX"}),
    "gh₵": frozenset({"GHS"}),
    "₵": frozenset({"GHS"}),
    "r": frozenset({"ZAR"}),
    "$": frozenset({"USD", "CAD"}),
    "us$": frozenset({"USD"}),
    "€": frozenset({"EUR"}),
    "£": frozenset({"GBP", "EGP"}),
    "₹": frozenset({"INR"}),
    "¥": frozenset({"JPY"}),
    "fcfa": frozenset({"XOF", "XAF"}),
    "cfa": frozenset({"XOF", "XAF"}),
}
_SHAPE: Final = re.compile(
    r"(?P<before>[^\d.,'’+-]*)(?P<sign>[+-]?) ?(?P<number>[.,]?\d[\d., '’]*?)"
    r" ?(?P<scale>[km](?![a-z]))?(?P<after>[^\d.,'’+]*)",
    re.ASCII,
)
_SCALES: Final = {"": 0, "k": 3, "m": 6}
_GROUPS: Final = re.compile(r"[1-9]\d{0,2}(?P<mark>[., '’])\d{3}(?:(?P=mark)\d{3})*", re.ASCII)

_MONTHS: Final = (
    ("jan", "january"),
    ("feb", "february"),
    ("mar", "march"),
    ("apr", "april"),
    ("may",),
    ("jun", "june"),
    ("jul", "july"),
    ("aug", "august"),
    ("sep", "sept", "september"),
    ("oct", "october"),
    ("nov", "november"),
    ("dec", "december"),
)
_MONTH: Final = {word: number for number, words in enumerate(_MONTHS, 1) for word in words}
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH_END: Final = frozenset({"month end", "end of month", "end of the month", "eom"})
_NEAR: Final = {"yesterday": -1, "today": 0, "tomorrow": 1}
_ISO: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_DAY_FIRST: Final = re.compile(r"(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4}|\d{2}))?\.?", re.ASCII)
_DAY_WORD: Final = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th)?(?: of)? ?([a-z]+)\.?,? ?(\d{4}|\d{2})?", re.ASCII
)
_WORD_DAY: Final = re.compile(r"([a-z]+)\.? (\d{1,2})(?:st|nd|rd|th)?(?:,? (\d{4}))?", re.ASCII)
_AHEAD: Final = re.compile(r"(?:in )?(\d{1,3}) ?(d|days?|w|weeks?)", re.ASCII)

_ABROAD: Final = re.compile(r"^\s*00(?=[1-9])")
_EMAIL: Final = re.compile(r"[^\s@<>,;\"]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")

ANY_PHONE: Final = "+2348012345678"


def looks_like_pin(text: str) -> bool:
    """Tell whether a text may be a PIN that was typed in the wrong place: it is not said again."""
    return PIN_SHAPE.fullmatch(text.strip()) is not None


def amount(text: str, currency: Currency) -> Money:
    """Read a positive amount: 5000, 5,000.00, 5 000, 12,50, 1.000,50, 5k, ₦5,000, NGN 5000.

    Arabic-Indic digits count as digits. A sign or code of another currency is refused.

    Raises:
        InvalidAmount: `reason` is format, currency, negative, zero, decimals (more than the
            currency has), ambiguous, or large.
    """
    plain = _SPACES.sub(" ", text.translate(_DIGITS)).strip().lower()
    shape = _SHAPE.fullmatch(plain) if len(plain) <= MAX_AMOUNT_TEXT else None
    if shape is None:
        raise InvalidAmount(text=text, reason="format")
    _check_signs(text, (shape["before"], shape["after"]), currency)
    if shape["sign"] == "-":
        raise InvalidAmount(text=text, reason="negative")
    places = exponent(currency)
    scale = shape["scale"] or ""
    whole, fraction = _cut(text, shape["number"].strip(), places=places, scale=scale)
    minor = _scaled(text, whole, fraction, shift=places + _SCALES[scale])
    if minor == 0:
        raise InvalidAmount(text=text, reason="zero")
    if minor > MAX_MINOR:
        raise InvalidAmount(text=text, reason="large")
    return Money(minor, currency)


def day(text: str, *, today: date) -> date:
    """Read a date as people say it; `today` is the local date of the tenant.

    28/2 and 28.2.2027 (day first), 2027-02-28, 28 Feb, February 28, tomorrow, in 7 days, in 2
    weeks, friday, month end. Without a year the next such day is meant, today included.

    Raises:
        InvalidInput: it is none of these, or no day of the calendar.
    """
    plain = _SPACES.sub(" ", text.translate(_DIGITS)).strip().lower()
    found = _spoken(plain, today) or _written(plain, today)
    if found is None:
        example = (today + timedelta(days=14)).strftime("%d/%m/%Y")
        raise InvalidInput(what="date", example=example)
    return found


def month_end(today: date) -> date:
    """Return the last day of a date's month."""
    return (today.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def example_phone(country: str) -> str:
    """Return how a mobile number of a country is written; of a country not known, just any."""
    sample = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
    if sample is None:
        return ANY_PHONE
    return str(phonenumbers.format_number(sample, phonenumbers.PhoneNumberFormat.E164))


def phone(text: str, country: str) -> str:
    """Read a phone number as E.164; `country` (ISO 3166) completes a national one.

    Raises:
        InvalidInput: no number that could exist there.
    """
    try:
        number = phonenumbers.parse(_ABROAD.sub("+", text.translate(_DIGITS)), country)
    except phonenumbers.NumberParseException:
        raise _no_phone(country) from None
    if not phonenumbers.is_possible_number(number):
        raise _no_phone(country)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def shared_phone(text: str) -> str:
    """Read the number of a shared contact, which is international, with or without its plus.

    Raises:
        InvalidInput: no number that could exist.
    """
    return phone(text if text.startswith("+") else f"+{text}", "")


def name(text: str) -> str:
    """Read a name: one line, without control or direction marks.

    Raises:
        InvalidInput: nothing is left, or it has more than 60 characters.
    """
    seen = "".join(c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    plain = " ".join(seen.split())
    if not 1 <= len(plain) <= MAX_NAME:
        raise InvalidInput(what="name", example="Ada Obi")
    return plain


def method_name(text: str) -> str:
    """Read what a saved payment method is called: one line, no number as long as a card's.

    Raises:
        InvalidInput: nothing is left, or it may hold a card number.
    """
    plain = " ".join(text.split())
    digits = sum(char.isdigit() for char in plain)
    if not plain or not plain.isprintable() or digits > MAX_NAME_DIGITS:
        raise InvalidInput(what="method_name", example="Salary card")
    return plain


def unit(text: str) -> str:
    """Read the code of a unit, such as A-14: one line of at most 20 characters.

    Raises:
        InvalidInput: nothing is left, or it is longer.
    """
    plain = " ".join(text.split())
    if not 1 <= len(plain) <= MAX_UNIT or not plain.isprintable():
        raise InvalidInput(what="unit", example="A-14")
    return plain


def email(text: str) -> str:
    """Read an e-mail address.

    Raises:
        InvalidInput: it is none.
    """
    plain = text.strip()
    if len(plain) > MAX_EMAIL or not _EMAIL.fullmatch(plain):
        raise InvalidInput(what="email", example="ada@example.com")
    return plain


def ident(text: str) -> int:
    """Read the id in a button's data; 0, which is nobody's, for anything else."""
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= MAX_ID_TEXT else 0
    return number if number < 2**63 else 0


def _check_signs(text: str, parts: tuple[str, ...], currency: Currency) -> None:
    for part in map(str.strip, parts):
        if not part or part == currency.lower():
            continue
        known = _SIGNS.get(part)
        if known is None:
            is_code = part.upper() in EXPONENTS
            raise InvalidAmount(text=text, reason="currency" if is_code else "format")
        if currency not in known:
            raise InvalidAmount(text=text, reason="currency")


def _cut(text: str, number: str, *, places: int, scale: str) -> tuple[str, str]:
    """Cut a number into its whole and fractional digits."""
    number = number.rstrip(".,") or number
    mark = _decimal_mark(text, number, places=places, scale=scale)
    whole, _, fraction = number.rpartition(mark) if mark else (number, "", "")
    if not whole.isdecimal() and whole and not _GROUPS.fullmatch(whole):
        raise InvalidAmount(text=text, reason="format")
    if fraction and not fraction.isdecimal():
        raise InvalidAmount(text=text, reason="format")
    return "".join(c for c in whole if c.isdecimal()) or "0", fraction


def _decimal_mark(text: str, number: str, *, places: int, scale: str) -> str:
    """Return which of comma and point starts the fraction here, "" for none."""
    marks = [c for c in number if c in ".,"]
    if not marks or (len(marks) > 1 and len(set(marks)) == 1):
        return ""
    last = marks[-1]
    if len(marks) == 1 and not set(number) & set(" '’") and _GROUPS.fullmatch(number):
        if places == 3 or scale:  # noqa: PLR2004 - three decimals look like a thousand
            raise InvalidAmount(text=text, reason="ambiguous")
        return ""
    return last


def _scaled(text: str, whole: str, fraction: str, *, shift: int) -> int:
    if len(fraction) > shift:
        raise InvalidAmount(text=text, reason="decimals")
    return int(whole + fraction + "0" * (shift - len(fraction)))


def _spoken(plain: str, today: date) -> date | None:
    if plain in _NEAR:
        return today + timedelta(days=_NEAR[plain])
    if plain in _MONTH_END:
        return month_end(today)
    ahead = _AHEAD.fullmatch(plain)
    if ahead:
        days = 7 if ahead[2].startswith("w") else 1
        return today + timedelta(days=int(ahead[1]) * days)
    wanted = plain.removeprefix("on ")
    for index, weekday in enumerate(_WEEKDAYS):
        if wanted in {weekday, weekday[:3]}:
            return today + timedelta(days=(index - today.weekday() - 1) % 7 + 1)
    return None


def _written(plain: str, today: date) -> date | None:
    if iso := _ISO.fullmatch(plain):
        return _calendar(iso[1], int(iso[2]), int(iso[3]), today)
    if parts := _DAY_FIRST.fullmatch(plain):
        return _calendar(parts[3], int(parts[2]), int(parts[1]), today)
    if parts := _DAY_WORD.fullmatch(plain):
        return _calendar(parts[3], _MONTH.get(parts[2], 0), int(parts[1]), today)
    if parts := _WORD_DAY.fullmatch(plain):
        return _calendar(parts[3], _MONTH.get(parts[1], 0), int(parts[2]), today)
    return None


def _calendar(year: str | None, month: int, day_: int, today: date) -> date | None:
    if year:
        return _date(int(year) if len(year) > 2 else 2000 + int(year), month, day_)  # noqa: PLR2004 - 27 is 2027
    near = (_date(today.year, month, day_), _date(today.year + 1, month, day_))
    return next((found for found in near if found is not None and found >= today), None)


def _date(year: int, month: int, day_: int) -> date | None:
    try:
        return date(year, month, day_)
    except ValueError:
        return None


def _no_phone(country: str) -> InvalidInput:
    return InvalidInput(what="phone", example=example_phone(country))

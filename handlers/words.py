"""Words for people: gettext sentences, money, dates and names in one language and time zone.

Every value that goes into a sentence is escaped for HTML here, so screens cannot forget it.
Amounts never break across lines and always carry their currency code.
"""

import gettext
import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import NumberPattern, parse_pattern

from core.domain.money import Money, exponent

DOMAIN: Final = "hazina"
LOCALES: Final = Path(__file__).parent / "locales"
LANGUAGES: Final = ("en",)
"""Languages people may choose; `en` is the source."""

MAX_KEPT: Final = 1500
"""Characters of an outcome that later presses see again."""

PSEUDO: Final = "en-XA"
"""Marks every translated sentence, so that a test finds what escaped translation."""

NO_BREAK: Final = "\u00a0"
_PLAIN: Final = str.maketrans({" ": NO_BREAK, "\u202f": NO_BREAK})


class Html(str):
    """Text that is HTML already and must not be escaped again."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One reader's language (`en`, `sw` …) and IANA zone."""

    language: str = "en"
    timezone: str = "UTC"

    def t(self, sentence: str, /, **values: object) -> Html:
        """Translate a whole sentence and fill its named placeholders, escaped."""
        found = _catalogue(self.language).gettext(sentence)
        return Html(self._mark(found) % _escaped(values)) if values else Html(self._mark(found))

    def n(self, one: str, many: str, count: int, /, **values: object) -> Html:
        """Translate a sentence that depends on a count, which fills `%(count)s`."""
        found = _catalogue(self.language).ngettext(one, many, count)
        return Html(self._mark(found) % _escaped({"count": count, **values}))

    def label(self, text: str, /, **values: object) -> str:
        """Translate a button's label; labels are plain text, so nothing is escaped."""
        found = self._mark(_catalogue(self.language).pgettext("button", text))
        return found % values if values else found

    def money(self, amount: Money) -> Html:
        """Return an amount with its currency code: 5,000.00 NGN."""
        pattern = _pattern(exponent(amount.currency))
        number = pattern.apply(amount.decimal(), self._locale)
        return Html(f"{number} {amount.currency}".translate(_PLAIN))

    def amounts(self, several: Sequence[Money]) -> Html:
        """Return amounts of several currencies: 5,000.00 NGN + 12.00 USD; "" for none."""
        return Html(" + ".join(self.money(amount) for amount in several))

    def signed(self, amount: Money) -> Html:
        """Return an amount with its direction: +5,000.00 NGN or −5,000.00 NGN."""
        size = Money(abs(amount.minor), amount.currency)
        return Html(f"{'+' if amount.minor >= 0 else '−'}{self.money(size)}")

    def day(self, value: date, *, today: date | None = None) -> Html:
        """Return a date with its weekday; the year only where it is not today's."""
        is_this_year = today is not None and value.year == today.year
        pattern = "EEE d MMM" if is_this_year else "EEE d MMM y"
        return Html(format_date(value, pattern, locale=self._locale).translate(_PLAIN))

    def when(self, value: datetime, *, today: date | None = None) -> Html:
        """Return a time with its date in the reader's zone; the year as in `day`."""
        zone = ZoneInfo(self.timezone)
        is_this_year = today is not None and value.astimezone(zone).year == today.year
        pattern = "EEE d MMM, HH:mm" if is_this_year else "EEE d MMM y, HH:mm"
        text = format_datetime(value, pattern, tzinfo=zone, locale=self._locale)
        return Html(text.translate(_PLAIN))

    def clock(self, value: datetime) -> Html:
        """Return the time of day in the reader's zone."""
        zone = ZoneInfo(self.timezone)
        return Html(format_time(value, "HH:mm", tzinfo=zone, locale=self._locale))

    @property
    def _locale(self) -> Locale:
        return _locale("en" if self.language == PSEUDO else self.language)

    def _mark(self, text: str) -> str:
        return f"⟦{text}⟧" if self.language == PSEUDO else text


def choose(preferred: str, offered: str) -> str:
    """Return the language to speak: the person's choice, else the chat app's, else English."""
    for wish in (preferred, offered):
        short = wish.split("-")[0].lower()
        if wish == PSEUDO or short in LANGUAGES:
            return wish if wish == PSEUDO else short
    return "en"


def escape(text: object) -> Html:
    """Escape a value for HTML, unless it is HTML already."""
    return text if isinstance(text, Html) else Html(html.escape(str(text)))


def lines(*parts: str) -> Html:
    """Join finished lines; empty ones are left out."""
    return Html("\n".join(part for part in parts if part))


def beginning(text: str) -> Html:
    """Return what is kept of a screen: whole lines, so that no tag or entity is cut in two."""
    is_short = len(text) <= MAX_KEPT
    return Html(text if is_short else text[: MAX_KEPT + 1].rpartition("\n")[0])


def _escaped(values: Mapping[str, object]) -> dict[str, Html]:
    return {name: escape(value) for name, value in values.items()}


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(language)


@cache
def _pattern(places: int) -> NumberPattern:
    """Return how a number with this many decimal places is written: parsed once, used often."""
    return parse_pattern("#,##0" + ("." + "0" * places if places else ""))


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    if language in {"en", PSEUDO}:
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, LOCALES, languages=[language], fallback=True)

"""What every adapter does on the wire: one bounded call, and JSON read without trust.

A call ends by its deadline, follows no redirect, unpacks nothing, reads no more than `MAX_BYTES`.
An answer is read field by field; what is not exactly as the contract says is `Unreadable`, and an
adapter makes `Unknown` of that. Amounts never pass through a float.
"""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Final, TypeVar
from urllib.parse import urlsplit

import httpx

from core.domain.errors import ProviderProblem
from core.domain.money import EXPONENTS, MAX_MINOR, Currency, Money
from core.domain.providers import Declined, ProviderError, Unknown

TIMEOUTS: Final = httpx.Timeout(connect=5.0, read=15.0, write=10.0, pool=5.0)
DEADLINE_S: Final = 25.0
"""A whole call, so that a body that drips byte by byte ends, too."""

MAX_BYTES: Final = 64 * 1024
MAX_ROWS: Final = 20
"""Captures under one reference; more is no answer we believe."""

SECRET: Final = re.compile(r"[!-~]{16,400}")
SAFE_URL: Final = re.compile(
    r"https://[!-~]+|http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?(/[!-~]*)?"
)
"""Where a provider may be: beyond this machine only under TLS."""

LINK: Final = re.compile(r"https?://[!-~]{1,2000}")
TOKEN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=-]{0,99}")
WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_. -]{0,59}")
EMAIL: Final = re.compile(r"[!-?A-~]{1,64}@[!-?A-~]{1,190}")
LAST4: Final = re.compile(r"[0-9]{4}")
LINE: Final = re.compile(r"[^\x00-\x1f\x7f]{0,300}")

_CURRENCY: Final = re.compile(r"[A-Za-z]{3}")
_DECIMAL: Final = re.compile(r"(0|[1-9][0-9]{0,15})(\.[0-9]{1,8})?")
_WHOLE: Final = re.compile(r"0|[1-9][0-9]{0,15}")
_DIGITS: Final = 30
"""Before or behind the point; no provider counts further."""

Record = Mapping[str, object]
_T = TypeVar("_T")


class Unreadable(ValueError):
    """An answer or event that is not exactly what the contract says; names the field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An answer that arrived whole: the HTTP status and the raw body."""

    status: int
    body: bytes

    @property
    def is_success(self) -> bool:
        """Tell whether the call worked; about money that says nothing."""
        return self.status in {200, 201, 202}

    def record(self, *, with_decimals: bool = False) -> Record:
        """Read the body as one strict JSON object.

        Raises:
            Unreadable: it is none.
        """
        return read_record(self.body, with_decimals=with_decimals)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The way to one provider's API: the process's client, and where the provider is."""

    client: httpx.AsyncClient
    url: str
    timeouts: httpx.Timeout = field(default_factory=lambda: TIMEOUTS)
    deadline_s: float = DEADLINE_S

    async def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        body: Mapping[str, object] | None = None,
        content: bytes | None = None,
        query: Mapping[str, str] | None = None,
        most_bytes: int = MAX_BYTES,
    ) -> Heard | Unknown:
        """Make one call, once; whatever the network does is `Unknown`.

        `body` goes as JSON; `headers` name the type of other `content`. An answer longer than
        `most_bytes` is not read to its end.
        """
        sent = {"accept": "application/json", "accept-encoding": "identity", **headers}
        if body is not None:
            sent["content-type"] = "application/json"
            content = as_json(body)
        try:
            async with (
                asyncio.timeout(self.deadline_s),
                self.client.stream(
                    method,
                    self.url + path,
                    content=content,
                    params=query,
                    headers=sent,
                    timeout=self.timeouts,
                    follow_redirects=False,
                ) as response,
            ):
                heard = await _bounded_body(response, most_bytes)
                return Heard(status=response.status_code, body=heard)
        except (httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ConnectError):
            network = ProviderError.NETWORK_ERROR
            return Unknown(error=network, detail="not sent", is_unsent=True)
        except (httpx.TimeoutException, TimeoutError):
            return Unknown(error=ProviderError.TIMEOUT_ERROR, detail="no answer in time")
        except httpx.HTTPError:
            return Unknown(error=ProviderError.NETWORK_ERROR, detail="connection broke")
        except Unreadable as problem:
            return unknown(str(problem))


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An error answer in the provider's own words; alone it decides nothing about money."""

    error: ProviderError
    detail: str
    proves_nothing_was_made: bool = False

    @property
    def as_unknown(self) -> Unknown:
        """Say that nobody knows, and what was answered."""
        return Unknown(error=self.error, detail=self.detail)

    @property
    def as_declined(self) -> Declined | Unknown:
        """Say that nothing was made, where that is proven."""
        if not self.proves_nothing_was_made:
            return self.as_unknown
        return Declined(error=self.error, detail=self.detail)


Answer = Record | Refused | Unknown


def unknown(detail: str, *, error: ProviderError = ProviderError.PROVIDER_ERROR) -> Unknown:
    """Say that nobody knows, and why."""
    return Unknown(error=error, detail=detail)


def understood(heard: Heard | Unknown, envelope: Callable[[Heard], Answer]) -> Answer:
    """Return what the provider's envelope says, of what was heard; unreadable is `Unknown`."""
    try:
        return heard if isinstance(heard, Unknown) else envelope(heard)
    except Unreadable as problem:
        return unknown(str(problem))


def read(answer: Answer, reader: Callable[[Record], _T]) -> _T | Unknown:
    """Return what a reader finds in an answer; what it cannot read is `Unknown`."""
    if isinstance(answer, Unknown):
        return answer
    if isinstance(answer, Refused):
        return answer.as_unknown
    try:
        return reader(answer)
    except Unreadable as problem:
        return unknown(str(problem))


def refused(heard: Heard, code: str = "") -> Unknown:
    """Say that a call failed by its HTTP status: that decides nothing about money."""
    is_key = heard.status in {401, 403}
    error = ProviderError.AUTHENTICATION_ERROR if is_key else ProviderError.PROVIDER_ERROR
    return Unknown(error=error, detail=f"HTTP {heard.status} {code}".strip())


def as_json(body: Mapping[str, object]) -> bytes:
    """Write a request's body."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def check_address(provider: str, address: str) -> str:
    """Return where a provider is, without the slash at its end.

    Raises:
        ProviderProblem: it is none, or plain http beyond this machine; `what` is `url`.
    """
    if not SAFE_URL.fullmatch(address):
        raise ProviderProblem(provider=provider, what="url")
    return address.rstrip("/")


def check_mode(provider: str, url: str, modes: Mapping[str, bool], *, is_test: bool) -> None:
    """Make sure that an address (`modes` by host) is that of pretend money where ours is pretend.

    Raises:
        ProviderProblem: it is the other one; `what` is `mode`.
    """
    if modes.get(urlsplit(url).hostname or "", is_test) is not is_test:
        raise ProviderProblem(provider=provider, what="mode")


def check_credentials(
    provider: str, credentials: Mapping[str, str], shapes: Mapping[str, re.Pattern[str]]
) -> None:
    """Make sure that every credential is there and looks like one.

    Raises:
        ProviderProblem: one is missing or malformed; `what` names it, nothing shows it.
    """
    for what, shape in shapes.items():
        if not shape.fullmatch(credentials.get(what, "")):
            raise ProviderProblem(provider=provider, what=what)


def read_record(body: bytes, *, with_decimals: bool = False) -> Record:
    """Parse strict JSON: UTF-8, one object, no repeated key.

    `with_decimals` reads fractions as `Decimal`; else any number that is not whole is refused.

    Raises:
        Unreadable: it is none.
    """
    # "1.0", "1e3" and "NaN" are no integers: ValueError.
    fraction: Callable[[str], object] = _fraction if with_decimals else int
    try:
        value: object = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_float=fraction,
            parse_constant=int,
        )
    except (ValueError, RecursionError, InvalidOperation) as problem:
        raise Unreadable("not the JSON we expect") from problem
    if not isinstance(value, Mapping):
        raise Unreadable("not an object")
    return value


def inner(record: Record, name: str) -> Record:
    """Return an object within an object.

    Raises:
        Unreadable: there is none of this name.
    """
    value = record.get(name)
    if not isinstance(value, Mapping):
        raise Unreadable(name)
    return value


def rows(record: Record, name: str, *, most: int = MAX_ROWS) -> list[Record]:
    """Return a list of objects.

    Raises:
        Unreadable: it is none, or longer than `most`.
    """
    value = record.get(name)
    if not isinstance(value, list) or len(value) > most:
        raise Unreadable(name)
    if not all(isinstance(row, Mapping) for row in value):
        raise Unreadable(name)
    return value


def text(record: Record, name: str, pattern: re.Pattern[str]) -> str:
    """Return a text that has this shape.

    Raises:
        Unreadable: it has another, or is none.
    """
    value = record.get(name)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise Unreadable(name)
    return value


def maybe(record: Record, name: str, pattern: re.Pattern[str]) -> str:
    """Return a text of this shape, or "" where it is absent or null.

    Raises:
        Unreadable: it has another shape.
    """
    return "" if record.get(name) is None else text(record, name, pattern)


def flag(record: Record, name: str) -> bool:
    """Return a true or a false.

    Raises:
        Unreadable: it is neither.
    """
    value = record.get(name)
    if not isinstance(value, bool):
        raise Unreadable(name)
    return value


def whole(record: Record, name: str, *, least: int = 0, most: int = MAX_MINOR) -> int:
    """Return a whole number within its bounds.

    Raises:
        Unreadable: it is none, or out of them.
    """
    value = record.get(name)
    if type(value) is not int or not least <= value <= most:
        raise Unreadable(name)
    return value


def number_or_digits(record: Record, name: str) -> int:
    """Return a whole number that this provider also writes as a text of digits.

    Raises:
        Unreadable: it is neither.
    """
    value = record.get(name)
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    return whole(record, name)


def currency(record: Record, name: str = "currency") -> Currency:
    """Return a currency's code, in capitals.

    Raises:
        Unreadable: it is none.
    """
    return Currency(text(record, name, _CURRENCY).upper())


def major(record: Record, name: str, of: Currency, *, least: int = 1) -> Money:
    """Return an amount that is written in major units, as a number or as text, exactly.

    Raises:
        Unreadable: it is none, has more decimals than the currency, or is out of our bounds.
    """
    value = record.get(name)
    written = str(value) if type(value) in {int, str} or isinstance(value, Decimal) else ""
    places = EXPONENTS.get(of)
    if places is None or not _DECIMAL.fullmatch(written):
        raise Unreadable(name)
    minor = Decimal(written).scaleb(places)
    if minor != minor.to_integral_value() or not least <= minor <= MAX_MINOR:
        raise Unreadable(name)
    return Money(int(minor), of)


def instant(record: Record, name: str) -> datetime | None:
    """Return a moment with its zone, None where it is absent, null or written in another way.

    A date decides nothing here, so one that we cannot read is no reason to doubt the money.
    """
    value = record.get(name)
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


async def _bounded_body(response: httpx.Response, most_bytes: int) -> bytes:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise Unreadable("unasked encoding")
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > most_bytes:
            raise Unreadable("answer too large")
    return bytes(body)


def _fraction(written: str) -> Decimal:
    number = Decimal(written)
    if number and abs(number.adjusted()) > _DIGITS:
        raise ValueError(written)
    return number


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise Unreadable("repeated key")
    return record

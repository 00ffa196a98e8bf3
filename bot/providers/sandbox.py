"""The sandbox payment provider, seen from our side of the wire.

Pages under our own reference, look-ups by that reference, signed webhooks that only name it.
The provider honours our reference: a repeated create answers with the first page. Whatever it
says that this module does not understand to the last field is `Unknown`, never a guess.

Source: `bot/sandbox/provider.py`, version 1, 2026-11.
"""

import asyncio
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

import httpx

from core.domain.errors import ProviderProblem
from core.domain.money import EXPONENTS, MAX_MINOR, Currency, Money
from core.domain.providers import (
    Authentic,
    Capabilities,
    Declined,
    Forged,
    Hook,
    LinkRequest,
    Outcome,
    Pending,
    ProviderError,
    Reading,
    Settled,
    Truth,
    Unknown,
)

TIMEOUTS: Final = httpx.Timeout(connect=5.0, read=15.0, write=10.0, pool=5.0)
DEADLINE_S: Final = 25.0
"""A whole call, so that a body that drips byte by byte ends, too."""

MAX_BYTES: Final = 64 * 1024
MAX_CAPTURES: Final = 20
TOLERANCE: Final = timedelta(seconds=300)

CAPABILITIES: Final = Capabilities(
    currencies=frozenset(EXPONENTS) - {"XTR"},
    can_link=True,
    honours_our_id=True,
    truth=Truth.BY_QUERY,
)

STATUSES: Final[dict[str, type[Outcome]]] = {
    "open": Pending,
    "processing": Pending,
    "paid": Settled,
    "declined": Declined,
    "expired": Declined,
}

DECLINES: Final[dict[str, ProviderError]] = {
    "insufficient_funds": ProviderError.INSUFFICIENT_FUNDS,
    "invalid_card": ProviderError.INVALID_CARD,
    "expired_card": ProviderError.EXPIRED_CARD,
    "declined_by_bank": ProviderError.DECLINED_CARD,
}
"""Why the payer's payment failed. A word we do not know is `DECLINED_CARD`."""

ERRORS: Final[dict[int, ProviderError]] = {
    401: ProviderError.AUTHENTICATION_ERROR,
    403: ProviderError.AUTHENTICATION_ERROR,
}
"""Why our call failed, by HTTP status; everything else is `PROVIDER_ERROR`.

The codes in the body (`invalid_request`, `reference_reused`, `not_found`, `rate_limited`) are kept
as detail. Only `invalid_request` to a create proves that there is no page.
"""

_TOKEN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=-]{0,79}")
_CURRENCY: Final = re.compile(r"[A-Za-z]{3}")
_LINK: Final = re.compile(r"https?://[!-~]{1,2000}")
_WORD: Final = re.compile(r"[a-z][a-z0-9_.]{0,39}")
_SIGNATURE: Final = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")
_SAFE_URL: Final = re.compile(
    r"https://[!-~]+|http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?(/[!-~]*)?"
)
_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_SECRET: Final = re.compile(r"[!-~]{16,200}")
_CREDENTIALS: Final = {"url": _SAFE_URL, "secret_key": _SECRET, "webhook_secret": _SECRET}
_MODES: Final = {"test": True, "live": False}

Record = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxConfig:
    """Where the provider is and how the two sides prove themselves; keys stay out of reprs."""

    url: str
    secret_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    timeouts: httpx.Timeout = field(default_factory=lambda: TIMEOUTS)
    deadline_s: float = DEADLINE_S


class Unreadable(ValueError):
    """An answer or event that is not exactly what the contract says; names the field."""


def open_sandbox(client: httpx.AsyncClient, credentials: Mapping[str, str]) -> "SandboxProvider":
    """Open the adapter with the credentials `url`, `secret_key` and `webhook_secret`.

    Raises:
        ProviderProblem: one is missing or malformed, or `url` is plain http beyond loopback.
    """
    for what, shape in _CREDENTIALS.items():
        if not shape.fullmatch(credentials.get(what, "")):
            raise ProviderProblem(provider="sandbox", what=what)
    config = SandboxConfig(
        url=credentials["url"].rstrip("/"),
        secret_key=credentials["secret_key"],
        webhook_secret=credentials["webhook_secret"],
    )
    return SandboxProvider(client, config)


class SandboxProvider:
    """The sandbox provider under one configuration."""

    name: str = "sandbox"
    capabilities: Capabilities = CAPABILITIES

    def __init__(self, client: httpx.AsyncClient, config: SandboxConfig) -> None:
        """Keep the shared client; nothing is sent yet."""
        self._client = client
        self._config = config

    async def create_link(self, request: LinkRequest) -> Outcome:
        """Open a payment page under our reference; a repetition answers with the first one."""
        answer = await self._ask(
            "POST",
            "/v1/checkouts",
            body={
                "reference": request.reference,
                "amount_minor": request.amount.minor,
                "currency": request.amount.currency,
                "email": request.email,
                "title": request.title,
                "return_url": request.return_url,
                "expires_at": request.expires_at.isoformat(),
            },
        )
        if isinstance(answer, Refused) and answer.proves_nothing_was_made:
            return Declined(error=answer.error, detail=answer.detail)
        return _outcome(answer, reference=request.reference)

    async def advance(self, *, reference: str, provider_ref: str) -> Outcome:
        """Look an attempt up by our reference; `provider_ref` is not needed here."""
        if not _TOKEN.fullmatch(reference):
            return Unknown(error=ProviderError.PROVIDER_ERROR, detail="reference not usable")
        answer = await self._ask("GET", f"/v1/checkouts/{quote(reference, safe='')}")
        return _outcome(answer, reference=reference)

    def read_hook(self, hook: Hook) -> Reading:
        """Judge a webhook by its raw bytes: size, signature (constant-time), then age.

        A signed event that cannot be read is authentic and names no attempt: it is kept.
        """
        if len(hook.body) > MAX_BYTES:
            return Forged(reason="too large")
        header = _SIGNATURE.fullmatch(hook.headers.get("x-sandbox-signature", ""))
        if header is None:
            return Forged(reason="no signature")
        signed_at, signature = header.groups()
        key, signed = self._config.webhook_secret.encode(), f"{signed_at}.".encode() + hook.body
        expected = hmac.new(key, signed, "sha256").hexdigest()
        if not hmac.compare_digest(expected, signature):
            return Forged(reason="wrong signature")
        if abs(hook.received_at.timestamp() - int(signed_at)) > TOLERANCE.total_seconds():
            return Forged(reason="stale")
        return _read_event(hook.body)

    async def _ask(
        self, method: str, path: str, *, body: Mapping[str, object] | None = None
    ) -> "Answer":
        headers = {
            "authorization": f"Bearer {self._config.secret_key}",
            "accept": "application/json",
            "accept-encoding": "identity",
        }
        try:
            async with (
                asyncio.timeout(self._config.deadline_s),
                self._client.stream(
                    method,
                    self._config.url + path,
                    json=body,
                    headers=headers,
                    timeout=self._config.timeouts,
                    follow_redirects=False,
                ) as response,
            ):
                return _read_answer(response.status_code, await _bounded_body(response))
        except (httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ConnectError):
            return Unknown(error=ProviderError.NETWORK_ERROR, detail="not sent")
        except (httpx.TimeoutException, TimeoutError):
            return Unknown(error=ProviderError.TIMEOUT_ERROR, detail="no answer in time")
        except httpx.HTTPError:
            return Unknown(error=ProviderError.NETWORK_ERROR, detail="connection broke")
        except Unreadable as problem:
            return Unknown(error=ProviderError.PROVIDER_ERROR, detail=str(problem))


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An error answer in the provider's own words."""

    error: ProviderError
    detail: str
    proves_nothing_was_made: bool


Answer = Record | Refused | Unknown


async def _bounded_body(response: httpx.Response) -> bytes:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise Unreadable("unasked encoding")
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_BYTES:
            raise Unreadable("answer too large")
    return bytes(body)


def _read_answer(status_code: int, body: bytes) -> Answer:
    if status_code in {200, 201}:
        return _record(body)
    code = _error_code(body)
    return Refused(
        error=ERRORS.get(status_code, ProviderError.PROVIDER_ERROR),
        detail=f"HTTP {status_code} {code}".strip(),
        proves_nothing_was_made=status_code in {400, 422} and code == "invalid_request",
    )


def _error_code(body: bytes) -> str:
    try:
        error = _record(body).get("error")
        return _text(error, "code", _WORD) if isinstance(error, Mapping) else ""
    except Unreadable:
        return ""


def _outcome(answer: Answer, *, reference: str) -> Outcome:
    if isinstance(answer, Unknown):
        return answer
    if isinstance(answer, Refused):
        return Unknown(error=answer.error, detail=answer.detail)
    try:
        return _read_checkout(answer, asked=reference)
    except Unreadable as problem:
        return Unknown(error=ProviderError.PROVIDER_ERROR, detail=str(problem))


def _read_checkout(checkout: Record, *, asked: str) -> Outcome:
    """Read a checkout; only captured money may name another reference than we asked for."""
    status = _text(checkout, "status", _WORD)
    reference = _text(checkout, "reference", _TOKEN)
    kind = STATUSES.get(status)
    captures = _rows(checkout, "captures")
    if kind is None:
        raise Unreadable("status")
    if (kind is Settled) != bool(captures):
        raise Unreadable("status and captures disagree")
    if kind is Settled:
        return _read_captures(checkout, captures, reference=reference)
    if reference != asked:
        raise Unreadable("another reference")
    if kind is Pending:
        page_id = _text(checkout, "id", _TOKEN)
        return Pending(link=_text(checkout, "link", _LINK), provider_ref=page_id)
    return _read_decline(checkout, status=status)


def _read_decline(checkout: Record, *, status: str) -> Declined:
    if status == "expired":
        return Declined(error=ProviderError.TIMEOUT_ERROR, detail="expired", is_final=False)
    code = _text(checkout, "decline_code", _WORD)
    return Declined(error=DECLINES.get(code, ProviderError.DECLINED_CARD), detail=code)


def _read_captures(checkout: Record, captures: list[Record], *, reference: str) -> Settled:
    mode = _MODES.get(_text(checkout, "mode", _WORD))
    if mode is None:
        raise Unreadable("mode")
    account = _text(checkout, "account", _TOKEN)
    first, *more = (
        _read_capture(capture, reference=reference, is_test=mode, account=account)
        for capture in captures
    )
    if len({settled.provider_id for settled in (first, *more)}) != len(captures):
        raise Unreadable("captures share an id")
    return replace(first, more=tuple(more))


def _read_capture(capture: Record, *, reference: str, is_test: bool, account: str) -> Settled:
    currency = Currency(_text(capture, "currency", _CURRENCY).upper())
    fee = capture.get("fee_minor")
    return Settled(
        provider_id=_text(capture, "id", _TOKEN),
        reference=reference,
        captured=Money(_whole(capture, "amount_minor", least=1), currency),
        is_test=is_test,
        account=account,
        fee=None if fee is None else Money(_whole(capture, "fee_minor", least=0), currency),
        settled_at=_instant(capture, "at"),
    )


def _read_event(body: bytes) -> Authentic:
    try:
        event = _record(body)
        data = event.get("data")
        return Authentic(
            event_key=_text(event, "id", _TOKEN),
            reference=_text(data, "reference", _TOKEN) if isinstance(data, Mapping) else "",
            kind=_text(event, "type", _WORD),
        )
    except Unreadable:
        digest = hashlib.sha256(body).hexdigest()
        return Authentic(event_key=f"sha256:{digest}", reference="", kind="unreadable")


def _record(body: bytes) -> Record:
    """Parse strict JSON: UTF-8, no repeated key, only whole numbers."""
    try:
        value: object = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_float=int,  # "1.0", "1e3" and "NaN" are no integers: ValueError.
            parse_constant=int,
        )
    except (ValueError, RecursionError) as problem:
        raise Unreadable("not the JSON we expect") from problem
    if not isinstance(value, Mapping):
        raise Unreadable("not an object")
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise Unreadable("repeated key")
    return record


def _text(record: Record, name: str, pattern: re.Pattern[str]) -> str:
    value = record.get(name)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise Unreadable(name)
    return value


def _whole(record: Record, name: str, *, least: int) -> int:
    value = record.get(name)
    if type(value) is not int or not least <= value <= MAX_MINOR:
        raise Unreadable(name)
    return value


def _rows(record: Record, name: str) -> list[Record]:
    value = record.get(name)
    if not isinstance(value, list) or len(value) > MAX_CAPTURES:
        raise Unreadable(name)
    if not all(isinstance(row, Mapping) for row in value):
        raise Unreadable(name)
    return value


def _instant(record: Record, name: str) -> datetime:
    try:
        return datetime.fromisoformat(_text(record, name, _INSTANT))
    except ValueError as problem:
        raise Unreadable(name) from problem

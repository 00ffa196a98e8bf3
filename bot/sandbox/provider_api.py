"""The sandbox provider's machine door: checkouts and refunds, with a Bearer key, in strict JSON.

```text
POST /v1/checkouts                 {reference, amount_minor, currency, email, title, return_url,
                                    expires_at, webhook_url?}  → 201, or 200 for a repetition
GET  /v1/checkouts/{reference}     → 200
GET  /v1/checkouts?since=&after=   → {items, next}: changed since, oldest change first
POST /v1/refunds                   {reference, checkout, capture, amount_minor}
                                    → 201, or 200 for a repetition
GET  /v1/refunds/{reference}       → 200
error                              → {error: {code, message}}
```
"""

import asyncio
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from aiohttp import web

from bot.sandbox import provider_switches as switches
from bot.sandbox.provider_desk import Desk, NotRefundable, ReferenceReused
from bot.sandbox.provider_records import Checkout, Terms
from bot.sandbox.provider_refund_records import Refund
from bot.sandbox.provider_store import ProviderStore
from bot.sandbox.switches import Switchboard
from core.domain.money import EXPONENTS, MAX_MINOR

MAX_BODY_BYTES: Final = 16 * 1024
PAGE_SIZE: Final = 100
HANG_S: Final = 120
RETRY_AFTER_S: Final = 5

_REFERENCE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=-]{0,79}")
_URL: Final = re.compile(r"https?://[!-~]{1,2000}")
_EMAIL: Final = re.compile(r"[!-?A-~]{1,64}@[!-?A-~]{1,190}")
_TITLE: Final = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
_TIME: Final = re.compile(r"[0-9T:.+Z-]{20,40}")


class BadRequest(ValueError):
    """A field of a request that is missing or malformed; names it."""


class ProviderApi:
    """Routes of the API, with the misbehaviour that the panel asks for."""

    def __init__(
        self, store: ProviderStore, board: Switchboard, desk: Desk, *, webhook_url: str
    ) -> None:
        """Answer from the store; events go to `webhook_url` unless a request names another."""
        self._store = store
        self._board = board
        self._desk = desk
        self._webhook_url = webhook_url
        self.closing = asyncio.Event()

    def routes(self) -> list[web.RouteDef]:
        """Return the routes, below the provider's own prefix."""
        return [
            web.post("/v1/checkouts", self._create),
            web.get("/v1/checkouts", self._list),
            web.get("/v1/checkouts/{reference}", self._look_up),
            web.post("/v1/refunds", self._refund),
            web.get("/v1/refunds/{reference}", self._look_up_refund),
        ]

    async def _create(self, request: web.Request) -> web.StreamResponse:
        refusal = await self._greet(request)
        if refusal is not None:
            return refusal
        behaviour = str(self._board.value(switches.CREATE))
        if behaviour in {"500", "503", "429"}:
            return _failure(int(behaviour))
        try:
            checkout, is_new = self._open(_terms(await _body(request), self._webhook_url))
        except BadRequest as problem:
            return _error(400, "invalid_request", str(problem))
        except ReferenceReused:
            return _error(409, "reference_reused", "This reference exists with other content.")
        await self._store.save()
        if behaviour == "hang":
            await self._pause(HANG_S)
            return _cut(request)
        return _json(201 if is_new else 200, self._desk.view(checkout))

    async def _look_up(self, request: web.Request) -> web.StreamResponse:
        refusal = await self._greet(request)
        if refusal is not None:
            return refusal
        checkout = self._store.find(request.match_info["reference"])
        behaviour = str(self._board.value(switches.LOOK_UP))
        if behaviour == "500":
            return _failure(500)
        if checkout is None or behaviour == "404":
            return _error(404, "not_found", "No checkout has this reference.")
        return _distort(self._desk.view(checkout), behaviour)

    async def _refund(self, request: web.Request) -> web.StreamResponse:
        refusal = await self._greet(request)
        if refusal is not None:
            return refusal
        behaviour = str(self._board.value(switches.REFUND))
        if behaviour == "500":
            return _failure(500)
        try:
            checkout, refund, is_new = self._give_back(await _body(request))
        except (BadRequest, NotRefundable) as problem:
            return _error(422, "invalid_request", str(problem))
        except ReferenceReused:
            return _error(409, "reference_reused", "This reference exists with other content.")
        await self._store.save()
        if behaviour == "hang":
            await self._pause(HANG_S)
            return _cut(request)
        return _json(201 if is_new else 200, self._desk.view_refund(checkout, refund))

    def _give_back(self, body: Mapping[str, Any]) -> tuple[Checkout, Refund, bool]:
        reference = _text(body, "reference", _REFERENCE)
        checkout = self._store.find(_text(body, "checkout", _REFERENCE))
        amount_minor = body.get("amount_minor")
        if type(amount_minor) is not int or not 0 < amount_minor <= MAX_MINOR:
            raise BadRequest("amount_minor")
        if checkout is None:
            raise BadRequest("checkout")
        is_new = self._store.find_refund(reference) is None
        capture_id = _text(body, "capture", _REFERENCE)
        refund = self._desk.refund(
            checkout, reference=reference, capture_id=capture_id, amount_minor=amount_minor
        )
        return checkout, refund, is_new

    async def _look_up_refund(self, request: web.Request) -> web.StreamResponse:
        refusal = await self._greet(request)
        if refusal is not None:
            return refusal
        self._desk.let_time_pass()
        found = self._store.find_refund(request.match_info["reference"])
        behaviour = str(self._board.value(switches.LOOK_UP))
        if behaviour == "500":
            return _failure(500)
        if found is None or behaviour == "404":
            return _error(404, "not_found", "No refund has this reference.")
        return _distort(self._desk.view_refund(*found), behaviour)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        refusal = await self._greet(request)
        if refusal is not None:
            return refusal
        try:
            since = _instant(request.query, "since") if "since" in request.query else None
        except BadRequest as problem:
            return _error(400, "invalid_request", str(problem))
        items = self._changed(since, after=request.query.get("after", ""))
        page = items[:PAGE_SIZE]
        following = _place(page[-1]) if len(items) > PAGE_SIZE else None
        views = [self._desk.view(checkout) for checkout in page]
        return _json(200, {"items": views, "next": following})

    def _open(self, terms: Terms) -> tuple[Checkout, bool]:
        is_new = self._store.find(terms.reference) is None
        if is_new and terms.expires_at <= self._desk.now():
            raise BadRequest("expires_at is in the past")
        return self._desk.open(terms), is_new

    def _changed(self, since: datetime | None, *, after: str) -> list[Checkout]:
        found = [
            checkout
            for checkout in self._store.checkouts()
            if (since is None or checkout.updated_at >= since) and _place(checkout) > after
        ]
        return sorted(found, key=_place)

    async def _greet(self, request: web.Request) -> web.StreamResponse | None:
        """Misbehave as told, then check the key; `None` lets the request in."""
        if self._board.is_on(switches.OUTAGE):
            return _cut(request)
        await self._pause(self._board.number(switches.SLOW))
        expected = f"Bearer {self._store.keys.secret_key}".encode()
        given = request.headers.get("authorization", "").encode(errors="replace")
        if hmac.compare_digest(given, expected):
            return None
        return _error(401, "unauthorized", "The key is missing or wrong.")

    async def _pause(self, seconds: float) -> None:
        if seconds <= 0:
            return
        try:
            async with asyncio.timeout(seconds):
                await self.closing.wait()
        except TimeoutError:
            return


def _place(checkout: Checkout) -> str:
    """Return the checkout's place in the list of changes, a cursor that sorts as text."""
    stamp = checkout.updated_at.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%f")
    return f"{stamp}~{checkout.id}"


async def _body(request: web.Request) -> Mapping[str, Any]:
    body = bytearray()
    async for chunk in request.content.iter_chunked(4096):
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise BadRequest("the body is too large")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as problem:
        raise BadRequest("the body is not JSON") from problem
    if not isinstance(value, dict):
        raise BadRequest("the body is not an object")
    return value


def _terms(body: Mapping[str, Any], webhook_url: str) -> Terms:
    amount_minor, currency = body.get("amount_minor"), body.get("currency")
    if type(amount_minor) is not int or not 0 < amount_minor <= MAX_MINOR:
        raise BadRequest("amount_minor")
    if not isinstance(currency, str) or currency not in EXPONENTS or currency == "XTR":
        raise BadRequest("currency")
    return Terms(
        reference=_text(body, "reference", _REFERENCE),
        amount_minor=amount_minor,
        currency=currency,
        email=_text(body, "email", _EMAIL),
        title=_text(body, "title", _TITLE),
        return_url=_text(body, "return_url", _URL),
        expires_at=_instant(body, "expires_at"),
        webhook_url=_text(body, "webhook_url", _URL) if "webhook_url" in body else webhook_url,
    )


def _text(body: Mapping[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise BadRequest(name)
    return value


def _instant(body: Mapping[str, Any], name: str) -> datetime:
    # In a query an unescaped plus arrives as a space.
    text = str(body.get(name, "")).replace(" ", "+")
    try:
        instant = datetime.fromisoformat(text) if _TIME.fullmatch(text) else None
    except ValueError as problem:
        raise BadRequest(name) from problem
    if instant is None or instant.tzinfo is None:
        raise BadRequest(name)
    return instant


def _json(status: int, value: object) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(value), content_type="application/json")


def _error(status: int, code: str, message: str) -> web.Response:
    return _json(status, {"error": {"code": code, "message": message}})


def _failure(status: int) -> web.Response:
    is_busy = status == web.HTTPTooManyRequests.status_code
    response = _error(status, "rate_limited" if is_busy else "server_error", "Not now.")
    response.headers["retry-after"] = str(RETRY_AFTER_S)
    return response


def _cut(request: web.Request) -> web.Response:
    """Break the connection; the response returned is never sent."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=503)


def _distort(view: Mapping[str, object], behaviour: str) -> web.Response:
    body = orjson.dumps(view)
    match behaviour:
        case "cut":
            body = body[: len(body) // 2]
        case "twice":
            body = b'{"status":"paid",' + body[1:]
        case "huge":
            body = body[:-1] + b',"sequence":' + b"9" * 5_000 + b"}"
        case _:
            pass
    return web.Response(body=body, content_type="application/json")

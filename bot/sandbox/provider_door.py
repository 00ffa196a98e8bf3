"""The door to a pretend provider's API: it misbehaves as the switches say, then lets in.

Each language that the provider speaks brings its `Manners`; what goes wrong is the same for all.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Protocol

import orjson
from aiohttp import web

from bot.sandbox import provider_switches as switches
from bot.sandbox.provider_store import ProviderStore
from bot.sandbox.switches import Switchboard
from core.domain.money import EXPONENTS, MAX_MINOR

MAX_BODY_BYTES: Final = 16 * 1024
HANG_S: Final = 120

REFERENCE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=-]{0,79}")
URL: Final = re.compile(r"https?://[!-~]{1,2000}")
EMAIL: Final = re.compile(r"[!-?A-~]{1,64}@[!-?A-~]{1,190}")
TITLE: Final = re.compile(r"[^\x00-\x1f\x7f]{1,200}")

Answer = Callable[[web.Request], Awaitable[web.Response]]


class BadRequest(ValueError):
    """A field of a request that is missing or malformed; names it."""


class Manners(Protocol):
    """How one language says no."""

    def turned_away(self, request: web.Request) -> web.Response | None:
        """Return what is said to who has no key of ours; None for who has."""
        ...

    def failure(self, status: int) -> web.Response:
        """Say that it does not work now."""
        ...

    def bad_request(self, what: str) -> web.Response:
        """Say that a request was not understood; nothing was made."""
        ...

    def missing(self) -> web.Response:
        """Say that there is no such thing."""
        ...


class Door:
    """Guards the calls of one language."""

    def __init__(
        self, store: ProviderStore, board: Switchboard, manners: Manners, *, who: str
    ) -> None:
        """Behave as the board tells `who`; what a call changed is kept before it is answered."""
        self._store = store
        self._trouble = switches.Trouble(board, who)
        self._manners = manners
        self.closing = asyncio.Event()

    def making(self, answer: Answer) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Guard a call that asks for money."""
        return self._changing(answer, switches.CREATE)

    def giving_back(self, answer: Answer) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Guard a call that gives money back."""
        return self._changing(answer, switches.REFUND)

    def changing(self, answer: Answer) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Guard a call that changes something and has no trouble of its own."""
        return self._changing(answer, "")

    def admitting(self, answer: Answer) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Guard a call that looks at keys itself, or that anybody may make."""

        async def handle(request: web.Request) -> web.StreamResponse:
            if (refusal := await self._let_in(request)) is not None:
                return refusal
            try:
                return await answer(request)
            except BadRequest as problem:
                return self._manners.bad_request(str(problem))

        return handle

    def showing(self, answer: Answer) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Guard a call that only looks up one thing, and perhaps lie."""

        async def handle(request: web.Request) -> web.StreamResponse:
            if (refusal := await self._greet(request)) is not None:
                return refusal
            behaviour = str(self._trouble.value(switches.LOOK_UP))
            if behaviour == "500":
                return self._manners.failure(500)
            response = await answer(request)
            if response.status >= web.HTTPBadRequest.status_code:
                return response
            if behaviour == "404":
                return self._manners.missing()
            return _distorted(response, behaviour)

        return handle

    def listing(self, answer: Answer) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Guard a call that lists."""

        async def handle(request: web.Request) -> web.StreamResponse:
            if (refusal := await self._greet(request)) is not None:
                return refusal
            try:
                return await answer(request)
            except BadRequest as problem:
                return self._manners.bad_request(str(problem))

        return handle

    def _changing(
        self, answer: Answer, switch: str
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            if (refusal := await self._greet(request)) is not None:
                return refusal
            behaviour = str(self._trouble.value(switch)) if switch else "ok"
            if behaviour in {"500", "503", "429"}:
                return self._manners.failure(int(behaviour))
            try:
                response = await answer(request)
            except BadRequest as problem:
                return self._manners.bad_request(str(problem))
            await self._store.save()
            if behaviour == "hang" and response.status < web.HTTPBadRequest.status_code:
                await self._pause(HANG_S)
                return _cut(request)
            return response

        return handle

    async def _greet(self, request: web.Request) -> web.StreamResponse | None:
        """Misbehave as told, then check the key; `None` lets the request in."""
        return await self._let_in(request) or self._manners.turned_away(request)

    async def _let_in(self, request: web.Request) -> web.StreamResponse | None:
        """Misbehave as told."""
        if self._trouble.is_on(switches.OUTAGE):
            return _cut(request)
        await self._pause(self._trouble.number(switches.SLOW))
        return None

    async def _pause(self, seconds: float) -> None:
        if seconds <= 0:
            return
        try:
            async with asyncio.timeout(seconds):
                await self.closing.wait()
        except TimeoutError:
            return


async def read_body(request: web.Request) -> Mapping[str, Any]:
    """Return what a request says.

    Raises:
        BadRequest: it is no JSON object, or too large.
    """
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


def read_text(body: Mapping[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    """Return a text of this shape.

    Raises:
        BadRequest: it has another, or is none.
    """
    value = body.get(name)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise BadRequest(name)
    return value


def read_minor(body: Mapping[str, Any], name: str) -> int:
    """Return an amount in minor units.

    Raises:
        BadRequest: it is none.
    """
    value = body.get(name)
    if type(value) is not int or not 0 < value <= MAX_MINOR:
        raise BadRequest(name)
    return value


def read_currency(body: Mapping[str, Any]) -> str:
    """Return a currency's code.

    Raises:
        BadRequest: it is none that money is paid in.
    """
    value = body.get("currency")
    if not isinstance(value, str) or value not in EXPONENTS or value == "XTR":
        raise BadRequest("currency")
    return value


def as_json(status: int, value: object) -> web.Response:
    """Answer in JSON."""
    return web.Response(status=status, body=orjson.dumps(value), content_type="application/json")


def _cut(request: web.Request) -> web.Response:
    """Break the connection; the response returned is never sent."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=503)


def _distorted(response: web.Response, behaviour: str) -> web.Response:
    body = bytes(response.body) if isinstance(response.body, bytes) else b""
    match behaviour:
        case "cut":
            body = body[: len(body) // 2]
        case "twice":
            body = b'{"status":"paid",' + body[1:]
        case "huge":
            body = body[:-1] + b',"sequence":' + b"9" * 5_000 + b"}"
        case _:
            return response
    return web.Response(status=response.status, body=body, content_type="application/json")

"""POST /telegram/webhook: an update is durable before Telegram hears 200.

Anything but 2xx is delivered again and holds up its whole lane until then. So an outage of ours is
503 with a pause, which Telegram obeys, and an update that alone cannot be stored is parked and
answered with 200.

Source: telegram.md section 2, rule 1.
"""

import hmac
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Final

from aiohttp import web

from bot.engine.poller import BUGS, Park, RawUpdate, Store
from bot.engine.request import read_json

PATH: Final = "/telegram/webhook"
SECRET_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  # A header's name.
MAX_BODY_BYTES: Final = 256 * 1024
PAUSE_S: Final = 5
"""What we ask Telegram to wait when nothing can be stored."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Turned(StrEnum):
    """Why a delivery was not stored; told to `notice` for logs and metrics."""

    WRONG_SECRET = "wrong_secret"  # noqa: S105  # A reason, not a secret.
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"
    PARKED = "parked"
    STORE = "store"


def ignore_turned(turned: Turned) -> None:
    """Tell nobody."""


def telegram_webhook(
    store: Store,
    *,
    secret: str,
    park: Park,
    notice: Callable[[Turned], None] = ignore_turned,
) -> Handler:
    """Make the handler of Telegram's deliveries.

    Raises:
        ValueError: there is no secret.
    """
    if not secret:
        raise ValueError("A webhook needs a secret")
    expected = secret.encode()

    async def receive(request: web.Request) -> web.StreamResponse:
        if not _knows_secret(request, expected):
            notice(Turned.WRONG_SECRET)
            return web.Response(status=403)
        body = await _read_bounded(request)
        if body is None:
            notice(Turned.TOO_LARGE)
            return web.Response(status=413)
        update = _parse(body)
        if update is None:
            notice(Turned.UNREADABLE)
            return web.Response(status=400)
        try:
            is_stored = await _keep(update, store=store, park=park)
        except Exception:  # noqa: BLE001  # Whatever it is, Telegram keeps the update for us.
            notice(Turned.STORE)
            return web.Response(status=503, headers={"Retry-After": str(PAUSE_S)})
        if not is_stored:
            notice(Turned.PARKED)
        return web.Response()

    return receive


def _knows_secret(request: web.Request, expected: bytes) -> bool:
    given = request.headers.get(SECRET_HEADER, "").encode("utf-8", "surrogateescape")
    return hmac.compare_digest(given, expected)


async def _keep(update: RawUpdate, *, store: Store, park: Park) -> bool:
    """Store an update; false when it had to be parked instead."""
    try:
        await store([update])
    except BUGS as error:
        await park(update, error)
        return False
    return True


async def _read_bounded(request: web.Request) -> bytes | None:
    """Return the body, or None once it is larger than allowed."""
    if (request.content_length or 0) > MAX_BODY_BYTES:
        return None
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return None
    return bytes(body)


def _parse(body: bytes) -> RawUpdate | None:
    try:
        update = read_json(body)
    except ValueError:
        return None
    if not isinstance(update, dict) or not isinstance(update.get("update_id"), int):
        return None
    return update

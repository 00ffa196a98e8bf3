"""Which names the sandbox answers to: its own and loopback's.

A page from elsewhere may have its name point at this machine (DNS rebinding) and then read what it
serves as if it were its own: the browser says that page's name in `Host`. An address in numbers
cannot be pointed elsewhere.
"""

import ipaddress
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Middleware

ANYWHERE: Final = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - compared, never bound
LOCALHOST: Final = "localhost"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def own_names_only(host: str) -> Middleware:
    """Return what refuses every request for another name than `host`, which is listened on."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not is_own_name(request.headers.get("Host", ""), host=host):
            return web.Response(status=421, text="This sandbox is not called that.\n")
        return await handler(request)

    return check


def is_own_name(said: str, *, host: str) -> bool:
    """Tell whether a `Host` header, a port and all, names what listens on `host`."""
    try:
        name = (urlsplit(f"//{said}").hostname or "").rstrip(".")
    except ValueError:
        return False
    if name in {LOCALHOST, host.lower()} and name:
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return name.endswith(f".{LOCALHOST}")
    return address.is_loopback or host in ANYWHERE

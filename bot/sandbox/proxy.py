"""Everything that is not the sandbox's own goes to the bot's process; 503 while it is down."""

from typing import Final

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from bot.sandbox.child import Child

MAX_BODY_BYTES: Final = 20 * 1024 * 1024
ANSWER_WITHIN_S: Final = 60.0
RETRY_AFTER_S: Final = 2
HOP_BY_HOP: Final = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailers",
        "transfer-encoding",
        "upgrade",
        "content-length",
        "host",
    }
)


class Proxy:
    """Passes requests on to the child on its loopback port."""

    def __init__(self, child: Child, *, port: int) -> None:
        """Pass on to that process while it is up."""
        self._child = child
        self._base = f"http://127.0.0.1:{port}"
        self._session: aiohttp.ClientSession | None = None

    async def run(self, app: web.Application) -> None:
        """Open the connection pool; aiohttp calls this at its start."""
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=ANSWER_WITHIN_S), auto_decompress=False
        )

    async def close(self, app: web.Application) -> None:
        """Close the connection pool."""
        if self._session is not None:
            await self._session.close()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer with what the bot's process answers."""
        if self._session is None or not self._child.is_up:
            return _down("The bot is not running. Start it on the sandbox page.")
        body = await request.read()
        headers = CIMultiDict(
            (name, value) for name, value in request.headers.items() if _passes(name)
        )
        headers["Host"] = request.host
        try:
            async with self._session.request(
                request.method,
                URL(f"{self._base}{request.raw_path}", encoded=True),
                headers=headers,
                data=body or None,
                allow_redirects=False,
            ) as answer:
                return web.Response(
                    status=answer.status,
                    body=await answer.read(),
                    headers=CIMultiDict(
                        (name, value) for name, value in answer.headers.items() if _passes(name)
                    ),
                )
        except (aiohttp.ClientError, TimeoutError):
            return _down("The bot did not answer.")


def _passes(name: str) -> bool:
    return name.lower() not in HOP_BY_HOP


def _down(text: str) -> web.Response:
    return web.Response(status=503, text=f"{text}\n", headers={"Retry-After": str(RETRY_AFTER_S)})

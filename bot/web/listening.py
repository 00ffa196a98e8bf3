"""The port: patient with people, not with connections that only take up room.

A request's head must arrive within ten seconds of its first byte, its body within ten more; a
connection that says nothing is closed, and only so many may be open at once. Whoever is refused
comes again; a provider or Telegram repeats what it could not deliver.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import structlog
from aiohttp import web

HEAD_S: Final = 10.0
"""From a connection's beginning, or the first byte of a further request, to the end of the head."""
BODY_S: Final = 10.0
IDLE_S: Final = 75.0
"""How long a connection may rest between requests: longer than reverse proxies let them."""
MAX_CONNECTIONS: Final = 500
"""Well below the files a process may have open."""

_log = structlog.get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a port waits, in seconds, and for how many at once."""

    head_s: float = HEAD_S
    body_s: float = BODY_S
    idle_s: float = IDLE_S
    most: int = MAX_CONNECTIONS


class Listener:
    """An application behind a port."""

    def __init__(
        self,
        app: web.Application,
        *,
        host: str,
        port: int,
        shutdown_s: float,
        patience: Patience | None = None,
    ) -> None:
        """Keep what is served; nothing is bound yet. The application must not run elsewhere."""
        self.patience = patience or Patience()
        self.connections: dict[asyncio.BaseProtocol, Connection] = {}
        self._where = host, port
        self._server: asyncio.Server | None = None
        self._is_full = False
        app.middlewares.insert(0, self._watch)
        self._runner = web.AppRunner(
            app,
            access_log=None,
            shutdown_timeout=shutdown_s,
            keepalive_timeout=self.patience.idle_s,
        )

    @property
    def port(self) -> int:
        """The port that is bound, 0 before `open`."""
        sockets = self._server.sockets if self._server else ()
        return int(sockets[0].getsockname()[1]) if sockets else 0

    async def open(self) -> None:
        """Bind the port.

        Raises:
            OSError: it is taken.
        """
        await self._runner.setup()
        host, port = self._where
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self), host, port)

    async def close(self) -> None:
        """Let the port go, and what is under way finish."""
        if self._server is not None:
            self._server.close()
        await self._runner.cleanup()

    def new_handler(self) -> asyncio.Protocol:
        """Return what speaks HTTP on one connection."""
        server = self._runner.server
        if server is None:
            message = "the listener is closed"
            raise RuntimeError(message)
        return server()

    def has_room(self) -> bool:
        """Tell whether one more connection may stay; the first refusal of a crowd is logged."""
        was_full, self._is_full = self._is_full, len(self.connections) >= self.patience.most
        if self._is_full and not was_full:
            _log.warning("too_many_connections", most=self.patience.most)
        return not self._is_full

    @web.middleware
    async def _watch(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Handle a request whose head is here; its body has a time of its own."""
        connection = self.connections.get(request.protocol)
        if connection is None:
            return await handler(request)
        connection.begin(request)
        try:
            return await handler(request)
        finally:
            connection.end(request)


class Connection(asyncio.Protocol):
    """One connection: hands everything on to the HTTP handler, and watches the clock."""

    def __init__(self, listener: Listener) -> None:
        """Be ready for a client."""
        self._listener = listener
        self._loop = asyncio.get_running_loop()
        self._handler = listener.new_handler()
        self._transport: asyncio.BaseTransport | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._is_answering = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a client in, or turn it away when too many are there."""
        if not self._listener.has_room():
            _abort(transport)
            return
        self._transport = transport
        self._listener.connections[self._handler] = self
        self._handler.connection_made(transport)
        self._expect(self._listener.patience.head_s)

    def data_received(self, data: bytes) -> None:
        """Hand on what came; the first byte of a request starts its time."""
        if self._transport is None:
            return
        if not self._is_answering and self._deadline is None:
            self._expect(self._listener.patience.head_s)
        self._handler.data_received(data)

    def eof_received(self) -> bool | None:
        """Hand on."""
        return self._handler.eof_received() if self._transport is not None else None

    def connection_lost(self, exc: Exception | None) -> None:
        """Hand on; the room is free."""
        if self._transport is None:
            return
        self._stop_clock()
        self._transport = None
        self._listener.connections.pop(self._handler, None)
        self._handler.connection_lost(exc)

    def pause_writing(self) -> None:
        """Hand on."""
        self._handler.pause_writing()

    def resume_writing(self) -> None:
        """Hand on."""
        self._handler.resume_writing()

    def begin(self, request: web.Request) -> None:
        """Note that a head is whole; the body, if one is under way, has its own time."""
        self._stop_clock()
        self._is_answering = True
        if request.can_read_body:
            seconds = self._listener.patience.body_s
            self._deadline = self._loop.call_later(seconds, self._end_slow_body, request)

    def end(self, request: web.Request) -> None:
        """Note that the request was answered; a body that nobody read may still be under way."""
        self._is_answering = False
        if request.content.is_eof():
            self._stop_clock()

    def _expect(self, seconds: float) -> None:
        self._deadline = self._loop.call_later(seconds, self._give_up)

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _end_slow_body(self, request: web.Request) -> None:
        if not request.content.is_eof():
            self._give_up()

    def _give_up(self) -> None:
        if self._transport is not None:
            _abort(self._transport)


def _abort(transport: asyncio.BaseTransport) -> None:
    """Close at once; what is unsent is dropped."""
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()
    else:
        transport.close()

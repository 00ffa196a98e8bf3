"""The port drops what only takes up room, and serves everybody else."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from bot.web.listening import Listener, Patience

SOON_S = 30
Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def listening(patience: Patience) -> AsyncIterator[Listener]:
    async def echo(request: web.Request) -> web.Response:
        return web.Response(body=await request.read())

    app = web.Application()
    app.router.add_route("*", "/", echo)
    listener = Listener(app, host="127.0.0.1", port=0, shutdown_s=1, patience=patience)
    await listener.open()
    try:
        yield listener
    finally:
        await listener.close()


async def dial(listener: Listener, words: bytes = b"") -> Wire:
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
    writer.write(words)
    return reader, writer


async def heard(wire: Wire) -> bytes:
    """Return all that came until the other side closed."""
    async with asyncio.timeout(SOON_S):
        try:
            return await wire[0].read()
        except ConnectionError:
            return b""
        finally:
            wire[1].close()


async def number_becomes(listener: Listener, number: int) -> None:
    async with asyncio.timeout(SOON_S):
        while len(listener.connections) != number:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)


WHOLE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    "words",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf",
        b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf",
    ],
)
async def test_what_does_not_go_on_is_closed(words: bytes) -> None:
    patience = Patience(head_s=0.1, body_s=0.1, idle_s=60, most=20)
    async with listening(patience) as listener:
        wire = await dial(listener, words)
        assert b" 200 " not in await heard(wire)


async def test_a_second_request_has_a_time_of_its_own() -> None:
    # Long enough that the first one is whole in time on a machine that is busy.
    patience = Patience(head_s=1, body_s=1, idle_s=60, most=20)
    async with listening(patience) as listener:
        reader, writer = await dial(listener, WHOLE)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(WHOLE[:9])
        assert await heard((reader, writer)) == b""


async def test_a_connection_that_rests_is_closed() -> None:
    patience = Patience(head_s=60, body_s=60, idle_s=0.1, most=20)
    async with listening(patience) as listener:
        wire = await dial(listener, WHOLE)
        assert (await heard(wire)).startswith(b"HTTP/1.1 200")


async def test_only_so_many_may_be_open_and_room_comes_back() -> None:
    patience = Patience(head_s=60, body_s=60, idle_s=60, most=20)
    async with listening(patience) as listener:
        slow = [await dial(listener, b"GET") for _ in range(20)]
        await number_becomes(listener, len(slow))
        assert await heard(await dial(listener, WHOLE)) == b""
        slow.pop()[1].close()
        await number_becomes(listener, len(slow))
        reader, writer = await dial(listener, WHOLE)
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        for _, each in (*slow, (reader, writer)):
            each.close()


async def test_a_crowd_of_half_open_requests_does_not_stay() -> None:
    patience = Patience(head_s=1, body_s=1, most=200)
    loop = asyncio.get_running_loop()
    async with listening(patience) as listener:
        with contextlib.ExitStack() as crowd:
            for _ in range(300):
                one = crowd.enter_context(socket.socket())
                one.setblocking(False)  # noqa: FBT003 - the standard library's word
                await loop.sock_connect(one, ("127.0.0.1", listener.port))
                with contextlib.suppress(ConnectionError):
                    await loop.sock_sendall(one, b"POST / HTTP/1.1\r\nHost:")
            await number_becomes(listener, 0)
            reader, writer = await dial(listener, WHOLE)
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
            writer.close()

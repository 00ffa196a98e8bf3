"""Both ends of the wire: children that serve, and light connections that ask them.

A child prints its port once it serves and ends when its standard input does. A line is one
keep-alive connection: as little client as possible, so that the server is what is measured.
"""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from aiohttp import web

HOST: Final = "127.0.0.1"


@dataclass(slots=True)
class Line:
    """One keep-alive connection to a server on loopback."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, request: bytes) -> int:
        """Send a ready request; return the status of the answer, which is read to its end."""
        status, _ = await self.ask(request)
        return status

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a ready request; return status and body of the answer."""
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        return int(head[9:12]), await self.reader.readexactly(int(length or 0))

    async def close(self) -> None:
        """Hang up."""
        self.writer.close()
        await self.writer.wait_closed()


async def open_line(port: int) -> Line:
    """Connect."""
    reader, writer = await asyncio.open_connection(HOST, port)
    return Line(reader=reader, writer=writer)


def post(path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """Return a POST of JSON as it goes over the wire."""
    lines = [f"POST {path} HTTP/1.1", f"Host: {HOST}", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def free_port() -> int:
    """Return a loopback port that is free now."""
    with socket.socket() as found:
        found.bind((HOST, 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def child(module: str, *arguments: str) -> Iterator[int]:
    """Run a module of ours that serves; give its port, end it in the end."""
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(  # noqa: S603 - a module of ours
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()


async def serve(app: web.Application, *, until: Callable[[], Awaitable[object]]) -> None:
    """Serve on a free port, print it, end when told."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HOST, 0).start()
    print(runner.addresses[0][1], flush=True)
    await until()
    await runner.cleanup()


async def parent_is_done() -> None:
    """Wait until the parent closes our standard input."""
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

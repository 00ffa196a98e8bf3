"""HTTP in memory: requests go to the very handlers that serve them on a socket, over bad lines.

A line is slow, loses a request before or after it left, loses answers, and carries things twice, as
its character says. Nothing here knows what is carried.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import StreamReader, web
from aiohttp.http import HttpVersion11, RawRequestMessage
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from tests.simulation.chance import Luck
from tests.simulation.loop import Died
from tests.simulation.trace import Trace

NEVER_S: Final = 3600.0


class NotCarried(Exception):
    """No byte arrived, and the sender knows it."""


class AnswerLost(Exception):
    """It left, and no answer came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The character of a line: each figure in 0..1, the delay in seconds each way."""

    delay_s: float = 0.02
    slow: float = 0.0
    """How often it takes a hundred times as long."""
    refuses: float = 0.0
    loses_request: float = 0.0
    loses_answer: float = 0.0
    repeats: float = 0.0


GOOD: Final = Line()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Network:
    """Applications by host and port, and the lines to them."""

    def __init__(self, trace: Trace, mood: Luck) -> None:
        self.lines: dict[str, Line] = {}
        self._doors: dict[str, list[web.Application]] = {}
        self._trace = trace
        self._mood = mood

    def open(self, place: str, app: web.Application) -> None:
        """Serve an application at `host:port`; where there are several, any of them answers."""
        app.freeze()
        self._doors.setdefault(place, []).append(app)

    def shut(self, place: str, app: web.Application) -> None:
        """Serve it there no more."""
        self._doors[place] = [each for each in self._doors.get(place, []) if each is not app]

    async def carry(
        self,
        line_name: str,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        within_s: float = 20.0,
    ) -> Answer:
        """Carry a request and its answer.

        Raises:
            NotCarried: it never left.
            AnswerLost: nobody knows what became of it.
        """
        line = self.lines.get(line_name, GOOD)
        parts = urlsplit(url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        fate = self._fate(line)
        self._trace.tell(line_name, f"{method} {_tail(path)} {fate}", weight=body)
        try:
            async with asyncio.timeout(within_s):
                await self._pause(line)
                if fate == "refused":
                    raise NotCarried
                if fate == "request lost":
                    await asyncio.sleep(NEVER_S)
                apps = self._doors.get(parts.netloc)
                if not apps:
                    raise NotCarried
                app = self._mood.choice(apps)
                answer = await _serve(app, method, path, headers, body)
                if fate == "twice":
                    answer = await _serve(app, method, path, headers, body)
                if fate == "answer lost":
                    await asyncio.sleep(NEVER_S)
                await self._pause(line)
        except TimeoutError:
            raise AnswerLost from None
        if answer.status >= 400:
            said = answer.body[:120].decode("utf-8", "replace")
            self._trace.tell(line_name, f"{_tail(path)} → {answer.status} {said}")
        return answer

    def _fate(self, line: Line) -> str:
        chance = self._mood.random()
        fates = (
            ("refused", line.refuses),
            ("request lost", line.loses_request),
            ("answer lost", line.loses_answer),
            ("twice", line.repeats),
        )
        for fate, share in fates:
            if chance < share:
                return fate
            chance -= share
        return "ok"

    async def _pause(self, line: Line) -> None:
        factor = 100.0 if self._mood.random() < line.slow else 1.0
        await asyncio.sleep(line.delay_s * factor * self._mood.random() * 2)


class _Transport:
    """A connection that can only be cut."""

    def __init__(self) -> None:
        self.is_cut = False

    def abort(self) -> None:
        self.is_cut = True

    def is_closing(self) -> bool:
        return self.is_cut

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 1) if name == "peername" else default


class _Protocol:
    """What a request asks of its connection."""

    max_field_size = 8190
    max_line_length = 8190
    max_headers = 128
    ssl_context = None
    peername = ("127.0.0.1", 1)
    sockname = ("127.0.0.1", 2)
    _reading_paused = False

    def __init__(self) -> None:
        self.transport = _Transport()
        self.writer = self

    def pause_reading(self) -> None:
        """Everything is here already."""

    def resume_reading(self, **_how: bool) -> None:
        """As above."""


async def _serve(
    app: web.Application, method: str, path: str, headers: Mapping[str, str], body: bytes
) -> Answer:
    request, protocol = _request(method, path, headers, body)
    try:
        response = await app._handle(request)  # noqa: SLF001 - what the server calls
    except web.HTTPException as refusal:
        response = refusal
    except (ConnectionResetError, Died):
        raise AnswerLost from None
    if protocol.transport.is_cut:
        raise AnswerLost
    assert isinstance(response, web.Response)
    content = response.body if isinstance(response.body, bytes) else b""
    return Answer(status=response.status, headers=dict(response.headers), body=content)


def _request(
    method: str, path: str, headers: Mapping[str, str], body: bytes
) -> tuple[web.Request, _Protocol]:
    sent = CIMultiDict({**headers, "Host": "127.0.0.1", "Content-Length": str(len(body))})
    message = RawRequestMessage(
        method,
        path,
        HttpVersion11,
        CIMultiDictProxy(sent),
        tuple((name.encode(), value.encode()) for name, value in sent.items()),
        should_close=False,
        compression=None,
        upgrade=False,
        chunked=False,
        url=URL(path, encoded=True),
    )
    protocol: Any = _Protocol()
    loop = asyncio.get_running_loop()
    payload = StreamReader(protocol, 2**16, loop=loop)
    payload.feed_data(body)
    payload.feed_eof()
    task = asyncio.current_task(loop)
    assert task is not None
    return web.Request(message, payload, protocol, protocol, task, loop), protocol


def _tail(path: str) -> str:
    return path.rpartition("/")[2][:60] or path[-60:]

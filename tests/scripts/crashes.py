"""Crashes in process: the service dies at the nth commit or effect, as by `kill -9`.

A point is counted at every COMMIT (before it, and after it but before anybody is told) and around
every call that leaves the process and every PIN check. After the crash no commit of that service
happens any more, nothing leaves it, and whoever waits for it is dropped.
"""

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, Final, NoReturn

from bot.wiring import Service
from core.domain.configurations import Configuration
from core.domain.work import Work
from storage.embedded import EmbeddedDatabase
from storage.jobs import Job
from storage.sqlite import open_connection

NEVER: Final = 10**9


class Crashed(asyncio.CancelledError):
    """The service is dead: whatever it still tries is dropped, without a word."""


def setter(event: asyncio.Event) -> Callable[[], None]:
    """Return what sets an event of this loop from any thread."""
    loop = asyncio.get_running_loop()

    def tell() -> None:
        loop.call_soon_threadsafe(event.set)

    return tell


class Crash:
    """Counts points and kills at one of them."""

    def __init__(self, at: int = NEVER, *, tell: Callable[[], None] = lambda: None) -> None:
        """Die at that point, counted from 1; `tell` is called once, on any thread."""
        self.at = at
        self.points = 0
        self.is_dead = False
        self.where = ""
        self._tell = tell
        self._lock = threading.Lock()
        self._waiting: dict[int, Job] = {}
        self._numbers = count()

    def point(self, where: str) -> None:
        """Count a point.

        Raises:
            Crashed: it was the one, or it came after.
        """
        with self._lock:
            self.points += not self.is_dead
            is_it = not self.is_dead and self.points >= self.at
            if is_it:
                self.where = where
        if is_it:
            self.die()
        self.check()

    def check(self) -> None:
        """Let the living pass.

        Raises:
            Crashed: the service is dead.
        """
        if self.is_dead:
            raise Crashed

    def die(self) -> None:
        """Die now, once; whoever waits for the database never hears of it."""
        with self._lock:
            was_dead, self.is_dead = self.is_dead, True
            waiting, self._waiting = self._waiting, {}
        for job in waiting.values():
            job.deliver(replace(job, result=None, error=Crashed()))
        if not was_dead:
            self._tell()

    def connect(self, path: Path) -> sqlite3.Connection:
        """Open the writer's connection with a COMMIT that may be the last."""
        if self.is_dead:
            raise _io_error()
        return _Dying(open_connection(path), self)  # type: ignore[return-value]

    def on_fatal(self) -> NoReturn:  # type: ignore[misc]
        """Stand in for the end of the process: nobody hears of the commit that failed.

        The writer's thread goes on and waits to be stopped; it is handed nothing any more.
        """
        self.die()

    def enter(self, service: Service) -> None:
        """Stand between a service that was built and the world."""
        database = service.database
        if not isinstance(database, EmbeddedDatabase):
            return  # On a server only whole processes are killed.
        writer = database._writer  # noqa: SLF001 - the only way in
        submit = writer.submit
        writer.submit = lambda job: submit(self._watched(job))  # type: ignore[method-assign]
        hand_over = service.database.on_commit

        def on_commit(take: Callable[[Sequence[Work]], None]) -> None:
            hand_over(lambda rows: None if self.is_dead else take(rows))

        service.database.on_commit = on_commit  # type: ignore[method-assign,assignment]
        line = _Line(service.client._request, self)  # noqa: SLF001 - as above
        service.client._request = line  # type: ignore[assignment]  # noqa: SLF001 - as above
        find = service.registry.adapter

        async def adapter(configuration: Configuration) -> Any:
            found = await find(configuration)
            return None if found is None else _Adapter(found, self)

        service.registry.adapter = adapter  # type: ignore[method-assign]
        check = service.pins._check  # noqa: SLF001 - as above

        def checked(kept: dict[str, Any]) -> Any:
            self.point("before a PIN check")
            result = check(kept)
            self.point("after a PIN check")
            return result

        service.pins._check = checked  # type: ignore[method-assign]  # noqa: SLF001 - as above

    def drop(self, service: Service) -> None:
        """Drop what the service has in its hands."""
        for lane in service.engine.lanes._lanes.values():  # noqa: SLF001 - no orderly way, by design
            if lane.task is not None:
                lane.task.cancel()

    async def bury(self, service: Service) -> None:
        """Give back what an ended process would give back to the machine."""
        service.pins.close()
        await service.client.close()
        await service.http.aclose()
        await service.database.close()

    def _watched(self, job: Job) -> Job:
        """Hand a job over so that its result is lost when the service dies first."""
        key, deliver = next(self._numbers), job.deliver

        def once(done: Job) -> None:
            with self._lock:
                is_awaited = self._waiting.pop(key, None) is not None
            if is_awaited:
                deliver(done)

        with self._lock:
            self.check()
            self._waiting[key] = replace(job)
        return replace(job, deliver=once)


class _Line:
    """The line to Telegram: polls only break, every other call has its points."""

    def __init__(self, inner: Any, crash: Crash) -> None:
        self._inner = inner
        self._crash = crash

    async def call(self, url: Any, body: bytes, **bounds: Any) -> Any:
        method = url.path.rpartition("/")[2]
        is_poll = method == "getUpdates"
        pass_by = (lambda _where: self._crash.check()) if is_poll else self._crash.point
        pass_by(f"before {method}")
        result = await self._inner.call(url, body, **bounds)
        pass_by(f"after {method}")
        return result

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _Adapter:
    """A provider's adapter whose calls have their points."""

    def __init__(self, inner: Any, crash: Crash) -> None:
        self._inner = inner
        self._crash = crash

    async def create_link(self, request: Any) -> Any:
        self._crash.point("before create_link")
        result = await self._inner.create_link(request)
        self._crash.point("after create_link")
        return result

    async def refund(self, request: Any) -> Any:
        self._crash.point("before refund")
        result = await self._inner.refund(request)
        self._crash.point("after refund")
        return result

    async def look_up_refund(self, request: Any, **known: Any) -> Any:
        self._crash.point("before look_up_refund")
        result = await self._inner.look_up_refund(request, **known)
        self._crash.point("after look_up_refund")
        return result

    async def advance(self, **asked: Any) -> Any:
        self._crash.point("before advance")
        result = await self._inner.advance(**asked)
        self._crash.point("after advance")
        return result

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _Dying:
    """A connection whose COMMIT asks first."""

    def __init__(self, connection: sqlite3.Connection, crash: Crash) -> None:
        self._connection = connection
        self._crash = crash

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        """Run a statement; a dead service runs none."""
        if self._crash.is_dead:
            raise _io_error()
        if sql != "COMMIT":
            return self._connection.execute(sql, *args)
        try:
            self._crash.point("before a commit")
            cursor = self._connection.execute(sql)
            self._crash.point("after a commit")
        except Crashed:
            raise _io_error() from None
        return cursor

    def close(self) -> None:
        """Close the file; what was not committed is gone."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def _io_error() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR
    error.sqlite_errorname = "SQLITE_IOERR"
    return error

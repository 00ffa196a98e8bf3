"""Crashes in process: the service dies at the nth commit or effect, as by `kill -9`.

A point is counted at every COMMIT (before it, and after it but before anybody is told) and around
every call that leaves the process. After the crash no statement of that service runs any more.
"""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NoReturn

from storage.sqlite import open_connection

NEVER: Final = 10**9


class Crashed(Exception):
    """The service is dead: whatever it still tries fails."""


class Crash:
    """Counts points and kills at one of them."""

    def __init__(self, at: int = NEVER, *, tell: Callable[[], None] = lambda: None) -> None:
        """Die at that point, counted from 1; `tell` is called once, on any thread."""
        self.at = at
        self.points = 0
        self.is_dead = False
        self._tell = tell
        self._lock = threading.Lock()

    def point(self) -> None:
        """Count a point.

        Raises:
            Crashed: it was the one, or it came after.
        """
        with self._lock:
            self.points += 1
            if not self.is_dead and self.points >= self.at:
                self.is_dead = True
                self._tell()
        if self.is_dead:
            raise Crashed

    def connect(self, path: Path) -> sqlite3.Connection:
        """Open the writer's connection with a COMMIT that may be the last."""
        if self.is_dead:
            raise _io_error()
        connection = open_connection(path)
        return _Dying(connection, self)  # type: ignore[return-value]

    def on_fatal(self) -> NoReturn:
        """End the writer's thread, as the process would end."""
        raise SystemExit

    def wrap(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """Count a point before and after an effect."""

        async def counted(*args: Any, **kwargs: Any) -> Any:
            self.point()
            result = await call(*args, **kwargs)
            self.point()
            return result

        return counted


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
            self._crash.point()
            cursor = self._connection.execute(sql)
            self._crash.point()
        except Crashed:
            raise _io_error() from None
        return cursor

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def _io_error() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR
    error.sqlite_errorname = "SQLITE_IOERR"
    return error

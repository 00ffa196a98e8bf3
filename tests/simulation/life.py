"""One life of a process: how long it lasts, and what its end means.

A point is counted before and after every COMMIT, every call that leaves the process and every PIN
check. A life ends at one of them, as by `kill -9`: no commit of it happens any more, nothing leaves
it, and nobody in it hears of anything.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NoReturn

from storage.sqlite import open_connection
from tests.simulation.chance import Luck
from tests.simulation.loop import Crew, Died
from tests.simulation.trace import Trace

FOR_EVER: Final = 10**9


class Life:
    """Counts points and ends at one of them."""

    def __init__(self, trace: Trace, mood: Luck, *, until: int = FOR_EVER) -> None:
        self.crew = Crew()
        self.died = asyncio.Event()
        self.points = 0
        self.failing_commits = 0.0
        """How often a COMMIT fails, in 0..1."""
        self.fragile: Mapping[str, float] = {}
        """How often a point is the last one, by how its name begins, in 0..1."""
        self.look_after_commit: Callable[[sqlite3.Connection], None] = lambda _connection: None
        self._until = until
        self._trace = trace
        self._mood = mood
        self._open: list[sqlite3.Connection] = []

    @property
    def is_over(self) -> bool:
        return self.died.is_set()

    def point(self, where: str) -> None:
        """Count a point.

        Raises:
            Died: it was the last one, or came after.
        """
        self.check()
        self.points += 1
        if self.points >= self._until or self._breaks(where):
            self._trace.tell("dies", where)
            self.end()
            raise Died

    def _breaks(self, where: str) -> bool:
        return any(
            where.startswith(name) and self._mood.random() < share
            for name, share in self.fragile.items()
        )

    def check(self) -> None:
        """Let the living pass.

        Raises:
            Died: it is dead.
        """
        if self.is_over:
            raise Died

    def end(self) -> None:
        """End now, once."""
        if not self.is_over:
            self.died.set()
            self.crew.cancel()
            # As the kernel does: what a dead process had begun must lock nobody out.
            for connection in self._open:
                with contextlib.suppress(sqlite3.Error):
                    connection.close()

    def connect(self, path: Path) -> sqlite3.Connection:
        """Open the writer's connection: its COMMITs may be the last ones, or fail."""
        self.check()
        self._open = [open_connection(path)]
        return Mortal(self._open[0], self)  # type: ignore[return-value]

    def on_fatal(self) -> NoReturn:
        """Stand in for the end of the process."""
        self.end()
        raise Died

    def commit(self, connection: sqlite3.Connection) -> sqlite3.Cursor:
        """Commit, with everything that may happen around it."""
        self.point("before a commit")
        is_failing = self._mood.random() < self.failing_commits
        if is_failing and self._mood.random() < 0.5:
            self._trace.tell("fault", "COMMIT fails and did nothing")
            raise sqlite3.OperationalError("not committed")
        cursor = connection.execute("COMMIT")
        self.look_after_commit(connection)
        if is_failing:
            self._trace.tell("fault", "COMMIT fails and did it all the same")
            raise sqlite3.OperationalError("committed, but nobody knows")
        self.point("after a commit")
        return cursor


class Mortal:
    """A connection whose COMMIT asks its life first."""

    def __init__(self, connection: sqlite3.Connection, life: Life) -> None:
        self._connection = connection
        self._life = life

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        if self._life.is_over:
            raise disk_error()
        if sql != "COMMIT":
            return self._connection.execute(sql, *args)
        try:
            return self._life.commit(self._connection)
        except Died:
            raise disk_error() from None

    def close(self) -> None:
        """Close the file; what was not committed is gone."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def disk_error() -> sqlite3.OperationalError:
    """Return the error after which only recovery can tell what stands."""
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR
    error.sqlite_errorname = "SQLITE_IOERR"
    return error

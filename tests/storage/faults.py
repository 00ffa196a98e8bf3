"""A connection that fails when told to: the `connect` port of the writer, broken on purpose."""

import copy
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from storage.sqlite import open_connection


def failure(code: int, words: str) -> sqlite3.OperationalError:
    """Return an error as the driver raises it, with its extended code."""
    error = sqlite3.OperationalError(words)
    error.sqlite_errorcode = code
    return error


FULL = failure(sqlite3.SQLITE_FULL, "database or disk is full")
IO = failure(sqlite3.SQLITE_IOERR_FSYNC, "disk I/O error")
BUSY = failure(sqlite3.SQLITE_BUSY, "database is locked")


@dataclass
class Fault:
    """What goes wrong, and when: at a statement that contains `at`, the nth time from now on."""

    at: str
    error: sqlite3.Error
    nth: int = 1
    is_done_first: bool = False
    """The statement takes effect, and only its answer is lost."""
    ends_transaction: bool = False
    """SQLite rolls the whole transaction back by itself."""
    times: int = 1


@dataclass
class Faults:
    """The plan of a test; `connect` is handed to the writer."""

    planned: list[Fault] = field(default_factory=list)
    opened: int = 0
    fails_to_open: sqlite3.Error | None = None
    statements: list[str] = field(default_factory=list)

    def connect(self, path: Path) -> sqlite3.Connection:
        """Open a connection that follows the plan."""
        self.opened += 1
        if self.opened > 1 and self.fails_to_open is not None:
            raise copy.copy(self.fails_to_open)
        inner = open_connection(path)
        inner.close()
        connection = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, factory=_Broken
        )
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.faults = self
        return connection

    def plan(self, fault: Fault) -> None:
        """Let something go wrong from now on."""
        self.planned.append(fault)

    def meet(self, connection: sqlite3.Connection, sql: str, act: Callable[[], Any]) -> Any:
        """Run a statement, or fail as planned."""
        self.statements.append(sql)
        for fault in self.planned:
            if fault.at not in sql or not fault.times:
                continue
            fault.nth -= 1
            if fault.nth > 0:
                continue
            fault.times -= 1
            if fault.is_done_first:
                act()
            if fault.ends_transaction:
                sqlite3.Connection.execute(connection, "ROLLBACK")
            raise copy.copy(fault.error)
        return act()


class _Broken(sqlite3.Connection):
    faults: Faults | None = None

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """Run on the connection, as planned."""

        def act() -> sqlite3.Cursor:
            return sqlite3.Connection.execute(self, sql, parameters)

        return act() if self.faults is None else _cursor(self.faults.meet(self, sql, act))

    def cursor(self, factory: Any = sqlite3.Cursor) -> Any:
        """Return a cursor of the class asked for, which fails as planned."""
        faults = self.faults

        class Cursor(factory):  # type: ignore[misc]
            def execute(self, sql: str, parameters: Any = (), /) -> Any:
                def act() -> Any:
                    return factory.execute(self, sql, parameters)

                return act() if faults is None else faults.meet(self.connection, sql, act)

        return super().cursor(Cursor)


def _cursor(found: Any) -> sqlite3.Cursor:
    assert isinstance(found, sqlite3.Cursor)
    return found

"""Readers: plain functions on read-only snapshots of a SQLite file, each on a thread of its own.

A thread keeps its connection. A function runs on it from start to end, as on the writer's thread:
no statement waits for another thread to run it (ADR 0011).
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

from storage.sqlite import BUSY_S

T = TypeVar("T")

READERS: Final = 4
"""Reads that run side by side; more wait."""

ASKED_EVERY: Final = 20_000
"""Instructions of the database's machine between two questions: well under a millisecond."""


class Readers:
    """A few threads that only look."""

    def __init__(self, path: Path) -> None:
        """Name the file; threads and connections are made when they are needed."""
        self._path = path
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="hazina-reader")
        self._own = threading.local()
        self._connections: list[sqlite3.Connection] = []

    async def read(self, look: Callable[[sqlite3.Cursor], T]) -> T:
        """Run a function on a new snapshot; whoever stops waiting for it also stops it."""
        turn = _Turn()
        looking = asyncio.get_running_loop().run_in_executor(self._pool, self._look, turn, look)
        try:
            return await looking
        except asyncio.CancelledError:
            turn.interrupt()
            raise

    def close(self) -> None:
        """Let what runs finish and close."""
        self._pool.shutdown()
        for connection in self._connections:
            connection.close()
        self._connections.clear()

    def _look(self, turn: "_Turn", look: Callable[[sqlite3.Cursor], T]) -> T:
        connection = self._connection()
        cursor = connection.cursor()
        cursor.execute("BEGIN")
        try:
            with turn.of(connection):
                return look(cursor)
        finally:
            # Here, not where an error's trace dies: another thread would wait for this connection.
            cursor.close()
            connection.rollback()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = _open(self._path)
            self._own.connection = connection
            self._connections.append(connection)
        return connection


class _Turn:
    """One read, and whether anybody still waits for it.

    The database asks now and then while it works. An interrupt from outside would be lost where it
    comes just before a statement begins, and that one would run on for nobody.
    """

    def __init__(self) -> None:
        self._is_over = False

    @contextmanager
    def of(self, connection: sqlite3.Connection) -> Iterator[None]:
        """Have a connection stop inside the block when nobody waits any more."""
        if self._is_over:
            raise sqlite3.OperationalError("interrupted")
        connection.set_progress_handler(self._asked, ASKED_EVERY)
        try:
            yield
        finally:
            # What comes next on this connection is somebody else's.
            connection.set_progress_handler(None, 0)

    def interrupt(self) -> None:
        """Stop it where it stands, or before it begins."""
        self._is_over = True

    def _asked(self) -> int:
        return int(self._is_over)


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, timeout=BUSY_S, cached_statements=512
    )
    # The writer alone writes and checkpoints.
    for pragma in ("query_only=ON", "wal_autocheckpoint=0"):
        connection.execute(f"PRAGMA {pragma}")
    return connection

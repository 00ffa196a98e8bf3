"""Readers: plain functions on read-only snapshots of a SQLite file, each on a thread of its own.

A thread keeps its connection. A function runs on it from start to end, as on the writer's thread:
no statement waits for another thread to run it (ADR 0011).
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from storage.sqlite import BUSY_S

T = TypeVar("T")

READERS: Final = 4
"""Reads that run side by side; more wait."""


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
            connection.rollback()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = _open(self._path)
            self._own.connection = connection
            self._connections.append(connection)
        return connection


class _Turn:
    """One read: which connection runs it, as long as it does."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._is_over = False

    def of(self, connection: sqlite3.Connection) -> "_Turn":
        """Say which connection is used inside the block that follows."""
        with self._lock:
            if self._is_over:
                raise sqlite3.OperationalError("interrupted")
            self._connection = connection
        return self

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, *_: object) -> None:
        """End: what comes next on this connection is somebody else's."""
        with self._lock:
            self._connection = None

    def interrupt(self) -> None:
        """Stop it where it stands, or before it begins."""
        with self._lock:
            self._is_over = True
            if self._connection is not None:
                self._connection.interrupt()


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, timeout=BUSY_S, cached_statements=512
    )
    # The writer alone writes and checkpoints.
    for pragma in ("query_only=ON", "wal_autocheckpoint=0"):
        connection.execute(f"PRAGMA {pragma}")
    return connection

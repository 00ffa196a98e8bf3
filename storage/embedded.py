"""The database in one SQLite file, in the hands of one service."""

import asyncio
import fcntl
import os
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Any, ClassVar, NoReturn, TypeVar

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from core.domain.work import Work
from core.ports import Clock, Randomness
from storage import setup
from storage.database import READ_TIMEOUT_S, Database
from storage.jobs import Job
from storage.keyring import KeyRing
from storage.sqlite import Connect, SqliteWriter, open_connection
from storage.transaction import Group, SqlTransaction

T = TypeVar("T")


class AlreadyRunning(Exception):
    """Another service holds this SQLite file."""


class ServiceLock:
    """The exclusive lock that stands for every lane's lease on SQLite (ADR 0008)."""

    _here: ClassVar[set[Path]] = set()
    """Locks that this very process holds."""

    def __init__(self, path: Path) -> None:
        """Name the lock file beside the database."""
        self._path = path.with_name(path.name + ".lock")
        self._file: IO[str] | None = None

    def take(self) -> None:
        """Take the lock until the process ends.

        Raises:
            AlreadyRunning: another process has it.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("w")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            self._file = None
            raise AlreadyRunning(self._path.stem) from None
        self._here.add(self._path.absolute())

    def release(self) -> None:
        """Give the lock back."""
        if self._file is not None:
            self._file.close()
            self._file = None
            self._here.discard(self._path.absolute())

    @property
    def is_ours(self) -> bool:
        """Tell whether this process holds it, through whichever object."""
        return self._path.absolute() in self._here


def end_process() -> NoReturn:
    """End at once: only recovery at the next start can tell what a failed disk kept."""
    os._exit(74)


class EmbeddedDatabase(Database):
    """One SQLite file: a writer thread and a pool of snapshot readers."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock,
        randomness: Randomness,
        ring: KeyRing,
        on_fatal: Callable[[], NoReturn] = end_process,
        connect: Connect = open_connection,
    ) -> None:
        """Open the file; it must have the newest schema."""
        self.path = path
        self.ring = ring
        self._clock = clock
        self._randomness = randomness
        self._writer = SqliteWriter(
            path,
            clock=clock,
            randomness=randomness,
            ring=ring,
            on_fatal=on_fatal,
            connect=connect,
        )
        self._readers: AsyncEngine | None = None
        self._writer.start()

    def now(self) -> datetime:
        """Return the time as transactions see it."""
        return self._clock.now()

    @property
    def commits(self) -> int:
        """How many groups were committed since the start."""
        return self._writer.commits

    def _follow(self, tell: Callable[[Sequence[Work]], None]) -> None:
        self._writer.on_commit = tell

    def _submit(self, job: Job) -> None:
        self._writer.submit(job)

    async def read(self, function: Callable[[SqlTransaction], T]) -> T:
        """Run a function on a read-only snapshot, 30 s at most."""
        if self._readers is None:
            self._readers = _reader_engine(self.path)

        def look(connection: Connection) -> T:
            raw: Any = connection.connection
            cursor = raw.cursor()
            cursor.execute("BEGIN")
            group = Group(now=self._clock.now())
            tx = SqlTransaction(cursor, group, ring=self.ring, randomness=self._randomness)
            return function(tx)

        async with asyncio.timeout(READ_TIMEOUT_S), self._readers.connect() as connection:
            return await connection.run_sync(look)

    async def is_current(self) -> bool:
        """Tell whether the schema, the steps and the triggers are those of today's code."""
        return await asyncio.to_thread(setup.is_current, self.path)

    async def close(self) -> None:
        """Finish what is queued and close."""
        await asyncio.to_thread(self._writer.stop)
        if self._readers is not None:
            await self._readers.dispose()


def _reader_engine(path: Path) -> AsyncEngine:
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}", pool_size=4, max_overflow=0)

    @event.listens_for(engine.sync_engine, "connect")
    def _only_look(connection: Any, _entry: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA query_only=ON")
        cursor.execute("PRAGMA wal_autocheckpoint=0")
        cursor.close()

    return engine

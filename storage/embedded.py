"""The database in one SQLite file, in the hands of one service."""

import asyncio
import fcntl
import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, ClassVar, NoReturn, TypeVar

from core.domain.configurations import ProviderKind
from core.domain.work import Work
from core.ports import Clock, Randomness
from storage import setup
from storage.database import READ_TIMEOUT_S, Database
from storage.jobs import Job
from storage.keyring import KeyRing
from storage.readers import Readers
from storage.sqlite import Connect, SqliteWriter, open_connection
from storage.transaction import NO_KINDS, Group, SqlTransaction

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
        kinds: Mapping[str, ProviderKind] = NO_KINDS,
        on_fatal: Callable[[], NoReturn] = end_process,
        connect: Connect = open_connection,
    ) -> None:
        """Open the file; it must have the newest schema."""
        self.path = path
        self.ring = ring
        self._kinds = kinds
        self._clock = clock
        self._randomness = randomness
        self._writer = SqliteWriter(
            path,
            clock=clock,
            randomness=randomness,
            ring=ring,
            kinds=kinds,
            on_fatal=on_fatal,
            connect=connect,
        )
        self._readers = Readers(path)
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

        def look(cursor: sqlite3.Cursor) -> T:
            group = Group(now=self._clock.now())
            tx = SqlTransaction(
                cursor, group, ring=self.ring, randomness=self._randomness, kinds=self._kinds
            )
            return function(tx)

        async with asyncio.timeout(READ_TIMEOUT_S):
            return await self._readers.read(look)

    async def is_current(self) -> bool:
        """Tell whether the schema, the steps and the triggers are those of today's code."""
        return await asyncio.to_thread(setup.is_current, self.path)

    async def close(self) -> None:
        """Finish what is queued and close."""
        # The readers first: the last connection to close checkpoints.
        await asyncio.to_thread(self._readers.close)
        await asyncio.to_thread(self._writer.stop)

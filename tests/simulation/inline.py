"""The database of one process on the calling thread: the real writer, the real file, no thread.

Functions that meet within some milliseconds are committed as one group. A look sees a snapshot and
hears of it a little later, when the world may have gone on.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from bot.providers import KINDS
from core.domain.work import Work
from storage.database import Database
from storage.jobs import Job
from storage.keyring import KeyRing
from storage.sqlite import SqliteWriter
from storage.transaction import Group, SqlTransaction
from tests.simulation.chance import Hours, Luck, SeededRandomness
from tests.simulation.life import Life
from tests.simulation.loop import Died
from tests.simulation.trace import Trace

T = TypeVar("T")

PAUSES_S: Final = (0.0, 0.0, 0.001, 0.004, 0.02)
MAX_GROUP: Final = 8


class InlineDatabase(Database):
    """`storage.database.Database` without its threads."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Hours,
        randomness: SeededRandomness,
        ring: KeyRing,
        life: Life,
        mood: Luck,
        trace: Trace,
    ) -> None:
        self.path = path
        self.ring = ring
        self._clock = clock
        self._randomness = randomness
        self._life = life
        self._mood = mood
        self._trace = trace
        self._writer = SqliteWriter(
            path,
            clock=clock,
            randomness=randomness,
            ring=ring,
            kinds=KINDS,
            on_fatal=life.on_fatal,
            connect=life.connect,
        )
        self.glass = Glass(path, clock=clock, ring=ring, chance=randomness)
        self._waiting: list[Job] = []
        self._turn: asyncio.TimerHandle | None = None

    def now(self) -> datetime:
        return self._clock.now()

    @property
    def commits(self) -> int:
        return self._writer.commits

    async def is_current(self) -> bool:
        return True

    async def read(self, function: Callable[[SqlTransaction], T]) -> T:
        self._life.check()
        await asyncio.sleep(self._mood.choice(PAUSES_S))
        self._life.check()
        seen = self.glass.look(function)
        await asyncio.sleep(self._mood.choice(PAUSES_S))
        return seen

    def _submit(self, job: Job) -> None:
        self._life.check()
        self._waiting.append(job)
        self._arrange()

    def _follow(self, tell: Callable[[Sequence[Work]], None]) -> None:
        def take(rows: Sequence[Work]) -> None:
            if not self._life.is_over:
                self._life.crew.run(tell, rows)

        self._writer.on_commit = take

    async def close(self) -> None:
        while self._waiting and not self._life.is_over:
            self._commit()
        if self._turn is not None:
            self._turn.cancel()
        self.glass.close()
        self._writer.stop()

    def drop(self) -> None:
        """Close the files as the kernel does after a process."""
        self.glass.close()
        self._writer._connection.close()  # noqa: SLF001 - its orderly way would checkpoint

    def _arrange(self) -> None:
        if self._turn is None and self._waiting:
            pause_s = self._mood.choice(PAUSES_S)
            self._turn = asyncio.get_running_loop().call_later(pause_s, self._commit)

    def _commit(self) -> None:
        """Commit some of what waits as one group; nobody hears of it in a process that died."""
        self._turn = None
        if not self._life.is_over:
            with contextlib.suppress(Died):
                self._commit_some()

    def _commit_some(self) -> None:
        count = self._mood.randint(1, MAX_GROUP)
        jobs, self._waiting = self._waiting[:count], self._waiting[count:]
        self._writer.run_inline(jobs)
        names = " ".join(_name(job) for job in jobs)
        self._trace.tell("commit", names)
        self._arrange()


class Glass:
    """A connection that only looks."""

    def __init__(
        self, path: Path, *, clock: Hours, ring: KeyRing, chance: SeededRandomness
    ) -> None:
        self._clock = clock
        self._ring = ring
        self._chance = chance
        self._connection = sqlite3.connect(path, isolation_level=None, cached_statements=512)
        self._connection.execute("PRAGMA query_only=ON")
        self._connection.execute("PRAGMA wal_autocheckpoint=0")

    def look(self, function: Callable[[SqlTransaction], T]) -> T:
        """Run a function on a snapshot."""
        cursor = self._connection.cursor()
        cursor.execute("BEGIN")
        try:
            group = Group(now=self._clock.now())
            tx = SqlTransaction(cursor, group, ring=self._ring, randomness=self._chance)
            return function(tx)
        finally:
            cursor.execute("ROLLBACK")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _name(job: Job) -> str:
    function: Any = job.function
    inner = getattr(function, "func", function)
    name = str(getattr(inner, "__qualname__", type(inner).__name__))
    short = name.replace(".<locals>", "").replace("<lambda>", "λ")
    return short if job.error is None else f"{short}!{type(job.error).__name__}"

"""The database on a PostgreSQL server: a few writer threads, one function one transaction.

Workers are equal: any number of processes, each with its own threads and its own connections.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar

import structlog

from core.domain.configurations import ProviderKind
from core.domain.work import Work
from core.ports import Clock, Randomness
from storage import audit, server_setup
from storage.database import READ_TIMEOUT_S, Database, settle
from storage.jobs import Job, tell
from storage.keyring import KeyRing
from storage.session import Outside, PostgresSession
from storage.statements import written
from storage.transaction import NO_CAUSE, NO_KINDS, SqlTransaction

T = TypeVar("T")

WRITERS: Final = 4
READERS: Final = 2
SEAL_S: Final = 0.5
SEAL_LOCK: Final = 7_402_516_002
"""The advisory lock of whoever seals."""

_MAY_SEAL: Final = written("SELECT pg_try_advisory_xact_lock(:lock)")

_log = structlog.get_logger(__name__)


class _Sealer:
    """Seals acts within a second: this process's, and those of one that died before it could.

    Whoever gets the advisory lock seals; the others have nothing to do.
    """

    def __init__(self, outside: Outside) -> None:
        """Start the thread."""
        self._session = PostgresSession(outside)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work, name="hazina-sealer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Seal once more and end."""
        self._end.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._end.wait(SEAL_S):
            self._seal()
        self._seal()
        self._session.close()

    def _seal(self) -> None:
        sealed = audit.MAX_SEALED
        while sealed == audit.MAX_SEALED:
            job = Job(function=seal, cause=NO_CAUSE, deliver=lambda _job: None)
            self._session.run(job)
            if job.error is not None:
                _log.warning("seal_failed", error=repr(job.error))
                return
            sealed = job.result


def seal(tx: SqlTransaction) -> int:
    """Seal what waits, unless somebody else is doing it; return how many acts."""
    if not _MAY_SEAL.rows(tx.cursor, {"lock": SEAL_LOCK})[0][0]:
        return 0
    return audit.seal_waiting(tx.cursor)


class _Threads:
    """Sessions on threads of their own that take functions from one queue."""

    def __init__(self, sessions: Sequence[PostgresSession], *, name: str) -> None:
        """Start the threads; each connects at its first function."""
        self.sessions = sessions
        self.on_commit: Callable[[Sequence[Work]], object] = lambda _work: None
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, args=(each,), name=f"hazina-{name}", daemon=True)
            for each in sessions
        ]
        self._is_stopping = False
        for thread in self._threads:
            thread.start()

    def submit(self, job: Job) -> None:
        """Queue a function.

        Raises:
            RuntimeError: the database is closed.
        """
        if self._is_stopping:
            message = "the database is closed"
            raise RuntimeError(message)
        self._queue.put(job)

    def stop(self) -> None:
        """Finish what is queued and end."""
        self._is_stopping = True
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self, session: PostgresSession) -> None:
        while (job := self._queue.get()) is not None:
            try:
                session.run(job)
            except Exception as error:  # noqa: BLE001 - whatever it is, somebody waits
                job.begin()
                job.error = error
                session.renew()
            if job.error is None and job.written:
                tell(self.on_commit, job.written)
            tell(job.deliver, job)
        session.close()


class ServerDatabase(Database):
    """Books on a PostgreSQL server, shared by any number of processes."""

    def __init__(
        self,
        url: str,
        *,
        clock: Clock,
        randomness: Randomness,
        ring: KeyRing,
        kinds: Mapping[str, ProviderKind] = NO_KINDS,
        offset_s: int = 0,
        is_own_time: bool = False,
        writers: int = WRITERS,
    ) -> None:
        """Be ready to connect; the server must have the newest schema.

        Transactions take the server's time, moved by `offset_s` (sandbox), so that processes on
        several machines agree; `is_own_time` takes the clock's instead (tests).
        """
        self.url = url
        self.ring = ring
        self._clock = clock
        self._outside = Outside(
            url=url,
            randomness=randomness,
            ring=ring,
            kinds=kinds,
            offset=timedelta(seconds=offset_s),
            own_clock=clock if is_own_time else None,
        )
        self._writers = _Threads(
            [PostgresSession(self._outside) for _ in range(writers)], name="writer"
        )
        self._readers: _Threads | None = None
        self._sealer = _Sealer(self._outside)

    def now(self) -> datetime:
        """Return the time as transactions see it, as far as this process can tell."""
        return self._clock.now()

    @property
    def commits(self) -> int:
        """How many functions were committed since the start."""
        return sum(each.commits for each in self._writers.sessions)

    async def read(self, function: Callable[[SqlTransaction], T]) -> T:
        """Run a function on a read-only snapshot, 30 s at most."""
        if self._readers is None:
            sessions = [PostgresSession(self._outside, is_reading=True) for _ in range(READERS)]
            self._readers = _Threads(sessions, name="reader")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def deliver(job: Job) -> None:
            loop.call_soon_threadsafe(settle, future, job)

        self._readers.submit(Job(function=function, cause=NO_CAUSE, deliver=deliver))
        async with asyncio.timeout(READ_TIMEOUT_S):
            return await future

    async def is_current(self) -> bool:
        """Tell whether the schema, the steps and the triggers are those of today's code."""
        return await asyncio.to_thread(server_setup.is_current, self.url)

    async def close(self) -> None:
        """Finish what is queued and close."""
        await asyncio.to_thread(self.wakeups.close)
        await asyncio.to_thread(self._writers.stop)
        await asyncio.to_thread(self._sealer.stop)
        if self._readers is not None:
            await asyncio.to_thread(self._readers.stop)

    def _submit(self, job: Job) -> None:
        self._writers.submit(job)

    def _follow(self, tell: Callable[[Sequence[Work]], None]) -> None:
        self._writers.on_commit = tell

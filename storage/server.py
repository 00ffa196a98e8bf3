"""The database on a PostgreSQL server: a few writer threads, one function one transaction.

READ COMMITTED, guarded writes, row locks, bounded retries. Four things can go wrong and are told
apart: the function's own exception undoes its transaction; a race runs the function again; a server
that goes away before COMMIT was sent did nothing, so the function runs again on a new connection;
one that goes away during COMMIT is asked afterwards whether it happened.
"""

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

import psycopg
import structlog

from core.domain.work import Work
from core.ports import Clock, Randomness
from storage import audit, server_setup
from storage.database import READ_TIMEOUT_S, Database, settle
from storage.jobs import Job, tell
from storage.keyring import KeyRing
from storage.postgres import LOST, Connection, RunAgain, connect, told
from storage.schema import EPOCH
from storage.sqlite import NotCommitted
from storage.statements import written
from storage.transaction import NO_CAUSE, Group, SqlTransaction

T = TypeVar("T")

WRITERS: Final = 4
READERS: Final = 2
MAX_TRIES: Final = 8
"""How often a function may meet other transactions before that is an error."""
PAUSES_S: Final = (0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
OUTAGE_S: Final = 15
"""How long a function waits for a server that is away before it fails."""
RECONNECT_S: Final = 0.2

SEAL_S: Final = 0.5
SEAL_LOCK: Final = 7_402_516_002
"""The advisory lock of whoever seals."""

_MAY_SEAL: Final = written("SELECT pg_try_advisory_xact_lock(:lock)")
_LIMITS: Final = (
    "SET LOCAL statement_timeout = '10s'",
    "SET LOCAL lock_timeout = '3s'",
    "SET LOCAL idle_in_transaction_session_timeout = '15s'",
)
_NOW: Final = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)"
_WRITE: Final = ("BEGIN", *_LIMITS, _NOW)
_READ: Final = (
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    "SET LOCAL statement_timeout = '30s'",
    _NOW,
)

_log = structlog.get_logger(__name__)


class CommitUnknown(Exception):
    """The server went away during COMMIT and cannot say what became of it: look before acting."""


class ServerAway(Exception):
    """The server was away for longer than a function waits: nothing happened."""


class _Lost(Exception):
    """The connection broke before COMMIT was sent: nothing happened, run again on a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What a thread needs of the world: where the server is, time, chance, keys.

    `offset` moves the server's clock (sandbox); `own_clock` takes its place (tests).
    """

    url: str
    randomness: Randomness
    ring: KeyRing
    offset: timedelta = timedelta(0)
    own_clock: Clock | None = None


class _Alone(Group):
    """The only function of its commit; ids of acts are drawn, the sealer covers them later."""

    def __init__(self, now: datetime, randomness: Randomness) -> None:
        super().__init__(now=now)
        self._randomness = randomness

    def next_act(self) -> int:
        return self._randomness.new_id(at=self.now)


class PostgresSession:
    """One connection and what runs on it, one function after another."""

    def __init__(self, outside: Outside, *, is_reading: bool = False) -> None:
        """Connect at the first function."""
        self._outside = outside
        self._begin_sql = _READ if is_reading else _WRITE
        self._is_reading = is_reading
        self._connection: Connection | None = None
        self._timeline = ""
        self.commits = 0
        self.now: datetime | None = None
        """The server's time when the newest transaction began."""

    def run(self, job: Job) -> None:
        """Run a function to its end: a commit, or an error in the job."""
        deadline = int(time.monotonic()) + OUTAGE_S
        met: BaseException | None = None
        for pause_s in (*PAUSES_S, *[PAUSES_S[-1]] * (MAX_TRIES - len(PAUSES_S))):
            time.sleep(pause_s)
            try:
                self._attempt(job, deadline)
            except RunAgain as again:
                met = again.cause
            else:
                return
        job.begin()
        job.error = met

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            with contextlib.suppress(psycopg.Error):
                self._connection.close()
            self._connection = None

    def _attempt(self, job: Job, deadline: int) -> None:
        """Run a function once, on a new connection as often as one breaks before COMMIT."""
        while True:
            job.begin()
            try:
                self._once(job)
            except _Lost as lost:
                self.close()
                if time.monotonic() > deadline:
                    job.error = ServerAway(str(lost.__cause__))
                    return
                time.sleep(RECONNECT_S)
            else:
                return

    def _once(self, job: Job) -> None:
        connection = self._open()
        try:
            rows = told(connection, self._begin_sql)
        except LOST as error:
            raise _Lost from error
        self.now = self._time(rows[0][0])
        cursor = connection.cursor(binary=True)
        group = _Alone(self.now, self._outside.randomness)
        tx = SqlTransaction(
            cursor,
            group,
            ring=self._outside.ring,
            randomness=self._outside.randomness,
            cause=job.cause,
        )
        try:
            job.run(tx)
        except RunAgain:
            self._undo(connection)
            raise
        except BaseException as error:
            if connection.broken or connection.closed:
                raise _Lost from error
            self._undo(connection)
            job.begin()
            job.error = error
            return
        job.written = tx.written
        self._commit(connection, job)

    def _time(self, micros: int) -> datetime:
        own = self._outside.own_clock
        return own.now() if own else EPOCH + timedelta(microseconds=micros) + self._outside.offset

    def _open(self) -> Connection:
        if self._connection is None or self._connection.closed:
            try:
                self._connection = connect(self._outside.url)
                self._timeline = self._timeline_of(self._connection)
            except LOST as error:
                raise _Lost from error
        return self._connection

    @staticmethod
    def _timeline_of(connection: Connection) -> str:
        """Return which history of the server this is: another one after a promotion."""
        if told(connection, ("SELECT pg_is_in_recovery()",))[0][0]:
            raise psycopg.OperationalError("this server is a standby")
        rows = told(connection, ("SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)",))
        return str(rows[0][0])

    def _undo(self, connection: Connection) -> None:
        try:
            connection.execute("ROLLBACK")
        except psycopg.Error:
            self.close()

    def _commit(self, connection: Connection, job: Job) -> None:
        if self._is_reading:
            self._undo(connection)
            return
        try:
            xid = told(connection, ("SELECT pg_current_xact_id_if_assigned()",))[0][0]
        except psycopg.errors.InFailedSqlTransaction as error:
            # The function swallowed an error: PostgreSQL would turn COMMIT into ROLLBACK silently.
            self._undo(connection)
            job.begin()
            job.error = error
            return
        except LOST as error:
            raise _Lost from error
        try:
            ended = connection.execute("COMMIT")
        except LOST as error:
            self._settle_unknown(job, xid, error)
            return
        if ended.statusmessage != "COMMIT":
            job.begin()
            job.error = NotCommitted()
            return
        self.commits += 1

    def _settle_unknown(self, job: Job, xid: int | None, error: psycopg.Error) -> None:
        """Ask the server that came back whether a commit happened."""
        _log.warning("commit_unknown", error=type(error).__name__)
        self.close()
        if xid is None:
            return  # Nothing was written: there was nothing to commit.
        verdict = self._ask(xid, self._timeline)
        if verdict == "committed":
            self.commits += 1
            return
        job.begin()
        job.error = NotCommitted() if verdict == "aborted" else CommitUnknown()

    def _ask(self, xid: int, timeline: str) -> str:
        deadline = time.monotonic() + OUTAGE_S
        while time.monotonic() < deadline:
            try:
                connection = self._open()
                if self._timeline != timeline:
                    return "unknown"  # After a promotion the number may be another's.
                rows = told(connection, (f"SELECT pg_xact_status('{int(xid)}'::xid8)",))
            except (_Lost, *LOST):
                self.close()
            else:
                if rows[0][0] != "in progress":
                    return str(rows[0][0])
            time.sleep(RECONNECT_S)
        return "unknown"


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
                session.close()
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
        await asyncio.to_thread(self._writers.stop)
        await asyncio.to_thread(self._sealer.stop)
        if self._readers is not None:
            await asyncio.to_thread(self._readers.stop)

    def _submit(self, job: Job) -> None:
        self._writers.submit(job)

    def _follow(self, tell: Callable[[Sequence[Work]], None]) -> None:
        self._writers.on_commit = tell

"""One connection to a PostgreSQL server, and functions that run on it one after another.

READ COMMITTED, guarded writes, row locks, bounded retries. Four things can go wrong and are told
apart: the function's own exception undoes its transaction; a race runs the function again; a server
that goes away before COMMIT was sent did nothing, so the function runs again on a new connection;
one that goes away during COMMIT is asked afterwards whether it happened.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import psycopg
import structlog

from core.domain.configurations import ProviderKind
from core.ports import Clock, Randomness
from storage.jobs import Job
from storage.keyring import KeyRing
from storage.postgres import LOST, Connection, RunAgain, connect, told
from storage.schema import EPOCH
from storage.sqlite import NotCommitted
from storage.transaction import Group, SqlTransaction

PAUSES_S: Final = (0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.1)
"""Before each try; a function that meets others at every one fails."""
OUTAGE_S: Final = 15
"""How long a function waits for a server that is away before it fails."""
RECONNECT_S: Final = 0.2


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

_FOLLOWED: Final = (
    "BEGIN",
    "SELECT pg_logical_emit_message(true, 'hazina', '')",
    "COMMIT",
)
"""A commit that changes nothing: whoever waits for the standby here waits for all before it, too.

A server that crashed and came back calls a transaction committed that its standby may not have.
"""

_log = structlog.get_logger(__name__)


class CommitUnknown(Exception):
    """The server went away during COMMIT and cannot say what became of it: look before acting."""


class ServerAway(Exception):
    """The server was away for longer than a function waits: nothing happened."""


def _replaced() -> psycopg.OperationalError:
    return psycopg.OperationalError("this server was replaced: its history is an older one")


class _Lost(Exception):
    """The connection broke before COMMIT was sent: nothing happened, run again on a new one."""


class History:
    """The newest history of the server that any thread of this process has seen.

    A primary that was replaced and comes back is of an older one: it must not be written to.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self._newest = ""

    def is_current(self, timeline: str) -> bool:
        """Tell whether a server's timeline (8 hex digits) is no older than what was seen."""
        self._newest = max(self._newest, timeline)
        return timeline == self._newest


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What a thread needs of the world: where the server is, time, chance, keys.

    `offset` moves the server's clock (sandbox); `own_clock` takes its place (tests).
    """

    url: str
    randomness: Randomness
    ring: KeyRing
    kinds: Mapping[str, ProviderKind] = field(default_factory=dict)
    offset: timedelta = timedelta(0)
    own_clock: Clock | None = None
    connect: Callable[[str], Connection] = connect
    history: History = field(default_factory=History)


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
        self._closing = threading.Event()
        self.commits = 0
        self.now: datetime | None = None
        """The server's time when the newest transaction began."""

    def run(self, job: Job) -> None:
        """Run a function to its end: a commit, or an error in the job."""
        deadline = int(time.monotonic()) + OUTAGE_S
        met: BaseException | None = None
        for pause_s in PAUSES_S:
            self._closing.wait(pause_s)
            try:
                self._attempt(job, deadline)
            except RunAgain as again:
                met = again.cause
            else:
                return
        job.begin()
        job.error = met

    def close(self) -> None:
        """Close the connection; a pause ends at once."""
        self._closing.set()
        self.renew()

    def renew(self) -> None:
        """Take another connection for the next function."""
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
                self.renew()
                if time.monotonic() > deadline:
                    job.error = ServerAway(str(lost.__cause__))
                    return
                self._closing.wait(RECONNECT_S)
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
            kinds=self._outside.kinds,
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
                self._connection = self._outside.connect(self._outside.url)
                self._timeline = self._timeline_of(self._connection)
                if not self._outside.history.is_current(self._timeline):
                    raise _replaced()
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
            self.renew()

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
        self.renew()
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
                if rows[0][0] == "committed":
                    told(connection, _FOLLOWED)
            except (_Lost, *LOST):
                self.renew()
            else:
                if rows[0][0] != "in progress":
                    return str(rows[0][0])
            self._closing.wait(RECONNECT_S)
        return "unknown"

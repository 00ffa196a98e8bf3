"""The SQLite writer: one thread, one connection, functions grouped under one COMMIT.

It takes what queued while the last commit ran, runs each function in a savepoint, seals the audit
blocks, commits once and hands results out afterwards (design section 3). What can go wrong in
between is told apart:

- a function's own exception undoes its savepoint only;
- an error that ended the whole transaction voids the group: each function runs again alone;
- a failed COMMIT answers nobody until the reopened file says whether it happened;
- an I/O error ends the process: the next start's recovery decides.
"""

import contextlib
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn, Protocol

import structlog

from core.domain.configurations import ProviderKind
from core.domain.work import Work
from core.ports import Clock, Randomness
from storage import audit
from storage.jobs import Job, tell
from storage.keyring import KeyRing
from storage.transaction import NO_KINDS, Group, SqlTransaction

MAX_GROUP: Final = 256
"""Functions under one COMMIT at most."""

CHECKPOINT_PAGES: Final = 2000
BUSY_S: Final = 10.0

_log = structlog.get_logger(__name__)


class GroupVoid(Exception):
    """The database ended the transaction by itself: nothing of the group stands."""


class NotCommitted(Exception):
    """COMMIT failed and the file says that it did not happen: nothing was lost, nothing done."""


class Fatal(Exception):
    """An I/O error at COMMIT or reopening: only recovery at the next start can tell."""


class Connect(Protocol):
    """Open a connection; replaced by fault injection in tests."""

    def __call__(self, path: Path) -> sqlite3.Connection:
        """Open the file."""
        ...


class GuardedCursor(sqlite3.Cursor):
    """A cursor that runs nothing outside a transaction.

    Some errors end the whole transaction; a function that swallowed one would go on in autocommit.
    """

    def execute(self, sql: str, parameters: Any = (), /) -> "GuardedCursor":
        """Run one statement.

        Raises:
            GroupVoid: the transaction is over.
        """
        if not self.connection.in_transaction:
            raise GroupVoid
        super().execute(sql, parameters)
        return self


def open_connection(path: Path) -> sqlite3.Connection:
    """Open the writer's connection with our settings."""
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, timeout=BUSY_S, cached_statements=512
    )
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",
        "wal_autocheckpoint=0",
        "cache_size=-32000",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


class SqliteWriter:
    """Owns the only long-lived writing connection."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock,
        randomness: Randomness,
        ring: KeyRing,
        kinds: Mapping[str, ProviderKind] = NO_KINDS,
        on_fatal: Callable[[], NoReturn],
        on_commit: Callable[[Sequence[Work]], None] = lambda _work: None,
        connect: Connect = open_connection,
    ) -> None:
        """Open the file; `start` begins to work."""
        self._path = path
        self._clock = clock
        self._randomness = randomness
        self._ring = ring
        self._kinds = kinds
        self._on_fatal = on_fatal
        self.on_commit = on_commit
        self._connect = connect
        self._connection = connect(path)
        self._queue: deque[Job] = deque()
        self._wake = threading.Condition()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._work, name="hazina-writer", daemon=True)
        self.commits = 0
        self._group_id = self._read_group_id()

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Queue a function.

        Raises:
            RuntimeError: the writer is stopping.
        """
        with self._wake:
            if self._is_stopping:
                message = "the database is closed"
                raise RuntimeError(message)
            self._queue.append(job)
            self._wake.notify()

    def stop(self) -> None:
        """Finish what is queued, checkpoint, close."""
        with self._wake:
            self._is_stopping = True
            self._wake.notify()
        if self._thread.ident is not None:
            self._thread.join()
        with contextlib.suppress(sqlite3.Error):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.close()

    def run_inline(self, jobs: Sequence[Job]) -> None:
        """Run functions as one group on the calling thread (simulation, tests)."""
        self._run_group(list(jobs))

    def _work(self) -> None:
        while jobs := self._take():
            self._run_group(jobs)
            self._checkpoint()

    def _take(self) -> list[Job]:
        with self._wake:
            while not self._queue and not self._is_stopping:
                self._wake.wait()
            count = min(len(self._queue), MAX_GROUP)
            return [self._queue.popleft() for _ in range(count)]

    def _run_group(self, jobs: list[Job]) -> None:
        try:
            self._run_together(jobs)
        except Fatal as fatal:
            # No trace: a renderer may print locals, and locals hold what people wrote.
            _log.critical("database_unusable", error=repr(fatal.__cause__))
            self._on_fatal()
        for job in jobs:
            if job.error is None and job.written:
                tell(self.on_commit, job.written)
        for job in jobs:
            tell(job.deliver, job)

    def _run_together(self, jobs: list[Job]) -> None:
        try:
            self._commit(jobs)
        except Fatal:
            raise
        except Exception:  # noqa: BLE001 - nothing of the group stands, and nobody may wait for ever
            self._reopen()
            for job in jobs:
                self._run_alone(job)

    def _run_alone(self, job: Job) -> None:
        job.begin()
        try:
            self._commit([job])
        except Fatal:
            raise
        except Exception as error:  # noqa: BLE001 - handed to the caller, whatever it is
            self._reopen()
            job.result, job.written = None, []
            job.error = error.__cause__ if isinstance(error, GroupVoid) else error
            job.error = job.error or error

    def _commit(self, jobs: list[Job]) -> None:
        connection = self._connection
        self._begin(connection)
        cursor = connection.cursor(GuardedCursor)
        try:
            group = Group(now=self._clock.now(), last_act=audit.last_act(cursor))
            for job in jobs:
                self._run_job(connection, cursor, group, job)
            if all(job.error for job in jobs):
                connection.execute("ROLLBACK")
                return
            self._guard(connection, lambda: self._seal(connection, group))
            self._finish(connection, jobs)
        finally:
            # Here, not where an error's trace dies: another thread would wait for this connection.
            with contextlib.suppress(sqlite3.Error):
                cursor.close()

    def _begin(self, connection: sqlite3.Connection) -> None:
        deadline = time.monotonic() + BUSY_S
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if _is_io(error):
                    raise Fatal from error
                if time.monotonic() > deadline or "locked" not in str(error):
                    raise GroupVoid from error
                continue
            return

    def _run_job(
        self, connection: sqlite3.Connection, cursor: sqlite3.Cursor, group: Group, job: Job
    ) -> None:
        tx = SqlTransaction(
            cursor,
            group,
            ring=self._ring,
            randomness=self._randomness,
            cause=job.cause,
            kinds=self._kinds,
        )
        connection.execute("SAVEPOINT job")
        kept_act = group.last_act
        try:
            job.run(tx)
        except BaseException as error:
            if not connection.in_transaction:
                raise GroupVoid from error
            job.result, job.error = None, error
            group.last_act = kept_act
            self._guard(connection, lambda: connection.execute("ROLLBACK TO job"))
        else:
            if not connection.in_transaction:
                raise GroupVoid
            tx.hand_over_lines()
            job.written = tx.written
        self._guard(connection, lambda: connection.execute("RELEASE job"))

    def _guard(self, connection: sqlite3.Connection, act: Callable[[], object]) -> None:
        if not connection.in_transaction:
            raise GroupVoid
        try:
            act()
        except Exception as error:
            raise GroupVoid from error

    def _seal(self, connection: sqlite3.Connection, group: Group) -> None:
        audit.seal_group(connection.cursor(), group.lines)
        # Drawn, not counted: another process may have written since, and counted the same.
        self._group_id = self._randomness.new_id(at=group.now)
        connection.execute("UPDATE last_group SET id = ?", (self._group_id,))

    def _finish(self, connection: sqlite3.Connection, jobs: list[Job]) -> None:
        try:
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            if _is_io(error):
                raise Fatal from error
            if not self._did_commit():
                for job in jobs:
                    job.result, job.written = None, []
                    job.error = job.error or NotCommitted()
        self.commits += 1

    def _did_commit(self) -> bool:
        expected = self._group_id
        self._reopen()
        return self._group_id == expected

    def _reopen(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()
        try:
            self._connection = self._connect(self._path)
            self._group_id = self._read_group_id()
        except Exception as error:
            raise Fatal from error

    def _read_group_id(self) -> int:
        rows = self._connection.execute("SELECT id FROM last_group").fetchall()
        return int(rows[0][0])

    def _checkpoint(self) -> None:
        if self.commits % 64:
            return
        with contextlib.suppress(sqlite3.Error):
            pages = self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            if pages and pages[1] > CHECKPOINT_PAGES and pages[1] == pages[2]:
                self._connection.execute("PRAGMA wal_checkpoint(RESTART)")


def _is_io(error: sqlite3.Error) -> bool:
    return (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF == sqlite3.SQLITE_IOERR

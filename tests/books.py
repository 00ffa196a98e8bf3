"""A database file for a test, with its clock and its chance.

`open_books` is plain and synchronous, `open_database` is the real thing with its threads.
"""

import atexit
import os
import random
import shutil
import sqlite3
import string
import tempfile
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

from bot.providers import KINDS
from core.domain.acts import Cause, CauseKind
from storage.database import Database
from storage.embedded import EmbeddedDatabase
from storage.jobs import Job
from storage.keyring import KeyRing
from storage.setup import SANDBOX, prepare
from storage.sqlite import Connect, SqliteWriter, open_connection
from storage.statements import written
from storage.transaction import SqlTransaction

T = TypeVar("T")

NOW: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""When tests begin: a Monday morning."""

SECRET: Final = "a secret key that only tests know, 1"
CAUSE: Final = Cause(kind=CauseKind.COMMAND, reference="test")


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime = NOW) -> None:
        """Begin at a time."""
        self.at = at

    def now(self) -> datetime:
        """Return the time as aware UTC."""
        return self.at

    def move(self, **duration: int) -> datetime:
        """Go forward by `timedelta` words: `move(days=1, hours=2)`."""
        self.at += timedelta(**duration)
        return self.at


class SeededRandomness:
    """Ids, tokens and keys that are the same in every run of a seed."""

    def __init__(self, seed: int = 1) -> None:
        """Begin a sequence; who reopens a file takes another seed, since ids begin anew."""
        self._random = random.Random(seed)  # noqa: S311 - the same numbers each run, on purpose
        self._count = seed << 12

    def new_id(self, *, at: datetime) -> int:
        """Return a new 63-bit id, growing with time."""
        self._count += 1
        return (int(at.timestamp() * 1000) << 20) + self._count

    def token(self) -> str:
        """Return a UUID4 in its text form."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def key(self, length: int) -> str:
        """Return characters of `A-Za-z0-9_-`."""
        signs = string.ascii_letters + string.digits + "_-"
        return "".join(self._random.choice(signs) for _ in range(length))

    def shuffled(self, text: str) -> str:
        """Return the characters in another order."""
        return "".join(self._random.sample(text, len(text)))


def ring(*secrets: str) -> KeyRing:
    """Return a key ring, of the tests' own key unless told."""
    return KeyRing(secrets or (SECRET,))


@cache
def _template(mode: str) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="hazina-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / f"{mode}.db"
    prepare(path, mode=mode, now=NOW, ring=ring())
    return path


def new_file(tmp_path: Path, *, mode: str = SANDBOX, name: str = "hazina.db") -> Path:
    """Return a fresh database file at the newest schema; made once a process, then copied."""
    path = tmp_path / name
    shutil.copyfile(_template(mode), path)
    return path


def end_test() -> NoReturn:
    """Stand in for the end of the process."""
    raise SystemExit(74)


def open_database(
    tmp_path: Path,
    *,
    clock: FakeClock | None = None,
    randomness: SeededRandomness | None = None,
    keys: KeyRing | None = None,
    on_fatal: Callable[[], NoReturn] = end_test,
    connect: Connect = open_connection,
    path: Path | None = None,
) -> Database:
    """Open the real database, writer thread and readers, on a fresh file or on `path`."""
    if is_on_postgres():
        return _open_server(
            path or tmp_path / "hazina.db",
            is_new=path is None,
            clock=clock or FakeClock(),
            randomness=randomness or SeededRandomness(),
            keys=keys or ring(),
        )
    return EmbeddedDatabase(
        path or new_file(tmp_path),
        clock=clock or FakeClock(),
        randomness=randomness or SeededRandomness(),
        ring=keys or ring(),
        kinds=KINDS,
        on_fatal=on_fatal,
        connect=connect,
    )


def _open_server(
    path: Path, *, is_new: bool, clock: FakeClock, randomness: SeededRandomness, keys: KeyRing
) -> Database:
    # Late: only where the tests are told to run on PostgreSQL.
    from storage.server import ServerDatabase  # noqa: PLC0415 - as above

    url = server_url(path, is_new=is_new)
    return ServerDatabase(
        url, clock=clock, randomness=randomness, ring=keys, kinds=KINDS, is_own_time=True
    )


def server_url(path: Path, *, is_new: bool) -> str:
    """Return the database that stands for a file, a fresh one unless it was opened before."""
    from tests.postgres import new_database  # noqa: PLC0415 - as `_open_server`

    if is_new or path not in _URLS:
        _URLS[path] = new_database()
    return _URLS[path]


def is_on_postgres() -> bool:
    """Tell whether this run of the tests is on PostgreSQL (`HAZINA_TEST_DATABASE`)."""
    return os.environ.get("HAZINA_TEST_DATABASE") == "postgresql"


_URLS: Final[dict[Path, str]] = {}
"""Databases by the file that would hold the books on SQLite, for who opens them again."""


class Books:
    """A database file whose functions run at once, on the calling thread."""

    def __init__(
        self,
        path: Path,
        *,
        clock: FakeClock,
        keys: KeyRing,
        connect: Connect = open_connection,
        seed: int = 1,
    ) -> None:
        """Open the file."""
        self.path = path
        self.clock = clock
        self.ring = keys
        self._writer = SqliteWriter(
            path,
            clock=clock,
            randomness=SeededRandomness(seed),
            ring=keys,
            kinds=KINDS,
            on_fatal=end_test,
            connect=connect,
        )

    def run(self, function: Callable[[SqlTransaction], T], *, cause: Cause = CAUSE) -> T:
        """Run a function in a write transaction of its own."""
        outcome: T | BaseException = self.run_group([function], cause=cause)[0]
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def run_group(
        self, functions: Sequence[Callable[[SqlTransaction], Any]], *, cause: Cause = CAUSE
    ) -> list[Any]:
        """Run functions under one COMMIT; return results, and errors in their places."""
        jobs = [Job(function=f, cause=cause, deliver=lambda _job: None) for f in functions]
        self._writer.run_inline(jobs)
        return [job.error or job.result for job in jobs]

    def rows(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        """Return what a query of our own finds; values are marked `:name`."""
        return self.run(lambda tx: [tuple(r) for r in written(query).rows(tx.cursor, values)])

    def raw(self) -> sqlite3.Connection:
        """Open a connection of somebody with a shell: none of our settings."""
        return sqlite3.connect(self.path, isolation_level=None)

    def close(self) -> None:
        """Close the file."""
        self._writer.stop()


class ServerBooks(Books):
    """The same on a PostgreSQL server of the tests' own; acts are sealed after each commit."""

    def __init__(self, url: str, *, path: Path, clock: FakeClock, keys: KeyRing, seed: int) -> None:
        """Connect."""
        # Late: only where the tests are told to run on PostgreSQL.
        from storage import server, session  # noqa: PLC0415 - as above

        self.path = path
        self.url = url
        self.clock = clock
        self.ring = keys
        outside = session.Outside(
            url=url,
            randomness=SeededRandomness(seed),
            ring=keys,
            kinds=KINDS,
            own_clock=clock,
        )
        self._session = session.PostgresSession(outside)
        self._seal = server.seal

    def run_group(
        self, functions: Sequence[Callable[[SqlTransaction], Any]], *, cause: Cause = CAUSE
    ) -> list[Any]:
        """Run each in a transaction of its own; return results, and errors in their places."""
        results = []
        for function in functions:
            job = Job(function=function, cause=cause, deliver=lambda _job: None)
            self._session.run(job)
            results.append(job.error or job.result)
            self._session.run(Job(function=self._seal, cause=cause, deliver=lambda _job: None))
        return results

    def close(self) -> None:
        """Close the connection."""
        self._session.close()


def open_books(
    tmp_path: Path,
    *,
    clock: FakeClock | None = None,
    keys: KeyRing | None = None,
    path: Path | None = None,
    connect: Connect = open_connection,
    seed: int = 1,
) -> Books:
    """Open a fresh file, or `path` (then with another seed), for synchronous work."""
    if is_on_postgres():
        return open_server_books(tmp_path, clock=clock, keys=keys, path=path, seed=seed)
    return Books(
        path or new_file(tmp_path),
        clock=clock or FakeClock(),
        keys=keys or ring(),
        connect=connect,
        seed=seed,
    )


def open_server_books(
    tmp_path: Path,
    *,
    clock: FakeClock | None = None,
    keys: KeyRing | None = None,
    path: Path | None = None,
    seed: int = 1,
) -> Books:
    """Open the same on PostgreSQL, whatever this run of the tests is on."""
    where = path or tmp_path / "hazina.db"
    url = server_url(where, is_new=path is None)
    return ServerBooks(url, path=where, clock=clock or FakeClock(), keys=keys or ring(), seed=seed)

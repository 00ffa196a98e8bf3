"""Birth and migration of a database file.

A migration is one transaction: triggers go, Alembic brings the tables to the newest version, new
steps and (at birth) seeds and the mode are written, triggers come back, every reference is checked.
Foreign keys are off meanwhile: SQLite rebuilds a table by dropping it. Nobody else may have the
file open for writing; the caller holds the service lock.
"""

import sqlite3
import zlib
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, MetaData, create_engine
from sqlalchemy.pool import StaticPool

from storage import birth, keys
from storage.files import open_to_read
from storage.keyring import KeyRing
from storage.transaction import SqlTransaction
from storage.triggers import install, triggers

NEWEST: Final = "0034"
"""The newest version under `migrations/versions`."""

SANDBOX: Final = birth.SANDBOX
LIVE: Final = "live"
MODES: Final = (SANDBOX, LIVE)

_PRAGMAS: Final = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=OFF", "secure_delete=ON")

# Every table is declared once the transaction is: triggers are made from all of them.
_ALL_TABLES: Final = SqlTransaction


class WrongMode(Exception):
    """A sandbox's database met a live service, or the other way round."""


class NeedsMigration(Exception):
    """The file is not at the newest schema."""


class NewerSchema(Exception):
    """The file was migrated by a newer version of the code."""


class WasMoved(Exception):
    """The books of this file were moved to a server: nobody works here any more."""


class BrokenReferences(Exception):
    """A migration left rows that point at nothing; it was undone."""


class _OneTransaction(sqlite3.Connection):
    """A connection whose transaction only `_migrate` ends.

    SQLAlchemy and Alembic commit and roll back through these methods, each at times of its own.
    """

    def commit(self) -> None:
        """Do nothing."""

    def rollback(self) -> None:
        """Do nothing."""


def is_current(path: Path) -> bool:
    """Tell whether the file has the newest schema, steps and triggers; does not load Alembic."""
    _check_moved(path)
    if not path.exists():
        return False
    try:
        with closing(open_to_read(path)) as connection:
            return _version(connection) == NEWEST and _stamp(connection) == _fingerprint()
    except sqlite3.Error:
        return False


def check(path: Path, *, mode: str, ring: KeyRing) -> None:
    """Let a file pass that this service may open, with the keys it was written with.

    Raises:
        NeedsMigration: it is not at the newest schema.
        WrongMode: it was made for the other mode.
        WrongKeys: the ring is another file's, or lacks a key.
    """
    if not is_current(path):
        raise NeedsMigration(path.name)
    with closing(open_to_read(path)) as connection:
        _check_mode(connection, mode)
        keys.check(connection.cursor(), ring)


def prepare(path: Path, *, mode: str, now: datetime, ring: KeyRing) -> None:
    """Create the file, or bring it to the newest schema; stamp its mode at birth.

    `mode` is `SANDBOX` or `LIVE`. `ring` encrypts what older versions kept in clear; what a
    migration deletes is overwritten in the file, too.

    Raises:
        WrongMode: it was made for the other mode.
        NewerSchema: it was migrated by newer code.
        BrokenReferences: the migration left dangling rows; nothing was changed.
        UnreadableSecret, WrongKeys: the ring is not the one this file was written with.
    """
    if mode not in MODES:
        raise WrongMode(mode)
    if _is_ready(path, mode, ring):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    with closing(_open(path)) as connection:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        if _version(connection) is not None:
            _check_mode(connection, mode)
        _migrate(connection, mode=mode, now=now, ring=ring)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _is_ready(path: Path, mode: str, ring: KeyRing) -> bool:
    """Tell whether nothing is to be done: the newest schema, every key known."""
    if not is_current(path):
        return False
    with closing(open_to_read(path)) as connection:
        _check_mode(connection, mode)
        return keys.is_stamped(connection.cursor(), ring)


def _migrate(connection: sqlite3.Connection, *, mode: str, now: datetime, ring: KeyRing) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for name in _names(connection, "trigger"):
            connection.execute(f'DROP TRIGGER "{name}"')
        _upgrade(connection, ring)
        _be_born(connection, mode=mode, now=now)
        keys.stamp(connection.cursor(), ring, at=now)
        birth.add_steps(connection.cursor())
        for statement in install():
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {_fingerprint()}")
        _check_references(connection)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _upgrade(connection: sqlite3.Connection, ring: KeyRing) -> None:
    engine = create_engine(
        "sqlite://", creator=lambda: connection, poolclass=StaticPool, pool_reset_on_return=None
    )
    with engine.connect() as wrapped:
        migrate_tables(wrapped, ring)


def mark_moved(path: Path, *, to: str) -> None:
    """Close a file for good: its books are elsewhere now."""
    _mark(path).write_text(f"{to}\n", encoding="utf-8")


def _check_moved(path: Path) -> None:
    mark = _mark(path)
    if mark.exists():
        where = mark.read_text(encoding="utf-8").strip()
        raise WasMoved(f"the books of {path.name} were moved to {where}; set DATABASE_URL")


def _mark(path: Path) -> Path:
    return path.with_name(f"{path.name}.moved")


def migrate_tables(
    connection: Connection, ring: KeyRing, *, at_once: MetaData | None = None
) -> None:
    """Bring the tables to the newest version, inside the transaction of a connection.

    `at_once`: make these tables instead, today's. The first versions are SQLite's: their tables
    point at each other in an order that PostgreSQL does not take.

    Raises:
        NewerSchema: they were migrated by newer code.
    """
    # Late: the running service finds its file current and never pays for Alembic.
    from alembic import command  # noqa: PLC0415 - as above
    from alembic.config import Config  # noqa: PLC0415 - as above
    from alembic.util import CommandError  # noqa: PLC0415 - as above

    folder = Path(__file__).with_name("migrations")
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes.update(connection=connection, ring=ring)
    if at_once is not None:
        at_once.create_all(connection)
    try:
        command.upgrade(config, "head") if at_once is None else command.stamp(config, "head")
    except CommandError as error:
        raise NewerSchema(str(error)) from error


def _be_born(connection: sqlite3.Connection, *, mode: str, now: datetime) -> None:
    cursor = connection.cursor()
    if birth.mode_of(cursor) is not None:
        return
    birth.seed(cursor)
    birth.seal(cursor)
    birth.stamp(cursor, mode=mode, at=now)


def _check_mode(connection: sqlite3.Connection, mode: str) -> None:
    found = birth.mode_of(connection.cursor())
    if found is not None and found != mode:
        raise WrongMode(f"the database is for {found}, the service is {mode}")


def _check_references(connection: sqlite3.Connection) -> None:
    dangling = connection.execute("PRAGMA foreign_key_check").fetchmany(10)
    if dangling:
        raise BrokenReferences(", ".join(sorted({str(row[0]) for row in dangling})))


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, timeout=10, factory=_OneTransaction)


def _version(connection: sqlite3.Connection) -> str | None:
    if "alembic_version" not in _names(connection, "table"):
        return None
    rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    return str(rows[0][0]) if rows else None


def _stamp(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _fingerprint() -> int:
    """Return a 31-bit digest of the triggers and steps of today's code.

    Sorted: tables come in the order in which their modules happened to be imported.
    """
    steps = [" ".join(row) for row in birth.fsm_rows()]
    text = "\n".join(sorted([*steps, *triggers().values()]))
    return zlib.crc32(text.encode()) & 0x7FFFFFFF


def _names(connection: sqlite3.Connection, kind: str) -> list[str]:
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = ?", (kind,))
    return [str(row[0]) for row in rows.fetchall()]

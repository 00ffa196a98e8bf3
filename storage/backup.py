"""Copies of a live database, and putting one back.

What was queued in a copy may have happened since: a restored database sends and pays nothing until
an operator releases it. Calls then come back as `sent` (looked up, not repeated), messages marked
as repeated.
"""

import contextlib
import os
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Final

from core.domain.tenants import PLATFORM
from core.domain.work import Kind
from storage import audit, birth
from storage.embedded import ServiceLock
from storage.keyring import KeyRing
from storage.schema import UtcTime
from storage.setup import WrongMode, prepare
from storage.statements import DIALECT, written
from storage.transaction import SqlTransaction

OUTGOING: Final = (Kind.MESSAGE, Kind.CALL, Kind.NOTICE)
"""Kinds of work that reach the world outside."""

FROZEN_WORK: Final = "frozen by a restore"
"""Stands as the last error of rows that a release wakes again."""

_OUTGOING: Final = ", ".join(f"'{kind.value}'" for kind in OUTGOING)


_FROZEN: Final = written("SELECT 1 FROM outflow_freeze")
_THAW: Final = written("DELETE FROM outflow_freeze")
_WAKE: Final = written(
    "UPDATE work SET status = CASE kind WHEN 'call' THEN 'sent' ELSE 'due' END,"
    " is_repeat = CASE kind WHEN 'message' THEN 1 ELSE is_repeat END, last_error = ''"
    " WHERE status = 'parked' AND last_error = :mark"
)


class BadBackup(Exception):
    """The file is no whole database of ours."""


def backup(path: Path, target: Path) -> None:
    """Copy a database, in use or not, to a new file; it is durable when this returns.

    Raises:
        FileExistsError: the target is there already.
        FileNotFoundError: there is nothing to copy.
        BadBackup: the copy does not pass its check; nothing is left behind.
    """
    if not path.exists():
        raise FileNotFoundError(path)
    if target.exists():
        raise FileExistsError(target)
    part = _beside(target, "part")
    try:
        _copy(path, part)
        check(part)
        _flush(part)
        # Unlike a rename, a link does not overwrite what appeared meanwhile.
        os.link(part, target)
    finally:
        part.unlink(missing_ok=True)
    _flush(target.parent)


def check(file: Path) -> str:
    """Look whether a file is a whole database of ours; return its mode.

    Raises:
        BadBackup: it is not.
    """
    try:
        with closing(_look(file)) as connection:
            state = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            dangling = connection.execute("PRAGMA foreign_key_check").fetchone()
            mode = birth.mode_of(connection.cursor())
    except sqlite3.Error as error:
        raise BadBackup(f"{file.name}: {error}") from error
    if state != "ok" or dangling or mode is None:
        raise BadBackup(f"{file.name}: {'rows point at nothing' if state == 'ok' else state}")
    return mode


def restore(file: Path, path: Path, now: datetime, ring: KeyRing) -> None:
    """Put a backup in place of a database; what was there is kept beside it.

    An older backup is brought to the newest schema. Outflows are frozen until `release`.

    Raises:
        AlreadyRunning: a service is using the database.
        BadBackup: the file is damaged or none of ours.
        WrongMode: the backup is for the other mode than the database that is there.
        NewerSchema: the backup was made by newer code.
        UnreadableSecret: an older backup, written with other keys than these.
    """
    lock = ServiceLock(path)
    is_taken = lock.is_ours
    if not is_taken:
        lock.take()
    part = _beside(path, "restoring")
    try:
        mode = check(file)
        _check_same_mode(path, mode)
        _copy(file, part)
        prepare(part, mode=mode, now=now, ring=ring)
        _freeze(part, now=now)
        _flush(part)
        _keep_old(path, now=now)
        part.replace(path)
        _flush(path.parent)
    finally:
        for ending in ("", "-wal", "-shm"):
            part.with_name(part.name + ending).unlink(missing_ok=True)
        if not is_taken:
            lock.release()


def is_frozen(tx: SqlTransaction) -> bool:
    """Tell whether outflows wait for an operator."""
    return bool(_FROZEN.rows(tx.cursor, {}))


def release(tx: SqlTransaction) -> int:
    """Let outflows go and wake what a restore parked; return how many rows."""
    _THAW.run(tx.cursor, {})
    if tx.cursor.rowcount:
        audit.add_change(tx, PLATFORM, "outflow_freeze", 1, {"state": "released"})
    _WAKE.run(tx.cursor, {"mark": FROZEN_WORK})
    return tx.cursor.rowcount


def _freeze(part: Path, *, now: datetime) -> None:
    since = UtcTime().process_bind_param(now, DIALECT)
    with closing(sqlite3.connect(part, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(
            "INSERT INTO outflow_freeze (only, reason, since) VALUES (1, 'restore', ?)"
            " ON CONFLICT (only) DO NOTHING",
            (since,),
        )
        connection.execute(
            "UPDATE work SET status = 'parked', last_error = ?"
            f" WHERE status IN ('due', 'sent') AND kind IN ({_OUTGOING})",
            (FROZEN_WORK,),
        )
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _check_same_mode(path: Path, mode: str) -> None:
    if not path.exists():
        return
    # What is there may be damaged: that is why somebody restores.
    with contextlib.suppress(BadBackup):
        found = check(path)
        if found != mode:
            raise WrongMode(f"the database is for {found}, the backup for {mode}")


def _keep_old(path: Path, *, now: datetime) -> None:
    mark = now.strftime("%Y%m%dT%H%M%S%f")
    kept = path.with_name(f"{path.name}.before-{mark}")
    for ending in ("-wal", "-shm", ""):
        old = path.with_name(path.name + ending)
        if old.exists():
            old.rename(kept.with_name(kept.name + ending))


def _copy(source: Path, target: Path) -> None:
    target.touch(mode=0o600)
    with closing(_look(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
        # A copy is one file: no log beside it.
        new.execute("PRAGMA journal_mode=DELETE")


def _beside(path: Path, word: str) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.{word}")


def _look(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=10)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""Copies of a live database, and putting one back.

What was queued in a copy may have happened since: `restore` hands the copy to whoever puts that
aside (`bot/engine/restored.py`) before it takes the database's place.
"""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

from storage import birth
from storage.embedded import ServiceLock
from storage.files import LOGS, address_to_read, flush, open_to_read, remove
from storage.keyring import KeyRing
from storage.setup import WrongMode, prepare
from storage.work import WORK

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A payment page that was asked for after a copy was taken; `status` is its attempt's."""

    configuration_id: int
    provider: str
    reference: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """What a replaced database knew and the copy does not, as far as it could be read.

    `lanes` are those of people who did something, `pages` those on which money may have been paid.
    """

    lanes: tuple[str, ...] = ()
    pages: tuple[Page, ...] = ()


_CARRY: Final = (
    "INSERT INTO seen (source, key) SELECT source, key FROM replaced.seen"
    " WHERE source LIKE 'telegram:%' EXCEPT SELECT source, key FROM seen"
)
_KEPT: Final = ", ".join(f'"{column.name}"' for column in WORK.columns)
_EVENTS: Final = (
    f"INSERT INTO work ({_KEPT}) SELECT {_KEPT} FROM replaced.work WHERE kind = 'hook'"
    " AND status IN ('due', 'sent', 'parked') AND id NOT IN (SELECT id FROM main.work)"
)
"""What providers told, nobody handled or could handle, and nobody will tell again."""

_ACTIVE: Final = (
    "SELECT DISTINCT lane FROM replaced.work WHERE kind IN ('update', 'pin')"
    " AND id > (SELECT coalesce(max(id), 0) FROM main.work) ORDER BY lane"
)
_ASKED: Final = (
    "SELECT configuration_id, provider, reference, status FROM replaced.attempt"
    " WHERE id NOT IN (SELECT id FROM main.attempt)"
    " AND status NOT IN ('created', 'declined', 'expired') ORDER BY id"
)
"""Whatever is paid on the others, their provider will tell of; of these it may have told."""


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
        flush(part)
        # Unlike a rename, a link does not overwrite what appeared meanwhile.
        os.link(part, target)
    finally:
        part.unlink(missing_ok=True)
    flush(target.parent)


def check(file: Path) -> str:
    """Look whether a file is a whole database of ours; return its mode.

    Raises:
        BadBackup: it is not.
    """
    try:
        with closing(open_to_read(file, within_s=10)) as connection:
            state = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            dangling = connection.execute("PRAGMA foreign_key_check").fetchone()
            mode = birth.mode_of(connection.cursor())
    except sqlite3.Error as error:
        raise BadBackup(f"{file.name}: {error}") from error
    if state != "ok" or dangling or mode is None:
        raise BadBackup(f"{file.name}: {'rows point at nothing' if state == 'ok' else state}")
    return mode


def restore(
    file: Path, path: Path, now: datetime, ring: KeyRing, *, put_back: Callable[[Path, Missed], T]
) -> T:
    """Put a backup in place of a database; what was there is kept beside it.

    An older backup is brought to the newest schema. Updates and events that the replaced database
    had received are carried over. Then `put_back` is called with the copy, before it is in place,
    and what it does not know: it freezes what the copy had still to do. Returns what it returns.

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
        is_readable = _check_same_mode(path, mode)
        _copy(file, part)
        prepare(part, mode=mode, now=now, ring=ring)
        missed = _carry_over(path, part) if is_readable else Missed()
        result = put_back(part, missed)
        _empty_log(part)
        flush(part)
        _keep_old(path, now=now)
        part.replace(path)
        flush(path.parent)
    finally:
        remove(part)
        if not is_taken:
            lock.release()
    return result


def _carry_over(replaced: Path, part: Path) -> Missed:
    """Give the copy the updates and events that were received since; return what else it lacks.

    The database that is replaced may be of another schema: then nothing is known of it.
    """
    with closing(sqlite3.connect(part, uri=True, isolation_level=None)) as connection:
        try:
            connection.execute("ATTACH ? AS replaced", (address_to_read(replaced),))
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(_CARRY)
            # Before the events, whose ids are newer than the copy's.
            lanes = tuple(str(row[0]) for row in connection.execute(_ACTIVE))
            pages = tuple(
                Page(configuration_id=row[0], provider=row[1], reference=row[2], status=row[3])
                for row in connection.execute(_ASKED)
            )
            connection.execute(_EVENTS)
            connection.execute("COMMIT")
        except sqlite3.Error:
            return Missed()
    return Missed(lanes=lanes, pages=pages)


def _empty_log(part: Path) -> None:
    """Bring what was written into the file itself: only that is put in place."""
    with closing(sqlite3.connect(part)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _check_same_mode(path: Path, mode: str) -> bool:
    """Refuse a backup of the other mode; tell whether a whole database is there."""
    if not path.exists():
        return False
    # What is there may be damaged: that is why somebody restores.
    try:
        found = check(path)
    except BadBackup:
        return False
    if found != mode:
        raise WrongMode(f"the database is for {found}, the backup for {mode}")
    return True


def _keep_old(path: Path, *, now: datetime) -> None:
    mark = now.strftime("%Y%m%dT%H%M%S%f")
    kept = path.with_name(f"{path.name}.before-{mark}")
    for ending in (*LOGS, ""):
        old = path.with_name(path.name + ending)
        if old.exists():
            old.rename(kept.with_name(kept.name + ending))


def _copy(source: Path, target: Path) -> None:
    target.touch(mode=0o600)
    with closing(open_to_read(source, within_s=10)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
        # A copy is one file: no log beside it.
        new.execute("PRAGMA journal_mode=DELETE")


def _beside(path: Path, word: str) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.{word}")

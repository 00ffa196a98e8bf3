"""A sandbox's books exchanged for fresh ones. A live database is never touched.

What was there stays beside the new file, as `<name>.before`, until the next exchange.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from storage.embedded import ServiceLock
from storage.files import flush, open_to_read, remove
from storage.setup import SANDBOX, WrongMode

WITHIN_S: Final = 5.0


class InUse(Exception):
    """Somebody else has the file open: nothing was exchanged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Birth:
    """What a database was made for, and a mark that no other database has."""

    mode: str
    mark: str


def birth_of(path: Path) -> Birth | None:
    """Return the birth of a database file; None where there is none of ours."""
    if not path.is_file():
        return None
    try:
        with closing(open_to_read(path)) as found:
            row = found.execute("SELECT mode, at FROM birth").fetchone()
    except sqlite3.Error:
        return None
    return Birth(mode=str(row[0]), mark=str(row[1])) if row else None


def before(path: Path) -> Path:
    """Return where the books of before the last exchange are."""
    return path.with_name(f"{path.name}.before")


def fresh(path: Path) -> Path:
    """Return where new books are made, beside the old ones; nothing is left there of earlier."""
    made = path.with_name(f"{path.name}.fresh")
    remove(made)
    return made


def exchange(path: Path, made: Path, *, within_s: float = WITHIN_S) -> None:
    """Put a sandbox's new books in place of its old ones, or where there are none yet.

    Whoever reads one of the two may take `within_s` to let it go.

    Raises:
        WrongMode: one of the two is not a sandbox's.
        AlreadyRunning: a service is using the database.
        InUse: somebody else has one of the two open.
    """
    _be_one_file(made, within_s)
    lock = ServiceLock(path)
    lock.take()
    try:
        if path.exists():
            _be_one_file(path, within_s)
            remove(before(path))
            path.replace(before(path))
        made.replace(path)
        flush(path.parent)
    finally:
        lock.release()


def _be_one_file(path: Path, within_s: float) -> None:
    """Take what a killed service left in the log into a sandbox's file; no log stays beside it.

    A log left behind would be read as the new file's.

    Raises:
        WrongMode: it is none of the sandbox's.
        InUse: somebody else has it open.
    """
    found = birth_of(path)
    if found is None or found.mode != SANDBOX:
        mode = found.mode if found else "nobody that we know"
        raise WrongMode(f"{path.name} is for {mode}, not for the sandbox: it stays as it is")
    try:
        with closing(sqlite3.connect(path, timeout=within_s)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as problem:
        raise InUse(f"{path.name}: {problem}") from problem

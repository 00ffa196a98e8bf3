"""SQLite's files on the disk: read beside whoever writes, deleted with their logs, made durable."""

import os
import sqlite3
from pathlib import Path
from typing import Final

LOGS: Final = ("-wal", "-shm")
"""Endings of what SQLite keeps beside a file."""


def address_to_read(path: Path) -> str:
    """Return the address by which a file can only be read."""
    return f"{path.absolute().as_uri()}?mode=ro"


def open_to_read(path: Path, *, within_s: int = 5) -> sqlite3.Connection:
    """Open a file that others may write to; `within_s` is how long to wait for them."""
    return sqlite3.connect(address_to_read(path), uri=True, timeout=within_s)


def remove(path: Path) -> None:
    """Delete a database file and its logs."""
    for ending in ("", *LOGS):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def flush(path: Path) -> None:
    """Return when a file's content, or a folder's entries, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

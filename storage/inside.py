"""What just happened inside, as tables for the sandbox's page; reads only, shows no secrets."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

LIMIT: Final = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One table; every cell is text."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


_QUERIES: Final = (
    (
        "Money moved",
        ("when", "token", "why", "from", "to", "amount"),
        (
            "SELECT j.posted_at, '…' || substr(j.token, -6), j.kind, a.kind, b.kind,"
            " printf('%,d', t.amount_minor) || ' ' || t.currency FROM transfer t"
            " JOIN journal j ON j.id = t.journal_id JOIN account a ON a.id = t.from_account"
            " JOIN account b ON b.id = t.to_account ORDER BY t.rowid DESC LIMIT ?"
        ),
    ),
    (
        "Statuses",
        ("when", "machine", "from", "to"),
        (
            "SELECT act.at, e.machine, e.from_status, e.to_status FROM act"
            " JOIN status_event e ON e.act_id = act.id WHERE e.seq > 0"
            " ORDER BY act.id DESC, e.seq DESC LIMIT ?"
        ),
    ),
    (
        "Work",
        ("when", "kind", "lane", "state", "tries"),
        "SELECT created_at, kind, lane, status, attempts FROM work ORDER BY id DESC LIMIT ?",
    ),
    (
        "Holds",
        ("when", "purpose", "amount", "state"),
        (
            "SELECT a.at, h.subject_kind, printf('%,d', h.amount_minor) || ' ' || h.currency,"
            " h.status FROM hold h JOIN act a ON a.id = h.act_id ORDER BY h.id DESC LIMIT ?"
        ),
    ),
    (
        "Sealed blocks",
        ("tenant", "height", "acts", "hash"),
        (
            "SELECT t.name, b.height, b.acts, substr(b.hash, 1, 12) || '…' FROM block b"
            " JOIN tenant t ON t.id = b.tenant_id ORDER BY b.last_act DESC LIMIT ?"
        ),
    ),
)


def look(path: Path) -> list[Panel]:
    """Return the newest rows of every table, newest first; empty before the database exists."""
    if not path.exists():
        return []
    uri = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=1)) as connection:
        return [
            Panel(title=title, columns=columns, rows=_rows(connection, columns, query))
            for title, columns, query in _QUERIES
        ]


def _rows(
    connection: sqlite3.Connection, columns: tuple[str, ...], query: str
) -> tuple[tuple[str, ...], ...]:
    try:
        found = connection.execute(query, (LIMIT,)).fetchall()
    except sqlite3.Error:
        return ()
    is_timed = columns[0] == "when"
    return tuple((_clock(row[0]) if is_timed else str(row[0]), *map(str, row[1:])) for row in found)


def _clock(micros: int) -> str:
    return f"{datetime.fromtimestamp(micros / 1_000_000, UTC):%H:%M:%S}"

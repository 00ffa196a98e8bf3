"""What happened inside, for the sandbox's page and its story; reads only, shows no secrets."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from core.domain.money import Currency, Money, exponent
from storage.files import open_to_read
from storage.schema import EPOCH

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
        ("when", "amount", "what"),
        (
            "SELECT j.posted_at, t.amount_minor || ' ' || t.currency, j.kind || ': ' || a.kind ||"
            " ' → ' || b.kind || ', TXN-…' || substr(j.token, -6) FROM transfer t"
            " JOIN journal j ON j.id = t.journal_id JOIN account a ON a.id = t.from_account"
            " JOIN account b ON b.id = t.to_account ORDER BY t.rowid DESC LIMIT ?"
        ),
    ),
    (
        "Statuses",
        ("when", "of", "from → to"),
        (
            "SELECT act.at, e.machine, e.from_status || ' → ' || e.to_status FROM act"
            " JOIN status_event e ON e.act_id = act.id WHERE e.seq > 0"
            " ORDER BY act.id DESC, e.seq DESC LIMIT ?"
        ),
    ),
    (
        "Work",
        ("when", "state", "tries", "what"),
        (
            "SELECT created_at, status, attempts, kind || ' in lane ' || lane FROM work"
            " ORDER BY id DESC LIMIT ?"
        ),
    ),
    (
        "Holds",
        ("when", "amount", "state", "purpose"),
        (
            "SELECT a.at, h.amount_minor || ' ' || h.currency, h.status, h.subject_kind"
            " FROM hold h JOIN act a ON a.id = h.act_id ORDER BY h.id DESC LIMIT ?"
        ),
    ),
    (
        "Sealed blocks",
        ("no.", "hash", "acts", "tenant"),
        (
            "SELECT b.height, substr(b.hash, 1, 12) || '…', b.acts, t.name FROM block b"
            " JOIN tenant t ON t.id = b.tenant_id ORDER BY b.last_act DESC LIMIT ?"
        ),
    ),
)


_HAPPENED: Final = (
    "SELECT coalesce(i.external_id, 0), e.machine || ':' || e.to_status FROM act"
    " JOIN status_event e ON e.act_id = act.id AND e.seq > 0"
    " LEFT JOIN identity i ON i.id = act.identity_id WHERE act.cause_kind <> 'command'"
    " UNION SELECT coalesce(i.external_id, 0), 'journal:' || j.kind FROM act"
    " JOIN journal j ON j.act_id = act.id"
    " LEFT JOIN identity i ON i.id = act.identity_id WHERE act.cause_kind <> 'command'"
)


def happened(path: Path) -> frozenset[tuple[int, str]]:
    """Return what has happened since the books were made: who, by Telegram id or 0, and what.

    What is `<machine>:<status>` or `journal:<kind>`. Empty while there is nothing to read. Reads
    every act: for a sandbox.
    """
    if not path.exists():
        return frozenset()
    try:
        with closing(open_to_read(path, within_s=1)) as connection:
            return frozenset((int(who), str(what)) for who, what in connection.execute(_HAPPENED))
    except sqlite3.Error:
        return frozenset()


def look(path: Path, *, timezone: str = "UTC") -> list[Panel]:
    """Return the newest rows of every table, newest first; empty before the database exists.

    `timezone` is an IANA name: the times are those of that place.
    """
    if not path.exists():
        return []
    with closing(open_to_read(path, within_s=1)) as connection:
        return [
            Panel(title=title, columns=columns, rows=_rows(connection, columns, query, timezone))
            for title, columns, query in _QUERIES
        ]


def _rows(
    connection: sqlite3.Connection, columns: tuple[str, ...], query: str, timezone: str
) -> tuple[tuple[str, ...], ...]:
    try:
        found = connection.execute(query, (LIMIT,)).fetchall()
    except sqlite3.Error:
        return ()
    draw: dict[str, Callable[[Any], str]] = {
        "when": partial(_clock, timezone=timezone),
        "amount": _amount,
    }
    shown = [draw.get(column, _words) for column in columns]
    return tuple(
        tuple(cell(value) for cell, value in zip(shown, row, strict=True)) for row in found
    )


def _clock(micros: int, *, timezone: str) -> str:
    """Return the day and the time of a place."""
    at = (EPOCH + timedelta(microseconds=micros)).astimezone(ZoneInfo(timezone))
    return f"{at.day} {at:%b %H:%M:%S}"


def _amount(text: str) -> str:
    """Return minor units and their currency as people write them: 500000 NGN as 5,000.00 NGN."""
    minor, _, code = text.partition(" ")
    currency = Currency(code)
    places = exponent(currency)
    return f"{Money(int(minor), currency).decimal():,.{places}f} {code}"


def _words(value: object) -> str:
    return str(value).replace("_", " ")

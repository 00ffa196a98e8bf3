"""From the SQLite file to PostgreSQL, whole or not at all.

One transaction on the server: the references go, every row is copied, the references come back
(which checks each of them), triggers are installed; then both sides are compared: the number of
rows of every table, a digest of their content, each account's balance, every chain's head and the
chain itself, the doctor's look at the books. Only when all agree is it committed, and the file is
marked so that no service opens it again.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import psycopg

from core.ports import Randomness
from storage import audit, doctor, server_setup, setup
from storage.files import open_to_read
from storage.keyring import KeyRing
from storage.postgres import PostgresCursor, connect
from storage.postgres_triggers import PREFIX, install
from storage.schema import METADATA
from storage.transaction import Group, SqlTransaction

FETCH: Final = 2_000
"""Rows held in memory at once."""

SEEDS: Final = ("act", "block", "journal", "person")
"""More rows in these than a birth writes: somebody has worked here."""

ROUND: Final = 1 << 256


class NotEmpty(Exception):
    """The database on the server has been worked in: nothing is written over it."""


class Differs(Exception):
    """Both sides do not agree, or the books there do not hold; nothing was moved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What was compared and found equal."""

    tables: int
    rows: int
    accounts: int
    chains: int


def move(
    path: Path, url: str, *, mode: str, now: datetime, ring: KeyRing, randomness: Randomness
) -> Moved:
    """Move a file's books to a database on a server; the caller holds the file's service lock.

    Raises:
        NeedsMigration, WrongMode, WrongKeys: the file is not one that this service opens.
        NotEmpty: the database on the server has been worked in.
        Differs: what arrived is not what left; nothing was moved.
        ConnectionError: the server does not answer.
    """
    setup.check(path, mode=mode, ring=ring)
    server_setup.prepare(url, mode=mode, now=now, ring=ring)
    with closing(_look(path)) as source, connect(url) as target:
        cursor = PostgresCursor(target)
        cursor.execute("BEGIN")
        _check_empty(cursor)
        references = _drop_references(cursor)
        _copy(source, target, cursor)
        for statement in references:
            cursor.execute(statement)
        for statement in install():
            cursor.execute(statement)
        moved = _compare(source, cursor)
        _examine(cursor, now=now, ring=ring, randomness=randomness)
        cursor.execute("COMMIT")
    setup.mark_moved(path, to=server_setup.name_of(url))
    return moved


def _look(path: Path) -> sqlite3.Connection:
    connection = open_to_read(path)
    connection.isolation_level = None
    connection.execute("BEGIN")
    return connection


def _check_empty(cursor: PostgresCursor) -> None:
    for name, born in zip(SEEDS, (1, 1, 0, 0), strict=True):
        cursor.execute(f"SELECT count(*) FROM {name}")
        if cursor.fetchall()[0][0] > born:
            raise NotEmpty(name)


def _drop_references(cursor: PostgresCursor) -> list[str]:
    """Drop our triggers and every foreign key; return the statements that bring the keys back."""
    cursor.execute(
        "SELECT CAST(proname AS text) FROM pg_proc"
        f" WHERE pronamespace = current_schema()::regnamespace AND proname LIKE '{PREFIX}%'"
    )
    for (name,) in cursor.fetchall():
        cursor.execute(f'DROP FUNCTION "{name}"() CASCADE')
    cursor.execute(
        "SELECT CAST(conrelid::regclass AS text), CAST(conname AS text), pg_get_constraintdef(oid)"
        " FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"
    )
    found = cursor.fetchall()
    for table, name, _ in found:
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    return [f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {text}' for table, name, text in found]


def _copy(source: sqlite3.Connection, target: psycopg.Connection[Any], cursor: Any) -> None:
    cursor.execute(f"TRUNCATE {', '.join(METADATA.tables)}")
    for name in METADATA.tables:
        columns = _columns(name)
        listed = ", ".join(f'"{column}"' for column in columns)
        plain = psycopg.Cursor(target)
        with plain.copy(f"COPY {name} ({listed}) FROM STDIN".encode()) as copying:
            for row in _rows(source.execute(f"SELECT {listed} FROM {name}")):
                copying.write_row(row)


def _columns(name: str) -> list[str]:
    return [column.name for column in METADATA.tables[name].columns if column.computed is None]


def _rows(cursor: Any) -> Iterator[Sequence[Any]]:
    while rows := cursor.fetchmany(FETCH):
        yield from rows


def _compare(source: sqlite3.Connection, cursor: PostgresCursor) -> Moved:
    rows = 0
    for name in METADATA.tables:
        listed = ", ".join(f'"{column}"' for column in _columns(name))
        query = f"SELECT {listed} FROM {name}"
        left = digest(_rows(source.execute(query)))
        cursor.execute(query, binary=True)
        right = digest(_rows(cursor))
        if left != right:
            raise Differs(f"table {name}: {left[0]} rows left, {right[0]} arrived, or they differ")
        rows += left[0]
    balances = "SELECT id, credits_minor - debits_minor, held_minor FROM account ORDER BY id"
    heads = "SELECT tenant_id, max(height) FROM block GROUP BY tenant_id ORDER BY tenant_id"
    counted = []
    for what, query in (("balances", balances), ("chain heads", heads)):
        cursor.execute(query)
        found = [tuple(row) for row in cursor.fetchall()]
        if found != [tuple(row) for row in source.execute(query)]:
            raise Differs(what)
        counted.append(len(found))
    return Moved(tables=len(METADATA.tables), rows=rows, accounts=counted[0], chains=counted[1])


def digest(rows: Iterable[Sequence[Any]]) -> tuple[int, int]:
    """Return how many rows there are, and a digest of their content that knows no order."""
    count = total = 0
    for row in rows:
        plain = repr([bytes(v) if isinstance(v, memoryview) else v for v in row])
        total += int.from_bytes(hashlib.sha256(plain.encode()).digest())
        count += 1
    return count, total % ROUND


def _examine(
    cursor: PostgresCursor, *, now: datetime, ring: KeyRing, randomness: Randomness
) -> None:
    tx = SqlTransaction(cursor, Group(now=now), ring=ring, randomness=randomness)
    problems = doctor.broken(tx)
    for tenant in tx.tenants.all():
        problems += audit.verify(cursor, tenant.id)
    if problems:
        raise Differs("; ".join(problems[:5]))

"""The chain: sealed with the commit, and every later change of a sealed row is found."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from core.domain.ledger import JournalId
from core.domain.money import MAX_MINOR
from core.domain.tenants import TenantId
from storage import audit, seals
from storage.records import FROZEN
from storage.schema import METADATA
from storage.triggers import triggers
from tests.factories import add_person, open_books, ring
from tests.storage.estate import Ids

COVERED = sorted(
    {"act", "change", "status_event", "note"}
    | {name for name in FROZEN if "act_id" in METADATA.tables[name].c}
)
SEALED = [
    (table, column)
    for table in COVERED
    for column in (
        audit.NOTE_SEALED
        if table == "note"
        else FROZEN.get(table) or [c.name for c in METADATA.tables[table].columns]
    )
]


def disarm(path: Path) -> sqlite3.Connection:
    """Open the file as a forger would: no triggers, no foreign keys."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN")
    for name in triggers():
        connection.execute(f'DROP TRIGGER "{name}"')
    connection.execute("COMMIT")
    return connection


def verify(path: Path, *tenants: int) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        cursor = connection.cursor()
        rows = cursor.execute("SELECT id FROM tenant").fetchall()
        wanted = tenants or [row[0] for row in rows]
        return [line for each in wanted for line in audit.verify(cursor, each)]


def test_an_untouched_chain_holds(estate: Path) -> None:
    assert verify(estate) == []


@pytest.mark.parametrize(("table", "column"), SEALED)
def test_a_forged_value_is_found(estate: Path, table: str, column: str) -> None:
    kind = METADATA.tables[table].c[column].type.python_type
    other = f"{column} || 'x'" if kind is str else f"COALESCE({column}, 0) + 7000"
    last = "(SELECT MAX(rowid) FROM {t})" if not is_without_rowid(table) else ""
    where = f"rowid = {last.format(t=table)}" if last else f"act_id = {newest(estate, table)}"
    with closing(disarm(estate)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        done = connection.execute(f"UPDATE {table} SET {column} = {other} WHERE {where}")  # noqa: S608 - ours
        assert done.rowcount
    assert verify(estate) != []


def is_without_rowid(table: str) -> bool:
    return METADATA.tables[table].dialect_options["sqlite"]["with_rowid"] is False


def newest(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute(f"SELECT MAX(act_id) FROM {table}").fetchone()[0])  # noqa: S608 - ours


@pytest.mark.parametrize("table", COVERED)
def test_a_deleted_row_is_found(estate: Path, table: str) -> None:
    key = "id" if table == "act" else "act_id"
    with closing(disarm(estate)) as connection:
        top = f"(SELECT MAX({key}) FROM {table})"  # noqa: S608 - ours
        connection.execute(f"DELETE FROM {table} WHERE {key} = {top}")  # noqa: S608 - ours
    assert verify(estate) != []


def test_a_row_slipped_into_an_old_act_is_found(estate: Path, ids: Ids) -> None:
    with closing(disarm(estate)) as connection:
        connection.execute(
            "INSERT INTO change (act_id, line, entity, entity_id, content)"
            " VALUES (?, 99, 'person', 1, '{}')",
            (ids["journal_act"],),
        )
    assert verify(estate) != []


@pytest.mark.parametrize("column", ["hash", "before_hash", "acts", "first_act", "last_act"])
def test_a_forged_block_is_found(estate: Path, ids: Ids, column: str) -> None:
    other = f"{column} || 'x'" if "hash" in column else f"{column} + 1"
    with closing(disarm(estate)) as connection:
        connection.execute(f"UPDATE block SET {column} = {other}")  # noqa: S608 - ours
    assert verify(estate, ids["tenant"]) != []


def test_a_block_taken_out_is_found(estate: Path, ids: Ids) -> None:
    with closing(disarm(estate)) as connection:
        connection.execute("DELETE FROM block WHERE tenant_id = ?", (ids["tenant"],))
    assert verify(estate, ids["tenant"]) != []


def test_an_act_without_a_seal_is_found(estate: Path, ids: Ids) -> None:
    with closing(disarm(estate)) as connection:
        connection.execute(
            "INSERT INTO act VALUES (?, ?, 'command', 'x', 0, 0, 0)", (MAX_MINOR, ids["tenant"])
        )
    assert verify(estate, ids["tenant"]) == [f"tenant {ids['tenant']}: 1 acts are not sealed"]


def test_an_erased_note_breaks_nothing(estate: Path, ids: Ids) -> None:
    with closing(sqlite3.connect(estate)) as connection, connection:
        connection.execute("UPDATE note SET body = x'', salt = '' WHERE id = ?", (ids["note"],))
    assert verify(estate) == []


def test_every_commit_adds_to_the_chain(estate: Path) -> None:
    books = open_books(estate.parent, path=estate, seed=2)
    heads = []
    for _ in range(3):
        books.run(add_person)
        heads.append(books.run(lambda tx: audit.head(tx.cursor, 1)))
    books.close()
    assert [head[0] - heads[0][0] for head in heads] == [0, 1, 2]
    assert len({head[1] for head in heads}) == 3
    assert verify(estate) == []


def test_functions_of_one_group_share_a_block(estate: Path) -> None:
    books = open_books(estate.parent, path=estate, seed=2)
    before = books.run(lambda tx: audit.head(tx.cursor, 1))[0]
    books.run_group([add_person, add_person, add_person])
    assert books.run(lambda tx: audit.head(tx.cursor, 1))[0] == before + 1
    books.close()
    assert verify(estate) == []


@pytest.mark.parametrize("is_listed", [False, True])
def test_a_journal_keeps_the_seal_of_its_own_block(
    estate: Path, ids: Ids, *, is_listed: bool
) -> None:
    tenant = TenantId(ids["tenant"])
    books = open_books(estate.parent, path=estate, seed=2)
    own = books.run(lambda tx: audit.head(tx.cursor, tenant))[1]
    books.run(lambda tx: tx.add_note(tenant, "later"))
    books.close()
    if is_listed:
        with closing(disarm(estate)) as connection:
            mark_listed(connection, tenant, ids["journal_act"])
    books = open_books(estate.parent, path=estate, seed=3)
    assert books.run(lambda tx: tx.seal_of(JournalId(ids["journal"]))) == own
    assert books.run(lambda tx: audit.head(tx.cursor, tenant))[1] != own
    books.close()


def mark_listed(connection: sqlite3.Connection, tenant: int, act: int) -> None:
    """Let blocks name their acts, the later one's range lie around an act that it does not name."""
    connection.execute(
        "UPDATE block SET listed = (SELECT group_concat(id) FROM act"
        " WHERE id BETWEEN first_act AND last_act AND tenant_id = block.tenant_id)"
    )
    connection.execute(
        "UPDATE block SET first_act = 1, last_act = ? WHERE tenant_id = ? AND height ="
        " (SELECT max(height) FROM block WHERE tenant_id = ?)",
        (act, tenant, tenant),
    )


def test_a_journal_that_no_block_covers_yet_has_no_seal(estate: Path, ids: Ids) -> None:
    with closing(disarm(estate)) as connection:
        connection.execute("DELETE FROM block WHERE last_act >= ?", (ids["journal_act"],))
        cursor = connection.cursor()
        assert seals.seal_of(cursor, ids["journal"]) == ""


def test_a_note_is_read_back_only_with_its_key(estate: Path, ids: Ids) -> None:
    books = open_books(estate.parent, path=estate, seed=2)
    assert books.run(lambda tx: tx.note(ids["note"])) == "too much"
    books.close()
    stranger = open_books(
        estate.parent, path=estate, keys=ring("another key of thirty-two letters")
    )
    with pytest.raises(Exception, match=r"note\.body"):
        stranger.run(lambda tx: tx.note(ids["note"]))
    stranger.close()

"""Attacks with raw SQL: under every conflict clause, with our settings and with none."""

import contextlib
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from core.domain.machines import NONE
from storage.records import FROZEN
from storage.schema import METADATA
from storage.triggers import APPEND_ONLY, NEVER_DELETED, REBORN, triggers
from tests.storage import (
    attacks,
    attacks_on_bills,
    attacks_on_differences,
    attacks_on_history,
    attacks_on_keys,
    attacks_on_refunds,
    attacks_on_requests,
    attacks_on_returns,
    attacks_on_unmatched,
)
from tests.storage.attacks import Attack
from tests.storage.estate import FORMS, Ids, dump, way_in

ATTACKS = [
    pytest.param(attack, id=f"{group}: {attack.name}")
    for group, found in (
        ("journals", attacks.JOURNALS),
        ("transfers", attacks.TRANSFERS),
        ("holds", attacks.HOLDS),
        ("accounts", attacks.ACCOUNTS),
        ("entries", attacks_on_history.ENTRIES),
        ("events", attacks_on_history.EVENTS),
        ("bills", attacks_on_bills.BILLS),
        ("births", attacks_on_bills.BIRTHS),
        ("versions", attacks_on_bills.VERSIONS),
        ("allocations", attacks_on_bills.ALLOCATIONS),
        ("counts", attacks_on_bills.COUNTS),
        ("returns", attacks_on_bills.RETURNS),
        ("receipts", attacks_on_bills.RECEIPTS),
        ("payments", attacks_on_bills.PAYMENTS),
        ("doors", attacks_on_bills.DOORS),
        ("keys", attacks_on_keys.ATTACKS),
        ("standings", attacks_on_keys.STANDINGS),
        ("refunds", attacks_on_refunds.REFUNDS),
        ("refunds' steps", attacks_on_refunds.STEPS),
        ("refunds' sums", attacks_on_refunds.CEILINGS),
        ("refunds back", attacks_on_returns.RETURNS),
        ("differences", attacks_on_differences.ATTACKS),
        ("claims", attacks_on_refunds.CLAIMS),
        ("requests", attacks_on_requests.ATTACKS),
        ("unmatched", attacks_on_unmatched.ATTACKS),
    )
    for attack in found
]
KEPT = [*APPEND_ONLY, *NEVER_DELETED]
POINTERS = [
    (name, tuple(column.name for column in constraint.columns))
    for name in KEPT
    for constraint in sorted(
        METADATA.tables[name].foreign_key_constraints, key=lambda c: str(c.column_keys)
    )
    if all(column.computed is None for column in constraint.columns)
]
ROWS = 5
"""Rows of a table that are attacked, at most."""


def run(connection: sqlite3.Connection, statement: str, ids: Ids, *, form: str = "") -> None:
    """Run a statement under a conflict clause."""
    sql = statement.replace("?OR?", f"OR {form}" if form else "")
    used = set(re.findall(r":(\w+)", sql))
    connection.execute(sql, {name: value for name, value in ids.items() if name in used})


def breaches(way: str, path: Path, attack: Attack, ids: Ids) -> list[str]:
    """Return the conflict clauses under which an attack changed anything."""
    found = []
    waiting = list(FORMS)
    while waiting:
        with way_in(way, path) as connection:
            for lawful in attack.prepare:
                run(connection, lawful, ids)
            before = dump(connection)
            # OR ROLLBACK ends the transaction and undoes what was lawful, too: begin anew.
            while waiting and connection.in_transaction:
                form = waiting.pop(0)
                connection.execute("SAVEPOINT attack")
                with contextlib.suppress(sqlite3.Error):
                    run(connection, attack.statement, ids, form=form)
                if connection.in_transaction:
                    if dump(connection) != before:
                        found.append(form or "plain")
                    connection.execute("ROLLBACK TO attack")
    return found


@pytest.mark.parametrize("way", ["ours", "bare"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_changes_nothing(built: tuple[Path, Ids], way: str, attack: Attack) -> None:
    path, ids = built
    assert breaches(way, path, attack, ids) == []


LAWFUL = (
    *attacks_on_refunds.LAWFUL,
    *attacks_on_requests.LAWFUL,
    *attacks_on_unmatched.LAWFUL,
)


@pytest.mark.parametrize("lawful", LAWFUL, ids=lambda each: each.name)
def test_a_lawful_refund_is_written(built: tuple[Path, Ids], lawful: Attack) -> None:
    path, ids = built
    assert "plain" in breaches("ours", path, lawful, ids)


@pytest.mark.parametrize("way", ["ours", "bare"])
@pytest.mark.parametrize("table", APPEND_ONLY)
def test_what_is_written_once_cannot_be_edited(
    built: tuple[Path, Ids], way: str, table: str
) -> None:
    path, ids = built
    names = [c.name for c in METADATA.tables[table].columns if c.computed is None]
    with way_in(way, path) as connection:
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - ours
        for name in names:
            for form in ("", *(f"OR {word}" for word in FORMS[1:3])):
                with pytest.raises(sqlite3.IntegrityError, match="hazina:"):
                    connection.execute(f"UPDATE {form} {table} SET {name} = {name}")  # noqa: S608 - ours
    assert ids


@pytest.mark.parametrize("way", ["ours", "bare"])
@pytest.mark.parametrize("table", KEPT)
def test_what_is_kept_cannot_be_deleted(built: tuple[Path, Ids], way: str, table: str) -> None:
    path, _ = built
    with (
        way_in(way, path) as connection,
        pytest.raises(sqlite3.IntegrityError, match=f"hazina:{table}.no_delete"),
    ):
        connection.execute(f"DELETE FROM {table}")  # noqa: S608 - ours


@pytest.mark.parametrize("way", ["ours", "bare"])
@pytest.mark.parametrize("table", [name for name in KEPT if name not in REBORN])
def test_no_row_is_written_over(built: tuple[Path, Ids], way: str, table: str) -> None:
    path, ids = built
    names = ", ".join(c.name for c in METADATA.tables[table].columns if c.computed is None)
    again = f"INSERT ?OR? INTO {table} ({names}) SELECT {names} FROM {table} LIMIT {ROWS}"  # noqa: S608 - ours
    assert breaches(way, path, Attack(name=table, statement=again), ids) == []


@pytest.mark.parametrize("way", ["ours", "bare"])
@pytest.mark.parametrize(
    ("table", "column"),
    [(t, c) for t, columns in FROZEN.items() for c in columns if t not in APPEND_ONLY],
)
def test_what_is_fixed_at_birth_stays(
    built: tuple[Path, Ids], way: str, table: str, column: str
) -> None:
    path, ids = built
    version = ", row_version = row_version + 1" if "row_version" in METADATA.tables[table].c else ""
    if table == "intent":
        version += ", was = 'open', status = 'done', status_seq = status_seq + 1"
    kind = METADATA.tables[table].c[column].type.python_type
    other = f"{column} || 'x'" if kind is str else f"COALESCE({column}, 0) + 1"
    statement = f"UPDATE ?OR? {table} SET {column} = {other}{version}"  # noqa: S608 - ours
    assert breaches(way, path, Attack(name=table, statement=statement), ids) == []


@pytest.mark.parametrize("way", ["ours", "bare"])
@pytest.mark.parametrize(
    "table", [name for name, table in METADATA.tables.items() if "row_version" in table.c]
)
def test_a_version_rises_by_one(built: tuple[Path, Ids], way: str, table: str) -> None:
    path, ids = built
    for version in ("row_version", "row_version + 2", "row_version - 1", "0", "NULL"):
        statement = f"UPDATE ?OR? {table} SET row_version = {version}"  # noqa: S608 - ours
        assert breaches(way, path, Attack(name=version, statement=statement), ids) == []


@pytest.mark.parametrize("way", ["ours", "bare"])
@pytest.mark.parametrize(("table", "columns"), POINTERS)
def test_no_row_points_at_nothing(
    built: tuple[Path, Ids], way: str, table: str, columns: tuple[str, ...]
) -> None:
    path, ids = built
    target = METADATA.tables[table]
    names = [c.name for c in target.columns if c.computed is None]
    wrong = {
        name: "900900" if target.c[name].type.python_type is int else "'?'" for name in columns
    }
    key = target.primary_key.columns.keys()[-1]
    fresh = {key: f"{key} + 900900"} if target.c[key].type.python_type is int else {}
    chosen = [{**fresh, **wrong}.get(name, name) for name in names]
    statement = (
        f"INSERT ?OR? INTO {table} ({', '.join(names)})"  # noqa: S608 - ours
        f" SELECT {', '.join(chosen)} FROM {table} LIMIT 1"
    )
    assert breaches(way, path, Attack(name=table, statement=statement), ids) == []


def test_an_arrival_seen_twice_is_no_error(built: tuple[Path, Ids]) -> None:
    with way_in("ours", built[0]) as connection:
        again = "INSERT INTO seen (source, key) VALUES ('bot', '1') ON CONFLICT DO NOTHING"
        assert connection.execute(again).rowcount == 0


def test_a_note_may_be_erased(built: tuple[Path, Ids]) -> None:
    path, ids = built
    with way_in("ours", path) as connection:
        erase = "UPDATE note SET body = x'', salt = '' WHERE id = :note"
        assert connection.execute(erase, {"note": ids["note"]}).rowcount == 1


def test_every_trigger_aborts() -> None:
    loose = [name for name, text in triggers().items() if re.search(r"RAISE\((?!ABORT)", text)]
    assert loose == []


def test_the_lawful_counterparts_pass(built: tuple[Path, Ids]) -> None:
    """An attack that fails for another reason proves nothing: its lawful twin must pass."""
    path, ids = built
    lawful: list[tuple[str, ...]] = [
        (attacks.journal(), attacks.transfer()),
        (*attacks.BORN, attacks.hold()),
        (*attacks.BORN, attacks.hold(amount_minor="82200")),
        (attacks.journal(), attacks.transfer(amount_minor="82200")),
        (*attacks.POSTED, attacks.journal(), spent_hold("400")),
        (attacks.journal(reverses_id=":journal"), attacks.transfer()),
        (attacks.event("hold", ":open_hold", "2", ("open", "posted")),),
        (attacks.event("hold", "900900", "0", (NONE, NONE)),),
        (*attacks_on_bills.GIVE_BACK, returned("7000")),
    ]
    for statements in lawful:
        with way_in("ours", path) as connection:
            for statement in statements:
                run(connection, statement, ids)


def spent_hold(minor: str) -> str:
    return attacks.transfer(hold_id=":open_hold", amount_minor=minor)


def returned(minor: str) -> str:
    values: dict[str, Any] = {
        "payment_id": ":paid",
        "line": "1",
        "journal_id": "900001",
        "amount_minor": minor,
        "act_id": ":top_up_act",
    }
    return attacks.insert("allocation_return", values)

"""Every pair of statuses of every machine, by raw SQL: what is legal passes, the rest fails."""

import itertools
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from core.domain.dialogues import INTENT_TRANSITIONS
from core.domain.machines import NONE, Machine
from storage.birth import MACHINES
from storage.records import AXES, Axis
from tests.storage import refund_rows
from tests.storage.estate import Ids, read, way_in, write

NEW_ID = 77_000_001

TEMPLATES = {
    "tenant": "tenant",
    "membership": "membership",
    "invitation": "invitation",
    "wallet": "wallet_row",
    "hold": "open_hold",
    "bill": "calm_bill",
    "dispute": "dispute",
    "payment": "saving",
    "attempt": "attempt",
    "refund": "refund",
    "difference": "difference",
    "chargeback": "chargeback",
    "refund_request": "refund_request",
}
"""Which row of the world is copied for a new one."""

UNIQUE: dict[str, dict[str, Any]] = {
    "membership": {"unit_id": NEW_ID},
    "invitation": {"key_hash": "e" * 64},
    "bill": {"number": "BILL-2026-999999"},
    "dispute": {"number": "DSP-2026-999999"},
    "payment": {"token": "TXN-x"},
    "attempt": {"number": 2, "reference": "ref-2"},
    "wallet": {"owner_id": NEW_ID, "account_id": NEW_ID},
    "difference": {"provider_id": "cap-10"},
    "chargeback": {"capture": "cap-10"},
}
"""What a copy must not share with its template."""

WITH_STATUS: dict[tuple[str, str], dict[str, Any]] = {
    ("invitation", "used"): {"used_by": 1},
    ("hold", "posted"): {"posted_minor": 1},
    ("payment", "completed"): {"captured_minor": 1},
    ("chargeback", "evidence_sent"): {"handled_by": 1},
    ("chargeback", "won"): {"ended_at": 1},
    ("chargeback", "lost"): {"ended_at": 1},
}
"""What a row's CHECKs want beside a status."""

PAIRS = [
    (table, axis, before, after)
    for table, axes in AXES.items()
    for axis in axes
    for before, after in itertools.product(axis.machine.statuses, repeat=2)
]


def called(value: object) -> str:
    return value.machine.name if isinstance(value, Axis) else str(value)


def is_legal(machine: Machine, before: str, after: str) -> bool:
    return (before, after) in machine.steps


def way_to(machine: Machine, status: str) -> list[str]:
    """Return the statuses from birth to the one wanted, shortest way."""
    ways: list[list[str]] = [[NONE]]
    while ways:
        way = ways.pop(0)
        if way[-1] == status:
            return way[1:]
        ways += [[*way, to] for to in sorted(machine.transitions.get(way[-1], ())) if to not in way]
    raise AssertionError(status)


def add_event(
    connection: sqlite3.Connection, axis: Axis, *, seq: int, before: str, after: str
) -> None:
    event = {
        "machine": axis.machine.name,
        "entity": NEW_ID,
        "seq": seq,
        "before_seq": max(0, seq - 1),
        "from_status": before,
        "to_status": after,
        "act_id": 1,
        "note_id": 0,
    }
    write(connection, "status_event", event)


def give_birth(
    connection: sqlite3.Connection, table: str, axis: Axis, *, status: str, ids: Ids
) -> None:
    """Write a copy of the template, born with this status."""
    row = read(connection, table, id=ids[TEMPLATES[table]])
    if table == "wallet":
        account = read(connection, "account", id=row["account_id"])
        zero = dict.fromkeys(("debits_minor", "credits_minor", "held_minor", "entry_seq"), 0)
        write(connection, "account", {**account, **zero, "id": NEW_ID, "owner_id": NEW_ID})
    for each in AXES[table]:
        first = status if each is axis else way_to(each.machine, row[each.field])[0]
        add_event(connection, each, seq=0, before=NONE, after=NONE)
        add_event(connection, each, seq=1, before=NONE, after=first)
        row |= {each.field: first, f"{each.field}_seq": 1}
    row |= {"id": NEW_ID, "row_version": 1, **UNIQUE.get(table, {})}
    row |= WITH_STATUS.get((table, status), {})
    if table == "chargeback":
        row |= {"payment_id": ids["linked"], "attempt_id": ids["link_attempt"]}
    if table == "refund_request":
        row |= {"decided_by": None, "decided_at": None}
    if table == "refund":
        row = refund_rows.born(connection, row, status=status, ids=ids)
    write(connection, table, row)


def change(
    connection: sqlite3.Connection, table: str, axis: Axis, *, status: str, seq: int
) -> None:
    """Write a status into the row."""
    values = {axis.field: status, f"{axis.field}_seq": seq}
    values |= WITH_STATUS.get((table, status), {})
    if table == "invitation" and status != "used":
        values["used_by"] = None
    if table == "refund":
        row = read(connection, table, id=NEW_ID)
        values |= refund_rows.ended(connection, row, status=status)
    if table == "refund_request" and status not in {NONE, "open"}:
        values |= request_end(connection, status)
    if "handled_by" in values:
        values["handled_by"] = _somebody(connection)
    if table == "difference" and status not in {NONE, "open"}:
        values |= difference_end(connection, status)
    settings = ", ".join(f"{name} = :{name}" for name in values)
    connection.execute(
        f"UPDATE {table} SET {settings}, row_version = row_version + 1 WHERE id = {NEW_ID}",  # noqa: S608 - ours
        values,
    )


def difference_end(connection: sqlite3.Connection, status: str) -> dict[str, Any]:
    """Return what is stored with a difference's end."""

    def one(query: str) -> int:
        return int(connection.execute(query).fetchone()[0])

    ended: dict[str, Any] = {"ended_at": 1}
    if status != "solved":
        ended["ended_by"] = one("SELECT id FROM person LIMIT 1")
        ended["reason_id"] = one("SELECT id FROM note WHERE id > 0 LIMIT 1")
    if status == "matched":
        ended["journal_id"] = one("SELECT id FROM journal WHERE key LIKE 'capture:%:cap-10'")
    return ended


def request_end(connection: sqlite3.Connection, status: str) -> dict[str, Any]:
    """Return what is stored with the end of a request for money back."""
    row = read(connection, "refund_request", id=NEW_ID)
    ended: dict[str, Any] = {"decided_at": 1, "decided_by": row["payer_id"]}
    if status == "withdrawn":
        return ended
    refund = read(connection, "refund", payment_id=row["payment_id"])
    apart = {"approved": {"refund_id": refund["id"]}, "rejected": {"answer_id": row["reason_id"]}}
    decided_by = _somebody(connection, but=row["payer_id"])
    return {**ended, "decided_by": decided_by, **apart[status]}


def _somebody(connection: sqlite3.Connection, *, but: int = 0) -> int:
    found = connection.execute("SELECT id FROM person WHERE id <> ? LIMIT 1", (but,))
    return int(found.fetchone()[0])


def walk(
    connection: sqlite3.Connection,
    table: str,
    axis: Axis,
    *,
    before: str,
    after: str,
    ids: Ids,
) -> None:
    """Bring a new row to the one status, legally, then try the step to the other."""
    if before == NONE:
        give_birth(connection, table, axis, status=after, ids=ids)
        return
    way = way_to(axis.machine, before)
    give_birth(connection, table, axis, status=way[0], ids=ids)
    for seq, (a, b) in enumerate(itertools.pairwise(way), start=2):
        add_event(connection, axis, seq=seq, before=a, after=b)
        change(connection, table, axis, status=b, seq=seq)
    connection.execute("SAVEPOINT there")
    add_event(connection, axis, seq=len(way) + 1, before=before, after=after)
    change(connection, table, axis, status=after, seq=len(way) + 1)


@pytest.mark.parametrize("way", ["ours", "bare"])
@pytest.mark.parametrize(("table", "axis", "before", "after"), PAIRS, ids=called)
def test_only_listed_steps_pass(
    built: tuple[Path, Ids], *, way: str, table: str, axis: Axis, before: str, after: str
) -> None:
    path, ids = built
    with way_in(way, path) as connection:
        if is_legal(axis.machine, before, after):
            walk(connection, table, axis, before=before, after=after, ids=ids)
        else:
            with pytest.raises(sqlite3.Error):
                walk(connection, table, axis, before=before, after=after, ids=ids)
            if before != NONE:
                connection.execute("ROLLBACK TO there")
                row = read(connection, table, id=NEW_ID)
                assert row[axis.field] == before


@pytest.mark.parametrize("way", ["ours", "bare"])
@pytest.mark.parametrize(
    ("table", "axis"), [(t, axis) for t, axes in AXES.items() for axis in axes], ids=called
)
def test_a_status_changes_only_with_its_event(
    built: tuple[Path, Ids], way: str, table: str, axis: Axis
) -> None:
    path, ids = built
    born = way_to(axis.machine, axis.machine.statuses[1])[0]
    for after in set(axis.machine.statuses) - {NONE, born}:
        for jump in (0, 1, 2):
            with way_in(way, path) as connection:
                give_birth(connection, table, axis, status=born, ids=ids)
                with pytest.raises(sqlite3.Error):
                    change(connection, table, axis, status=after, seq=1 + jump)


@pytest.mark.parametrize("way", ["ours", "bare"])
@pytest.mark.parametrize(
    ("before", "after"), list(itertools.product(INTENT_TRANSITIONS.statuses, repeat=2))
)
def test_only_listed_steps_of_an_intent_pass(
    built: tuple[Path, Ids], way: str, before: str, after: str
) -> None:
    path, ids = built
    with way_in(way, path) as connection:
        if is_legal(INTENT_TRANSITIONS, before, after):
            walk_intent(connection, before, after, ids)
        else:
            with pytest.raises(sqlite3.Error):
                walk_intent(connection, before, after, ids)


def walk_intent(connection: sqlite3.Connection, before: str, after: str, ids: Ids) -> None:
    row = read(connection, "intent", key=ids["intent"]) | {"key": "n" * 22}
    if before == NONE:
        write(connection, "intent", {**row, "was": NONE, "status": after})
        return
    write(connection, "intent", row)
    steps = [*way_to(INTENT_TRANSITIONS, before), after]
    for was, status in itertools.pairwise(steps):
        connection.execute(
            "UPDATE intent SET was = ?, status = ?, status_seq = status_seq + 1,"
            " row_version = row_version + 1 WHERE key = ?",
            (was, status, "n" * 22),
        )


def test_every_axis_has_a_machine_the_database_knows() -> None:
    used = {axis.machine.name for axes in AXES.values() for axis in axes}
    assert used | {INTENT_TRANSITIONS.name} == {machine.name for machine in MACHINES}


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_every_status_can_be_reached(machine: Machine) -> None:
    for status in machine.statuses:
        if status != NONE:
            assert way_to(machine, status)[-1] == status

"""Older files told suspense's money apart by nothing: each journal's is a row of its own now."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from storage import setup
from tests.factories import NOW, ring
from tests.storage.test_migrations import add, old_file

SUSPENSE, PROVIDER, WALLET = 11, 12, 13
FIRST, SECOND, CASH, GIFT, SPLIT = 101, 102, 103, 104, 105


def plainly(connection: sqlite3.Connection, table: str, **values: Any) -> None:
    """Insert a row in which everything that is not named is empty."""
    columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
    empty = {"INTEGER": 0, "TEXT": "", "BLOB": b""}
    needed = {name: empty[kind] for _, name, kind, is_needed, *_ in columns if is_needed}
    needed.pop("status_machine", None)
    add(connection, table, **{**needed, **values})


def kept(connection: sqlite3.Connection) -> None:
    """Fill in 700 and 500 by captures and 300 of a bank; 500 and then 400 of them were given."""
    plainly(connection, "provider_configuration", id=9, tenant_id=1, provider="sandbox")
    for number, kind in ((SUSPENSE, "suspense"), (PROVIDER, "provider"), (WALLET, "member_wallet")):
        plainly(connection, "account", id=number, tenant_id=1, currency="NGN", kind=kind)
    for journal, key, source, target, minor in (
        (FIRST, "capture:9:cap:1", PROVIDER, SUSPENSE, 700),
        (SECOND, "capture:9:cap-2", PROVIDER, SUSPENSE, 500),
        (CASH, "bank", PROVIDER, SUSPENSE, 300),
        (GIFT, "intent:a", SUSPENSE, WALLET, 500),
        (SPLIT, "intent:b", SUSPENSE, WALLET, 400),
    ):
        plainly(
            connection,
            "journal",
            id=journal,
            token=f"TXN-{journal}",
            tenant_id=1,
            kind="suspense",
            key=key,
            lines=1,
            posted_at=5,
            act_id=1,
        )
        ends = {"from_account": source, "to_account": target, "amount_minor": minor}
        same = {"tenant_id": 1, "currency": "NGN", "line": 1, "act_id": 1}
        plainly(connection, "transfer", id=journal, journal_id=journal, **ends, **same)


def rows(path: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def test_money_in_suspense_is_told_apart(tmp_path: Path) -> None:
    path = old_file(tmp_path / "old.db", "0025", kept)
    setup.prepare(path, mode=setup.SANDBOX, now=NOW, ring=ring())
    found = rows(
        path,
        "SELECT id, configuration_id, capture, amount_minor, given_minor FROM unmatched"
        " ORDER BY id",
    )
    assert found == [
        (FIRST, 9, "cap:1", 700, 400),
        (SECOND, 9, "cap-2", 500, 500),
        (CASH, None, "", 300, 0),
    ]
    given = rows(path, "SELECT * FROM unmatched_given ORDER BY journal_id")
    assert given == [(GIFT, SECOND, 500), (SPLIT, FIRST, 400)]


def test_refunds_are_carried_over(tmp_path: Path) -> None:
    def fill(connection: sqlite3.Connection) -> None:
        plainly(connection, "person", id=7, phone=ring().seal(b"", context="person.phone"))
        statuses = {"refund": "pending", "payment": "pending", "hold": "open"}
        for machine, status in statuses.items():
            for seq, step in enumerate(("none", status)):
                plainly(
                    connection,
                    "status_event",
                    machine=machine,
                    entity=21,
                    seq=seq,
                    from_status="none",
                    to_status=step,
                    act_id=1,
                )
        same = {"id": 21, "tenant_id": 1, "currency": "NGN", "status_seq": 1, "act_id": 1}
        paid = {"payer_id": 7, "method": "wallet", "amount_minor": 5, "captured_minor": 0}
        plainly(connection, "payment", **same, **paid, status="pending")
        plainly(connection, "account", id=SUSPENSE, tenant_id=1, currency="NGN", kind="x")
        held = {"account_id": SUSPENSE, "amount_minor": 5, "status": "open"}
        plainly(connection, "hold", **same, **held)
        asked = {"payment_id": 21, "payer_id": 7, "requested_by": 7, "hold_id": 21}
        how = {"amount_minor": 5, "destination": "wallet", "origin": "staff", "reference": "hzr-1"}
        plainly(connection, "refund", **same, **asked, **how, status="pending", row_version=1)

    path = old_file(tmp_path / "old.db", "0025", fill)
    columns = "payment_id, payer_id, reference, amount_minor, hold_id, status, status_seq"
    query = f"SELECT {columns} FROM refund"  # noqa: S608 - ours
    before = rows(path, query)
    setup.prepare(path, mode=setup.SANDBOX, now=NOW, ring=ring())
    assert rows(path, query) == before
    assert rows(path, "SELECT unmatched_id FROM refund") == [(None,)]

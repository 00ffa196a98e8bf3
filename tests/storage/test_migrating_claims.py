"""Older files knew one claim of a bank a payment: each is of a capture now, and counted anew."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.storage.test_migrating_unmatched import plainly, rows
from tests.storage.test_migrations import old_file, upgrade

PAYMENT, BEFORE, OPENED, AFTER = 31, 100, 200, 300


def taken(
    connection: sqlite3.Connection,
    number: int,
    minor: int,
    *,
    at: int,
    capture: str = "cap-1",
    origin: str = "provider",
    status: str = "completed",
) -> None:
    """Fill in what went back of a capture."""
    of = {"payment_id": PAYMENT, "attempt_id": 9, "configuration_id": 9, "capture": capture}
    how = {"amount_minor": minor, "destination": "original", "origin": origin, "status": status}
    by = {"requested_by": 7, "approved_by": 7, "hold_id": 3} if origin == "staff" else {}
    names = {"payer_id": 7, "reference": f"hzr-{number}", "journal_id": 100 + number}
    plainly(connection, "refund", id=number, requested_at=at, **of, **how, **by, **names)


def fill(connection: sqlite3.Connection) -> None:
    """Fill in an open claim to a capture, and what went back of it before and since."""
    taken(connection, 51, 5, at=BEFORE)
    taken(connection, 52, 7, at=BEFORE, status="returned")
    taken(connection, 53, 11, at=AFTER)
    taken(connection, 54, 13, at=BEFORE, capture="cap-2")
    taken(connection, 55, 17, at=BEFORE, origin="staff")
    of = {"payment_id": PAYMENT, "attempt_id": 9, "configuration_id": 9, "capture": "cap-1"}
    how = {"amount_minor": 90, "opened_at": OPENED, "status": "open"}
    plainly(connection, "chargeback", id=61, **of, **how)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a file of version 0024 that has been carried over."""
    carried = old_file(tmp_path / "old.db", "0024", fill)
    with closing(sqlite3.connect(carried, isolation_level=None)) as connection:
        upgrade(connection, "0025")
    return carried


def test_what_was_taken_of_a_capture_before_its_claim_is_counted(path: Path) -> None:
    query = "SELECT capture, amount_minor, status, taken_before_minor, said_minor FROM chargeback"
    assert rows(path, query) == [("cap-1", 90, "open", 12, 0)]


def test_another_capture_of_the_payment_may_be_claimed_beside_it(path: Path) -> None:
    columns = ", ".join(name for name, *_ in described(path) if name not in {"id", "capture"})
    with closing(sqlite3.connect(path)) as connection:
        copy = f"INSERT INTO chargeback (id, capture, {columns}) SELECT ?, ?, {columns}"
        connection.execute(f"{copy} FROM chargeback", (62, "cap-2"))
        with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
            connection.execute(f"{copy} FROM chargeback WHERE id = 61", (63, "cap-1"))


def described(path: Path) -> list[Any]:
    """Return the columns of claims, by name."""
    query = "SELECT name FROM pragma_table_xinfo('chargeback') WHERE hidden = 0"
    return rows(path, query)

"""Older files counted what a provider had got again as given back: it is counted anew."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.storage.test_migrating_unmatched import plainly, rows
from tests.storage.test_migrations import old_file, upgrade


def found(connection: sqlite3.Connection) -> None:
    """Fill in what a provider gave back: 70 that it has got again, and 30."""
    for number, minor, status in ((1, 70, "returned"), (2, 30, "completed")):
        same = {"payment_id": 5, "origin": "provider", "journal_id": 100 + number, "payer_id": 7}
        by = {"attempt_id": 8, "configuration_id": 9, "capture": "cap-1"}
        named = {"id": number, "reference": f"hzf{number}", "destination": "original"}
        plainly(connection, "refund", amount_minor=minor, status=status, **named, **same, **by)
    plainly(connection, "refundable", payment_id=5, captured_minor=100, reversed_minor=100)


def test_what_came_back_is_no_more_given_back(tmp_path: Path) -> None:
    path = old_file(tmp_path / "old.db", "0030", found)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        upgrade(connection, "0031")
    assert rows(path, "SELECT returned_minor FROM refund ORDER BY id") == [(70,), (0,)]
    assert rows(path, "SELECT reversed_minor FROM refundable") == [(30,)]

"""Tallies count, and are forgotten when their time is over; numbers of documents never are."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from core.domain.tenants import PLATFORM
from storage import setup
from storage.transaction import SqlTransaction
from tests.factories import NOW, open_books, ring
from tests.storage.test_migrations import add, old_file

MINUTE = 29_000_000


def test_a_tally_counts_each_name_by_itself(tmp_path: Path) -> None:
    books = open_books(tmp_path)

    def count(tx: SqlTransaction) -> list[int]:
        later = tx.now + timedelta(minutes=1)
        counts = [tx.tallies.count(name, until=later) for name in ("a", "a", "b", "a")]
        return [*counts, tx.tallies.counted("a"), tx.tallies.counted("c")]

    assert books.run(count) == [1, 2, 1, 3, 3, 0]
    books.close()


def test_only_what_is_over_is_swept(tmp_path: Path) -> None:
    books = open_books(tmp_path)

    def count(tx: SqlTransaction) -> list[int]:
        tx.tallies.count("over", until=tx.now)
        tx.tallies.count("running", until=tx.now + timedelta(seconds=1))
        tx.tenants.next_number(PLATFORM, kind="bill", year=2026)
        swept = tx.tallies.sweep()
        numbered = tx.tenants.next_number(PLATFORM, kind="bill", year=2026)
        return [swept, tx.tallies.counted("over"), tx.tallies.counted("running"), numbered]

    assert books.run(count) == [1, 0, 1, 2]
    books.close()


def test_short_counts_of_an_older_file_move_and_numbers_stay(tmp_path: Path) -> None:
    def fill(connection: sqlite3.Connection) -> None:
        for kind, year, value in (
            ("check:7", MINUTE, 3),
            ("guess:7", 400_000, 5),
            ("resend:7", 739_000, 1),
            ("bill", 2026, 9),
        ):
            add(connection, "counter", tenant_id=1, kind=kind, year=year, value=value)

    path = old_file(tmp_path / "old.db", "0010", fill)
    setup.prepare(path, mode=setup.SANDBOX, now=NOW, ring=ring())
    with closing(sqlite3.connect(path)) as connection:
        moved = connection.execute("SELECT name, value, until FROM tally ORDER BY name").fetchall()
        kept = connection.execute("SELECT kind, year, value FROM counter").fetchall()
    assert moved == [
        (f"check:7:{MINUTE}", 3, (MINUTE + 1) * 60_000_000),
        ("guess:7:400000", 5, 400_001 * 3_600_000_000),
        ("resend:7:739000", 1, (739_000 - 719_163 + 1) * 86_400_000_000),
    ]
    assert kept == [("bill", 2026, 9)]

"""Claiming what is due costs the same however much is planned."""

from pathlib import Path
from typing import Any

import pytest

from storage.work import _TAKE
from tests.books import open_books


@pytest.fixture
def steps(tmp_path: Path) -> list[str]:
    """Return how SQLite claims what is due."""
    books = open_books(tmp_path)

    def explain(tx: Any) -> list[str]:
        tx.cursor.execute(f"EXPLAIN QUERY PLAN {_TAKE.text()}", (0, "bill_reminder", 1, 0))
        return [row[3] for row in tx.cursor.fetchall()]

    found: list[str] = books.run(explain)
    books.close()
    return found


def test_claiming_reads_only_what_is_due_and_sorts_nothing(steps: list[str]) -> None:
    assert steps == ["SEARCH due USING PRIMARY KEY (due_at<?)"]

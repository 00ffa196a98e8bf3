"""What is checked after each commit that touched money or bills: all that the books can say."""

import sqlite3
from typing import Final

from storage.books import BOOKS

TOUCH: Final = (
    "SELECT (SELECT coalesce(max(rowid), 0) + count(*) FROM transfer),"
    " (SELECT count(*) FROM hold), (SELECT coalesce(sum(row_version), 0) FROM bill),"
    " (SELECT count(*) FROM allocation), (SELECT count(*) FROM status_event)"
)


class Broken(AssertionError):
    """A promise that did not hold after a commit."""


class Watcher:
    """Looks at what a commit left."""

    def __init__(self) -> None:
        self._before: tuple[int, ...] = ()
        self.looks = 0
        self.problems: list[str] = []

    def look(self, connection: sqlite3.Connection) -> None:
        """Run the cheap invariants where a commit touched what they are about."""
        now = tuple(connection.execute(TOUCH).fetchone())
        if now == self._before:
            return
        self._before = now
        self.looks += 1
        for sentence, query in BOOKS:
            for row in connection.execute(query).fetchall():
                self.problems.append(sentence.format(*row))

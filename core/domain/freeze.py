"""The freeze after a restore: books that were put back know less than the world does.

While it stands nothing of the copy leaves, attempts of the copy are only looked up, and nobody is
reminded of money he may have paid (ADR 0016).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """Books that were put back and wait for an operator; times as aware UTC.

    `since` is when they were put back, `books_at` the time of the last thing they know.
    """

    since: datetime
    books_at: datetime


class StoredFreeze(Protocol):
    """The freeze on an open transaction."""

    def find(self) -> Freeze | None:
        """Return the freeze, None while outflows flow."""
        ...

"""Tallies: how often something was done within a short time; forgotten when that time is over.

Numbers of documents are counters of tenants and stay for ever; a tally only slows somebody down.
"""

from datetime import datetime
from typing import Protocol


class StoredTallies(Protocol):
    """Tallies on an open transaction; a name says what, who and which minute, hour or day."""

    def count(self, name: str, *, until: datetime) -> int:
        """Count once more and return how often it was; it may be forgotten after `until`."""
        ...

    def counted(self, name: str) -> int:
        """Return how often it was, 0 for never."""
        ...

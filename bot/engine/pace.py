"""How fast one person may go: 30 acts a minute in the chat (product X-50).

Counted in memory: it protects the service from a stuck finger or a script, and decides nothing
about money. Memory is bounded by the persons of the last two minutes.
"""

from datetime import datetime
from typing import Final

ACTS_A_MINUTE: Final = 30
MAX_PERSONS: Final = 50_000


class Pace:
    """Counts each person's acts within the running minute."""

    def __init__(self, *, limit: int = ACTS_A_MINUTE) -> None:
        """Set how many acts a minute are answered."""
        self._limit = limit
        self._minute = 0
        self._counts: dict[int, int] = {}

    def count(self, external_id: int, *, at: datetime) -> int:
        """Count an act; returns by how many the person is over the limit, 0 while within it."""
        minute = int(at.timestamp()) // 60
        if minute != self._minute or len(self._counts) >= MAX_PERSONS:
            self._minute, self._counts = minute, {}
        self._counts[external_id] = self._counts.get(external_id, 0) + 1
        return max(0, self._counts[external_id] - self._limit)

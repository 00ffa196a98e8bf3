"""How fast one person may go: 30 acts a minute in the chat, 10 of them with money (product X-50).

Counted in memory: it protects the service from a stuck finger or a script, and decides nothing
about money. Memory is bounded by the persons of the last two minutes.
"""

from datetime import datetime
from typing import Final

from core.domain.errors import TooManyRequests

ACTS_A_MINUTE: Final = 30
MONEY_ACTS_A_MINUTE: Final = 10
MAX_PERSONS: Final = 50_000


class Pace:
    """Counts each person's acts within the running minute, those with money apart."""

    def __init__(
        self, *, limit: int = ACTS_A_MINUTE, money_limit: int = MONEY_ACTS_A_MINUTE
    ) -> None:
        """Set how many acts a minute are answered, and how many with money."""
        self._acts = Minute(limit)
        self._money = Minute(money_limit)

    def count(self, external_id: int, *, at: datetime) -> int:
        """Count an act; returns by how many the person is over the limit, 0 while within it."""
        return self._acts.count(external_id, at)

    def check_money(self, external_id: int, *, at: datetime) -> None:
        """Count an act with money and let it pass.

        Raises:
            TooManyRequests: it is one too many within this minute.
        """
        if self._money.count(external_id, at):
            raise TooManyRequests(retry_after_s=60, what="money")


class Minute:
    """Counts by number within the running minute."""

    def __init__(self, limit: int) -> None:
        """Set how many are within the limit."""
        self._limit = limit
        self._minute = 0
        self._counts: dict[int, int] = {}

    def count(self, external_id: int, at: datetime) -> int:
        """Count once more; returns by how many the number is over the limit, 0 while within it."""
        minute = int(at.timestamp()) // 60
        if minute != self._minute or len(self._counts) >= MAX_PERSONS:
            self._minute, self._counts = minute, {}
        self._counts[external_id] = self._counts.get(external_id, 0) + 1
        return max(0, self._counts[external_id] - self._limit)

"""How much Telegram lets through: about 1/s to a chat, 20/min to a group, 30/s over all.

Source: core.telegram.org/bots/faq ("My bot is hitting limits"); the burst and the growing pause
are our reading of what bots report.
"""

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.sandbox.refusals import too_many

MAX_BUCKETS: Final = 20_000
MAX_STRIKES: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """`burst` at once, then `per_s` each second."""

    burst: float
    per_s: float


PRIVATE: Final = Rate(burst=5, per_s=1)
GROUP: Final = Rate(burst=20, per_s=20 / 60)
OVERALL: Final = Rate(burst=30, per_s=30)


@dataclass(slots=True, kw_only=True)
class _Bucket:
    rate: Rate
    tokens: float
    at_s: float
    closed_until_s: float = 0.0
    strikes: int = 0

    def wait_s(self, now_s: float) -> float:
        self.tokens = min(self.rate.burst, self.tokens + (now_s - self.at_s) * self.rate.per_s)
        self.at_s = now_s
        if now_s < self.closed_until_s:
            return self.closed_until_s - now_s
        if self.tokens >= 1:
            return 0.0
        return (1 - self.tokens) / self.rate.per_s

    def take(self) -> None:
        self.tokens -= 1
        if self.tokens > self.rate.burst / 2:
            self.strikes = 0

    def close(self, now_s: float, wait_s: float) -> int:
        if now_s >= self.closed_until_s:
            self.strikes = min(self.strikes + 1, MAX_STRIKES)
            wait_s += self.strikes - 1
            self.closed_until_s = now_s + math.ceil(wait_s)
        return max(1, math.ceil(self.closed_until_s - now_s))


class SendLimits:
    """One bucket for each chat and one over all; who ignores a pause waits longer."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """Take the clock that the buckets fill by, in seconds."""
        self._monotonic = monotonic
        self._chats: OrderedDict[int, _Bucket] = OrderedDict()
        self._overall = _Bucket(rate=OVERALL, tokens=OVERALL.burst, at_s=monotonic())

    def clear(self) -> None:
        """Forget what was sent."""
        self._chats.clear()
        self._overall = _Bucket(rate=OVERALL, tokens=OVERALL.burst, at_s=self._monotonic())

    def pass_send(self, chat_id: int) -> None:
        """Count one message to a chat.

        Raises:
            ApiRefusal: 429; nothing was counted.
        """
        self._pass([self._bucket(chat_id), self._overall])

    def pass_edit(self, chat_id: int) -> None:
        """Count one edit: over all, and in a group against its 20 a minute.

        Raises:
            ApiRefusal: 429; nothing was counted.
        """
        self._pass([self._overall] if chat_id > 0 else [self._bucket(chat_id), self._overall])

    def _pass(self, buckets: list[_Bucket]) -> None:
        now_s = self._monotonic()
        for bucket in buckets:
            wait_s = bucket.wait_s(now_s)
            if wait_s > 0:
                raise too_many(bucket.close(now_s, wait_s))
        for bucket in buckets:
            bucket.take()

    def _bucket(self, chat_id: int) -> _Bucket:
        bucket = self._chats.get(chat_id)
        if bucket is None:
            rate = PRIVATE if chat_id > 0 else GROUP
            bucket = _Bucket(rate=rate, tokens=rate.burst, at_s=self._monotonic())
            self._chats[chat_id] = bucket
        self._chats.move_to_end(chat_id)
        if len(self._chats) > MAX_BUCKETS:
            self._chats.popitem(last=False)
        return bucket

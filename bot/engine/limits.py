"""How fast we may send: token buckets per bot and chat, and the pauses that Telegram asks for.

Pure: every method is told the time, in seconds of one monotonic clock. Within any window of w
seconds a bucket lets through at most `burst + rate_per_s * w`, which keeps 25/s with a burst of 5
under Telegram's 30 in one second, and 15 a minute with a burst of 5 at its 20 a minute.

Invariant: memory is bounded. A chat whose bucket is full again is forgotten; all that is kept
are chats of the last minute and chats under a pause.

Source: telegram.md section 3, rule 1.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

FLOOD_WINDOW_S: Final = 10.0
"""Floods of several chats within this time mean that the whole bot is too fast."""

FLOODED_CHATS: Final = 3
"""How many chats make several."""

MAX_PAUSES: Final = 1_000
"""Chats under a pause that are remembered; beyond, the one that ends first is forgotten."""

CLOSED_S: Final = 0.25
"""When to ask again while nothing may leave."""

SETTLE_S: Final = 1.0
"""How long a new sender waits, once every other one sends at its smaller share."""

_ROUNDING: Final = 1e-6  # Waiting exactly as long as told may leave this much of a token missing.


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Sends per second that are let through in the long run, and how many at once."""

    per_s: float
    burst: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """The limits; a process that owns a share of the bot's rate says so here.

    Edits in a private chat follow a person's own presses: a PIN is ten of them in a few seconds.
    Telegram publishes no limit for those; where it has one it answers 429, and the chat pauses.
    """

    bot: Rate = Rate(per_s=25.0, burst=5)
    private: Rate = Rate(per_s=1.0, burst=3)
    private_edit: Rate = Rate(per_s=2.0, burst=12)
    group: Rate = Rate(per_s=15 / 60, burst=5)


class TokenBucket:
    """Fills with `per_s` tokens a second up to `burst`; each send takes one."""

    __slots__ = ("_at", "_burst", "_level", "_per_s")

    def __init__(self, rate: Rate, now: float) -> None:
        """Start full."""
        self._per_s = rate.per_s
        self._burst = float(rate.burst)
        self._level = self._burst
        self._at = now

    def change(self, rate: Rate, now: float) -> None:
        """Fill at another rate from now on; what is too much for it is lost."""
        self._level = self._level_at(now)
        self._at = max(self._at, now)
        self._per_s, self._burst = rate.per_s, float(rate.burst)
        self._level = min(self._level, self._burst)

    def delay(self, now: float) -> float:
        """Return seconds until a token is there; 0.0 when one is there now."""
        missing = 1.0 - self._level_at(now)
        return missing / self._per_s if missing > _ROUNDING else 0.0

    def take(self, now: float) -> None:
        """Take one token; below nothing, the following wait longer."""
        self._level = self._level_at(now) - 1.0
        self._at = max(self._at, now)

    def is_full(self, now: float) -> bool:
        """Tell whether forgetting this bucket changes nothing."""
        return self._level_at(now) >= self._burst

    def _level_at(self, now: float) -> float:
        gained = max(0.0, now - self._at) * self._per_s
        return min(self._burst, self._level + gained)


class SendLimits:
    """The limits of one bot in one process.

    `is_lifted` switches our own buckets off (for benchmarks, paid broadcasts); the pauses that
    Telegram asks for hold all the same.
    """

    __slots__ = (
        "_bot",
        "_bot_until",
        "_chats",
        "_flood_until",
        "_floods",
        "_is_closed",
        "_is_lifted",
        "_pauses",
        "_rates",
    )

    def __init__(self, *, rates: Rates, now: float, is_lifted: bool = False) -> None:
        """Start with full buckets and no pause."""
        self._rates = rates
        self._is_lifted = is_lifted
        self._bot = TokenBucket(rates.bot, now)
        self._bot_until = now
        self._flood_until = now
        self._is_closed = False
        self._chats: OrderedDict[tuple[int, bool], TokenBucket] = OrderedDict()
        self._pauses: dict[int, float] = {}
        self._floods: dict[int, float] = {}

    def delay_for(self, chat_id: int, now: float, *, is_edit: bool = False) -> float:
        """Return seconds until a message or an edit in this chat may go out; 0.0 for now."""
        return max(self.chat_delay(chat_id, now, is_edit=is_edit), self.bot_delay(now))

    def chat_delay(self, chat_id: int, now: float, *, is_edit: bool = False) -> float:
        """Return seconds until this chat takes a message or an edit, whatever the others do."""
        paused_s = max(0.0, self._pauses.get(chat_id, now) - now)
        bucket = None if self._is_lifted else self._chats.get(_bucket_key(chat_id, is_edit=is_edit))
        return paused_s if bucket is None else max(paused_s, bucket.delay(now))

    def bot_delay(self, now: float) -> float:
        """Return seconds until the bot as a whole may send."""
        paused_s = max(CLOSED_S if self._is_closed else 0.0, self._bot_until - now)
        return paused_s if self._is_lifted else max(paused_s, self._bot.delay(now))

    def take(self, chat_id: int, now: float, *, is_edit: bool = False) -> float:
        """Claim one send; returns 0.0 when claimed, else the delay, with nothing claimed."""
        delay_s = self.delay_for(chat_id, now, is_edit=is_edit)
        if delay_s > 0 or self._is_lifted:
            return delay_s
        key = _bucket_key(chat_id, is_edit=is_edit)
        bucket = self._chats.get(key)
        if bucket is None:
            bucket = self._chats[key] = TokenBucket(self._rate(*key), now)
        self._bot.take(now)
        bucket.take(now)
        self._chats.move_to_end(key)
        self._forget_idle(now)
        return 0.0

    def flooded(self, chat_id: int, retry_after_s: float, now: float) -> None:
        """Stop this chat for `retry_after_s`; the whole bot when several chats flood at once."""
        self._forget_pauses(now)
        self._pauses[chat_id] = max(self._pauses.get(chat_id, now), now + retry_after_s)
        self._floods = {chat: at for chat, at in self._floods.items() if now - at <= FLOOD_WINDOW_S}
        self._floods[chat_id] = now
        if len(self._floods) >= FLOODED_CHATS:
            self._flood_until = max(self._flood_until, now + retry_after_s)
            self._bot_until = max(self._bot_until, self._flood_until)

    def flood_left(self, now: float) -> float:
        """Return seconds for which several chats at once have asked the whole bot to pause."""
        return max(0.0, self._flood_until - now)

    def close(self) -> None:
        """Let nothing leave until `open`: others do not know of this sender yet."""
        self._is_closed = True

    def open(self, share: Rate, now: float) -> None:
        """Send at a share of the bot's rate; who was closed waits a second first."""
        if self._is_closed:
            self._is_closed = False
            self.stop_bot(SETTLE_S, now)
        self._bot.change(share, now)

    def is_fresh(self, chat_id: int, now: float) -> bool:
        """Tell whether nothing that is remembered of a chat matters any more."""
        if self._pauses.get(chat_id, now) > now:
            return False
        keys = (_bucket_key(chat_id, is_edit=is_edit) for is_edit in (False, True))
        buckets = (self._chats.get(key) for key in keys)
        return all(bucket is None or bucket.is_full(now) for bucket in buckets)

    def stop_bot(self, pause_s: float, now: float) -> None:
        """Stop every chat, as after a refused connection."""
        self._bot_until = max(self._bot_until, now + pause_s)

    @property
    def remembered_chats(self) -> int:
        """How many chats take memory now."""
        return len(self._chats) + len(self._pauses)

    def _rate(self, chat_id: int, is_edit: bool) -> Rate:  # noqa: FBT001 - a bucket's key
        if chat_id < 0:
            return self._rates.group
        return self._rates.private_edit if is_edit else self._rates.private

    def _forget_idle(self, now: float) -> None:
        """Look at two buckets a send, so that more leave than come; the one just used stays."""
        for _ in range(2):
            key = next(iter(self._chats))
            if self._chats[key].is_full(now):
                del self._chats[key]
            else:
                # A group fills slower than a private chat and may not block the others' leaving.
                self._chats.move_to_end(key)

    def _forget_pauses(self, now: float) -> None:
        self._pauses = {chat: until for chat, until in self._pauses.items() if until > now}
        if len(self._pauses) >= MAX_PAUSES:
            del self._pauses[min(self._pauses, key=self._pauses.__getitem__)]


def _bucket_key(chat_id: int, *, is_edit: bool) -> tuple[int, bool]:
    """Return a chat's bucket; in groups edits count as messages do."""
    return chat_id, is_edit and chat_id > 0

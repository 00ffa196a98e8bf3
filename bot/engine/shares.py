"""The bot's rate, divided among the processes that send; pure.

A process that begins to send waits until every other sender has seen it, and then a second more, so
that in no second more leaves than Telegram takes, whoever comes or goes.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from bot.engine.limits import Rate, Rates
from bot.roles import Part
from storage.leases import Process

MAX_SENDERS: Final = 20
"""Beyond, a sender only waits: a share would be less than one message at a time."""

A_SECOND: Final = 30
"""What Telegram takes from one bot in one second (telegram.md section 3)."""


def share_of(senders: int, rates: Rates) -> Rate:
    """Return what each of so many senders may send; together no more than one alone could."""
    burst = max(1, rates.bot.burst // senders)
    together = min(rates.bot.per_s, float(A_SECOND - senders * burst))
    return Rate(per_s=together / senders, burst=burst)


def senders_of(living: Iterable[Process]) -> list[Process]:
    """Return the processes that send, the oldest first."""
    found = [each for each in living if Part.SENDER in each.parts]
    return sorted(found, key=lambda each: (each.since, each.node))


def may_begin(living: Iterable[Process], owner: str, *, shown_at: datetime) -> bool:
    """Tell whether every other sender has looked at the list since this one stood on it.

    `shown_at` is a moment at which it was there for everybody.
    """
    senders = senders_of(living)
    within = [each.owner for each in senders[:MAX_SENDERS]]
    others = [each for each in senders if each.owner != owner]
    return owner in within and all(each.seen_at > shown_at for each in others)

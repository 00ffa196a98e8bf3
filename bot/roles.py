"""What a process does: the parts it starts, and the kinds of work rows it may take.

`all` is every part in one process, the only way on SQLite. On PostgreSQL a process has any of them,
and there may be several of each.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from core.domain.work import Kind

ALL: Final = "all"


class Part(StrEnum):
    """One part of the service."""

    WEB = "web"
    """The HTTP doors: Telegram's and the providers' webhooks, the page people return to."""
    POLLER = "poller"
    """Receives updates: polls, or tells Telegram where the doors are; announces the commands."""
    WORKER = "worker"
    """Answers updates and provider events, writes notices, checks PINs, asks providers."""
    SENDER = "sender"
    """Sends messages within Telegram's limits."""
    TIMER = "timer"
    """Wakes the sweeps."""


EVERY_PART: Final = frozenset(Part)

KINDS: Final[Mapping[Part, frozenset[Kind]]] = {
    Part.WEB: frozenset(),
    Part.POLLER: frozenset(),
    Part.WORKER: frozenset({Kind.UPDATE, Kind.HOOK, Kind.NOTICE, Kind.PIN, Kind.CALL, Kind.CHECK}),
    Part.SENDER: frozenset({Kind.MESSAGE}),
    Part.TIMER: frozenset(),
}
"""Who takes which rows. Every kind has one part, so that a lane is never worked on by two."""


def parts_of(role: str) -> frozenset[Part]:
    """Return the parts that `HAZINA_ROLE` names: `all`, or a list with commas.

    Raises:
        ValueError: it names none, or one that is not there.
    """
    names = [name.strip() for name in role.split(",") if name.strip()]
    if names == [ALL]:
        return EVERY_PART
    if not names or not set(names) <= set(Part):
        raise ValueError(f"must be {ALL}, or any of {', '.join(Part)} with commas between")
    return frozenset(Part(name) for name in names)


def kinds_of(parts: Iterable[Part]) -> frozenset[Kind]:
    """Return the kinds of rows that a process of these parts may take."""
    return frozenset[Kind]().union(*(KINDS[part] for part in parts))

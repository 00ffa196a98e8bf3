"""Work rows: everything that must happen, in lanes; due rows: everything that becomes due."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Final, NamedTuple, NewType, Protocol

WorkId = NewType("WorkId", int)


class Kind(StrEnum):
    """What a work row asks for."""

    UPDATE = "update"
    HOOK = "hook"
    MESSAGE = "message"
    CALL = "call"
    PIN = "pin"
    CHECK = "check"
    NOTICE = "notice"


class WorkStatus(StrEnum):
    """How a work row stands; `sent` was marked before an effect that must not repeat blindly."""

    DUE = "due"
    SENT = "sent"
    DONE = "done"
    DEAD = "dead"
    PARKED = "parked"


class Priority(IntEnum):
    """Who waits: smaller goes first."""

    NEXT = -1
    """What the row before it in its lane began: nothing that arrived meanwhile comes between."""
    ANSWER = 0
    MONEY = 1
    QUIET = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One thing that must happen; `payload` is plain bytes here and encrypted at rest."""

    id: WorkId
    kind: Kind
    lane: str
    payload: bytes
    due_at: datetime
    created_at: datetime
    priority: Priority = Priority.ANSWER
    status: WorkStatus = WorkStatus.DUE
    attempts: int = 0
    is_repeat: bool = False
    last_error: str = ""
    is_recovered: bool = False
    """Read back from the table: nobody in this process knows what became of it. Not stored."""
    is_held: bool = False
    """The commit that wrote it took its lane for this process, too. Not stored."""
    follows: WorkId | None = None
    """The due row right before it in its lane, where its commit asked. Not stored."""


class Waiting(NamedTuple):
    """Where a live row stands in its queue: what matters most first, then the oldest."""

    priority: int
    id: int
    lane: str = ""


FRONT: Final = Waiting(-100, 0)
"""Before every row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Something that becomes due once: unique by (kind, subject, period)."""

    due_at: datetime
    kind: str
    subject: int
    period: str


class StoredWork(Protocol):
    """Work and due rows on an open transaction."""

    def add(
        self,
        kind: Kind,
        *,
        lane: str,
        payload: bytes,
        due_at: datetime | None = None,
        priority: Priority = Priority.ANSWER,
        is_sent: bool = False,
    ) -> Work:
        """Add something that must happen, now or later.

        `is_sent` marks it as leaving with this commit: the process hands it over in memory.
        """
        ...

    def see(self, source: str, key: str) -> bool:
        """Remember an arrival; False when it was seen before."""
        ...

    def plan(self, due: Due) -> None:
        """Plan something, or move its date."""
        ...

    def planned(self, kind: str, *, subject: int, period: str) -> datetime | None:
        """Return when something becomes due that was planned and not taken."""
        ...

    def unplan(self, *kinds: str, subject: int) -> None:
        """Forget what was planned of these kinds for a subject."""
        ...

    def take_due(self, kind: str, *, at: datetime, limit: int) -> tuple[Due, ...]:
        """Take what is due by (due_at, subject); taken rows are gone."""
        ...

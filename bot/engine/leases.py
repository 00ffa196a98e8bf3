"""Whose lanes these are: the port between the engine and other processes of the same database.

The engine works on rows of lanes it holds and does not know how it came to hold them. On SQLite one
process owns every lane by its lock file (ADR 0008): `SoleOwner`. With several processes lanes are
leased in a table (ADR 0012): `bot.engine.sharing.SharedLanes`.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from core.domain.errors import Conflict
from core.domain.work import Waiting, Work
from storage.database import Database
from storage.transaction import SqlTransaction


class LaneLost(Conflict):
    """The lane is another process's by now, or may be: nothing is begun on it any more."""


class Leases(Protocol):
    """What the engine, the sender and the caller ask about lanes."""

    def hand_over(self, tx: SqlTransaction) -> None:
        """Take the free lanes of the rows that a transaction wrote, in that transaction."""
        ...

    def mine(self, rows: Sequence[Work]) -> Sequence[Work]:
        """Return those of a commit's rows that this process goes on with from memory."""
        ...

    def takes(self, row: Work) -> bool:
        """Tell whether a row is of a kind that this process takes, whoever holds its lane."""
        ...

    async def claim(self) -> None:
        """Give back idle lanes and take free ones that have due rows."""
        ...

    async def due(self, *, after: Waiting, limit: int) -> Sequence[Waiting]:
        """Return the places of due rows in lanes of this process, behind a given one."""
        ...

    def may_work(self, work: Work) -> bool:
        """Tell whether a row may be begun with now."""
        ...

    def lose(self, work: Work) -> None:
        """Remember that a row's lane is another's."""
        ...

    def moment_s(self) -> float:
        """Return the moment from which `check` counts; taken before the marking commit begins."""
        ...

    def enter(self, tx: SqlTransaction, work: Work, *, effect_s: int) -> None:
        """Say, in the commit that marks it, that an effect of so many seconds leaves.

        Raises:
            LaneLost: the lane is another's; the caller's transaction must be undone.
        """
        ...

    def check(self, work: Work, *, since_s: float | None = None) -> None:
        """Make sure, right before the first byte, that nobody can have taken the lane.

        `since_s` is the moment before its mark; None for an effect that may be repeated.

        Raises:
            LaneLost: too late; the effect does not leave.
        """
        ...

    def holds(self, tx: SqlTransaction, work: Work) -> bool:
        """Tell for certain whether a row's lane is still ours; no effect is on its way then."""
        ...

    def finish(self, tx: SqlTransaction, work: Work) -> None:
        """Say, in the commit that records its outcome, that an effect is over."""
        ...


class SoleOwner:
    """One process holds every lane, by a lock that ends with it: nothing to write, nothing lost."""

    def __init__(self, database: Database) -> None:
        """Keep where rows are read from."""
        self._database = database

    def hand_over(self, tx: SqlTransaction) -> None:
        """Do nothing."""

    def mine(self, rows: Sequence[Work]) -> Sequence[Work]:
        """Return them all."""
        return rows

    def takes(self, row: Work) -> bool:
        """Say yes."""
        return True

    async def claim(self) -> None:
        """Do nothing."""

    async def due(self, *, after: Waiting, limit: int) -> Sequence[Waiting]:
        """Return the places of due rows, whatever their lane."""
        return await self._database.read(
            lambda tx: tx.work.waiting(at=tx.now, after=after, limit=limit)
        )

    def may_work(self, work: Work) -> bool:
        """Say yes."""
        return True

    def lose(self, work: Work) -> None:
        """Do nothing."""

    def moment_s(self) -> float:
        """Return any moment: time does not count."""
        return 0

    def enter(self, tx: SqlTransaction, work: Work, *, effect_s: int) -> None:
        """Do nothing."""

    def check(self, work: Work, *, since_s: float | None = None) -> None:
        """Say yes."""

    def holds(self, tx: SqlTransaction, work: Work) -> bool:
        """Say yes."""
        return True

    def finish(self, tx: SqlTransaction, work: Work) -> None:
        """Do nothing."""


def lanes_of(rows: Iterable[Work | Waiting]) -> frozenset[str]:
    """Return the lanes that rows stand in."""
    return frozenset(row.lane for row in rows)

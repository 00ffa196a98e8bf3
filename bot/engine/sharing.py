"""Lanes shared with other processes: leased in a table, handed over in memory where it is safe.

`held` is what this process believes to hold; the table decides. Rows are taken into memory only
from lanes in `held`; an effect leaves only after a commit that found the lane still ours, and only
while nobody can have taken it since (`enter`, `check`). Lanes that ran empty are given back a
little later: who writes once often writes again, and a chat's own limits live with its lane.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot.engine.lanes import Lanes
from bot.engine.leases import LaneLost, lanes_of
from bot.engine.membership import Membership
from core.domain.work import Kind, Priority, Waiting, Work
from storage.database import Database
from storage.schema import EPOCH
from storage.transaction import SqlTransaction

SLACK_S: Final = 5
"""How long after its mark an effect may still begin."""
LINGER_S: Final = 3.0
CLAIM: Final = 500
"""Lanes taken at once where people wait."""
QUIET_ROWS: Final = 64
"""With so many rows in memory no quiet lanes are taken: others may, and answers come first."""


class SharedLanes:
    """The lanes of one process among several."""

    def __init__(
        self,
        database: Database,
        membership: Membership,
        *,
        kinds: frozenset[Kind],
        monotonic: Callable[[], float],
        may_release: Callable[[str], bool] = lambda _key: True,
    ) -> None:
        """Keep the ports; `may_release` says whether nothing in memory still matters to a lane."""
        self._database = database
        self._membership = membership
        self._kinds = kinds
        self._monotonic = monotonic
        self._may_release = may_release
        self._held: set[str] = set()
        self._idle_since_s: dict[str, float] = {}
        self._lanes: Lanes | None = None
        membership.on_lapse = self._recall

    @property
    def count(self) -> int:
        """How many lanes this process holds."""
        return len(self._held)

    def watch(self, lanes: Lanes) -> None:
        """Look at these to see which lanes are busy."""
        self._lanes = lanes

    def hand_over(self, tx: SqlTransaction) -> None:
        """Take the free lanes of the rows that a transaction wrote, in that transaction.

        Each row is noted with the one right before it in its lane: memory may lack that one.
        """
        due = [row for row in tx.written if self.takes(row) and row.due_at <= tx.now]
        if not due:
            return
        taken = self._claim_lanes_of(tx, [row for row in due if row.lane not in self._held])
        before = tx.leases.before([row.id for row in due], kinds=self._kinds)
        tx.written[:] = [
            replace(row, is_held=row.lane in taken, follows=before.get(row.id))
            for row in tx.written
        ]

    def _claim_lanes_of(self, tx: SqlTransaction, rows: Sequence[Work]) -> frozenset[str]:
        if not rows or not self._membership.is_alive:
            return frozenset()
        ids = [row.id for row in rows]
        return tx.leases.claim(
            self._membership.owner,
            kinds=self._kinds,
            limit=len(lanes_of(rows)),
            low=min(ids),
            high=max(ids),
        )

    def mine(self, rows: Sequence[Work]) -> Sequence[Work]:
        """Return the rows of a commit whose lanes this process holds."""
        if not self._membership.is_alive:
            return []
        self._held |= {row.lane for row in rows if row.is_held}
        return [row for row in rows if self.takes(row) and row.lane in self._held]

    def takes(self, row: Work) -> bool:
        """Tell whether a row is of a kind that this process takes, whoever holds its lane."""
        return row.kind in self._kinds

    async def claim(self) -> None:
        """Give back idle lanes and take free ones that have due rows."""
        if not self._membership.is_alive:
            return
        owner, depth = self._membership.owner, self._lanes.depth if self._lanes else 0
        idle = self._pick_idle()

        def give_and_take(tx: SqlTransaction) -> frozenset[str]:
            if idle:
                tx.leases.release(owner, idle)
            taken = tx.leases.claim(owner, kinds=self._kinds, most=Priority.MONEY, limit=CLAIM)
            quiet = tx.leases.claim(owner, kinds=self._kinds, limit=QUIET_ROWS - depth)
            return taken | quiet

        if self._kinds:
            self._held |= await self._database.run(give_and_take)

    def _pick_idle(self) -> list[str]:
        """Return the lanes to give back; from now on no row is handed over to them."""
        lanes, now_s = self._lanes, self._monotonic()
        quiet = {key for key in self._held if lanes is None or not lanes.has(key)}
        self._idle_since_s = {key: self._idle_since_s.get(key, now_s) for key in quiet}
        chosen = [
            key
            for key, since_s in self._idle_since_s.items()
            if now_s - since_s >= LINGER_S and self._may_release(key)
        ]
        self._held.difference_update(chosen)
        return chosen

    async def due(self, *, after: Waiting, limit: int) -> Sequence[Waiting]:
        """Return the places of due rows in the lanes this process holds by the table."""
        if not self._kinds or not self._membership.is_alive:
            return []
        owner, kinds = self._membership.owner, self._kinds
        rows = await self._database.read(
            lambda tx: tx.leases.due(owner, kinds=kinds, after=after, limit=limit)
        )
        self._held |= lanes_of(rows)
        return rows

    def may_work(self, work: Work) -> bool:
        """Tell whether the lease still runs and the row's lane was not lost."""
        return self._membership.is_alive and work.lane in self._held

    def lose(self, work: Work) -> None:
        """Let a lane go that is another's; its other rows leave memory with it."""
        self._held.discard(work.lane)
        self._forget()

    def moment_s(self) -> float:
        """Return the moment from which `check` counts."""
        return self._monotonic()

    def enter(self, tx: SqlTransaction, work: Work, *, effect_s: int) -> None:
        """Say, in the commit that marks it, that an effect of so many seconds leaves.

        Raises:
            LaneLost: the lane is another's.
        """
        until = tx.now + timedelta(seconds=effect_s + SLACK_S)
        if not tx.leases.enter(self._membership.owner, work.lane, until=until):
            raise LaneLost

    def check(self, work: Work, *, since_s: float | None = None) -> None:
        """Make sure that nobody can have taken the lane.

        Raises:
            LaneLost: the lease has run out, or the mark is too old to begin.
        """
        is_late = since_s is not None and self._monotonic() - since_s > SLACK_S
        if is_late or not self.may_work(work):
            raise LaneLost

    def holds(self, tx: SqlTransaction, work: Work) -> bool:
        """Tell for certain whether a row's lane is still ours; no effect is on its way then."""
        return tx.leases.enter(self._membership.owner, work.lane, until=EPOCH)

    def finish(self, tx: SqlTransaction, work: Work) -> None:
        """Say that an effect is over."""
        tx.leases.finish(self._membership.owner, work.lane)

    async def _recall(self) -> None:
        """After a lapse: believe the table only."""
        owner = self._membership.owner
        self._held &= await self._database.run(lambda tx: tx.leases.held(owner))
        self._forget()

    def _forget(self) -> None:
        if self._lanes is not None:
            self._lanes.keep(self._held)

"""Lanes in memory: rows of one lane one after another, lanes side by side.

Only rows of lanes that this process holds come here (`bot.engine.leases`): straight from the commit
that wrote them, or from the pump that looks once a second for what is due: rows of shell commands,
of other processes, and what backed off. A row is offered once; a second offer is ignored.
"""

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import structlog

from core.domain.work import Priority, Waiting, Work

MAX_IN_MEMORY: Final = 20_000
"""Rows held at once; the rest wait in the table."""
KEPT_FREE: Final = 5
"""One part in so many is room for answers alone: a wave of reminders keeps nobody waiting."""

_log = structlog.get_logger(__name__)

Handle = Callable[[Work], Awaitable[None]]


@dataclass(slots=True)
class _Lane:
    rows: list[tuple[int, int, Work]] = field(default_factory=list)
    task: "asyncio.Task[None] | None" = None


class Lanes:
    """Runs rows in their lanes."""

    def __init__(self, handle: Handle, *, room: int = MAX_IN_MEMORY) -> None:
        """Keep what each row is given to, and how many rows memory takes."""
        self._handle = handle
        self._room = room
        self._lanes: dict[str, _Lane] = {}
        self._known: set[int] = set()
        self._ended: set[int] = set()
        self._is_stopping = False
        self.unstarted: list[Work] = []
        """What `stop` left in memory: nobody has begun with it."""
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def depth(self) -> int:
        """How many rows are in memory."""
        return len(self._known)

    @property
    def has_room(self) -> bool:
        """Tell whether more rows may be taken into memory."""
        return len(self._known) < self._room

    def has_room_for(self, priority: int) -> bool:
        """Tell whether a row of this priority may be taken; the last room is for answers."""
        room = self._room if priority <= Priority.ANSWER else self._room - self._room // KEPT_FREE
        return len(self._known) < room

    def is_idle(self, key: str) -> bool:
        """Tell whether a row of this lane would be handled at once (any thread may ask)."""
        return key not in self._lanes and self.has_room and not self._is_stopping

    def has(self, key: str) -> bool:
        """Tell whether a lane has rows in memory."""
        return key in self._lanes

    def keep(self, keys: Container[str]) -> None:
        """Forget the rows that nobody has begun with, of every lane but these."""
        for key, lane in self._lanes.items():
            if key not in keys:
                self._forget(lane)

    def _forget(self, lane: _Lane) -> None:
        """Let the rows behind wait in the table: the next look brings all of them in order."""
        self._known.difference_update(work.id for _, _, work in lane.rows)
        lane.rows.clear()

    def knows(self, work: Work | Waiting) -> bool:
        """Tell whether a row is in memory already."""
        return work.id in self._known

    def forget_ended(self) -> None:
        """Forget which rows have ended; called before a look into the table begins."""
        self._ended.clear()

    def has_ended(self, work: Work) -> bool:
        """Tell whether a row was over, or put off, since `forget_ended`: what was read is old."""
        return work.id in self._ended

    def offer(self, rows: Iterable[Work]) -> None:
        """Take rows that are due into memory; without room they wait in the table."""
        if self._is_stopping:
            return
        for work in rows:
            if work.id in self._known or not self.has_room_for(work.priority):
                continue
            self._known.add(work.id)
            self._idle.clear()
            lane = self._lanes.setdefault(work.lane, _Lane())
            heapq.heappush(lane.rows, (work.priority, work.id, work))
            if lane.task is None:
                lane.task = asyncio.get_running_loop().create_task(self._run(work.lane, lane))

    def waiting(self) -> Iterator[Work]:
        """Return the rows that wait behind another one of their lane, in no order."""
        for lane in self._lanes.values():
            for _, _, work in lane.rows:
                yield work

    async def settle(self) -> None:
        """Wait until nothing is in memory."""
        await self._idle.wait()

    async def stop(self, *, within_s: float) -> None:
        """Take nothing more and let what runs finish, for a bounded time."""
        self._is_stopping = True
        tasks = [lane.task for lane in self._lanes.values() if lane.task is not None]
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=within_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _run(self, key: str, lane: _Lane) -> None:
        try:
            while lane.rows and not self._is_stopping:
                _, _, work = heapq.heappop(lane.rows)
                try:
                    await self._handle(work)
                except Exception:  # noqa: BLE001 - the database is away: not even a failure is kept
                    _log.exception("row_failed", kind=work.kind, work=work.id)
                    self._forget(lane)
                finally:
                    self._known.discard(work.id)
                    self._ended.add(work.id)
        finally:
            for _, _, work in lane.rows:
                self._known.discard(work.id)
                if self._is_stopping:
                    self.unstarted.append(work)
            del self._lanes[key]
            if not self._known:
                self._idle.set()

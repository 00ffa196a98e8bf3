"""Lanes in memory: rows of one lane one after another, lanes side by side.

Only rows of lanes that this process holds come here (`bot.engine.leases`): straight from the commit
that wrote them (`hand_over`), or from the pump that looks once a second for what is due (`offer`):
rows of shell commands, of other processes, what backed off and what was forgotten. Order is that of
priority and age, so a commit hands a row over only while memory lacks nothing before it
(`bot.engine.gaps`). A row is taken once; a second offer is ignored.
"""

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import structlog

from bot.engine.gaps import Gaps
from core.domain.work import Priority, Waiting, Work, WorkStatus

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
        self._gaps = Gaps()
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
        """Tell whether an answer in this lane would be handled at once (any thread may ask)."""
        waits = key in self._lanes or self._gaps.has_lane(key)
        is_full = not self.has_room or self._gaps.has_priority(Priority.ANSWER)
        return not (waits or is_full or self._is_stopping)

    def has(self, key: str) -> bool:
        """Tell whether a lane has rows in memory."""
        return key in self._lanes

    def keep(self, keys: Container[str]) -> None:
        """Forget the rows that nobody has begun with, of every lane but these."""
        for key, lane in self._lanes.items():
            if key not in keys:
                self._forget(key, lane)

    def _forget(self, key: str, lane: _Lane) -> None:
        """Let the rows behind wait in the table: the next look brings all of them in order."""
        self._known.difference_update(work.id for _, _, work in lane.rows)
        lane.rows.clear()
        self._gaps.skip_lane(key)

    def knows(self, row: Work | Waiting) -> bool:
        """Tell whether a row is in memory already."""
        return row.id in self._known

    def has_met(self, work_id: int) -> bool:
        """Tell whether a row is in memory, or was over or put off since the look began."""
        return work_id in self._known or work_id in self._ended

    def hand_over(self, rows: Iterable[Work]) -> bool:
        """Take rows straight from the commit that wrote them; True when a look must bring some.

        Without room they wait for the pump. A row that its commit marked comes at once: it would
        count as one that may have left. So does what the row handled just now began.
        """
        must_look = False
        for work in sorted(self._new_of(rows), key=_place_of):
            if work.status is WorkStatus.SENT or work.priority == Priority.NEXT:
                self._add(work)
            elif self._gaps.has_priority(work.priority) or not self.has_room_for(work.priority):
                self._gaps.wait_for_room(work.priority)
            elif self._gaps.has_lane(work.lane) or not self._has_what_is_before(work):
                self._gaps.wait_in(work.lane)
                must_look = True
            else:
                self._add(work)
        return must_look

    def _new_of(self, rows: Iterable[Work]) -> Iterable[Work]:
        return () if self._is_stopping else (row for row in rows if row.id not in self._known)

    def _has_what_is_before(self, work: Work) -> bool:
        """Memory holds a lane's rows from the first one on: the one right before tells of all."""
        return work.follows is None or self.has_met(work.follows)

    def begin_look(self) -> None:
        """Say that a look into the table begins, from the front of the queue."""
        self._ended.clear()
        self._gaps.begin_look()

    def may_look_on(self, priority: int) -> bool:
        """Tell whether the look may go on to rows of this priority: all so far found room."""
        if not self.has_room_for(priority):
            self._gaps.skip_from(priority)
        return not self._gaps.skips(priority)

    def admits(self, row: Work | Waiting) -> bool:
        """Tell whether the look may bring a row: there is room, and nothing before it was left."""
        return self.may_look_on(row.priority) and not self._gaps.skips_lane(row.lane)

    def leave(self, work: Work) -> None:
        """Let the look leave a row alone, and what stands behind it in its lane."""
        self._gaps.skip_lane(work.lane)

    def offer(self, rows: Iterable[Work]) -> None:
        """Take rows into memory that a look found, in their order; the rest waits in the table."""
        for work in self._new_of(rows):
            if self.admits(work):
                self._add(work)

    def end_look(self) -> None:
        """Say that the look came as far as there was room."""
        self._gaps.end_look()

    def _add(self, work: Work) -> None:
        self._known.add(work.id)
        self._idle.clear()
        lane = self._lanes.setdefault(work.lane, _Lane())
        heapq.heappush(lane.rows, (*_place_of(work), work))
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
                    self._forget(key, lane)
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


def _place_of(work: Work) -> tuple[int, int]:
    return work.priority, work.id

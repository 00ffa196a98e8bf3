"""What memory may lack of the due rows in the table: what would come behind it is not handed over.

A row comes to memory straight from its commit only while all that stands before it in its lane came
there, too. Else it waits in the table for the next look, which brings both in order. Two things
open a gap: rows of a lane were forgotten, or wait behind others; or rows found no room, and then
all that matters as little waits with them. A look that begins later closes it.

Rows that a shell's command wrote beside the only process are seen by the look within a second:
until then nobody knows of them here.
"""

from dataclasses import dataclass, field
from typing import Final

from core.domain.work import Priority

NONE: Final = max(Priority) + 1
"""A priority that no row has."""


@dataclass(slots=True)
class _Rows:
    """Rows that memory may lack: those of some lanes, and those that matter no more than some."""

    lanes: set[str] = field(default_factory=set)
    priority: int = NONE
    """Rows from this one on."""

    def add_from(self, priority: int) -> None:
        self.priority = min(self.priority, priority)

    def __or__(self, other: "_Rows") -> "_Rows":
        return _Rows(self.lanes | other.lanes, min(self.priority, other.priority))


class Gaps:
    """Remembers which rows may wait in the table only."""

    def __init__(self) -> None:
        """Begin with a memory that lacks nothing."""
        self._before = _Rows()
        """They waited when the newest look began: it brings them."""
        self._since = _Rows()
        self._skipped = _Rows()
        """Of those since: what the look must not go on with, as it lacks what stands before."""

    def has_lane(self, lane: str) -> bool:
        """Tell whether rows of a lane may wait (any thread may ask)."""
        return lane in self._since.lanes or lane in self._before.lanes

    def has_priority(self, priority: int) -> bool:
        """Tell whether rows that matter so much may wait for room (any thread may ask)."""
        return priority >= min(self._since.priority, self._before.priority)

    def wait_in(self, lane: str) -> None:
        """Remember that a row of a lane waits for the next look."""
        self._since.lanes.add(lane)

    def wait_for_room(self, priority: int) -> None:
        """Remember that a row waits for room."""
        self._since.add_from(priority)

    def skip_lane(self, lane: str) -> None:
        """Remember that rows of a lane were forgotten, or left alone: a look stops there."""
        self._since.lanes.add(lane)
        self._skipped.lanes.add(lane)

    def skip_from(self, priority: int) -> None:
        """Remember that the look found no room for a row."""
        self._since.add_from(priority)
        self._skipped.add_from(priority)

    def skips_lane(self, lane: str) -> bool:
        """Tell whether the look goes on with a lane no more."""
        return lane in self._skipped.lanes

    def skips(self, priority: int) -> bool:
        """Tell whether the look goes on no more with rows that matter so much."""
        return priority >= self._skipped.priority

    def begin_look(self) -> None:
        """Say that the table is read from its front; it holds all that waits until now."""
        self._before, self._since, self._skipped = self._before | self._since, _Rows(), _Rows()

    def end_look(self) -> None:
        """Say that what waited when the look began is in memory, or skipped."""
        self._before = _Rows()

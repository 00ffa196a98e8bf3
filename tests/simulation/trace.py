"""What happened, line by line: hashed whole, its end kept to be read."""

import hashlib
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import structlog

from tests.books import NOW

KEPT: Final = 4000
EXPECTED: Final = frozenset({"NotCommitted"})
"""Errors that the world's faults cause; a row that fails for another reason is a finding."""

PASSING: Final = frozenset(
    {"row_failed", "due_failed", "round_failed", "sweep_failed", "hook_not_stored"}
)
"""Log events that are no finding where a COMMIT was made to fail."""

BROKEN: Final = PASSING | {"row_parked", "apology_failed", "money_stopped", "listener_failed"}


class Trace:
    """The story of one world."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._lines: deque[str] = deque(maxlen=KEPT)
        self.counts: Counter[str] = Counter()
        self.logged: list[MutableMapping[str, Any]] = []
        self.step = 0
        self.clock: Callable[[], datetime] = lambda: NOW

    @property
    def now(self) -> str:
        """Return the step and the time."""
        return f"{self.step:4} {self.clock():%d %H:%M:%S.%f}"[:-3]

    def tell(self, kind: str, text: str = "", *, weight: bytes = b"") -> None:
        """Add a line; `weight` counts for the hash only."""
        line = f"{self.now} {kind:<9} {text}"
        self.counts[kind] += 1
        self._hash.update(line.encode("utf-8", "surrogatepass"))
        self._hash.update(weight)
        self._lines.append(line)

    @property
    def digest(self) -> str:
        """Return what two runs of one seed have in common."""
        return self._hash.hexdigest()

    def tail(self, count: int = 60) -> str:
        """Return the last lines."""
        return "\n".join(list(self._lines)[-count:])

    def note(self, event: str) -> None:
        """Add a line that is read only: logs hold times of the real machine."""
        self._lines.append(f"{self.now} {'log':<9} {event}")


@contextmanager
def listening(trace: Trace) -> Iterator[None]:
    """Hear what the service logs, and nothing of it reaches the terminal."""
    processors = structlog.get_config()["processors"]
    kept = processors.copy()

    def hear(_logger: Any, level: str, event: MutableMapping[str, Any]) -> Any:
        if level not in {"debug", "info"}:
            error = type(sys.exc_info()[1]).__name__
            trace.logged.append({**event, "level": level, "error": error})
            words = " ".join(f"{k}={v}" for k, v in event.items() if k != "trace")
            trace.note(f"{level} {words}")
        raise structlog.DropEvent

    processors[:] = [hear]
    try:
        yield
    finally:
        processors[:] = kept


def troubles(trace: Trace) -> list[str]:
    """Return what the service complained of and the world's faults do not explain."""
    found = []
    for event in trace.logged:
        what = event["event"]
        said = f"{event['error']} {event.get('trace', event.get('reason', ''))}"
        is_expected = any(name in said for name in EXPECTED)
        if what in BROKEN and not (is_expected and what in PASSING):
            found.append(f"{what} {event.get('kind', '')}: {said[-1500:]}")
    return found

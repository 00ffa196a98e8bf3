"""Functions that wait for a database thread, and how their results go back."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import structlog

from core.domain.acts import Cause
from core.domain.work import Work
from storage.transaction import SqlTransaction

SLOW_S: Final = 0.05
"""A function that holds a writer longer is told in the log."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Job:
    """One function that waits for a thread; `deliver` is called on that thread."""

    function: Callable[[SqlTransaction], Any]
    cause: Cause
    deliver: Callable[["Job"], None]
    result: Any = None
    error: BaseException | None = None
    written: list[Work] = field(default_factory=list)

    def begin(self) -> None:
        """Forget an earlier try."""
        self.result, self.error, self.written = None, None, []

    def run(self, tx: SqlTransaction) -> None:
        """Run the function; tell the log when it held its thread too long."""
        started = time.perf_counter()
        try:
            self.result = self.function(tx)
        finally:
            took_s = time.perf_counter() - started
        if took_s > SLOW_S:
            inner = getattr(self.function, "func", self.function)
            name = str(getattr(inner, "__qualname__", inner))
            _log.warning("writer_held", seconds=round(took_s, 3), function=name)


class Mailbox:
    """Carries calls from database threads to an event loop, in order, waking it once for many.

    Each wake-up is a system call, and lets the loop's thread take turns with the writer's.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin empty."""
        self.loop = loop
        self._calls: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
        self._is_woken = False

    def put(self, act: Callable[..., object], *values: Any) -> None:
        """Have the loop call something (any thread may ask).

        Raises:
            RuntimeError: the loop is closed.
        """
        self._calls.append((act, values))
        if self._is_woken:
            return
        self._is_woken = True
        try:
            self.loop.call_soon_threadsafe(self._empty)
        except RuntimeError:
            self._is_woken = False
            self._calls.clear()
            raise

    def _empty(self) -> None:
        # First: what is put from now on wakes the loop again.
        self._is_woken = False
        while self._calls:
            act, values = self._calls.popleft()
            self.loop.call_soon(act, *values)


def tell(whom: Callable[[Any], object], what: Any) -> None:
    """Call back; a listener that is gone (a closed event loop) must not stop the thread."""
    try:
        whom(what)
    except Exception as error:  # noqa: BLE001 - whatever it is, others wait for their results
        _log.error("listener_failed", error=repr(error))

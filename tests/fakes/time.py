"""Time that passes only when a test says so: nobody waits, nothing depends on speed."""

import asyncio
from collections.abc import Callable

from tests.books import FakeClock


async def until(condition: Callable[[], bool]) -> None:
    """Let things run until something is so; a test that waits in vain fails."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - what runs is not told of its watcher
            await asyncio.sleep(0)


class HandTime:
    """A monotonic clock, a calendar clock and a sleep that move together, by hand."""

    def __init__(self, clock: FakeClock | None = None) -> None:
        """Begin at second 0 of the clock."""
        self.clock = clock or FakeClock()
        self.at_s = 0.0
        self.slept: list[float] = []
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def monotonic(self) -> float:
        """Return seconds since the test began."""
        return self.at_s

    async def sleep(self, pause_s: float) -> None:
        """Wait until the test has moved time on so far."""
        self.slept.append(pause_s)
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if pause_s <= 0:
            return
        self._sleepers.append((self.at_s + pause_s, woken))
        await woken

    @property
    def sleeping(self) -> int:
        """How many wait for time to be moved on."""
        return sum(not woken.done() for _, woken in self._sleepers)

    def pass_by(self, seconds: float) -> None:
        """Move time on and wake whoever slept so long."""
        self.at_s += seconds
        self.clock.move(milliseconds=round(seconds * 1000))
        due = [woken for until, woken in self._sleepers if until <= self.at_s + 1e-9]
        self._sleepers = [(until, w) for until, w in self._sleepers if until > self.at_s + 1e-9]
        for woken in due:
            if not woken.done():
                woken.set_result(None)

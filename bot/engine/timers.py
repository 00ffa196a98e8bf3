"""APScheduler as an alarm clock: it wakes the sweeps, which find in the table what is due."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Final, Protocol

import structlog

from bot.engine.notices import expand
from bot.ports import sleep
from bot.sweeps import FULL_BATCH, MAX_BATCHES, SWEEPS, Sweep
from core.domain.acts import Cause, CauseKind
from core.domain.errors import InvariantBroken
from core.domain.tenants import PLATFORM
from storage.database import Database
from storage.doctor import money_stop
from storage.transaction import SqlTransaction

FIRST_AFTER_S: Final = 5.0
"""What became due while nobody ran is not left to the first turn of each rhythm."""

_log = structlog.get_logger(__name__)


async def run_sweep(
    database: Database, sweep: Sweep, *, at: datetime | None = None, is_ordered: bool = False
) -> int:
    """Run a sweep until nothing is due any more; returns how many rows it took.

    `at` chooses what is due (default: now); rows carry real time. `is_ordered`: somebody asks, so
    that what is not due yet is begun, too, where a sweep knows how.
    """
    if is_ordered and sweep.order is not None:
        return await _order(database, sweep, sweep.order)

    def batch(tx: SqlTransaction) -> int:
        taken = sweep(tx, at=at or tx.now)
        expand(tx)
        return taken

    total = 0
    for _ in range(MAX_BATCHES):
        cause = Cause(kind=CauseKind.TIMER, reference=sweep.name)
        taken = await database.run(batch, cause=cause)
        total += taken
        if taken < FULL_BATCH or not sweep.task:
            break
    if total:
        _log.info("swept", sweep=sweep.name, rows=total)
    return total


async def _order(database: Database, sweep: Sweep, order: Callable[[SqlTransaction], int]) -> int:
    cause = Cause(kind=CauseKind.COMMAND, reference=sweep.name)
    return await database.run(order, cause=cause)


class Alarm(Protocol):
    """Wakes in a rhythm."""

    def add(self, wake: Callable[[], Awaitable[None]], *, every_s: int) -> None:
        """Wake again and again, never twice at once."""
        ...

    def start(self) -> None:
        """Wind the clock."""
        ...

    def stop(self) -> None:
        """Wake no more; what was woken goes on."""
        ...


class Scheduler:
    """APScheduler as the alarm."""

    def __init__(self) -> None:
        """Make the clock; it stands still."""
        from apscheduler.schedulers.asyncio import AsyncIOScheduler  # noqa: PLC0415 - late: 40 ms

        self._scheduler = AsyncIOScheduler(timezone="UTC")

    def add(self, wake: Callable[[], Awaitable[None]], *, every_s: int) -> None:
        """Wake in a rhythm; a late turn is not skipped, several late ones are one."""
        self._scheduler.add_job(
            wake,
            "interval",
            seconds=every_s,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )

    def start(self) -> None:
        """Wind the clock."""
        self._scheduler.start()

    def stop(self) -> None:
        """Wake no more."""
        self._scheduler.shutdown(wait=False)


class Timers:
    """Wakes every sweep in its rhythm."""

    def __init__(
        self,
        database: Database,
        *,
        sweeps: Sequence[Sweep] = SWEEPS,
        sleep: Callable[[float], Awaitable[None]] = sleep,
        new_alarm: Callable[[], Alarm] = Scheduler,
    ) -> None:
        """Keep the ports; `start` winds the clock."""
        self._database = database
        self._sweeps = sweeps
        self._sleep = sleep
        self._new_alarm = new_alarm
        self._first: asyncio.Task[None] | None = None
        self._alarm: Alarm | None = None

    def start(self) -> None:
        """Wind the clock."""
        alarm = self._new_alarm()
        for sweep in self._sweeps:
            alarm.add(partial(self.wake, sweep), every_s=sweep.every_s)
        alarm.start()
        self._alarm = alarm
        self._first = asyncio.create_task(self._catch_up())

    def stop(self) -> None:
        """Stop waking."""
        if self._first is not None:
            self._first.cancel()
        if self._alarm is not None:
            self._alarm.stop()

    async def _catch_up(self) -> None:
        await self._sleep(FIRST_AFTER_S)
        for sweep in self._sweeps:
            await self.wake(sweep)

    async def wake(self, sweep: Sweep) -> None:
        """Run a sweep; what fails is told in the log and tried at the next time."""
        try:
            await run_sweep(self._database, sweep)
        except InvariantBroken as error:
            reason = f"{error} in the sweep {sweep.name}"
            _log.critical("money_stopped", reason=reason)
            await self._database.run(lambda tx: money_stop(tx, PLATFORM, reason))
        except Exception:  # noqa: BLE001 - the next wake-up tries again
            _log.exception("sweep_failed", sweep=sweep.name)

"""APScheduler as an alarm clock: it wakes the sweeps, which find in the table what is due."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

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

if TYPE_CHECKING:
    from apscheduler.schedulers.asyncio import AsyncIOScheduler

FIRST_AFTER_S: Final = 5.0
"""What became due while nobody ran is not left to the first turn of each rhythm."""

_log = structlog.get_logger(__name__)


async def run_sweep(database: Database, sweep: Sweep, *, at: datetime | None = None) -> int:
    """Run a sweep until nothing is due any more; returns how many rows it took.

    `at` chooses what is due (default: now); rows carry real time.
    """

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


class Timers:
    """Wakes every sweep in its rhythm."""

    def __init__(
        self,
        database: Database,
        *,
        sweeps: Sequence[Sweep] = SWEEPS,
        sleep: Callable[[float], Awaitable[None]] = sleep,
    ) -> None:
        """Keep the ports; `start` winds the clock."""
        self._database = database
        self._sweeps = sweeps
        self._sleep = sleep
        self._first: asyncio.Task[None] | None = None
        self._scheduler: AsyncIOScheduler | None = None

    def start(self) -> None:
        """Wind the clock."""
        from apscheduler.schedulers.asyncio import AsyncIOScheduler  # noqa: PLC0415 - late: 40 ms

        scheduler = AsyncIOScheduler(timezone="UTC")
        for sweep in self._sweeps:
            scheduler.add_job(
                self.wake,
                "interval",
                args=[sweep],
                seconds=sweep.every_s,
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
            )
        scheduler.start()
        self._scheduler = scheduler
        self._first = asyncio.create_task(self._catch_up())

    def stop(self) -> None:
        """Stop waking."""
        if self._first is not None:
            self._first.cancel()
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)

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

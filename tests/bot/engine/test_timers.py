"""Timers only wake; a sweep goes on while there is more, and stops the money when it must."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.engine.timers import FIRST_AFTER_S, Timers, run_sweep
from bot.sweeps import FULL_BATCH, Sweep
from core.domain.errors import InvariantBroken
from storage.database import Database
from storage.doctor import is_stopped
from storage.transaction import SqlTransaction
from tests.books import open_database


def _count_down(rows: int) -> tuple[Sweep, list[int]]:
    left = [rows]
    batches: list[int] = []

    def run(tx: SqlTransaction, *, at: object) -> int:
        taken = min(FULL_BATCH, left[0])
        left[0] -= taken
        batches.append(taken)
        return taken

    return Sweep(name="test", task="test", every_s=60, run=run), batches


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = open_database(tmp_path)
    yield opened
    await opened.close()
    await opened.close()


async def test_a_sweep_goes_on_while_batches_are_full(database: Database) -> None:
    sweep, batches = _count_down(2 * FULL_BATCH + 1)
    assert await run_sweep(database, sweep) == 2 * FULL_BATCH + 1
    assert batches == [FULL_BATCH, FULL_BATCH, 1]


async def test_a_sweep_that_fails_does_not_stop_the_clock(database: Database) -> None:
    def run(tx: SqlTransaction, *, at: object) -> int:
        raise LookupError

    await Timers(database).wake(Sweep(name="test", task="test", every_s=60, run=run))
    assert not await database.run(is_stopped)


async def test_a_sweep_that_finds_the_books_broken_stops_the_money(database: Database) -> None:
    def run(tx: SqlTransaction, *, at: object) -> int:
        raise InvariantBroken

    await Timers(database).wake(Sweep(name="test", task="test", every_s=60, run=run))
    assert await database.run(is_stopped)


async def test_the_clock_can_be_wound_and_stopped(database: Database) -> None:
    timers = Timers(database)
    timers.start()
    timers.stop()


async def test_what_became_due_meanwhile_is_swept_soon_after_the_start(
    database: Database,
) -> None:
    slept: list[float] = []
    swept = asyncio.Event()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    def run(tx: SqlTransaction, *, at: object) -> int:
        swept.set()
        return 0

    sweep = Sweep(name="test", task="test", every_s=3600, run=run)
    timers = Timers(database, sweeps=[sweep], sleep=sleep)
    timers.start()
    await asyncio.wait_for(swept.wait(), timeout=60)
    timers.stop()
    assert slept == [FIRST_AFTER_S]


async def test_stopping_a_clock_that_was_never_wound_is_nothing(database: Database) -> None:
    Timers(database).stop()

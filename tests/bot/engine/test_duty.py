"""One process at a time has a duty; another takes it over when its holder is gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.engine.duty import ASK_EVERY_S, Duty
from bot.engine.limits import Rates, SendLimits
from bot.engine.membership import LEASE_S, Membership
from bot.roles import Part
from storage.database import Database
from tests.books import SeededRandomness, new_file, open_database
from tests.fakes.time import HandTime, until


class Poller:
    """Polls, in a process of its own."""

    def __init__(self, path: Path, time: HandTime, name: str, seed: int) -> None:
        self.name = name
        self.database: Database = open_database(
            path.parent, path=path, clock=time.clock, randomness=SeededRandomness(seed)
        )
        self.member = Membership(
            self.database,
            owner=name,
            parts=frozenset({Part.POLLER}),
            limits=SendLimits(rates=Rates(), now=0.0),
            rates=Rates(),
            monotonic=time.monotonic,
            sleep=time.sleep,
            on_lost=lambda: None,
        )
        self.duty = Duty(self.database, self.member, name="poll:77", sleep=time.sleep)
        self.is_polling = False
        self.failure: Exception | None = None
        self.task: asyncio.Task[None] | None = None

    async def act(self) -> None:
        if self.failure is not None:
            raise self.failure
        self.is_polling = True
        try:
            await asyncio.Event().wait()
        finally:
            self.is_polling = False

    async def start(self) -> None:
        await self.member.join()
        self.task = asyncio.create_task(self.duty.run(self.act))

    async def die(self) -> None:
        """Stop doing anything, without a word to the table."""
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)


@asynccontextmanager
async def two(folder: Path) -> AsyncIterator[tuple[HandTime, Poller, Poller]]:
    path, time = new_file(folder), HandTime()
    first, second = (Poller(path, time, name, seed) for seed, name in enumerate(("a", "b"), 1))
    try:
        yield time, first, second
    finally:
        for each in (first, second):
            await each.die()
            await each.database.close()


async def let_pass(time: HandTime, seconds: float, *living: Poller) -> None:
    """Move time on, each second once everybody has asked whose turn it is."""
    for _ in range(round(seconds)):
        for each in living:
            await each.member.tick()
        await until(lambda: time.sleeping == len(living))
        time.pass_by(1)
    await until(lambda: time.sleeping == len(living))


async def test_one_polls_and_the_other_waits(tmp_path: Path) -> None:
    async with two(tmp_path) as (time, first, second):
        await first.start()
        await until(lambda: first.is_polling)
        await second.start()
        await let_pass(time, 3 * ASK_EVERY_S, first, second)
        assert (first.is_polling, second.is_polling) == (True, False)


async def test_the_other_takes_over_within_seconds_of_a_death(tmp_path: Path) -> None:
    async with two(tmp_path) as (time, first, second):
        await first.start()
        await until(lambda: first.is_polling)
        await second.start()
        await first.die()
        await let_pass(time, LEASE_S - 1, second)
        assert not second.is_polling
        await let_pass(time, ASK_EVERY_S + 1, second)
        assert second.is_polling


async def test_a_duty_that_was_lost_is_dropped(tmp_path: Path) -> None:
    async with two(tmp_path) as (time, first, second):
        await first.start()
        await until(lambda: first.is_polling)
        await second.member.join()
        await first.database.run(lambda tx: tx.leases.release("a", ["poll:77"]))
        assert await first.database.run(lambda tx: tx.leases.take("b", "poll:77"))
        time.pass_by(ASK_EVERY_S)
        await until(lambda: not first.is_polling)


async def test_a_poller_without_a_lease_does_not_poll(tmp_path: Path) -> None:
    async with two(tmp_path) as (time, first, _):
        await first.start()
        await until(lambda: first.is_polling)
        time.pass_by(LEASE_S)
        await until(lambda: not first.is_polling)


async def test_what_fails_is_told(tmp_path: Path) -> None:
    async with two(tmp_path) as (_, first, _):
        first.failure = RuntimeError("wrong token")
        await first.start()
        assert first.task is not None
        with pytest.raises(RuntimeError, match="wrong token"):
            await first.task

"""A process among several hears of the others, and what Telegram told one of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.engine.limits import Rates, SendLimits
from bot.engine.membership import LEASE_S, MARGIN_S, RENEW_S, Membership
from bot.roles import Part
from storage.database import Database
from tests.books import SeededRandomness, new_file, open_database
from tests.fakes.time import HandTime, until

SENDER = frozenset({Part.SENDER})


class Process:
    """One member with its own connection and limits."""

    def __init__(self, path: Path, time: HandTime, seed: int) -> None:
        self.time = time
        self.database: Database = open_database(
            path.parent, path=path, clock=time.clock, randomness=SeededRandomness(seed)
        )
        self.limits = SendLimits(rates=Rates(), now=0.0)
        self.lapses = 0
        self.is_lost = False
        self.gone: set[str] = set()
        self.member = Membership(
            self.database,
            owner=f"process {seed}",
            parts=SENDER,
            limits=self.limits,
            rates=Rates(),
            monotonic=time.monotonic,
            sleep=time.sleep,
            on_lost=lambda: setattr(self, "is_lost", True),
            is_gone=lambda owner: owner in self.gone,
        )
        self.member.on_lapse = self._lapsed

    async def _lapsed(self) -> None:
        self.lapses += 1

    def delay_s(self) -> float:
        return self.limits.bot_delay(self.time.monotonic())


@asynccontextmanager
async def processes(folder: Path, count: int) -> AsyncIterator[tuple[HandTime, list[Process]]]:
    path, time = new_file(folder), HandTime()
    found = [Process(path, time, seed) for seed in range(1, count + 1)]
    try:
        yield time, found
    finally:
        for each in found:
            await each.database.close()


async def test_each_takes_another_number(tmp_path: Path) -> None:
    async with processes(tmp_path, 3) as (_, found):
        assert [await each.member.join() for each in found] == [1, 2, 3]
        assert [each.member.senders for each in found] == [1, 2, 3]


async def test_a_second_sender_begins_once_the_first_has_seen_it(tmp_path: Path) -> None:
    async with processes(tmp_path, 2) as (time, (first, second)):
        await first.member.join()
        time.pass_by(2)
        assert first.delay_s() == 0
        await second.member.join()
        time.pass_by(1)
        await second.member.tick()
        assert second.delay_s() > 0
        await first.member.tick()
        time.pass_by(1)
        await second.member.tick()
        assert second.delay_s() == pytest.approx(1)
        time.pass_by(1)
        assert second.delay_s() == 0
        assert (first.member.senders, second.member.senders) == (2, 2)


async def test_a_flood_that_one_hears_of_pauses_all(tmp_path: Path) -> None:
    async with processes(tmp_path, 2) as (time, (first, second)):
        await first.member.join()
        await second.member.join()
        for chat in (1, 2, 3):
            first.limits.flooded(chat, 30.0, time.monotonic())
        await first.member.tick()
        await second.member.tick()
        assert second.delay_s() == pytest.approx(30)
        time.pass_by(10)
        await first.member.tick()
        await second.member.tick()
        assert second.delay_s() == pytest.approx(20)


async def test_a_shared_pause_is_not_made_longer_by_being_read(tmp_path: Path) -> None:
    async with processes(tmp_path, 2) as (time, found):
        for each in found:
            await each.member.join()
        for chat in (1, 2, 3):
            found[0].limits.flooded(chat, 5.0, time.monotonic())
        for _ in range(7):
            for each in found:
                await each.member.tick()
            time.pass_by(1)
        for each in found:
            await each.member.tick()
        assert found[0].delay_s() == 0


async def test_a_lease_lapses_earlier_here_than_in_the_table(tmp_path: Path) -> None:
    async with processes(tmp_path, 1) as (time, (only,)):
        await only.member.join()
        time.pass_by(LEASE_S - MARGIN_S - 0.1)
        before = only.member.is_alive
        time.pass_by(0.1)
        assert (before, only.member.is_alive) == (True, False)
        await only.member.tick()
        assert (only.member.is_alive, only.lapses, only.is_lost) == (True, 1, False)


async def test_a_renewal_in_time_is_no_lapse(tmp_path: Path) -> None:
    async with processes(tmp_path, 1) as (time, (only,)):
        await only.member.join()
        for _ in range(9):
            time.pass_by(RENEW_S)
            await only.member.tick()
        assert (only.member.is_alive, only.lapses) == (True, 0)


async def test_who_left_is_not_alive_and_lost_nothing(tmp_path: Path) -> None:
    async with processes(tmp_path, 2) as (_, (first, second)):
        await first.member.join()
        await first.member.leave()
        assert (first.member.is_alive, first.is_lost) == (False, False)
        await second.member.join()
        assert second.member.senders == 1


async def test_a_failed_renewal_is_tried_again(tmp_path: Path) -> None:
    async with processes(tmp_path, 1) as (time, (only,)):
        await only.member.join()
        run, failures = only.database.run, [RuntimeError("away")]

        async def away(function: object, **kept: object) -> object:
            if failures:
                raise failures.pop()
            return await run(function, **kept)  # type: ignore[arg-type]

        only.database.run = away  # type: ignore[method-assign,assignment]
        renewing = asyncio.create_task(only.member.run())
        await until(lambda: RENEW_S in time.slept)
        time.pass_by(RENEW_S)
        await until(lambda: not failures)
        await until(lambda: time.slept.count(RENEW_S) == 2)
        time.pass_by(RENEW_S)
        await until(lambda: time.slept.count(RENEW_S) == 3)
        renewing.cancel()
        assert only.member.is_alive


async def test_who_has_certainly_died_is_not_waited_for(tmp_path: Path) -> None:
    async with processes(tmp_path, 2) as (time, (dead, heir)):
        await dead.member.join()
        await dead.database.run(lambda tx: tx.leases.take("process 1", "c:1"))
        until_then = time.clock.now() + timedelta(seconds=40)
        await dead.database.run(lambda tx: tx.leases.enter("process 1", "c:1", until=until_then))
        heir.gone.add("process 1")
        await heir.member.join()
        assert heir.member.senders == 1
        assert await heir.database.run(lambda tx: tx.leases.take("process 2", "c:1"))
        time.pass_by(1)
        assert heir.delay_s() == 0

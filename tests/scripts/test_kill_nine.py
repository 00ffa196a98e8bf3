"""`kill -9`, twenty times (`KILLS=200` in a soak), while a dozen people pay: three logs agree.

What people were told (receipts in their chats), what the provider says (captures) and what the
books say (receipts, journals, wallets, bills): nothing lost, nothing doubled.
"""

import asyncio
import os
import random
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from bot.sandbox.provider_switches import PLAYS
from tests.scripts import bank
from tests.scripts.ending import receipts_told
from tests.scripts.impatient import Impatient
from tests.scripts.process import Bot
from tests.scripts.stage import Stage, raised
from tests.scripts.three_logs import (
    RECEIPTS,
    check_by_commands,
    check_logs,
    compare,
    have_paid,
    rows_of_file,
    settle,
)

pytestmark = pytest.mark.sqlite

LIVES_S: Final = (0.8, 3.0)
"""How long the service takes work before it is killed, at least and at most."""
LEAST_PAYMENTS: Final = 5
"""People pay on until there are so many; on an idle machine it is fifty."""

BOUND_S: Final = 380.0 + 8.0 * bank.KILLS
"""Where even a slow machine has long been done: twenty take a minute, mostly of starting."""


PLAYED: Final = ("sandbox", "paystack,stripe") if os.environ.get("HAZINA_SOAK") else ("sandbox",)
"""Providers that people choose from; two real adapters at once take a minute more."""


@pytest.mark.parametrize("plays", PLAYED)
async def test_kills_lose_nothing_and_double_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], plays: str
) -> None:
    began_s = time.monotonic()
    async with asyncio.timeout(BOUND_S), _court(tmp_path, plays) as (stage, bot):
        rows = rows_of_file(stage.path)
        closing_time = asyncio.Event()
        people = [_impatient(stage, each, closing_time) for each in bank.RESIDENTS]
        living = [asyncio.create_task(each.live()) for each in people]
        outages_s = await _kill_often(bot)
        await have_paid(rows, LEAST_PAYMENTS)
        closing_time.set()
        await asyncio.gather(*living)
        await settle(stage, rows)
        assert await bot.stop() == 0, bot.log.read_text()[-2000:]
        left = compare(stage, rows)
        await check_by_commands(bot, left=left)
        check_logs([bot.log], left=left)
        payments = len(rows(RECEIPTS))
        figures = (
            f"{bank.KILLS} kills, {bot.starts} starts, {payments} payments,"
            f" {sum(p.habits.presses for p in people)} presses,"
            f" {sum(p.habits.repeats for p in people)} pressed again,"
            f" {marked(stage)} messages marked as repeated,"
            f" {left} in doubt twice and left to a human, 0 lost, 0 doubled, 0 unsettled,"
            f" away {statistics.median(outages_s):.1f} s in the median, {max(outages_s):.1f} s at"
            f" most,"
            f" {time.monotonic() - began_s:.0f} s"
        )
    with capsys.disabled():
        print(f"\nkill -9 ({plays}): {figures}")  # noqa: T201 - the figures are what one looks for
    assert payments >= LEAST_PAYMENTS


def marked(stage: Stage) -> int:
    """Return how many receipts people got once more, marked as repeated."""
    return receipts_told(stage.world)[1].total()


@asynccontextmanager
async def _court(folder: Path, plays: str) -> AsyncIterator[tuple[Stage, Bot]]:
    people, seed = bank.cast(), bank.seed_among_themselves
    async with raised(folder, is_running=False, people=people, seed=seed) as stage:
        stage.world.board.set("telegram.limits", False)  # noqa: FBT003 - a switch
        stage.world.board.set(PLAYS, plays)
        for each in bank.RESIDENTS:
            stage.world.state.chats[each].is_started = True
        bot = Bot(stage)
        try:
            yield stage, bot
        finally:
            await bot.stop()


async def _kill_often(bot: Bot) -> list[float]:
    """Kill and start; every seventh life ends before it has quite begun.

    Returns for how many seconds the service was away each time, until it listened again.
    """
    outages_s: list[float] = []
    gone_s = time.monotonic()
    chance = random.Random(9)  # noqa: S311 - the same pauses each run
    await bot.start()
    for number in range(bank.KILLS):
        if number % 7 != 6:
            await bot.is_ready()
            outages_s.append(time.monotonic() - gone_s)
        await asyncio.sleep(chance.uniform(*LIVES_S))
        await bot.kill()
        gone_s = time.monotonic() if number % 7 != 6 else gone_s
        await bot.start()
    await bot.is_ready()
    return [*outages_s[1:], time.monotonic() - gone_s]


def _impatient(stage: Stage, telegram_id: int, closing_time: asyncio.Event) -> Impatient:
    return Impatient(stage.player(telegram_id), bank.numbers(telegram_id), closing_time)

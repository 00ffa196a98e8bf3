"""Twenty times `kill -9` while a dozen people pay: three logs agree in the end.

What people were told (receipts in their chats), what the provider says (captures) and what the
books say (receipts, journals, wallets, bills): nothing lost, nothing doubled.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.scripts import bank
from tests.scripts.impatient import Impatient
from tests.scripts.process import Bot
from tests.scripts.stage import Stage, raised
from tests.scripts.three_logs import RECEIPTS, check_logs, compare, rows_of_file, settle

KILLS: Final = 20
LIVES_S: Final = (0.8, 3.0)
"""How long the service takes work before it is killed, at least and at most."""
LEAST_PAYMENTS: Final = 20

BOUND_S: Final = 170.0
"""Where even a slow machine has long been done: it takes a minute, mostly of starting."""


async def test_twenty_kills_lose_nothing_and_double_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    began_s = time.monotonic()
    async with asyncio.timeout(BOUND_S), _court(tmp_path) as (stage, bot):
        rows = rows_of_file(stage.path)
        closing_time = asyncio.Event()
        people = [_impatient(stage, each, closing_time) for each in bank.RESIDENTS]
        living = [asyncio.create_task(each.live()) for each in people]
        await _kill_often(bot)
        closing_time.set()
        await asyncio.gather(*living)
        await settle(stage, rows)
        assert await bot.stop() == 0, bot.log.read_text()[-2000:]
        compare(stage, rows)
        code, said = await bot.command("doctor")
        # What it warns of (an old SQLite) stands beside the verdict.
        assert (code, said.splitlines().count("healthy")) == (0, 1)
        assert await bot.command("audit", "verify") == (0, "chain holds\n")
        check_logs([bot.log])
        payments = len(rows(RECEIPTS))
        figures = (
            f"{KILLS} kills, {bot.starts} starts, {payments} payments,"
            f" {sum(p.habits.presses for p in people)} presses,"
            f" {sum(p.habits.repeats for p in people)} repeated,"
            f" {time.monotonic() - began_s:.0f} s"
        )
    with capsys.disabled():
        print(f"\nkill -9: {figures}")  # noqa: T201 - the figures are what one looks for
    assert payments >= LEAST_PAYMENTS


@asynccontextmanager
async def _court(folder: Path) -> AsyncIterator[tuple[Stage, Bot]]:
    async with raised(folder, is_running=False, people=bank.cast(), seed=bank.seed) as stage:
        stage.world.board.set("telegram.limits", False)  # noqa: FBT003 - a switch
        for each in bank.RESIDENTS:
            stage.world.state.chats[each].is_started = True
        bot = Bot(stage)
        try:
            yield stage, bot
        finally:
            await bot.stop()


async def _kill_often(bot: Bot) -> None:
    """Kill and start; every seventh life ends before it has quite begun."""
    chance = random.Random(9)  # noqa: S311 - the same pauses each run
    await bot.start()
    for number in range(KILLS):
        if number % 7 != 6:
            await bot.is_ready()
        await asyncio.sleep(chance.uniform(*LIVES_S))
        await bot.kill()
        await bot.start()
    await bot.is_ready()


def _impatient(stage: Stage, telegram_id: int, closing_time: asyncio.Event) -> Impatient:
    first = bank.RESIDENTS.index(telegram_id) * 2 + 1
    numbers = (bank.number(first), bank.number(first + 1))
    return Impatient(stage.player(telegram_id), numbers, closing_time)

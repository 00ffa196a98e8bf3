"""A copy is taken while people pay, more happens, the copy is put back: nothing leaves by itself.

What the copy had queued for the world outside stays where it is until the release; then the money
of every attempt that the books know is found by asking the provider, once. (What people did and the
copy had not yet handled is handled again: their answers are new.)
"""

import asyncio
from pathlib import Path
from typing import Final

import pytest

from tests.scripts import bank
from tests.scripts.impatient import Impatient
from tests.scripts.process import Bot
from tests.scripts.stage import Stage, raised
from tests.scripts.three_logs import rows_of_file

pytestmark = pytest.mark.sqlite

PEOPLE: Final = bank.RESIDENTS[:6]
BUSY_S: Final = 5.0
FROZEN_S: Final = 3.0
BOUND_S: Final = 120.0
FOUND_WITHIN_S: Final = 40.0

_BOOKED: Final = "SELECT j.key FROM journal j WHERE j.key LIKE 'capture:%'"
_KNOWN: Final = "SELECT reference FROM attempt"
_PARKED: Final = (
    "SELECT id, kind, attempts FROM work WHERE last_error = 'frozen by a restore' ORDER BY id"
)
_FROZEN: Final = "SELECT count(*) FROM outflow_freeze"


async def test_a_restored_copy_sends_nothing_and_asks_before_it_repeats(tmp_path: Path) -> None:
    async with (
        asyncio.timeout(BOUND_S),
        raised(tmp_path, is_running=False, people=bank.cast(), seed=bank.seed) as stage,
    ):
        stage.world.board.set("telegram.limits", False)  # noqa: FBT003 - a switch
        for each in bank.RESIDENTS:
            stage.world.state.chats[each].is_started = True
        bot = Bot(stage)
        try:
            copy = await _live_and_copy(stage, bot, tmp_path / "copy.db")
            code, said = await bot.command("restore", str(copy))
            assert (code, "frozen" in said) == (0, True), said
            rows = rows_of_file(stage.path)
            queued = rows(_PARKED)
            await bot.start()
            await bot.is_ready()
            await asyncio.sleep(FROZEN_S)
            assert (rows(_FROZEN), rows(_PARKED)) == ([(1,)], queued)
            code, said = await bot.command("outflows", "release")
            assert code == 0, said
            await _found(stage)
            assert rows(_PARKED) == []
        finally:
            await bot.stop()
        code, said = await bot.command("audit", "verify")
        assert (code, said) == (0, "chain holds\n")


async def _live_and_copy(stage: Stage, bot: Bot, copy: Path) -> Path:
    """Let people pay; copy in the middle of it; end the service as by a failing machine."""
    await bot.start()
    await bot.is_ready()
    closing = asyncio.Event()
    people = [Impatient(stage.player(each), bank.numbers(each), closing) for each in PEOPLE]
    living = [asyncio.create_task(each.live()) for each in people]
    await asyncio.sleep(BUSY_S)
    code, said = await bot.command("backup", str(copy))
    assert code == 0, said
    await asyncio.sleep(BUSY_S)
    closing.set()
    await asyncio.gather(*living)
    await bot.kill()
    return copy


async def _found(stage: Stage) -> None:
    """Wait until every capture of an attempt that the restored books know is booked, once."""
    rows = rows_of_file(stage.path)
    stage.provider.nudge()
    known = {row[0] for row in rows(_KNOWN)}
    wanted = sorted(
        capture.id
        for one in stage.provider.checkouts()
        if one.terms.reference in known
        for capture in one.captures
    )
    assert wanted
    async with asyncio.timeout(FOUND_WITHIN_S):
        while sorted(row[0].rpartition(":")[2] for row in rows(_BOOKED)) != wanted:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.2)

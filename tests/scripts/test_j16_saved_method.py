"""J-16: a resident saves what he paid with, and pays the next bill with it by a press and his PIN.

The charge is played again with the service killed at every commit and effect: taken once, never
twice. `make check` takes every `STRIDE`th point; `make soak` (HAZINA_SOAK=1) takes all of them.
"""

import asyncio
import os
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.scripts import bank
from tests.scripts.crashes import NEVER, Crash, setter
from tests.scripts.ending import Ending, check_captures, check_told, ending, rows
from tests.scripts.playing import enter_pin, say, sees, tap
from tests.scripts.stage import raised
from tests.scripts.test_crash_stories import Play, reach

pytestmark = pytest.mark.sqlite

RESIDENT: Final = bank.RESIDENTS[0]
FIRST, SECOND = bank.numbers(RESIDENT)[:2]
SHARDS: Final = 2
STRIDE: Final = 1 if os.environ.get("HAZINA_SOAK") else 5
PATIENCE_S: Final = 120.0
RECEIPTS: Final = "SELECT number FROM receipt"
CHARGES: Final = "SELECT status FROM attempt WHERE method_id <> 0"


async def pay_by_link_and_save(play: Play) -> None:
    """Pay 5,000 on the provider's page, save the card, and agree to owe the next bill."""
    player = play.resident
    await say(player, f"/find {FIRST}", until=f"— {FIRST}")
    await tap(player, "Acknowledge & pay", until="How do you want to pay?")
    await tap(player, "Pay by link", until="A part is at least")
    await tap(player, "Full", until="You pay on the provider's own page.")
    await tap(player, "Pay 5,000.00", until="Open payment page")
    async with httpx.AsyncClient() as browser:
        await browser.post(player.url("Open payment page"), data={"act": "pay", "save": "yes"})
    await tap(player, "Save this method", until="✅ Saved: Visa ••••")
    await say(player, f"/find {SECOND}", until=f"— {SECOND}")
    await tap(player, "Acknowledge & pay", until="How do you want to pay?")
    await play.stage.quiet()


async def charge_it(play: Play) -> None:
    """Pay the 3,000 of the next bill with what was saved, unless that has begun."""
    player = play.resident
    if not await play.stage.look(lambda tx: rows(tx, CHARGES)):
        await say(player, f"/find {SECOND}", until=f"— {SECOND}")
        await tap(player, "Pay by link", until="A part is at least")
        await tap(player, "Full", until="is charged at once, without a page.")
        await tap(player, "Pay 3,000.00", until="Enter your PIN")
        await enter_pin(player, bank.PIN, until="3,000.00 NGN")
    async with asyncio.timeout(PATIENCE_S):
        while len(await play.stage.look(lambda tx: rows(tx, RECEIPTS))) < 2:
            await player.world.change(0.2)
            if sees(player, "Check now"):
                await player.press("Check now")


async def rest(play: Play) -> None:
    """Let everything come to its end."""
    await play.stage.quiet()


async def play_charge(folder: Path, after: int = NEVER) -> tuple[Ending, Crash, int]:
    """Play it with the service dying so many points after the saving; return how it ended."""
    async with raised(
        folder, is_running=False, people=bank.cast(), seed=bank.seed_with_keeper
    ) as stage:
        stage.world.board.set("telegram.limits", False)  # noqa: FBT003 - a switch
        for chat in stage.world.state.chats.values():
            chat.is_started = True
        play = Play(
            stage=stage, resident=stage.player(RESIDENT), manager=stage.player(bank.MANAGER)
        )
        crash = Crash(NEVER, tell=setter(play.died))
        await stage.start(crash)
        await pay_by_link_and_save(play)
        saved_at, crash.at = crash.points, crash.points + after
        await reach(play, charge_it)
        await reach(play, rest)
        await stage.check_books()
        await check_told(stage)
        await check_captures(stage)
        taken = [len(each.captures) for each in stage.provider.checkouts()]
        assert taken == [1, 1]
        assert await stage.look(lambda tx: rows(tx, CHARGES)) == [("settled",)]
        return await ending(stage), crash, saved_at


@pytest.mark.parametrize("shard", range(SHARDS))
async def test_a_saved_card_is_charged_once_wherever_the_service_dies(
    tmp_path: Path, shard: int
) -> None:
    expected, whole, saved_at = await play_charge(_new(tmp_path, "whole"))
    assert not whole.is_dead
    for after in range(1 + shard * STRIDE, whole.points - saved_at + 1, SHARDS * STRIDE):
        found, crash, _ = await play_charge(_new(tmp_path, str(after)), after)
        assert found == expected, f"killed {crash.where}, {after} points after the saving"


def _new(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name

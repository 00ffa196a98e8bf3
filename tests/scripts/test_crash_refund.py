"""A refund, with the service killed at every commit and effect: given back once, never twice.

A bill is paid by link first; from there on every point is one at which the service dies. The
manager presses again what he pressed last, or begins anew where nothing was kept. `make check`
takes every `STRIDE`th point; `make soak` (HAZINA_SOAK=1) takes all of them.
"""

import asyncio
import os
from pathlib import Path
from typing import Final

import httpx
import pytest

from bot.sandbox.provider_refund_records import Refund, RefundStatus
from bot.sandbox.provider_switches import REFUND
from tests.scripts import bank
from tests.scripts.crashes import NEVER, Crash, setter
from tests.scripts.ending import Ending, check_told, ending, rows
from tests.scripts.playing import enter_pin, say, sees, tap
from tests.scripts.stage import raised
from tests.scripts.test_crash_stories import Play, reach

pytestmark = pytest.mark.sqlite

RESIDENT: Final = bank.RESIDENTS[1]
BILL: Final = bank.numbers(RESIDENT)[0]
SHARDS: Final = 4
STRIDE: Final = 1 if os.environ.get("HAZINA_SOAK") else 9
PATIENCE_S: Final = 120.0
RECEIPTS: Final = "SELECT number FROM receipt"
REFUNDS: Final = (
    "SELECT destination, status, amount_minor, journal_id IS NOT NULL FROM refund"
    " WHERE status <> 'cancelled'"
)


async def pay_by_link(play: Play) -> None:
    """Pay 5,000 on the provider's page."""
    player = play.resident
    await say(player, f"/find {BILL}", until=f"— {BILL}")
    await tap(player, "Acknowledge & pay", until="How do you want to pay?")
    await tap(player, "Pay by link", until="A part is at least")
    await tap(player, "Full", until="By link")
    await tap(player, "Pay 5,000.00", until="Open payment page")
    async with httpx.AsyncClient() as browser:
        await browser.post(player.url("Open payment page"), data={"act": "pay"})
    async with asyncio.timeout(PATIENCE_S):
        while not await play.stage.look(lambda tx: rows(tx, RECEIPTS)):
            await player.world.change(0.2)
    await play.stage.quiet()


async def give_a_part_back(play: Play) -> None:
    """Refund 2,000 of it by the way it came, unless that has begun."""
    player = play.manager
    if await play.stage.look(lambda tx: rows(tx, REFUNDS)):
        await _wait_for_its_end(play)
        return
    number = await play.stage.look(lambda tx: rows(tx, RECEIPTS)[0][0])
    await say(player, f"/find {number}", until=number)
    await tap(player, "Refund", until="How much goes back?")
    await tap(player, "Part", until="Write the amount")
    await say(player, "2000", until="Where should it go?")
    await tap(player, "Back by", until="Why?")
    await say(player, "Paid too much", until="It is held")
    await tap(player, "Refund 2,000.00", until="Enter your PIN")
    await enter_pin(player, bank.PIN, until="Reference")
    await _wait_for_its_end(play)


async def _wait_for_its_end(play: Play) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not sees(play.resident, "Show refund") or not await _is_done(play):
            await play.resident.world.change(0.2)


async def _is_done(play: Play) -> bool:
    found = await play.stage.look(lambda tx: rows(tx, REFUNDS))
    return [each[1] for each in found] == ["completed"]


async def rest(play: Play) -> None:
    """Let everything come to its end."""
    await play.stage.quiet()


async def play_refund(folder: Path, after: int = NEVER) -> tuple[Ending, Crash, int]:
    """Play it with the service dying so many points after the payment; return how it ended."""
    async with raised(
        folder, is_running=False, people=bank.cast(), seed=bank.seed_with_keeper
    ) as stage:
        stage.world.board.set("telegram.limits", False)  # noqa: FBT003 - a switch
        stage.world.board.set(REFUND, "ok")
        for chat in stage.world.state.chats.values():
            chat.is_started = True
        play = Play(
            stage=stage, resident=stage.player(RESIDENT), manager=stage.player(bank.MANAGER)
        )
        crash = Crash(NEVER, tell=setter(play.died))
        await stage.start(crash)
        await pay_by_link(play)
        paid_at, crash.at = crash.points, crash.points + after
        await reach(play, give_a_part_back)
        await reach(play, rest)
        await stage.check_books()
        await check_told(stage)
        _check_provider(stage.provider.checkouts()[0].refunds)
        assert await stage.look(lambda tx: rows(tx, REFUNDS)) == [
            ("original", "completed", 200_000, 1)
        ]
        return await ending(stage), crash, paid_at


def _check_provider(refunds: tuple[Refund, ...]) -> None:
    found = [(each.amount_minor, each.status) for each in refunds]
    assert found == [(200_000, RefundStatus.DONE)]


@pytest.mark.parametrize("shard", range(SHARDS))
async def test_a_refund_ends_the_same_wherever_the_service_dies(tmp_path: Path, shard: int) -> None:
    expected, whole, paid_at = await play_refund(_new(tmp_path, "whole"))
    assert not whole.is_dead
    for after in range(1 + shard * STRIDE, whole.points - paid_at + 1, SHARDS * STRIDE):
        found, crash, _ = await play_refund(_new(tmp_path, str(after)), after)
        assert found == expected, f"killed {crash.where}, {after} points after the payment"


def _new(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name

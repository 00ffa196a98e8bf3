"""The main job, with the service killed at every commit and effect: nothing lost, nothing twice.

The story is played once to count its points. Then it is played again for each point: the service
dies there, a new one starts on the same file, and people do what people do: they press again, look
again, and go on from what they see. The end must be that of the run in which nothing died.

`make check` takes every `STRIDE`th point; `make soak` (HAZINA_SOAK=1) takes all of them.
"""

import asyncio
import contextlib
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
import pytest

from bot.sandbox.player import Player, draw
from tests.scripts import bank
from tests.scripts.crashes import NEVER, Crash, setter
from tests.scripts.ending import (
    REPEATED,
    Ending,
    check_arrivals,
    check_captures,
    check_told,
    ending,
)
from tests.scripts.playing import enter_pin, press_raw, say, sees, tap
from tests.scripts.stage import Stage, raised

pytestmark = pytest.mark.sqlite

RESIDENT: Final = bank.RESIDENTS[0]
BILL: Final = bank.number(1)
NEW_BILL: Final = bank.number(len(bank.RESIDENTS) * len(bank.BILLS_MINOR) + 1)
SHARDS: Final = 8
STRIDE: Final = 1 if os.environ.get("HAZINA_SOAK") else 6
MAX_LIVES: Final = 4
PATIENCE_S: Final = 120.0


@dataclass(slots=True)
class Play:
    """One run: the stage, its people, and whether the service has died."""

    stage: Stage
    resident: Player
    manager: Player
    died: asyncio.Event = field(default_factory=asyncio.Event)


Goal = Callable[[Play], Awaitable[None]]


async def pay_a_part_from_the_wallet(play: Play) -> None:
    """Acknowledge a bill and pay 2,000 of it with the PIN."""
    player = play.resident
    card = await say(player, f"/find {BILL}", until=f"— {BILL}")
    if "left to pay 3,000.00" in card or "✅ Paid" in card:
        return
    if sees(player, "Acknowledge & pay", since=_shown(player, f"— {BILL}") - 1):
        await tap(player, "Acknowledge & pay", until="How do you want to pay?")
    await tap(player, "Pay from wallet", until="A part is at least")
    await tap(player, "Part", until="How much do you want to pay now?")
    await say(player, "2000", until="From wallet")
    await tap(player, "Pay 2,000.00", until="Enter your PIN")
    await enter_pin(player, bank.PIN, until="New wallet balance: 8,000.00")


async def pay_the_rest_by_link(play: Play) -> None:
    """Pay the other 3,000 on the provider's page."""
    player = play.resident
    card = await say(player, f"/find {BILL}", until=f"— {BILL}")
    if "left to pay 3,000.00" not in card:
        return
    if "See the waiting payment" in card:
        await tap(player, "See the waiting payment", until="3,000.00 NGN")
    else:
        await tap(player, "Pay by link", until="A part is at least")
        await tap(player, "Full", until="By link")
        await tap(player, "Pay 3,000.00", until="3,000.00 NGN")
    async with asyncio.timeout(PATIENCE_S):
        while not sees(player, "Open payment page") and not _is_told(player):
            await player.world.change(0.2)
        if not _is_told(player):
            async with httpx.AsyncClient() as browser:
                await browser.post(player.url("Open payment page"), data={"act": "pay"})
        while not _is_told(player):
            await player.world.change(0.2)
            if not _is_told(player) and sees(player, "Check now"):
                with contextlib.suppress(AssertionError):
                    await player.press("Check now")


async def issue_a_bill(play: Play) -> None:
    """Bill the resident 1,000 for the gate."""
    player = play.manager
    card = await say(player, f"/find {NEW_BILL}")
    if NEW_BILL in card and "— BILL" in card:
        return
    await say(player, "/newbill C-8001", until="C-8001")
    await tap(player, "C-8001", until="What")
    await tap(player, "Repairs", until="title")
    await say(player, "Gate", until="How much")
    await say(player, "1000", until="In 7 days")
    await tap(player, "In 7 days", until="No note")
    await tap(player, "No note", until="Issue")
    await tap(player, "Issue", until=f"— {NEW_BILL}")


async def amend_the_bill(play: Play) -> None:
    """Lower it to 800."""
    player = play.manager
    card = await say(player, f"/find {NEW_BILL}", until=f"— {NEW_BILL}")
    if "800.00 NGN" in card:
        return
    await tap(player, "Amend", until="Write the new total")
    await say(player, "800", until="Why?")
    await say(player, "The smith asked for less", until="must acknowledge the new version")
    await tap(player, "Confirm new total", until="✅ Amended")


async def wait_until_all_is_quiet(play: Play) -> None:
    """Let everything come to its end."""
    await play.stage.quiet()


GOALS: Final[tuple[Goal, ...]] = (
    pay_a_part_from_the_wallet,
    pay_the_rest_by_link,
    issue_a_bill,
    amend_the_bill,
    wait_until_all_is_quiet,
)

TOLD: Final = (
    (bank.MANAGER, "Resident1 Mahali paid 2,000.00"),
    (bank.MANAGER, "Resident1 Mahali paid 3,000.00"),
    (RESIDENT, "A new bill for you"),
    (RESIDENT, "Your bill was changed"),
)
"""Notices: each was told, and once only unless it says that it is repeated."""


async def play_story(folder: Path, at: int = NEVER) -> tuple[Ending, Crash]:
    """Play the story with the service dying at a point; return how it ended."""
    async with raised(folder, is_running=False, people=bank.cast(), seed=bank.seed) as stage:
        stage.world.board.set("telegram.limits", False)  # noqa: FBT003 - a switch
        for chat in stage.world.state.chats.values():
            chat.is_started = True
        play = Play(
            stage=stage, resident=stage.player(RESIDENT), manager=stage.player(bank.MANAGER)
        )
        since = stage.world.state.queue.last_update_id
        crash = Crash(at, tell=setter(play.died))
        await stage.start(crash)
        for goal in GOALS:
            await reach(play, goal)
        await stage.check_books()
        await check_arrivals(stage, since)
        await check_told(stage)
        await check_captures(stage)
        _check_notices(stage)
        return await ending(stage), crash


async def reach(play: Play, goal: Goal) -> None:
    """Pursue a goal until it is reached, through the deaths of the service."""
    for _ in range(MAX_LIVES):
        await _rise(play)
        acting = asyncio.ensure_future(goal(play))
        dying = asyncio.ensure_future(play.died.wait())
        await asyncio.wait({acting, dying}, return_when=asyncio.FIRST_COMPLETED)
        if not play.died.is_set():
            dying.cancel()
            return await acting
        acting.cancel()
        await asyncio.gather(acting, return_exceptions=True)
    raise AssertionError("it died more often than it was killed")


async def _rise(play: Play) -> None:
    """Start a new service where the old one died; people press again what they pressed last."""
    if not play.died.is_set():
        return
    await play.stage.kill()
    play.died.clear()
    await play.stage.start()
    for player in (play.resident, play.manager):
        _press_again(player)
    await play.stage.quiet()


def _press_again(player: Player) -> None:
    """Press the button that was pressed last, but for a digit of a PIN."""
    world = player.world
    mine = [each for each in world.state.queries.values() if each.person_id == player.person.id]
    if not mine or mine[-1].data.rpartition(":")[2].isdecimal():
        return
    message = world.state.chats[player.person.id].messages.get(mine[-1].message_id)
    if message is not None:
        press_raw(world, player.person.id, message, mine[-1].data)


def _check_notices(stage: Stage) -> None:
    for chat_id, words in TOLD:
        shown = [draw(each) for each in stage.player(chat_id).messages()]
        found = Counter(REPEATED in text for text in shown if words in text.replace("\u00a0", " "))
        assert found[False] <= 1, f"{words!r} was told {found[False]} times"
        assert found.total(), f"{words!r} was never told"


def _shown(player: Player, text: str) -> int:
    return max(each.revision for each in player.messages() if text in draw(each))


def _is_told(player: Player) -> bool:
    texts = [draw(each).replace("\u00a0", " ") for each in player.messages()]
    return any("✅ Paid 3,000.00" in text and "New wallet balance" in text for text in texts)


@pytest.mark.parametrize("shard", range(SHARDS))
async def test_the_story_ends_the_same_wherever_the_service_dies(
    tmp_path: Path, shard: int
) -> None:
    expected, whole = await play_story(_new(tmp_path, "whole"))
    assert not whole.is_dead
    reached = 0
    for at in range(1 + shard * STRIDE, whole.points + 1, SHARDS * STRIDE):
        found, crash = await play_story(_new(tmp_path, str(at)), at)
        assert found == expected, f"killed {crash.where}, point {at} of {whole.points}"
        reached += crash.is_dead
    assert reached


def _new(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name

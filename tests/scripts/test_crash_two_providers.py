"""A bill paid at two providers, with the service killed at every commit and effect.

A card is refused at Paystack, Stripe takes the money, and then the page that was left open at
Paystack takes it, too. Wherever the service dies: each of the two is credited once, the bill is
paid once, and the rest is in the payer's wallet. `make check` takes every `STRIDE`th point;
`make soak` (HAZINA_SOAK=1) takes all of them.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from bot.sandbox import acts
from bot.sandbox import provider_switches as switches
from bot.sandbox.player import Player, draw
from bot.sandbox.provider_records import Checkout, CheckoutStatus
from tests.scripts import bank
from tests.scripts.crashes import NEVER, Crash, setter
from tests.scripts.ending import check_arrivals, check_takings, check_told, ending, rows
from tests.scripts.playing import say, sees, tap
from tests.scripts.stage import raised
from tests.scripts.test_crash_stories import Play, reach

pytestmark = pytest.mark.sqlite

BOTH: Final = "paystack,stripe"
RESIDENT: Final = bank.RESIDENTS[0]
BILL: Final = bank.number(1)
SHARDS: Final = 2
STRIDE: Final = 1 if os.environ.get("HAZINA_SOAK") else 24
PATIENCE_S: Final = 120.0
BREATH_S: Final = 0.2
RECEIPTS: Final = "SELECT number FROM receipt"
LATE_FEES: Final = "SELECT id FROM journal WHERE kind = 'provider_fee'"


async def be_refused_at_paystack(play: Play) -> None:
    """Ask for Paystack's page and have a card refused there."""
    player = play.resident
    await _ask(player)
    async with _patience(player):
        while not _refused(play):
            if page := _page(play, "paystack"):
                await _press_there(player, "expired_card", page)
            else:
                await _go_on(player, "Try again by Paystack")
        while not sees(player, "Try again by Stripe"):
            await _come_back(_refused(play)[0].terms.return_url)
            await _go_on(player)


async def pay_at_stripe(play: Play) -> None:
    """Try again by Stripe, and pay."""
    player = play.resident
    async with _patience(player):
        while not await _has_receipts(play, 1):
            if page := _page(play, "stripe"):
                await _press_there(player, "pay", page)
            await _go_on(player, "Try again by Stripe")


async def pay_on_the_page_left_open(play: Play) -> None:
    """Pay with another card where the first one was refused."""
    async with _patience(play.resident):
        while not await _has_receipts(play, 2):
            if refused := _refused(play):
                await _press_there(play.resident, "pay", refused[0])
            await play.resident.world.change(BREATH_S)


async def rest(play: Play) -> None:
    """Let everything come to its end; Stripe's fee comes a moment after its money."""
    async with _patience(play.resident):
        while not await play.stage.look(lambda tx: rows(tx, LATE_FEES)):
            await play.resident.world.change(BREATH_S)
    await play.stage.quiet()


GOALS: Final = (be_refused_at_paystack, pay_at_stripe, pay_on_the_page_left_open, rest)


async def play_both(folder: Path, at: int = NEVER) -> tuple[list[Any], Crash]:
    """Play it with the service dying at a point; return what stands in the end."""
    async with raised(folder, is_running=False, people=bank.cast(), seed=bank.seed) as stage:
        stage.world.board.set("telegram.limits", False)  # noqa: FBT003 - a switch
        stage.world.board.set(switches.PLAYS, BOTH)
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
        await check_takings(stage)
        assert _told(play.resident, "taken once more by Paystack")
        found = await ending(stage)
        return [found.accounts, found.bills, found.journals], crash


async def _ask(player: Player) -> None:
    card = await say(player, f"/find {BILL}", until=f"— {BILL}")
    if "See the waiting payment" in card:
        await tap(player, "See the waiting payment", until="Reference")
        return
    if "Acknowledge & pay" in card:
        await tap(player, "Acknowledge & pay", until="How do you want to pay?")
    await tap(player, "Pay by link", until="A part is at least")
    await tap(player, "Full", until="By link")
    await tap(player, "Pay 5,000.00 NGN by Paystack", until="Reference")


async def _go_on(player: Player, label: str = "") -> None:
    """Press a button where it is offered, else let the provider be asked; then wait a little."""
    is_offered = bool(label) and sees(player, label)
    if is_offered or sees(player, "Check now"):
        with contextlib.suppress(AssertionError):
            await player.press(label if is_offered else "Check now")
    # A provider may be asked six times a minute.
    for _ in range(1 if is_offered else 8):
        await player.world.change(BREATH_S)


@asynccontextmanager
async def _patience(player: Player) -> AsyncIterator[None]:
    """Wait no longer than people do; say what they saw."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield
    except TimeoutError:
        shown = "\n---\n".join(draw(each) for each in player.messages()[-3:])
        raise AssertionError(f"nothing came of it:\n{shown}") from None


def _pages(play: Play, provider: str) -> list[Checkout]:
    return [each for each in play.stage.provider.checkouts() if each.terms.tongue == provider]


def _refused(play: Play) -> list[Checkout]:
    return [each for each in _pages(play, "paystack") if each.status is CheckoutStatus.DECLINED]


def _page(play: Play, provider: str) -> Checkout | None:
    """Return the provider's page that the payer has a button for."""
    keys = (acts.find_key(each, "Open payment page") for each in play.resident.messages())
    shown = {key.value.rpartition("/")[2] for key in keys if key is not None}
    return next((each for each in _pages(play, provider) if each.id in shown), None)


async def _press_there(player: Player, act: str, page: Checkout) -> None:
    """Press a button of the page."""
    link = f"{player.world.own_base}/sandbox/provider/pay/{page.id}"
    async with httpx.AsyncClient() as browser:
        await browser.post(link, data={"act": act})


async def _come_back(way_back: str) -> None:
    """Come back from the page; where the service is dead, nobody is told."""
    with contextlib.suppress(httpx.TransportError):
        async with httpx.AsyncClient() as browser:
            await browser.get(way_back)


async def _has_receipts(play: Play, least: int) -> bool:
    return len(await play.stage.look(lambda tx: rows(tx, RECEIPTS))) >= least


def _told(player: Player, words: str) -> bool:
    return any(words in draw(each).replace("\u00a0", " ") for each in player.messages())


@pytest.mark.parametrize("shard", range(SHARDS))
async def test_both_providers_are_credited_once_wherever_the_service_dies(
    tmp_path: Path, shard: int
) -> None:
    expected, whole = await play_both(_new(tmp_path, "whole"))
    assert not whole.is_dead
    for at in range(1 + shard * STRIDE, whole.points + 1, SHARDS * STRIDE):
        found, crash = await play_both(_new(tmp_path, str(at)), at)
        assert found == expected, f"killed {crash.where}, point {at} of {whole.points}"


def _new(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name

"""Money that fits no payment goes back through the real adapters, or waits at the desk again."""

from functools import partial
from pathlib import Path
from typing import Final

import pytest

from bot.sandbox import estate
from bot.sandbox import provider_switches as switches
from bot.sandbox.places import LAGOS, PLACES, place_for
from bot.sandbox.player import Player
from bot.sandbox.provider_refund_records import RefundStatus
from bot.sandbox.standins import CURRENCIES
from tests.scripts.counting import purse
from tests.scripts.playing import enter_pin, newest, pay_page, plain, say, set_pin, tap
from tests.scripts.scenes import acknowledge, ask_link, number_of
from tests.scripts.stage import Stage, raised

PIN: Final = "2580"
SEEDS: Final = {key: partial(estate.seed, place=place) for key, place in PLACES.items()}


async def keep_apart(stage: Stage, name: str) -> Player:
    """Let Ibrahim's money arrive in another currency; return Chidi, who keeps the books."""
    chidi, ibrahim = stage.player(estate.CHIDI), stage.player(estate.IBRAHIM)
    stage.world.board.set(switches.PLAYS, name)
    await stage.start()
    await chidi.start()
    await set_pin(chidi, PIN)
    await acknowledge(ibrahim, await number_of(stage, 3))
    stage.world.board.turn_on(switches.CURRENCY)
    await pay_page(stage, await ask_link(ibrahim))
    await newest(chidi, "Unmatched money")
    await newest(ibrahim, "not credited")
    return chidi


async def send_back(chidi: Player) -> None:
    """Send all of it back from the desk."""
    await say(chidi, "/desk", until="Desk of")
    await tap(chidi, "Unmatched money", until="fits no payment")
    await tap(chidi, "Refund", until="How much goes back?")
    await tap(chidi, "All of it", until="Why?")
    await say(chidi, "Wrong currency", until="It is set aside at once")
    await tap(chidi, "Refund", until="Enter your PIN")
    await enter_pin(chidi, PIN, until="Reference")


@pytest.mark.parametrize("name", ["sandbox", "paystack", "flutterwave", "stripe", "paypal"])
async def test_a_kept_capture_goes_back_once(tmp_path: Path, name: str) -> None:
    place = place_for(CURRENCIES.get(name, LAGOS.currency))
    async with raised(tmp_path, is_running=False, seed=SEEDS[place.key]) as stage:
        chidi = await keep_apart(stage, name)
        before = await purse(stage)
        assert before.unmatched == before.taken
        await send_back(chidi)
        told = plain(await newest(stage.player(estate.IBRAHIM), "went back by the way it came"))
        assert "Refund by Palm Court Estate for unmatched money" in told
        await newest(chidi, "went back by the way it came")
        assert (await purse(stage)).unmatched == 0
        (checkout,) = stage.provider.checkouts()
        assert [each.status for each in checkout.refunds] == [RefundStatus.DONE]
        assert [each.amount_minor for each in checkout.refunds] == [before.taken]
        assert "Unmatched money: none." in await say(chidi, "/desk", until="Desk of")
        await stage.check_books()


async def test_what_its_provider_refuses_waits_at_the_desk_again(tmp_path: Path) -> None:
    async with raised(tmp_path, is_running=False, seed=SEEDS[LAGOS.key]) as stage:
        chidi = await keep_apart(stage, "sandbox")
        stage.world.board.set(switches.REFUND, "fail")
        await send_back(chidi)
        await newest(chidi, "could not be sent back; it waits as unmatched money")
        assert (await purse(stage)).unmatched == 500_000
        stage.world.board.set(switches.REFUND, "ok")
        await send_back(chidi)
        await newest(chidi, "went back by the way it came")
        assert (await purse(stage)).unmatched == 0
        await stage.check_books()

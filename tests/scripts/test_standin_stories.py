"""Whatever provider the sandbox plays, a bill is paid through its real adapter, once."""

from functools import partial
from pathlib import Path
from typing import Final

import pytest

from bot.sandbox import estate
from bot.sandbox import provider_switches as switches
from bot.sandbox.places import LAGOS, PLACES, Place, place_for
from bot.sandbox.standins import CURRENCIES, STANDINS
from tests.scripts.counting import purse
from tests.scripts.playing import PROOF, come_back, newest, pay_page, plain
from tests.scripts.scenes import acknowledge, ask_link, number_of
from tests.scripts.stage import Stage, raised

SEEDS: Final = {key: partial(estate.seed, place=place) for key, place in PLACES.items()}
played = pytest.mark.parametrize("name", [each for each in STANDINS if each != "mpesa"])


def place_of(name: str) -> Place:
    """Return where the estate stands that a provider is played for."""
    return place_for(CURRENCIES.get(name, LAGOS.currency))


async def ask(stage: Stage, name: str) -> str:
    """Play a provider, start the bot and let Ibrahim ask for its page."""
    stage.world.board.set(switches.PLAYS, name)
    await stage.start()
    ibrahim = stage.player(estate.IBRAHIM)
    await acknowledge(ibrahim, await number_of(stage, 3))
    return await ask_link(ibrahim)


@played
async def test_a_bill_is_paid_once_however_often_it_is_told(tmp_path: Path, name: str) -> None:
    async with raised(tmp_path, is_running=False, seed=SEEDS[place_of(name).key]) as stage:
        stage.world.board.set(switches.HOOK_COPIES, 3)
        link = await ask(stage, name)
        said = await come_back(stage, await pay_page(stage, link))
        assert "Paid" in said or "Checking your payment" in said
        receipt = await newest(stage.player(estate.IBRAHIM), PROOF)
        assert STANDINS[name].title in plain(receipt)
        assert (await purse(stage)).taken == place_of(name).minor(500_000)
        await stage.check_books()


@played
async def test_what_was_begun_is_ended_though_another_is_played_now(
    tmp_path: Path, name: str
) -> None:
    async with raised(tmp_path, is_running=False, seed=SEEDS[place_of(name).key]) as stage:
        link = await ask(stage, name)
        await stage.stop()
        stage.world.board.set(switches.PLAYS, "sandbox")
        await stage.start()
        await pay_page(stage, link)
        await newest(stage.player(estate.IBRAHIM), "Receipt RCPT-")
        assert (await purse(stage)).taken == place_of(name).minor(500_000)
        await stage.check_books()


async def test_money_that_is_held_is_told_to_its_payer_and_to_who_can_let_it_go(
    tmp_path: Path,
) -> None:
    async with raised(tmp_path, is_running=False, seed=SEEDS[place_of("paypal").key]) as stage:
        chidi, ibrahim = stage.player(estate.CHIDI), stage.player(estate.IBRAHIM)
        stage.world.board.set(switches.PLAYS, "paypal")
        await stage.start()
        await chidi.start()
        await acknowledge(ibrahim, await number_of(stage, 3))
        link = await ask_link(ibrahim)
        await pay_page(stage, link, "hold")
        to_payer = plain(await newest(ibrahim, "PayPal holds your 25.00 USD"))
        to_staff = plain(await newest(chidi, "PayPal holds 25.00 USD that Ibrahim Musa paid"))
        assert "Palm Court Estate was told. Do not pay again" in to_payer
        assert "Accept it at PayPal; until then it does not count." in to_staff
        assert (await purse(stage)).taken == 0
        await pay_page(stage, link, "accept")
        await newest(ibrahim, "Receipt RCPT-")
        assert (await purse(stage)).taken == 2_500
        await stage.check_books()

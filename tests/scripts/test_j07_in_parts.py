"""J-07: a bill is paid in parts, from the wallet and by link; the parts never exceed the rest."""

from pathlib import Path

import pytest

from bot.sandbox import estate
from tests.scripts.counting import Purse, dump, purse
from tests.scripts.playing import later, newest, pay_page, plain, say, set_pin, sweep, tap, tap_on
from tests.scripts.scenes import acknowledge, amend, ask_link, number_of, open_bill, pay_from_wallet
from tests.scripts.stage import raised

LINK_FEE = 4_500
"""1.5 % of 3,000.00 NGN in kobo."""


async def test_a_part_from_the_wallet_then_the_rest_by_link(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        number = await number_of(stage, 1)
        adaeze, bola = stage.player(estate.ADAEZE), stage.player(estate.BOLA)
        await bola.start()
        await acknowledge(adaeze, number)
        first = await pay_from_wallet(adaeze, part="2000")
        assert "Left to pay: 3,000.00 NGN" in first
        assert "Left to pay: 3,000.00 NGN" in plain(await newest(bola, "paid 2,000.00"))
        card = await open_bill(adaeze, number)
        assert f"Partly paid — {number}" in card
        assert "Paid 2,000.00 NGN · left to pay 3,000.00 NGN" in card
        link = await ask_link(adaeze)
        await pay_page(stage, link)
        await newest(adaeze, "RCPT-")
        await stage.settle()
        assert f"Paid — {number}" in await open_bill(adaeze, number)
        story = await tap(adaeze, "More", until="what happened")
        assert story.count("paid · RCPT") == 2
        assert await purse(stage) == Purse(
            adaeze=1_800_000, estate=500_000 - LINK_FEE, fees=LINK_FEE, taken=300_000
        )
        await stage.check_books()


async def test_below_the_minimum_and_above_the_rest_are_asked_again(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        adaeze = stage.player(estate.ADAEZE)
        await acknowledge(adaeze, await number_of(stage, 1))
        await tap(adaeze, "Pay from wallet", "Part", until="How much do you want to pay now?")
        before = await dump(stage)
        below = await say(adaeze, "499.99", until="at least 500.00 NGN")
        assert "No money moved" in below
        above = await say(adaeze, "5000.01", until="at most 5,000.00 NGN")
        assert "No money moved" in above
        assert await dump(stage) == before
        await say(adaeze, "500", until="Left to pay afterwards: 4,500.00 NGN")
        await tap(adaeze, "Pay 500.00", until="New wallet balance: 19,500.00 NGN")
        assert await purse(stage) == Purse(adaeze=1_950_000, estate=50_000)
        await stage.check_books()


async def test_two_parts_at_once_never_exceed_the_rest(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        number = await number_of(stage, 1)
        adaeze = stage.player(estate.ADAEZE)
        await acknowledge(adaeze, number)
        await tap(adaeze, "Pay from wallet", "Part", until="How much")
        await say(adaeze, "3000", until="Left to pay afterwards: 2,000.00 NGN")
        first = await newest(adaeze, "Left to pay afterwards: 2,000.00 NGN")
        await open_bill(adaeze, number)
        await tap(adaeze, "Pay from wallet", "Part", until="How much")
        await say(adaeze, "3000", until="Left to pay afterwards: 2,000.00 NGN")
        second = await newest(adaeze, "Left to pay afterwards: 2,000.00 NGN")
        await tap_on(adaeze, first, "Pay 3,000.00", until="New wallet balance: 17,000.00 NGN")
        refused = await tap_on(adaeze, second, "Pay 3,000.00", until="2,000.00 NGN may be paid now")
        assert "No money moved" in refused
        assert "[Full 2,000.00 NGN]" in refused
        assert await purse(stage) == Purse(adaeze=1_700_000, estate=300_000)
        await stage.check_books()


async def test_a_waiting_link_keeps_its_part_of_the_bill(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        number = await number_of(stage, 1)
        adaeze = stage.player(estate.ADAEZE)
        await acknowledge(adaeze, number)
        ways = await newest(adaeze, "How do you want to pay?")
        link = await ask_link(adaeze, part="3000")
        since = stage.world.state.revision
        await tap_on(adaeze, ways, "Pay from wallet")
        choice = plain(await newest(adaeze, "2,000.00 NGN may be paid now", since=since))
        assert "[Full 2,000.00 NGN]" in choice
        await tap(adaeze, "Full", "Pay 2,000.00", until="New wallet balance: 18,000.00 NGN")
        await pay_page(stage, link)
        await newest(adaeze, "For: ")
        await stage.settle()
        assert f"Paid — {number}" in await open_bill(adaeze, number)
        assert await purse(stage) == Purse(
            adaeze=1_800_000, estate=500_000 - LINK_FEE, fees=LINK_FEE, taken=300_000
        )
        await stage.check_books()


async def test_more_than_the_rest_by_link_stays_with_the_payer(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        number = await number_of(stage, 1)
        adaeze, bola = stage.player(estate.ADAEZE), stage.player(estate.BOLA)
        await acknowledge(adaeze, number)
        link = await ask_link(adaeze, part="3000")
        await amend(bola, number, "1000", "Meter read again")
        await pay_page(stage, link)
        told = plain(await newest(adaeze, "in your wallet: nothing is lost"))
        assert "needs your OK" in told or "Needs your OK" in told
        found = await purse(stage)
        assert found.adaeze == 2_300_000 - LINK_FEE
        assert (found.estate, found.owed) == (0, 0)
        await acknowledge(adaeze, number)
        await pay_from_wallet(adaeze)
        assert (await purse(stage)).adaeze == 2_200_000 - LINK_FEE
        await stage.check_books()


@pytest.mark.parametrize("serial", [1])
async def test_amending_below_what_was_paid_gives_the_difference_back(
    tmp_path: Path, serial: int
) -> None:
    async with raised(tmp_path) as stage:
        number = await number_of(stage, serial)
        adaeze, bola = stage.player(estate.ADAEZE), stage.player(estate.BOLA)
        await acknowledge(adaeze, number)
        await pay_from_wallet(adaeze, part="2000")
        await set_pin(bola, "4826")
        await amend(bola, number, "1500", "Meter read again", pin="4826")
        told = plain(await newest(adaeze, "went back to your wallet"))
        assert "500.00 NGN went back" in told
        assert await purse(stage) == Purse(adaeze=1_850_000, estate=150_000)
        assert f"Paid — {number}" in await open_bill(adaeze, number)
        await later(stage, minutes=61)
        await sweep(stage, "reconcile")
        await stage.check_books()

"""A wallet is topped up, frozen and guarded by a PIN; every step can be left or go wrong."""

from pathlib import Path

import pytest

from bot.sandbox import estate
from bot.sandbox.player import draw
from tests.clear import is_in_clear
from tests.scripts.counting import Purse, dump, purse
from tests.scripts.playing import (
    enter_pin,
    later,
    newest,
    pay_page,
    plain,
    say,
    set_pin,
    steal,
    tap,
    tap_on,
    tap_twice,
    toast,
)
from tests.scripts.scenes import acknowledge, number_of, open_bill, pay_from_wallet
from tests.scripts.stage import raised

FEE = 1_500
"""1.5 % of 1,000.00 NGN in kobo: whoever tops up bears it."""


async def test_a_wallet_is_topped_up_by_link_and_pays_a_bill(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        ibrahim = stage.player(estate.IBRAHIM)
        await say(ibrahim, "/wallet", until="Available 0.00 NGN")
        await tap(ibrahim, "Top up", until="Top up your wallet")
        shown = await say(ibrahim, "6k", until="Top up 6,000.00 NGN")
        assert "The provider's fee is taken from what you pay" in shown
        await tap(ibrahim, "Pay 6,000.00 NGN by Sandbox Pay", until="Open payment page")
        assert "For your wallet" in ibrahim.screen()
        await pay_page(stage, ibrahim.url("Open payment page"))
        receipt = plain(await newest(ibrahim, "✅ Topped up 6,000.00 NGN"))
        assert "New wallet balance: 5,910.00 NGN" in receipt
        await acknowledge(ibrahim, await number_of(stage, 3))
        await pay_from_wallet(ibrahim)
        found = await purse(stage)
        assert found == Purse(ibrahim=91_000, estate=500_000, fees=9_000, taken=600_000)
        history = await say(ibrahim, "/history", until="Wallet history")
        assert "+6,000.00 NGN · top-up" in history
        assert "−5,000.00 NGN" in history
        await stage.check_books()


async def test_two_taps_on_a_chip_top_up_once(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        ibrahim = stage.player(estate.IBRAHIM)
        await say(ibrahim, "/topup", until="Top up your wallet")
        await tap_twice(ibrahim, "Top up 1,000.00", until="Open payment page")
        await stage.settle()
        assert len(stage.provider.checkouts()) == 1
        await pay_page(stage, ibrahim.url("Open payment page"))
        await newest(ibrahim, "✅ Topped up 1,000.00 NGN")
        found = await purse(stage)
        assert found == Purse(ibrahim=100_000 - FEE, fees=FEE, taken=100_000)
        await stage.check_books()


async def test_a_frozen_wallet_lets_money_in_and_none_out(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        adaeze, ibrahim = stage.player(estate.ADAEZE), stage.player(estate.IBRAHIM)
        await set_pin(adaeze, "4826")
        await acknowledge(adaeze, await number_of(stage, 1))
        await tap(adaeze, "Pay from wallet", "Full", until="From wallet")
        confirm = await newest(adaeze, "From wallet")
        await say(adaeze, "/freeze", until="Your wallet")
        await tap_twice(adaeze, "Freeze now", until="Frozen. No money can leave")
        before = await dump(stage)
        await tap_on(adaeze, confirm, "Pay 5,000.00", until="Enter your PIN")
        refused = await enter_pin(adaeze, "4826", until="is frozen")
        assert "Nothing was taken" in refused
        assert "frozen" in await say(adaeze, "/menu", until="Palm Court Estate")
        assert await dump(stage) == before
        await say(adaeze, "/topup", until="Top up your wallet")
        await tap(adaeze, "Top up 1,000.00", until="Open payment page")
        await pay_page(stage, adaeze.url("Open payment page"))
        await newest(adaeze, "✅ Topped up 1,000.00 NGN")
        await say(adaeze, "/freeze", until="[Unfreeze]")
        card = await newest(adaeze, "[Unfreeze]")
        assert "not for you" in await steal(ibrahim, card, "Unfreeze")
        await tap_on(adaeze, card, "Unfreeze", until="lets money leave your wallet again")
        await enter_pin(adaeze, "4826", until="active again")
        await open_bill(adaeze, await number_of(stage, 1))
        await pay_from_wallet(adaeze, pin="4826")
        assert (await purse(stage)).adaeze == 2_000_000 + 100_000 - FEE - 500_000
        await stage.check_books()


async def test_a_pin_is_chosen_with_care_and_changed_with_the_old_one(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        adaeze = stage.player(estate.ADAEZE)
        await say(adaeze, "/settings", until="PIN: none yet")
        await tap(adaeze, "Set a PIN", until="Choose a PIN")
        await enter_pin(adaeze, "1234", until="Too easy to guess")
        await enter_pin(adaeze, "48260", until="once more")
        await enter_pin(adaeze, "48261", until="two entries differ")
        await tap(adaeze, "Cancel", until="Your PIN was not changed")
        await set_pin(adaeze, "48260")
        await say(adaeze, "/pin", until="PIN: set")
        await tap(adaeze, "Change PIN", until="Your present PIN")
        await enter_pin(adaeze, "9999", until="4 tries left")
        await enter_pin(adaeze, "48260", until="Choose a PIN")
        await enter_pin(adaeze, "735194", until="once more")
        await enter_pin(adaeze, "735194", until="new PIN is set")
        assert "PIN" in plain(await newest(adaeze, "If it was not you"))
        await acknowledge(adaeze, await number_of(stage, 1))
        await tap(adaeze, "Pay from wallet", "Full", "Pay 5,000.00", until="Enter your PIN")
        await enter_pin(adaeze, "48260", until="4 tries left")
        await enter_pin(adaeze, "735194", until="New wallet balance")
        assert await purse(stage) == Purse(adaeze=1_500_000, estate=500_000)
        await stage.check_books()


async def test_a_pad_closes_after_two_minutes_and_nothing_is_paid(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        adaeze = stage.player(estate.ADAEZE)
        await set_pin(adaeze, "4826")
        await acknowledge(adaeze, await number_of(stage, 1))
        await tap(adaeze, "Pay from wallet", "Full", "Pay 5,000.00", until="Enter your PIN")
        await later(stage, minutes=3)
        closed = await tap(adaeze, "OK", until="two minutes are over")
        assert "No money moved" in closed
        assert await purse(stage) == Purse()
        await tap(adaeze, "Try again", until="Enter your PIN")
        await enter_pin(adaeze, "4826", until="New wallet balance")
        assert await purse(stage) == Purse(adaeze=1_500_000, estate=500_000)
        await stage.check_books()


async def test_digits_that_are_no_pin_are_deleted_too(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        adaeze = stage.player(estate.ADAEZE)
        await set_pin(adaeze, "4826")
        await acknowledge(adaeze, await number_of(stage, 1))
        await tap(adaeze, "Pay from wallet", "Full", "Pay 5,000.00", until="Enter your PIN")
        typed = [adaeze.whisper(text) for text in ("12", "48a26", "1234567890")]
        await newest(adaeze, "four to six digits")
        await stage.settle()
        chat = stage.world.state.chats[estate.ADAEZE]
        assert not any(one.id in chat.messages for one in typed)
        short = await toast(adaeze, "OK")
        assert "four to six digits" in short
        assert await purse(stage) == Purse()
        await stage.check_books()


@pytest.mark.sqlite
async def test_no_digit_of_a_pin_is_kept_in_the_clear(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        adaeze = stage.player(estate.ADAEZE)
        await set_pin(adaeze, "735194")
        await acknowledge(adaeze, await number_of(stage, 1))
        await tap(adaeze, "Pay from wallet", "Full", "Pay 5,000.00", until="Enter your PIN")
        adaeze.whisper("735194")
        await newest(adaeze, "New wallet balance")
        await stage.check_books()
        files = [one.read_bytes() for one in stage.folder.glob("sandbox.db*")]
        assert files
        assert not any(is_in_clear("735194", content) for content in files)
        assert not any("735194" in draw(one) for one in adaeze.messages())

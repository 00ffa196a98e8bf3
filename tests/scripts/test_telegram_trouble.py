"""Telegram misbehaves while people pay: nothing is lost, nothing is doubled, nobody is misled."""

from pathlib import Path

import pytest

from bot.sandbox import estate
from bot.sandbox.player import Player, draw
from storage.doctor import examine
from storage.transaction import SqlTransaction
from tests.scripts.counting import Purse, purse
from tests.scripts.playing import newest, pay_page, plain, press_raw, say, set_pin, tap
from tests.scripts.scenes import acknowledge, ask_link, number_of, open_bill, pay_from_wallet
from tests.scripts.stage import Stage, raised

PAID = Purse(adaeze=1_500_000, estate=500_000)


def receipts(player: Player) -> list[str]:
    """Return every receipt that a person was sent."""
    return [plain(one) for one in player.messages() if "New wallet balance" in draw(one)]


async def confirm_card(stage: Stage) -> Player:
    """Bring Adaeze to the confirm card of her first bill."""
    adaeze = stage.player(estate.ADAEZE)
    await acknowledge(adaeze, await number_of(stage, 1))
    await tap(adaeze, "Pay from wallet", "Full", until="From wallet")
    return adaeze


@pytest.mark.parametrize("kind", ["error", "drop"])
async def test_an_outage_delays_the_receipt_and_loses_nothing(tmp_path: Path, kind: str) -> None:
    async with raised(tmp_path) as stage:
        adaeze = await confirm_card(stage)
        message, key = adaeze.find("Pay 5,000.00")
        press_raw(stage.world, estate.ADAEZE, message, key.value)
        stage.world.board.set("telegram.outage", kind)
        press_raw(stage.world, estate.ADAEZE, message, key.value)
        stage.world.board.set("telegram.outage", "none")
        await newest(adaeze, "New wallet balance: 15,000.00 NGN")
        await stage.quiet()
        assert len([one for one in receipts(adaeze) if "(repeated)" not in one]) == 1
        assert await purse(stage) == PAID
        await stage.check_books()


async def test_what_happened_in_an_outage_is_told_afterwards(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        ibrahim = stage.player(estate.IBRAHIM)
        await acknowledge(ibrahim, await number_of(stage, 3))
        link = await ask_link(ibrahim)
        stage.world.board.set("telegram.outage", "error")
        await pay_page(stage, link)
        while await of_estate(stage) == 0:
            await stage.world.change(0.05)
        stage.world.board.set("telegram.outage", "none")
        await newest(ibrahim, "RCPT-")
        await newest(ibrahim, "New wallet balance")
        assert (await purse(stage)).estate == 492_500
        await stage.check_books()


async def test_a_receipt_whose_arrival_nobody_knows_is_sent_once_more_and_says_so(
    tmp_path: Path,
) -> None:
    async with raised(tmp_path) as stage:
        stage.world.hang_s = 0.05
        adaeze = await confirm_card(stage)
        stage.world.board.set("telegram.hang", "always")
        await tap(adaeze, "Pay 5,000.00", until="New wallet balance")
        await newest(adaeze, "(repeated)")
        stage.world.board.set("telegram.hang", "never")
        await stage.quiet()
        first, second = receipts(adaeze)
        assert "(repeated)" not in first
        assert "(repeated)" in second
        assert "15,000.00 NGN" in await say(adaeze, "/wallet", until="Your wallet")
        assert await purse(stage) == PAID
        (left,) = await stage.look(examine)
        assert "message" in left


async def test_too_many_requests_only_slow_it_down(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        adaeze = await confirm_card(stage)
        stage.world.board.set("telegram.flood_s", 1)
        message, key = adaeze.find("Pay 5,000.00")
        press_raw(stage.world, estate.ADAEZE, message, key.value)
        while await of_estate(stage) == 0:
            await stage.world.change(0.05)
        stage.world.board.set("telegram.flood_s", 0)
        await newest(adaeze, "New wallet balance: 15,000.00 NGN")
        await stage.quiet()
        assert len(receipts(adaeze)) == 1
        assert await purse(stage) == PAID
        await stage.check_books()


async def test_updates_that_come_twice_count_once(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        stage.world.board.turn_on("telegram.duplicate")
        adaeze = stage.player(estate.ADAEZE)
        await set_pin(adaeze, "4826")
        await acknowledge(adaeze, await number_of(stage, 1))
        await pay_from_wallet(adaeze, part="2000", pin="4826")
        await stage.settle()
        assert len(receipts(adaeze)) == 1
        assert await purse(stage) == Purse(adaeze=1_800_000, estate=200_000)
        await stage.check_books()


async def test_updates_that_swap_places_pay_at_most_once(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        adaeze = await confirm_card(stage)
        message, pay = adaeze.find("Pay 5,000.00")
        _, cancel = adaeze.find("Cancel")
        stage.world.board.turn_on("telegram.reorder")
        press_raw(stage.world, estate.ADAEZE, message, pay.value)
        press_raw(stage.world, estate.ADAEZE, message, cancel.value)
        stage.world.board.turn_off("telegram.reorder")
        await newest(adaeze, "Cancelled. Nothing was paid")
        await stage.quiet()
        assert await purse(stage) == Purse()
        assert receipts(adaeze) == []
        await open_bill(adaeze, await number_of(stage, 1))
        await pay_from_wallet(adaeze)
        assert await purse(stage) == PAID
        await stage.check_books()


async def test_a_screen_that_is_gone_is_sent_anew(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        ibrahim = stage.player(estate.IBRAHIM)
        await acknowledge(ibrahim, await number_of(stage, 3))
        link = await ask_link(ibrahim)
        chat = stage.world.state.chats[estate.IBRAHIM]
        stage.world.drop_message(chat, ibrahim.last().id)
        await pay_page(stage, link)
        await newest(ibrahim, "New wallet balance")
        await newest(ibrahim, "[Show RCPT-")
        await say(ibrahim, "/menu", until="No open bills")
        await stage.check_books()


async def of_estate(stage: Stage) -> int:
    """Return what the estate has in kobo, without waiting for messages."""
    return await stage.look(_of_estate)


def _of_estate(tx: SqlTransaction) -> int:
    tx.cursor.execute(
        "SELECT credits_minor - debits_minor FROM account WHERE kind = 'tenant_wallet'"
    )
    return int(tx.cursor.fetchall()[0][0])

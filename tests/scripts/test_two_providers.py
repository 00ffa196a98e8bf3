"""Two providers at once, each spoken to by its real adapter: trouble at one is no end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.sandbox import estate
from bot.sandbox import provider_switches as switches
from bot.sandbox.player import Player
from tests.scripts.counting import purse
from tests.scripts.ending import check_takings
from tests.scripts.playing import PROOF, come_back, newest, pay_page, plain, say, tap
from tests.scripts.scenes import acknowledge, number_of
from tests.scripts.stage import Stage, raised

BOTH = "paystack,stripe"


@asynccontextmanager
async def played(folder: Path) -> AsyncIterator[tuple[Stage, Player]]:
    """Raise the curtain on an estate that takes Paystack and Stripe; Ibrahim is about to pay."""
    async with raised(folder, is_running=False) as stage:
        stage.world.board.set(switches.PLAYS, BOTH)
        await stage.start()
        ibrahim = stage.player(estate.IBRAHIM)
        await acknowledge(ibrahim, await number_of(stage, 3))
        await tap(ibrahim, "Pay by link", "Full", until="Pay 5,000.00 NGN by Stripe")
        yield stage, ibrahim
        await check_takings(stage)
        await stage.check_books()


async def test_a_card_refused_at_one_pays_at_the_other(tmp_path: Path) -> None:
    async with played(tmp_path) as (stage, ibrahim):
        await tap(ibrahim, "Pay 5,000.00 NGN by Paystack", until="Open payment page")
        await come_back(
            stage, await pay_page(stage, ibrahim.url("Open payment page"), "insufficient_funds")
        )
        await newest(ibrahim, "not enough money")
        await tap(ibrahim, "Try again by Stripe", until="Open payment page")
        await pay_page(stage, ibrahim.url("Open payment page"))
        receipt = plain(await newest(ibrahim, PROOF))
        assert "by Stripe" in receipt
        assert (await purse(stage)).taken == 500_000


async def test_who_pays_at_both_has_the_second_payment_in_his_wallet(tmp_path: Path) -> None:
    async with played(tmp_path) as (stage, ibrahim):
        await tap(ibrahim, "Pay 5,000.00 NGN by Paystack", until="Open payment page")
        left_open = ibrahim.url("Open payment page")
        await come_back(stage, await pay_page(stage, left_open, "expired_card"))
        await newest(ibrahim, "The card has expired")
        await tap(ibrahim, "Try again by Stripe", until="Open payment page")
        await pay_page(stage, left_open)
        assert "by Paystack" in plain(await newest(ibrahim, PROOF))
        await pay_page(stage, _page_of(stage, "stripe"))
        late = plain(await newest(ibrahim, "taken once more by Stripe"))
        assert "5,000.00 NGN" in late.partition("wallet balance")[2]
        fee = plain(await newest(ibrahim, "The provider's fee"))
        assert "was 75.00 NGN. It was taken from your wallet, which holds 4,925.00 NGN" in fee
        number = late[late.index("RCPT-") :].split()[0]
        await say(ibrahim, f"/find {number}", until="Ibrahim Musa by Stripe")
        counted = await purse(stage)
        assert (counted.ibrahim, counted.taken) == (492_500, 1_000_000)


async def test_where_one_is_down_the_other_one_pays(tmp_path: Path) -> None:
    async with played(tmp_path) as (stage, ibrahim):
        board = stage.world.board
        board.set(switches.HITS, "paystack")
        board.turn_on(switches.OUTAGE)
        trouble = await tap(ibrahim, "Pay 5,000.00 NGN by Paystack", until="has trouble")
        assert "Without a page you cannot have paid, so nothing was taken." in trouble
        assert "Try again by Paystack" not in trouble
        await tap(ibrahim, "Try again by Stripe", until="Open payment page")
        await pay_page(stage, ibrahim.url("Open payment page"))
        assert "by Stripe" in plain(await newest(ibrahim, PROOF))
        assert (await purse(stage)).taken == 500_000


def _page_of(stage: Stage, name: str) -> str:
    mine = [each for each in stage.provider.checkouts() if each.terms.tongue == name]
    return f"{stage.base}/sandbox/provider/pay/{mine[-1].id}"

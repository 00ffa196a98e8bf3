"""J-04: a provider has trouble; nothing is taken, and there is a way on at once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.sandbox import estate
from bot.sandbox import provider_switches as switches
from tests.scripts.counting import purse
from tests.scripts.playing import newest, pay_page, sweep, tap
from tests.scripts.scenes import acknowledge, number_of, open_bill
from tests.scripts.stage import raised
from tests.scripts.test_j03_pay_by_link import PAID, UNPAID


async def test_a_provider_that_answers_errors_is_told_as_trouble(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        board = stage.world.board
        board.set(switches.CREATE, "500")
        ibrahim = stage.player(estate.IBRAHIM)
        await acknowledge(ibrahim, await number_of(stage, 3))
        await tap(ibrahim, "Pay by link", "Full", until="By link")
        trouble = await tap(ibrahim, "Pay 5,000.00", until="has trouble")
        assert "nothing was taken" in trouble
        assert await purse(stage) == UNPAID
        board.set(switches.CREATE, "ok")
        await tap(ibrahim, "Check now", until="Open payment page")
        assert len(stage.provider.checkouts()) == 1
        await pay_page(stage, ibrahim.url("Open payment page"))
        await newest(ibrahim, "Receipt RCPT-")
        assert await purse(stage) == PAID
        await stage.check_books()


async def test_an_outage_is_over_without_a_tap(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        board = stage.world.board
        board.turn_on(switches.OUTAGE)
        ibrahim = stage.player(estate.IBRAHIM)
        await acknowledge(ibrahim, await number_of(stage, 3))
        await tap(ibrahim, "Pay by link", "Full", until="By link")
        await tap(ibrahim, "Pay 5,000.00", until="nothing was taken")
        board.turn_off(switches.OUTAGE)
        await sweep(stage, "reconcile", at=datetime.now(UTC) + timedelta(seconds=30))
        await newest(ibrahim, "Open payment page")
        assert await purse(stage) == UNPAID
        await stage.check_books()


async def test_an_outage_locks_no_bill(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        stage.world.board.set(switches.CREATE, "500")
        adaeze = stage.player(estate.ADAEZE)
        number = await number_of(stage, 1)
        await acknowledge(adaeze, number)
        await tap(adaeze, "Pay by link", "Full", until="By link")
        trouble = await tap(adaeze, "Pay 5,000.00", until="has trouble")
        assert "nothing was taken" in trouble
        assert "[Pay from wallet]" in trouble
        assert "[Cancel payment]" in trouble
        given_up = await tap(adaeze, "Pay from wallet", until="cancelled. Nothing was taken")
        assert "[Try again]" in given_up
        await tap(adaeze, "Pay from wallet", "Full", until="20,000.00 NGN → 15,000.00 NGN")
        await tap(adaeze, "Pay 5,000.00", until="New wallet balance: 15,000.00 NGN")
        assert f"Paid — {number}" in await open_bill(adaeze, number)
        await stage.check_books()

"""J-06: a bill that is overdue still needs an OK before it is paid, by whatever door."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.sandbox import estate
from bot.sandbox.player import draw
from storage.statements import written
from storage.transaction import SqlTransaction
from tests.scripts.counting import Purse, dump, purse
from tests.scripts.playing import later, newest, plain, press_raw, say, sweep, tap, tap_on
from tests.scripts.scenes import acknowledge, number_of, open_bill, pay_from_wallet
from tests.scripts.stage import Stage, raised

LAGOS = ZoneInfo("Africa/Lagos")


async def noon_after(stage: Stage, days: int) -> None:
    """Move every clock to noon in Lagos, some days on: notices may come then."""
    now = datetime.fromtimestamp(stage.world.now(), LAGOS)
    noon = now.replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=days)
    await later(stage, seconds=(noon - now).total_seconds())


async def test_overdue_does_not_skip_the_ok(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        number = await number_of(stage, 1)
        adaeze = stage.player(estate.ADAEZE)
        await adaeze.start()
        await noon_after(stage, 9)
        await sweep(stage, "overdue_bills")
        digest = plain(await newest(adaeze, "Your open bills at Palm Court Estate"))
        assert "Overdue 1 = 5,000.00 NGN" in digest
        assert "Overdue, needs your OK" in digest
        card = await open_bill(adaeze, number)
        assert f"Overdue, needs your OK — {number}" in card
        assert "[Pay" not in card
        before = await dump(stage)
        bill = await stage.look(lambda tx: _bill_id(tx, number))
        for verb in ("method", "wallet", "link"):
            since = stage.world.state.revision
            press_raw(stage.world, estate.ADAEZE, adaeze.last(), f"pay:{verb}:{bill}.1")
            refused = plain(
                await newest(adaeze, "needs your OK before it can be paid", since=since)
            )
            assert "No money moved" in refused
            await open_bill(adaeze, number)
        assert number not in await say(adaeze, "/pay", until="What can be paid")
        assert await dump(stage) == before
        await acknowledge(adaeze, number)
        await pay_from_wallet(adaeze)
        assert await purse(stage) == Purse(adaeze=1_500_000, estate=500_000)
        await stage.check_books()


async def test_one_digest_a_day_and_none_for_who_wants_none(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        adaeze, ibrahim = stage.player(estate.ADAEZE), stage.player(estate.IBRAHIM)
        await say(ibrahim, "/settings", until="Settings")
        await tap(ibrahim, "Turn reminders off", until="Reminders: off")
        await adaeze.start()
        await noon_after(stage, 4)
        for _ in range(2):
            await sweep(stage, "bill_reminders")
            await sweep(stage, "overdue_bills")
        assert sum("Your open bills" in draw(one) for one in adaeze.messages()) == 1
        assert not any("Your open bills" in draw(one) for one in ibrahim.messages())
        shown = await tap(adaeze, "See bills", until="Your bills")
        assert await number_of(stage, 1) in shown
        await stage.check_books()


async def test_reminders_stop_when_it_is_paid(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        adaeze = stage.player(estate.ADAEZE)
        for serial in (1, 2):
            await acknowledge(adaeze, await number_of(stage, serial))
            await pay_from_wallet(adaeze)
        await noon_after(stage, 16)
        await sweep(stage, "bill_reminders")
        await sweep(stage, "overdue_bills")
        assert not any("Your open bills" in draw(one) for one in adaeze.messages())
        assert await purse(stage) == Purse(adaeze=1_320_000, estate=680_000)
        await stage.check_books()


async def test_a_sweep_may_be_run_by_hand_for_another_day(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        adaeze = stage.player(estate.ADAEZE)
        await noon_after(stage, 0)
        card = await adaeze.start()
        when = datetime.fromtimestamp(stage.world.now(), UTC) + timedelta(days=8)
        # One planned row a bill, whatever its next step is.
        assert await sweep(stage, "overdue_bills", at=when) == 3
        assert "To review 2" in plain(await newest(adaeze, "Your open bills"))
        assert await tap_on(adaeze, card, "Bills", until="Your bills")
        await stage.check_books()


def _bill_id(tx: SqlTransaction, number: str) -> int:
    query = written("SELECT id FROM bill WHERE number = :number")
    return int(query.rows(tx.cursor, {"number": number})[0][0])

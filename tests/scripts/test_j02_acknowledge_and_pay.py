"""J-02: a bill is seen, acknowledged and paid from the wallet; and everything that goes wrong."""

from pathlib import Path

from bot.sandbox import estate
from bot.sandbox.player import draw
from tests.scripts.counting import ADAEZE_HAS, Purse, dump, purse
from tests.scripts.playing import (
    enter_pin,
    later,
    newest,
    plain,
    say,
    set_pin,
    steal,
    tap,
    tap_on,
    tap_twice,
)
from tests.scripts.scenes import acknowledge, amend, number_of, open_bill, pay_from_wallet
from tests.scripts.stage import raised

PAID = Purse(adaeze=1_500_000, estate=500_000)
UNPAID = Purse()
DONE_ALREADY = "That was done already. This is what came of it."


async def test_a_bill_is_seen_acknowledged_and_paid_from_the_wallet(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        number = await number_of(stage, 1)
        adaeze, bola, chidi = (
            stage.player(each) for each in (estate.ADAEZE, estate.BOLA, estate.CHIDI)
        )
        await bola.start()
        await set_pin(adaeze, "4826")
        await say(adaeze, "/bills", until="Your bills")
        await tap(adaeze, number, until=f"Needs your OK — {number}")
        await tap(adaeze, "Acknowledge & pay", until="In your wallet: 20,000.00 NGN")
        await tap(adaeze, "Pay from wallet", "Full", until="20,000.00 NGN → 15,000.00 NGN · no fee")
        await tap(adaeze, "Pay 5,000.00 NGN", until="Nothing has been paid yet")
        receipt = await enter_pin(adaeze, "4826", until="New wallet balance: 15,000.00 NGN")
        assert "Receipt RCPT-" in receipt
        assert "Fee: none" in receipt
        assert f"For: {number}" in receipt
        assert "Books sealed: " in receipt
        assert "👛 5,000.00 NGN moved" in plain(await newest(adaeze, "moved from your wallet"))
        assert sum("✅ Paid 5,000.00" in draw(one) for one in adaeze.messages()) == 1
        assert await purse(stage) == PAID
        assert "Adaeze Obi paid 5,000.00 NGN" in plain(await newest(bola, "paid 5,000.00"))
        story = await tap(bola, "Open bill", "More", until="what happened")
        assert story.index("acknowledged · Adaeze") < story.index("5,000.00 NGN paid · RCPT")
        report = await say(chidi, "/report", until="report")
        assert "Estate wallet 5,000.00 NGN" in report
        assert "Collected on bills: 5,000.00 NGN" in report
        await stage.check_books()


async def test_two_taps_on_confirm_pay_once(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        adaeze = stage.player(estate.ADAEZE)
        await acknowledge(adaeze, await number_of(stage, 1))
        await tap(adaeze, "Pay from wallet", "Full", until="From wallet")
        card = await newest(adaeze, "From wallet")
        toasts = await tap_twice(adaeze, "Pay 5,000.00", until="New wallet balance")
        await stage.settle()
        # Who waits behind another press for half a second is answered without words.
        assert set(toasts) <= {"Paid", DONE_ALREADY, ""}
        assert await tap_on(adaeze, card, "Pay 5,000.00") == DONE_ALREADY
        await stage.settle()
        assert sum("New wallet balance" in draw(one) for one in adaeze.messages()) == 1
        assert await purse(stage) == PAID
        await stage.check_books()


async def test_an_app_that_repeats_presses_pays_once(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        stage.world.board.turn_on("telegram.repress")
        stage.world.board.turn_on("telegram.duplicate")
        adaeze = stage.player(estate.ADAEZE)
        await set_pin(adaeze, "4826")
        await acknowledge(adaeze, await number_of(stage, 1))
        await pay_from_wallet(adaeze, pin="4826")
        await stage.settle()
        assert sum("New wallet balance" in draw(one) for one in adaeze.messages()) == 1
        assert await purse(stage) == PAID
        await stage.check_books()


async def test_five_wrong_pins_lock_for_half_an_hour_and_the_bill_stays_open(
    tmp_path: Path,
) -> None:
    async with raised(tmp_path) as stage:
        number = await number_of(stage, 1)
        adaeze, bola = stage.player(estate.ADAEZE), stage.player(estate.BOLA)
        await bola.start()
        await set_pin(adaeze, "4826")
        await acknowledge(adaeze, number)
        await tap(adaeze, "Pay from wallet", "Full", until="From wallet")
        card = await newest(adaeze, "From wallet")
        await tap(adaeze, "Pay 5,000.00", until="Enter your PIN")
        for left in ("4 tries", "3 tries", "2 tries", "1 try"):
            await enter_pin(adaeze, "9999", until=f"{left} left")
        locked = await enter_pin(adaeze, "9999", until="locked until")
        assert "No money moved" in locked
        assert "PIN of Adaeze Obi was locked" in plain(await newest(bola, "was locked"))
        assert await purse(stage) == UNPAID
        await open_bill(adaeze, number)
        await tap(adaeze, "Pay from wallet", "Full", until="From wallet")
        again = await tap(adaeze, "Pay 5,000.00", until="locked until")
        assert "No money moved" in again
        await later(stage, minutes=31)
        await tap_on(adaeze, card, "Pay 5,000.00", until="This card was too old")
        await tap(adaeze, "Pay 5,000.00", until="Enter your PIN")
        await enter_pin(adaeze, "4826", until="New wallet balance")
        assert await purse(stage) == PAID
        await stage.check_books()


async def test_a_typed_pin_is_taken_and_deleted(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        adaeze = stage.player(estate.ADAEZE)
        await set_pin(adaeze, "4826")
        await acknowledge(adaeze, await number_of(stage, 1))
        await tap(adaeze, "Pay from wallet", "Full", until="From wallet")
        await tap(adaeze, "Pay 5,000.00", until="Enter your PIN")
        typed = adaeze.whisper("4826")
        await newest(adaeze, "New wallet balance")
        await newest(adaeze, "I deleted your message")
        await stage.settle()
        chat = stage.world.state.chats[estate.ADAEZE]
        assert typed.id not in chat.messages
        assert await purse(stage) == PAID
        await stage.check_books()


async def test_a_bill_that_was_amended_meanwhile_is_not_paid_from_its_old_card(
    tmp_path: Path,
) -> None:
    async with raised(tmp_path) as stage:
        number = await number_of(stage, 1)
        adaeze, bola = stage.player(estate.ADAEZE), stage.player(estate.BOLA)
        await acknowledge(adaeze, number)
        await tap(adaeze, "Pay from wallet", "Full", until="From wallet")
        card = await newest(adaeze, "From wallet")
        await amend(bola, number, "4200", "Meter read again")
        told = plain(await newest(adaeze, "Your bill was changed"))
        assert "5,000.00 NGN → 4,200.00 NGN (−800.00 NGN)" in told
        before = await dump(stage)
        stale = await tap_on(adaeze, card, "Pay 5,000.00", until="out of date")
        assert "No money moved" in stale
        assert await dump(stage) == before
        assert await purse(stage) == UNPAID
        await acknowledge(adaeze, number)
        await pay_from_wallet(adaeze)
        assert await purse(stage) == Purse(adaeze=ADAEZE_HAS - 420_000, estate=420_000)
        await stage.check_books()


async def test_nobody_else_can_press_what_was_drawn_for_her(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        adaeze, ibrahim = stage.player(estate.ADAEZE), stage.player(estate.IBRAHIM)
        bola, ngozi = stage.player(estate.BOLA), stage.player(estate.NEWCOMER)
        await set_pin(adaeze, "4826")
        await acknowledge(adaeze, await number_of(stage, 1))
        await tap(adaeze, "Pay from wallet", "Full", until="From wallet")
        card = await newest(adaeze, "From wallet")
        await tap(adaeze, "Pay 5,000.00", until="Enter your PIN")
        pad = await newest(adaeze, "Enter your PIN")
        before = await dump(stage)
        for thief in (ibrahim, bola, ngozi):
            assert "not for you" in await steal(thief, card, "Pay 5,000.00")
            assert "not for you" in await steal(thief, pad, "OK")
            assert "not for you" in await steal(thief, pad, "4")
        assert await dump(stage) == before
        await enter_pin(adaeze, "4826", until="New wallet balance")
        assert await purse(stage) == PAID
        await stage.check_books()


async def test_old_buttons_say_what_is_true_now(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        number = await number_of(stage, 1)
        adaeze = stage.player(estate.ADAEZE)
        await open_bill(adaeze, number)
        first = adaeze.last()
        await open_bill(adaeze, number)
        await tap(adaeze, "Acknowledge", until="✅ Acknowledged")
        await pay_from_wallet(adaeze)
        before = await dump(stage)
        said = await tap_on(adaeze, first, "Acknowledge & pay", until=number)
        assert "Paid" in said
        await tap_on(adaeze, first, "Dispute", until=number)
        await later(stage, days=8)
        await tap_on(adaeze, first, "Acknowledge")
        assert await dump(stage) == before
        assert await purse(stage) == PAID
        await stage.check_books()


async def test_an_empty_wallet_is_not_offered(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        ibrahim = stage.player(estate.IBRAHIM)
        ways = await acknowledge(ibrahim, await number_of(stage, 3))
        before = await dump(stage)
        assert "Pay from wallet" not in ways
        assert "[Pay by link]" in ways
        assert "[Top up]" in ways
        assert await dump(stage) == before
        assert await purse(stage) == UNPAID
        await stage.check_books()

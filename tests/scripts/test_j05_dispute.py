"""J-05: a bill is contested; staff answer on the desk; and nothing is paid meanwhile."""

from pathlib import Path

from bot.sandbox import estate
from bot.sandbox.player import Player
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
    sweep,
    tap,
    tap_on,
    tap_twice,
)
from tests.scripts.scenes import acknowledge, ask_link, number_of, open_bill, pay_from_wallet
from tests.scripts.stage import raised


async def contest(player: Player, number: str, text: str) -> str:
    """Dispute a bill's amount; return its card afterwards."""
    await open_bill(player, number)
    if "[Dispute]" not in plain(player.last()):
        await tap(player, "More", until="what happened")
    await tap(player, "Dispute", "The amount is wrong", until="Tell in a few words")
    await say(player, text, until="Dispute it: The amount is wrong")
    return await tap(player, "Confirm dispute", until=f"Disputed — {number}")


async def decide(admin: Player, verb: str, *typed: str, until: str) -> str:
    """End the newest dispute on the desk; return the bill's card."""
    await say(admin, "/desk", until="1 open dispute")
    await tap(admin, "Open D-", verb, until="[Cancel]")
    for text in typed:
        await say(admin, text, until="[")
    label = {"Amend": "Confirm new total", "Reject": "Reject", "Cancel bill": "Confirm"}[verb]
    return await tap(admin, label, until=until)


async def test_a_disputed_bill_is_amended_and_paid(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        number = await number_of(stage, 1)
        adaeze, bola = stage.player(estate.ADAEZE), stage.player(estate.BOLA)
        await bola.start()
        await open_bill(adaeze, number)
        await tap(adaeze, "Dispute", "The amount is wrong", until="Tell in a few words")
        before = stage.world.state.revision
        await adaeze.send_file(b"meter", name="meter.jpg", mime="image/jpeg", caption="usage lower")
        asked = plain(await newest(adaeze, "1 file is attached", since=before))
        assert "usage lower" in asked
        card = await tap(adaeze, "Confirm dispute", until=f"Disputed — {number}")
        assert "No money moved" in card
        assert "[Pay" not in card
        assert "[Withdraw dispute]" in card
        told = plain(await newest(bola, "contests"))
        assert "usage lower" in told
        assert "1 file" in told
        await later(stage, days=3)
        done = await decide(bola, "Amend", "4200", "You are right", until="✅ Dispute")
        assert "4,200.00 NGN" in done
        heard = plain(await newest(adaeze, "5,000.00 NGN → 4,200.00 NGN"))
        assert "(−800.00 NGN)" in heard
        assert "You are right" in heard
        assert "Version 2" in heard
        story = await tap(adaeze, "More", until="what happened")
        assert "changed to version 2: 5,000.00 NGN → 4,200.00 NGN" in story
        assert "The amount is wrong" in story
        await acknowledge(adaeze, number)
        await pay_from_wallet(adaeze)
        assert await purse(stage) == Purse(adaeze=1_580_000, estate=420_000)
        await stage.check_books()


async def test_a_rejected_dispute_asks_for_the_ok_again(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        number = await number_of(stage, 1)
        adaeze, bola = stage.player(estate.ADAEZE), stage.player(estate.BOLA)
        await contest(adaeze, number, "too much")
        await decide(bola, "Reject", "The meter was read twice", until="✅ Dispute")
        heard = plain(await newest(adaeze, "rejected: the bill stands"))
        assert "The meter was read twice" in heard
        assert f"Needs your OK — {number}" in heard
        await acknowledge(adaeze, number)
        await pay_from_wallet(adaeze)
        assert await purse(stage) == Purse(adaeze=1_500_000, estate=500_000)
        await stage.check_books()


async def test_a_dispute_of_a_partly_paid_bill_that_is_cancelled_gives_the_money_back(
    tmp_path: Path,
) -> None:
    async with raised(tmp_path) as stage:
        number = await number_of(stage, 1)
        adaeze, bola = stage.player(estate.ADAEZE), stage.player(estate.BOLA)
        await acknowledge(adaeze, number)
        await pay_from_wallet(adaeze, part="2000")
        await contest(adaeze, number, "not my meter")
        await set_pin(bola, "4826")
        await decide(bola, "Cancel bill", "Wrong flat", until="Enter your PIN")
        await enter_pin(bola, "4826", until="✅")
        heard = plain(await newest(adaeze, "Your bill was cancelled"))
        assert "2,000.00 NGN went back to your wallet" in heard
        assert await purse(stage) == Purse()
        await stage.check_books()


async def test_nothing_is_paid_while_it_is_disputed(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        number = await number_of(stage, 3)
        ibrahim = stage.player(estate.IBRAHIM)
        await acknowledge(ibrahim, number)
        ways = await newest(ibrahim, "How do you want to pay?")
        link = await ask_link(ibrahim)
        await contest(ibrahim, number, "too much")
        refused = await tap_on(ibrahim, ways, "Pay by link", until="disputed")
        assert "No money moved" in refused
        await pay_page(stage, link)
        told = plain(await newest(ibrahim, "in your wallet: nothing is lost"))
        assert "Disputed" in told
        found = await purse(stage)
        assert found.ibrahim == 500_000 - 7_500
        assert (found.estate, found.owed) == (0, 0)
        assert f"Disputed — {number}" in await open_bill(ibrahim, number)
        await stage.check_books()


async def test_a_dispute_is_withdrawn_by_who_opened_it_only(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        number = await number_of(stage, 1)
        adaeze, ibrahim = stage.player(estate.ADAEZE), stage.player(estate.IBRAHIM)
        await contest(adaeze, number, "too much")
        card = await newest(adaeze, "[Withdraw dispute]")
        before = await dump(stage)
        assert "not for you" in await steal(ibrahim, card, "Withdraw dispute")
        assert await dump(stage) == before
        await tap_twice(adaeze, "Withdraw and acknowledge", until="Dispute withdrawn")
        assert "Acknowledged" in await open_bill(adaeze, number)
        await stage.check_books()


async def test_a_dispute_is_decided_once(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        number = await number_of(stage, 1)
        adaeze, bola = stage.player(estate.ADAEZE), stage.player(estate.BOLA)
        chidi = stage.player(estate.CHIDI)
        await contest(adaeze, number, "too much")
        await say(bola, "/desk", until="1 open dispute")
        await tap(bola, "Open D-", "Reject", until="[Cancel]")
        await say(bola, "No", until="[Reject dispute]")
        first = await newest(bola, "[Reject dispute]")
        before = await dump(stage)
        assert "not for you" in await steal(chidi, first, "Reject dispute")
        assert await dump(stage) == before
        await decide(bola, "Amend", "4000", "Agreed", until="✅ Dispute")
        after = await dump(stage)
        await tap_on(bola, first, "Reject dispute", until="Nothing was changed")
        assert await dump(stage) == after
        assert "4,000.00 NGN" in await open_bill(adaeze, number)
        assert "No open disputes" in await say(bola, "/desk", until="Desk of")
        await stage.check_books()


async def test_a_dispute_pauses_reminders_and_the_time_to_dispute_ends(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        number = await number_of(stage, 1)
        adaeze = stage.player(estate.ADAEZE)
        await open_bill(adaeze, number)
        await later(stage, days=15)
        card = await open_bill(adaeze, number)
        assert "time to dispute it is over" in card
        assert "[Dispute]" not in card
        await stage.check_books()


async def test_what_cannot_be_a_dispute_is_asked_again(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        adaeze = stage.player(estate.ADAEZE)
        number = await number_of(stage, 1)
        before = await dump(stage)
        await open_bill(adaeze, number)
        await tap(adaeze, "Dispute", until="Why do you dispute it?")
        assert "Why do you dispute it?" in await say(adaeze, "because", until="Why")
        await tap(adaeze, "Other reason", until="Tell in a few words")
        assert "too long" in await say(adaeze, "x" * 2_000, until="at most")
        assert "&lt;b&gt;" not in await say(
            adaeze, "<b>bold</b> & more", until="“<b>bold</b> & more”"
        )
        assert "Dropped: the dispute" in await say(adaeze, "/cancel", until="Dropped")
        assert await dump(stage) == before
        await sweep(stage, "bill_reminders")
        await stage.check_books()

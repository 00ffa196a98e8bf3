"""Whatever people type, or press, they are told clearly what is wrong, and nothing changes."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.sandbox import estate
from bot.sandbox.player import Player
from bot.sandbox.records import Person
from tests.scripts.counting import Purse, dump, purse
from tests.scripts.playing import newest, plain, press_any, say, tap
from tests.scripts.scenes import acknowledge, number_of, open_bill
from tests.scripts.stage import Stage, raised

AMOUNTS = {
    "-5": "never negative",
    "−500": "never negative",
    "0": "more than zero",
    "0.00": "more than zero",
    "\u0660": "more than zero",
    "NaN": "cannot read that as an amount",
    "inf": "cannot read that as an amount",
    "1e9": "cannot read that as an amount",
    "0x10": "cannot read that as an amount",
    "five": "cannot read that as an amount",
    "5 000 000 000 000 000": "more than",
    "12.345,678": "more decimals",
    "1.000,505": "more decimals",
    "50.005": "more than what is left",
    "$500": "another currency",
    "500 USD": "another currency",
    "500; DROP TABLE bill": "cannot read that as an amount",
    "<b>500</b>": "cannot read that as an amount",
    "5k5": "cannot read that as an amount",
    "++500": "cannot read that as an amount",
    "5" * 60: "amount",
    "499.99": "at least 500.00 NGN",
    "5000.01": "at most 5,000.00 NGN",
    "💸": "cannot read that as an amount",
}
"""What is typed where a part of 500 to 5,000 naira is asked for, and words of the answer."""

READ = {
    "٢٠٠٠": "2,000.00",
    "5k": "5,000.00",
    "1.000,50": "1,000.50",
    "1,000.50": "1,000.50",
    "1 000": "1,000.00",
    "₦2000": "2,000.00",
    "NGN 2000": "2,000.00",
    "  2000  ": "2,000.00",
    "2000.5": "2,000.50",
    "2'000": "2,000.00",
}
"""What is understood, and how it is shown back before anything happens."""

DATES = {
    "31/2": "cannot read that as a date",
    "yesterweek": "cannot read that as a date",
    "2026-13-01": "cannot read that as a date",
    "0/0/0000": "cannot read that as a date",
    "1/1/1999": "due date must lie",
    "1/1/2999": "due date must lie",
    "<i>tomorrow</i>": "cannot read that as a date",
    "-1": "cannot read that as a date",
}

BUTTONS = (
    "",
    "x",
    "i:",
    "i:0000000000000000000000",
    "bills:card:999999",
    "bills:card:abc",
    "bills:card:-1",
    "bills:card:99999999999999999999999999",
    "bills:list:o.z.9.9",
    "bills:list:e.a.1.0",
    "pay:wallet:1.1",
    "pay:full:w.1.1",
    "pay:full:q.1.1",
    "pay:check:7",
    "pay:show:0",
    "pay:drop:nothing",
    "pay:receipt:99",
    "dispute:start:1.1",
    "dispute:why:amount",
    "disputes:amend:1",
    "billing:amend:1.1",
    "billing:cancel:x",
    "newbill:due:end",
    "newbill:unit:5",
    "home:choose:1",
    "home:choose:zz",
    "k:p:1:0",
    "k:p:x:ok",
    "wallet:history:in.-4",
    "nobody:knows:this",
    "a:b:c:d:e:f",
    "'; --",
)


async def at_the_question(stage: Stage) -> Player:
    """Bring Adaeze to where the amount of a part is asked for."""
    adaeze = stage.player(estate.ADAEZE)
    await acknowledge(adaeze, await number_of(stage, 1))
    await tap(adaeze, "Pay from wallet", "Part", until="How much do you want to pay now?")
    return adaeze


async def test_amounts_that_cannot_be_meant_are_asked_again(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        adaeze = await at_the_question(stage)
        before = await dump(stage)
        for typed, words in AMOUNTS.items():
            answer = await say(adaeze, typed)
            assert words in answer, (typed, answer)
            assert "No money moved" in answer, (typed, answer)
            assert "/cancel" in answer, (typed, answer)
        assert await dump(stage) == before
        await say(adaeze, "500", until="Left to pay afterwards: 4,500.00 NGN")
        assert await dump(stage) == before
        assert await purse(stage) == Purse()
        await stage.check_books()


async def test_amounts_as_people_write_them_are_shown_back(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        adaeze = await at_the_question(stage)
        before = await dump(stage)
        for typed, shown in READ.items():
            answer = await say(adaeze, typed)
            assert f"Pay {shown} NGN to Palm Court Estate" in answer, (typed, answer)
            await tap(adaeze, "Change", "Part", until="How much do you want to pay now?")
        assert await dump(stage) == before
        await stage.check_books()


async def test_dates_that_cannot_be_are_asked_again(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        bola = stage.player(estate.BOLA)
        before = await dump(stage)
        for typed, words in DATES.items():
            await say(bola, "/newbill A-14", until="Choose one")
            await tap(bola, "A-14", "Water", "Use this title", until="How much?")
            await say(bola, "5000", until="Until when?")
            answer = await say(bola, typed)
            assert words in answer, (typed, answer)
            assert "no money moved" in answer.lower(), (typed, answer)
        assert await dump(stage) == before
        await stage.check_books()


async def test_titles_and_notes_with_signs_of_markup_are_shown_as_typed(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        adaeze, bola = stage.player(estate.ADAEZE), stage.player(estate.BOLA)
        await adaeze.start()
        await say(bola, "/newbill A-14", until="Choose one")
        await tap(bola, "A-14", "Other", until="Which title?")
        long = await say(bola, "t" * 81)
        assert "too long" in long
        await say(bola, "<b>Fence</b> & “gate” %s %(x)s", until="How much?")
        await say(bola, "1000", until="Until when?")
        await say(bola, "month end", until="A note for the debtor?")
        assert "too long" in await say(bola, "n" * 501)
        shown = await say(bola, "<script>alert(1)</script> &amp; {x}", until="[Issue]")
        assert "<b>Fence</b> & “gate” %s %(x)s" in shown
        await tap(bola, "Issue", until="✅ Issued")
        card = plain(await newest(adaeze, "A new bill for you"))
        assert "<b>Fence</b> & “gate” %s %(x)s" in card
        assert "<script>alert(1)</script> &amp; {x}" in card
        await acknowledge(adaeze, await number_of(stage, 4))
        receipt = await pay(adaeze)
        assert "<b>Fence</b>" in receipt
        await stage.check_books()


async def pay(player: Player) -> str:
    """Pay the bill on the screen from the wallet."""
    await tap(player, "Pay from wallet", "Full", until="From wallet")
    return await tap(player, "Pay 1,000.00", until="New wallet balance")


async def test_a_name_with_signs_of_markup_breaks_no_screen(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        bola, ngozi = stage.player(estate.BOLA), stage.player(estate.NEWCOMER)
        person = stage.world.state.people[estate.NEWCOMER]
        stage.world.state.people[estate.NEWCOMER] = renamed(person)
        await say(bola, "/invite", until="step 1 of 3")
        await tap(bola, "Resident", until="Which unit?")
        assert "at most 20 characters" in await say(bola, "u" * 21)
        await say(bola, "<b>&1", until="phone number")
        made = await tap(bola, "Make the link", until="Invitation to")
        key = next(x for x in made.splitlines() if "start=" in x).partition("start=")[2]
        assert "unit <b>&1" in plain(await ngozi.start(key))
        told = plain(await newest(bola, "joined <b>&1"))
        assert "<i>Ngozi</i> & Co" in told
        listed = await say(bola, "/people", until="People of")
        assert "Members: 5" in listed
        await stage.check_books()


def renamed(person: Person) -> Person:
    """Return the person under a name that looks like markup."""
    return replace(person, first_name="<i>Ngozi</i>", last_name="& Co " + "x" * 60)


@pytest.mark.parametrize("somebody", [estate.ADAEZE, estate.BOLA, estate.NEWCOMER])
async def test_buttons_that_do_not_exist_change_nothing(tmp_path: Path, somebody: int) -> None:
    async with raised(tmp_path) as stage:
        player = stage.player(somebody)
        await player.start()
        before = await dump(stage)
        for data in BUTTONS:
            said = await press_any(player, await player.say("/menu"), data)
            assert "fault of ours" not in said, (data, said)
        assert await dump(stage) == before
        await stage.check_books()


async def test_what_is_no_text_is_answered_too(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        adaeze = await at_the_question(stage)
        before = await dump(stage)
        answer = plain(await adaeze.send_file(b"slip", name="slip.pdf", mime="application/pdf"))
        assert "cannot read that as an amount" in answer
        answer = plain(await adaeze.share_contact())
        assert "cannot read that as an amount" in answer
        assert "Dropped" in await say(adaeze, "/cancel")
        answer = plain(await adaeze.send_file(b"slip", name="slip.pdf", mime="application/pdf"))
        assert "Palm Court Estate" in answer
        assert await dump(stage) == before
        await open_bill(adaeze, await number_of(stage, 1))
        await stage.check_books()

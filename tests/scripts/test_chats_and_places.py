"""Groups, blocking, several organisations, leaving a dialogue: where a person stands and speaks."""

import asyncio
from pathlib import Path

from bot.sandbox import acts, estate
from bot.sandbox.places import LAGOS
from bot.sandbox.player import Player
from core.domain.people import Role
from core.domain.tenants import TenantKind
from core.use_cases import people
from storage.transaction import SqlTransaction
from tests.scripts.counting import Purse, dump, purse
from tests.scripts.playing import (
    follow,
    later,
    newest,
    pay_page,
    plain,
    press_raw,
    say,
    sweep,
    tap,
    tap_on,
)
from tests.scripts.scenes import acknowledge, ask_link, number_of, open_bill, pay_from_wallet
from tests.scripts.stage import ACTS_WITHIN_S, Stage, raised


def in_group(stage: Stage, person_id: int) -> Player:
    """Return a person who speaks in the neighbours' group."""
    person = stage.world.state.people[person_id]
    return Player(stage.world, person, chat=estate.groups()[0], within_s=ACTS_WITHIN_S)


async def test_nothing_of_anybodys_money_is_shown_in_a_group(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        adaeze = in_group(stage, estate.ADAEZE)
        before = await dump(stage)
        for command in ("/wallet", "/bills", "/menu", "/pay", "/report", "/start", "/find BILL"):
            answer = await say(adaeze, f"{command}@{stage.world.state.bot.username}")
            assert "privately" in answer
            assert "NGN" not in answer
            assert "Adaeze" not in answer
        link = adaeze.url("Open the private chat")
        private = stage.player(estate.ADAEZE)
        assert "20,000.00 NGN" in await follow(private, link, until="Palm Court Estate")
        adaeze.whisper("I owe 5000")
        adaeze.whisper("/wallet@somebody_elses_bot")
        await stage.settle()
        assert "privately" in plain(adaeze.last())
        assert await dump(stage) == before
        await stage.check_books()


async def test_a_button_that_reaches_a_group_does_nothing(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        adaeze = stage.player(estate.ADAEZE)
        await acknowledge(adaeze, await number_of(stage, 1))
        await tap(adaeze, "Pay from wallet", "Full", until="From wallet")
        _, key = adaeze.find("Pay 5,000.00")
        group = in_group(stage, estate.ADAEZE)
        await say(group, f"/menu@{stage.world.state.bot.username}")
        before = await dump(stage)
        query = press_raw(stage.world, estate.ADAEZE, group.last(), key.value)
        await newest(group, "privately")
        while query.id not in stage.world.answers:
            await stage.world.change(0.1)
        assert "not for groups" in stage.world.answers[query.id].text
        assert await dump(stage) == before
        await stage.check_books()


async def test_who_blocks_the_bot_hears_nothing_and_comes_back_without_a_flood(
    tmp_path: Path,
) -> None:
    async with raised(tmp_path) as stage:
        ibrahim, bola = stage.player(estate.IBRAHIM), stage.player(estate.BOLA)
        number = await number_of(stage, 3)
        await acknowledge(ibrahim, number)
        link = await ask_link(ibrahim)
        acts.set_blocked(stage.world, person_id=estate.IBRAHIM, is_blocked=True)
        await stage.settle()
        said = len(ibrahim.messages())
        await pay_page(stage, link)
        # Before the page expires: who blocked the bot sees nothing to wait for.
        async with asyncio.timeout(ACTS_WITHIN_S):
            while (await purse(stage)).estate == 0:
                await stage.world.change(0.05)
        await later(stage, days=1)
        await sweep(stage, "reconcile")
        await sweep(stage, "overdue_bills")
        assert (await purse(stage)).taken == 500_000
        assert (await purse(stage)).estate == 492_500
        assert len(ibrahim.messages()) == said
        acts.set_blocked(stage.world, person_id=estate.IBRAHIM, is_blocked=False)
        back = await say(ibrahim, "/menu", until="No open bills")
        assert "Wallet 0.00 NGN" in back
        assert f"Paid — {number}" in await open_bill(ibrahim, number)
        assert "RCPT-" in await tap(ibrahim, "More", until="what happened")
        await say(bola, "/menu")
        await stage.check_books()


async def test_somebody_of_two_organisations_sees_one_at_a_time(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        adaeze = stage.player(estate.ADAEZE)
        key = await stage.write(found_second)
        await follow(adaeze, f"?start=i_{key}", until="You have joined Mama Put Shop")
        await say(adaeze, "/wallet", until="Your wallet · Mama Put Shop")
        assert "Available 0.00 NGN" in plain(adaeze.last())
        assert await number_of(stage, 1) not in await say(adaeze, "/bills", until="Your bills")
        assert "no such bill" in await say(adaeze, f"/find {await number_of(stage, 1)}")
        await say(adaeze, "/menu", until="Mama Put Shop")
        await tap(adaeze, "Switch organisation", until="Your organisations")
        await tap(adaeze, "Palm Court Estate", until="Wallet 20,000.00 NGN")
        await acknowledge(adaeze, await number_of(stage, 1))
        await tap(adaeze, "Pay from wallet", "Full", until="From wallet")
        card = await newest(adaeze, "From wallet")
        await say(adaeze, "/menu", until="Palm Court Estate")
        await tap(adaeze, "Switch organisation", "Mama Put Shop", until="Wallet 0.00 NGN")
        await tap_on(adaeze, card, "Pay 5,000.00", until="New wallet balance: 15,000.00 NGN")
        assert await purse(stage) == Purse(adaeze=1_500_000, estate=500_000)
        await stage.check_books()


async def test_a_dialogue_is_left_by_a_command_and_by_time(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        adaeze, bola = stage.player(estate.ADAEZE), stage.player(estate.BOLA)
        before = await dump(stage)
        await say(bola, "/newbill A-14", until="Choose one")
        await tap(bola, "A-14", "Water", "Use this title", until="How much?")
        left = await say(bola, "/cancel", until="Dropped")
        assert "the new bill" in left
        assert "Nothing is open" in await say(bola, "/cancel")
        await say(bola, "/newbill A-14", until="Choose one")
        await tap(bola, "A-14", "Water", "Use this title", until="How much?")
        await later(stage, minutes=16)
        late = await say(bola, "5000", until="15 minutes")
        assert "no money moved" in late
        await acknowledge(adaeze, await number_of(stage, 2))
        await tap(adaeze, "Pay from wallet", "Part", until="How much")
        menu = await say(adaeze, "/menu", until="Palm Court Estate")
        assert "Dropped: the payment" in menu
        after = await dump(stage)
        assert {**after, "bill": ()} == {**before, "bill": ()}
        await stage.check_books()


async def test_an_unknown_command_and_plain_words_lead_home(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        adaeze = stage.player(estate.ADAEZE)
        before = await dump(stage)
        assert "do not know /teleport" in await say(adaeze, "/teleport")
        assert "Palm Court Estate" in await say(adaeze, "hello?")
        help_ = await say(adaeze, "/help", until="Help")
        assert "/bills" in help_
        assert "/newbill" not in help_
        for command in ("/terms", "/support", "/paysupport"):
            assert "[Back]" in await say(adaeze, command)
        assert await dump(stage) == before
        await stage.check_books()


async def test_a_restart_loses_no_dialogue_and_no_button(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        adaeze = stage.player(estate.ADAEZE)
        await acknowledge(adaeze, await number_of(stage, 1))
        await tap(adaeze, "Pay from wallet", "Part", until="How much")
        await stage.stop()
        await stage.start()
        await say(adaeze, "2000", until="Left to pay afterwards: 3,000.00 NGN")
        await stage.stop()
        _, key = adaeze.find("Pay 2,000.00")
        press_raw(stage.world, estate.ADAEZE, adaeze.last(), key.value)
        await stage.start()
        await newest(adaeze, "New wallet balance: 18,000.00 NGN")
        await open_bill(adaeze, await number_of(stage, 1))
        await pay_from_wallet(adaeze)
        assert await purse(stage) == Purse(adaeze=1_500_000, estate=500_000)
        await stage.check_books()


def found_second(tx: SqlTransaction) -> str:
    """Found a shop and invite a customer; return the key of the link."""
    tenant = people.create_tenant(
        tx,
        name="Mama Put Shop",
        kind=TenantKind.SHOP,
        currency=LAGOS.currency,
        country="NG",
        timezone="Africa/Lagos",
    )
    _, key = people.invite(tx, tenant_id=tenant.id, role=Role.CUSTOMER)
    return key

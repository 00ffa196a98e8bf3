"""J-01: joining by invitation: bound to a phone or not, once, in time, and not by guessing."""

from pathlib import Path

import pytest

from bot.sandbox import estate
from bot.sandbox.player import Player
from tests.scripts.counting import Purse, dump, purse
from tests.scripts.playing import enter_pin, follow, later, newest, plain, say, set_pin, tap
from tests.scripts.scenes import acknowledge, number_of
from tests.scripts.stage import raised

NGOZI_PHONE = "0803 000 0005"


async def invite(admin: Player, *, role: str, unit: str, phone: str) -> str:
    """Invite somebody as staff; return the link."""
    await say(admin, "/people", until="People of")
    await tap(admin, "Invite somebody", role, until="Which unit?")
    await say(admin, unit, until="phone number")
    if phone:
        shown = await say(admin, phone, until="Invitation to")
    else:
        shown = await tap(admin, "Make the link without a phone", until="Invitation to")
    return next(line for line in shown.splitlines() if line.startswith("https://t.me/"))


async def share(player: Player, *, until: str) -> str:
    """Share one's own contact; return the screen that has `until` in it."""
    before = player.world.state.revision
    await player.share_contact()
    return plain(await newest(player, until, since=before))


async def test_who_is_invited_by_phone_joins_her_unit_and_nothing_else(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        bola, ngozi = stage.player(estate.BOLA), stage.player(estate.NEWCOMER)
        link = await invite(bola, role="Resident", unit="A-14", phone=NGOZI_PHONE)
        assert "do not belong to one yet" in await follow(ngozi, "https://t.me/x")
        asked = await follow(ngozi, link, until="One step to join")
        assert "A-14" not in asked
        assert "Palm Court" not in asked
        welcome = await share(ngozi, until="You have joined")
        assert "Palm Court Estate, unit A-14" in welcome
        assert "To review 2" in plain(await newest(ngozi, "Wallet 0.00 NGN"))
        assert "Ngozi Ade joined A-14" in plain(await newest(bola, "Ngozi Ade joined"))
        assert "already joined" in await follow(ngozi, link)
        bills = await say(ngozi, "/bills", until="Your bills")
        assert await number_of(stage, 3) not in bills
        assert "no such" in await say(ngozi, f"/find {await number_of(stage, 3)}")
        for command in ("/desk", "/report", "/people", "/newbill"):
            assert "does not allow" in await say(ngozi, command)
        assert await purse(stage) == Purse()
        await stage.check_books()


async def test_an_invitation_works_once(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        bola, ngozi = stage.player(estate.BOLA), stage.player(estate.NEWCOMER)
        ibrahim = stage.player(estate.IBRAHIM)
        link = await invite(bola, role="Resident", unit="C-01", phone="")
        assert "unit C-01" in await follow(ngozi, link, until="You have joined")
        refused = await follow(ibrahim, link)
        assert "works only once" in refused
        assert "Ngozi" not in refused
        assert "C-01" not in await say(ibrahim, "/menu", until="Palm Court Estate")
        await stage.check_books()


async def test_another_phone_is_refused_without_a_name(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        bola, ngozi = stage.player(estate.BOLA), stage.player(estate.NEWCOMER)
        link = await invite(bola, role="Resident", unit="A-14", phone="+2348035550000")
        await follow(ngozi, link, until="One step to join")
        assert "not your own contact" in await say(ngozi, "+2348035550000")
        refused = await share(ngozi, until="another phone number")
        assert "A-14" not in refused
        assert "Adaeze" not in refused
        assert "do not belong" in await say(ngozi, "/bills")
        await stage.check_books()


async def test_an_expired_invitation_sends_back_to_the_admin(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        bola, ngozi = stage.player(estate.BOLA), stage.player(estate.NEWCOMER)
        link = await invite(bola, role="Resident", unit="A-14", phone="")
        await later(stage, days=7, minutes=1)
        refused = await follow(ngozi, link)
        assert "expired" in refused
        assert "Ask the administrator" in refused
        assert "do not belong" in await say(ngozi, "/wallet")
        await stage.check_books()


async def test_who_guesses_links_is_slowed_down(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        bola, ngozi = stage.player(estate.BOLA), stage.player(estate.NEWCOMER)
        before = await dump(stage)
        for guess in range(5):
            assert "opens nothing" in await follow(ngozi, f"?start=i_{guess:022d}")
        assert "Too many tries" in await follow(ngozi, "?start=i_0000000000000000000000")
        assert "Too many tries" in await follow(ngozi, "?start=nonsense")
        link = await invite(bola, role="Resident", unit="C-01", phone="")
        assert "Too many tries" in await follow(ngozi, link)
        assert await dump(stage) == before
        await later(stage, hours=1)
        assert "C-01" in await follow(ngozi, link, until="You have joined")
        await stage.check_books()


async def test_two_taps_on_the_link_join_once(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        bola, ngozi = stage.player(estate.BOLA), stage.player(estate.NEWCOMER)
        stage.world.board.turn_on("telegram.duplicate")
        link = await invite(bola, role="Resident", unit="C-01", phone="")
        ngozi.whisper(f"/start {link.partition('=')[2]}")
        ngozi.whisper(f"/start {link.partition('=')[2]}")
        await newest(ngozi, "already joined with this link")
        await stage.settle()
        joined = [one for one in ngozi.messages() if "You have joined" in plain(one)]
        assert len(joined) == 1
        assert "Members: 5" in await say(bola, "/people", until="People of")
        await stage.check_books()


async def test_a_role_that_approves_money_needs_a_phone(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        bola = stage.player(estate.BOLA)
        await set_pin(bola, "4829")
        await say(bola, "/invite", until="step 1 of 3")
        await tap(bola, "Finance approver", "No unit", until="needs a verified phone")
        assert "[Make the link" not in bola.screen()
        assert "cannot read that as a phone" in await say(bola, "not a number")
        await say(bola, NGOZI_PHONE, until="your PIN is asked next")
        await tap(bola, "Make the invitation", until="Enter your PIN")
        assert "Only for the phone ••0005" in await enter_pin(bola, "4829", until="Invitation to")
        await stage.check_books()


@pytest.mark.parametrize("somebody", [estate.ADAEZE, estate.CHIDI])
async def test_who_may_not_manage_members_invites_nobody(tmp_path: Path, somebody: int) -> None:
    async with raised(tmp_path) as stage:
        player = stage.player(somebody)
        assert "does not allow" in await say(player, "/invite")
        assert "does not allow" in await say(player, "/people")
        await stage.check_books()


async def test_a_household_member_sees_and_pays_the_same_bill(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        bola, ngozi = stage.player(estate.BOLA), stage.player(estate.NEWCOMER)
        adaeze = stage.player(estate.ADAEZE)
        await adaeze.start()
        link = await invite(bola, role="Resident", unit="A-14", phone="")
        await follow(ngozi, link, until="You have joined")
        number = await number_of(stage, 1)
        ways = await acknowledge(ngozi, number)
        assert "[Pay by link] [Top up]" in ways.replace("\n", " ")
        assert "Pay from wallet" not in ways
        wallet = await say(ngozi, "/wallet", until="Your wallet")
        assert "Available 0.00 NGN" in wallet
        assert "20,000" not in wallet
        assert await purse(stage) == Purse()
        await stage.check_books()

"""A bill is paid by M-Pesa on a pretend phone, through the real adapter, whatever gets lost."""

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from bot.sandbox import estate
from bot.sandbox import provider_switches as switches
from bot.sandbox.places import NAIROBI
from bot.sandbox.player import Player
from storage.transaction import SqlTransaction
from tests.scripts.counting import purse
from tests.scripts.playing import PROOF, enter_pin, newest, plain, say, set_pin, tap
from tests.scripts.scenes import acknowledge, number_of, open_bill
from tests.scripts.stage import Stage, raised

SEED: Final = partial(estate.seed, place=NAIROBI)
LOOK: Final = "Look at your phone: M-Pesa asks for your PIN there."


def without_phone(tx: SqlTransaction) -> None:
    """Found the estate with nobody knowing Hassan's number."""
    SEED(tx)
    hassan = tx.people.person(estate.person_of(tx, estate.IBRAHIM))
    tx.people.replace_person(hassan, replace(hassan, phone="", phone_verified_at=None))


@pytest.fixture(params=[SEED])
async def stage(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    people = estate.cast(NAIROBI)
    async with raised(tmp_path, is_running=False, seed=request.param, people=people) as made:
        made.world.board.set(switches.PLAYS, "mpesa")
        await made.start()
        yield made
        await made.check_books()


async def ask(stage: Stage) -> Player:
    """Let Hassan ask for his bill on his phone."""
    hassan = stage.player(estate.IBRAHIM)
    await acknowledge(hassan, await number_of(stage, 3))
    card = await tap(hassan, "Pay by link", "Full", until="This pays the bill in full.")
    assert "M-Pesa asks for your PIN on your phone." in card
    assert "page" not in card
    await tap(hassan, "Pay 5,000.00", until=LOOK)
    return hassan


async def press(stage: Stage, act: str) -> None:
    """Press on the one phone that asks."""
    (shown,) = stage.provider.phones.view()
    await stage.provider.phones.press(str(shown["id"]), act)


async def receipted(stage: Stage, player: Player) -> None:
    """Wait for the receipt; the money came once."""
    receipt = await newest(player, PROOF)
    assert "by M-Pesa" in plain(receipt)
    await stage.quiet()
    assert (await purse(stage)).taken == 500_000


async def test_a_pin_that_is_told_twice_pays_once(stage: Stage) -> None:
    hassan = await ask(stage)
    await press(stage, "pay_twice")
    await receipted(stage, hassan)


async def test_a_lost_answer_is_asked_for(stage: Stage) -> None:
    hassan = await ask(stage)
    await press(stage, "pay_lost")
    await tap(hassan, "Check now", until="Paid 5,000.00 KES")
    await receipted(stage, hassan)


async def test_who_cancels_is_asked_again(stage: Stage) -> None:
    hassan = await ask(stage)
    await press(stage, "cancelled")
    await newest(hassan, "It was cancelled on the phone")
    await tap(hassan, "Try again by M-Pesa", until=LOOK)
    await press(stage, "pay")
    await receipted(stage, hassan)


async def test_a_prompt_outlives_its_cancelled_payment_and_the_payer_is_told(stage: Stage) -> None:
    hassan = await ask(stage)
    told = await tap(hassan, "Cancel payment", until="cancelled. Nothing was taken")
    assert "If your phone still asks for your PIN, press Cancel there, too." in told
    await press(stage, "pay")
    assert "in your wallet" in plain(await newest(hassan, "came in late"))
    await stage.quiet()
    assert (await purse(stage)).taken == 500_000


async def test_a_prompt_that_was_turned_away_is_told_as_such(stage: Stage) -> None:
    stage.world.board.set(switches.CREATE, "429")
    hassan = stage.player(estate.IBRAHIM)
    await acknowledge(hassan, await number_of(stage, 3))
    told = await tap(
        hassan, "Pay by link", "Full", "Pay 5,000.00", until="your phone was not asked"
    )
    assert "Cancel payment" in told
    assert stage.provider.phones.view() == []


async def test_a_pin_after_the_time_was_over_still_pays(stage: Stage) -> None:
    hassan = await ask(stage)
    await press(stage, "no_answer")
    await newest(hassan, "Nobody answered on the phone in time.")
    await press(stage, "pay")
    await receipted(stage, hassan)


@pytest.mark.parametrize("stage", [without_phone], indirect=True)
async def test_who_has_shared_no_number_is_told_and_may(stage: Stage) -> None:
    hassan = stage.player(estate.IBRAHIM)
    number = await number_of(stage, 3)
    await acknowledge(hassan, number)
    told = await tap(hassan, "Pay by link", "Full", until="cannot be paid by link here")
    assert "no phone number of yours has been verified" in told
    await tap(hassan, "Share my phone number", until="Your phone number")
    await hassan.share_contact()
    await newest(hassan, "••0002 is verified")
    await open_bill(hassan, number)
    await tap(hassan, "Pay by link", "Full", "Pay 5,000.00", until=LOOK)
    await press(stage, "pay")
    await receipted(stage, hassan)


async def test_a_payment_is_reversed_by_its_receipt(stage: Stage) -> None:
    hassan = await ask(stage)
    await press(stage, "pay")
    await receipted(stage, hassan)
    kiprono = stage.player(estate.CHIDI)
    await set_pin(kiprono, "2580")
    await say(kiprono, "/find RCPT-2026-000001", until="Receipt RCPT-")
    await tap(kiprono, "Refund", until="How much goes back?")
    await tap(kiprono, "All", "Back by M-Pesa", until="Why?")
    await say(kiprono, "Paid twice", until="It is held")
    await tap(kiprono, "Refund 5,000.00", until="Enter your PIN")
    await enter_pin(kiprono, "2580", until="Reference")
    await newest(hassan, "5,000.00 KES went back by the way it came")
    (checkout,) = stage.provider.checkouts()
    assert [each.amount_minor for each in checkout.refunds] == [500_000]

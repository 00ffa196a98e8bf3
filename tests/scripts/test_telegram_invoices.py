"""A bill is paid by an invoice inside Telegram, however Telegram and the bot behave meanwhile.

The service is also killed at points from the press on Pay to the receipt: `make check` takes every
`STRIDE`th, `make soak` (HAZINA_SOAK=1) all of them.
"""

import asyncio
import os
from html import unescape
from pathlib import Path
from typing import Final

import httpx
import pytest
from pydantic import SecretStr

from bot.sandbox import estate
from bot.sandbox import provider_switches as switches
from bot.sandbox.webhook import WebhookDelivery
from tests.scripts.counting import purse
from tests.scripts.crashes import NEVER, Crash
from tests.scripts.playing import PROOF, newest, plain
from tests.scripts.scenes import acknowledge, ask_link, number_of
from tests.scripts.stage import ACTS_WITHIN_S, Stage, raised

STRIDE: Final = 1 if os.environ.get("HAZINA_SOAK") else 5


async def ask(stage: Stage, crash: Crash | None = None) -> str:
    """Play Telegram, start the bot and let Ibrahim ask for an invoice."""
    stage.world.board.set(switches.PLAYS, "telegram")
    await stage.start(crash)
    ibrahim = stage.player(estate.IBRAHIM)
    await acknowledge(ibrahim, await number_of(stage, 3))
    return await ask_link(ibrahim, opens="Open invoice")


async def press(link: str, act: str = "pay", *, who: int = estate.IBRAHIM) -> str:
    """Press a button of the invoice; return what it shows then."""
    async with httpx.AsyncClient(timeout=60) as browser:
        response = await browser.post(link, data={"act": act, "who": str(who)})
        assert response.status_code == httpx.codes.OK, response.text
        return unescape(response.text)


async def receipt(stage: Stage) -> str:
    return plain(await newest(stage.player(estate.IBRAHIM), PROOF))


async def test_an_invoice_shows_what_is_paid(tmp_path: Path) -> None:
    async with raised(tmp_path, is_running=False) as stage:
        link = await ask(stage)
        async with httpx.AsyncClient() as browser:
            shown = (await browser.get(f"{link}?as={estate.IBRAHIM}")).text
        assert "Pay 5,000.00 NGN" in shown
        assert f'value="{estate.IBRAHIM}" selected' in shown
        assert "TEST:" not in shown


async def test_a_bill_is_paid_once_and_an_invoice_that_was_passed_on_is_refused(
    tmp_path: Path,
) -> None:
    async with raised(tmp_path, is_running=False) as stage:
        stage.world.board.turn_on("telegram.duplicate")
        link = await ask(stage)
        assert "Paid" in await press(link)
        assert "Telegram" in await receipt(stage)
        again = await press(link, who=estate.ADAEZE)
        assert "This has been paid already. Nothing more was taken." in again
        assert (await purse(stage)).estate == 500_000
        await stage.check_books()


async def test_after_a_declined_card_it_may_be_paid_with_another(tmp_path: Path) -> None:
    async with raised(tmp_path, is_running=False) as stage:
        link = await ask(stage)
        assert "Declined by the bank" in await press(link, "decline")
        assert (await purse(stage)).estate == 0
        assert "Refused by the bot" in await press(link, who=estate.ADAEZE)
        assert "Paid" in await press(link)
        await receipt(stage)
        await stage.check_books()


async def test_a_bot_that_is_down_lets_nobody_pay(tmp_path: Path) -> None:
    async with raised(tmp_path, is_running=False) as stage:
        link = await ask(stage)
        await stage.stop()
        stage.world.answer_within_s = 0.1
        assert "The bot did not answer" in await press(link)
        stage.world.answer_within_s = ACTS_WITHIN_S
        await stage.start()
        assert "Paid" in await press(link)
        await receipt(stage)
        assert (await purse(stage)).estate == 500_000
        await stage.check_books()


async def test_a_receipt_survives_a_death(tmp_path: Path) -> None:
    async with raised(tmp_path, is_running=False) as stage:
        link = await ask(stage)
        await press(link)
        await stage.kill()
        await stage.start()
        await receipt(stage)
        assert (await purse(stage)).estate == 500_000
        await stage.check_books()


async def test_it_is_paid_by_webhook(tmp_path: Path) -> None:
    async with raised(tmp_path, is_running=False) as stage:
        stage.overrides |= {
            "telegram_mode": "webhook",
            "telegram_webhook_secret": SecretStr("obviously-not-secret"),
        }
        delivery = asyncio.create_task(WebhookDelivery(stage.world).run())
        link = await ask(stage)
        assert "Paid" in await press(link)
        await receipt(stage)
        await stage.check_books()
        delivery.cancel()
        await asyncio.gather(delivery, return_exceptions=True)


async def pay_and_die(folder: Path, after: int = NEVER) -> int:
    """Pay, with the service dying so many points after the press; return how many there were."""
    await asyncio.to_thread(folder.mkdir)
    async with raised(folder, is_running=False) as stage:
        crash = Crash()
        link = await ask(stage, crash)
        await stage.quiet()
        begun, crash.at = crash.points, crash.points + after
        stage.world.answer_within_s = 1
        # A point that this run does not reach before the receipt is there kills nobody.
        while not crash.is_dead and not has_receipt(stage):
            if is_paid(stage):
                await stage.world.change(0.05)
            else:
                await press(link)
        crash.at = NEVER
        stage.world.answer_within_s = ACTS_WITHIN_S
        if crash.is_dead:
            await stage.kill()
            await stage.start()
        if not is_paid(stage):
            assert "Paid" in await press(link)
        await receipt(stage)
        await stage.quiet()
        assert (await purse(stage)).estate == 500_000
        await stage.check_books()
        return crash.points - begun


def is_paid(stage: Stage) -> bool:
    (invoice,) = stage.world.state.invoices.values()
    return bool(invoice.paid)


def has_receipt(stage: Stage) -> bool:
    return any("Receipt RCPT-" in plain(one) for one in stage.player(estate.IBRAHIM).messages())


@pytest.mark.sqlite
async def test_it_is_credited_once_wherever_the_service_dies(tmp_path: Path) -> None:
    points = await pay_and_die(tmp_path / "whole")
    assert points > STRIDE
    for after in range(1, points + 1, STRIDE):
        await pay_and_die(tmp_path / str(after), after)

"""A bill is paid by an invoice inside Telegram, however Telegram and the bot behave meanwhile."""

import asyncio
from html import unescape
from pathlib import Path

import httpx
from pydantic import SecretStr

from bot.sandbox import estate
from bot.sandbox import provider_switches as switches
from bot.sandbox.webhook import WebhookDelivery
from tests.scripts.counting import purse
from tests.scripts.playing import newest, plain
from tests.scripts.scenes import acknowledge, ask_link, number_of
from tests.scripts.stage import Stage, raised


async def ask(stage: Stage) -> str:
    """Play Telegram, start the bot and let Ibrahim ask for an invoice."""
    stage.world.board.set(switches.PLAYS, "telegram")
    await stage.start()
    ibrahim = stage.player(estate.IBRAHIM)
    await acknowledge(ibrahim, await number_of(stage, 3))
    return await ask_link(ibrahim)


async def press(link: str, act: str = "pay", *, who: int = estate.IBRAHIM) -> str:
    """Press a button of the invoice; return what it shows then."""
    async with httpx.AsyncClient(timeout=20) as browser:
        response = await browser.post(link, data={"act": act, "who": str(who)})
        assert response.status_code == httpx.codes.OK, response.text
        return unescape(response.text)


async def receipt(stage: Stage) -> str:
    return plain(await newest(stage.player(estate.IBRAHIM), "Receipt RCPT-"))


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
        stage.world.answer_within_s = 10
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

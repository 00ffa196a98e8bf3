"""The main job in webhook mode: Telegram delivers, nothing is polled."""

import asyncio
from pathlib import Path

from pydantic import SecretStr

from bot.sandbox import estate
from bot.sandbox.webhook import WebhookDelivery
from tests.scripts.playing import say, tap
from tests.scripts.stage import raised


async def test_a_bill_is_opened_and_acknowledged_by_webhook(tmp_path: Path) -> None:
    async with raised(tmp_path, is_running=False) as stage:
        stage.overrides |= {
            "telegram_mode": "webhook",
            "telegram_webhook_secret": SecretStr("obviously-not-secret"),
        }
        delivery = asyncio.create_task(WebhookDelivery(stage.world).run())
        await stage.start()
        adaeze = stage.player(estate.ADAEZE)

        await say(adaeze, "/bills", until="Your bills")
        await tap(adaeze, "BILL-", "Acknowledge", until="Acknowledged")

        await stage.check_books()
        delivery.cancel()
        await asyncio.gather(delivery, return_exceptions=True)

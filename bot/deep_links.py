"""Deep links of invitations, for people at a terminal."""

import asyncio

from bot.engine.telegram import TelegramClient
from bot.settings import Settings

SANDBOX_BOT = "hazina_sandbox_bot"
ANSWER_S = 5


def link_of(key: str, settings: Settings) -> str:
    """Return the deep link of an invitation; the bot's name is asked of Telegram.

    Where Telegram does not answer it is the command that the link stands for.
    """
    username = SANDBOX_BOT
    if settings.has_token:
        try:
            username = asyncio.run(_ask(settings))
        except Exception:  # noqa: BLE001 - the code is printed all the same
            return f"/start i_{key}"
    return f"https://t.me/{username}?start=i_{key}"


async def _ask(settings: Settings) -> str:
    client = TelegramClient(
        token=settings.telegram_bot_token.get_secret_value(), api_url=settings.telegram_api_url
    )
    await client.open()
    try:
        async with asyncio.timeout(ANSWER_S):
            return (await client.get_me()).username
    finally:
        await client.close()

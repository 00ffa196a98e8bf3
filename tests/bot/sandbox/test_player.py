"""A played person: talks and taps, and sees what a person would see."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.sandbox.player import NothingCame, Player
from bot.sandbox.world import World
from tests.bot.sandbox.conftest import ADA, Bot

PAY = {"inline_keyboard": [[{"text": "Pay 5,000.00 NGN", "callback_data": "pay"}]]}


async def answer(bot: Bot, update: dict[str, Any]) -> None:
    if "callback_query" in update:
        query = update["callback_query"]
        await bot.do("answerCallbackQuery", callback_query_id=query["id"], text="Working")
        message_id = query["message"]["message_id"]
        await bot.do("editMessageText", chat_id=ADA.id, message_id=message_id, text="Paid")
    elif "contact" in update["message"]:
        await bot.do("sendMessage", chat_id=ADA.id, text="Thank you")
    else:
        await bot.do("sendMessage", chat_id=ADA.id, text="A bill", reply_markup=PAY)


async def run(bot: Bot) -> None:
    offset = 0
    while True:
        for update in await bot.do("getUpdates", offset=offset, timeout=5):
            offset = update["update_id"] + 1
            await answer(bot, update)


@pytest.fixture
async def ada(world: World, bot: Bot) -> AsyncIterator[Player]:
    loop = asyncio.get_running_loop()
    world.monotonic = loop.time
    task = asyncio.create_task(run(bot))
    yield Player(world, ADA)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_story(ada: Player) -> None:
    assert (await ada.say("/bills")).body.text == "A bill"
    assert ada.screen() == "A bill\n[Pay 5,000.00 NGN]"
    assert (await ada.press("pay")).text == "Working"
    assert (await ada.wait_for("Paid")).id == ada.last().id
    assert (await ada.share_contact()).body.text == "Thank you"
    assert len(ada.messages()) == 2


async def test_what_does_not_come_shows_the_screen(ada: Player) -> None:
    await ada.say("/bills")
    with pytest.raises(NothingCame, match="sees no button"):
        await ada.press("Approve")
    with pytest.raises(NothingCame, match=r"Pay 5,000\.00 NGN"):
        await ada.wait_for("Refunded", timeout_s=0.05)

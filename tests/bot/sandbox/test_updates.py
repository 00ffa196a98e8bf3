"""How updates reach a polling bot."""

import asyncio
from typing import Any

import aiohttp
import pytest

from bot.sandbox import acts
from bot.sandbox.world import World
from tests.bot.sandbox.conftest import ADA, Bot, Clock


def write(world: World, *texts: str) -> None:
    for text in texts:
        acts.say(world, person_id=ADA.id, chat_id=ADA.id, text=text)


def texts(updates: list[dict[str, Any]]) -> list[str]:
    return [update["message"]["text"] for update in updates]


async def polled(world: World) -> None:
    async with asyncio.timeout(30):
        while not world.queue.open_polls:
            await world.change(0.01)


async def test_updates_stay_until_confirmed_by_a_higher_offset(bot: Bot, world: World) -> None:
    write(world, "one", "two")
    first = await bot.do("getUpdates")
    again = await bot.do("getUpdates")
    assert texts(first) == texts(again) == ["one", "two"]
    assert first[1]["update_id"] == first[0]["update_id"] + 1
    assert texts(await bot.do("getUpdates", offset=first[1]["update_id"])) == ["two"]
    assert texts(await bot.do("getUpdates")) == ["two"]


async def test_a_message_shows_that_the_bot_has_it(bot: Bot, world: World) -> None:
    write(world, "one")
    (update,) = await bot.do("getUpdates")
    message = world.state.chats[ADA.id].messages[update["message"]["message_id"]]
    assert not message.is_taken
    await bot.do("getUpdates", offset=update["update_id"] + 1)
    assert world.state.chats[ADA.id].messages[message.id].is_taken


async def test_negative_offset_keeps_the_newest(bot: Bot, world: World) -> None:
    write(world, "one", "two", "three")
    assert texts(await bot.do("getUpdates", offset=-1)) == ["three"]
    assert texts(await bot.do("getUpdates")) == ["three"]


async def test_limit(bot: Bot, world: World) -> None:
    write(world, "one", "two")
    assert texts(await bot.do("getUpdates", limit=1)) == ["one"]


async def test_a_long_poll_ends_with_the_first_update(bot: Bot, world: World) -> None:
    poll = asyncio.create_task(bot.do("getUpdates", timeout=20))
    await polled(world)
    write(world, "hello")
    assert texts(await asyncio.wait_for(poll, 15)) == ["hello"]


async def test_two_pollers_conflict(bot: Bot, world: World) -> None:
    first = asyncio.create_task(bot.call("getUpdates", timeout=20))
    await polled(world)
    second = asyncio.create_task(bot.call("getUpdates", timeout=20))
    body = await asyncio.wait_for(first, 15)
    assert body["error_code"] == 409
    assert body["description"] == (
        "Conflict: terminated by other getUpdates request;"
        " make sure that only one bot instance is running"
    )
    write(world, "for the second")
    assert texts((await asyncio.wait_for(second, 15))["result"]) == ["for the second"]


async def test_a_webhook_and_a_poller_conflict(bot: Bot, world: World) -> None:
    poll = asyncio.create_task(bot.call("getUpdates", timeout=20))
    await polled(world)
    await bot.do("setWebhook", url="https://bot.example.com/hook")
    assert (await asyncio.wait_for(poll, 15))["error_code"] == 409
    words = await bot.refused("getUpdates")
    assert words.startswith("Conflict: can't use getUpdates method while webhook is active")
    await bot.do("deleteWebhook")
    assert await bot.do("getUpdates") == []


async def test_an_outage_cuts_the_open_poll(bot: Bot, world: World) -> None:
    poll = asyncio.create_task(bot.call("getUpdates", timeout=20))
    await polled(world)
    world.board.set("telegram.outage", "drop")
    with pytest.raises(aiohttp.ClientError):
        await asyncio.wait_for(poll, 15)


async def test_allowed_updates_are_remembered_and_do_not_filter_what_waits(
    bot: Bot, world: World
) -> None:
    write(world, "before")
    await bot.do("getUpdates", allowed_updates=["callback_query"])
    write(world, "after")
    assert texts(await bot.do("getUpdates")) == ["before"]
    await bot.do("getUpdates", allowed_updates=[])
    write(world, "again")
    assert texts(await bot.do("getUpdates")) == ["before", "again"]


async def test_presses_live_shorter_than_messages(bot: Bot, world: World, clock: Clock) -> None:
    write(world, "hi")
    markup = {"inline_keyboard": [[{"text": "a", "callback_data": "b"}]]}
    sent = await bot.do("sendMessage", chat_id=ADA.id, text="x", reply_markup=markup)
    acts.press(world, person_id=ADA.id, chat_id=ADA.id, message_id=sent["message_id"], data="b")
    assert len(await bot.do("getUpdates")) == 2
    clock.now_s += 151
    assert texts(await bot.do("getUpdates")) == ["hi"]
    clock.now_s += 86_400
    assert await bot.do("getUpdates") == []


async def test_duplicates_come_again_after_confirmation(bot: Bot, world: World) -> None:
    world.board.turn_on("telegram.duplicate")
    write(world, "one")
    (update,) = await bot.do("getUpdates")
    again = await bot.do("getUpdates", offset=update["update_id"] + 1)
    assert again == [update]
    assert await bot.do("getUpdates", offset=update["update_id"] + 1) == []


async def test_two_close_updates_swap_places(bot: Bot, world: World) -> None:
    world.board.turn_on("telegram.reorder")
    write(world, "one", "two")
    assert texts(await bot.do("getUpdates")) == ["two", "one"]

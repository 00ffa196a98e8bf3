"""How updates reach a bot by webhook."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.sandbox import acts
from bot.sandbox.webhook import SECRET_HEADER, WebhookDelivery
from bot.sandbox.world import World
from tests.bot.sandbox.conftest import ADA, BOLA, Bot


class Hook:
    """A webhook that answers as told and remembers what came."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []
        self.secrets: set[str] = set()
        self.answers: list[int] = []
        self.hold: dict[int, asyncio.Event] = {}
        self.news = asyncio.Event()

    async def handle(self, request: web.Request) -> web.Response:
        update = await request.json()
        self.seen.append(update)
        self.secrets.add(request.headers.get(SECRET_HEADER, ""))
        self.news.set()
        person_id = update.get("message", {}).get("chat", {}).get("id", 0)
        if person_id in self.hold:
            await self.hold[person_id].wait()
        return web.Response(status=self.answers.pop(0) if self.answers else 200)

    async def came(self, count: int) -> list[str]:
        async with asyncio.timeout(30):
            while len(self.seen) < count:
                self.news.clear()
                await self.news.wait()
        return [update["message"]["text"] for update in self.seen]


@pytest.fixture
async def hook(world: World, bot: Bot) -> AsyncIterator[Hook]:
    made = Hook()
    app = web.Application()
    app.router.add_post("/hook", made.handle)
    async with TestServer(app) as server:
        await bot.do("setWebhook", url=str(server.make_url("/hook")), secret_token="s-1")
        task = asyncio.create_task(WebhookDelivery(world, first_pause_s=0.01).run())
        yield made
        for gate in made.hold.values():
            gate.set()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def write(world: World, text: str, person_id: int = ADA.id) -> None:
    acts.say(world, person_id=person_id, chat_id=person_id, text=text)


async def emptied(world: World) -> None:
    async with asyncio.timeout(30):
        while world.queue.waiting():
            await world.change(0.01)


async def test_delivery_carries_the_secret_and_confirms(hook: Hook, world: World) -> None:
    write(world, "one")
    assert await hook.came(1) == ["one"]
    await emptied(world)
    assert hook.secrets == {"s-1"}


async def test_a_failure_is_repeated_in_order(hook: Hook, world: World, bot: Bot) -> None:
    hook.answers = [500, 503, 404]
    write(world, "one")
    write(world, "two")
    assert await hook.came(5) == ["one", "one", "one", "one", "two"]
    info = await bot.do("getWebhookInfo")
    assert info["last_error_message"] == "Wrong response from the webhook: 404 Not Found"


async def test_lanes_do_not_wait_for_each_other(hook: Hook, world: World) -> None:
    hook.hold[ADA.id] = asyncio.Event()
    write(world, "ada waits")
    await hook.came(1)
    write(world, "ada's next")
    write(world, "bola", BOLA.id)
    assert await hook.came(2) == ["ada waits", "bola"]
    hook.hold[ADA.id].set()
    assert (await hook.came(3))[-1] == "ada's next"


async def test_duplicates(hook: Hook, world: World) -> None:
    world.board.turn_on("telegram.duplicate")
    write(world, "one")
    assert await hook.came(2) == ["one", "one"]


async def test_pending_updates_are_counted_and_can_be_dropped(bot: Bot, world: World) -> None:
    await bot.do("setWebhook", url="https://bot.example.com/hook", max_connections=500)
    write(world, "one")
    info = await bot.do("getWebhookInfo")
    assert (info["pending_update_count"], info["max_connections"]) == (1, 100)
    await bot.do("deleteWebhook", drop_pending_updates=True)
    assert (await bot.do("getWebhookInfo"))["pending_update_count"] == 0


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"url": "http://bot.example.com/"}, "An HTTPS URL must be provided for webhook"),
        (
            {"url": "https://bot.example.com/", "secret_token": "a b"},
            "secret token contains unallowed characters",
        ),
    ],
)
async def test_bad_webhooks_are_refused(bot: Bot, params: dict[str, str], words: str) -> None:
    assert words in await bot.refused("setWebhook", **params)

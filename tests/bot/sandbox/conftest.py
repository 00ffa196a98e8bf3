"""A small world and a bot that calls its Bot API over real HTTP on loopback."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.sandbox import acts
from bot.sandbox.bot_api import BotApi
from bot.sandbox.records import Group, Person
from bot.sandbox.world import World

ADA = Person(id=910_000_001, first_name="Ada", last_name="Obi", phone="+2348030000001")
BOLA = Person(id=910_000_002, first_name="Bola", language_code="sw")
SAVERS = Group(
    id=-1_001_000_000_001, title="Savers", member_ids=(ADA.id, BOLA.id), admin_ids=(ADA.id,)
)
BASE = "http://127.0.0.1:8080"


class Clock:
    """A clock that stands still until moved, in seconds."""

    def __init__(self) -> None:
        self.now_s = 1_795_000_000.0

    def __call__(self) -> float:
        return self.now_s


class Bot:
    """Calls methods as a bot would and returns the whole answer."""

    def __init__(self, client: TestClient[web.Request, web.Application], token: str) -> None:
        self.client = client
        self.token = token

    async def call(self, method: str, **params: Any) -> Any:
        path = f"/sandbox/telegram/bot{self.token}/{method}"
        async with self.client.post(path, json=params) as answer:
            body = await answer.json()
            assert answer.status == (200 if body["ok"] else body["error_code"])
            return body

    async def do(self, method: str, **params: Any) -> Any:
        body = await self.call(method, **params)
        assert body["ok"], body
        return body["result"]

    async def refused(self, method: str, **params: Any) -> str:
        body = await self.call(method, **params)
        assert not body["ok"], body
        return str(body["description"])


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def world(clock: Clock) -> World:
    """A world in memory: Ada has started the bot, Bola has not; both are in the group."""
    made = World(people=(ADA, BOLA), groups=(SAVERS,), own_base=BASE, clock=clock, monotonic=clock)
    acts.start(made, person_id=ADA.id)
    made.queue.drop_all()
    return made


@pytest.fixture
async def bot(world: World) -> AsyncIterator[Bot]:
    app = web.Application()
    BotApi(world).mount(app, "/sandbox/telegram")
    async with TestClient(TestServer(app)) as client:
        yield Bot(client, world.state.bot.token)

"""The sandbox answers to its own names only: pages from elsewhere read nothing."""

from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.sandbox.child import free_port
from bot.sandbox.names import is_own_name
from bot.sandbox.story import Story
from bot.sandbox.supervisor import build_app, new_child
from bot.sandbox.world import World
from tests.bot.sandbox.test_supervisor import options


@pytest.mark.parametrize(
    ("said", "host", "is_own"),
    [
        ("127.0.0.1:8080", "127.0.0.1", True),
        ("localhost", "127.0.0.1", True),
        ("LOCALHOST:80", "127.0.0.1", True),
        ("[::1]:8080", "::1", True),
        ("box.lan:8080", "box.lan", True),
        ("192.168.1.5:8080", "0.0.0.0", True),  # noqa: S104 - a text
        ("192.168.1.5:8080", "127.0.0.1", False),
        ("evil.com", "127.0.0.1", False),
        ("evil.com:8080", "0.0.0.0", False),  # noqa: S104 - a text
        ("127.0.0.1.evil.com", "127.0.0.1", False),
        ("localhost.evil.com", "127.0.0.1", False),
        ("evil.com@127.0.0.1x", "127.0.0.1", False),
        ("[", "127.0.0.1", False),
        ("", "", False),
        ("", "127.0.0.1", False),
    ],
)
def test_only_own_names_count(said: str, host: str, *, is_own: bool) -> None:
    assert is_own_name(said, host=host) is is_own


@pytest.mark.parametrize(
    "path", ["/sandbox/", "/sandbox/api/events", "/sandbox/api/view", "/payments/callback/sandbox/"]
)
async def test_another_name_gets_nothing(world: World, tmp_path: Path, path: str) -> None:
    port = free_port()
    child = new_child(options(tmp_path), world, port=port)
    app = build_app(world, child=child, child_port=port, story=Story)
    async with TestClient[web.Request, web.Application](TestServer(app)) as client:
        answer = await client.get(path, headers={"Host": "evil.com"})
        assert answer.status == 421

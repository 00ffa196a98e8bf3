"""The whole sandbox: the child process, the way to it, and the page's calls."""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.sandbox import acts
from bot.sandbox.behind import Behind
from bot.sandbox.child import Child, ChildStatus, free_port
from bot.sandbox.orphan import end_orphan, note_child
from bot.sandbox.provider_switches import PLAYS, SLOW, add_switches
from bot.sandbox.records import Person
from bot.sandbox.story import Section, Story, StoryStep
from bot.sandbox.supervisor import (
    NotLoopback,
    SandboxOptions,
    build_app,
    check_host,
    new_child,
    new_world,
    run_sandbox,
)
from bot.sandbox.world import World
from tests.bot.sandbox.conftest import ADA

Client = TestClient[web.Request, web.Application]

SERVER = """
import http.server, json, os
class H(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        said = json.dumps({"path": self.path, "body": body.decode(), "host": self.headers["Host"],
            "offset": os.environ["SANDBOX_CLOCK_OFFSET_S"]}).encode()
        self.send_response(201); self.send_header("X-Bot", "yes"); self.end_headers()
        self.wfile.write(said)
print("bot is up", flush=True)
http.server.HTTPServer(("127.0.0.1", int(os.environ["HTTP_PORT"])), H).serve_forever()
"""


def options(folder: Path, code: str = SERVER) -> SandboxOptions:
    return SandboxOptions(
        host="127.0.0.1", port=8080, data_dir=folder, python_argv=(sys.executable, "-c", code)
    )


async def became(world: World, child: Child, status: ChildStatus) -> None:
    async with asyncio.timeout(60):
        while child.status is not status:
            await world.change(0.5)


async def inside() -> list[Section]:
    return [Section(title="Wallets", columns=("Who", "Available"), rows=(("Ada", "5.00"),))]


@pytest.fixture
async def child(world: World, tmp_path: Path) -> AsyncIterator[Child]:
    port = free_port()
    made = new_child(options(tmp_path), world, port=port)
    made_port[made] = port
    yield made
    await made.stop()


made_port: dict[Child, int] = {}


async def nothing() -> frozenset[tuple[int, str]]:
    return frozenset()


class Renewal:
    """Notes how the child stands, waits until let go, and fails if told to."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.places: list[str] = []
        self.seen: list[ChildStatus] = []
        self.begun = asyncio.Event()
        self.until: asyncio.Event | None = None
        self.problem: Exception | None = None

    async def __call__(self, place: str) -> None:
        self.begun.set()
        self.places.append(place)
        if self.problem is not None:
            raise self.problem
        self.seen.append(self.child.status)
        if self.until is not None:
            await self.until.wait()


def needs(key: str, value: object) -> str:
    return "nairobi" if (key, value) == (PLAYS, "stripe") else ""


@pytest.fixture
def renewal(child: Child) -> Renewal:
    return Renewal(child)


@pytest.fixture
async def client(world: World, child: Child, renewal: Renewal) -> AsyncIterator[Client]:
    story = Story(steps=(StoryStep(title="Join", text="Ada joins", person_id=ADA.id),))
    port = made_port[child]
    behind = Behind(inside=inside, happened=nothing, renew=renewal, needs=needs)
    app = build_app(world, child=child, child_port=port, story=lambda: story, behind=behind)
    async with TestClient(TestServer(app)) as made:
        yield made


async def act(client: Client, name: str, **body: Any) -> tuple[int, dict[str, Any]]:
    async with client.post(f"/sandbox/api/{name}", json=body) as answer:
        return answer.status, await answer.json()


async def test_other_paths_go_to_the_child_and_503_while_it_is_down(
    client: Client, child: Child, world: World
) -> None:
    path = "/payments/webhooks/sandbox/?a=%252F&b=%20c"
    async with client.post(path, data=b"x") as answer:
        assert answer.status == 503
        assert "not running" in await answer.text()
    await child.start()
    await became(world, child, ChildStatus.RUNNING)
    async with client.post(path, data=b"x") as answer:
        said = json.loads(await answer.text())
        assert (answer.status, answer.headers["X-Bot"]) == (201, "yes")
    assert (said["path"], said["body"]) == (path, "x")
    assert said["host"] == f"{client.host}:{client.port}"


async def test_kill_start_and_the_clock(client: Client, child: Child, world: World) -> None:
    await act(client, "process", act="start")
    await became(world, child, ChildStatus.RUNNING)
    first = child.view()
    assert "bot is up" in first.lines
    assert await act(client, "process", act="kill") == (200, {})
    assert (child.status, child.view().exit_code) == (ChildStatus.KILLED, -9)
    await act(client, "process", act="start")
    await became(world, child, ChildStatus.RUNNING)
    assert child.view().pid != first.pid
    await act(client, "clock", offset_s=86_400)
    await became(world, child, ChildStatus.RUNNING)
    async with client.post("/x", data=b"") as answer:
        assert json.loads(await answer.text())["offset"] == "86400"
    assert (await act(client, "clock", offset_s=-1))[0] == 400


async def test_a_child_that_ends_by_itself_is_seen(world: World, tmp_path: Path) -> None:
    settings = options(tmp_path, "print('goodbye'); raise SystemExit(3)")
    child = new_child(settings, world, port=free_port())
    await child.start()
    await became(world, child, ChildStatus.ENDED)
    assert (child.view().exit_code, child.view().lines) == (3, ("goodbye",))


async def test_the_pages_calls(client: Client, world: World) -> None:
    assert (await act(client, "say", person_id=ADA.id, chat_id=ADA.id, text="hi"))[0] == 200
    status, body = await act(client, "say", person_id=ADA.id, chat_id=ADA.id, text=" ")
    assert (status, body["error"]) == (400, "there is nothing to send")
    assert (await act(client, "say", person_id=ADA.id))[0] == 400
    status, body = await act(client, "person", first_name="Zoe", phone="+49 151 000 0000")
    assert world.state.people[body["id"]].phone == "+491510000000"
    assert (await act(client, "person", first_name="Zoe", phone="12"))[0] == 400
    await act(client, "switch", key="telegram.slow_s", value=2)
    assert world.board.value("telegram.slow_s") == 2
    assert (await act(client, "switch", key="telegram.slow_s", value="x"))[0] == 400
    await act(client, "calm")
    assert world.board.value("telegram.slow_s") == 0


async def test_the_bot_starts_anew_with_what_the_provider_plays(
    client: Client, child: Child, world: World
) -> None:
    add_switches(world.board)
    await act(client, "process", act="start")
    for value, starts in (("paystack", 2), ("paystack", 2), ("sandbox", 3)):
        await act(client, "switch", key=PLAYS, value=value)
        assert child.view().starts == starts
    await act(client, "switch", key=SLOW, value=2)
    assert child.view().starts == 3
    world.board.set(PLAYS, "paystack")
    await act(client, "calm")
    assert child.view().starts == 4


async def test_begin_anew_while_the_bot_is_down(
    client: Client, child: Child, world: World, renewal: Renewal
) -> None:
    await child.start()
    await became(world, child, ChildStatus.RUNNING)
    renewal.until = asyncio.Event()
    going = asyncio.create_task(act(client, "anew"))
    async with asyncio.timeout(60):
        await renewal.begun.wait()
    status, body = await act(client, "anew")
    assert (status, body["error"]) == (400, "a fresh estate is on its way already")
    renewal.until.set()
    assert await going == (200, {})
    assert renewal.seen == [ChildStatus.STOPPED]
    await became(world, child, ChildStatus.RUNNING)
    renewal.problem = acts.CannotDo("no room on the disk")
    assert await act(client, "anew") == (400, {"error": "no room on the disk"})
    await became(world, child, ChildStatus.RUNNING)
    assert child.view().starts == 3


async def test_a_provider_of_another_place_is_played_once_the_estate_stands_there(
    client: Client, child: Child, world: World, renewal: Renewal
) -> None:
    add_switches(world.board)
    wanted = {"key": PLAYS, "value": "stripe"}
    assert await act(client, "switch", **wanted) == (200, {"needs": "nairobi"})
    assert (world.board.value(PLAYS), child.view().starts) == ("sandbox", 0)
    assert await act(client, "anew", place="nairobi", switch=wanted) == (200, {})
    assert (renewal.places, world.board.value(PLAYS)) == (["nairobi"], "stripe")
    assert child.view().starts == 1


async def test_uploads_are_served_harmlessly(client: Client, world: World) -> None:
    query = {"person_id": str(ADA.id), "chat_id": str(ADA.id), "name": "x.html"}
    headers = {"Content-Type": "text/html"}
    async with client.post(
        "/sandbox/api/upload", params=query, data=b"<script>", headers=headers
    ) as answer:
        assert answer.status == 200
    (file,) = world.state.files.values()
    async with client.get(f"/sandbox/api/files/{file.unique_id}/x.html") as answer:
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"] == "attachment"


async def test_other_sites_are_turned_away(client: Client) -> None:
    body = {"person_id": ADA.id, "chat_id": ADA.id, "text": "x"}
    headers = {"Origin": "https://evil.example"}
    async with client.post("/sandbox/api/say", json=body, headers=headers) as answer:
        assert answer.status == 403
    async with client.post("/sandbox/api/say", data=json.dumps(body)) as answer:
        assert answer.status == 415


async def test_the_page_and_its_first_event(client: Client) -> None:
    async with client.get("/") as answer:
        assert answer.url.path == "/sandbox/"
        assert "Sandbox: no real money" in await answer.text()
        assert "script-src" not in answer.headers["Content-Security-Policy"]
    async with client.get("/sandbox/api/events") as answer:
        line = (await answer.content.readline()).removeprefix(b"data: ")
        event = json.loads(line)
        assert event["kind"] == "snapshot"
        assert event["data"]["people"][0]["name"] == "Ada Obi"
        assert "token" not in json.dumps(event["data"]["bot"])
    async with client.get("/sandbox/api/inside") as answer:
        assert (await answer.json())["sections"][0]["rows"] == [["Ada", "5.00"]]
    for path in ("/sandbox/page/nothing.js", "/sandbox/page/..%2fpanel.py", "/sandbox/x"):
        async with client.get(path) as answer:
            assert answer.status == 404


def test_an_orphan_of_our_command_line_is_ended(tmp_path: Path) -> None:
    argv = (sys.executable, "-c", "import time; print(flush=True); time.sleep(60)")
    orphan = subprocess.Popen(argv, stdout=subprocess.PIPE)  # noqa: S603 - our own interpreter and line
    assert orphan.stdout is not None
    # Before it says something it may not have its command line yet.
    orphan.stdout.readline()
    reaper = threading.Thread(target=orphan.wait)
    reaper.start()
    note_child(tmp_path / "child.pid", orphan.pid)
    assert not end_orphan(tmp_path / "child.pid", (sys.executable, "other.py"))
    assert end_orphan(tmp_path / "child.pid", argv)
    reaper.join()
    orphan.stdout.close()
    assert not end_orphan(tmp_path / "child.pid", argv)


def test_loopback_only_unless_told() -> None:
    for host in ("127.0.0.1", "::1", "localhost"):
        check_host(host, may_leave_loopback=False)
    check_host("0.0.0.0", may_leave_loopback=True)  # noqa: S104 - that it may is the point
    for host in ("0.0.0.0", "192.168.1.5", "example.com"):  # noqa: S104 - refused here
        with pytest.raises(NotLoopback):
            check_host(host, may_leave_loopback=False)


async def test_run_until_told(tmp_path: Path) -> None:
    port = free_port()
    settings = SandboxOptions(
        host="127.0.0.1",
        port=port,
        data_dir=tmp_path,
        python_argv=(sys.executable, "-c", SERVER),
    )
    ready: list[str] = []
    until = asyncio.Event()

    def on_ready(address: str) -> None:
        ready.append(address)
        until.set()

    world = new_world(settings, people=(Person(id=1, first_name="A"),))
    async with asyncio.timeout(60):
        await run_sandbox(settings, world=world, story=Story, on_ready=on_ready, until=until)
    assert ready == [f"http://127.0.0.1:{port}/sandbox/"]
    assert (tmp_path / "world.json").is_file()

"""P10: a provider's webhook verified, de-duplicated and durable ÷ a plain aiohttp handler.

Run it with `python -m tests.benchmarks.bench_hooks`. Children serve: our payment doors on a real
database, and a handler that reads the body and says ok. The same signed events go to both over the
same number of connections, in turns; every twentieth is sent twice. Our door is measured alone, and
with the engine at work behind it, which turns each event into a look-up. At the end the keys seen
are counted.
"""

import asyncio
import hmac
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Final

import orjson
from aiohttp import web
from pydantic import SecretStr

from bot.engine.telegram import Me
from bot.settings import Settings
from bot.wiring import build
from storage.doctor import broken
from storage.transaction import SqlTransaction
from tests.benchmarks.crowd import SECRET_KEY, open_file
from tests.benchmarks.figures import conditions, quiet, rated
from tests.benchmarks.wire import child, open_line, parent_is_done, post, serve

MODULE: Final = "tests.benchmarks.bench_hooks"
PATH: Final = "/payments/webhooks/sandbox"
WEBHOOK_SECRET: Final = "not-a-webhook-secret"
LINES: Final = 32
EVENTS: Final = 3200
WINDOWS: Final = 5
REPEATED: Final = 20
"""One event in so many comes twice."""


async def serve_ours(folder: Path, *, has_engine: bool) -> None:
    """Be the child: the doors of the service as it is put together."""
    values: dict[str, Any] = {
        "_env_file": None,
        "database_url": f"sqlite+aiosqlite:///{folder / 'ours.db'}",
        "telegram_bot_token": SecretStr("1:not-a-token"),
        "telegram_api_url": "http://127.0.0.1:1",
        "hazina_sandbox_url": "http://127.0.0.1:1/sandbox",
        "hazina_secret_key": SecretStr(SECRET_KEY),
        "sandbox_api_url": "http://127.0.0.1:1/provider",
        "sandbox_secret_key": SecretStr("not-a-secret-key"),
        "sandbox_webhook_secret": SecretStr(WEBHOOK_SECRET),
    }
    me = Me(id=1, username="hazina_bot", name="Hazina")
    service = build(Settings(**values), me=me, has_limits=False)
    await service.registry.open(is_test=True)
    if has_engine:
        await service.engine.start()
    await serve(service.web, until=parent_is_done)
    if has_engine:
        await service.engine.lanes.settle()
    await service.engine.stop()
    service.pins.close()
    await service.http.aclose()
    await service.database.close()


async def serve_plain() -> None:
    """Be the other child: read and say ok."""

    async def receive(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(text="ok")

    app = web.Application()
    app.router.add_post(PATH, receive)
    await serve(app, until=parent_is_done)


def signed(number: int) -> bytes:
    """Return a request with an event as the sandbox provider signs it."""
    event = {"id": f"evt_{number}", "type": "checkout.paid", "data": {"reference": f"r{number}"}}
    body, now = orjson.dumps(event), int(time.time())
    digest = hmac.new(WEBHOOK_SECRET.encode(), f"{now}.".encode() + body, "sha256").hexdigest()
    return post(PATH, body, {"X-Sandbox-Signature": f"t={now},v1={digest}"})


async def rate(port: int, requests: Sequence[bytes]) -> float:
    """Send the requests over the lines, each answered 200; return how many a second."""
    left = iter(requests)
    lines = [await open_line(port) for _ in range(LINES)]

    async def send(place: int) -> None:
        for request in left:
            assert await lines[place].send(request) == 200

    started = time.perf_counter()
    await asyncio.gather(*(send(place) for place in range(LINES)))
    took = time.perf_counter() - started
    for line in lines:
        await line.close()
    return len(requests) / took


async def measure(ports: dict[str, int]) -> tuple[dict[str, list[float]], int]:
    """Send to everybody in turns; return the rates, and how many events there were."""
    rates: dict[str, list[float]] = {name: [] for name in ports}
    count = 0
    for window in range(WINDOWS + 1):
        events = [signed(number) for number in range(count, count + EVENTS)]
        count += EVENTS
        events += events[::REPEATED]
        for name, port in ports.items():
            figure = await rate(port, events)
            if window:  # The first window warms up.
                rates[name].append(figure)
    return rates, count


async def check(folder: Path, *, events: int) -> str:
    """Count the keys seen and the rows stored; have the doctor look."""

    def count(tx: SqlTransaction, query: str) -> int:
        tx.cursor.execute(query)
        return int(tx.cursor.fetchall()[0][0])

    database = open_file(folder / "ours.db")
    problems = await database.read(broken)
    seen = "SELECT count(*) FROM seen WHERE source LIKE 'provider:%'"
    found = await database.read(partial(count, query=seen))
    rows = await database.read(
        partial(count, query="SELECT count(*) FROM work WHERE kind = 'hook'")
    )
    await database.close()
    assert not problems, problems
    assert found == rows == events, (found, rows, events)
    return f"{found} events once each, doctor clean"


def main() -> None:
    """Print the lines."""
    with tempfile.TemporaryDirectory(prefix="hazina-") as name:
        folders = {kind: Path(name, kind) for kind in ("door", "engine")}
        for folder in folders.values():
            folder.mkdir()
            asyncio.run(open_file(folder / "ours.db").close())
        with ExitStack() as children:
            ports = {
                kind: children.enter_context(child(MODULE, f"--{kind}", str(folder)))
                for kind, folder in folders.items()
            }
            ports["plain"] = children.enter_context(child(MODULE, "--plain"))
            rates, events = asyncio.run(measure(ports))
        where = f"{LINES} connections, 1 in {REPEATED} sent twice; {conditions(Path(name))}"
        for kind, words in (("door", "the door alone"), ("engine", "and the engine behind it")):
            counted = asyncio.run(check(folders[kind], events=events))
            print(
                f"P10 provider webhook ÷ plain aiohttp handler (goal 0.5, least 0.2), {words}: "
                f"{rated(rates[kind], rates['plain'])}; {where}; {counted}"
            )


if __name__ == "__main__":
    quiet()
    if "--plain" in sys.argv:
        asyncio.run(serve_plain())
    elif sys.argv[1:]:
        asyncio.run(serve_ours(Path(sys.argv[2]), has_engine=sys.argv[1] == "--engine"))
    else:
        main()

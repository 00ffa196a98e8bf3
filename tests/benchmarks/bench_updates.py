"""P9: an update that asks for nothing, through our whole path ÷ the Telegram library's webhook.

Run it with `python -m tests.benchmarks.bench_updates`. Both are children that serve HTTP and tell
what CPU they used; the same edited messages, which nobody answers, go to both in turns. Ours checks
the secret, makes the update durable before it says 200, then hands it to its lane, which ends it
in a second commit. The library reads the update and calls one handler that does nothing: it keeps
nothing, so its figure is a floor no durable path can reach.
"""

import asyncio
import tempfile
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Final

import orjson

from bot.web.telegram import PATH
from storage.doctor import broken
from storage.transaction import SqlTransaction
from tests.benchmarks.chat_children import CPU_PATH, HEADERS
from tests.benchmarks.crowd import open_file
from tests.benchmarks.figures import conditions, quiet, rated
from tests.benchmarks.stub_telegram import StubTelegram
from tests.benchmarks.wire import HOST, Line, child, open_line, post

MODULE: Final = "tests.benchmarks.chat_children"
LINES: Final = 32
UPDATES: Final = 2400
WINDOWS: Final = 5
TELL_CPU: Final = f"GET {CPU_PATH} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()


def edited(number: int) -> bytes:
    """Return the request of one update: somebody edited a message of his."""
    chat_id = 5_000_000_000 + number % 64
    person = {"id": chat_id, "is_bot": False, "first_name": "Anna", "language_code": "en"}
    update: dict[str, Any] = {
        "update_id": number,
        "edited_message": {
            "message_id": 7,
            "from": person,
            "chat": {"id": chat_id, "type": "private", "first_name": "Anna"},
            "date": int(time.time()),
            "edit_date": int(time.time()),
            "text": "Good morning, when is the service charge for June due?",
        },
    }
    return post(PATH, orjson.dumps(update), HEADERS)


async def cpu_each(port: int, requests: list[bytes]) -> float:
    """Send the requests over the lines; return the CPU milliseconds that each cost the child."""
    lines = [await open_line(port) for _ in range(LINES)]
    before = await cpu_of(lines[0])
    left = iter(requests)

    async def send(line: Line) -> None:
        for request in left:
            assert await line.send(request) == 200

    await asyncio.gather(*(send(line) for line in lines))
    used_s = await cpu_of(lines[0]) - before
    for line in lines:
        await line.close()
    return used_s * 1000 / len(requests)


async def cpu_of(line: Line) -> float:
    """Return the CPU seconds a child has used, once it has nothing left to do."""
    status, body = await line.ask(TELL_CPU)
    assert status == 200
    return float(body)


async def race(folder: Path) -> tuple[dict[str, list[float]], int]:
    """Send to both in turns; return CPU by contender, and how many updates each was sent."""
    costs: dict[str, list[float]] = {"ours": [], "library": []}
    stub, count = StubTelegram(), 0
    base = await stub.start()
    with ExitStack() as children:
        ports = {}
        for name in costs:
            # On a thread: the library asks the stub, which is ours, who it is before it serves.
            started = child(MODULE, name, str(folder), base)
            ports[name] = await asyncio.to_thread(children.enter_context, started)
        await stub.has_webhook.wait()
        for window in range(WINDOWS + 1):
            requests = [edited(number) for number in range(count, count + UPDATES)]
            count += UPDATES
            for name in costs:
                cost = await cpu_each(ports[name], requests)
                costs[name] += [cost] if window else []  # The first window warms up.
    await stub.stop()
    return costs, count


async def check(folder: Path, *, updates: int) -> str:
    """Count what was stored, ended and handled; have the doctor look."""

    def count(tx: SqlTransaction, query: str) -> int:
        tx.cursor.execute(query)
        return int(tx.cursor.fetchall()[0][0])

    database = open_file(folder / "ours.db")
    stored = await database.read(partial(count, query="SELECT count(*) FROM seen"))
    done = "SELECT count(*) FROM work WHERE kind = 'update' AND status = 'done'"
    ended = await database.read(partial(count, query=done))
    assert not await database.read(broken)
    await database.close()
    assert (stored, ended) == (updates, updates), f"{stored} stored, {ended} ended of {updates}"
    assert (folder / "library.handled").read_text(encoding="ascii") == f"{updates}"
    return f"{updates} updates stored and ended, doctor clean"


async def main() -> None:
    """Print the line."""
    with tempfile.TemporaryDirectory(prefix="hazina-") as name:
        folder = Path(name)
        await open_file(folder / "ours.db").close()
        costs, count = await race(folder)
        books = await check(folder, updates=count)
        where = f"{LINES} lines; {conditions(folder)}; {books}"
    print(
        f"P9 CPU of an update that asks for nothing ÷ the library's webhook (goal 1.5, least 3): "
        f"{rated(costs['ours'], costs['library'], unit=' ms')}; {where}"
    )


if __name__ == "__main__":
    quiet()
    asyncio.run(main())

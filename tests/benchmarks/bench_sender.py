"""P13: CPU per message of our sender, its limits lifted ÷ plain aiohttp doing the same.

Run it with `python -m tests.benchmarks.bench_sender`. The Bot API is a stub in a child process, so
the CPU is the sender's alone, its database thread included. Ours takes message rows as the commit
that wrote them leaves them, sends each and records what became of it. The floor posts the same
JSON and reads the answer: it forgets. A third one also marks a row of the same content as done, a
commit each (raw `sqlite3`, same durability), which is all that we do. They take turns.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import aiohttp
import orjson

from bot.engine.limits import Rates, SendLimits
from bot.engine.outbox import Message
from bot.engine.sender import Sender
from bot.engine.telegram import TelegramClient
from core.domain.work import Kind, Work
from storage.database import Database
from storage.doctor import broken
from storage.sqlite import open_connection
from storage.transaction import SqlTransaction
from tests.benchmarks.bench_reply import CHAT_ID, MORE, PAY, TEXT, TOKEN
from tests.benchmarks.crowd import open_file
from tests.benchmarks.figures import conditions, figure, quiet, rated
from tests.benchmarks.wire import HOST, child

REPLY: Final = "tests.benchmarks.bench_reply"
WINDOWS: Final = 7
MESSAGES: Final = 960
AT_ONCE: Final = 32
BATCH: Final = 120
"""Rows a function writes, so that none holds the writer for long."""

METHOD: Final = "sendMessage"
PAYLOAD: Final[dict[str, Any]] = {
    "chat_id": CHAT_ID,
    "text": TEXT,
    "parse_mode": "HTML",
    "reply_markup": {
        "inline_keyboard": [
            [
                {"text": PAY, "callback_data": "i:abcdefgh"},
                {"text": MORE, "callback_data": "m:1"},
            ]
        ]
    },
}
PLAIN_WORK: Final = """CREATE TABLE work (id INTEGER PRIMARY KEY, payload BLOB NOT NULL,
    status TEXT NOT NULL, ended_at INTEGER)"""
END: Final = "UPDATE work SET status = 'done', payload = x'', ended_at = ? WHERE id = ?"

Send = Callable[[int], Awaitable[None]]


def write_rows(tx: SqlTransaction) -> list[Work]:
    """Write message rows as the outbox does: marked as leaving by the commit that writes them."""
    message = Message(method=METHOD, payload=PAYLOAD, chat_id=CHAT_ID)
    lane = f"c:{CHAT_ID}"
    return [
        tx.work.add(Kind.MESSAGE, lane=lane, payload=message.to_bytes(), is_sent=True)
        for _ in range(BATCH)
    ]


class Ours:
    """Our sender on a database of ours."""

    def __init__(self, database: Database, client: TelegramClient) -> None:
        """Lift the limits."""
        self._database = database
        limits = SendLimits(rates=Rates(), now=0.0, is_lifted=True)
        self._sender = Sender(
            database, client, limits, monotonic=time.monotonic, sleep=asyncio.sleep
        )
        self._rows: list[Work] = []

    async def prepare(self) -> None:
        """Write the rows of a window."""
        self._rows = []
        for _ in range(MESSAGES // BATCH):
            self._rows += await self._database.run(write_rows)

    async def send(self, number: int) -> None:
        """Send one."""
        await self._sender.handle(self._rows[number])


class Plain:
    """Posts ready JSON, reads the answer and, if it keeps rows, marks one as done."""

    def __init__(self, session: aiohttp.ClientSession, base: str, path: Path | None) -> None:
        """Make the table."""
        self._session = session
        self._url = f"{base}/bot{TOKEN}/{METHOD}"
        self._body = orjson.dumps(PAYLOAD)
        self._first = 0
        self._rows = None if path is None else open_connection(path)
        if self._rows is not None:
            self._rows.execute(PLAIN_WORK)

    async def prepare(self) -> None:
        """Write the rows of a window."""
        if self._rows is None:
            return
        self._first += MESSAGES
        numbers = range(self._first, self._first + MESSAGES)
        self._rows.execute("BEGIN IMMEDIATE")
        insert = "INSERT INTO work (id, payload, status) VALUES (?, ?, 'sent')"
        self._rows.executemany(insert, [(number, self._body) for number in numbers])
        self._rows.execute("COMMIT")
        self._rows.execute("PRAGMA wal_checkpoint(PASSIVE)")

    async def send(self, number: int) -> None:
        """Send one."""
        headers = {"Content-Type": "application/json"}
        async with self._session.post(self._url, data=self._body, headers=headers) as answered:
            assert orjson.loads(await answered.read())["ok"]
        if self._rows is not None:
            self._rows.execute(END, (time.time_ns() // 1000, self._first + number))

    def count(self) -> int:
        """Return how many rows are done, and close the file."""
        assert self._rows is not None
        query = "SELECT count(*) FROM work WHERE status = 'done'"
        done = int(self._rows.execute(query).fetchone()[0])
        self._rows.close()
        return done


async def cpu_each(send: Send) -> float:
    """Send a window of messages; return the CPU milliseconds of this process for each."""
    left = iter(range(MESSAGES))

    async def take() -> None:
        for number in left:
            await send(number)

    started = time.process_time()
    await asyncio.gather(*(take() for _ in range(AT_ONCE)))
    return (time.process_time() - started) * 1000 / MESSAGES


async def race(folder: Path, base: str) -> dict[str, list[float]]:
    """Let the three take turns; count what each did; return CPU by contender."""
    async with AsyncExitStack() as stack:
        database = open_file(folder / "ours.db")
        stack.push_async_callback(database.close)
        client = TelegramClient(token=TOKEN, api_url=base)
        await client.open()
        stack.push_async_callback(client.close)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        careful = Plain(session, base, folder / "plain.db")
        contenders: dict[str, Ours | Plain] = {
            "ours": Ours(database, client),
            "floor": Plain(session, base, None),
            "careful": careful,
        }
        costs: dict[str, list[float]] = {name: [] for name in contenders}
        for window in range(WINDOWS + 1):
            for name, contender in contenders.items():
                await contender.prepare()
                cost = await cpu_each(contender.send)
                costs[name] += [cost] if window else []  # The first window warms up.
        sent = MESSAGES * (WINDOWS + 1)
        assert await database.read(_count_done) == sent
        assert careful.count() == sent
        assert not await database.read(broken)
    return costs


def _count_done(tx: SqlTransaction) -> int:
    tx.cursor.execute("SELECT count(*) FROM work WHERE kind = 'message' AND status = 'done'")
    return int(tx.cursor.fetchall()[0][0])


async def main() -> None:
    """Print the line."""
    with tempfile.TemporaryDirectory(prefix="hazina-") as name, child(REPLY, "--serve") as port:
        folder = Path(name)
        costs = await race(folder, f"http://{HOST}:{port}")
        where = f"{AT_ONCE} at once; {conditions(folder)}"
    careful = statistics.median(costs["careful"])
    print(
        f"P13 CPU per message of the sender ÷ plain aiohttp posting it (goal 2.5, least 5): "
        f"{rated(costs['ours'], costs['floor'], unit=' ms')}; ÷ posting and marking a row, a "
        f"commit each {statistics.median(costs['ours']) / careful:.2f} ({figure(careful)} ms); "
        f"{where}; {MESSAGES * (WINDOWS + 1)} messages each, rows counted, doctor clean"
    )


if __name__ == "__main__":
    quiet()
    asyncio.run(main())

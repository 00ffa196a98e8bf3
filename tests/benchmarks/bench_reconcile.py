"""Many pending payments looked up at once: the reconcile sweep ÷ plain HTTP calls and row updates.

Run it with `python -m tests.benchmarks.bench_reconcile`. A child answers over HTTP as Paystack does
for a page that nobody has paid yet. Ours: every attempt is due; the sweep claims them all, the
engine looks each up in its own lane through the adapter and records the answer and when to look
again. The floor: as many GETs of the same addresses by the same client, each followed by an UPDATE
of a row of its own, a commit each, in raw `sqlite3`. Both take turns; at the end the look-ups are
counted and the doctor looks. The CPU of a look-up is told beside the rates, for other work on the
machine hurts two threads more than one. `python -m tests.benchmarks.bench_reconcile 500` takes
fewer.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from pydantic import SecretStr

from bot.engine.telegram import Me
from bot.engine.timers import run_sweep
from bot.http import CONNECTIONS, open_client
from bot.settings import Settings
from bot.sweeps import SWEEPS
from bot.wiring import Service, build
from core.domain.configurations import Configuration
from core.domain.people import Actor
from core.domain.providers import Pending
from core.domain.tenants import PLATFORM
from core.use_cases import links
from storage.doctor import broken
from storage.sqlite import open_connection
from storage.transaction import SqlTransaction
from tests.benchmarks.crowd import SECRET_KEY, open_file
from tests.benchmarks.figures import conditions, quiet, rated
from tests.benchmarks.wire import HOST, child, parent_is_done, serve
from tests.bot.providers import paystack_says
from tests.bot.providers.conformance import Fact
from tests.factories import add_member, add_person, add_tenant, add_wallet, naira

MODULE: Final = "tests.benchmarks.bench_reconcile"
KEY: Final = "sk_test_" + "0" * 40
PENDING: Final = 10_000
WINDOWS: Final = 3
AT_ONCE: Final = 50
"""Payments a function opens, so that none holds the writer for long."""

MARK: Final = "the-reference-of-it"
CHECK: Final = next(each for each in SWEEPS if each.name == "payment_check")


async def serve_provider() -> None:
    """Be the child: each transaction is there, and nobody has paid it yet."""
    shown = paystack_says.said(paystack_says.transaction(Fact(status="open", reference=MARK)))
    body = shown.content.decode()

    async def verify(request: web.Request) -> web.Response:
        said = body.replace(MARK, request.match_info["reference"])
        return web.Response(text=said, content_type="application/json")

    app = web.Application()
    app.router.add_get("/transaction/verify/{reference}", verify)
    await serve(app, until=parent_is_done)


class Ours:
    """The service as it is put together, with attempts that wait."""

    def __init__(self, folder: Path, port: int) -> None:
        """Put it together on a file of its own."""
        values: dict[str, Any] = {
            "_env_file": None,
            "database_url": f"sqlite+aiosqlite:///{folder / 'ours.db'}",
            "telegram_bot_token": SecretStr("1:not-a-token"),
            "telegram_api_url": "http://127.0.0.1:1",
            "hazina_sandbox_url": "http://127.0.0.1:1/sandbox",
            "hazina_secret_key": SecretStr(SECRET_KEY),
            "paystack_secret_key": SecretStr(KEY),
            "paystack_api_url": f"http://{HOST}:{port}",
            "sandbox_plays": "paystack",
        }
        self.me = Me(id=1, username="hazina_bot", name="Hazina")
        self.settings = Settings(**values)
        self.references: list[str] = []
        self.cpu_ms: list[float] = []
        """Of a look-up, both threads together, by window."""

    async def start(self, pending: int) -> None:
        """Open payments whose pages nobody has paid yet."""
        self.service: Service = build(self.settings, me=self.me, has_limits=False)
        await self.service.registry.open(is_test=True)
        actor, configuration = await self.service.database.run(_found)
        for _ in range(0, pending, AT_ONCE):
            add = partial(_open, actor=actor, configuration=configuration)
            self.references += await self.service.database.run(add)
        await self.service.engine.start()
        await self.service.engine.lanes.settle()

    async def look_up(self) -> float:
        """Let the sweep look all of them up; return how many a second, and note their CPU."""
        await self.service.database.run(_make_due)
        started, before = time.perf_counter(), time.process_time()
        taken = await run_sweep(self.service.database, CHECK)
        await self.service.engine.lanes.settle()
        took = time.perf_counter() - started
        assert taken == len(self.references), (taken, len(self.references))
        self.cpu_ms.append((time.process_time() - before) / taken * 1000)
        return taken / took

    async def stop(self) -> None:
        """Let go of everything."""
        await self.service.engine.stop()
        self.service.pins.close()
        await self.service.http.aclose()
        await self.service.database.close()


def _found(tx: SqlTransaction) -> tuple[Actor, Configuration]:
    tenant = add_tenant(tx)
    person = add_person(tx, name="Payer", telegram_id=5_000_000_000)
    add_wallet(tx, tenant)
    add_member(tx, tenant, person)
    configuration = tx.configurations.of(PLATFORM, "paystack")
    assert configuration is not None
    return Actor(person_id=person.id, tenant_id=tenant.id), configuration


def _open(tx: SqlTransaction, *, actor: Actor, configuration: Configuration) -> list[str]:
    """Open pages; what the service would do meanwhile is done."""
    references = []
    for _ in range(AT_ONCE):
        payment = links.open_top_up(
            tx, actor=actor, amount=naira(500_000), configuration=configuration
        )
        (attempt,) = tx.payments.attempts(payment.id)
        links.begin_call(tx, attempt_id=attempt.id)
        page = Pending(link="https://pay.example/", provider_ref="code")
        links.record_answer(tx, attempt_id=attempt.id, outcome=page)
        references.append(attempt.reference)
    for work in tx.work.live(at=tx.now, after=0, limit=AT_ONCE * 4):
        tx.work.end(work)
    tx.events.clear()
    return references


def _make_due(tx: SqlTransaction) -> None:
    tx.cursor.execute("UPDATE due SET due_at = 0 WHERE kind = 'payment_check'")


async def plain(port: int, folder: Path, references: Sequence[str]) -> float:
    """Ask the same and update a row for each; return how many a second."""
    connection = open_connection(folder / "plain.db")
    connection.execute("DROP TABLE IF EXISTS attempt")
    connection.execute("CREATE TABLE attempt (id INTEGER PRIMARY KEY, checks, said)")
    connection.execute("BEGIN IMMEDIATE")
    for number in range(len(references)):
        connection.execute("INSERT INTO attempt VALUES (?, 0, '')", (number,))
    connection.execute("COMMIT")
    left = iter(enumerate(references))
    headers = {"Authorization": f"Bearer {KEY}"}
    async with open_client() as client:

        async def ask() -> None:
            for number, reference in left:
                address = f"http://{HOST}:{port}/transaction/verify/{reference}"
                answer = await client.get(address, headers=headers)
                said = answer.json()["data"]["status"]
                connection.execute(
                    "UPDATE attempt SET checks = checks + 1, said = ? WHERE id = ?", (said, number)
                )

        started = time.perf_counter()
        await asyncio.gather(*(ask() for _ in range(CONNECTIONS)))
        took = time.perf_counter() - started
    connection.close()
    return len(references) / took


async def check(ours: Ours, *, turns: int) -> str:
    """Count the look-ups that were recorded; have the doctor look."""

    def count(tx: SqlTransaction) -> tuple[int, int]:
        tx.cursor.execute(
            "SELECT sum(checks), sum(CASE status WHEN 'waiting' THEN 1 ELSE 0 END) FROM attempt"
        )
        return tuple(map(int, tx.cursor.fetchall()[0]))  # type: ignore[return-value]  # two of them

    pending = len(ours.references)
    looked, waiting = await ours.service.database.read(count)
    problems = await ours.service.database.read(broken)
    assert not problems, problems
    assert (looked, waiting) == ((turns + 1) * pending, pending), (looked, waiting)
    return f"{turns * pending:,} look-ups recorded, each attempt waits as before, doctor clean"


async def measure(folder: Path, port: int, pending: int) -> str:
    """Look up in turns; return the line."""
    await open_file(folder / "ours.db").close()
    ours = Ours(folder, port)
    await ours.start(pending)
    rates: tuple[list[float], list[float]] = ([], [])
    for window in range(WINDOWS + 1):
        figures = (await ours.look_up(), await plain(port, folder, ours.references))
        if window:  # The first window warms up.
            for found, figure in zip(rates, figures, strict=True):
                found.append(figure)
    counted = await check(ours, turns=WINDOWS + 1)
    await ours.stop()
    _, first, *_, last = ours.cpu_ms
    cpu = f"CPU of a look-up {first:.2f} ms in the first window, {last:.2f} in the last"
    return f"{rated(*rates)}; {cpu}; {counted}"


def main(pending: int) -> None:
    """Print the line."""
    with tempfile.TemporaryDirectory(prefix="hazina-") as name, child(MODULE, "--serve") as port:
        line = asyncio.run(measure(Path(name), port, pending))
        print(
            f"reconcile: {pending:,} pending payments claimed, looked up and recorded ÷ plain HTTP"
            f" calls and row updates: {line}; {CONNECTIONS} connections; {conditions(Path(name))}"
        )


if __name__ == "__main__":
    quiet()
    if "--serve" in sys.argv:
        asyncio.run(serve_provider())
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else PENDING)

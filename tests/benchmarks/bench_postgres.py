"""P3, P4, P5 on PostgreSQL: payments on one hot wallet through the set-based posting use case.

Run it with `python -m tests.benchmarks.bench_postgres`. The server is the tests' own, durable:
fsync and full pages on. The floor is asyncpg with one client and seven statements a payment on
plain tables of the same shape, one commit each. Both take turns, window after window; a payment
counts when `Database.run` returned, after the durable commit, and at the end the doctor looks at
the books. P4: four processes post at once into the same wallet; the last of six windows against the
first.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from typing import Any, Final

import asyncpg

from bot.ports import SystemClock, SystemRandomness
from bot.providers import KINDS
from core.domain.ledger import AccountId, Journal, JournalKind, Leg, Posting, Subject
from core.domain.tenants import TenantId
from core.use_cases.ledger import post_many
from storage import server_setup
from storage.doctor import broken
from storage.keyring import KeyRing
from storage.server import ServerDatabase
from storage.setup import SANDBOX
from storage.transaction import SqlTransaction
from tests.benchmarks.figures import quiet, rated
from tests.factories import add_person, add_tenant, add_wallet, naira, top_up
from tests.postgres import PostgresServer

WAITING: Final = 64
WINDOWS: Final = 6
BATCHES: Final = 10
"""Batches of `WAITING` payments in one window."""

PROCESSES: Final = 4
WINDOW_S: Final = 2.0
SECRET_KEY: Final = "not-a-secret-" * 4
DELAY_MICROS: Final = 2_000

FLOOR: Final = """
CREATE TABLE floor_account (id bigint PRIMARY KEY, debits bigint NOT NULL, credits bigint NOT NULL,
  CHECK (credits - debits >= 0));
CREATE TABLE floor_journal (id bigint PRIMARY KEY, token text UNIQUE NOT NULL, key text UNIQUE
  NOT NULL, posted_at bigint NOT NULL);
CREATE TABLE floor_transfer (id bigint PRIMARY KEY, journal bigint NOT NULL REFERENCES
  floor_journal, source bigint NOT NULL REFERENCES floor_account, target bigint NOT NULL REFERENCES
  floor_account, amount bigint NOT NULL);
CREATE TABLE floor_entry (account bigint, transfer bigint, amount bigint NOT NULL, balance bigint
  NOT NULL, PRIMARY KEY (account, transfer));
"""

Place = tuple[TenantId, AccountId, Sequence[AccountId]]


class Floor:
    """Plain tables and one client: what a careful hand writes for one payment."""

    def __init__(self, connection: Any) -> None:
        """Keep the client."""
        self._connection = connection
        self._number = 0

    async def prepare(self) -> None:
        """Make the tables: one hot account, and payers with plenty."""
        await self._connection.execute(FLOOR)
        await self._connection.executemany(
            "INSERT INTO floor_account VALUES ($1, 0, 1000000000000)",
            [(each,) for each in range(WAITING + 1)],
        )

    async def pay(self) -> None:
        """Pay once: seven statements and a commit."""
        self._number += 1
        number, run = self._number, self._connection
        payer = 1 + number % WAITING
        async with run.transaction():
            left = await run.fetchval(
                "SELECT credits - debits FROM floor_account WHERE id = $1 FOR UPDATE", payer
            )
            await run.execute(
                "INSERT INTO floor_journal VALUES ($1, $2, $3, $4)",
                number,
                f"TXN-{number:036d}",
                f"key-{number}",
                time.time_ns() // 1000,
            )
            await run.execute("INSERT INTO floor_transfer VALUES ($1, $1, $2, 0, 5)", number, payer)
            await run.execute("UPDATE floor_account SET debits = debits + 5 WHERE id = $1", payer)
            await run.execute(
                "INSERT INTO floor_entry VALUES ($1, $2, -5, $3)", payer, number, left - 5
            )
            balance = await run.fetchval(
                "UPDATE floor_account SET credits = credits + 5 WHERE id = 0"
                " RETURNING credits - debits"
            )
            await run.execute("INSERT INTO floor_entry VALUES (0, $1, 5, $2)", number, balance)


def open_server(url: str, *, node: int) -> ServerDatabase:
    """Open the database as the service does."""
    return ServerDatabase(
        url,
        clock=SystemClock(),
        randomness=SystemRandomness(node=node),
        ring=KeyRing([SECRET_KEY]),
        kinds=KINDS,
    )


def found(tx: SqlTransaction) -> Place:
    """Found a tenant whose wallet is hot, and payers with plenty."""
    tenant = add_tenant(tx)
    own = add_wallet(tx, tenant)
    payers = []
    for _ in range(WAITING):
        wallet = add_wallet(tx, tenant, owner_id=add_person(tx).id)
        top_up(tx, tenant, wallet, 10**12)
        payers.append(wallet.account_id)
    return tenant.id, own.account_id, payers


def batch_of(place: Place, *, name: str) -> list[Posting]:
    """Return one payment of every payer, under new keys."""
    _, own, payers = place
    return [
        Posting(
            kind=JournalKind.BILL_PAYMENT,
            subject=Subject(kind="bench", id=number),
            key=f"{name}:{number}",
            legs=(Leg(source=payer, target=own, amount=naira(5)),),
        )
        for number, payer in enumerate(payers, start=1)
    ]


async def pay_batch(database: ServerDatabase, place: Place, *, name: str) -> int:
    """Post a batch and return how many payments were made."""
    postings = batch_of(place, name=name)
    outcomes = await database.run(lambda tx: post_many(tx, tenant_id=place[0], postings=postings))
    return sum(isinstance(each, Journal) for each in outcomes)


async def race(server: PostgresServer) -> tuple[list[float], list[float]]:
    """Take turns; return our rates and the floor's, payments a second."""
    url = server.url(server.create())
    server_setup.prepare(url, mode=SANDBOX, now=SystemClock().now(), ring=KeyRing([SECRET_KEY]))
    database = open_server(url, node=0)
    place = await database.run(found)
    client = await asyncpg.connect(url)
    floor = Floor(client)
    await floor.prepare()
    ours: list[float] = []
    plain: list[float] = []
    for window in range(WINDOWS):
        started = time.perf_counter()
        for number in range(BATCHES):
            await pay_batch(database, place, name=f"{window}:{number}")
        ours.append(WAITING * BATCHES / (time.perf_counter() - started))
        started = time.perf_counter()
        for _ in range(WAITING * 4):
            await floor.pay()
        plain.append(WAITING * 4 / (time.perf_counter() - started))
    await check(database, place, WINDOWS * BATCHES * WAITING)
    await client.close()
    await database.close()
    return ours, plain


async def check(database: ServerDatabase, place: Place, payments: int) -> None:
    """Have the doctor look and count what the hot wallet got."""
    await asyncio.sleep(1)  # The sealer is half a second behind.
    assert await database.read(broken) == []
    account = await database.read(lambda tx: tx.ledger.get(place[1]))
    assert account.balance.minor == 5 * payments, (account.balance, payments)


async def crowd(server: PostgresServer) -> list[float]:
    """Let several processes post at once; return the rate of each window."""
    url = server.url(server.create())
    server_setup.prepare(url, mode=SANDBOX, now=SystemClock().now(), ring=KeyRing([SECRET_KEY]))
    database = open_server(url, node=0)
    place = await database.run(found)
    command = [sys.executable, "-m", "tests.benchmarks.bench_postgres", "worker", url]
    account = f"{place[0]},{place[1]},{','.join(str(each) for each in place[2])}"
    workers = [
        await asyncio.create_subprocess_exec(
            *command, str(node), account, stdout=asyncio.subprocess.PIPE
        )
        for node in range(1, PROCESSES + 1)
    ]
    counts = [0] * WINDOWS
    for worker in workers:
        said, _ = await asyncio.wait_for(worker.communicate(), 120)
        for window, count in enumerate(said.split()):
            counts[window] += int(count)
    await check(database, place, sum(counts))
    await database.close()
    return [count / WINDOW_S for count in counts]


async def work(url: str, node: int, account: str) -> None:
    """Post batches as fast as it goes and print how many payments each window had."""
    tenant, own, *payers = (int(each) for each in account.split(","))
    place = TenantId(tenant), AccountId(own), [AccountId(each) for each in payers]
    database = open_server(url, node=node)
    await pay_batch(database, place, name=f"{node}:warm")
    counts = [WAITING] + [0] * (WINDOWS - 1)
    begun, number = time.perf_counter(), 0
    while (window := int((time.perf_counter() - begun) / WINDOW_S)) < WINDOWS:
        number += 1
        counts[window] += await pay_batch(database, place, name=f"{node}:{number}")
    await database.close()
    print(*counts)


async def main() -> None:
    """Print the lines."""
    server = PostgresServer(is_durable=True)
    server.start()
    try:
        ours, floor = await race(server)
        print(
            f"P3 PostgreSQL, {WAITING} payments waiting, hot ÷ asyncpg, 7 statements, 1 client"
            f" (goal 8, least 2): {rated(ours, floor)}; fsync on, books checked"
        )
        windows = await crowd(server)
        print(
            f"P4 PostgreSQL, {PROCESSES} processes, hot, last ÷ first of {WINDOWS} windows"
            f" (goal 0.8, least 0.7): {windows[-1] / windows[0]:.2f}"
            f" ({', '.join(f'{rate:,.0f}' for rate in windows)} a second), books checked"
        )
    finally:
        server.remove()
    slow = PostgresServer(
        is_durable=True, settings=(f"commit_delay={DELAY_MICROS}", "commit_siblings=0")
    )
    slow.start()
    try:
        ours, floor = await race(slow)
        print(
            f"P5 as P3, each commit {DELAY_MICROS / 1000:.0f} ms longer (goal 15, least 5):"
            f" {rated(ours, floor)}"
        )
    finally:
        slow.remove()


if __name__ == "__main__":
    quiet()
    if sys.argv[1:2] == ["worker"]:
        asyncio.run(work(sys.argv[2], int(sys.argv[3]), sys.argv[4]))
    else:
        asyncio.run(main())

"""P6: payments into one hot wallet on PostgreSQL ÷ Django packages that keep wallets.

Run it with `python -m tests.benchmarks.bench_peers`. The packages are optional: `--install` puts
them, pinned, into `data/peers`; without them nothing is measured. One durable server of the tests'
own holds a database for each contender. Each has four processes, and its windows come in turns with
the others'; a payment counts once its function returned, after the durable commit. Hazina posts a
batch of 64 as one set, as bulk payments do, and one by one, as somebody's tap does. The packages
pay by the function that their own pages name, in one transaction, from 64 payers into one wallet;
at the end all balances are compared with what was paid.
"""

import asyncio
import subprocess
import sys
import time
import venv
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

from bot.ports import SystemClock
from core.domain.ledger import AccountId
from core.domain.tenants import TenantId
from core.use_cases.ledger import post_many
from storage import server_setup
from storage.keyring import KeyRing
from storage.server import ServerDatabase
from storage.setup import SANDBOX
from tests.benchmarks.bench_postgres import (
    SECRET_KEY,
    Place,
    batch_of,
    check,
    found,
    open_server,
    pay_batch,
)
from tests.benchmarks.figures import figure, quiet
from tests.postgres import PostgresServer

ROOT: Final = Path(__file__).resolve().parents[2]
HOME: Final = ROOT / "data" / "peers"
PYTHON: Final = HOME / "bin" / "python"
PINNED: Final = Path(__file__).parent / "peers" / "requirements.txt"
CHILD: Final = "tests.benchmarks.peers.child"
ME: Final = "tests.benchmarks.bench_peers"

PROCESSES: Final = 4
WINDOWS: Final = 6
WINDOW_S: Final = 2.0
PAUSE_S: Final = 1.0
"""Before each window: what others left to do (the sealer, a checkpoint) is done."""

WITHIN_S: Final = 60.0
AMOUNT: Final = 5
ALL_PAYERS_HAVE: Final = 64 * 10_000_000
OURS: Final = {"set": "as sets of 64", "single": "one by one"}
PEERS: Final = {
    "hordak": {
        "posted": "django-hordak that does not ask whether the money is there",
        "checked": "django-hordak with the payer locked and his balance asked",
    },
    "dj_wallet": {"paid": "dj-wallet"},
    "paystack_wallet": {"paid": "django-paystack-wallet"},
}


@dataclass(slots=True)
class Contender:
    """Four processes on one database."""

    workers: list[Process]
    paid: int = 0
    rates: dict[str, list[float]] = field(default_factory=dict)

    async def window(self, kind: str) -> float:
        """Let all pay for a window; return payments a second."""
        for worker in self.workers:
            assert worker.stdin is not None
            worker.stdin.write(f"{kind} {WINDOW_S}\n".encode())
            await worker.stdin.drain()
        rate = 0.0
        for worker in self.workers:
            assert worker.stdout is not None
            said = await asyncio.wait_for(worker.stdout.readline(), WITHIN_S)
            count, took_s = said.split()
            self.paid += int(count)
            rate += int(count) / float(took_s)
        return rate

    async def end(self) -> None:
        """Let the processes go."""
        for worker in self.workers:
            assert worker.stdin is not None
            worker.stdin.close()
        for worker in self.workers:
            assert await asyncio.wait_for(worker.wait(), WITHIN_S) == 0


async def start(*command: str) -> Contender:
    """Start four processes of a command, each told its number."""
    numbers = range(1, PROCESSES + 1)
    return Contender(
        workers=[
            await asyncio.create_subprocess_exec(
                *command, str(number), stdin=PIPE, stdout=PIPE, cwd=ROOT
            )
            for number in numbers
        ]
    )


def install() -> None:
    """Make the peers' environment, new."""
    venv.create(HOME, clear=True, with_pip=True)
    subprocess.run(  # noqa: S603 - our own words
        [PYTHON, "-m", "pip", "install", "--quiet", "--no-input", "--requirement", PINNED],
        check=True,
    )


def ask(peer: str, what: str, where: tuple[str, str]) -> list[int]:
    """Have a child make a peer's tables or look at its books; return the numbers it said."""
    said = subprocess.run(  # noqa: S603 - our own words
        [PYTHON, "-m", CHILD, peer, what, *where], check=True, stdout=PIPE, text=True, cwd=ROOT
    )
    return [int(word) for word in said.stdout.split()]


async def race(contenders: dict[str, Contender]) -> None:
    """Give every kind of payment its windows, in turns."""
    kinds = [("ours", kind) for kind in OURS]
    kinds += [(peer, kind) for peer, words in PEERS.items() for kind in words]
    for window in range(WINDOWS + 1):
        for name, kind in kinds:
            await asyncio.sleep(PAUSE_S)
            rate = await contenders[name].window(kind)
            if window:  # The first window warms up.
                contenders[name].rates.setdefault(kind, []).append(rate)


def audit(peer: str, where: tuple[str, str], paid: int) -> str:
    """Compare a peer's books with what it acknowledged; say what was found."""
    hot, payers, stored = ask(peer, "books", where)
    lost = ALL_PAYERS_HAVE - hot - payers
    if (hot, stored, lost) == (AMOUNT * paid, paid, 0):
        return f"{paid:,} payments in its books"
    return (
        f"BOOKS WRONG: {paid:,} acknowledged, {stored:,} stored, the wallet has {hot:,} of "
        f"{AMOUNT * paid:,}, {lost:,} of all money missing"
    )


async def measure(server: PostgresServer) -> None:
    """Print the lines."""
    url = server.url(server.create())
    server_setup.prepare(url, mode=SANDBOX, now=SystemClock().now(), ring=KeyRing([SECRET_KEY]))
    database = open_server(url, node=0)
    place = await database.run(found)
    account = f"{place[0]},{place[1]},{','.join(str(each) for each in place[2])}"
    contenders = {"ours": await start(sys.executable, "-m", ME, "worker", url, account)}
    places = {peer: (str(server.folder), server.create()) for peer in PEERS}
    for peer, where in places.items():
        ask(peer, "found", where)
        contenders[peer] = await start(str(PYTHON), "-m", CHILD, peer, "work", *where)
    await race(contenders)
    for contender in contenders.values():
        await contender.end()
    await check(database, place, contenders["ours"].paid)
    await database.close()
    report(contenders, {peer: audit(peer, places[peer], contenders[peer].paid) for peer in PEERS})


def report(contenders: dict[str, Contender], books: dict[str, str]) -> None:
    """Print a line for each kind of payment of each peer."""
    ours = contenders["ours"].rates
    for peer, kinds in PEERS.items():
        least = "goal 8, least 2" if peer == "hordak" else "goal 50, least 10"
        for kind, words in kinds.items():
            theirs = contenders[peer].rates[kind]
            told = "; ".join(
                f"{how} {figure(median(a / b for a, b in zip(ours[own], theirs, strict=True)))}"
                f" ({figure(median(ours[own]))}/s)"
                for own, how in OURS.items()
            )
            print(
                f"P6 PostgreSQL, {PROCESSES} processes, hot ÷ {words} ({least}): {told};"
                f" peer {figure(median(theirs))}/s, {WINDOWS} windows in turns; fsync on,"
                f" our books checked, {books[peer]}"
            )


async def pay_one(database: ServerDatabase, place: Place, *, name: str) -> int:
    """Post the payments of a batch, each in a function of its own."""
    for posting in batch_of(place, name=name):
        await database.run(partial(post_many, tenant_id=place[0], postings=[posting]))
    return len(place[2])


async def work(url: str, account: str, node: int) -> None:
    """Be one of our processes: pay as told until the input ends."""
    tenant, own, *payers = (int(each) for each in account.split(","))
    place = TenantId(tenant), AccountId(own), [AccountId(each) for each in payers]
    database = open_server(url, node=node)
    loop, number = asyncio.get_running_loop(), 0
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        kind, seconds = line.split()
        pay = pay_batch if kind == "set" else pay_one
        count, started = 0, time.perf_counter()
        while (took := time.perf_counter() - started) < float(seconds):
            number += 1
            count += await pay(database, place, name=f"{node}:{number}")
        print(count, took, flush=True)
    await database.close()


def main() -> None:
    """Install, or measure where the peers are installed."""
    if "--install" in sys.argv:
        install()
    if not PYTHON.exists():
        print(
            f"P6 left out: its Django packages are not here. `{sys.executable} -m {ME} --install`"
            f" puts them into {HOME.relative_to(ROOT)} and measures."
        )
        return
    server = PostgresServer(is_durable=True)
    server.start()
    try:
        asyncio.run(measure(server))
    finally:
        server.remove()


if __name__ == "__main__":
    quiet()
    if sys.argv[1:2] == ["worker"]:
        asyncio.run(work(sys.argv[2], sys.argv[3], int(sys.argv[4])))
    else:
        main()

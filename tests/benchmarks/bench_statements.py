"""P14: a balance, and a page of a statement at any depth, many entries ÷ few.

Run it with `python -m tests.benchmarks.bench_statements`. Two files hold the same two accounts, one
with ten times the entries of the other (`HAZINA_BENCH_LARGE=1`: ten million and one million; 0.5:
half of both). They are posted through the ledger, ten transfers a journal, triggers on. A window
reads a balance, or a page at one depth, on both in turns: the newest page, the middle, the oldest.
"""

import asyncio
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Final

from core.domain.ledger import AccountId, AccountKind
from core.domain.tenants import Tenant
from core.ports import Transaction
from storage.database import Database
from storage.doctor import broken
from storage.transaction import SqlTransaction
from tests.benchmarks.crowd import open_file
from tests.benchmarks.figures import conditions, figure, quiet, sized, tell
from tests.factories import add_tenant, add_wallet, post

LINES: Final = 10
"""Transfers of a journal."""

JOURNALS: Final = 50
"""Journals a function posts, so that none holds the writer for long."""

STEP: Final = 2 * LINES * JOURNALS
"""Entries a function posts."""

SMALL: Final = sized(10_000, goal=1_000_000, step=STEP)
LARGE: Final = 10 * SMALL
"""Entries of a file; half of them are the wallet's that is read."""

WINDOWS: Final = 41
READS: Final = 25
"""Reads of a window."""

PAGE: Final = 10
AMOUNT_MINOR: Final = 100

Costs = dict[str, list[float]]


async def fill(database: Database, entries: int) -> AccountId:
    """Post transfers into a wallet, two entries each; return its account."""
    tenant, source, wallet = await database.run(_found)
    for done in range(STEP, entries + 1, STEP):
        await database.run(partial(_post, tenant=tenant, source=source, wallet=wallet))
        tell(done, entries, "entries")
    return wallet


def _found(tx: SqlTransaction) -> tuple[Tenant, AccountId, AccountId]:
    tenant = add_tenant(tx)
    wallet = add_wallet(tx, tenant)
    provider = tx.ledger.account(
        tenant_id=tenant.id, kind=AccountKind.PROVIDER, owner_id=1, currency=wallet.currency
    )
    return tenant, provider.id, wallet.account_id


def _post(tx: SqlTransaction, *, tenant: Tenant, source: AccountId, wallet: AccountId) -> None:
    for _ in range(JOURNALS):
        post(tx, tenant, *[(source, wallet, AMOUNT_MINOR)] * LINES)


def balance(tx: Transaction, wallet: AccountId, _before: int) -> None:
    """Read a balance."""
    assert tx.ledger.get(wallet).balance.is_positive


def page(tx: Transaction, wallet: AccountId, before: int) -> None:
    """Read a page, older than an entry."""
    entries = tx.ledger.entries(wallet, before_seq=before, limit=PAGE)
    assert [entry.seq for entry in entries] == list(range(before - 1, before - 1 - PAGE, -1))


def window(tx: SqlTransaction, *, what: str, wallet: AccountId, last: int) -> float:
    """Read some pages of one depth, or balances; return microseconds each."""
    act = balance if what == "balance" else page
    before = {"newest": last + 1, "middle": last // 2, "oldest": READS * PAGE + 1}.get(what, 0)
    started = time.perf_counter()
    for number in range(READS):
        act(tx, wallet, before - number * PAGE)
    return (time.perf_counter() - started) * 1e6 / READS


async def race(files: dict[str, Database], wallets: dict[str, AccountId]) -> dict[str, Costs]:
    """Read from both in turns; return microseconds by what is read and by file."""
    lasts = {"large": LARGE // 2, "small": SMALL // 2}
    costs: dict[str, Costs] = {}
    for what in ("balance", "newest", "middle", "oldest"):
        costs[what] = {name: [] for name in files}
        for turn in range(WINDOWS + 1):
            for name, database in files.items():
                read = partial(window, what=what, wallet=wallets[name], last=lasts[name])
                cost = await database.read(read)
                costs[what][name] += [cost] if turn else []  # The first warms up.
    return costs


async def check(database: Database, wallet: AccountId, entries: int) -> str:
    """Compare count and balance with what was posted; have the doctor look.

    The writer looks: a reader has half a minute.
    """

    def count(tx: SqlTransaction) -> tuple[int, int]:
        tx.cursor.execute("SELECT count(*) FROM entry")
        return int(tx.cursor.fetchall()[0][0]), tx.ledger.get(wallet).balance.minor

    counted, stands = await database.run(count)
    assert (counted, stands) == (entries, entries // 2 * AMOUNT_MINOR)
    problems = await database.run(broken)
    assert not problems, problems
    return f"{counted:,} entries counted, doctor clean"


async def main() -> None:
    """Print the line."""
    with tempfile.TemporaryDirectory(prefix="hazina-") as name:
        sizes = {"large": LARGE, "small": SMALL}
        files = {size: open_file(Path(name) / f"{size}.db") for size in sizes}
        wallets = {size: await fill(files[size], sizes[size]) for size in sizes}
        costs = await race(files, wallets)
        books = [await check(files[size], wallets[size], sizes[size]) for size in sizes]
        for database in files.values():
            await database.close()
        where = f"{WINDOWS} windows in turns; {conditions(Path(name))}; {'; '.join(books)}"
    told = "; ".join(worded(what, cost) for what, cost in costs.items())
    print(f"P14 {LARGE:,} ÷ {SMALL:,} entries (goal 1.25, least 1.5): {told}; {where}")


def worded(what: str, cost: Costs) -> str:
    """Word the median ratio of what was read, and the two medians."""
    ratios = [large / small for large, small in zip(cost["large"], cost["small"], strict=True)]
    thing = what if what == "balance" else f"{what} page"
    return (
        f"{thing} {statistics.median(ratios):.2f} ({figure(statistics.median(cost['large']))} ÷ "
        f"{figure(statistics.median(cost['small']))} µs)"
    )


if __name__ == "__main__":
    quiet()
    asyncio.run(main())

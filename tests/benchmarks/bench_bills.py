"""P11, P12: what it costs that many bills are scheduled: to claim, in memory, at the start.

Run it with `python -m tests.benchmarks.bench_bills`. Two files hold the same estate, one ten times
the bills of the other (`HAZINA_BENCH_LARGE=1`: a million; 0.5: half of that), every bill stored
with its revision, its history and its audit line, triggers on, and its reminder planned. A window
is one run of the reminders' sweep on each, which claims 200 due rows, reads their bills, tells the
debtors and plans what follows, until the durable commit; the two take turns. The start is that of
`main.py run`, large in turns with a file without any bill; memory is read half a second after it is
ready.
"""

import asyncio
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from bot.sweeps.bills import BATCH, remind
from core.domain.people import UnitId
from core.domain.tenants import Policy, Tenant
from core.use_cases.reminders import plan_reminders
from storage.database import Database
from storage.doctor import broken
from storage.transaction import SqlTransaction
from tests.benchmarks.bench_start import Measured, start_ours
from tests.benchmarks.crowd import open_file
from tests.benchmarks.figures import conditions, figure, quiet, rated, sized, tell
from tests.benchmarks.stub_telegram import StubTelegram
from tests.factories import add_bill, add_member, add_person, add_tenant, add_unit

WINDOWS: Final = 9
STARTS: Final = 4
UNITS: Final = 64
AT_ONCE: Final = 100
"""Bills a function stores, so that none holds the writer for long."""

SMALL: Final = 10_000
LARGE: Final = sized(100_000, goal=1_000_000, step=SMALL)
"""Bills of a file."""

POLICY: Final = Policy(nudge_days=(), reminder_days=(7,), overdue_days=(30,))
LATER: Final = range(60, 365)
"""Days from today on which the bills that no window claims remind."""


async def fill(database: Database, bills: int) -> None:
    """Store bills: those of one window remind on one day, all others much later."""
    tenant, units = await database.run(_found)
    for first in range(0, bills, AT_ONCE):
        await database.run(partial(_add, tenant=tenant, units=units, first=first))
        tell(first + AT_ONCE, bills, "bills")


def _found(tx: SqlTransaction) -> tuple[Tenant, list[UnitId]]:
    tenant = add_tenant(tx, policy=POLICY)
    units = [add_unit(tx, tenant, code=f"A-{number}") for number in range(UNITS)]
    for number, unit in enumerate(units):
        person = add_person(tx, name=f"Payer {number}", telegram_id=5_000_000_000 + number)
        add_member(tx, tenant, person, unit_id=unit.id)
    return tenant, [unit.id for unit in units]


def _add(tx: SqlTransaction, *, tenant: Tenant, units: list[UnitId], first: int) -> None:
    for number in range(first, first + AT_ONCE):
        window = 1 + number // BATCH
        days = window if window <= WINDOWS + 1 else LATER[number % len(LATER)]
        bill = add_bill(
            tx,
            tenant,
            unit_id=units[number % UNITS],
            due_on=tx.now.date() + timedelta(days=days + 7),
        )
        plan_reminders(tx, bill=bill, tenant=tenant)


async def claims(files: dict[str, Database], today: datetime) -> dict[str, list[float]]:
    """Let the sweep claim one window after another; return microseconds a row by file."""
    costs: dict[str, list[float]] = {name: [] for name in files}
    for window in range(WINDOWS + 1):
        at = today + timedelta(days=window + 1, hours=20)
        for name, database in files.items():
            started = time.perf_counter()
            assert await database.run(partial(remind, at=at)) == BATCH
            took_s = time.perf_counter() - started
            costs[name] += [took_s * 1e6 / BATCH] if window else []  # The first warms up.
    return costs


async def starts(folders: dict[str, Path]) -> dict[str, list[Measured]]:
    """Start the service on each file in turns; return seconds and MiB."""
    stub = StubTelegram()
    api_url = await stub.start()
    seen: dict[str, list[Measured]] = {name: [] for name in folders}
    for turn in range(STARTS + 1):
        for name, folder in folders.items():
            measured = await start_ours(folder, api_url)
            seen[name] += [measured] if turn else []  # The first round warms up.
    await stub.stop()
    return seen


async def check(database: Database, bills: int) -> str:
    """Count the bills and what is planned for each; have the doctor look.

    The writer looks: a reader has half a minute.
    """

    def count(tx: SqlTransaction, name: str) -> int:
        tx.cursor.execute(f"SELECT count(*) FROM {name}")  # noqa: S608 - a table of ours
        return int(tx.cursor.fetchall()[0][0])

    for name in ("bill", "due"):
        assert await database.run(partial(count, name=name)) == bills, name
    problems = await database.run(broken)
    assert not problems, problems
    return f"{bills:,} bills and as many planned rows counted, doctor clean"


async def main() -> None:
    """Print the lines."""
    with tempfile.TemporaryDirectory(prefix="hazina-") as name:
        sizes = {"none": 0, "small": SMALL, "large": LARGE}
        folders = {size: Path(name) / size for size in sizes}
        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        for size, folder in folders.items():
            folder.mkdir()
            database = open_file(folder / "ours.db")
            await fill(database, sizes[size])
            await database.close()
        begun = await starts({size: folders[size] for size in ("large", "none")})
        files = {size: open_file(folders[size] / "ours.db") for size in ("large", "small")}
        costs = await claims(files, today)
        books = [await check(files[size], sizes[size]) for size in files]
        for database in files.values():
            await database.close()
        where = f"{conditions(Path(name))}; {'; '.join(books)}"
    took = {size: [took_s for took_s, _ in begun[size]] for size in begun}
    memory = {size: statistics.median(mib for _, mib in begun[size]) for size in begun}
    each = (memory["large"] - memory["none"]) * 1024 / LARGE
    claimed = rated(costs["large"], costs["small"], unit=" µs", sides=("many", "few"))
    begin = rated(took["large"], took["none"], unit=" s", sides=("many", "none"))
    print(
        f"P11 a claimed due row, {LARGE:,} ÷ {SMALL:,} bills (goal 1.25, least 2): {claimed}; "
        f"memory of a scheduled bill (goal 0) {each:.3f} KiB ({figure(memory['large'])} MiB, "
        f"{figure(memory['none'])} MiB with none); {where}"
    )
    print(
        f"P12 start to ready, {LARGE:,} scheduled bills ÷ none (goal 1.1, least 1.3): "
        f"{begin}; {where}"
    )


if __name__ == "__main__":
    quiet()
    asyncio.run(main())

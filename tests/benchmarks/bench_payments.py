"""P1, P2, P5: payments through the core's public function ÷ raw `sqlite3`, the same rows.

Run it with `python -m tests.benchmarks.bench_payments`. Everybody pays bills in full into one hot
tenant wallet; a payment counts when `Database.run` returned, which is after the durable commit. The
floor (`plain_rows.py`) commits after each payment. Both take turns, window after window, on files
that grow; at the end the doctor looks at the books and the payments are counted. P5 is P1 with two
milliseconds more in each COMMIT of both: what an ordinary disk takes.
"""

import asyncio
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from core.domain.bills import Bill
from core.use_cases.bills import pay_bill
from storage.database import Database
from storage.sqlite import Connect, open_connection
from tests.benchmarks.crowd import (
    PRICE,
    Crowd,
    Payer,
    bill_everybody,
    books_of,
    gather_crowd,
    open_file,
)
from tests.benchmarks.figures import conditions, quiet, rated
from tests.benchmarks.plain_rows import PlainRows, planned_for, rows_of_payment

CALLERS: Final = 64
WINDOWS: Final = 6
EACH: Final = 20
"""Bills a caller pays in one window, side by side with the others."""

ALONE: Final = 4
"""Bills he pays in one window while nobody else does."""


DELAY_S: Final = 0.002

Rates = dict[str, list[float]]


class Delayed:
    """A connection whose COMMIT takes longer, as on a slower disk (the GIL is free meanwhile)."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Wrap the connection."""
        self._connection = connection

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        """Run a statement."""
        if sql == "COMMIT":
            time.sleep(DELAY_S)
        return self._connection.execute(sql, *values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def open_delayed(path: Path) -> sqlite3.Connection:
    """Open the writer's connection on a slower disk."""
    return Delayed(open_connection(path))  # type: ignore[return-value]


@dataclass(slots=True)
class Race:
    """Our books, the floor, and what each payer has yet to pay."""

    database: Database
    crowd: Crowd
    bills: list[Iterator[Bill]]
    floor: PlainRows
    paid: int = 1
    rates: Rates = field(default_factory=dict)

    async def window(self) -> None:
        """Let everybody take a turn."""
        together, alone = CALLERS * EACH, CALLERS * ALONE
        self.floor.plan(together)
        started = time.perf_counter()
        await asyncio.gather(*(self._pay(number, EACH) for number in range(CALLERS)))
        self._note("together", together, started)
        started = time.perf_counter()
        for _ in range(together):
            self.floor.pay()
        self._note("floor", together, started)
        started = time.perf_counter()
        for number in range(CALLERS):
            await self._pay(number, ALONE)
        self._note("alone", alone, started)
        self.paid += together + alone

    async def _pay(self, number: int, count: int) -> None:
        for _ in range(count):
            await pay_next(self.database, self.crowd.payers[number], self.bills[number])

    def _note(self, name: str, count: int, started: float) -> None:
        self.rates.setdefault(name, []).append(count / (time.perf_counter() - started))


async def pay_next(database: Database, payer: Payer, bills: Iterator[Bill]) -> Bill:
    """Pay the payer's next bill in full."""
    bill = next(bills)
    paying = partial(
        pay_bill,
        actor=payer.actor,
        bill_id=bill.id,
        revision=bill.revision,
        amount=PRICE,
        key=f"{bill.id}",
    )
    await database.run(paying)
    return bill


async def prepared(folder: Path, *, windows: int, connect: Connect) -> Race:
    """Bill everybody, pay once, and make the floor from the rows that this payment wrote."""
    database = open_file(folder / "ours.db", connect=connect)
    crowd = await gather_crowd(database, size=CALLERS)
    bills = await bill_everybody(database, crowd, each=(EACH + ALONE) * windows + 2)
    planned = await database.read(partial(planned_for, bill_id=next(bills[0]).id))
    first = await pay_next(database, crowd.payers[0], bills[0])
    ids, found = await database.read(partial(rows_of_payment, bill_id=first.id))
    floor = PlainRows(folder / "floor.db", ids, found, planned, connect=connect)
    return Race(database=database, crowd=crowd, bills=bills, floor=floor)


async def run(windows: int, *, connect: Connect = open_connection) -> tuple[Rates, str]:
    """Run a race to its end and check the books; return the rates and the conditions."""
    with tempfile.TemporaryDirectory(prefix="hazina-") as name:
        folder = Path(name)
        race = await prepared(folder, windows=windows, connect=connect)
        for _ in range(windows):
            await race.window()
        books = await books_of(race.database, payments=race.paid)
        assert race.floor.count() == windows * CALLERS * EACH
        await race.database.close()
        race.floor.close()
        return race.rates, f"{race.floor.rows_each} rows a payment; {conditions(folder)}; {books}"


async def main(windows: int) -> None:
    """Print the lines."""
    rates, where = await run(windows)
    print(
        f"P1 payments, {CALLERS} callers, one hot wallet ÷ raw sqlite3 (goal 3, least 1): "
        f"{rated(rates['together'], rates['floor'])}; {where}"
    )
    print(
        f"P2 payments, 1 caller ÷ raw sqlite3 (goal 0.5, least 0.35): "
        f"{rated(rates['alone'], rates['floor'])}; {where}"
    )
    rates, where = await run(max(2, windows // 2), connect=open_delayed)
    print(
        f"P5 as P1, each COMMIT {DELAY_S * 1000:.0f} ms longer (goal 15, least 5): "
        f"{rated(rates['together'], rates['floor'])}; {where}"
    )


if __name__ == "__main__":
    quiet()
    asyncio.run(main(int(sys.argv[1]) if sys.argv[1:] else WINDOWS))

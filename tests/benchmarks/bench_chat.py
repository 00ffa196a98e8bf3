"""P7, P16: a press comes in, a durable payment, the receipt leaves ÷ a bare aiohttp floor.

Run it with `python -m tests.benchmarks.bench_chat`. 64 people press "Pay" in their chats; each
waits for his receipt at the stub Bot API before he presses again. The whole service is a child, in
webhook mode, its limits lifted; the floor is another (`chat_children.py`). They take turns. P7:
people press again at once, payments per second. P16: people think first, hurried ones for half a
second to a second and calm ones four times as long; the time from a press to its message, 99th
percentile.
"""

import asyncio
import pickle
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import orjson

from bot.web.telegram import PATH
from core.domain.bills import Bill
from handlers.visit import offer_to
from storage.transaction import SqlTransaction
from tests.benchmarks.chat_children import HEADERS
from tests.benchmarks.crowd import (
    PLENTY_MINOR,
    PRICE,
    Crowd,
    Payer,
    bill_everybody,
    books_of,
    gather_crowd,
    open_file,
)
from tests.benchmarks.figures import conditions, figure, p99, quiet, rated
from tests.benchmarks.plain_rows import planned_for, rows_of_arrival, rows_of_payment
from tests.benchmarks.stub_telegram import StubTelegram
from tests.benchmarks.wire import Line, child, open_line, post

MODULE: Final = "tests.benchmarks.chat_children"
PEOPLE: Final = 64
WINDOWS: Final = 5
AT_ONCE: Final = 8
"""Presses of one person in a window of P7."""

THINKING: Final = 8
"""Presses of one person in a window of P16."""

THOUGHTS: Final = 2
"""Windows of P16 at each pace."""

Pace = tuple[float, float]
PACES_S: Final[tuple[Pace, ...]] = ((0.5, 1.0), (2.0, 4.0))
EACH: Final = AT_ONCE * (WINDOWS + 1) + THINKING * THOUGHTS * len(PACES_S)
WITHIN_S: Final = 30.0


Rates = dict[str, list[float]]


@dataclass(slots=True)
class Somebody:
    """A person at his telephone: what he has yet to press, and the receipt he waits for."""

    payer: Payer
    buttons: Iterator[str]
    receipt: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class Stage:
    """Who presses, and where it goes."""

    people: dict[int, Somebody]
    ports: dict[str, int] = field(default_factory=dict)
    stub: StubTelegram = field(init=False)
    presses: int = 0

    def __post_init__(self) -> None:
        """Listen to what is sent."""
        self.stub = StubTelegram(self.told)

    def told(self, chat_id: int) -> None:
        """Hear of a message in a chat."""
        self.people[chat_id].receipt.set()

    async def window(
        self, name: str, *, each: int, pace: Pace | None = None
    ) -> tuple[float, list[float]]:
        """Let everybody press and wait; return presses a second, and how long each took."""
        took: list[float] = []
        started = time.perf_counter()
        everybody = self.people.values()
        play = partial(self._play, name, each=each, took=took, pace=pace)
        await asyncio.gather(*(play(person) for person in everybody))
        return len(took) / (time.perf_counter() - started), took

    async def _play(
        self, name: str, person: Somebody, *, each: int, took: list[float], pace: Pace | None
    ) -> None:
        line = await open_line(self.ports[name])
        pauses = random.Random(person.payer.chat_id)  # noqa: S311 - the same pauses for both
        for _ in range(each):
            if pace is not None:
                await asyncio.sleep(pauses.uniform(*pace))
            took.append(await self.press(line, person, is_ours=name == "ours"))
        await line.close()

    async def press(self, line: Line, person: Somebody, *, is_ours: bool) -> float:
        """Press the next button and wait for the receipt; return the seconds it took."""
        self.presses += 1
        data = next(person.buttons) if is_ours else "i:floor"
        request = post(PATH, orjson.dumps(_update(person, self.presses, data)), HEADERS)
        person.receipt.clear()
        started = time.perf_counter()
        async with asyncio.timeout(WITHIN_S):
            assert await line.send(request) == 200
            await person.receipt.wait()
        return time.perf_counter() - started


def _update(person: Somebody, number: int, data: str) -> dict[str, Any]:
    chat_id = person.payer.chat_id
    return {
        "update_id": number,
        "callback_query": {
            "id": f"{number}",
            "from": {
                "id": chat_id,
                "is_bot": False,
                "first_name": person.payer.person.name,
                "language_code": "en",
            },
            "message": {
                "message_id": 7,
                "date": int(time.time()),
                "chat": {"id": chat_id, "type": "private", "first_name": "Payer"},
                "text": "Confirm",
            },
            "chat_instance": "1",
            "data": data,
        },
    }


async def prepared(folder: Path) -> tuple[dict[int, Somebody], list[Bill]]:
    """Bill everybody and store their buttons; return them and the bills of the first."""
    database = open_file(folder / "ours.db")
    crowd = await gather_crowd(database, size=PEOPLE)
    bills = [list(own) for own in await bill_everybody(database, crowd, each=EACH + 1)]
    people = {}
    for payer, own in zip(crowd.payers, bills, strict=True):
        buttons = await database.run(partial(_offer, crowd=crowd, payer=payer, bills=own))
        people[payer.chat_id] = Somebody(payer=payer, buttons=iter(buttons))
    await database.close()
    return people, bills[0]


async def rehearse(folder: Path, stage: Stage, bills: list[Bill], base: str) -> None:
    """Let the first person pay once; keep every row that came of it for the floor."""
    with child(MODULE, "ours", str(folder), base) as stage.ports["ours"]:
        await stage.stub.has_webhook.wait()
        line = await open_line(stage.ports["ours"])
        await stage.press(line, next(iter(stage.people.values())), is_ours=True)
        await line.close()
    stage.stub.has_webhook.clear()
    database = open_file(folder / "ours.db")
    ids, found = await database.read(partial(rows_of_payment, bill_id=bills[0].id))
    found |= await database.read(partial(rows_of_arrival, after=0))
    planned = await database.read(partial(planned_for, bill_id=bills[1].id))
    await database.close()
    keep(folder, (ids, found, planned))


def keep(folder: Path, rows: object) -> None:
    """Hand the rows, and how many payments are to come, to the floor."""
    (folder / "rows.pickle").write_bytes(pickle.dumps(rows))
    (folder / "floor.count").write_text(str(PEOPLE * EACH), encoding="ascii")


def _offer(tx: SqlTransaction, *, crowd: Crowd, payer: Payer, bills: list[Bill]) -> list[str]:
    def button(bill: Bill, balance_minor: int) -> str:
        arguments = {
            "bill": bill.id,
            "revision": bill.revision,
            "amount": PRICE.minor,
            "rest": PRICE.minor,
            "balance": balance_minor,
        }
        return offer_to(tx, tenant=crowd.tenant, actor=payer.actor, verb="bill.pay", **arguments)

    # They are pressed in this order: each says the balance that the ones before leave.
    left = range(PLENTY_MINOR, 0, -PRICE.minor)
    return [button(bill, minor) for bill, minor in zip(bills, left, strict=False)]


async def race(folder: Path, stage: Stage, base: str) -> tuple[Rates, dict[Pace, Rates]]:
    """Run both contenders in turns; return rates of P7 and p99 of P16 at each pace, in ms."""
    rates: Rates = {"ours": [], "floor": []}
    slowest: dict[Pace, Rates] = {pace: {"ours": [], "floor": []} for pace in PACES_S}
    with ExitStack() as children:
        for name in rates:
            stage.ports[name] = children.enter_context(child(MODULE, name, str(folder), base))
        await stage.stub.has_webhook.wait()
        for window in range(WINDOWS + 1):
            for name, seen in rates.items():
                rate, _ = await stage.window(name, each=AT_ONCE)
                if window:  # The first window warms up.
                    seen.append(rate)
        for pace, by_name in slowest.items():
            for _ in range(THOUGHTS):
                for name, seen in by_name.items():
                    _, took = await stage.window(name, each=THINKING, pace=pace)
                    seen.append(p99(took) * 1000)
    return rates, slowest


async def main() -> None:
    """Print the lines."""
    with tempfile.TemporaryDirectory(prefix="hazina-") as name:
        folder = Path(name)
        people, bills = await prepared(folder)
        stage = Stage(people=people)
        base = await stage.stub.start()
        await rehearse(folder, stage, bills, base)
        rates, slowest = await race(folder, stage, base)
        await stage.stub.stop()
        database = open_file(folder / "ours.db")
        books = await books_of(database, payments=PEOPLE * EACH + 1)
        await database.close()
        assert (folder / "floor.paid").read_text(encoding="ascii") == f"{PEOPLE * EACH}"
        assert stage.stub.calls["sendMessage"] == 2 * PEOPLE * EACH + 1
        where = f"{PEOPLE} people; {conditions(folder)}; {books}"
    print(
        f"P7 press → durable payment → receipt sent ÷ bare aiohttp (goal 0.33, least 0.1): "
        f"{rated(rates['ours'], rates['floor'])}; {where}"
    )
    for pace, by_name in slowest.items():
        middle = {name: statistics.median(values) for name, values in by_name.items()}
        print(
            f"P16 p99 of a press until its message ÷ bare aiohttp (goal 2.5, least 4): "
            f"{middle['ours'] / middle['floor']:.2f} (ours {figure(middle['ours'])} ms, floor "
            f"{figure(middle['floor'])} ms, pauses of {pace[0]} to {pace[1]} s); {where}"
        )


if __name__ == "__main__":
    quiet()
    asyncio.run(main())

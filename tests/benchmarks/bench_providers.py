"""Each provider's webhook to its credit ÷ the credit alone; its signature checked ÷ bare HMAC.

Run it with `python -m tests.benchmarks.bench_providers`. One caller, each commit durable. Ours: the
adapter judges the event, it is stored, a job turns it into a look-up, the adapter reads the answer
(the network is a function), the money is posted. The floor posts what is given to it. The other
floor hashes the same bytes, compares, and reads the JSON. Both take turns, window after window, on
one file; at the end the doctor looks and the credits are counted. Another provider is a line in
`DIALECTS`.
"""

import asyncio
import hmac
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import httpx

from bot.engine.arrivals import store_hook
from bot.engine.calls import Calls, handle_hook
from core.domain.configurations import Configuration, ConfigurationId
from core.domain.money import Money
from core.domain.payments import Attempt
from core.domain.people import Actor
from core.domain.providers import Authentic, Pending, Provider, Settled
from core.domain.tenants import PLATFORM
from core.domain.work import Kind, Work
from core.use_cases import links
from storage.database import Database
from storage.doctor import broken
from storage.transaction import SqlTransaction
from tests.benchmarks.crowd import open_file
from tests.benchmarks.figures import conditions, quiet, rated
from tests.bot.providers.conformance import PROVIDER_REF, Dialect, Fact, Taken
from tests.bot.providers.flutterwave_dialect import FlutterwaveDialect
from tests.bot.providers.paystack_dialect import PaystackDialect
from tests.bot.providers.stripe_dialect import StripeDialect
from tests.bot.providers.test_sandbox_conformance import SandboxDialect
from tests.factories import add_member, add_person, add_tenant, add_wallet
from tests.fakes.providers import FakeRegistry

DIALECTS: Final[dict[str, Dialect]] = {
    "flutterwave": FlutterwaveDialect(),
    "paystack": PaystackDialect(),
    "sandbox": SandboxDialect(),
    "stripe": StripeDialect(),
}
WINDOWS: Final = 5
TURNS: Final = 40
"""A window, on each side."""

CHECKS: Final = 2_000
MINOR: Final = 500_000


@dataclass(slots=True, kw_only=True)
class Far:
    """The far side: believes one attempt at a time to be paid."""

    dialect: Dialect
    fact: Fact

    def __call__(self, request: httpx.Request) -> httpx.Response:
        return self.dialect.answer(request, self.fact)

    def pay(self, attempt: Attempt, number: int) -> Fact:
        amount = Money(MINOR, self.dialect.currency)
        taken = Taken(provider_id=str(90_000 + number), amount=amount)
        self.fact = Fact(status="paid", reference=attempt.reference, taken=(taken,))
        return self.fact


class Side:
    """One provider on one file: its adapter, its attempts, and both ways to a credit."""

    def __init__(self, name: str, database: Database, client: httpx.AsyncClient, far: Far) -> None:
        self.name = name
        self.database = database
        self.far = far
        self.adapter: Provider = far.dialect.adapter(client)
        self.count = 0

    async def begin(self) -> None:
        """Found the payer and the configuration."""
        self.actor, self.configuration = await self.database.run(self._found)
        registry = FakeRegistry(self.configuration, self.adapter)
        self.calls = Calls(self.database, registry, public_url="https://hazina.example")

    def _found(self, tx: SqlTransaction) -> tuple[Actor, Configuration]:
        tenant = add_tenant(tx, currency=self.far.dialect.currency)
        person = add_person(tx, name="Payer", telegram_id=5_000_000_000)
        add_wallet(tx, tenant)
        add_member(tx, tenant, person)
        configuration = Configuration(
            id=ConfigurationId(tx.new_id()),
            tenant_id=PLATFORM,
            provider=self.name,
            is_test=True,
        )
        tx.configurations.add(configuration)
        return Actor(person_id=person.id, tenant_id=tenant.id), configuration

    def open(self, tx: SqlTransaction) -> Attempt:
        """Open a page that waits to be paid; what the service would do meanwhile is done."""
        amount = Money(MINOR, self.far.dialect.currency)
        payment = links.open_top_up(
            tx, actor=self.actor, amount=amount, configuration=self.configuration
        )
        (attempt,) = tx.payments.attempts(payment.id)
        links.begin_call(tx, attempt_id=attempt.id)
        page = Pending(link="https://pay.example/", provider_ref=PROVIDER_REF)
        waiting = links.record_answer(tx, attempt_id=attempt.id, outcome=page)
        self._end_all(tx)
        return waiting

    async def by_event(self, attempt: Attempt) -> None:
        """Lead an event to its credit, as the doors and the engine do."""
        self.count += 1
        self.far.pay(attempt, self.count)
        now = datetime.now(UTC)
        event_id, reference = f"evt_{self.count}", attempt.reference
        hook = self.far.dialect.hook(event_id=event_id, reference=reference, at=now)
        reading = self.adapter.read_hook(hook)
        assert isinstance(reading, Authentic)
        store = partial(
            store_hook,
            configuration_id=self.configuration.id,
            provider=self.name,
            reading=reading,
        )
        await self.database.run(store)
        work = await self.database.read(partial(_next, kind=Kind.HOOK))
        await self.database.run(partial(handle_hook, work=work))
        await self.calls.handle(await self.database.read(partial(_next, kind=Kind.CALL)))

    async def at_once(self, attempt: Attempt) -> None:
        """Post what is given."""
        self.count += 1
        fact = self.far.pay(attempt, self.count)
        word = Settled(
            provider_id=fact.taken[0].provider_id,
            reference=attempt.reference,
            captured=fact.taken[0].amount,
            is_test=True,
        )
        record = partial(links.record_answer, attempt_id=attempt.id, outcome=word)
        await self.database.run(record)

    async def rate(self, *, is_ours: bool) -> float:
        """Credit a window's payments; return how many a second."""
        credit = self.by_event if is_ours else self.at_once
        attempts = [await self.database.run(self.open) for _ in range(TURNS)]
        started = time.perf_counter()
        for attempt in attempts:
            await credit(attempt)
        took = time.perf_counter() - started
        await self.database.run(self._end_all)
        return TURNS / took

    def checks(self) -> tuple[float, float]:
        """Check a signature, and do the least that could; return how many a second of each."""
        now = datetime.now(UTC)
        hook = self.far.dialect.hook(event_id="evt_1", reference="hz1", at=now)
        digest = hmac.new(b"k" * 40, hook.body, "sha256").hexdigest()

        def least() -> None:
            made = hmac.new(b"k" * 40, hook.body, "sha256").hexdigest()
            assert hmac.compare_digest(made, digest)
            json.loads(hook.body)

        return _rate(lambda: self.adapter.read_hook(hook)), _rate(least)

    def _end_all(self, tx: SqlTransaction) -> None:
        for work in tx.work.live(at=tx.now, after=0, limit=10_000):
            tx.work.end(work)


def _next(tx: SqlTransaction, *, kind: Kind) -> Work:
    return next(each for each in tx.work.live(at=tx.now, after=0, limit=100) if each.kind is kind)


def _rate(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    for _ in range(CHECKS):
        act()
    return CHECKS / (time.perf_counter() - started)


async def measure(name: str, dialect: Dialect, folder: Path) -> None:
    """Print the lines of one provider."""
    database = open_file(folder / f"{name}.db")
    far = Far(dialect=dialect, fact=Fact())
    async with httpx.AsyncClient(transport=httpx.MockTransport(far)) as client:
        side = Side(name, database, client, far)
        await side.begin()
        rates: dict[bool, list[float]] = {True: [], False: []}
        checked: tuple[list[float], list[float]] = ([], [])
        for window in range(WINDOWS + 1):
            for is_ours, found in rates.items():
                figure = await side.rate(is_ours=is_ours)
                if window:  # The first window warms up.
                    found.append(figure)
            for figures, figure in zip(checked, side.checks(), strict=True):
                if window:
                    figures.append(figure)
    problems = await database.read(broken)
    paid = await database.read(_completed)
    await database.close()
    assert not problems, problems
    assert paid == side.count, (paid, side.count)
    print(
        f"{name}: webhook to credit ÷ credit alone: {rated(rates[True], rates[False])};"
        f" {paid} credits once each, doctor clean"
    )
    print(f"{name}: signature checked and event read ÷ bare HMAC and JSON: {rated(*checked)}")


def _completed(tx: SqlTransaction) -> int:
    tx.cursor.execute("SELECT count(*) FROM payment WHERE status = 'completed'")
    return int(tx.cursor.fetchall()[0][0])


def main() -> None:
    """Print the lines."""
    with tempfile.TemporaryDirectory(prefix="hazina-") as name:
        folder = Path(name)
        print(f"One caller, windows of {TURNS}; {conditions(folder)}")
        for provider, dialect in DIALECTS.items():
            asyncio.run(measure(provider, dialect, folder))


if __name__ == "__main__":
    quiet()
    main()

"""Each provider's word to its credit ÷ the credit alone; its signature checked ÷ bare HMAC.

Run it with `python -m tests.benchmarks.bench_providers`, or with names behind it. One caller, each
commit durable. Ours: the adapter judges the event, it is stored, a job turns it into a look-up, the
adapter reads the answer (the network is a function), the money is posted. M-Pesa's word comes to a
one-time address and Telegram's in an update: both settle without a look-up. PayPal's certificate is
at hand, as it is after the first event; Pesapal's notice is proved by nothing. The floor posts what
is given to it. The other floor hashes the same bytes, compares, and reads the JSON. Both take
turns, window after window, on one file; at the end the doctor looks and the credits are counted.
Another provider is a line in `DIALECTS`.
"""

import asyncio
import hmac
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import httpx

from bot.engine.arrivals import store_hook, store_updates
from bot.engine.calls import Calls, handle_hook
from bot.web.answers import store_answer
from core.domain.configurations import Configuration, ConfigurationId
from core.domain.money import Money
from core.domain.payments import Attempt, AttemptId
from core.domain.people import Actor
from core.domain.providers import (
    About,
    Authentic,
    Pending,
    Preparing,
    Provider,
    Settled,
    Undecided,
)
from core.domain.tenants import PLATFORM
from core.domain.work import Work
from core.use_cases import links
from core.use_cases.addresses import draw_address, find_address
from storage.database import Database
from storage.doctor import broken
from storage.transaction import SqlTransaction
from tests.benchmarks.crowd import open_file
from tests.benchmarks.figures import conditions, quiet, rated
from tests.bot.engine.invoices import receipt_update
from tests.bot.providers import paypal_says
from tests.bot.providers.conformance import (
    PROVIDER_REF,
    REFERENCE,
    Dialect,
    Fact,
    Taken,
)
from tests.bot.providers.flutterwave_dialect import FlutterwaveDialect
from tests.bot.providers.mpesa_dialect import MpesaDialect
from tests.bot.providers.paypal_dialect import PayPalDialect
from tests.bot.providers.paystack_dialect import PaystackDialect
from tests.bot.providers.stripe_dialect import StripeDialect
from tests.bot.providers.test_pesapal import PesapalDialect
from tests.bot.providers.test_sandbox_conformance import SandboxDialect
from tests.bot.providers.test_telegram import TelegramDialect
from tests.factories import add_member, add_person, add_tenant, add_wallet
from tests.fakes.providers import FakeRegistry

DIALECTS: Final[dict[str, Dialect]] = {
    "flutterwave": FlutterwaveDialect(),
    "mpesa": MpesaDialect(),
    "paypal": PayPalDialect(),
    "paystack": PaystackDialect(),
    "pesapal": PesapalDialect(),
    "sandbox": SandboxDialect(),
    "stripe": StripeDialect(),
    "telegram": TelegramDialect(),
}
UNSIGNED: Final = frozenset({"mpesa", "telegram"})
"""Who are known by where they come: to an address that only they know, in the bot's channel."""

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
        if str(request.url) == paypal_says.CERTIFICATE:
            return httpx.Response(200, content=paypal_says.signer().pem)
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
        self.secrets: dict[AttemptId, str] = {}
        self.ways = {"mpesa": self.by_answer, "telegram": self.by_receipt}

    async def begin(self) -> None:
        """Found the payer and the configuration."""
        self.actor, self.configuration = await self.database.run(self._found)
        registry = FakeRegistry(self.configuration, self.adapter)
        self.calls = Calls(self.database, registry, public_url="https://hazina.example")

    def _found(self, tx: SqlTransaction) -> tuple[Actor, Configuration]:
        tenant = add_tenant(tx, currency=self.far.dialect.currency)
        person = add_person(
            tx,
            name="Payer",
            telegram_id=5_000_000_000,
            phone="+254712345678",
            phone_verified_at=tx.now,
        )
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
        shown = PROVIDER_REF
        if self.name == "mpesa":
            shown = _prompt_of(attempt)
            self.secrets[attempt.id] = draw_address(
                tx,
                configuration_id=self.configuration.id,
                about=About.PAYMENT,
                subject=attempt.id,
            )
        page = Pending(link="https://pay.example/", provider_ref=shown)
        waiting = links.record_answer(tx, attempt_id=attempt.id, outcome=page)
        self._end_all(tx)
        return waiting

    async def by_word(self, attempt: Attempt) -> None:
        """Lead the provider's word to its credit, as the doors and the engine do."""
        self.count += 1
        fact = self.far.pay(attempt, self.count)
        await self.ways.get(self.name, self.by_event)(attempt, fact)

    async def by_event(self, attempt: Attempt, fact: Fact) -> None:
        """Let an event lead to a look-up."""
        now = datetime.now(UTC)
        hook = self.far.dialect.hook(
            event_id=f"evt_{self.count}", reference=attempt.reference, at=now
        )
        if isinstance(self.adapter, Preparing):
            await self.adapter.prepare(hook)
        reading = self.adapter.read_hook(hook)
        assert isinstance(reading, Authentic | Undecided)
        store = partial(
            store_hook,
            configuration_id=self.configuration.id,
            provider=self.name,
            reading=reading,
        )
        work = await self.database.run(partial(_handed, act=store))
        call = await self.database.run(partial(_handed, act=partial(handle_hook, work=work)))
        await self.calls.handle(call)

    async def by_answer(self, attempt: Attempt, fact: Fact) -> None:
        """Let an answer come to the address that was drawn for this attempt."""
        dialect, secret = self.far.dialect, self.secrets[attempt.id]
        assert isinstance(dialect, MpesaDialect)
        # An answer names no reference of ours, only the prompt.
        hook = dialect.answered(replace(fact, reference=REFERENCE))
        body = hook.body.replace(PROVIDER_REF.encode(), _prompt_of(attempt).encode())
        hook = replace(hook, body=body)
        address = await self.database.read(partial(find_address, secret=secret))
        assert address is not None
        store = partial(store_answer, address=address, hook=hook)
        await self.calls.handle(await self.database.run(partial(_handed, act=store)))

    async def by_receipt(self, attempt: Attempt, fact: Fact) -> None:
        """Let a receipt come in the bot's channel."""
        taken = fact.taken[0]
        update = receipt_update(
            self.count, attempt.reference, taken.amount, charge=taken.provider_id
        )
        store = partial(store_updates, bot_id=1, updates=[update])
        work = await self.database.run(partial(_handed, act=store))
        await self.database.run(partial(handle_hook, work=work))

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
        credit = self.by_word if is_ours else self.at_once
        attempts = [await self.database.run(self.open) for _ in range(TURNS)]
        started = time.perf_counter()
        for attempt in attempts:
            await credit(attempt)
        took = time.perf_counter() - started
        await self.database.run(self._end_all)
        return TURNS / took

    async def checks(self) -> tuple[float, float]:
        """Check a signature, and do the least that could; return how many a second of each."""
        now = datetime.now(UTC)
        hook = self.far.dialect.hook(event_id="evt_1", reference="hz1", at=now)
        if isinstance(self.adapter, Preparing):
            await self.adapter.prepare(hook)
        digest = hmac.new(b"k" * 40, hook.body, "sha256").hexdigest()

        def least() -> None:
            made = hmac.new(b"k" * 40, hook.body, "sha256").hexdigest()
            assert hmac.compare_digest(made, digest)
            json.loads(hook.body)

        return _rate(lambda: self.adapter.read_hook(hook)), _rate(least)

    def _end_all(self, tx: SqlTransaction) -> None:
        for work in tx.work.live(at=tx.now, after=0, limit=10_000):
            tx.work.end(work)


def _prompt_of(attempt: Attempt) -> str:
    return f"page_{attempt.id}"


def _handed(tx: SqlTransaction, *, act: Callable[[SqlTransaction], object]) -> Work:
    """Return the one row that an act writes, which the engine has in memory after the commit."""
    act(tx)
    (work,) = tx.written
    return work


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
            if name in UNSIGNED:
                continue
            for figures, figure in zip(checked, await side.checks(), strict=True):
                if window:
                    figures.append(figure)
    problems = await database.read(broken)
    paid = await database.read(_completed)
    await database.close()
    assert not problems, problems
    assert paid == side.count, (paid, side.count)
    print(
        f"{name}: its word to credit ÷ credit alone: {rated(rates[True], rates[False])};"
        f" {paid} credits once each, doctor clean"
    )
    if name not in UNSIGNED:
        print(f"{name}: signature checked and event read ÷ bare HMAC and JSON: {rated(*checked)}")


def _completed(tx: SqlTransaction) -> int:
    tx.cursor.execute("SELECT count(*) FROM payment WHERE status = 'completed'")
    return int(tx.cursor.fetchall()[0][0])


def main(names: Sequence[str]) -> None:
    """Print the lines."""
    with tempfile.TemporaryDirectory(prefix="hazina-") as name:
        folder = Path(name)
        print(f"One caller, windows of {TURNS}; {conditions(folder)}")
        for provider, dialect in DIALECTS.items():
            if names and provider not in names:
                continue
            asyncio.run(measure(provider, dialect, folder))


if __name__ == "__main__":
    quiet()
    main(sys.argv[1:])

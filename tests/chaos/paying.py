"""Callers who pay one unit after another and write down what they were told of each."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Final

from core.domain.ledger import AccountId, JournalKind, Leg, Subject
from core.domain.money import Money
from core.domain.tenants import Tenant
from core.domain.wallets import Wallet
from core.use_cases import ledger
from storage.server import ServerDatabase
from storage.session import CommitUnknown, ServerAway
from storage.sqlite import NotCommitted
from storage.statements import written
from storage.transaction import SqlTransaction
from tests.chaos.pair import Pair, ask
from tests.factories import add_person, add_tenant, add_wallet, top_up

CALLERS: Final = 8
MUCH: Final = 10_000_000
OUTAGE_S: Final = 0.5
"""A longer pause between two payments of anybody is an outage."""

_KEYS: Final = written("SELECT key, COUNT(*) FROM journal WHERE key LIKE 'pay-%' GROUP BY key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """Where the money is: one wallet for each caller, and who is paid."""

    tenant: Tenant
    wallets: tuple[Wallet, ...]
    paid: AccountId


@dataclass(slots=True)
class Told:
    """What callers were told of their payments, by key."""

    done: set[str] = field(default_factory=set)
    undone: set[str] = field(default_factory=set)
    unknown: int = 0
    """How often nobody could say; the caller then looked by paying under the same key."""
    moments_s: list[float] = field(default_factory=list)

    def outages_s(self) -> list[float]:
        """Return the pauses in which nobody's payment was acknowledged, the longest first."""
        pauses = [b - a for a, b in zip(self.moments_s, self.moments_s[1:], strict=False)]
        return sorted((each for each in pauses if each > OUTAGE_S), reverse=True)


def found(tx: SqlTransaction) -> Town:
    """Fill the wallets."""
    tenant = add_tenant(tx)
    people = [add_person(tx, telegram_id=9_000 + n) for n in range(CALLERS)]
    wallets = tuple(add_wallet(tx, tenant, owner_id=each.id) for each in people)
    for wallet in wallets:
        top_up(tx, tenant, wallet, MUCH)
    return Town(tenant=tenant, wallets=wallets, paid=add_wallet(tx, tenant).account_id)


async def pay_on(database: ServerDatabase, town: Town, told: Told, closing: asyncio.Event) -> None:
    """Let everybody pay until closing time."""
    await asyncio.gather(*(_pay(database, town, told, closing, n) for n in range(CALLERS)))


async def _pay(
    database: ServerDatabase, town: Town, told: Told, closing: asyncio.Event, caller: int
) -> None:
    count = 0
    while not closing.is_set():
        count += 1
        await _once(database, town, told, caller, f"pay-{caller}-{count}")


async def _once(database: ServerDatabase, town: Town, told: Told, caller: int, key: str) -> None:
    leg = Leg(
        source=town.wallets[caller].account_id,
        target=town.paid,
        amount=Money(1, town.tenant.currency),
    )

    def pay(tx: SqlTransaction) -> None:
        ledger.post(
            tx,
            tenant_id=town.tenant.id,
            kind=JournalKind.BILL_PAYMENT,
            subject=Subject(kind="test", id=1),
            key=key,
            legs=[leg],
        )

    while True:
        try:
            await database.run(pay)
        except CommitUnknown:
            told.unknown += 1
        except (NotCommitted, ServerAway):
            told.undone.add(key)
            return
        else:
            told.done.add(key)
            told.moments_s.append(time.monotonic())
            return


async def compare(database: ServerDatabase, town: Town, told: Told) -> None:
    """Everything acknowledged is there once, nothing else is, and the sum agrees."""
    kept: dict[str, int] = dict(await database.read(lambda tx: list(_KEYS.rows(tx.cursor, {}))))
    assert told.done - kept.keys() == set(), "lost"
    assert kept.keys() - told.done == set(), "ghosts"
    assert set(kept.values()) <= {1}, "doubled"
    balance = await database.read(lambda tx: tx.ledger.get(town.paid).balance.minor)
    assert balance == len(told.done)


def journals(pair: Pair) -> int:
    """Return how many journals the standby's place in the pair holds (it runs as a primary)."""
    return int(ask(pair.standby, pair.name, "SELECT count(*) FROM journal")[0][0])

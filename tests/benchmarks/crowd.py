"""A crowd of payers: one tenant whose wallet everybody pays into, each with bills of his own."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

from bot.ports import SERVICE_NODE, SystemClock, SystemRandomness
from bot.providers import KINDS
from core.domain.bills import Bill, BillType
from core.domain.people import Actor, Person, Scope, Unit
from core.domain.tenants import Policy, Tenant
from core.use_cases.bills import issue_bill
from storage.database import Database
from storage.doctor import broken
from storage.embedded import EmbeddedDatabase
from storage.keyring import KeyRing
from storage.setup import SANDBOX, prepare
from storage.sqlite import Connect, open_connection
from storage.transaction import SqlTransaction
from tests.factories import (
    add_member,
    add_person,
    add_tenant,
    add_unit,
    add_wallet,
    naira,
    top_up,
)

SECRET_KEY: Final = "not-a-secret-" * 4
PRICE: Final = naira(12_500_00)
PLENTY_MINOR: Final = 10**13
BATCH: Final = 20
"""Bills a function issues, so that none holds the writer for long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """Somebody with money and bills; `chat_id` is his private chat with the bot."""

    person: Person
    actor: Actor
    unit: Unit
    chat_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """A tenant and its payers."""

    tenant: Tenant
    payers: tuple[Payer, ...]


def open_file(path: Path, *, connect: Connect = open_connection) -> Database:
    """Open a database as the service does, made new where there is none."""
    clock = SystemClock()
    ring = KeyRing([SECRET_KEY])
    prepare(path, mode=SANDBOX, now=clock.now(), ring=ring)
    return EmbeddedDatabase(
        path,
        clock=clock,
        randomness=SystemRandomness(node=SERVICE_NODE),
        ring=ring,
        kinds=KINDS,
        connect=connect,
    )


async def gather_crowd(database: Database, *, size: int) -> Crowd:
    """Found a tenant and its payers, each with a full wallet."""
    tenant = await database.run(_found)
    payers = [
        await database.run(partial(_join, tenant=tenant, number=number)) for number in range(size)
    ]
    return Crowd(tenant=tenant, payers=tuple(payers))


async def bill_everybody(database: Database, crowd: Crowd, *, each: int) -> list[Iterator[Bill]]:
    """Issue that many bills to each payer; return what each has to pay, in the payers' order."""
    issued: list[Iterator[Bill]] = []
    for payer in crowd.payers:
        bills: list[Bill] = []
        while (count := min(BATCH, each - len(bills))) > 0:
            issue = partial(_issue, tenant=crowd.tenant, payer=payer, count=count)
            bills += await database.run(issue)
        issued.append(iter(bills))
    return issued


async def books_of(database: Database, *, payments: int) -> str:
    """Have the doctor look and count the payments; say what was found.

    Raises:
        AssertionError: a promise is broken, or the count is another.
    """
    problems = await database.read(broken)
    assert not problems, problems
    counted = await database.read(_completed)
    assert counted == payments, f"{counted} payments in the books, {payments} acknowledged"
    return f"books checked: {counted} payments, doctor clean"


def _found(tx: SqlTransaction) -> Tenant:
    tenant = add_tenant(tx, policy=Policy(must_acknowledge=False))
    add_wallet(tx, tenant)
    return tenant


def _join(tx: SqlTransaction, *, tenant: Tenant, number: int) -> Payer:
    chat_id = 5_000_000_000 + number
    person = add_person(
        tx, name=f"Payer {number}", telegram_id=chat_id, current_tenant_id=tenant.id
    )
    unit = add_unit(tx, tenant, code=f"A-{number}")
    add_member(tx, tenant, person, unit_id=unit.id)
    top_up(tx, tenant, add_wallet(tx, tenant, owner_id=person.id), PLENTY_MINOR)
    actor = Actor(person_id=person.id, tenant_id=tenant.id, unit_ids=frozenset({unit.id}))
    return Payer(person=person, actor=actor, unit=unit, chat_id=chat_id)


def _issue(tx: SqlTransaction, *, tenant: Tenant, payer: Payer, count: int) -> list[Bill]:
    clerk = Actor(
        person_id=payer.person.id, tenant_id=tenant.id, scopes=frozenset({Scope.BILLS_MANAGE})
    )
    return [
        issue_bill(
            tx,
            actor=clerk,
            unit_id=payer.unit.id,
            type_=BillType.SERVICE_CHARGE,
            title=f"Service charge {number}",
            total=PRICE,
            due_on=(tx.now + timedelta(days=14)).date(),
        )
        for number in range(count)
    ]


def _completed(tx: SqlTransaction) -> int:
    tx.cursor.execute(
        "SELECT count(*) FROM payment p JOIN receipt r ON r.payment_id = p.id"
        " JOIN allocation a ON a.payment_id = p.id WHERE p.status = 'completed'"
    )
    return int(tx.cursor.fetchall()[0][0])

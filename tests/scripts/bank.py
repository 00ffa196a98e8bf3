"""Mahali Court: a dozen residents with bills, wallets and PINs, for stories in which things die."""

import os
from datetime import timedelta
from itertools import cycle
from typing import Final

from argon2 import PasswordHasher

from bot.ports import SystemClock
from bot.sandbox.records import Person
from core.domain.bills import BillType
from core.domain.calendar import local_date
from core.domain.ledger import AccountKind, JournalKind, Leg, Subject
from core.domain.money import Currency, Money
from core.domain.people import PersonId, Role
from core.domain.tenants import Tenant, TenantKind
from core.use_cases import bills, ledger, people, pins, wallets
from storage.transaction import SqlTransaction

NAIRA: Final = Currency("NGN")
CHANNEL: Final = "telegram"
ZONE: Final = "Africa/Lagos"
MANAGER: Final = 8100
RESIDENTS: Final = tuple(range(8001, 8013))
KILLS: Final = int(os.environ.get("KILLS", "20"))
"""How often processes are killed while people pay; they have bills for as long."""
ROUNDS: Final = max(1, KILLS // 20)
OPENING_MINOR: Final = 1_000_000 * ROUNDS
"""Kobo in every wallet at the start."""
BILLS_MINOR: Final = (500_000, 300_000) * ROUNDS
"""Kobo of every resident's bills: two, or more in a soak."""
PIN: Final = "482659"
"""Six digits that nothing else here contains."""

_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def cast() -> tuple[Person, ...]:
    """Return the manager and the residents."""
    manager = Person(id=MANAGER, first_name="Mona", last_name="Otieno", phone="+2348030008100")
    return (manager, *(_resident(each) for each in RESIDENTS))


def has_pin(telegram_id: int) -> bool:
    """Tell whether a resident pays with a PIN: every second one does."""
    return telegram_id % 2 == 1


def number(serial: int) -> str:
    """Return a bill's number of this year: as many for each resident, in their order."""
    return f"BILL-{local_date(SystemClock().now(), ZONE).year}-{serial:06d}"


def numbers(telegram_id: int) -> tuple[str, ...]:
    """Return the numbers of a resident's bills."""
    first = RESIDENTS.index(telegram_id) * len(BILLS_MINOR) + 1
    return tuple(number(first + each) for each in range(len(BILLS_MINOR)))


def seed(tx: SqlTransaction) -> None:
    """Found the court."""
    tenant = people.create_tenant(
        tx,
        name="Mahali Court",
        kind=TenantKind.ESTATE,
        currency=NAIRA,
        country="NG",
        timezone=ZONE,
    )
    manager = _settle_in(tx, tenant, cast()[0], role=Role.ADMIN, unit="")
    for each in cast()[1:]:
        person_id = _settle_in(tx, tenant, each, role=Role.RESIDENT, unit=f"C-{each.id}")
        _fund(tx, tenant, person_id)
        _bill(tx, tenant, manager, unit=f"C-{each.id}")
        if has_pin(each.id):
            peppered = tx.ring.pepper(PIN, person_id=person_id)
            pins.set_pin(tx, person_id=person_id, pin_hash=_HASHER.hash(peppered))
    tx.events.clear()


def seed_with_keeper(tx: SqlTransaction) -> None:
    """Found the court with a manager who has a PIN: who gives money back needs one."""
    seed(tx)
    person_id = next(
        identity.person_id for identity in [tx.people.identity_of(CHANNEL, MANAGER)] if identity
    )
    peppered = tx.ring.pepper(PIN, person_id=person_id)
    pins.set_pin(tx, person_id=person_id, pin_hash=_HASHER.hash(peppered))
    tx.events.clear()


def seed_among_themselves(tx: SqlTransaction) -> None:
    """Found the court with a manager whom nobody can reach.

    A chat takes one message a second, and the manager hears of everything: where people pay all the
    time, his chat alone is what the end would be waited for.
    """
    seed(tx)
    people.lose(tx, channel=CHANNEL, external_id=MANAGER)


def _resident(telegram_id: int) -> Person:
    return Person(
        id=telegram_id,
        first_name=f"Resident{telegram_id - 8000}",
        last_name="Mahali",
        phone=f"+23480300{telegram_id:05d}",
    )


def _settle_in(
    tx: SqlTransaction, tenant: Tenant, who: Person, *, role: Role, unit: str
) -> PersonId:
    name = f"{who.first_name} {who.last_name}"
    person, _ = people.meet(tx, channel=CHANNEL, external_id=who.id, name=name)
    people.verify_phone(tx, person_id=person.id, phone=who.phone)
    _, key = people.invite(tx, tenant_id=tenant.id, role=role, unit_code=unit)
    people.join(tx, person_id=person.id, key=key)
    return person.id


def _fund(tx: SqlTransaction, tenant: Tenant, person_id: PersonId) -> None:
    wallet = wallets.open_wallet(tx, tenant_id=tenant.id, owner_id=person_id, currency=NAIRA)
    source = tx.ledger.account(
        tenant_id=tenant.id, kind=AccountKind.EXTERNAL, owner_id=0, currency=NAIRA
    )
    amount = Money(OPENING_MINOR, NAIRA)
    ledger.post(
        tx,
        tenant_id=tenant.id,
        kind=JournalKind.TOP_UP,
        subject=Subject(kind="wallet", id=wallet.id),
        key=f"opening:{wallet.id}",
        legs=[Leg(source=source.id, target=wallet.account_id, amount=amount)],
    )


def _bill(tx: SqlTransaction, tenant: Tenant, manager: PersonId, *, unit: str) -> None:
    actor = people.actor_of(tx, person_id=manager, tenant_id=tenant.id)
    found = people.find_or_add_unit(tx, tenant_id=tenant.id, code=unit)
    for minor, type_ in zip(
        BILLS_MINOR, cycle((BillType.SERVICE_CHARGE, BillType.WATER)), strict=False
    ):
        bills.issue_bill(
            tx,
            actor=actor,
            unit_id=found.id,
            type_=type_,
            title=f"{type_.value.replace('_', ' ').capitalize()} {unit}",
            total=Money(minor, NAIRA),
            due_on=local_date(tx.now, tenant.timezone) + timedelta(days=7),
        )

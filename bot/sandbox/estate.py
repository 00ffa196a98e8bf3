"""The demo estate: who lives and works at Palm Court, what they hold and owe.

Seeded through the same use cases that chat and command line use, once, into an empty database.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.sandbox.records import Group, Person
from core.domain.bills import Bill, BillType
from core.domain.calendar import local_date
from core.domain.ledger import AccountKind, JournalKind, Leg, Subject
from core.domain.money import Currency, Money
from core.domain.people import PersonId, Role
from core.domain.tenants import Tenant, TenantKind
from core.use_cases import bills, ledger, people, wallets
from storage.transaction import SqlTransaction

NAIRA: Final = Currency("NGN")
TIMEZONE: Final = "Africa/Lagos"
CHANNEL: Final = "telegram"

ADAEZE: Final = 7001
IBRAHIM: Final = 7002
BOLA: Final = 7003
CHIDI: Final = 7004
NEWCOMER: Final = 7005
EMEKA: Final = 7006


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """One person of the estate; `opening_minor` is what the wallet holds at the start (kobo)."""

    telegram_id: int
    first_name: str
    last_name: str
    phone: str
    unit: str
    roles: tuple[Role, ...]
    blurb: str
    opening_minor: int = 0


RESIDENTS: Final = (
    Resident(
        telegram_id=ADAEZE,
        first_name="Adaeze",
        last_name="Obi",
        phone="+2348030000001",
        unit="A-14",
        roles=(Role.RESIDENT,),
        blurb="A-14, money in her wallet",
        opening_minor=2_000_000,
    ),
    Resident(
        telegram_id=BOLA,
        first_name="Bola",
        last_name="Bello",
        phone="+2348030000003",
        unit="",
        roles=(Role.ADMIN,),
        blurb="secretary: bills, disputes, people",
    ),
    Resident(
        telegram_id=CHIDI,
        first_name="Chidi",
        last_name="Eze",
        phone="+2348030000004",
        unit="",
        roles=(Role.FINANCE,),
        blurb="treasurer: sees the books",
    ),
    Resident(
        telegram_id=IBRAHIM,
        first_name="Ibrahim",
        last_name="Musa",
        phone="+2348030000002",
        unit="B-02",
        roles=(Role.RESIDENT,),
        blurb="B-02, pays by link",
    ),
)
"""Invented; any likeness is chance."""

HUSBAND: Final = Resident(
    telegram_id=EMEKA,
    first_name="Emeka",
    last_name="Obi",
    phone="+2348030000006",
    unit="A-14",
    roles=(Role.RESIDENT,),
    blurb="A-14, Adaeze's husband",
    opening_minor=600_000,
)
"""He belongs to the estate only where it has a past."""


def cast() -> tuple[Person, ...]:
    """Return the people of the chat page."""
    played = tuple(
        Person(
            id=r.telegram_id,
            first_name=r.first_name,
            last_name=r.last_name,
            phone=r.phone,
            blurb=r.blurb,
        )
        for r in (*RESIDENTS, HUSBAND)
    )
    newcomer = Person(
        id=NEWCOMER,
        first_name="Ngozi",
        last_name="Ade",
        phone="+2348030000005",
        blurb="no member yet, waits for a link",
    )
    return (*played, newcomer)


def acquainted() -> tuple[int, ...]:
    """Return the Telegram ids of those who have started the bot before the story begins."""
    return tuple(r.telegram_id for r in (*RESIDENTS, HUSBAND))


def groups() -> tuple[Group, ...]:
    """Return the group chats of the chat page."""
    members = acquainted()
    return (Group(id=-100_7001, title="Palm Court neighbours", member_ids=members),)


def seed(tx: SqlTransaction) -> bool:
    """Found the estate in an empty database and bill it; False when there is one already."""
    if tx.tenants.all():
        return False
    tenant = found(tx)
    due_soon = ("A-14", BillType.SERVICE_CHARGE, "Service charge", 500_000, 7)
    due_later = ("A-14", BillType.WATER, "Water", 180_000, 14)
    empty_wallet = ("B-02", BillType.SERVICE_CHARGE, "Service charge", 500_000, 7)
    for unit, type_, title, minor, days in (due_soon, due_later, empty_wallet):
        bill(tx, tenant, unit=unit, type_=type_, title=title, minor=minor, days=days)
    tx.events.clear()
    return True


def found(tx: SqlTransaction) -> Tenant:
    """Open the estate and let everybody of `RESIDENTS` in, with what their wallets hold."""
    tenant = people.create_tenant(
        tx,
        name="Palm Court Estate",
        kind=TenantKind.ESTATE,
        currency=NAIRA,
        country="NG",
        timezone=TIMEZONE,
    )
    for resident in RESIDENTS:
        settle_in(tx, tenant, resident)
    return tenant


def settle_in(tx: SqlTransaction, tenant: Tenant, resident: Resident) -> PersonId:
    """Let one person in, with a verified phone, roles and what the wallet holds."""
    person, _ = people.meet(
        tx,
        channel=CHANNEL,
        external_id=resident.telegram_id,
        name=f"{resident.first_name} {resident.last_name}",
    )
    people.verify_phone(tx, person_id=person.id, phone=resident.phone)
    for role in resident.roles:
        _, key = people.invite(tx, tenant_id=tenant.id, role=role, unit_code=resident.unit)
        people.join(tx, person_id=person.id, key=key)
    if resident.opening_minor:
        top_up(tx, tenant, owner_id=person.id, minor=resident.opening_minor)
    return person.id


def top_up(tx: SqlTransaction, tenant: Tenant, *, owner_id: PersonId, minor: int) -> None:
    """Put money into a wallet, once a day and person (kobo)."""
    wallet = wallets.open_wallet(tx, tenant_id=tenant.id, owner_id=owner_id, currency=NAIRA)
    source = tx.ledger.account(
        tenant_id=tenant.id, kind=AccountKind.EXTERNAL, owner_id=0, currency=NAIRA
    )
    ledger.post(
        tx,
        tenant_id=tenant.id,
        kind=JournalKind.TOP_UP,
        subject=Subject(kind="wallet", id=wallet.id),
        key=f"opening:{wallet.id}:{tx.now.date()}",
        legs=[Leg(source=source.id, target=wallet.account_id, amount=Money(minor, NAIRA))],
    )


def bill(
    tx: SqlTransaction,
    tenant: Tenant,
    *,
    unit: str,
    type_: BillType,
    title: str,
    minor: int,
    days: int,
) -> Bill:
    """Let Bola bill a unit (kobo), due so many days from now."""
    today = local_date(tx.now, tenant.timezone)
    asked = people.find_or_add_unit(tx, tenant_id=tenant.id, code=unit)
    return bills.issue_bill(
        tx,
        actor=people.actor_of(tx, person_id=person_of(tx, BOLA), tenant_id=tenant.id),
        unit_id=asked.id,
        type_=type_,
        title=title,
        total=Money(minor, NAIRA),
        due_on=today + timedelta(days=days),
    )


def person_of(tx: SqlTransaction, telegram_id: int) -> PersonId:
    """Return the person behind a Telegram id, meeting nobody new."""
    identity = tx.people.identity_of(CHANNEL, telegram_id)
    if identity is None:
        raise LookupError(telegram_id)
    return identity.person_id

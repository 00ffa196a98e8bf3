"""The demo estate: who lives and works at Palm Court, and the story that a newcomer follows.

Seeded through the same use cases that chat and command line use, once, into an empty database.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.sandbox.records import Group, Person
from bot.sandbox.story import Story, StoryStep
from core.domain.bills import BillType
from core.domain.calendar import local_date
from core.domain.ledger import AccountKind, JournalKind, Leg, Subject
from core.domain.money import Currency, Money
from core.domain.people import PersonId, Role
from core.domain.tenants import Tenant, TenantKind
from core.use_cases import bills, ledger, people, wallets
from storage.transaction import SqlTransaction

NAIRA: Final = Currency("NGN")
CHANNEL: Final = "telegram"

ADAEZE: Final = 7001
IBRAHIM: Final = 7002
BOLA: Final = 7003
CHIDI: Final = 7004
NEWCOMER: Final = 7005


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
        blurb="lives in A-14, 20,000 NGN in her wallet",
        opening_minor=2_000_000,
    ),
    Resident(
        telegram_id=BOLA,
        first_name="Bola",
        last_name="Bello",
        phone="+2348030000003",
        unit="",
        roles=(Role.ADMIN,),
        blurb="estate secretary: bills, disputes, people",
    ),
    Resident(
        telegram_id=CHIDI,
        first_name="Chidi",
        last_name="Eze",
        phone="+2348030000004",
        unit="",
        roles=(Role.FINANCE,),
        blurb="estate treasurer: sees the books",
    ),
    Resident(
        telegram_id=IBRAHIM,
        first_name="Ibrahim",
        last_name="Musa",
        phone="+2348030000002",
        unit="B-02",
        roles=(Role.RESIDENT,),
        blurb="lives in B-02, his wallet is empty: pays by link",
    ),
)
"""Invented; any likeness is chance."""


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
        for r in RESIDENTS
    )
    newcomer = Person(
        id=NEWCOMER,
        first_name="Ngozi",
        last_name="Ade",
        phone="+2348030000005",
        blurb="nobody's member yet: opens the invitation you make",
    )
    return (*played, newcomer)


def groups() -> tuple[Group, ...]:
    """Return the group chats of the chat page."""
    members = tuple(r.telegram_id for r in RESIDENTS)
    return (Group(id=-100_7001, title="Palm Court neighbours", member_ids=members),)


def story() -> Story:
    """Return the story a newcomer follows."""
    return Story(
        title="Start here",
        intro=(
            "You play everybody at Palm Court Estate, Lagos. Follow the steps, or wander off:"
            " whatever you tap is handled by the real bot, with play money."
        ),
        steps=(
            StoryStep(
                title="Look at what you owe",
                text="You are Adaeze in A-14. Her service charge waits for her OK.",
                person_id=ADAEZE,
                say="/bills",
            ),
            StoryStep(
                title="Acknowledge and pay",
                text="Open the bill, acknowledge it, pay it from the wallet. See the receipt.",
                person_id=ADAEZE,
                tap="Acknowledge & pay",
            ),
            StoryStep(
                title="Pay by link",
                text=(
                    "Ibrahim's wallet is empty. Let him pay by link: the checkout page lets you"
                    " pay, be declined, or pay a wrong amount."
                ),
                person_id=IBRAHIM,
                say="/bills",
            ),
            StoryStep(
                title="See the books",
                text="Chidi keeps the estate's money. Every naira is there, with a reason.",
                person_id=CHIDI,
                say="/report",
            ),
            StoryStep(
                title="Issue a bill",
                text="Bola bills a flat; the resident hears of it in the next column.",
                person_id=BOLA,
                say="/newbill",
            ),
            StoryStep(
                title="Contest it",
                text="Adaeze disputes a bill; Bola decides on her desk.",
                person_id=BOLA,
                say="/desk",
            ),
            StoryStep(
                title="Let somebody in",
                text="Bola invites Ngozi; open the link in Ngozi's chat. It works once.",
                person_id=BOLA,
                say="/people",
            ),
            StoryStep(
                title="Break it",
                text=(
                    "Set a PIN (/settings), tap twice, press old buttons, make the provider lie,"
                    " kill the bot in the middle of a payment. Then look at Inside."
                ),
                person_id=ADAEZE,
                say="/settings",
            ),
        ),
    )


def seed(tx: SqlTransaction) -> bool:
    """Found the estate in an empty database; False when there is one already."""
    if tx.tenants.all():
        return False
    tenant = people.create_tenant(
        tx,
        name="Palm Court Estate",
        kind=TenantKind.ESTATE,
        currency=NAIRA,
        country="NG",
        timezone="Africa/Lagos",
    )
    ids = {r.telegram_id: _settle_in(tx, tenant, r) for r in RESIDENTS}
    _fund(tx, tenant, ids)
    _bill(tx, tenant, ids)
    tx.events.clear()
    return True


def _settle_in(tx: SqlTransaction, tenant: Tenant, resident: Resident) -> PersonId:
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
    return person.id


def _fund(tx: SqlTransaction, tenant: Tenant, ids: dict[int, PersonId]) -> None:
    for resident in RESIDENTS:
        if not resident.opening_minor:
            continue
        wallet = wallets.open_wallet(
            tx, tenant_id=tenant.id, owner_id=ids[resident.telegram_id], currency=NAIRA
        )
        source = tx.ledger.account(
            tenant_id=tenant.id, kind=AccountKind.EXTERNAL, owner_id=0, currency=NAIRA
        )
        amount = Money(resident.opening_minor, NAIRA)
        ledger.post(
            tx,
            tenant_id=tenant.id,
            kind=JournalKind.TOP_UP,
            subject=Subject(kind="wallet", id=wallet.id),
            key=f"opening:{wallet.id}",
            legs=[Leg(source=source.id, target=wallet.account_id, amount=amount)],
        )


def _bill(tx: SqlTransaction, tenant: Tenant, ids: dict[int, PersonId]) -> None:
    admin = people.actor_of(tx, person_id=ids[BOLA], tenant_id=tenant.id)
    today = local_date(tx.now, tenant.timezone)
    for unit, type_, title, minor, days in (
        ("A-14", BillType.SERVICE_CHARGE, "Service charge", 500_000, 7),
        ("A-14", BillType.WATER, "Water", 180_000, 14),
        ("B-02", BillType.SERVICE_CHARGE, "Service charge", 500_000, 7),
    ):
        found = people.find_or_add_unit(tx, tenant_id=tenant.id, code=unit)
        bills.issue_bill(
            tx,
            actor=admin,
            unit_id=found.id,
            type_=type_,
            title=title,
            total=Money(minor, NAIRA),
            due_on=today + timedelta(days=days),
        )

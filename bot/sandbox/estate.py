"""The demo estate: who lives and works at Palm Court, what they hold and owe.

Seeded through the same use cases that chat and command line use, once, into an empty database.
Amounts are those of Lagos, in kobo; elsewhere they become what is asked there (`places.py`).
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from bot.sandbox.places import LAGOS, Place, place_of
from bot.sandbox.records import Group, Person
from core.domain.bills import Bill, BillType
from core.domain.calendar import local_date
from core.domain.ledger import AccountKind, JournalKind, Leg, Subject
from core.domain.money import Money
from core.domain.people import PersonId, Role
from core.domain.tenants import Tenant, TenantKind
from core.use_cases import bills, ledger, people, wallets
from storage.transaction import SqlTransaction

CHANNEL: Final = "telegram"

ADAEZE: Final = 7001
IBRAHIM: Final = 7002
BOLA: Final = 7003
CHIDI: Final = 7004
NEWCOMER: Final = 7005
EMEKA: Final = 7006


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """One person of the estate; `opening_kobo` is what the wallet holds at the start.

    The phone is the number's last digit.
    """

    telegram_id: int
    first_name: str
    last_name: str
    phone: str
    unit: str
    roles: tuple[Role, ...]
    blurb: str
    opening_kobo: int = 0


_RESIDENTS: Final = (
    Resident(
        telegram_id=ADAEZE,
        first_name="Adaeze",
        last_name="Obi",
        phone="1",
        unit="A-14",
        roles=(Role.RESIDENT,),
        blurb="A-14, money in her wallet",
        opening_kobo=2_000_000,
    ),
    Resident(
        telegram_id=BOLA,
        first_name="Bola",
        last_name="Bello",
        phone="3",
        unit="",
        roles=(Role.ADMIN,),
        blurb="secretary: bills, disputes, people",
    ),
    Resident(
        telegram_id=CHIDI,
        first_name="Chidi",
        last_name="Eze",
        phone="4",
        unit="",
        roles=(Role.FINANCE,),
        blurb="treasurer: sees the books",
    ),
    Resident(
        telegram_id=IBRAHIM,
        first_name="Ibrahim",
        last_name="Musa",
        phone="2",
        unit="B-02",
        roles=(Role.RESIDENT,),
        blurb="B-02, pays by link",
    ),
)
"""As they are in Lagos. Invented; any likeness is chance."""

_HUSBAND: Final = Resident(
    telegram_id=EMEKA,
    first_name="Emeka",
    last_name="Obi",
    phone="6",
    unit="A-14",
    roles=(Role.RESIDENT,),
    blurb="A-14, {wife}'s husband",
    opening_kobo=600_000,
)
"""He belongs to the estate only where it has a past."""


def residents(place: Place = LAGOS) -> tuple[Resident, ...]:
    """Return who lives and works there."""
    return tuple(_at_home(each, place) for each in _RESIDENTS)


def husband(place: Place = LAGOS) -> Resident:
    """Return the one who belongs to the estate only where it has a past."""
    him = _at_home(_HUSBAND, place)
    return replace(him, blurb=him.blurb.format(wife=residents(place)[0].first_name))


def first_name(telegram_id: int, place: Place = LAGOS) -> str:
    """Return how somebody of the story is called there."""
    return next(each.first_name for each in cast(place) if each.id == telegram_id)


def cast(place: Place = LAGOS) -> tuple[Person, ...]:
    """Return the people of the chat page."""
    played = tuple(
        Person(
            id=r.telegram_id,
            first_name=r.first_name,
            last_name=r.last_name,
            phone=r.phone,
            blurb=r.blurb,
        )
        for r in (*residents(place), husband(place))
    )
    given, family = place.names.get(NEWCOMER, ("Ngozi", "Ade"))
    newcomer = Person(
        id=NEWCOMER,
        first_name=given,
        last_name=family,
        phone=f"{place.phones}5",
        blurb="no member yet, waits for a link",
    )
    return (*played, newcomer)


def acquainted() -> tuple[int, ...]:
    """Return the Telegram ids of those who have started the bot before the story begins."""
    return tuple(r.telegram_id for r in (*_RESIDENTS, _HUSBAND))


def groups() -> tuple[Group, ...]:
    """Return the group chats of the chat page."""
    members = acquainted()
    return (Group(id=-100_7001, title="Palm Court neighbours", member_ids=members),)


def _at_home(resident: Resident, place: Place) -> Resident:
    given, family = place.names.get(resident.telegram_id, (resident.first_name, resident.last_name))
    phone = f"{place.phones}{resident.phone}"
    return replace(resident, first_name=given, last_name=family, phone=phone)


def seed(tx: SqlTransaction, place: Place = LAGOS) -> bool:
    """Found the estate in an empty database and bill it; False when there is one already."""
    if tx.tenants.all():
        return False
    tenant = found(tx, place)
    due_soon = ("A-14", BillType.SERVICE_CHARGE, "Service charge", 500_000, 7)
    due_later = ("A-14", BillType.WATER, "Water", 180_000, 14)
    empty_wallet = ("B-02", BillType.SERVICE_CHARGE, "Service charge", 500_000, 7)
    for unit, type_, title, kobo, days in (due_soon, due_later, empty_wallet):
        bill(tx, tenant, unit=unit, type_=type_, title=title, kobo=kobo, days=days)
    tx.events.clear()
    return True


def found(tx: SqlTransaction, place: Place = LAGOS) -> Tenant:
    """Open the estate and let everybody of `_RESIDENTS` in, with what their wallets hold."""
    tenant = people.create_tenant(
        tx,
        name="Palm Court Estate",
        kind=TenantKind.ESTATE,
        currency=place.currency,
        country=place.country,
        timezone=place.timezone,
    )
    for resident in residents(place):
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
    if resident.opening_kobo:
        top_up(tx, tenant, owner_id=person.id, kobo=resident.opening_kobo)
    return person.id


def top_up(tx: SqlTransaction, tenant: Tenant, *, owner_id: PersonId, kobo: int) -> None:
    """Put money into a wallet, once a day and person."""
    amount = Money(place_of(tenant).minor(kobo), tenant.currency)
    wallet = wallets.open_wallet(
        tx, tenant_id=tenant.id, owner_id=owner_id, currency=amount.currency
    )
    source = tx.ledger.account(
        tenant_id=tenant.id, kind=AccountKind.EXTERNAL, owner_id=0, currency=amount.currency
    )
    ledger.post(
        tx,
        tenant_id=tenant.id,
        kind=JournalKind.TOP_UP,
        subject=Subject(kind="wallet", id=wallet.id),
        key=f"opening:{wallet.id}:{tx.now.date()}",
        legs=[Leg(source=source.id, target=wallet.account_id, amount=amount)],
    )


def bill(
    tx: SqlTransaction,
    tenant: Tenant,
    *,
    unit: str,
    type_: BillType,
    title: str,
    kobo: int,
    days: int,
) -> Bill:
    """Let Bola bill a unit, due so many days from now."""
    today = local_date(tx.now, tenant.timezone)
    asked = people.find_or_add_unit(tx, tenant_id=tenant.id, code=unit)
    return bills.issue_bill(
        tx,
        actor=people.actor_of(tx, person_id=person_of(tx, BOLA), tenant_id=tenant.id),
        unit_id=asked.id,
        type_=type_,
        title=title,
        total=Money(place_of(tenant).minor(kobo), tenant.currency),
        due_on=today + timedelta(days=days),
    )


def person_of(tx: SqlTransaction, telegram_id: int) -> PersonId:
    """Return the person behind a Telegram id, meeting nobody new."""
    identity = tx.people.identity_of(CHANNEL, telegram_id)
    if identity is None:
        raise LookupError(telegram_id)
    return identity.person_id

"""What happened at Palm Court before the newcomer came: some days of bills, payments, a dispute.

Lived through scene by scene with the clock set back, by the use cases that the chat calls; what
happened today is told to people by the bot once it starts. Only the sandbox that people run has a
past; tests begin with `estate.seed`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Final

from bot.engine.notices import expand
from bot.sandbox import estate
from bot.sandbox.estate import ADAEZE, BOLA, IBRAHIM
from bot.sandbox.places import LAGOS, Place, place_of
from core.domain.acts import EventName
from core.domain.bills import Bill, BillFilter, BillType
from core.domain.calendar import local_date
from core.domain.disputes import DisputeReason
from core.domain.money import Money
from core.domain.people import Actor
from core.use_cases import bills, disputes, people
from storage.database import Database
from storage.transaction import SqlTransaction

Act = Callable[[SqlTransaction, Actor], None]

TOLD: Final = frozenset(
    {EventName.BILL_CREATED, EventName.BILL_PARTIALLY_PAID, EventName.BILL_DISPUTED}
)
"""What people hear of today; the days before are only in the books."""

COMPLAINT: Final = "The meter shows half of that. I have a photo."


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Something that one person did so long ago; `who` is a Telegram id."""

    ago: timedelta
    who: int
    act: Act


async def live_through(
    database: Database, set_back: Callable[[timedelta], None], *, place: Place = LAGOS
) -> None:
    """Found the estate in an empty database and play every scene.

    `set_back` makes the database's clock say what it was so long ago.
    """
    set_back(timedelta(days=6))
    await database.run(partial(_begin, place=place))
    for scene in SCENES:
        set_back(scene.ago)
        await database.run(partial(_play, scene=scene))


def _begin(tx: SqlTransaction, *, place: Place) -> None:
    tenant = estate.found(tx, place)
    estate.settle_in(tx, tenant, estate.husband(place))
    tx.events.clear()


def _play(tx: SqlTransaction, *, scene: Scene) -> None:
    tenant = tx.tenants.all()[0]
    person_id = estate.person_of(tx, scene.who)
    tx.cause = replace(tx.cause, person_id=person_id)
    scene.act(tx, people.actor_of(tx, person_id=person_id, tenant_id=tenant.id))
    is_today = not scene.ago
    tx.events[:] = [event for event in tx.events if is_today and event.name in TOLD]
    expand(tx)


def _issue(unit: str, type_: BillType, what: str, kobo: int, *, days: int) -> Act:
    """Bill a unit for this month."""

    def act(tx: SqlTransaction, actor: Actor) -> None:
        tenant = tx.tenants.get(actor.tenant_id)
        title = f"{what}, {local_date(tx.now, tenant.timezone):%B %Y}"
        estate.bill(tx, tenant, unit=unit, type_=type_, title=title, kobo=kobo, days=days)

    return act


def _top_up(kobo: int) -> Act:
    def act(tx: SqlTransaction, actor: Actor) -> None:
        tenant = tx.tenants.get(actor.tenant_id)
        estate.top_up(tx, tenant, owner_id=actor.person_id, kobo=kobo)

    return act


def _pay(type_: BillType, kobo: int) -> Act:
    """Acknowledge the open bill of a type and pay as much of it from the wallet."""

    def act(tx: SqlTransaction, actor: Actor) -> None:
        tenant = tx.tenants.get(actor.tenant_id)
        bill = _open_bill(tx, actor, type_)
        bill = bills.acknowledge_bill(tx, actor=actor, bill_id=bill.id, revision=bill.revision)
        bills.pay_bill(
            tx,
            actor=actor,
            bill_id=bill.id,
            revision=bill.revision,
            amount=Money(place_of(tenant).minor(kobo), tenant.currency),
            key=f"past:{bill.id}",
        )

    return act


def _dispute(type_: BillType, text: str) -> Act:
    def act(tx: SqlTransaction, actor: Actor) -> None:
        bill = _open_bill(tx, actor, type_)
        disputes.open_dispute(
            tx,
            actor=actor,
            bill_id=bill.id,
            revision=bill.revision,
            reason=DisputeReason.AMOUNT,
            text=text,
        )

    return act


def _open_bill(tx: SqlTransaction, actor: Actor, type_: BillType) -> Bill:
    tenant = tx.tenants.get(actor.tenant_id)
    today = local_date(tx.now, tenant.timezone)
    mine = tx.bills.page(
        bills.debtors_of(actor), BillFilter.TO_REVIEW, today=today, after=None, limit=20
    )
    return next(bill for bill in mine if bill.type is type_)


def _days(days: int) -> timedelta:
    """Return so many days, at another hour of each."""
    return timedelta(days=days, minutes=47 * days)


SCENES: Final = (
    Scene(
        ago=_days(5), who=BOLA, act=_issue("A-14", BillType.SECURITY, "Security", 350_000, days=3)
    ),
    Scene(
        ago=_days(5), who=BOLA, act=_issue("B-02", BillType.SECURITY, "Security", 350_000, days=3)
    ),
    Scene(ago=_days(4), who=ADAEZE, act=_top_up(350_000)),
    Scene(ago=_days(4), who=ADAEZE, act=_pay(BillType.SECURITY, 350_000)),
    Scene(ago=_days(3), who=IBRAHIM, act=_top_up(500_000)),
    Scene(ago=_days(3), who=IBRAHIM, act=_pay(BillType.SECURITY, 350_000)),
    Scene(ago=_days(1), who=BOLA, act=_issue("A-14", BillType.WATER, "Water", 180_000, days=14)),
    Scene(ago=_days(1), who=BOLA, act=_issue("B-02", BillType.WATER, "Water", 360_000, days=14)),
    Scene(
        ago=_days(1),
        who=BOLA,
        act=_issue("B-02", BillType.REPAIRS, "Gate repair", 400_000, days=12),
    ),
    Scene(ago=_days(0), who=IBRAHIM, act=_pay(BillType.REPAIRS, 150_000)),
    Scene(ago=_days(0), who=IBRAHIM, act=_dispute(BillType.WATER, COMPLAINT)),
    Scene(
        ago=_days(0),
        who=BOLA,
        act=_issue("B-02", BillType.SERVICE_CHARGE, "Service charge", 500_000, days=7),
    ),
    Scene(
        ago=_days(0),
        who=BOLA,
        act=_issue("A-14", BillType.SERVICE_CHARGE, "Service charge", 500_000, days=7),
    ),
)
"""In the order in which it happened."""

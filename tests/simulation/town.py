"""The town of a simulation: Palm Court and a second estate, its people, its books at the start."""

import atexit
import shutil
import tempfile
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Final

from bot.sandbox import estate
from bot.sandbox.places import LAGOS
from bot.sandbox.records import Person
from core.domain.bills import BillType
from core.domain.calendar import local_date
from core.domain.money import Money
from core.domain.people import PersonId, Role
from core.domain.tenants import TenantKind
from core.use_cases import bills, people, pins
from storage import setup
from storage.jobs import Job
from storage.keyring import KeyRing
from storage.sqlite import SqliteWriter
from storage.transaction import SqlTransaction
from tests.books import CAUSE, NOW, FakeClock, end_test
from tests.simulation.chance import SeededRandomness, luck
from tests.simulation.process import HASHER

KEYS: Final = KeyRing(["not-a-secret-" * 4])
SECRET_KEY: Final = "not-a-secret-" * 4
PINS: Final = {estate.ADAEZE: "482659", estate.CHIDI: "739164", estate.BOLA: "615827"}
"""Digits that nothing else here contains."""

CAST: Final = (
    estate.ADAEZE,
    estate.IBRAHIM,
    estate.BOLA,
    estate.CHIDI,
    estate.EMEKA,
    estate.NEWCOMER,
)
OF_ONE_ESTATE: Final = {
    **dict.fromkeys((estate.ADAEZE, estate.BOLA, estate.CHIDI, estate.EMEKA), "Garden"),
    estate.NEWCOMER: "Palm Court",
}
"""People of one estate, and the word that gives the other one away."""


def cast() -> tuple[Person, ...]:
    """Return everybody who has a phone in hand."""
    return estate.cast()


def found(tx: SqlTransaction) -> None:
    """Found both estates, with bills of every kind of state."""
    estate.seed(tx)
    tenant = tx.tenants.all()[0]
    estate.settle_in(tx, tenant, estate.husband())
    for unit, kobo in (("A-14", 123_457), ("B-02", 300_000), ("B-02", 99_999)):
        type_, title = BillType.WATER, f"Water {kobo}"
        bill = estate.bill(tx, tenant, unit=unit, type_=type_, title=title, kobo=kobo, days=5)
        payer = estate.IBRAHIM if unit == "B-02" else estate.EMEKA
        actor = people.actor_of(tx, person_id=estate.person_of(tx, payer), tenant_id=tenant.id)
        bills.acknowledge_bill(tx, actor=actor, bill_id=bill.id, revision=bill.revision)
    _second_estate(tx)
    for telegram_id, digits in PINS.items():
        person_id = estate.person_of(tx, telegram_id)
        peppered = tx.ring.pepper(digits, person_id=person_id)
        pins.set_pin(tx, person_id=person_id, pin_hash=HASHER.hash(peppered))
    tx.events.clear()


def _second_estate(tx: SqlTransaction) -> None:
    tenant = people.create_tenant(
        tx,
        name="Garden Court",
        kind=TenantKind.ESTATE,
        currency=LAGOS.currency,
        country="NG",
        timezone=LAGOS.timezone,
    )
    newcomer = next(each for each in estate.cast() if each.id == estate.NEWCOMER)
    person, _ = people.meet(
        tx, channel=estate.CHANNEL, external_id=newcomer.id, name=newcomer.first_name
    )
    people.verify_phone(tx, person_id=person.id, phone=newcomer.phone)
    ibrahim = estate.person_of(tx, estate.IBRAHIM)
    for person_id, role, unit in ((person.id, Role.ADMIN, ""), (ibrahim, Role.RESIDENT, "G-1")):
        _, key = people.invite(tx, tenant_id=tenant.id, role=role, unit_code=unit)
        people.join(tx, person_id=PersonId(person_id), key=key)
    bills.issue_bill(
        tx,
        actor=people.actor_of(tx, person_id=person.id, tenant_id=tenant.id),
        unit_id=people.find_or_add_unit(tx, tenant_id=tenant.id, code="G-1").id,
        type_=BillType.SERVICE_CHARGE,
        title="Garden",
        total=Money(250_000, LAGOS.currency),
        due_on=local_date(tx.now, tenant.timezone) + timedelta(days=3),
    )


@cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="hazina-town-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "town.db"
    setup.prepare(path, mode=setup.SANDBOX, now=NOW, ring=KEYS)
    chance = SeededRandomness(luck(0, "town"))
    writer = SqliteWriter(path, clock=FakeClock(), randomness=chance, ring=KEYS, on_fatal=end_test)
    job = Job(function=found, cause=CAUSE, deliver=lambda _job: None)
    writer.run_inline([job])
    writer.stop()
    if job.error is not None:
        raise job.error
    return path


def new_file(folder: Path) -> Path:
    """Lay a fresh file; made once a process, then copied."""
    path = folder / "sandbox.db"
    shutil.copyfile(_template(), path)
    return path

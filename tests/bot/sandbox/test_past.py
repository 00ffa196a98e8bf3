"""The demo estate's past: lived through by use cases, so the books balance and few are told."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from bot.ports import SystemRandomness
from bot.providers import KINDS
from bot.sandbox import estate, past
from bot.sandbox.books import PastClock
from bot.sandbox.places import LAGOS, PLACES, Place
from core.domain.bills import BillFilter, Debtors
from core.domain.calendar import local_date
from core.domain.money import Money
from core.domain.work import Kind
from core.use_cases import people
from core.use_cases.reports import TenantReport, tenant_report
from storage import audit, setup
from storage.database import Database
from storage.doctor import examine
from storage.embedded import EmbeddedDatabase
from storage.keyring import KeyRing
from storage.transaction import SqlTransaction


@pytest.fixture(params=[LAGOS])
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.param
    return found


@pytest.fixture
async def database(tmp_path: Path, place: Place) -> AsyncIterator[Database]:
    path, clock = tmp_path / "sandbox.db", PastClock()
    ring = KeyRing(["k" * 40])
    setup.prepare(path, mode="sandbox", now=clock.now(), ring=ring)
    opened = EmbeddedDatabase(
        path, clock=clock, randomness=SystemRandomness(node=1), ring=ring, kinds=KINDS
    )
    await past.live_through(opened, clock.set_back, place=place)
    assert clock.ago == timedelta(0)
    yield opened
    await opened.close()


everywhere = pytest.mark.parametrize("place", PLACES.values(), ids=PLACES, indirect=True)


@everywhere
async def test_the_past_leaves_sound_books(database: Database) -> None:
    def look(tx: SqlTransaction) -> tuple[list[str], list[str]]:
        tenant = tx.tenants.all()[0]
        return [str(each) for each in examine(tx)], [
            str(each) for each in audit.verify(tx.cursor, tenant.id)
        ]

    assert await database.read(look) == ([], [])


@everywhere
async def test_the_treasurer_finds_something_of_everything(
    database: Database, place: Place
) -> None:
    def look(tx: SqlTransaction) -> TenantReport:
        tenant = tx.tenants.all()[0]
        chidi = estate.person_of(tx, estate.CHIDI)
        return tenant_report(tx, actor=people.actor_of(tx, person_id=chidi, tenant_id=tenant.id))

    report = await database.run(look)
    collected = Money(place.minor(850_000), place.currency)
    assert report.wallet.balance == collected
    assert report.bills.collected_minor == collected.minor
    assert (report.bills.review, report.bills.pay, report.open_disputes) == (3, 1, 1)
    days = [each.posted_at for each in report.entries]
    assert days == sorted(days, reverse=True)
    assert days[0] - days[-1] > timedelta(days=3)


async def test_nothing_is_overdue_on_the_first_day(database: Database) -> None:
    def look(tx: SqlTransaction) -> int:
        tenant = tx.tenants.all()[0]
        today = local_date(tx.now, tenant.timezone)
        everybody = Debtors(tenant_id=tenant.id, is_all=True)
        late = tx.bills.page(everybody, BillFilter.OVERDUE, today=today, after=None, limit=9)
        return len(late)

    assert await database.read(look) == 0


async def test_only_today_is_told(database: Database) -> None:
    def look(tx: SqlTransaction) -> Counter[tuple[str, int]]:
        waiting = tx.work.live(at=tx.now, after=0, limit=100)
        told = [orjson.loads(each.payload) for each in waiting if each.kind is Kind.NOTICE]
        known = {estate.person_of(tx, each): each for each in estate.acquainted()}
        return Counter((each["event"]["name"], known[each["person"]]) for each in told)

    assert await database.read(look) == Counter(
        {
            ("BILL_CREATED", estate.ADAEZE): 1,
            ("BILL_CREATED", estate.EMEKA): 1,
            ("BILL_CREATED", estate.IBRAHIM): 1,
            ("BILL_PARTIALLY_PAID", estate.BOLA): 1,
            ("BILL_DISPUTED", estate.BOLA): 1,
        }
    )

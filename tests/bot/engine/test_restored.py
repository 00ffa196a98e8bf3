"""Books that were put back double nothing: taps are held, pages only looked up, people told."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import pytest

from bot.engine.arrivals import store_hook, store_updates
from bot.engine.notices import SEALED_WITHIN, expand
from bot.engine.outbox import Outbox
from bot.engine.restored import NOTHING_MISSED, Frozen, freeze
from bot.engine.timers import run_sweep
from bot.sweeps import SWEEPS
from core.domain.acts import Event, EventName
from core.domain.ledger import Subject
from core.domain.payments import AttemptStatus, PaymentStatus
from core.domain.people import Actor, Identity, IdentityId
from core.domain.providers import Authentic, ProviderError, Undecided, Unknown
from core.domain.work import Kind
from storage.backup import Missed, Page
from storage.doctor import examine, warnings
from storage.transaction import SqlTransaction
from tests.bot.engine.desk import BOT_ID, CHAT, Desk, open_desk, press_update, text_update
from tests.bot.engine.test_engine import Clerk
from tests.core.estate import Estate, palm_court, settled
from tests.fakes.providers import FakeProvider, FakeRegistry
from tests.fakes.time import HandTime

REPEATED: Final = "(repeated)"
UNKNOWN: Final = Unknown(error=ProviderError.PROVIDER_ERROR)


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    with palm_court(tmp_path) as found:
        yield found


def put_back(estate: Estate, missed: Missed = NOTHING_MISSED) -> Frozen:
    """Freeze the books as they stand, a few seconds after the copy was taken."""
    estate.clock.move(seconds=5)
    outbox = Outbox(is_sandbox=False)
    return estate.books.run(lambda tx: freeze(tx, outbox=outbox, missed=missed))


def reach(estate: Estate, actor: Actor, chat_id: int = CHAT, *, is_reachable: bool = True) -> None:
    def add(tx: SqlTransaction) -> None:
        tx.people.add_identity(
            Identity(
                id=IdentityId(tx.new_id()),
                person_id=actor.person_id,
                channel="telegram",
                external_id=chat_id,
                is_reachable=is_reachable,
            )
        )

    estate.books.run(add)


def arrive(estate: Estate, *updates: dict[str, object]) -> None:
    estate.books.run(lambda tx: store_updates(tx, bot_id=BOT_ID, updates=updates))


def asked(estate: Estate, provider: FakeProvider) -> FakeRegistry:
    return FakeRegistry(estate.configuration, provider)


async def release(desk: Desk, *, is_handling: bool = False) -> None:
    await desk.run(lambda tx: tx.freeze.release(is_handling=is_handling))


async def look_ups(desk: Desk) -> None:
    """Make every look-up that is planned by now."""
    for sweep in SWEEPS[:2]:
        await run_sweep(desk.database, sweep)
    await desk.settle()


async def test_a_tap_of_the_copy_is_not_carried_out_and_its_person_is_told_once(
    tmp_path: Path, estate: Estate
) -> None:
    arrive(estate, press_update(1, "test:go"), text_update(2, "hi"))
    assert put_back(estate) == Frozen(held=1, waiting=0, told=1)
    clerk = Clerk()
    async with open_desk(tmp_path, path=estate.books.path, routes=[clerk.routes]) as desk:
        await desk.later(0)
        assert clerk.heard == []
        (told,) = desk.api.texts
        assert "put our books back to how they stood on Mon" in told
        assert "do not pay again" in told
        await release(desk)
        await desk.later(0)
        assert (clerk.heard, len(desk.api.texts)) == ([], 1)
        assert await desk.rows(Kind.UPDATE) == [("done", 0), ("done", 0)]


async def test_an_operator_may_have_the_taps_carried_out(tmp_path: Path, estate: Estate) -> None:
    arrive(estate, text_update(1, "one"), text_update(2, "two"))
    put_back(estate)
    clerk = Clerk()
    async with open_desk(tmp_path, path=estate.books.path, routes=[clerk.routes]) as desk:
        await desk.later(0)
        await release(desk, is_handling=True)
        await desk.later(0)
    assert clerk.heard == ["one", "two"]


async def test_people_do_new_things_as_ever(tmp_path: Path, estate: Estate) -> None:
    arrive(estate, text_update(1, "old"))
    put_back(estate)
    clerk = Clerk()
    async with open_desk(tmp_path, path=estate.books.path, routes=[clerk.routes]) as desk:
        await desk.arrive(text_update(2, "new"))
        await desk.later(0)
    assert clerk.heard == ["new"]


async def test_a_page_the_copy_had_planned_is_only_looked_up_until_the_release(
    tmp_path: Path, estate: Estate
) -> None:
    tried = estate.ask_link(estate.agreed())
    put_back(estate)
    provider = FakeProvider()
    provider.plans = [UNKNOWN] * 2
    registry = asked(estate, provider)
    async with open_desk(tmp_path, path=estate.books.path, registry=registry) as desk:
        await desk.later(0)
        assert estate.now(tried).attempt.status is AttemptStatus.UNKNOWN
        await desk.later(60)
        await look_ups(desk)
        assert (provider.created, provider.asked) == ([], [tried.attempt.reference] * 2)
        await release(desk)
        provider.plans = [UNKNOWN]
        await desk.later(600)
        await look_ups(desk)
    assert [request.reference for request in provider.created] == [tried.attempt.reference]
    assert estate.now(tried).attempt.status is AttemptStatus.WAITING


async def test_where_our_id_is_not_honoured_a_page_of_the_copy_is_never_asked_for(
    tmp_path: Path, estate: Estate
) -> None:
    tried = estate.ask_link(estate.agreed())
    put_back(estate)
    estate.books.run(lambda tx: tx.freeze.release())
    provider = FakeProvider(honours_our_id=False)
    provider.plans = [UNKNOWN]
    registry = asked(estate, provider)
    async with open_desk(tmp_path, path=estate.books.path, registry=registry) as desk:
        await desk.later(0)
    assert (provider.created, provider.asked) == ([], [tried.attempt.reference])


async def test_a_page_that_was_made_and_paid_after_the_copy_is_found(
    tmp_path: Path, estate: Estate
) -> None:
    reach(estate, estate.ada)
    tried = estate.ask_link(estate.agreed())
    put_back(estate)
    provider = FakeProvider()
    provider.plans = [settled(tried)]
    registry = asked(estate, provider)
    async with open_desk(tmp_path, path=estate.books.path, registry=registry) as desk:
        await desk.later(0)
        await desk.later(SEALED_WITHIN.total_seconds())
        receipt = next(text for text in desk.api.texts if "New wallet balance" in text)
        assert REPEATED in receipt
    assert provider.created == []
    assert estate.now(tried).payment.status is PaymentStatus.COMPLETED
    assert estate.collected() == tried.payment.amount_minor


@pytest.mark.parametrize("minutes", [-1, 1])
async def test_only_what_was_taken_before_the_restore_may_have_been_told(
    tmp_path: Path, estate: Estate, minutes: int
) -> None:
    reach(estate, estate.ada)
    tried = estate.open_link(estate.agreed())
    put_back(estate)
    taken_at = estate.clock.now() + timedelta(minutes=minutes)
    provider = FakeProvider()
    provider.plans = [replace(settled(tried), settled_at=taken_at)]
    registry = asked(estate, provider)
    async with open_desk(tmp_path, path=estate.books.path, registry=registry) as desk:
        await desk.later(0)
        await look_ups(desk)
        await desk.later(SEALED_WITHIN.total_seconds())
        receipt = next(text for text in desk.api.texts if "New wallet balance" in text)
    assert (REPEATED in receipt) == (minutes < 0)


@pytest.mark.parametrize(
    ("reading", "who"),
    [
        (Authentic(event_key="evt-1", reference="hz-of-a-lost-day", kind="paid"), "sandbox"),
        # One that cannot be proved may be a lost page's, too.
        (Undecided(event_key="evt-1", reference="hz-of-a-lost-day"), "sandbox or somebody else"),
    ],
)
async def test_an_event_that_names_nothing_is_kept_and_named_while_outflows_are_frozen(
    tmp_path: Path, estate: Estate, reading: Authentic | Undecided, who: str
) -> None:
    put_back(estate)
    provider = FakeProvider()
    registry = asked(estate, provider)
    async with open_desk(tmp_path, path=estate.books.path, registry=registry) as desk:
        await desk.run(
            lambda tx: store_hook(
                tx,
                configuration_id=estate.configuration.id,
                provider="sandbox",
                reading=reading,
            )
        )
        await desk.settle()
        assert await desk.rows(Kind.HOOK) == [("parked", 0)]
    assert estate.books.run(examine)[-1] == (
        f"money to look for: {who} tells of hz-of-a-lost-day, which names no payment of ours"
    )
    assert (provider.asked, estate.collected()) == ([], 0)
    estate.books.run(lambda tx: tx.work.dismiss())


def test_a_page_that_the_copy_does_not_know_is_kept_and_named(estate: Estate) -> None:
    page = Page(
        configuration_id=estate.configuration.id,
        provider="sandbox",
        reference="hz-of-a-lost-day",
        status="settled",
    )
    put_back(estate, Missed(pages=(page,)))
    assert estate.books.run(examine) == [
        "work: 1 of kind hook are parked and wait for a human",
        (
            "money to look for: sandbox was asked for hz-of-a-lost-day after the copy,"
            " which was settled when the books were put back"
        ),
    ]
    assert estate.books.run(lambda tx: tx.work.dismiss()) == 1


def test_everybody_who_did_something_since_is_told_once(estate: Estate) -> None:
    reach(estate, estate.ada, 501)
    reach(estate, estate.ben, 502, is_reachable=False)
    arrive(estate, text_update(1, "hi", chat_id=501))
    lanes = (f"u:{BOT_ID}:501", f"u:{BOT_ID}:502", f"u:{BOT_ID}:503", f"u:{BOT_ID}:0", "g:-9")
    # 502 blocked us; 503 came after the copy and is a stranger to these books.
    assert put_back(estate, Missed(lanes=lanes)).told == 2
    rows = estate.books.rows("SELECT lane, status FROM work WHERE kind = 'message' ORDER BY lane")
    assert rows == [("c:501", "due"), ("c:503", "due")]


async def test_what_the_copy_had_to_tell_says_that_it_may_have_been_read(
    tmp_path: Path, estate: Estate
) -> None:
    reach(estate, estate.ada)
    bill = estate.issue()

    def tell(tx: SqlTransaction) -> None:
        subject = Subject(kind="bill", id=bill.id)
        name, tenant_id = EventName.BILL_CREATED, estate.tenant.id
        tx.events.append(Event(name=name, tenant_id=tenant_id, subject=subject))
        expand(tx)

    estate.books.run(tell)
    assert put_back(estate).waiting == 2
    async with open_desk(tmp_path, path=estate.books.path) as desk:
        await desk.later(0)
        assert desk.api.texts == []
        await release(desk)
        await desk.later(0)
        (told,) = desk.api.texts
    assert told.count(REPEATED) == 1


async def test_nobody_is_reminded_of_money_until_the_release(
    tmp_path: Path, estate: Estate
) -> None:
    reach(estate, estate.ada)
    # One is overdue when the books are put back, of one a reminder falls due while they are frozen.
    estate.agreed()
    estate.acknowledge(estate.issue(due_on=date(2026, 3, 27)))
    estate.clock.move(days=15)
    put_back(estate)
    time = HandTime(estate.clock)
    async with open_desk(tmp_path, path=estate.books.path, time=time) as desk:
        desk.time.pass_by(8 * 86_400)
        await _sweep(desk)
        assert desk.api.texts == []
        await release(desk)
        await desk.later(0)
        # What was due before the restore may have been told by the service that ran then.
        assert [REPEATED in text for text in desk.api.texts] == [True]
        await _sweep(desk)
        assert [REPEATED in text for text in desk.api.texts] == [True, False]


async def _sweep(desk: Desk) -> None:
    for sweep in SWEEPS:
        await run_sweep(desk.database, sweep)
    await desk.later(0)


def test_the_doctor_counts_the_pages_that_are_not_asked_for(estate: Estate) -> None:
    estate.ask_link(estate.agreed())
    put_back(estate)
    (line,) = (each for each in estate.books.run(warnings) if "have no page" in each)
    assert line.startswith("held: payments of the copy that have no page: 1;")
    estate.books.run(lambda tx: tx.freeze.release())

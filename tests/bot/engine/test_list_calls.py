"""A provider's own list is read to its end and compared: once, whatever fails meanwhile."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from bot.engine.alarms import Alarms
from bot.engine.list_calls import ListCalls
from bot.sweeps import reconcile
from core.domain.differences import Difference, DifferenceKind, DifferenceStatus
from core.domain.money import Money
from core.domain.payments import PaymentStatus
from core.domain.providers import Listing, ProviderError, SavedMethod, Settled, Unknown
from core.domain.reconciling import EVERY, MOST_FAILURES, OVERLAP, Phase, Reconciling
from core.domain.work import Kind, Work
from storage.work import WorkIsOver
from tests.bot.engine.desk import CHAT, Desk, open_desk
from tests.core.estate import Estate, Tried, palm_court, settled
from tests.factories import naira
from tests.fakes.providers import FakeLister, FakeRegistry

UNKNOWN = Unknown(error=ProviderError.PROVIDER_ERROR, detail="HTTP 429")
SETTLED_S = 700
"""Longer than the comparison waits after the last page."""


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    with palm_court(tmp_path) as found:
        yield found


@asynccontextmanager
async def opened(tmp_path: Path, estate: Estate, provider: FakeLister) -> AsyncIterator[Desk]:
    registry = FakeRegistry(estate.configuration, provider)
    async with open_desk(tmp_path, path=estate.books.path, registry=registry) as desk:
        await desk.later(3600)
        provider.asked.clear()
        yield desk


def page(*items: Settled, after: str = "") -> Listing:
    return Listing(items=items, after=after)


def strange(capture: str = "x-1", minor: int = 7_000, **changes: object) -> Settled:
    said = Settled(provider_id=capture, reference="", captured=naira(minor), is_test=True)
    return replace(said, **changes)  # type: ignore[arg-type]  # fields of several types


async def reconciled(desk: Desk, estate: Estate) -> Reconciling:
    """Order a window and let it be read and compared."""
    await desk.run(reconcile.order)
    await desk.later(0)
    await desk.later(SETTLED_S)
    return await state(desk, estate)


async def state(desk: Desk, estate: Estate) -> Reconciling:
    found = await desk.run(lambda tx: tx.reconciling.find(estate.configuration.id))
    assert found is not None
    return found


async def differences(desk: Desk, estate: Estate) -> list[Difference]:
    return list(
        await desk.run(lambda tx: tx.differences.open_in(estate.tenant.id, after=None, limit=50))
    )


async def kinds(desk: Desk, estate: Estate) -> list[DifferenceKind]:
    return [each.kind for each in await differences(desk, estate)]


def paid(estate: Estate, *, capture: str = "cap-1") -> Tried:
    return estate.settle(estate.open_link(estate.agreed()), capture=capture)


async def test_what_agrees_makes_nothing_and_moves_the_point_on(
    tmp_path: Path, estate: Estate
) -> None:
    provider, tried = FakeLister(), paid(estate)
    async with opened(tmp_path, estate, provider) as desk:
        provider.pages = [page(settled(tried))]
        after = await reconciled(desk, estate)
        assert await differences(desk, estate) == []
        assert (after.phase, after.done_until) == (Phase.IDLE, after.until)
        assert (
            await desk.run(
                lambda tx: tx.reconciling.listed(estate.configuration.id, after="", limit=9)
            )
            == ()
        )
        until = after.until
        await desk.later(EVERY.total_seconds())
        assert await desk.run(lambda tx: reconcile.begin(tx, at=tx.now)) == 1
        await desk.later(0)
    assert provider.asked == []
    ((first, _, _), (second, _, _)) = provider.windows
    assert first <= tried.attempt.created_at
    assert second == max(until - OVERLAP, first)


async def test_money_that_no_webhook_told_of_is_credited_once_by_a_look_up(
    tmp_path: Path, estate: Estate
) -> None:
    provider, tried = FakeLister(), estate.open_link(estate.agreed())
    async with opened(tmp_path, estate, provider) as desk:
        provider.pages = [page(settled(tried))]
        provider.plans = [settled(tried)]
        await reconciled(desk, estate)
        assert await differences(desk, estate) == []
    assert provider.asked == [tried.attempt.reference]
    assert estate.now(tried).payment.status is PaymentStatus.COMPLETED
    assert estate.collected() == tried.payment.amount_minor


async def test_each_fact_is_a_difference_of_its_kind_once(tmp_path: Path, estate: Estate) -> None:
    provider = FakeLister()
    first, waiting = paid(estate), estate.open_link(estate.agreed(60_000))
    other, back = paid(estate, capture="cap-2"), paid(estate, capture="cap-3")
    collected = estate.collected()
    listed = [
        settled(first),
        settled(first, capture="cap-9"),
        settled(waiting, capture="cap-8"),
        settled(other, 499_999, capture="cap-2"),
        replace(settled(back, capture="cap-3"), refunded=naira(600), lost=naira(400)),
        strange(method=SavedMethod(token="t", owner="o", label="Visa •••• 4081")),
        strange("x-2", is_test=False),
    ]
    async with opened(tmp_path, estate, provider) as desk:
        for _ in range(2):
            provider.pages = [page(*listed[:3], after="2"), page(*listed[3:])]
            await reconciled(desk, estate)
        found = await differences(desk, estate)
        told = await desk.run(lambda tx: [tx.note(each.told_id) for each in found])
    assert {(each.kind, each.provider_id, each.listed_minor) for each in found} == {
        (DifferenceKind.SECOND, "cap-9", 500_000),
        (DifferenceKind.UNCREDITED, "cap-8", 60_000),
        (DifferenceKind.AMOUNT, "cap-2", 499_999),
        (DifferenceKind.REFUNDED, "cap-3", 1_000),
        (DifferenceKind.STRANGE, "x-1", 7_000),
    }
    assert len(found) == 5
    assert [each for each in told if each] == ["Visa •••• 4081"]
    assert estate.collected() == collected


async def test_another_currency_under_a_capture_is_a_difference(
    tmp_path: Path, estate: Estate
) -> None:
    provider, tried = FakeLister(), paid(estate)
    dollars = Money(tried.payment.amount_minor, "USD")  # type: ignore[arg-type]  # plain text
    async with opened(tmp_path, estate, provider) as desk:
        provider.pages = [page(replace(settled(tried), captured=dollars))]
        await reconciled(desk, estate)
        (found,) = await differences(desk, estate)
    assert (found.kind, found.currency, found.booked_currency) == ("amount", "USD", "NGN")


async def test_what_was_credited_and_is_not_listed_is_missing_until_it_is(
    tmp_path: Path, estate: Estate
) -> None:
    provider, tried = FakeLister(), paid(estate)
    async with opened(tmp_path, estate, provider) as desk:
        await reconciled(desk, estate)
        (found,) = await differences(desk, estate)
        notices = await desk.rows(Kind.NOTICE)
        provider.pages = [page(settled(tried))]
        await reconciled(desk, estate)
        after = await desk.run(lambda tx: tx.differences.get(found.id))
    assert (found.kind, found.provider_id) == (DifferenceKind.MISSING, "cap-1")
    assert (found.booked_minor, found.payment_id) == (500_000, tried.payment.id)
    assert notices
    assert after.status is DifferenceStatus.SOLVED
    assert estate.collected() == 500_000


async def test_operators_hear_at_once_of_money_that_is_missing(
    tmp_path: Path, estate: Estate
) -> None:
    provider, tried = FakeLister(), paid(estate)
    async with opened(tmp_path, estate, provider) as desk:
        await desk.run(reconcile.order)
        await desk.later(0)
        alarms = Alarms(desk.database, desk.outbox, operators=(CHAT,))
        lists = ListCalls(desk.database, desk.registry, alarms=alarms)
        row = await judging(desk)
        await lists.handle(row, orjson.loads(row.payload))
        await desk.settle()
        provider.pages = [page(settled(tried))]
        await reconciled(desk, estate)
    assert any("the runbook says how" in text for text in desk.api.texts)


async def judging(desk: Desk) -> Work:
    """Return the row that compares, which is not due yet."""
    after = await desk.run(lambda tx: tx.now + timedelta(hours=1))
    rows = await desk.run(lambda tx: tx.work.live(at=after, after=0, limit=99))
    return next(each for each in rows if b'"judge"' in each.payload)


async def test_what_was_credited_just_before_the_windows_end_is_not_missed(
    tmp_path: Path, estate: Estate
) -> None:
    provider, tried = FakeLister(), estate.open_link(estate.agreed())
    async with opened(tmp_path, estate, provider) as desk:
        estate.clock.move(hours=1)
        estate.settle(tried)
        await reconciled(desk, estate)
        assert await differences(desk, estate) == []


async def test_what_is_younger_than_the_lists_lag_is_missing_only_once_it_is_older(
    tmp_path: Path, estate: Estate
) -> None:
    provider = FakeLister()
    provider.capabilities = replace(provider.capabilities, list_lag=timedelta(hours=6))
    tried = paid(estate)
    async with opened(tmp_path, estate, provider) as desk:
        await reconciled(desk, estate)
        young = await kinds(desk, estate)
        await desk.later(EVERY.total_seconds())
        await reconciled(desk, estate)
        assert (young, await kinds(desk, estate)) == ([], [DifferenceKind.MISSING])
        provider.pages = [page(settled(tried))]
        await reconciled(desk, estate)


async def test_a_page_that_does_not_come_is_asked_for_later_and_the_point_stays(
    tmp_path: Path, estate: Estate
) -> None:
    provider, tried = FakeLister(), paid(estate)
    async with opened(tmp_path, estate, provider) as desk:
        provider.pages = [page(strange(), after="2"), UNKNOWN, page(settled(tried), strange("x-2"))]
        await desk.run(reconcile.order)
        await desk.later(0)
        assert (await state(desk, estate)).page == "2"
        assert (await state(desk, estate)).done_until is None
        await desk.later(61)
        await desk.later(SETTLED_S)
        assert await kinds(desk, estate) == [DifferenceKind.STRANGE] * 2
    assert [after for _, _, after in provider.windows] == ["", "2", "2"]
    assert len({until for _, until, _ in provider.windows}) == 1


async def test_a_list_that_never_comes_is_left_to_the_next_day(
    tmp_path: Path, estate: Estate
) -> None:
    provider = FakeLister()
    paid(estate)
    async with opened(tmp_path, estate, provider) as desk:
        provider.pages = [UNKNOWN] * (MOST_FAILURES + 5)
        await desk.run(reconcile.order)
        for _ in range(MOST_FAILURES + 2):
            await desk.later(3601)
        after = await state(desk, estate)
    assert len(provider.windows) == MOST_FAILURES
    assert (after.phase, after.done_until) == (Phase.IDLE, None)


async def test_a_page_is_recorded_once_however_often_it_is_read(
    tmp_path: Path, estate: Estate
) -> None:
    provider, tried = FakeLister(), paid(estate)
    async with opened(tmp_path, estate, provider) as desk:
        provider.pages = [page(strange(), after="2"), page(settled(tried))]
        await desk.run(reconcile.order)
        (row,) = [
            each
            for each in await desk.run(lambda tx: tx.work.live(at=tx.now, after=0, limit=99))
            if each.kind is Kind.CALL and b'"list"' in each.payload
        ]
        await desk.settle()
        with pytest.raises(WorkIsOver):
            await desk.calls.handle(row)
        await desk.later(SETTLED_S)
        assert (await state(desk, estate)).done_until is not None
        assert await kinds(desk, estate) == [DifferenceKind.STRANGE]


async def test_a_window_is_begun_by_one_only(tmp_path: Path, estate: Estate) -> None:
    provider = FakeLister()
    paid(estate)
    async with opened(tmp_path, estate, provider) as desk:
        provider.pages = [UNKNOWN]
        assert await desk.run(reconcile.order) == 1
        await desk.settle()
        assert await desk.run(reconcile.order) == 0
        assert await desk.run(lambda tx: reconcile.begin(tx, at=tx.now + EVERY)) == 0


async def test_who_cannot_list_or_was_never_asked_is_left_alone(
    tmp_path: Path, estate: Estate
) -> None:
    provider = FakeLister()
    async with opened(tmp_path, estate, provider) as desk:
        await desk.run(reconcile.order)
        await desk.later(0)
        assert provider.windows == []
        estate.open_link(estate.agreed())
        provider.capabilities = replace(provider.capabilities, can_list=False)
        await desk.run(reconcile.order)
        await desk.later(0)
        after = await state(desk, estate)
    assert provider.windows == []
    assert (after.phase, after.done_until) == (Phase.IDLE, None)

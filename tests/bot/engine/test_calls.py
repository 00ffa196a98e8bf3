"""A provider is asked after the commit, never twice blindly, and its hooks are only hints."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from bot.engine.arrivals import store_hook
from bot.engine.calls import Calls
from core.domain.payments import AttemptStatus, PaymentStatus
from core.domain.providers import Authentic, ProviderError, Settled, Unknown
from core.domain.work import Kind, Work, WorkStatus
from core.use_cases import links
from storage.doctor import examine
from storage.transaction import SqlTransaction
from tests.bot.engine.desk import Desk, open_desk
from tests.core.estate import Estate, Tried, palm_court, settled
from tests.fakes.providers import FakeProvider, FakeRegistry


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    with palm_court(tmp_path) as found:
        yield found


def _registry(estate: Estate, provider: FakeProvider) -> FakeRegistry:
    return FakeRegistry(estate.configuration, provider)


def _asked(estate: Estate) -> Tried:
    return estate.ask_link(estate.agreed())


async def _hook(desk: Desk, estate: Estate, reference: str, key: str = "evt-1") -> None:
    await desk.run(
        lambda tx: store_hook(
            tx,
            configuration_id=estate.configuration.id,
            provider="sandbox",
            reading=Authentic(event_key=key, reference=reference, kind="paid"),
        )
    )
    await desk.settle()


async def test_a_link_is_asked_for_under_our_reference(tmp_path: Path, estate: Estate) -> None:
    tried = _asked(estate)
    provider = FakeProvider()
    registry = _registry(estate, provider)
    async with open_desk(tmp_path, path=estate.books.path, registry=registry) as desk:
        await desk.later(0)
    (request,) = provider.created
    assert request.reference == tried.attempt.reference
    path = f"payments/callback/sandbox/{estate.tenant.id}/?reference={request.reference}"
    assert request.return_url == f"https://hazina.example/{path}"
    assert estate.now(tried).attempt.status is AttemptStatus.WAITING
    assert estate.now(tried).attempt.link.endswith(request.reference)


async def test_the_attempt_is_marked_before_the_call_leaves(tmp_path: Path, estate: Estate) -> None:
    tried = _asked(estate)
    provider = FakeProvider()
    registry = _registry(estate, provider)
    provider.plans = [RuntimeError("the adapter broke")]
    async with open_desk(tmp_path, path=estate.books.path, registry=registry) as desk:
        await desk.later(0)
        assert estate.now(tried).attempt.status is AttemptStatus.SENT
        assert (await desk.rows(Kind.CALL))[-1] == ("sent", 1)
        await desk.later(2)
    assert estate.now(tried).attempt.status is AttemptStatus.WAITING
    assert {request.reference for request in provider.created} == {tried.attempt.reference}


async def test_a_call_found_sent_is_repeated_only_where_our_id_is_honoured(
    tmp_path: Path, estate: Estate
) -> None:
    tried = _asked(estate)
    estate.do(links.begin_call, attempt_id=tried.attempt.id)
    provider = FakeProvider(honours_our_id=False)
    registry = _registry(estate, provider)
    async with open_desk(tmp_path, path=estate.books.path, registry=registry) as desk:
        await desk.later(0)
    assert (provider.created, provider.asked) == ([], [tried.attempt.reference])


async def test_a_page_that_was_never_made_is_asked_for_again_where_two_are_refused(
    tmp_path: Path, estate: Estate
) -> None:
    tried = _asked(estate)
    estate.do(links.begin_call, attempt_id=tried.attempt.id)
    provider = FakeProvider(honours_our_id=False, refuses_repeats=True)
    registry = _registry(estate, provider)
    async with open_desk(tmp_path, path=estate.books.path, registry=registry) as desk:
        await desk.later(0)
    assert [request.reference for request in provider.created] == [tried.attempt.reference]
    assert estate.now(tried).attempt.link.endswith(tried.attempt.reference)


async def test_an_answer_that_never_came_is_unknown_and_looked_up(
    tmp_path: Path, estate: Estate
) -> None:
    tried = _asked(estate)
    provider = FakeProvider()
    provider.plans = [Unknown(error=ProviderError.PROVIDER_ERROR)]
    registry = _registry(estate, provider)
    async with open_desk(tmp_path, path=estate.books.path, registry=registry) as desk:
        await desk.later(0)
    assert estate.now(tried).attempt.status is AttemptStatus.UNKNOWN
    assert estate.now(tried).payment.status is not PaymentStatus.FAILED


async def test_a_hook_leads_to_a_question_and_the_answer_is_posted_once(
    tmp_path: Path, estate: Estate
) -> None:
    tried = estate.open_link(estate.agreed())
    provider = FakeProvider()
    word: Settled = settled(tried)
    provider.plans = [word, word, word]
    registry = _registry(estate, provider)
    async with open_desk(tmp_path, path=estate.books.path, registry=registry) as desk:
        await desk.later(0)
        provider.plans = [word, word, word]
        for key in ("evt-1", "evt-1", "evt-2"):
            await _hook(desk, estate, tried.attempt.reference, key)
    assert estate.now(tried).payment.status is PaymentStatus.COMPLETED
    assert estate.collected() == tried.payment.amount_minor


async def test_a_hook_that_names_nothing_of_ours_moves_nothing(
    tmp_path: Path, estate: Estate
) -> None:
    provider = FakeProvider()
    registry = _registry(estate, provider)
    async with open_desk(tmp_path, path=estate.books.path, registry=registry) as desk:
        await _hook(desk, estate, "hz-somebody-elses")
        assert await desk.rows(Kind.HOOK) == [("parked", 0)]
    assert provider.asked == []
    # The doctor names it until a human has looked at it.
    assert "parked" in estate.books.run(examine)[0]
    assert estate.books.run(lambda tx: tx.work.dismiss()) == 1


async def test_a_call_that_was_made_is_not_made_again_by_a_late_offer(
    tmp_path: Path, estate: Estate
) -> None:
    tried = estate.open_link(estate.agreed())
    provider = FakeProvider()
    registry = _registry(estate, provider)
    async with open_desk(tmp_path, path=estate.books.path, registry=registry) as desk:
        await desk.later(0)
        before = len(provider.asked)
        await _hook(desk, estate, tried.attempt.reference)
        calls = await desk.run(lambda tx: tx.work.live(at=tx.now, after=0, limit=9))
        assert [work for work in calls if work.kind is Kind.CALL] == []
        assert len(provider.asked) == before + 1


async def test_without_credentials_nothing_is_lost(tmp_path: Path, estate: Estate) -> None:
    tried = _asked(estate)
    async with open_desk(tmp_path, path=estate.books.path) as desk:
        await desk.later(0)
    assert estate.now(tried).attempt.status is AttemptStatus.UNKNOWN


async def test_many_look_ups_that_are_due_at_once_take_turns(
    tmp_path: Path, estate: Estate
) -> None:
    tried = [estate.open_link(estate.agreed()) for _ in range(3)]
    provider = FakeProvider()
    registry = _registry(estate, provider)
    async with open_desk(tmp_path, path=estate.books.path, registry=registry) as desk:
        await desk.later(0)
        provider.asked.clear()
        provider.held = asyncio.Event()
        calls = Calls(desk.database, registry, public_url="", looks_at_once=2)
        rows = [await desk.run(partial(_later, tried=each)) for each in tried]
        under_way = [asyncio.ensure_future(calls.handle(row)) for row in rows]
        await desk.until(lambda: len(provider.asked) == 2)
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(provider.asked) == 2
        provider.held.set()
        await asyncio.gather(*under_way)
    assert sorted(provider.asked) == sorted(each.attempt.reference for each in tried)


def _later(tx: SqlTransaction, *, tried: Tried) -> Work:
    """Queue a look-up that the engine of the test does not take."""
    links.ask_again(tx, attempt=tried.attempt)
    return replace(tx.work.mark(tx.written.pop(), status=WorkStatus.SENT), status=WorkStatus.DUE)

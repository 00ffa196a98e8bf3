"""What is removed here is deleted at its provider, once, whatever fails, and nobody waits."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.engine.forget_calls import PAUSES_S
from core.domain.methods import PaymentMethod
from core.domain.people import Actor
from core.domain.providers import Provider, ProviderError, SavedMethod, Unknown
from core.domain.work import Kind
from core.use_cases.methods import keep_method, remove_method
from tests.bot.engine.desk import Desk, open_desk
from tests.core.estate import Estate, palm_court, settled
from tests.fakes.providers import FakeForgetter, FakeProvider, FakeRegistry

ACCOUNT = SavedMethod(
    token="tok_1", owner="c-1", label="PayPal a•••@example.org", fingerprint="ACCOUNT1"
)
BUSY = Unknown(error=ProviderError.PROVIDER_ERROR, detail="HTTP 503")


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    with palm_court(tmp_path) as found:
        yield found


def kept(estate: Estate, actor: Actor, account: SavedMethod = ACCOUNT) -> PaymentMethod:
    """Let somebody pay and keep what he paid with."""
    tried = estate.open_link(estate.agreed(), by=actor)
    estate.answer(tried, replace(settled(tried, capture=f"cap-{tried.attempt.id}"), method=account))
    return estate.do(keep_method, actor=actor, payment_id=tried.payment.id)


@asynccontextmanager
async def engine(estate: Estate, provider: Provider | None) -> AsyncIterator[Desk]:
    registry = FakeRegistry(estate.configuration, provider)
    async with open_desk(
        estate.books.path.parent, path=estate.books.path, registry=registry
    ) as desk:
        yield desk


async def is_over(desk: Desk) -> bool:
    """Tell whether no call is left to be made."""
    return {status for status, _ in await desk.rows(Kind.CALL)} <= {"done"}


async def test_what_its_owner_removes_is_deleted_at_its_provider(estate: Estate) -> None:
    method, provider = kept(estate, estate.ada), FakeForgetter()
    estate.do(remove_method, actor=estate.ada, method_id=method.id)
    async with engine(estate, provider) as desk:
        await desk.later(0)
        await desk.later(max(PAUSES_S))
        assert await is_over(desk)
    assert [(each.token, each.owner) for each in provider.forgotten] == [("tok_1", "c-1")]


async def test_what_does_not_work_is_tried_again_and_let_go_in_the_end(estate: Estate) -> None:
    method, provider = kept(estate, estate.ada), FakeForgetter()
    provider.words = [BUSY] * 99
    estate.do(remove_method, actor=estate.ada, method_id=method.id)
    async with engine(estate, provider) as desk:
        for pause_s in (0, *PAUSES_S, *PAUSES_S):
            await desk.later(pause_s)
        assert await is_over(desk)
    assert len(provider.forgotten) == len(PAUSES_S) + 1
    assert estate.look(lambda tx: tx.methods.of(estate.ada.person_id, estate.tenant.id)) == ()


async def test_what_somebody_else_keeps_is_not_deleted(estate: Estate) -> None:
    mine, provider = kept(estate, estate.ada), FakeForgetter()
    theirs = kept(estate, estate.ben)
    estate.do(remove_method, actor=estate.ada, method_id=mine.id)
    async with engine(estate, provider) as desk:
        await desk.later(0)
        assert provider.forgotten == []
        estate.do(remove_method, actor=estate.ben, method_id=theirs.id)
        await desk.later(0)
    assert [each.token for each in provider.forgotten] == ["tok_1"]


async def test_what_is_kept_again_meanwhile_is_not_deleted(estate: Estate) -> None:
    method, provider = kept(estate, estate.ada), FakeForgetter()
    provider.words = [BUSY]
    estate.do(remove_method, actor=estate.ada, method_id=method.id)
    async with engine(estate, provider) as desk:
        await desk.later(0)
        kept(estate, estate.ada)
        await desk.later(PAUSES_S[0])
        assert await is_over(desk)
    assert len(provider.forgotten) == 1


@pytest.mark.parametrize("provider", [FakeProvider(), None])
async def test_who_cannot_delete_is_not_asked(
    estate: Estate, provider: FakeProvider | None
) -> None:
    method = kept(estate, estate.ada)
    estate.do(remove_method, actor=estate.ada, method_id=method.id)
    async with engine(estate, provider) as desk:
        await desk.later(0)
        assert await is_over(desk)

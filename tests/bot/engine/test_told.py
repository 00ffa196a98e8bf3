"""What a proven event told of settled money is not lost where the look-up after it fails."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.engine import told
from bot.engine.arrivals import store_hook
from bot.engine.told import PAUSES_S
from core.domain.claims import Claim
from core.domain.money import Money
from core.domain.providers import About, Authentic, ProviderError, Unknown
from core.domain.work import Kind
from storage.doctor import examine
from tests.bot.engine.desk import Desk, open_desk
from tests.core.estate import Estate, palm_court, settled
from tests.core.use_cases.refunding import Refunds
from tests.fakes.providers import FakeRefunder, FakeRegistry

UNKNOWN = Unknown(error=ProviderError.TIMEOUT_ERROR)


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    with palm_court(tmp_path) as found:
        yield found


async def told_of(
    desk: Desk, refunds: Refunds, about: About, claim: Claim = Claim.OPEN, *, capture: str = ""
) -> None:
    reading = Authentic(
        event_key=f"evt-{about}-{claim}",
        reference=capture or refunds.tried.attempt.reference,
        kind="told",
        about=about,
        claim=claim,
    )
    configuration_id = refunds.estate.configuration.id
    await desk.run(
        lambda tx: store_hook(
            tx, configuration_id=configuration_id, provider="sandbox", reading=reading
        )
    )
    await desk.settle()


@pytest.mark.parametrize("about", [About.DISPUTE, About.REFUND])
async def test_what_was_told_is_asked_for_until_it_is_answered(
    tmp_path: Path, estate: Estate, about: About
) -> None:
    refunds = Refunds(estate)
    said = settled(refunds.tried, capture=refunds.capture)
    if about is About.REFUND:
        said = replace(said, refunded=Money(100_000, said.captured.currency))
    provider = FakeRefunder()
    registry = FakeRegistry(estate.configuration, provider)
    async with open_desk(tmp_path, path=estate.books.path, registry=registry) as desk:
        await desk.later(0)
        provider.asked.clear()
        provider.plans = [UNKNOWN, UNKNOWN, said]
        await told_of(desk, refunds, about, Claim.LOST)
        await desk.later(PAUSES_S[0] - 1)
        assert (len(provider.plans), refunds.at_provider()) == (2, 100_000)
        await desk.later(1)
        assert (len(provider.plans), refunds.at_provider()) == (1, 100_000)
        await desk.later(PAUSES_S[1])
        assert (provider.plans, refunds.at_provider()) == ([], 0)
        await desk.later(PAUSES_S[2])
    assert len(provider.asked) == 3


async def test_what_went_back_is_asked_for_until_all_of_it_can_be_had(
    tmp_path: Path, estate: Estate
) -> None:
    refunds = Refunds(estate)
    said = settled(refunds.tried, capture=refunds.capture)
    known = replace(said, refunded=Money(100_000, said.captured.currency))
    provider = FakeRefunder()
    registry = FakeRegistry(estate.configuration, provider)
    async with open_desk(tmp_path, path=estate.books.path, registry=registry) as desk:
        await desk.later(0)
        provider.asked.clear()
        provider.plans = [replace(said, has_gaps=True), known]
        await told_of(desk, refunds, About.REFUND)
        assert refunds.at_provider() == 100_000
        await desk.later(PAUSES_S[0])
        assert (provider.plans, refunds.at_provider()) == ([], 0)
        await desk.later(PAUSES_S[1])
    assert len(provider.asked) == 2


async def test_a_gap_matters_only_where_a_refund_was_told(tmp_path: Path, estate: Estate) -> None:
    refunds = Refunds(estate)
    provider = FakeRefunder()
    registry = FakeRegistry(estate.configuration, provider)
    async with open_desk(tmp_path, path=estate.books.path, registry=registry) as desk:
        await desk.later(0)
        provider.asked.clear()
        said = settled(refunds.tried, capture=refunds.capture)
        provider.plans = [replace(said, has_gaps=True)]
        await told_of(desk, refunds, About.PAYMENT)
        await desk.later(PAUSES_S[0])
    assert len(provider.asked) == 1


async def test_a_claim_is_to_the_capture_that_its_event_names(
    tmp_path: Path, estate: Estate
) -> None:
    refunds = Refunds(estate)
    first = settled(refunds.tried, refunds.payment.captured_minor, capture=refunds.capture)
    second = settled(refunds.tried, 60_000, capture="cap-2")
    both = replace(first, more=(second,))
    estate.answer(refunds.tried, both)
    assert refunds.at_provider() == 160_000
    provider = FakeRefunder()
    registry = FakeRegistry(estate.configuration, provider)
    async with open_desk(tmp_path, path=estate.books.path, registry=registry) as desk:
        await desk.later(0)
        provider.plans = [both]
        await told_of(desk, refunds, About.DISPUTE, Claim.LOST, capture="cap-2")
        await desk.later(0)
    assert refunds.at_provider() == 100_000


async def test_what_nobody_answers_for_a_day_waits_for_a_human(
    tmp_path: Path, estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(told, "PAUSES_S", (60,))
    refunds = Refunds(estate)
    provider = FakeRefunder()
    registry = FakeRegistry(estate.configuration, provider)
    async with open_desk(tmp_path, path=estate.books.path, registry=registry) as desk:
        await desk.later(0)
        provider.asked.clear()
        provider.plans = [UNKNOWN, UNKNOWN]
        await told_of(desk, refunds, About.DISPUTE)
        await desk.later(60)
        assert (await desk.rows(Kind.CALL))[-1] == ("parked", 0)
        await desk.later(60)
    assert len(provider.asked) == 2
    found = " ".join(estate.books.run(examine))
    assert f"sandbox told of {refunds.tried.attempt.reference} (claim_open)" in found
    assert estate.books.run(lambda tx: tx.work.dismiss()) == 1


def test_a_day_is_long_enough() -> None:
    assert 20 * 3_600 < sum(PAUSES_S) <= 24 * 3_600

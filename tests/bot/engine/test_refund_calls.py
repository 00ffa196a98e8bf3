"""Money goes back once: asked after the commit, looked up in doubt, never asked for anew."""

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.engine.arrivals import store_hook
from bot.sweeps import refunds as sweeps
from core.domain.claims import Claim
from core.domain.configurations import Configuration
from core.domain.differences import DifferenceKind
from core.domain.money import Currency, Money
from core.domain.providers import (
    About,
    Authentic,
    Declined,
    PartOf,
    ProviderError,
    Undecided,
    Unknown,
)
from core.domain.refunds import RefundStatus
from core.domain.work import Kind
from core.use_cases.refunds import ask_refund
from storage.doctor import examine
from storage.transaction import SqlTransaction
from tests.bot.engine.desk import Desk, open_desk
from tests.core.estate import Estate, palm_court, settled
from tests.core.use_cases.refunding import Refunds
from tests.factories import add_configuration, naira
from tests.fakes.providers import FakeProvider, FakeRefunder, FakeRegistry

UNKNOWN = Unknown(error=ProviderError.TIMEOUT_ERROR)


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    with palm_court(tmp_path) as found:
        yield found


def opened(
    tmp_path: Path, estate: Estate, provider: FakeProvider
) -> AbstractAsyncContextManager[Desk]:
    registry = FakeRegistry(estate.configuration, provider)
    return open_desk(tmp_path, path=estate.books.path, registry=registry)


async def hook(
    desk: Desk,
    estate: Estate,
    reference: str,
    about: About,
    *,
    key: str = "evt-1",
) -> None:
    reading = Authentic(event_key=key, reference=reference, kind="x", about=about)
    await kept(desk, estate.configuration, reading)


async def kept(desk: Desk, configuration: Configuration, reading: Authentic | Undecided) -> None:
    await desk.run(
        lambda tx: store_hook(
            tx, configuration_id=configuration.id, provider="sandbox", reading=reading
        )
    )
    await desk.settle()


async def test_a_refund_is_asked_for_once_under_its_reference(
    tmp_path: Path, estate: Estate
) -> None:
    refunds, provider = Refunds(estate), FakeRefunder()
    refund = refunds.ask(40_000)
    async with opened(tmp_path, estate, provider) as desk:
        await desk.later(0)
        await desk.later(3600)
    assert (provider.refunded, provider.looked_up) == ([refund.reference], [])
    assert (refunds.now(refund).status, refunds.at_provider()) == (RefundStatus.COMPLETED, 60_000)


async def test_it_is_marked_before_the_call_leaves(tmp_path: Path, estate: Estate) -> None:
    refunds, provider = Refunds(estate), FakeRefunder()
    refund = refunds.ask(40_000)
    provider.words = [RuntimeError("the adapter broke")]
    async with opened(tmp_path, estate, provider) as desk:
        await desk.later(0)
        assert refunds.now(refund).sent_at is not None
        assert (await desk.rows(Kind.CALL))[-1] == ("sent", 1)
        await desk.later(2)
    assert provider.looked_up == [refund.reference]
    assert provider.refunded == [refund.reference] * 2
    assert refunds.statuses() == [RefundStatus.COMPLETED]


async def test_one_found_sent_is_repeated_only_where_our_id_is_honoured(
    tmp_path: Path, estate: Estate
) -> None:
    refunds, provider = Refunds(estate), FakeRefunder(honours_our_id=False)
    refund = refunds.send(40_000)
    async with opened(tmp_path, estate, provider) as desk:
        await desk.later(0)
    assert (provider.refunded, provider.looked_up) == ([], [refund.reference])
    assert (refunds.statuses(), refunds.held()) == ([RefundStatus.PROCESSING], 40_000)


async def test_one_that_never_left_is_asked_for_again_once_it_would_be_listed(
    tmp_path: Path, estate: Estate
) -> None:
    refunds, provider = Refunds(estate), FakeRefunder(honours_our_id=False)
    provider.capabilities = replace(provider.capabilities, finds_refunds=True)
    refund = refunds.send(40_000)
    async with opened(tmp_path, estate, provider) as desk:
        await desk.later(0)
        assert provider.refunded == []
        desk.time.pass_by(3_600)
        await desk.run(lambda tx: sweeps.look_up(tx, at=tx.now))
        await desk.later(0)
    assert provider.refunded == [refund.reference]
    assert (refunds.statuses(), refunds.held()) == ([RefundStatus.COMPLETED], 0)


@pytest.mark.parametrize("end", [UNKNOWN, RuntimeError("killed")])
async def test_a_repeat_that_may_have_arrived_is_listed_before_the_next_one_leaves(
    tmp_path: Path, estate: Estate, end: Unknown | RuntimeError
) -> None:
    refunds, provider = Refunds(estate), FakeRefunder(honours_our_id=False)
    provider.capabilities = replace(provider.capabilities, finds_refunds=True)
    refund = refunds.send(40_000)
    # It is not listed, the repeat's answer is lost, and seconds later it is not listed yet.
    provider.words = [UNKNOWN, UNKNOWN, end]
    async with opened(tmp_path, estate, provider) as desk:
        await desk.later(0)
        for wait_s, asked in ((2_640, 1), (30, 1), (1_700, 1), (100, 2)):
            desk.time.pass_by(wait_s)
            await desk.run(lambda tx: ask_refund(tx, refund=refund))
            await desk.later(0)
            assert provider.refunded == [refund.reference] * asked
    assert refunds.statuses() == [RefundStatus.COMPLETED]
    repeats = estate.books.rows("SELECT kind FROM due WHERE kind = 'refund_repeat'")
    assert repeats == []


async def test_doubt_is_looked_up_again_when_it_is_due(tmp_path: Path, estate: Estate) -> None:
    refunds, provider = Refunds(estate), FakeRefunder()
    refund = refunds.ask(40_000)
    provider.words = [UNKNOWN]
    async with opened(tmp_path, estate, provider) as desk:
        await desk.later(0)
        assert refunds.statuses() == [RefundStatus.PROCESSING]
        desk.time.pass_by(60)
        await desk.run(lambda tx: sweeps.look_up(tx, at=tx.now))
        await desk.later(0)
    assert set(provider.refunded + provider.looked_up) == {refund.reference}
    assert refunds.statuses() == [RefundStatus.COMPLETED]


@pytest.mark.parametrize("refunds_of", [PartOf.NOTHING, PartOf.WHOLE])
async def test_what_a_provider_cannot_do_is_not_asked_of_it(
    tmp_path: Path, estate: Estate, refunds_of: PartOf
) -> None:
    refunds, provider = Refunds(estate), FakeRefunder(refunds=refunds_of)
    refunds.ask(40_000)
    async with opened(tmp_path, estate, provider) as desk:
        await desk.later(0)
    assert provider.refunded == []
    assert (refunds.statuses(), refunds.held()) == ([RefundStatus.FAILED], 0)


async def test_an_event_of_a_refund_brings_its_end_and_what_the_provider_did_itself(
    tmp_path: Path, estate: Estate
) -> None:
    refunds, provider = Refunds(estate), FakeRefunder()
    refund = refunds.send(40_000)
    provider.words = [Declined(error=ProviderError.PROVIDER_ERROR)]
    said = settled(refunds.tried, capture=refunds.capture)
    total = Money(70_000, said.captured.currency)
    async with opened(tmp_path, estate, provider) as desk:
        await desk.later(0)
        provider.plans = [replace(said, refunded=total)]
        await hook(desk, estate, refunds.tried.attempt.reference, About.REFUND)
    assert refunds.now(refund).status is RefundStatus.COMPLETED
    assert refunds.at_provider() == 30_000


@pytest.mark.parametrize("about", [About.PAYMENT, About.DISPUTE])
async def test_an_event_of_a_claim_counts_where_look_ups_do_not_say(
    tmp_path: Path, estate: Estate, about: About
) -> None:
    refunds, provider = Refunds(estate), FakeRefunder()
    provider.plans = [settled(refunds.tried, capture=refunds.capture)]
    async with opened(tmp_path, estate, provider) as desk:
        await hook(desk, estate, refunds.tried.attempt.reference, about)
    known = estate.look(lambda tx: tx.refunds.find_refundable(refunds.payment.id))
    is_contested = known is not None and known.contested_at is not None
    assert is_contested == (about is About.DISPUTE)
    refunds.told(0, is_disputed=False)


async def test_an_event_says_how_much_a_bank_took_however_late_its_look_up_answers(
    tmp_path: Path, estate: Estate
) -> None:
    refunds, provider = Refunds(estate), FakeRefunder()
    said = settled(refunds.tried, capture=refunds.capture)
    lost = Authentic(
        event_key="evt-1",
        reference=refunds.tried.attempt.reference,
        kind="x",
        about=About.DISPUTE,
        claim=Claim.LOST,
        claimed=naira(40_000),
    )
    async with opened(tmp_path, estate, provider) as desk:
        await desk.later(0)
        provider.plans = [Unknown(error=ProviderError.NETWORK_ERROR), said]
        await kept(desk, estate.configuration, lost)
        assert refunds.at_provider() == 100_000
        await desk.later(61)
    assert (refunds.at_provider(), provider.plans) == (60_000, [])


async def test_a_claim_that_no_record_can_hold_is_for_a_human(
    tmp_path: Path, estate: Estate
) -> None:
    tried, provider = estate.open_link(estate.agreed()), FakeRefunder()
    odd = replace(settled(tried, capture="cap-usd"), captured=Money(100, Currency("USD")))
    estate.answer(tried, odd)
    async with opened(tmp_path, estate, provider) as desk:
        await desk.later(0)
        provider.plans = [odd]
        await hook(desk, estate, tried.attempt.reference, About.DISPUTE)
        tenant_id = estate.tenant.id
        (found,) = await desk.run(lambda tx: tx.differences.open_in(tenant_id, after=None, limit=5))
        assert await desk.run(examine) == []
    assert (found.kind, found.provider_id) == (DifferenceKind.CLAIMED, "cap-usd")
    assert (found.listed_minor, found.currency) == (100, "USD")


async def test_a_claim_finds_its_payment_by_the_providers_own_id_however_often_it_comes(
    tmp_path: Path, estate: Estate
) -> None:
    refunds, provider = Refunds(estate), FakeRefunder()
    said = settled(refunds.tried, capture=refunds.capture)
    provider.plans = [replace(said, is_disputed=True)] * 2
    async with opened(tmp_path, estate, provider) as desk:
        await hook(desk, estate, refunds.capture, About.DISPUTE)
        await hook(desk, estate, refunds.capture, About.DISPUTE, key="evt-2")
    known = estate.look(lambda tx: tx.refunds.find_refundable(refunds.payment.id))
    assert known is not None
    assert known.contested_at is not None
    assert provider.plans == []
    refunds.told(0, is_disputed=False)


async def test_another_configurations_claim_finds_nothing(tmp_path: Path, estate: Estate) -> None:
    refunds, provider = Refunds(estate), FakeRefunder()
    said = replace(settled(refunds.tried, capture=refunds.capture), is_disputed=True)
    provider.plans = [said]
    other = estate.books.run(lambda tx: add_configuration(tx, estate.other))
    hint = Undecided(event_key="evt-1", reference=refunds.capture, about=About.DISPUTE)
    async with opened(tmp_path, estate, provider) as desk:
        await kept(desk, other, hint)
        assert provider.plans == [said]
        await kept(desk, estate.configuration, hint)
        assert provider.plans == []
    refunds.told(0, is_disputed=False)


async def test_a_claim_whose_end_nobody_told_is_looked_up_every_day(
    tmp_path: Path, estate: Estate
) -> None:
    refunds, provider = Refunds(estate), FakeRefunder()
    refunds.told(0, is_disputed=True)
    said = replace(settled(refunds.tried, capture=refunds.capture), is_disputed=True)
    provider.plans = [said, replace(said, is_disputed=False)]
    async with opened(tmp_path, estate, provider) as desk:
        for _ in range(3):
            desk.time.pass_by(24 * 3600 + 1)
            await desk.run(lambda tx: sweeps.follow_claims(tx, at=tx.now))
            await desk.later(0)
    assert provider.plans == []
    assert estate.look(lambda tx: tx.chargebacks.open_of(refunds.payment.id)) == ()
    assert refunds.ask(1_000).is_open


async def test_books_that_were_put_back_ask_for_no_refund(tmp_path: Path, estate: Estate) -> None:
    refunds, provider = Refunds(estate), FakeRefunder()
    refund = refunds.ask(40_000)

    def put_back(tx: SqlTransaction) -> None:
        tx.freeze.doubt()
        tx.freeze.begin()

    estate.books.run(put_back)
    async with opened(tmp_path, estate, provider) as desk:
        await desk.later(0)
        assert (provider.refunded, provider.looked_up) == ([], [refund.reference])
        await desk.run(lambda tx: tx.freeze.release())
        desk.time.pass_by(60)
        await desk.run(lambda tx: sweeps.look_up(tx, at=tx.now))
        await desk.later(0)
    assert provider.refunded == [refund.reference]
    assert refunds.statuses() == [RefundStatus.COMPLETED]

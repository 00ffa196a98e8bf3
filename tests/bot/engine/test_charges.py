"""A saved method is charged after the commit, once; whatever is not known is looked up."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from core.domain.consent import Consent
from core.domain.ledger import AccountKind
from core.domain.methods import PaymentMethod
from core.domain.payments import AttemptStatus, PaymentStatus
from core.domain.providers import (
    Declined,
    LinkRequest,
    Outcome,
    Pending,
    Provider,
    ProviderError,
    SavedMethod,
    Settled,
    Unknown,
)
from core.use_cases.charges import charge_bill
from core.use_cases.links import cancel_payment, check_now, retry_payment
from core.use_cases.methods import keep_method, remove_method
from core.use_cases.pins import set_pin
from tests.bot.engine.desk import Desk, open_desk
from tests.bot.providers.loopback import WorldClock, provider_on_loopback
from tests.core.estate import TOTAL, Estate, Tried, palm_court, settled
from tests.fakes.providers import FakeCharger, FakeRegistry

CARD = SavedMethod(
    token="tok_visa",
    owner="ada@example.org",
    label="Visa •••• 4081",
    consent=Consent.GIVEN,
)
SILENCE = Unknown(error=ProviderError.TIMEOUT_ERROR, detail="no answer in time")


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    with palm_court(tmp_path) as found:
        yield found


def kept(estate: Estate, tried: Tried, word: Settled) -> PaymentMethod:
    """Let Ada pay, and keep what she paid with."""
    estate.answer(tried, word)
    return estate.do(keep_method, actor=estate.ada, payment_id=tried.payment.id)


def a_card(estate: Estate) -> PaymentMethod:
    """Let Ada, who has a PIN, keep a card of a provider that is not asked."""
    estate.do(set_pin, person_id=estate.ada.person_id, pin_hash="argon")
    tried = estate.open_link(estate.agreed())
    return kept(estate, tried, replace(settled(tried), method=CARD))


def charge(estate: Estate, method: PaymentMethod) -> Tried:
    """Let Ada press Pay with it, on a new bill."""
    bill = estate.agreed()
    payment = estate.do(
        charge_bill,
        actor=estate.ada,
        bill_id=bill.id,
        revision=bill.revision,
        amount=bill.rest,
        method_id=method.id,
    )
    return estate.tried(payment)


@asynccontextmanager
async def engine(estate: Estate, provider: Provider) -> AsyncIterator[Desk]:
    """Run the engine with this provider only."""
    registry = FakeRegistry(estate.configuration, provider)
    async with open_desk(
        estate.books.path.parent, path=estate.books.path, registry=registry
    ) as desk:
        yield desk


async def charged(estate: Estate, provider: FakeCharger, *outcomes: Outcome) -> Tried:
    """Charge a kept card; the provider says these things, one after the other."""
    tried = charge(estate, a_card(estate))
    provider.words = [*outcomes]
    async with engine(estate, provider) as desk:
        await desk.later(0)
    return estate.now(tried)


async def test_a_saved_card_is_charged_over_the_wire_and_the_money_is_posted_once(
    estate: Estate,
) -> None:
    world = WorldClock(now=estate.clock.now())
    async with provider_on_loopback(clock=world, is_ticking=False) as played:
        first = estate.open_link(estate.agreed())
        request = LinkRequest(
            reference=first.attempt.reference,
            amount=first.payment.amount,
            email="ada@example.org",
            title="Service charge",
            return_url=f"{played.origin}/payments/callback/sandbox/",
            expires_at=first.payment.expires_at or world.now,
        )
        page = await played.adapter.create_link(request)
        assert isinstance(page, Pending)
        await played.press(page.link, "pay", saves=True)
        word = await played.adapter.advance(
            reference=request.reference, provider_ref=page.provider_ref, asked=request.amount
        )
        assert isinstance(word, Settled)
        estate.do(set_pin, person_id=estate.ada.person_id, pin_hash="argon")
        method = kept(estate, first, word)
        tried = charge(estate, method)
        async with engine(estate, played.adapter) as desk:
            await desk.later(0)
            await desk.later(120)
        there = played.server.checkouts()
    assert estate.now(tried).payment.status is PaymentStatus.COMPLETED
    fees = estate.account(AccountKind.PROVIDER_FEES, estate.configuration.id).balance.minor
    assert estate.collected() + fees == 2 * TOTAL
    assert [each.terms.reference for each in there] == [
        first.attempt.reference,
        tried.attempt.reference,
    ]


async def test_the_charge_leaves_with_the_token_under_our_reference(estate: Estate) -> None:
    provider = FakeCharger()
    tried = await charged(estate, provider)
    (request,) = provider.charged
    assert (request.reference, request.method.token) == (tried.attempt.reference, CARD.token)
    assert request.amount == tried.payment.amount
    assert request.return_url.startswith("https://hazina.example/payments/callback/sandbox/")
    assert tried.payment.status is PaymentStatus.COMPLETED


async def test_a_charge_whose_answer_is_lost_is_looked_up_and_never_made_again(
    estate: Estate,
) -> None:
    provider = FakeCharger()
    tried = charge(estate, a_card(estate))
    provider.words = [SILENCE]
    async with engine(estate, provider) as desk:
        await desk.later(0)
        provider.plans = [SILENCE, settled(tried, capture="cap-2")]
        assert estate.now(tried).attempt.status is AttemptStatus.UNKNOWN
        assert not estate.now(tried).attempt.is_idle
        for _ in range(2):
            estate.do(check_now, actor=estate.ada, payment_id=tried.payment.id)
            await desk.later(0)
    assert len(provider.charged) == 1
    assert estate.now(tried).payment.status is PaymentStatus.COMPLETED


async def test_a_charge_that_no_look_up_finds_is_asked_for_again_while_it_is_remembered(
    estate: Estate,
) -> None:
    provider = forgetful()
    tried = charge(estate, a_card(estate))
    provider.words = [SILENCE, SILENCE]
    provider.plans = [SILENCE] * 9
    async with engine(estate, provider) as desk:
        await desk.later(0)
        for _ in range(2):
            estate.do(check_now, actor=estate.ada, payment_id=tried.payment.id)
            await desk.later(0)
    assert [each.reference for each in provider.charged] == [tried.attempt.reference] * 3
    assert estate.now(tried).payment.status is PaymentStatus.COMPLETED


@pytest.mark.parametrize("minutes", [10, 70])
async def test_a_charge_is_not_asked_for_again_once_it_may_be_forgotten(
    estate: Estate, minutes: int
) -> None:
    provider = forgetful(memory=timedelta(minutes=10))
    tried = charge(estate, a_card(estate))
    provider.words = [SILENCE]
    provider.plans = [SILENCE] * 99
    async with engine(estate, provider) as desk:
        await desk.later(0)
        desk.time.clock.move(minutes=minutes)
        estate.do(check_now, actor=estate.ada, payment_id=tried.payment.id)
        await desk.later(0)
    assert len(provider.charged) == 1
    assert estate.now(tried).attempt.may_still_settle


async def test_a_charge_that_its_provider_named_is_only_looked_up(estate: Estate) -> None:
    provider = forgetful()
    tried = charge(estate, a_card(estate))
    provider.words = [Pending(provider_ref="order-1")]
    provider.plans = [SILENCE] * 9
    async with engine(estate, provider) as desk:
        await desk.later(0)
        for _ in range(2):
            estate.do(check_now, actor=estate.ada, payment_id=tried.payment.id)
            await desk.later(0)
    assert len(provider.charged) == 1


async def test_a_charge_is_not_asked_for_again_while_its_payer_gives_it_up(
    estate: Estate,
) -> None:
    provider = forgetful()
    tried = charge(estate, a_card(estate))
    provider.words = [SILENCE]
    provider.plans = [SILENCE] * 9
    async with engine(estate, provider) as desk:
        await desk.later(0)
        estate.do(cancel_payment, actor=estate.ada, payment_id=tried.payment.id)
        await desk.later(0)
    assert len(provider.charged) == 1


def forgetful(*, memory: timedelta = timedelta(hours=5)) -> FakeCharger:
    """Return a provider at which only a repetition finds a charge whose answer was lost."""
    provider = FakeCharger()
    provider.capabilities = replace(provider.capabilities, charge_memory=memory)
    return provider


@pytest.mark.parametrize("honours_our_id", [True, False])
async def test_a_charge_that_broke_off_is_repeated_only_where_our_id_is_honoured(
    estate: Estate, *, honours_our_id: bool
) -> None:
    provider = FakeCharger(honours_our_id=honours_our_id)
    tried = charge(estate, a_card(estate))
    provider.words = [RuntimeError("the adapter broke")]
    async with engine(estate, provider) as desk:
        await desk.later(0)
        assert estate.now(tried).attempt.status is AttemptStatus.SENT
        await desk.later(2)
    assert {each.reference for each in provider.charged} == {tried.attempt.reference}
    assert len(provider.charged) == (2 if honours_our_id else 1)
    assert (tried.attempt.reference in provider.asked) is not honours_our_id
    assert estate.collected() == (2 if honours_our_id else 1) * TOTAL


async def test_a_charge_that_broke_off_and_whose_card_is_removed_is_only_looked_up(
    estate: Estate,
) -> None:
    method = a_card(estate)
    tried, provider = charge(estate, method), FakeCharger()
    provider.words = [RuntimeError("the adapter broke")]
    async with engine(estate, provider) as desk:
        await desk.later(0)
        estate.do(remove_method, actor=estate.ada, method_id=method.id)
        await desk.later(2)
    assert len(provider.charged) == 1
    assert estate.now(tried).attempt.may_still_settle


async def test_a_charge_that_cannot_have_left_took_nothing(estate: Estate) -> None:
    unsent = Unknown(error=ProviderError.NETWORK_ERROR, detail="not sent", is_unsent=True)
    tried = await charged(estate, FakeCharger(), unsent)
    assert tried.attempt.status is AttemptStatus.DECLINED
    estate.do(
        retry_payment,
        actor=estate.ada,
        payment_id=tried.payment.id,
        configuration=estate.configuration,
    )
    assert estate.look(lambda tx: tx.payments.attempts(tried.payment.id))[-1].is_charge is False


async def test_an_owner_who_must_confirm_is_given_a_page(estate: Estate) -> None:
    tried = await charged(estate, FakeCharger(), Pending(link="https://pay.example/confirm"))
    assert tried.attempt.status is AttemptStatus.WAITING
    assert tried.attempt.link == "https://pay.example/confirm"
    assert tried.payment.status is PaymentStatus.PROCESSING


@pytest.mark.parametrize(
    ("error", "is_kept"),
    [(ProviderError.EXPIRED_CARD, False), (ProviderError.INSUFFICIENT_FUNDS, True)],
)
async def test_only_what_will_never_pay_again_is_given_up(
    estate: Estate, error: ProviderError, *, is_kept: bool
) -> None:
    tried = await charged(estate, FakeCharger(), Declined(error=error))
    assert (tried.attempt.status, tried.payment.is_open) == (AttemptStatus.DECLINED, True)
    method = estate.look(lambda tx: tx.methods.get(tried.attempt.method_id))
    assert method.is_active is is_kept


async def test_what_was_removed_before_the_call_is_not_charged(estate: Estate) -> None:
    method = a_card(estate)
    tried = charge(estate, method)
    estate.do(remove_method, actor=estate.ada, method_id=method.id)
    provider = FakeCharger()
    async with engine(estate, provider) as desk:
        await desk.later(0)
    assert provider.charged == []
    assert tried.attempt.reference not in provider.asked
    assert estate.now(tried).attempt.status is AttemptStatus.DECLINED


async def test_a_charge_given_up_before_it_leaves_never_leaves(estate: Estate) -> None:
    tried = charge(estate, a_card(estate))
    estate.do(cancel_payment, actor=estate.ada, payment_id=tried.payment.id)
    provider = FakeCharger()
    async with engine(estate, provider) as desk:
        await desk.later(0)
    assert provider.charged == []
    assert estate.now(tried).payment.status is PaymentStatus.CANCELLED

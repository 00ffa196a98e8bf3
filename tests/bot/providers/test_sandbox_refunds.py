"""Refunds between the sandbox adapter and the sandbox provider, over real HTTP."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.sandbox import provider_switches as switches
from bot.sandbox.provider_claim_records import DisputeStatus
from core.domain.money import Currency, Money
from core.domain.outflows import Moved, Outflow, RefundRequest, Refunds, Returned
from core.domain.providers import About, Authentic, Declined, Pending, Settled, Unknown
from tests.bot.providers.loopback import Loopback, provider_on_loopback

NGN = Currency("NGN")


@pytest.fixture
async def loopback() -> AsyncIterator[Loopback]:
    async with provider_on_loopback() as running:
        yield running


async def paid(loopback: Loopback) -> Settled:
    """Pay a page of 5,000 and return what the provider says of it."""
    await loopback.press(await loopback.page(), "pay")
    return await looked_up(loopback)


async def looked_up(loopback: Loopback) -> Settled:
    outcome = await loopback.adapter.advance(
        reference="ATT-1", provider_ref="", asked=Money(500_000, NGN)
    )
    assert isinstance(outcome, Settled)
    return outcome


def asked(settled: Settled, minor: int = 500_000, *, reference: str = "RF-1") -> RefundRequest:
    return RefundRequest(
        reference=reference,
        payment_reference="ATT-1",
        provider_ref="",
        provider_id=settled.provider_id,
        captured=settled.captured,
        amount=Money(minor, NGN),
        reason="Paid twice",
    )


def refunds(loopback: Loopback) -> Refunds:
    assert isinstance(loopback.adapter, Refunds)
    return loopback.adapter


async def refund(loopback: Loopback, minor: int = 500_000, *, reference: str = "RF-1") -> Outflow:
    settled = await looked_up(loopback)
    return await refunds(loopback).refund(asked(settled, minor, reference=reference))


async def followed(loopback: Loopback) -> Outflow:
    request = asked(await looked_up(loopback))
    return await refunds(loopback).look_up_refund(request, refund_ref="")


async def test_part_goes_back_and_the_capture_says_so(loopback: Loopback) -> None:
    await paid(loopback)
    outcome = await refund(loopback, 200_000)
    assert isinstance(outcome, Moved)
    assert (outcome.reference, outcome.amount) == ("RF-1", Money(200_000, NGN))
    assert (await looked_up(loopback)).refunded == Money(200_000, NGN)


async def test_repeated_refund_is_the_first_one(loopback: Loopback) -> None:
    await paid(loopback)
    assert await refund(loopback, 200_000) == await refund(loopback, 200_000)
    assert (await looked_up(loopback)).refunded == Money(200_000, NGN)


async def test_reference_with_other_content_is_unknown(loopback: Loopback) -> None:
    await paid(loopback)
    await refund(loopback, 200_000)
    assert isinstance(await refund(loopback, 100_000), Unknown)


async def test_more_than_is_left_is_declined(loopback: Loopback) -> None:
    await paid(loopback)
    await refund(loopback, 200_000)
    assert isinstance(await refund(loopback, 300_001, reference="RF-2"), Declined)


async def test_disputed_money_is_not_refunded(loopback: Loopback) -> None:
    link = await loopback.page()
    await loopback.press(link, "pay")
    await loopback.press(link, "dispute")
    assert (await looked_up(loopback)).is_disputed
    assert isinstance(await refund(loopback), Declined)
    await loopback.press(link, "settle")
    assert isinstance(await refund(loopback), Moved)


async def test_refund_that_nobody_asked_for_is_unknown(loopback: Loopback) -> None:
    await paid(loopback)
    assert isinstance(await followed(loopback), Unknown)


async def test_dashboard_gives_back_what_is_left(loopback: Loopback) -> None:
    link = await loopback.page()
    await loopback.press(link, "pay")
    await refund(loopback, 200_000)
    await loopback.press(link, "refund")
    assert (await looked_up(loopback)).refunded == Money(500_000, NGN)


@pytest.mark.parametrize(
    ("behaviour", "first", "after"),
    [
        ("later", Pending, Moved),
        ("late_fail", Pending, Declined),
        ("attention", Pending, Moved),
        ("return", Moved, Returned),
        ("fail", Declined, Declined),
        ("500", Unknown, Unknown),
    ],
)
async def test_refund_may_end_later_than_it_begins(
    loopback: Loopback, behaviour: str, first: type[Outflow], after: type[Outflow]
) -> None:
    await paid(loopback)
    loopback.board.set(switches.REFUND, behaviour)
    outcome = await refund(loopback)
    assert isinstance(outcome, first)
    if isinstance(outcome, Pending):
        assert bool(outcome.needs) == (behaviour == "attention")
    loopback.pass_time(timedelta(minutes=11))
    assert isinstance(await followed(loopback), after)


async def test_event_of_a_refund_names_the_payment(loopback: Loopback) -> None:
    await paid(loopback)
    await loopback.hook()
    await refund(loopback)
    reading = loopback.adapter.read_hook(await loopback.hook())
    assert isinstance(reading, Authentic)
    assert (reading.about, reading.reference) == (About.REFUND, "ATT-1")


async def test_refunds_survive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "provider.json"
    async with provider_on_loopback(state_path=path) as first:
        await paid(first)
        first.board.set(switches.REFUND, "later")
        await refund(first)
    async with provider_on_loopback(state_path=path) as second:
        second.pass_time(timedelta(minutes=2))
        assert isinstance(await followed(second), Moved)


async def test_each_claim_is_told_with_its_capture_and_what_it_took(loopback: Loopback) -> None:
    await paid(loopback)
    (checkout,) = loopback.server.checkouts()
    bank, (capture,) = loopback.server.desk.bank, checkout.captures
    checkout = bank.claim(checkout, capture, 200_000)
    assert bank.claim(checkout, capture, 1) == checkout
    assert (await looked_up(loopback)).is_disputed
    (dispute,) = checkout.disputes
    for status, lost in ((DisputeStatus.LOST, Money(200_000, NGN)), (DisputeStatus.WON, None)):
        checkout = bank.decide(checkout, dispute, status)
        now = await looked_up(loopback)
        assert (now.is_disputed, now.lost, now.refunded) == (False, lost, Money(0, NGN))


async def test_what_is_claimed_is_not_given_back_from_the_dashboard(loopback: Loopback) -> None:
    await paid(loopback)
    (checkout,) = loopback.server.checkouts()
    checkout = loopback.server.desk.bank.claim(checkout, checkout.captures[0], 200_000)
    (refund_,) = loopback.server.desk.give_back(checkout).refunds
    assert refund_.amount_minor == 300_000


async def test_money_can_come_under_another_reference(loopback: Loopback) -> None:
    loopback.board.set(switches.REFERENCE, value=True)
    settled = await paid(loopback)
    reading = loopback.adapter.read_hook(await loopback.hook())
    assert settled.reference != "ATT-1"
    assert isinstance(reading, Authentic)
    assert reading.reference == "ATT-1"

"""What only Stripe does, as its real adapter meets the stand-in."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.sandbox import provider_switches as switches
from core.domain.claims import Claim
from core.domain.money import Money
from core.domain.outflows import Moved, RefundRequest, Refunds, Returned
from core.domain.providers import About, Authentic, Declined, Outcome, Pending, Settled, Unknown
from tests.bot.providers.loopback import Loopback, provider_on_loopback


@pytest.fixture
async def stripe() -> AsyncIterator[Loopback]:
    async with provider_on_loopback(plays="stripe") as running:
        yield running


async def look_up(stripe: Loopback, ref: str) -> Outcome:
    asked = stripe.request().amount
    return await stripe.adapter.advance(reference="ATT-1", provider_ref=ref, asked=asked)


async def paid(stripe: Loopback) -> Settled:
    await stripe.press(await stripe.page(), "pay")
    outcome = await look_up(stripe, stripe.refs["ATT-1"])
    assert isinstance(outcome, Settled)
    return outcome


async def test_money_of_a_page_whose_answer_was_lost_is_found(stripe: Loopback) -> None:
    link = await stripe.page()
    assert isinstance(await look_up(stripe, ""), Unknown)
    await stripe.press(link, "pay")
    known = await look_up(stripe, stripe.refs["ATT-1"])
    assert await look_up(stripe, "") == known
    assert isinstance(known, Settled)


async def test_fee_is_known_a_moment_after_the_money(stripe: Loopback) -> None:
    first = await paid(stripe)
    assert (first.fee, first.is_fee_to_come) == (None, True)
    await stripe.hook()
    stripe.pass_time(timedelta(seconds=11))
    reading = stripe.adapter.read_hook(await stripe.hook())
    assert isinstance(reading, Authentic)
    assert (reading.kind, reading.reference) == ("charge.updated", "ATT-1")
    now = await look_up(stripe, stripe.refs["ATT-1"])
    assert isinstance(now, Settled)
    assert now.fee is not None
    assert not now.is_fee_to_come


async def test_page_asked_for_again_is_the_first_one(stripe: Loopback) -> None:
    link = await stripe.page()
    await stripe.press(link, "pay")
    assert await stripe.page() == link


async def test_other_money_under_the_same_key_is_refused(stripe: Loopback) -> None:
    await stripe.page()
    outcome = await stripe.adapter.create_link(stripe.request(minor=700_000))
    assert isinstance(outcome, Unknown)


async def test_bank_debit_is_pending_until_its_money_comes(stripe: Loopback) -> None:
    stripe.board.turn_on(switches.LATE)
    await stripe.press(await stripe.page(), "pay")
    under_way = await look_up(stripe, stripe.refs["ATT-1"])
    stripe.pass_time(timedelta(hours=25))
    come = await look_up(stripe, stripe.refs["ATT-1"])
    reading = stripe.adapter.read_hook(await stripe.hook())
    assert isinstance(under_way, Pending)
    assert isinstance(come, Settled)
    assert isinstance(reading, Authentic)
    assert reading.kind == "checkout.session.async_payment_succeeded"


async def test_page_that_nobody_paid_in_time_is_over(stripe: Loopback) -> None:
    await stripe.page()
    stripe.pass_time(timedelta(hours=25))
    outcome = await look_up(stripe, stripe.refs["ATT-1"])
    assert isinstance(outcome, Declined)
    assert outcome.is_final


async def test_refund_that_the_bank_sent_back_is_told(stripe: Loopback) -> None:
    settled, refunds = await paid(stripe), stripe.adapter
    assert isinstance(refunds, Refunds)
    stripe.board.set(switches.REFUND, "return")
    request = RefundRequest(
        reference="hz19f0c2a7b41-r1-k3m9",
        payment_reference="ATT-1",
        provider_ref=stripe.refs["ATT-1"],
        provider_id=settled.provider_id,
        captured=settled.captured,
        amount=Money(120_000, settled.captured.currency),
        reason="Paid twice",
    )
    left = await refunds.refund(request)
    stripe.pass_time(timedelta(minutes=2))
    assert isinstance(left, Moved)
    assert isinstance(await refunds.look_up_refund(request, refund_ref=""), Returned)
    now = await look_up(stripe, stripe.refs["ATT-1"])
    assert isinstance(now, Settled)
    assert now.refunded == Money(0, settled.captured.currency)


async def test_bank_that_keeps_the_money_is_told_as_a_loss(stripe: Loopback) -> None:
    settled = await paid(stripe)
    await stripe.hook()
    page = f"{stripe.base_url}/pay/chk_{settled.provider_id[3:]}"
    await stripe.press(page, "dispute")
    await stripe.hook()
    await stripe.press(page, "lose")
    reading = stripe.adapter.read_hook(await stripe.hook())
    assert isinstance(reading, Authentic)
    assert (reading.about, reading.claim) == (About.DISPUTE, Claim.LOST)
    lost = await look_up(stripe, stripe.refs["ATT-1"])
    assert isinstance(lost, Settled)
    assert (lost.is_disputed, lost.lost) == (False, settled.captured)


async def test_claim_of_a_bank_names_the_payment_by_stripes_own_id(stripe: Loopback) -> None:
    settled = await paid(stripe)
    await stripe.hook()
    await stripe.press(f"{stripe.base_url}/pay/chk_{settled.provider_id[3:]}", "dispute")
    claimed = await look_up(stripe, stripe.refs["ATT-1"])
    reading = stripe.adapter.read_hook(await stripe.hook())
    assert isinstance(claimed, Settled)
    assert claimed.is_disputed
    assert isinstance(reading, Authentic)
    assert (reading.about, reading.reference) == (About.DISPUTE, settled.provider_id)

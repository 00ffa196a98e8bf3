"""What only Paystack does, as its real adapter meets the stand-in."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from core.domain.claims import Claim
from core.domain.outflows import RefundRequest, Refunds
from core.domain.providers import About, Accepted, Authentic, Listing, Listings, Settled
from tests.bot.providers.loopback import START, Loopback, provider_on_loopback


@pytest.fixture
async def paystack() -> AsyncIterator[Loopback]:
    async with provider_on_loopback(plays="paystack") as running:
        yield running


async def paid(paystack: Loopback, link: str) -> Settled:
    await paystack.press(link, "pay")
    await paystack.hook()
    asked = paystack.request().amount
    outcome = await paystack.adapter.advance(reference="ATT-1", provider_ref="", asked=asked)
    assert isinstance(outcome, Settled)
    return outcome


async def heard(paystack: Loopback) -> Authentic:
    reading = paystack.adapter.read_hook(await paystack.hook())
    assert isinstance(reading, Authentic)
    return reading


async def test_bank_claims_the_whole_payment_and_lets_go(paystack: Loopback) -> None:
    link = await paystack.page()
    settled = await paid(paystack, link)
    await paystack.press(link, "dispute")
    opened = await heard(paystack)
    await paystack.press(link, "settle")
    closed = await heard(paystack)
    assert (opened.about, opened.reference) == (About.DISPUTE, "ATT-1")
    assert (opened.claim, opened.claimed) == (Claim.OPEN, settled.captured)
    assert (closed.claim, closed.claimed) == (Claim.WON, settled.captured)


async def test_bank_that_keeps_the_money_is_told_as_a_loss(paystack: Loopback) -> None:
    link = await paystack.page()
    settled = await paid(paystack, link)
    await paystack.press(link, "dispute")
    await heard(paystack)
    await paystack.press(link, "lose")
    closed = await heard(paystack)
    assert (closed.claim, closed.claimed) == (Claim.LOST, settled.captured)


async def test_refund_of_the_dashboard_bears_paystacks_note_and_is_not_taken_for_ours(
    paystack: Loopback,
) -> None:
    link = await paystack.page()
    settled = await paid(paystack, link)
    await paystack.press(link, "refund")
    refunds = paystack.adapter
    assert isinstance(refunds, Refunds)
    request = RefundRequest(
        reference="hz19f0c2a7b41-r1-k3m9",
        payment_reference="ATT-1",
        provider_ref="",
        provider_id=settled.provider_id,
        captured=settled.captured,
        amount=settled.captured,
        reason="Paid twice",
    )
    outcome = await refunds.look_up_refund(request, refund_ref="")
    assert getattr(outcome, "detail", "") == "no such refund"


async def test_pages_of_the_list_are_counted_where_no_cursor_is_asked_for(
    paystack: Loopback,
) -> None:
    await paid(paystack, await paystack.page())
    for number in range(50):
        await paystack.page(f"ATT-{number + 2}")
    lists = paystack.adapter
    assert isinstance(lists, Listings)
    span = timedelta(minutes=5)
    first = await lists.captures(since=START - span, until=START + span)
    assert isinstance(first, Listing)
    last = await lists.captures(since=START - span, until=START + span, after=first.after)
    assert isinstance(last, Listing)
    assert (first.items, bool(first.after)) == ((), True)
    assert ([each.reference for each in last.items], last.after) == (["ATT-1"], "")
    assert await paystack.adapter.check() == Accepted(account="", is_test=True)

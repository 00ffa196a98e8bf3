"""Every provider that the sandbox plays, as its real adapter meets it over HTTP.

A provider whose row of `STANDINS` is here is tried with the pages, the events and the troubles
that people can switch on.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from bot.sandbox import provider_switches as switches
from bot.sandbox.standins import STANDINS
from core.domain.consent import Consent
from core.domain.money import Money
from core.domain.outflows import Moved, Outflow, RefundRequest, Refunds
from core.domain.providers import (
    About,
    Accepted,
    Authentic,
    ChargeRequest,
    Declined,
    Forged,
    Listing,
    Listings,
    Outcome,
    PartOf,
    Pending,
    Preparing,
    ProviderError,
    Reading,
    SavedCharges,
    Settled,
    Undecided,
    Unknown,
)
from tests.bot.providers.loopback import START, Loopback, provider_on_loopback

UNPROVEN: Final = frozenset({"pesapal"})
REFUND: Final = "hz19f0c2a7b41-r1-k3m9"


PAGES: Final = [name for name in STANDINS if name != "mpesa"]
"""M-Pesa has none: it is tried on its own."""


@pytest.fixture(params=PAGES)
async def played(request: pytest.FixtureRequest) -> AsyncIterator[Loopback]:
    async with provider_on_loopback(plays=request.param) as running:
        yield running


async def look_up(played: Loopback, reference: str = "ATT-1") -> Outcome:
    asked, ref = played.request().amount, played.refs.get(reference, "")
    return await played.adapter.advance(reference=reference, provider_ref=ref, asked=asked)


async def paid(played: Loopback, *, keeps_method: bool = False, act: str = "pay") -> Settled:
    reference = "ATT-1"
    link = await played.page(reference, keeps_method=keeps_method)
    await played.press(link, act, saves=keeps_method)
    outcome = await look_up(played, reference)
    assert isinstance(outcome, Settled)
    return outcome


async def give_back(played: Loopback, of: Settled, amount: Money) -> Outflow:
    refunds = played.adapter
    assert isinstance(refunds, Refunds)
    return await refunds.refund(a_refund(of, amount, ref=played.refs["ATT-1"]))


async def judged(played: Loopback) -> Reading:
    """Wait for the next webhook and judge it as the door does."""
    hook = await played.hook()
    if isinstance(played.adapter, Preparing):
        await played.adapter.prepare(hook)
    return played.adapter.read_hook(hook)


def a_refund(of: Settled, amount: Money, *, ref: str = "") -> RefundRequest:
    return RefundRequest(
        reference=REFUND,
        payment_reference=of.reference,
        provider_ref=ref,
        provider_id=of.provider_id,
        captured=of.captured,
        amount=amount,
        reason="Paid twice",
    )


async def test_who_pays_on_the_page_is_credited(played: Loopback) -> None:
    link = await played.page()
    assert isinstance(await look_up(played), Pending)
    await played.press(link, "pay")
    outcome = await look_up(played)
    assert isinstance(outcome, Settled)
    assert (outcome.captured, outcome.is_test) == (played.request().amount, True)


async def test_the_event_of_a_payment_is_genuine_and_names_it(played: Loopback) -> None:
    await played.press(await played.page(), "pay")
    reading = await judged(played)
    assert isinstance(reading, Undecided if played.plays in UNPROVEN else Authentic)
    assert (reading.reference, reading.about) == ("ATT-1", About.PAYMENT)


async def test_a_forged_event_is_told(played: Loopback) -> None:
    if played.plays in UNPROVEN:
        pytest.skip("nothing proves its events")
    played.board.turn_on(switches.HOOK_FORGERY)
    await played.press(await played.page(), "pay")
    assert isinstance(await judged(played), Forged)


async def test_copies_of_an_event_have_one_key(played: Loopback) -> None:
    played.board.set(switches.HOOK_COPIES, 3)
    await played.press(await played.page(), "pay")
    readings = [await judged(played) for _ in range(3)]
    keys = [each.event_key for each in readings if isinstance(each, Authentic | Undecided)]
    assert keys == keys[:1] * 3


async def test_a_declined_card_is_declined_with_its_reason(played: Loopback) -> None:
    await played.press(await played.page(), "insufficient_funds")
    outcome = await look_up(played)
    assert isinstance(outcome, Declined)
    assert outcome.error is ProviderError.INSUFFICIENT_FUNDS


async def test_a_page_that_refused_a_card_takes_another(played: Loopback) -> None:
    link = await played.page()
    await played.press(link, "expired_card")
    declined = await look_up(played)
    assert isinstance(declined, Declined)
    assert not declined.is_final
    assert "Pay with another card" in (await played.client.get(link)).text
    await played.press(link, "pay")
    settled = await look_up(played)
    assert isinstance(settled, Settled)
    assert (settled.captured, settled.more) == (played.request().amount, ())


async def test_the_trouble_of_another_is_none_of_ours(played: Loopback) -> None:
    played.board.set(switches.HITS, "sandbox")
    for key, value in ((switches.OUTAGE, True), (switches.TWICE, True), (switches.AMOUNT, "over")):
        played.board.set(key, value)
    link = await played.page()
    await played.press(link, "pay")
    settled = await look_up(played)
    assert isinstance(settled, Settled)
    assert (settled.captured, settled.more) == (played.request().amount, ())
    assert (await played.hook()).body
    played.board.set(switches.HITS, played.plays)
    assert isinstance(await look_up(played), Unknown)


async def test_who_leaves_the_page_may_come_back_and_pay(played: Loopback) -> None:
    link = await played.page()
    assert isinstance(await look_up(played), Pending)
    await played.press(link, "pay")
    assert isinstance(await look_up(played), Settled)


@pytest.mark.parametrize("behaviour", ["cut", "twice", "huge", "404", "500"])
async def test_a_lie_about_a_payment_decides_nothing(played: Loopback, behaviour: str) -> None:
    await played.press(await played.page(), "pay")
    played.board.set(switches.LOOK_UP, behaviour)
    outcome = await look_up(played)
    assert isinstance(outcome, Unknown | Pending | Declined)
    if isinstance(outcome, Declined):
        # PayPal forgets what nobody took; it may only not be there yet.
        assert not outcome.is_final


@pytest.mark.parametrize("behaviour", ["500", "503", "429"])
async def test_a_page_that_cannot_be_made_decides_nothing(played: Loopback, behaviour: str) -> None:
    played.board.set(switches.CREATE, behaviour)
    assert isinstance(await played.adapter.create_link(played.request()), Unknown)


async def test_an_outage_decides_nothing(played: Loopback) -> None:
    played.board.turn_on(switches.OUTAGE)
    assert isinstance(await played.adapter.create_link(played.request()), Unknown)
    assert isinstance(await look_up(played), Unknown)


async def test_the_key_works(played: Loopback) -> None:
    accepted = await played.adapter.check()
    assert isinstance(accepted, Accepted)
    assert accepted.is_test


async def test_a_payment_is_given_back_in_parts(played: Loopback) -> None:
    if played.adapter.capabilities.refunds is not PartOf.ANY:
        pytest.skip("it gives nothing back, or only all")
    settled = await paid(played)
    part = Money(120_000, settled.captured.currency)
    outcome = await give_back(played, settled, part)
    again = await give_back(played, settled, part)
    assert isinstance(outcome, Moved)
    assert outcome.amount == part
    assert again == outcome


async def test_what_went_back_in_its_dashboard_is_told_with_ours(played: Loopback) -> None:
    settled = await paid(played)
    if played.adapter.capabilities.refunds is PartOf.ANY:
        part = Money(120_000, settled.captured.currency)
        await give_back(played, settled, part)
        ours = await look_up(played)
        assert isinstance(ours, Settled)
        assert ours.refunded == part
    checkout = played.server.checkouts()[0]
    await played.press(f"{played.base_url}/pay/{checkout.id}", "refund")
    whole = await look_up(played)
    assert isinstance(whole, Settled)
    assert whole.refunded == settled.captured


async def test_a_refund_that_needs_somebody_says_so_until_it_is_done(played: Loopback) -> None:
    refunds = played.adapter
    if not isinstance(refunds, Refunds):
        pytest.skip("it gives nothing back")
    if played.plays == "paypal":
        pytest.skip("it does not say what a refund waits for")
    settled = await paid(played)
    played.board.set(switches.REFUND, "attention")
    outcome = await give_back(played, settled, settled.captured)
    assert isinstance(outcome, Pending)
    assert outcome.needs
    played.pass_time(timedelta(minutes=11))
    request = a_refund(settled, settled.captured, ref=played.refs["ATT-1"])
    ended = await refunds.look_up_refund(request, refund_ref=outcome.provider_ref)
    assert isinstance(ended, Moved)


async def test_a_saved_card_is_charged_again(played: Loopback) -> None:
    charges = played.adapter
    if not isinstance(charges, SavedCharges):
        pytest.skip("it saves nothing")
    method = (await paid(played, keeps_method=True)).method
    assert method is not None
    amount = Money(70_000, played.request().amount.currency)
    request = ChargeRequest(reference="ATT-2", amount=amount, method=method, title="December")
    outcome = await charges.charge_saved(request)
    # PayPal needs no owner: a token is one person's.
    unknown = replace(method, owner="x@example.org")
    if played.plays == "paypal":
        unknown = replace(method, token="v0")
    stranger = replace(request, reference="ATT-3", method=unknown)
    refused = await charges.charge_saved(stranger)
    assert isinstance(outcome, Settled)
    assert (outcome.reference, outcome.captured) == ("ATT-2", amount)
    assert isinstance(refused, Declined)


async def test_somebody_elses_card_is_another_one_and_says_what_its_holder_said(
    played: Loopback,
) -> None:
    if not isinstance(played.adapter, SavedCharges):
        pytest.skip("it saves nothing")
    method = (await paid(played, keeps_method=True, act="others")).method
    assert method is not None
    assert method.label.endswith(("5100", "@else.example"))
    asks = played.plays == "stripe"
    assert method.consent is (Consent.GIVEN if asks else Consent.NOT_ASKED)
    amount = Money(70_000, played.request().amount.currency)
    request = ChargeRequest(reference="ATT-2", amount=amount, method=method, title="December")
    assert isinstance(await played.adapter.charge_saved(request), Settled)


async def test_what_its_holder_does_not_tick_is_not_kept_where_the_page_asks(
    played: Loopback,
) -> None:
    if played.plays != "stripe":
        pytest.skip("its page asks nobody")
    await played.press(await played.page("ATT-1", keeps_method=True), "others")
    asked = played.request().amount
    outcome = await played.adapter.advance(
        reference="ATT-1", provider_ref=played.refs["ATT-1"], asked=asked
    )
    assert isinstance(outcome, Settled)
    assert outcome.method is None


async def test_its_list_has_what_was_paid(played: Loopback) -> None:
    lists = played.adapter
    if not isinstance(lists, Listings):
        pytest.skip("it lists nothing")
    settled = await paid(played)
    await played.page("ATT-2")
    span = timedelta(minutes=5)
    listing = await lists.captures(since=START - span, until=START + span)
    assert isinstance(listing, Listing)
    assert [each.provider_id for each in listing.items] == [settled.provider_id]

"""What only PayPal does, as its real adapter meets the stand-in: consent, capture, what waits."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.sandbox import provider_switches as switches
from bot.sandbox.provider_records import Checkout, CheckoutStatus
from bot.sandbox.standins.paypal_views import NAMES, ORDERS
from core.domain.money import Currency, Money
from core.domain.providers import (
    About,
    Authentic,
    ChargeRequest,
    Declined,
    Forgetting,
    Outcome,
    Pending,
    Preparing,
    ProviderError,
    Reading,
    SavedCharges,
    Settled,
)
from tests.bot.providers.loopback import Loopback, provider_on_loopback


@pytest.fixture
async def paypal() -> AsyncIterator[Loopback]:
    async with provider_on_loopback(plays="paypal") as running:
        yield running


async def look_up(paypal: Loopback) -> Outcome:
    asked = paypal.request().amount
    return await paypal.adapter.advance(
        reference="ATT-1", provider_ref=paypal.refs["ATT-1"], asked=asked
    )


def order(paypal: Loopback) -> Checkout:
    found = paypal.server.find("ATT-1")
    assert found is not None
    return found


async def judged(paypal: Loopback) -> Reading:
    hook = await paypal.hook()
    assert isinstance(paypal.adapter, Preparing)
    await paypal.adapter.prepare(hook)
    return paypal.adapter.read_hook(hook)


async def test_consent_moves_nothing_until_it_is_captured(paypal: Loopback) -> None:
    await paypal.press(await paypal.page(), "pay")
    assert (order(paypal).status, order(paypal).captures) == (CheckoutStatus.APPROVED, ())
    first = await look_up(paypal)
    assert isinstance(first, Settled)
    assert await look_up(paypal) == first
    assert len(order(paypal).captures) == 1


async def test_consent_and_capture_are_told_one_after_the_other(paypal: Loopback) -> None:
    await paypal.press(await paypal.page(), "pay")
    approved = await judged(paypal)
    await look_up(paypal)
    captured = await judged(paypal)
    assert isinstance(approved, Authentic)
    assert isinstance(captured, Authentic)
    assert (approved.kind, captured.kind) == (
        "CHECKOUT.ORDER.APPROVED",
        "PAYMENT.CAPTURE.COMPLETED",
    )
    assert approved.reference == captured.reference == "ATT-1"


async def test_page_asks_for_consent_and_for_no_other_amount(paypal: Loopback) -> None:
    page = (await paypal.client.get(await paypal.page())).text
    for words in (
        "as PayPal",
        "Agree to pay 5,000.00 USD",
        "Insufficient funds",
        "Wait for the bank",
        "Cancel",
    ):
        assert words in page
    assert "different amount" not in page


async def test_who_cancels_on_the_page_may_come_back(paypal: Loopback) -> None:
    link = await paypal.page()
    await paypal.press(link, "abandon")
    assert await look_up(paypal) == Pending()
    await paypal.press(link, "pay")
    assert isinstance(await look_up(paypal), Settled)


async def test_order_that_nobody_approved_in_time_is_forgotten(paypal: Loopback) -> None:
    link = await paypal.page()
    paypal.pass_time(timedelta(hours=7))
    outcome = await look_up(paypal)
    assert isinstance(outcome, Declined)
    assert not outcome.is_final
    await paypal.press(link, "pay")
    assert order(paypal).status is CheckoutStatus.EXPIRED


@pytest.mark.parametrize(
    ("act", "error", "is_final"),
    [
        ("insufficient_funds", ProviderError.INSUFFICIENT_FUNDS, False),
        ("expired_card", ProviderError.EXPIRED_CARD, False),
        ("declined_by_bank", ProviderError.DECLINED_CARD, True),
    ],
)
async def test_capture_is_refused_or_made_in_vain(
    paypal: Loopback, act: str, error: ProviderError, *, is_final: bool
) -> None:
    await paypal.press(await paypal.page(), act)
    outcome = await look_up(paypal)
    assert isinstance(outcome, Declined)
    assert (outcome.error, outcome.is_final) == (error, is_final)
    assert await look_up(paypal) == outcome


async def test_page_that_refused_a_card_takes_another_one(paypal: Loopback) -> None:
    link = await paypal.page()
    await paypal.press(link, "expired_card")
    assert isinstance(await look_up(paypal), Declined)
    page = (await paypal.client.get(link)).text
    assert "Pay with another card" in page
    assert "Closed" not in page
    await paypal.press(link, "pay")
    assert isinstance(await look_up(paypal), Settled)


async def test_capture_in_vain_is_the_end_of_its_page(paypal: Loopback) -> None:
    link = await paypal.page()
    await paypal.press(link, "declined_by_bank")
    outcome = await look_up(paypal)
    await paypal.press(link, "pay")
    assert await look_up(paypal) == outcome


async def test_slow_bank_lets_the_capture_wait_until_its_money_comes(paypal: Loopback) -> None:
    await paypal.press(await paypal.page(), "later")
    assert await look_up(paypal) == Pending(is_clearing=True, clears_in_days=7)
    paypal.pass_time(timedelta(hours=7))
    assert isinstance(await look_up(paypal), Settled)


@pytest.mark.parametrize(("act", "kind"), [("accept", Settled), ("turn_down", Declined)])
async def test_capture_that_waits_for_who_is_paid_says_so_until_they_decide(
    paypal: Loopback, act: str, kind: type[Outcome]
) -> None:
    link = await paypal.page()
    await paypal.press(link, "hold")
    assert await look_up(paypal) == Pending(needs="UNILATERAL", is_clearing=True)
    paypal.pass_time(timedelta(days=2))
    assert await look_up(paypal) == Pending(needs="UNILATERAL", is_clearing=True)
    await paypal.press(link, act)
    assert isinstance(await look_up(paypal), kind)


async def test_who_is_paid_decides_nothing_before_the_money_was_taken(paypal: Loopback) -> None:
    link = await paypal.page()
    await paypal.press(link, "hold")
    await paypal.press(link, "accept")
    assert order(paypal).status is CheckoutStatus.APPROVED


async def test_page_asked_for_again_is_the_first_one(paypal: Loopback) -> None:
    assert await paypal.page() == await paypal.page()
    other = replace(paypal.request(), amount=Money(1_000, Currency("USD")))
    assert not isinstance(await paypal.adapter.create_link(other), Pending | Settled)


async def test_naira_are_not_taken(paypal: Loopback) -> None:
    naira = replace(paypal.request(), amount=Money(500_000, Currency("NGN")))
    outcome = await paypal.adapter.create_link(naira)
    assert isinstance(outcome, Declined)
    assert outcome.detail == "CURRENCY_NOT_SUPPORTED"


async def test_each_capture_is_found_where_there_are_two(paypal: Loopback) -> None:
    paypal.board.turn_on(switches.TWICE)
    await paypal.press(await paypal.page(), "pay")
    outcome = await look_up(paypal)
    assert isinstance(outcome, Settled)
    assert len({outcome.provider_id, *(each.provider_id for each in outcome.more)}) == 2


async def test_claim_of_the_payer_is_told_and_found(paypal: Loopback) -> None:
    link = await paypal.page()
    await paypal.press(link, "pay")
    await look_up(paypal)
    _ = [await paypal.hook() for _ in range(2)]
    await paypal.press(link, "dispute")
    reading, claimed = await judged(paypal), await look_up(paypal)
    assert isinstance(reading, Authentic)
    assert (reading.about, reading.reference) == (About.DISPUTE, "ATT-1")
    assert isinstance(claimed, Settled)
    assert claimed.is_disputed
    assert claimed.claimed == reading.claimed == claimed.captured


async def test_claim_that_the_payer_won_gives_his_money_back(paypal: Loopback) -> None:
    link = await paypal.page()
    await paypal.press(link, "pay")
    await look_up(paypal)
    await paypal.press(link, "dispute")
    _ = [await paypal.hook() for _ in range(3)]
    await paypal.press(link, "lose")
    reading = await judged(paypal)
    assert isinstance(reading, Authentic)
    assert reading.about is About.DISPUTE
    lost = await look_up(paypal)
    assert isinstance(lost, Settled)
    assert (lost.is_disputed, lost.refunded) == (False, lost.captured)


@pytest.mark.parametrize(("acts", "is_disputed"), [(["dispute", "settle"], False), ([], None)])
async def test_claim_that_the_payer_let_go_of_is_listed_as_won(
    paypal: Loopback, acts: list[str], *, is_disputed: bool | None
) -> None:
    """Where nothing is listed of old money, nobody says that nothing is claimed."""
    link = await paypal.page()
    await paypal.press(link, "pay")
    await look_up(paypal)
    for act in acts:
        await paypal.press(link, act)
    paypal.pass_time(timedelta(days=200))
    found = await look_up(paypal)
    assert isinstance(found, Settled)
    assert found.is_disputed is is_disputed


async def test_event_of_what_the_dashboard_gives_back_names_the_capture(paypal: Loopback) -> None:
    link = await paypal.page()
    await paypal.press(link, "pay")
    settled = await look_up(paypal)
    _ = [await paypal.hook() for _ in range(2)]
    await paypal.press(link, "refund")
    reading = await judged(paypal)
    assert isinstance(settled, Settled)
    assert isinstance(reading, Authentic)
    assert (reading.about, reading.reference) == (About.REFUND, settled.provider_id)


async def test_what_the_dashboard_gives_back_is_seen(paypal: Loopback) -> None:
    link = await paypal.page()
    await paypal.press(link, "pay")
    settled = await look_up(paypal)
    await paypal.press(link, "refund")
    now = await look_up(paypal)
    assert "Given back: 5,000.00 USD." in (await paypal.client.get(link)).text
    assert isinstance(settled, Settled)
    assert isinstance(now, Settled)
    assert (settled.refunded, now.refunded) == (Money(0, Currency("USD")), settled.captured)


async def test_an_account_is_saved_only_by_an_order_that_asks_for_it(paypal: Loopback) -> None:
    found = []
    for reference, keeps in (("ATT-1", False), ("ATT-2", True)):
        await paypal.press(await paypal.page(reference, keeps_method=keeps), "pay")
        asked, ref = paypal.request().amount, paypal.refs[reference]
        found.append(
            await paypal.adapter.advance(reference=reference, provider_ref=ref, asked=asked)
        )
    first, second = found
    assert isinstance(first, Settled)
    assert isinstance(second, Settled)
    assert first.method is None
    assert second.method is not None
    assert second.method.label == "PayPal p•••@example.org"


async def test_a_charge_asked_for_twice_takes_money_once(paypal: Loopback) -> None:
    await paypal.press(await paypal.page(keeps_method=True), "pay")
    settled = await look_up(paypal)
    assert isinstance(settled, Settled)
    assert settled.method is not None
    assert isinstance(paypal.adapter, SavedCharges)
    amount = Money(70_000, Currency("USD"))
    request = ChargeRequest(
        reference="ATT-2", amount=amount, method=settled.method, title="December"
    )
    first = await paypal.adapter.charge_saved(request)
    assert isinstance(first, Settled)
    assert await paypal.adapter.charge_saved(request) == first
    charged = paypal.server.find("ATT-2")
    assert charged is not None
    assert len(charged.captures) == 1


async def test_an_account_that_is_forgotten_is_charged_no_more(paypal: Loopback) -> None:
    await paypal.press(await paypal.page(keeps_method=True), "pay")
    settled = await look_up(paypal)
    assert isinstance(settled, Settled)
    assert settled.method is not None
    assert isinstance(paypal.adapter, Forgetting)
    assert await paypal.adapter.forget(settled.method) is None
    assert isinstance(paypal.adapter, SavedCharges)
    amount = Money(70_000, Currency("USD"))
    request = ChargeRequest(
        reference="ATT-2", amount=amount, method=settled.method, title="December"
    )
    outcome = await paypal.adapter.charge_saved(request)
    assert isinstance(outcome, Declined)
    assert outcome.error is ProviderError.INVALID_CARD


async def test_word_that_is_not_paypals_is_noticed_in_answers_and_events(
    paypal: Loopback, monkeypatch: pytest.MonkeyPatch, held_to_contracts: list[str]
) -> None:
    monkeypatch.setitem(ORDERS, CheckoutStatus.APPROVED, "MARVELLOUS")
    monkeypatch.setitem(NAMES, 404, "GONE")
    await paypal.press(await paypal.page(), "pay")
    await judged(paypal)
    await look_up(paypal)
    paypal.refs["ATT-1"] = "NONE"
    await look_up(paypal)
    told = [re.sub("[0-9A-F]{17}", "ID", each) for each in held_to_contracts]
    held_to_contracts.clear()
    assert told == [
        "CHECKOUT.ORDER.APPROVED: resource.status is 'MARVELLOUS'",
        "/v2/checkout/orders/ID: status is 'MARVELLOUS'",
        "/v2/checkout/orders/NONE: name is 'GONE'",
    ]


async def test_page_is_paid_with_an_account_and_shows_no_card(paypal: Loopback) -> None:
    page = await paypal.client.get(await paypal.page())
    assert "Sandbox Pay, as PayPal" in page.text
    assert "••••" not in page.text

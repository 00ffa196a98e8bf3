"""What only Pesapal does, as its real adapter meets the stand-in: tokens, notices, late refunds."""

from collections.abc import AsyncIterator
from datetime import timedelta

import orjson
import pytest

from bot.sandbox import provider_switches as switches
from bot.sandbox.provider_tongue import OWN
from core.domain.outflows import Moved, Outflow, RefundRequest, Refunds
from core.domain.providers import Declined, Outcome, Pending, Settled, Undecided
from tests.bot.providers.loopback import Loopback, provider_on_loopback


@pytest.fixture
async def pesapal() -> AsyncIterator[Loopback]:
    async with provider_on_loopback(plays="pesapal") as running:
        yield running


async def look_up(pesapal: Loopback) -> Outcome:
    asked = pesapal.request().amount
    return await pesapal.adapter.advance(
        reference="ATT-1", provider_ref=pesapal.refs["ATT-1"], asked=asked
    )


async def asked_back(pesapal: Loopback) -> tuple[RefundRequest, Outflow]:
    """Let somebody pay and ask for the money back."""
    await pesapal.press(await pesapal.page(), "pay")
    settled, refunds = await look_up(pesapal), pesapal.adapter
    assert isinstance(settled, Settled)
    assert isinstance(refunds, Refunds)
    request = RefundRequest(
        reference="hz19f0c2a7b41-r1-k3m9",
        payment_reference="ATT-1",
        provider_ref=pesapal.refs["ATT-1"],
        provider_id=settled.provider_id,
        captured=settled.captured,
        amount=settled.captured,
        reason="Paid twice",
    )
    return request, await refunds.refund(request)


async def ended(pesapal: Loopback, request: RefundRequest) -> Outflow:
    refunds = pesapal.adapter
    assert isinstance(refunds, Refunds)
    return await refunds.look_up_refund(request, refund_ref=request.provider_id)


async def test_token_that_ran_out_is_renewed(pesapal: Loopback) -> None:
    await pesapal.press(await pesapal.page(), "pay")
    assert isinstance(await look_up(pesapal), Settled)
    pesapal.pass_time(timedelta(minutes=6))
    assert isinstance(await look_up(pesapal), Settled)


async def test_notice_goes_to_the_registered_address_and_names_no_status(
    pesapal: Loopback,
) -> None:
    await pesapal.press(await pesapal.page(), "pay")
    hook = await pesapal.hook()
    assert orjson.loads(hook.body) == {
        "OrderNotificationType": "IPNCHANGE",
        "OrderTrackingId": pesapal.refs["ATT-1"],
        "OrderMerchantReference": "ATT-1",
    }
    assert isinstance(pesapal.adapter.read_hook(hook), Undecided)


async def test_reference_that_was_used_makes_no_second_page(pesapal: Loopback) -> None:
    await pesapal.page()
    again = await pesapal.adapter.create_link(pesapal.request())
    assert not isinstance(again, Pending | Settled | Declined)
    assert len(pesapal.server.checkouts()) == 1


async def test_part_of_a_unit_arrives_as_it_was_asked_for(pesapal: Loopback) -> None:
    request = pesapal.request(minor=500_007)
    page = await pesapal.adapter.create_link(request)
    assert isinstance(page, Pending)
    await pesapal.press(page.link, "pay")
    outcome = await pesapal.adapter.advance(
        reference="ATT-1", provider_ref=page.provider_ref, asked=request.amount
    )
    assert isinstance(outcome, Settled)
    assert outcome.captured == request.amount


async def test_refund_waits_for_a_human_and_is_seen_once_it_is_there(pesapal: Loopback) -> None:
    pesapal.board.set(switches.REFUND, "later")
    request, asked = await asked_back(pesapal)
    assert isinstance(asked, Pending)
    assert asked.needs == "approval"
    assert await ended(pesapal, request) == asked
    pesapal.pass_time(timedelta(minutes=2))
    moved = await ended(pesapal, request)
    assert isinstance(moved, Moved)
    assert moved.amount == request.amount


@pytest.mark.parametrize("behaviour", ["fail", "late_fail"])
async def test_refund_that_was_turned_down_is_never_told(pesapal: Loopback, behaviour: str) -> None:
    pesapal.board.set(switches.REFUND, behaviour)
    request, asked = await asked_back(pesapal)
    pesapal.pass_time(timedelta(days=3))
    assert await ended(pesapal, request) == asked


async def test_wrong_keys_are_told_apart_from_an_outage(pesapal: Loopback) -> None:
    url = f"{pesapal.base_url}/pesapal/api/Auth/RequestToken"
    keys = {"consumer_key": OWN * 4, "consumer_secret": OWN * 4}
    answer = await pesapal.client.post(url, json=keys)
    assert answer.status_code == 200
    assert answer.json()["error"]["code"] == "invalid_consumer_key_or_secret_provided"

"""M-Pesa as the sandbox plays it: the real adapter, real HTTP, and the phone that people press."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from bot.sandbox import provider_switches as switches
from core.domain.money import Currency, Money
from core.domain.outflows import (
    Answering,
    Destination,
    Moved,
    Outflow,
    PayoutRequest,
    Payouts,
    Question,
    RefundRequest,
    Refunds,
)
from core.domain.providers import (
    About,
    Accepted,
    Declined,
    LinkRequest,
    Outcome,
    Pending,
    ProviderError,
    Rail,
    Settled,
    Unknown,
)
from tests.bot.providers.loopback import START, Loopback, provider_on_loopback

KES: Final = Currency("KES")
ASKED: Final = Money(150_000, KES)
PHONE: Final = "+254712000001"
REVERSAL: Final = "hz19f0c2a7b41-r1-k3m9"


@pytest.fixture
async def played() -> AsyncIterator[Loopback]:
    async with provider_on_loopback(plays="mpesa") as running:
        yield running


def a_request(played: Loopback, *, phone: str = PHONE, reference: str = "ATT-1") -> LinkRequest:
    return LinkRequest(
        reference=reference,
        amount=ASKED,
        email="",
        title="Water, November 2026",
        return_url="",
        expires_at=START + timedelta(hours=1),
        phone=phone,
        answer_url=f"{played.origin}/payments/hooks/{'ab' * 32}",
    )


async def prompted(played: Loopback) -> str:
    """Ask on a phone and return what the phone calls the prompt."""
    outcome = await played.adapter.create_link(a_request(played))
    assert isinstance(outcome, Pending)
    played.refs["ATT-1"] = outcome.provider_ref
    (shown,) = played.server.phones.view()
    assert (shown["phone"], shown["status"]) == (PHONE, "open")
    return str(shown["id"])


async def press(played: Loopback, act: str) -> None:
    await played.server.phones.press(await prompted(played), act)


async def look_up(played: Loopback) -> Outcome:
    ref = played.refs["ATT-1"]
    return await played.adapter.advance(reference="ATT-1", provider_ref=ref, asked=ASKED)


async def told(played: Loopback) -> Outcome:
    """Wait for an answer and read it as that of the prompt."""
    question = Question(
        about=About.PAYMENT, reference="ATT-1", provider_ref=played.refs["ATT-1"], asked=ASKED
    )
    assert isinstance(played.adapter, Answering)
    outcome = played.adapter.read_answer(await played.hook(), question)
    assert isinstance(outcome, Outcome)
    return outcome


async def test_the_app_is_known(played: Loopback) -> None:
    accepted = await played.adapter.check()
    assert isinstance(accepted, Accepted)
    assert accepted.is_test


async def test_a_pin_pays_and_the_answer_names_the_receipt(played: Loopback) -> None:
    prompt_id = await prompted(played)
    assert isinstance(await look_up(played), Pending)
    await played.server.phones.press(prompt_id, "pay")
    answer, looked_up = await told(played), await look_up(played)
    assert isinstance(answer, Settled)
    assert isinstance(looked_up, Settled)
    assert (answer.captured, answer.provider_id) == (ASKED, looked_up.provider_id)
    (shown,) = played.server.phones.view()
    assert str(shown["text"]).startswith(f"{answer.receipt} confirmed. KES 1,500 paid")


@pytest.mark.parametrize(
    ("act", "error"),
    [
        ("wrong_pin", ProviderError.AUTHENTICATION_ERROR),
        ("cancelled", ProviderError.DECLINED_CARD),
        ("insufficient_funds", ProviderError.INSUFFICIENT_FUNDS),
        ("no_answer", ProviderError.TIMEOUT_ERROR),
    ],
)
async def test_what_takes_nothing_says_why(
    played: Loopback, act: str, error: ProviderError
) -> None:
    await press(played, act)
    for outcome in (await told(played), await look_up(played)):
        assert isinstance(outcome, Declined)
        assert outcome.error is error
        assert outcome.is_final is (act != "no_answer")


async def test_a_lost_answer_is_found_by_asking(played: Loopback) -> None:
    await press(played, "pay_lost")
    assert isinstance(await look_up(played), Settled)
    await played.step()
    assert played.hooks.empty()


async def test_an_answer_comes_twice_and_says_the_same(played: Loopback) -> None:
    await press(played, "pay_twice")
    assert await told(played) == await told(played)


async def test_a_late_pin_still_pays(played: Loopback) -> None:
    await press(played, "late")
    assert isinstance(await look_up(played), Pending)
    played.pass_time(timedelta(minutes=2))
    assert isinstance(await told(played), Declined)
    played.pass_time(timedelta(minutes=1))
    assert isinstance(await told(played), Settled)


async def test_a_phone_is_asked_once_at_a_time(played: Loopback) -> None:
    await prompted(played)
    again = await played.adapter.create_link(a_request(played, reference="ATT-2"))
    assert isinstance(again, Declined)
    other = await played.adapter.create_link(a_request(played, phone="+254112000002"))
    assert isinstance(other, Pending)


async def test_a_second_app_throws_the_first_out_once(played: Loopback) -> None:
    await prompted(played)
    env = played.server.child_env()
    auth = (env["MPESA_CONSUMER_KEY"], env["MPESA_CONSUMER_SECRET"])
    await played.client.get(f"{played.base_url}/daraja/oauth/v1/generate", auth=auth)
    assert isinstance(await look_up(played), Pending)


async def test_whoever_lies_about_the_amount_is_not_believed(played: Loopback) -> None:
    played.board.set(switches.AMOUNT, "short")
    await press(played, "pay")
    assert isinstance(await told(played), Unknown)


@pytest.mark.parametrize("behaviour", ["cut", "huge", "404", "500"])
async def test_a_lie_about_a_prompt_decides_nothing(played: Loopback, behaviour: str) -> None:
    await press(played, "pay")
    played.board.set(switches.LOOK_UP, behaviour)
    assert isinstance(await look_up(played), Unknown | Pending)


@pytest.mark.parametrize("behaviour", ["500", "503", "429"])
async def test_a_prompt_that_cannot_be_made_decides_nothing(
    played: Loopback, behaviour: str
) -> None:
    played.board.set(switches.CREATE, behaviour)
    assert isinstance(await played.adapter.create_link(a_request(played)), Unknown)
    assert played.server.phones.view() == []


async def paid(played: Loopback) -> RefundRequest:
    """Pay and return how the payment would be reversed."""
    await press(played, "pay")
    settled = await told(played)
    assert isinstance(settled, Settled)
    return RefundRequest(
        reference=REVERSAL,
        payment_reference=settled.reference,
        provider_ref="",
        provider_id=settled.provider_id,
        captured=ASKED,
        amount=ASKED,
        reason="Paid twice",
        receipt=settled.receipt,
        answer_url=f"{played.origin}/payments/hooks/{'cd' * 32}",
    )


async def heard(played: Loopback, request: RefundRequest, *, ref: str) -> Outflow:
    """Wait for an answer and read it as that of the reversal."""
    question = Question(
        about=About.REFUND,
        reference=REVERSAL,
        provider_ref=ref,
        asked=ASKED,
        receipt=request.receipt,
    )
    assert isinstance(played.adapter, Answering)
    outcome = played.adapter.read_answer(await played.hook(), question)
    assert isinstance(outcome, Outflow)
    return outcome


async def test_a_payment_is_reversed_once(played: Loopback) -> None:
    request = await paid(played)
    assert isinstance(played.adapter, Refunds)
    ends = []
    for _ in range(2):
        begun = await played.adapter.refund(request)
        assert isinstance(begun, Pending)
        ends.append(await heard(played, request, ref=begun.provider_ref))
    assert all(isinstance(each, Moved) and each.amount == ASKED for each in ends)
    (checkout,) = played.server.checkouts()
    assert len(checkout.refunds) == 1


async def test_a_reversal_that_takes_time_is_looked_up(played: Loopback) -> None:
    request = await paid(played)
    assert isinstance(played.adapter, Refunds)
    played.board.set(switches.REFUND, "later")
    begun = await played.adapter.refund(request)
    assert isinstance(begun, Pending)
    await played.adapter.look_up_refund(request, refund_ref=begun.provider_ref)
    assert isinstance(await heard(played, request, ref=begun.provider_ref), Pending)
    played.pass_time(timedelta(minutes=1))
    assert isinstance(await heard(played, request, ref=begun.provider_ref), Moved)


async def test_a_reversal_that_fails_says_why(played: Loopback) -> None:
    request = await paid(played)
    assert isinstance(played.adapter, Refunds)
    played.board.set(switches.REFUND, "fail")
    begun = await played.adapter.refund(request)
    assert isinstance(begun, Pending)
    ended = await heard(played, request, ref=begun.provider_ref)
    assert isinstance(ended, Declined)
    assert ended.error is ProviderError.INSUFFICIENT_FUNDS


async def test_money_goes_to_a_phone_once(played: Loopback) -> None:
    assert isinstance(played.adapter, Payouts)
    request = PayoutRequest(
        reference=REVERSAL,
        amount=ASKED,
        destination=Destination(rail=Rail.MOBILE, number=PHONE, name="Achieng Otieno"),
        reason="Petty cash",
        answer_url=f"{played.origin}/payments/hooks/{'ef' * 32}",
    )
    assert isinstance(await played.adapter.pay_out(request), Pending)
    question = Question(about=About.PAYOUT, reference=REVERSAL, provider_ref=REVERSAL, asked=ASKED)
    assert isinstance(played.adapter, Answering)
    assert isinstance(played.adapter.read_answer(await played.hook(), question), Moved)
    assert isinstance(await played.adapter.pay_out(request), Pending)
    till = Destination(rail=Rail.TILL, number="123456", name="Duka")
    assert isinstance(await played.adapter.pay_out(replace(request, destination=till)), Pending)

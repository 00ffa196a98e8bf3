"""Each of Daraja's result codes, as Safaricom's pages explain it: of a prompt, and of a payout."""

from collections.abc import Mapping
from typing import Final

import httpx
import pytest

from core.domain.money import Money
from core.domain.outflows import Answering, Outflow, Question
from core.domain.providers import (
    About,
    Declined,
    Outcome,
    Pending,
    ProviderError,
    Unknown,
)
from tests.bot.providers import mpesa_says as says
from tests.bot.providers.conformance import PROVIDER_REF, REFERENCE, Fact
from tests.bot.providers.mpesa_dialect import adapter

ASKED: Final = Money(500_000, says.KES)
PROMPT: Final = Question(
    about=About.PAYMENT, reference=REFERENCE, provider_ref=PROVIDER_REF, asked=ASKED
)
PAYOUT: Final = Question(about=About.PAYOUT, reference="w-1", provider_ref="w-1", asked=ASKED)

PROMPTS: Final = {
    "1": ProviderError.INSUFFICIENT_FUNDS,
    "2": ProviderError.DECLINED_CARD,
    "3": ProviderError.DECLINED_CARD,
    "4": ProviderError.DECLINED_CARD,
    "8": ProviderError.DECLINED_CARD,
    "17": ProviderError.DECLINED_CARD,
    "1001": ProviderError.PROVIDER_ERROR,
    "1019": ProviderError.TIMEOUT_ERROR,
    "1025": ProviderError.PROVIDER_ERROR,
    "1032": ProviderError.DECLINED_CARD,
    "1037": ProviderError.TIMEOUT_ERROR,
    "2001": ProviderError.AUTHENTICATION_ERROR,
    "2028": ProviderError.PROVIDER_ERROR,
    "8006": ProviderError.DECLINED_CARD,
    "9999": ProviderError.PROVIDER_ERROR,
    "SFC_IC0003": ProviderError.PROVIDER_ERROR,
}
MAY_COME_LATE: Final = frozenset({"1019", "1037", "9999"})
PAYOUTS: Final = {
    "1": ProviderError.INSUFFICIENT_FUNDS,
    "2": ProviderError.DECLINED_CARD,
    "3": ProviderError.DECLINED_CARD,
    "4": ProviderError.DECLINED_CARD,
    "8": ProviderError.DECLINED_CARD,
    "11": ProviderError.PROVIDER_ERROR,
    "21": ProviderError.AUTHENTICATION_ERROR,
    "2001": ProviderError.AUTHENTICATION_ERROR,
    "2006": ProviderError.PROVIDER_ERROR,
    "2028": ProviderError.AUTHENTICATION_ERROR,
    "2040": ProviderError.INVALID_CARD,
    "8006": ProviderError.AUTHENTICATION_ERROR,
    "SFC_IC0003": ProviderError.INVALID_CARD,
}


async def heard(told: Mapping[str, object], question: Question) -> Outcome | Outflow:
    """Read what came to a question's address."""
    refusing = httpx.MockTransport(lambda _: httpx.Response(500))
    async with httpx.AsyncClient(transport=refusing) as client:
        provider = adapter(client)
        assert isinstance(provider, Answering)
        return provider.read_answer(says.hook(told), question)


def of_prompt(code: str | int) -> dict[str, object]:
    """Tell how a prompt ended."""
    told = {"MerchantRequestID": "29115-1", "CheckoutRequestID": PROVIDER_REF}
    return {"Body": {"stkCallback": {**told, "ResultCode": code, "ResultDesc": "As it says"}}}


@pytest.mark.parametrize(("code", "error"), PROMPTS.items())
async def test_code_of_a_prompt_says_why_nothing_was_taken(code: str, error: ProviderError) -> None:
    written = int(code) if code.isdecimal() else code
    expected = Declined(error=error, detail=code, is_final=code not in MAY_COME_LATE)
    assert await heard(of_prompt(written), PROMPT) == expected
    assert await heard(of_prompt(code), PROMPT) == expected


@pytest.mark.parametrize(("code", "error"), PROMPTS.items())
async def test_looked_up_it_says_the_same(code: str, error: ProviderError) -> None:
    def behave(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/v1/generate":
            return says.token()
        told = {"ResponseCode": "0", "CheckoutRequestID": PROVIDER_REF, "ResultDesc": "So"}
        return httpx.Response(200, json={**told, "ResultCode": code})

    async with httpx.AsyncClient(transport=httpx.MockTransport(behave)) as client:
        outcome = await adapter(client).advance(
            reference=REFERENCE, provider_ref=PROVIDER_REF, asked=ASKED
        )
    assert outcome == Declined(error=error, detail=code, is_final=code not in MAY_COME_LATE)


@pytest.mark.parametrize(("code", "error"), PAYOUTS.items())
async def test_code_of_a_payout_says_why_nothing_went_out(code: str, error: ProviderError) -> None:
    assert await heard(says.result("w-1", code), PAYOUT) == Declined(error=error, detail=code)


@pytest.mark.parametrize("code", ["4998", "7", "500.001.1001", "R000002X"])
async def test_code_that_no_page_explains_decides_nothing(code: str) -> None:
    assert isinstance(await heard(of_prompt(code), PROMPT), Unknown)
    assert isinstance(await heard(says.result("w-1", code), PAYOUT), Unknown)


async def test_prompt_that_is_under_way_has_not_ended() -> None:
    assert await heard(of_prompt("4999"), PROMPT) == Pending()
    assert isinstance(await heard(says.callback(Fact(status="unheard")), PROMPT), Unknown)


@pytest.mark.parametrize("name", ["OriginatorConversationID", "OriginalConversationID"])
async def test_look_up_of_a_payout_names_it_in_both_spellings(name: str) -> None:
    bodies: list[bytes] = []

    def behave(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/v1/generate":
            return says.token()
        bodies.append(request.content)
        return says.accepted("look-up-1")

    async with httpx.AsyncClient(transport=httpx.MockTransport(behave)) as client:
        provider = adapter(client)
        await provider.look_up_payout(  # type: ignore[attr-defined]  # the adapter pays out
            reference="w-1", payout_ref="", answer_url="https://hazina.example/payments/hooks/0f"
        )
    assert f'"{name}":"w-1"'.encode() in bodies[0]

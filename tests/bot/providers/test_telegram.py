"""Telegram's invoices against what of the suite is theirs: making a link is their only call."""

import json
from dataclasses import replace
from datetime import datetime
from typing import Final

import httpx
import pytest

from bot.providers import PROVIDERS
from core.domain.errors import ProviderProblem
from core.domain.money import Currency, Money, exponent
from core.domain.outflows import Answering, Refunds
from core.domain.providers import (
    Accepted,
    Declined,
    Forged,
    Hook,
    Listings,
    Outcome,
    PartOf,
    Pending,
    Provider,
    ProviderError,
    SavedCharges,
    Truth,
    Unknown,
)
from tests.bot.providers.conformance import (
    NOW,
    PROVIDER_REF,
    REFERENCE,
    REQUEST,
    Act,
    Behaviour,
    Fact,
    Network,
    Pages,
    create,
    look_up,
)
from tests.bot.providers.conformance_failures import Bodies, Failures
from tests.bot.providers.kits import BOT_TOKEN, a_kit

TOKEN: Final = "284685063:TEST:not-a-real-token"
MAKER: Final = PROVIDERS["telegram"]


def adapter(client: httpx.AsyncClient, token: str = TOKEN) -> Provider:
    return MAKER.open(a_kit(client), {"provider_token": token}, address=MAKER.address)


def refused(code: str, *, status: int = 400, words: str = "Bad Request: ") -> httpx.Response:
    body = {"ok": False, "error_code": status, "description": f"{words}{code}"}
    return httpx.Response(status, json=body)


class TelegramDialect:
    """How the Bot API says things of invoices."""

    declines: tuple[ProviderError, ...] = ()
    secrets: tuple[str, ...] = (TOKEN, BOT_TOKEN)
    currency = Currency("USD")
    other = Currency("KES")

    def adapter(self, client: httpx.AsyncClient) -> Provider:
        return adapter(client)

    def answer(self, request: httpx.Request, fact: Fact) -> httpx.Response:
        link = f"https://t.me/${PROVIDER_REF}"
        return httpx.Response(200, json={"ok": True, "result": link})

    def is_prelude(self, request: httpx.Request) -> bool:
        return False

    def asked(self, request: httpx.Request) -> tuple[str, Money]:
        body = json.loads(request.content)
        minor = sum(price["amount"] for price in body["prices"])
        return body["payload"], Money(minor, body["currency"])

    def refuse_content(self) -> httpx.Response:
        return refused("CURRENCY_TOTAL_AMOUNT_INVALID")

    def not_found(self) -> httpx.Response:
        return refused("Not Found", status=404, words="")

    def with_amount(self, body: bytes, token: bytes) -> bytes:
        return body.replace(b'"https://t.me/$page_1"', token)

    def hook(self, *, event_id: str, reference: str, at: datetime, is_genuine: bool = True) -> Hook:
        return Hook(body=json.dumps({"invoice_payload": reference}).encode(), received_at=at)


class TestTelegram(Pages, Failures, Bodies):
    """The suite, spoken by the Bot API; a look-up asks nobody, so every act is the one call."""

    dialect = TelegramDialect()

    async def watched(self, act: Act, behave: Behaviour) -> tuple[Outcome, Network]:
        del act
        return await super().watched(create, behave)

    async def test_spoiling_is_what_makes_it_unknown(self) -> None:
        """An answer names no money: it is a link, or nothing."""
        assert isinstance(await self.read(lambda good: good), Pending)

    async def test_link_goes_to_the_bot_itself_and_names_the_providers_token(self) -> None:
        _, network = await self.watched(create, lambda r: self.dialect.answer(r, Fact()))
        (call,) = network.calls
        body = json.loads(call.content)
        assert str(call.url) == f"https://api.telegram.org/bot{BOT_TOKEN}/createInvoiceLink"
        assert body["provider_token"] == TOKEN
        assert (body["title"], len(body["prices"])) == ("Service charge · Palm Court", 1)
        assert not {"need_email", "need_phone_number", "is_flexible"} & body.keys()

    @pytest.mark.parametrize("title", ["", "x" * 400, " \n ", "Ünïcode · " * 40])
    async def test_any_title_fits(self, title: str) -> None:
        async def ask(provider: Provider, asked: Money) -> Outcome:
            return await provider.create_link(replace(REQUEST, amount=asked, title=title))

        _, network = await super().watched(ask, lambda r: self.dialect.answer(r, Fact()))
        body = json.loads(network.calls[0].content)
        assert 1 <= len(body["title"]) <= 32
        assert 1 <= len(body["description"]) <= 255

    async def test_title_is_never_cut_within_a_number(self) -> None:
        async def ask(provider: Provider, asked: Money) -> Outcome:
            title = "Palm Court Estate BILL-2026-000003"
            return await provider.create_link(replace(REQUEST, amount=asked, title=title))

        _, network = await super().watched(ask, lambda r: self.dialect.answer(r, Fact()))
        body = json.loads(network.calls[0].content)
        assert body["title"] == "Palm Court Estate"
        assert body["description"] == "Palm Court Estate BILL-2026-000003"

    @pytest.mark.parametrize(
        "amount",
        [
            Money(99, Currency("USD")),
            Money(1_000_001, Currency("USD")),
            Money(500_000, Currency("GHS")),
        ],
    )
    async def test_amount_that_telegram_never_takes_is_not_asked_for(self, amount: Money) -> None:
        async def ask(provider: Provider, _: Money) -> Outcome:
            return await provider.create_link(replace(REQUEST, amount=amount))

        outcome, network = await super().watched(ask, lambda r: self.dialect.answer(r, Fact()))
        assert isinstance(outcome, Declined)
        assert network.calls == []

    @pytest.mark.parametrize("code", ["PAYMENT_PROVIDER_INVALID", "PAYMENT_PROVIDER_MISMATCH"])
    async def test_wrong_provider_token_made_nothing(self, code: str) -> None:
        outcome, _ = await self.watched(create, lambda _: refused(code))
        assert outcome == Declined(error=ProviderError.AUTHENTICATION_ERROR, detail=code)

    @pytest.mark.parametrize("status", [401, 404, 429, 500])
    async def test_refusal_of_anything_but_the_content_decides_nothing(self, status: int) -> None:
        outcome, _ = await self.watched(create, lambda _: refused("Oh", status=status, words=""))
        assert isinstance(outcome, Unknown)


async def asked_about(token: str = TOKEN, *answers: httpx.Response) -> tuple[object, list[str]]:
    """Check a token against answers; return what came of it and the currencies that were tried."""
    tried: list[str] = []
    left = list(answers)

    def behave(request: httpx.Request) -> httpx.Response:
        tried.append(json.loads(request.content)["currency"])
        return left.pop(0) if left else TelegramDialect().answer(request, Fact())

    async with httpx.AsyncClient(transport=httpx.MockTransport(behave)) as client:
        return await adapter(client, token).check(), tried


@pytest.mark.parametrize(("middle", "is_test"), [("TEST", True), ("LIVE", False)])
async def test_working_token_tells_its_account_and_mode(middle: str, *, is_test: bool) -> None:
    token = f"284685063:{middle}:not-a-real-token"
    outcome, _ = await asked_about(token)
    assert outcome == Accepted(account="284685063", is_test=is_test)
    assert MAKER.is_test({"provider_token": token}) is is_test


async def test_token_that_takes_another_currency_works() -> None:
    outcome, tried = await asked_about(TOKEN, refused("CURRENCY_INVALID"))
    assert (outcome, tried) == (Accepted(account="284685063", is_test=True), ["USD", "NGN"])


async def test_token_that_takes_no_currency_of_ours_is_not_known_to_work() -> None:
    outcome, tried = await asked_about(TOKEN, *(refused("CURRENCY_INVALID") for _ in range(9)))
    assert isinstance(outcome, Unknown)
    assert len(tried) == 4


async def test_wrong_token_is_refused() -> None:
    outcome, _ = await asked_about(TOKEN, refused("PAYMENT_PROVIDER_INVALID"))
    assert isinstance(outcome, Declined)
    assert outcome.error is ProviderError.AUTHENTICATION_ERROR


async def test_look_up_says_what_is_known_and_asks_nobody() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise AssertionError(request.url.path)

    async with httpx.AsyncClient(transport=httpx.MockTransport(refuse)) as client:
        provider = adapter(client)
        assert await look_up(provider) == Pending()
        lost = await provider.advance(
            reference=REFERENCE, provider_ref="", asked=Money(100, Currency("USD"))
        )
    assert isinstance(lost, Unknown)


async def test_capabilities_promise_nothing_that_telegram_cannot_do() -> None:
    async with httpx.AsyncClient() as client:
        provider = adapter(client)
    can = provider.capabilities
    assert (can.can_link, can.truth, can.refunds) == (True, Truth.BY_CHANNEL, PartOf.NOTHING)
    assert not any((can.can_prompt, can.can_charge_saved, can.can_list, can.rails))
    assert not isinstance(provider, Refunds | Listings | SavedCharges | Answering)
    assert "XTR" not in can.currencies


def test_decimals_are_those_that_telegram_counts_in() -> None:
    provider = adapter(httpx.AsyncClient())
    whole = {code for code in provider.capabilities.currencies if exponent(Currency(code)) == 0}
    assert whole == {"JPY", "UGX"}
    assert not [c for c in provider.capabilities.currencies if exponent(Currency(c)) > 2]


def test_nothing_comes_by_the_door_of_webhooks() -> None:
    hook = TelegramDialect().hook(event_id="1", reference=REFERENCE, at=NOW)
    assert isinstance(adapter(httpx.AsyncClient()).read_hook(hook), Forged)


@pytest.mark.parametrize(
    "token", ["", "TEST", "284685063", "284685063:test:abcdef", "284685063:TEST:", "1:TEST:a b"]
)
def test_malformed_token_opens_nothing(token: str) -> None:
    with pytest.raises(ProviderProblem) as problem:
        adapter(httpx.AsyncClient(), token)
    assert problem.value.data["what"] == "provider_token"
    assert "TEST" not in str(problem.value)


def test_without_a_bot_there_are_no_invoices() -> None:
    kit = replace(a_kit(httpx.AsyncClient()), bot_token="")
    with pytest.raises(ProviderProblem) as problem:
        MAKER.open(kit, {"provider_token": TOKEN}, address=MAKER.address)
    assert problem.value.data["what"] == "bot_token"

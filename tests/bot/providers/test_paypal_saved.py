"""PayPal accounts that are saved: only if asked, charged once, and orders where none may be."""

import json
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from core.domain.money import Money
from core.domain.providers import (
    ChargeRequest,
    Declined,
    Forgetting,
    Outcome,
    Pending,
    ProviderError,
    SavedCharges,
    Settled,
    Unknown,
)
from tests.bot.providers import paypal_says as says
from tests.bot.providers.conformance import (
    FIRST,
    PROVIDER_REF,
    REFERENCE,
    REQUEST,
    Fact,
    look_up,
)
from tests.bot.providers.conformance_saved import ChargingSaved
from tests.bot.providers.paypal_dialect import ASKED, USD, PayPalDialect, adapter

BACK = "https://hazina.example/back/"
CHARGE = ChargeRequest(
    reference=REFERENCE, amount=ASKED, method=says.SAVED, title="November", return_url=BACK
)
PAID = Fact(status="paid", taken=(replace(FIRST, amount=ASKED),))
Behaviour = Callable[[httpx.Request], httpx.Response]


class TestPayPalSaved(ChargingSaved):
    """The suite's part on saved methods, spoken by PayPal."""

    dialect = PayPalDialect()


class Told:
    """PayPal as told, and what it was asked beside tokens and disputes."""

    def __init__(self, behave: Behaviour) -> None:
        self.calls: list[httpx.Request] = []
        self._behave = behave

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith(("/token", "/disputes")):
            return PayPalDialect().answer(request, Fact())
        self.calls.append(request)
        return self._behave(request)

    @property
    def keys(self) -> list[str]:
        """The request ids."""
        return [each.headers.get("paypal-request-id", "") for each in self.calls]

    def source(self, number: int) -> dict[str, object]:
        """Return what an order was asked for over."""
        source: dict[str, object] = json.loads(self.calls[number].content)["payment_source"]
        return source


async def opened(behave: Behaviour, *, keeps_method: bool = True) -> tuple[Outcome, Told]:
    told = Told(behave)
    request = replace(REQUEST, amount=ASKED, keeps_method=keeps_method)
    async with httpx.AsyncClient(transport=httpx.MockTransport(told)) as client:
        return await adapter(client).create_link(request), told


async def charged(behave: Behaviour, request: ChargeRequest = CHARGE) -> tuple[Outcome, Told]:
    told = Told(behave)
    async with httpx.AsyncClient(transport=httpx.MockTransport(told)) as client:
        provider = adapter(client)
        assert isinstance(provider, SavedCharges)
        return await provider.charge_saved(request), told


@pytest.mark.parametrize("keeps_method", [True, False])
async def test_an_account_is_saved_only_where_its_owner_asked(*, keeps_method: bool) -> None:
    _, told = await opened(lambda _: says.order(Fact(), ASKED), keeps_method=keeps_method)
    asked = told.source(0)["paypal"]
    vault = {
        "store_in_vault": "ON_SUCCESS",
        "usage_type": "MERCHANT",
        "customer_type": "CONSUMER",
    }
    assert isinstance(asked, dict)
    assert asked.get("attributes") == ({"vault": vault} if keeps_method else None)


@pytest.mark.parametrize("status", [403, 422])
async def test_who_may_save_nobody_still_opens_orders(status: int) -> None:
    refused = says.refused(
        "NOT_ENABLED_TO_VAULT_PAYMENT_SOURCE", status=status, name="NOT_AUTHORIZED"
    )

    def behave(request: httpx.Request) -> httpx.Response:
        return refused if b"store_in_vault" in request.content else says.order(Fact(), ASKED)

    outcome, told = await opened(behave)
    assert isinstance(outcome, Pending)
    assert outcome.link
    assert told.keys == [REFERENCE, f"{REFERENCE}-plain"]


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(503),
        says.refused("DUPLICATE_INVOICE_ID"),
        says.refused("PREVIOUS_REQUEST_IN_PROGRESS"),
    ],
)
async def test_order_that_may_have_been_made_is_not_asked_for_in_another_way(
    answer: httpx.Response,
) -> None:
    outcome, told = await opened(lambda _: answer)
    assert isinstance(outcome, Unknown)
    assert told.keys == [REFERENCE]


async def test_what_is_refused_without_saving_too_is_declined() -> None:
    outcome, told = await opened(lambda _: says.refused("CURRENCY_NOT_SUPPORTED"))
    assert isinstance(outcome, Declined)
    assert len(told.calls) == 2


@pytest.mark.parametrize("status", ["CREATED", "APPROVED"])
async def test_order_that_was_not_captured_at_once_is_captured(status: str) -> None:
    def behave(request: httpx.Request) -> httpx.Response:
        is_capture = request.url.path.endswith("/capture")
        return says.order(PAID, ASKED) if is_capture else says.order(Fact(), ASKED, status=status)

    outcome, told = await charged(behave)
    assert isinstance(outcome, Settled)
    assert told.keys == [REFERENCE, f"{REFERENCE}-capture"]


async def test_capture_that_is_not_there_yet_leaves_the_orders_id() -> None:
    def behave(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/capture"):
            return says.refused("ORDER_NOT_APPROVED")
        return says.order(Fact(), ASKED, status="CREATED")

    outcome, _ = await charged(behave)
    assert outcome == Pending(provider_ref=PROVIDER_REF)


@pytest.mark.parametrize("amount", [Money(500_001, USD), Money(499_999, USD)])
async def test_order_over_another_amount_is_not_captured(amount: Money) -> None:
    outcome, told = await charged(lambda _: says.order(Fact(), amount, status="APPROVED"))
    assert isinstance(outcome, Unknown)
    assert len(told.calls) == 1


async def test_order_of_another_reference_is_not_captured() -> None:
    others = Fact(reference="ATT-OTHER")
    outcome, told = await charged(lambda _: says.order(others, ASKED, status="APPROVED"))
    assert isinstance(outcome, Unknown)
    assert len(told.calls) == 1


@pytest.mark.parametrize(
    ("issue", "error"),
    [
        ("TOKEN_ID_NOT_FOUND", ProviderError.INVALID_CARD),
        ("AGREEMENT_ALREADY_CANCELLED", ProviderError.INVALID_CARD),
        ("BILLING_AGREEMENT_NOT_FOUND", ProviderError.INVALID_CARD),
        ("TOKEN_EXPIRED", ProviderError.EXPIRED_CARD),
        ("INSTRUMENT_DECLINED", ProviderError.DECLINED_CARD),
        ("PAYER_CANNOT_PAY", ProviderError.INSUFFICIENT_FUNDS),
    ],
)
async def test_refused_charge_says_whether_its_account_is_any_good(
    issue: str, error: ProviderError
) -> None:
    outcome, _ = await charged(lambda _: says.refused(issue))
    assert outcome == Declined(error=error, detail=issue)


@pytest.mark.parametrize("issue", ["DUPLICATE_INVOICE_ID", "PREVIOUS_REQUEST_IN_PROGRESS"])
async def test_charge_made_before_is_not_declined(issue: str) -> None:
    outcome, _ = await charged(lambda _: says.refused(issue))
    assert isinstance(outcome, Unknown)


@pytest.mark.parametrize("return_url", ["", BACK])
async def test_way_back_goes_along_where_there_is_one(return_url: str) -> None:
    _, told = await charged(
        lambda _: says.order(PAID, ASKED), replace(CHARGE, return_url=return_url)
    )
    asked = told.source(0)["paypal"]
    assert isinstance(asked, dict)
    assert ("experience_context" in asked) is bool(return_url)


async def test_what_no_token_can_be_is_not_sent() -> None:
    spoiled = replace(CHARGE, method=replace(says.SAVED, token="../v1/x"))
    outcome, told = await charged(lambda _: says.order(PAID, ASKED), spoiled)
    assert isinstance(outcome, Declined)
    assert told.calls == []


@pytest.mark.parametrize(
    "vault",
    [{"id": None}, {"id": ["3nqvjt3n"]}, {"id": "../x"}, {"customer": {"id": 5}}],
)
async def test_odd_word_about_a_saved_account_is_no_doubt_about_the_money(
    vault: dict[str, object],
) -> None:
    body = json.loads(says.order(PAID, ASKED).content)
    body["payment_source"] = {"paypal": says.account(**vault)}
    told = Told(lambda _: httpx.Response(200, json=body))
    async with httpx.AsyncClient(transport=httpx.MockTransport(told)) as client:
        outcome = await look_up(adapter(client), ASKED)
    assert isinstance(outcome, Settled)
    assert outcome.method is None


async def forgotten(answer: httpx.Response) -> tuple[Unknown | None, Told]:
    told = Told(lambda _: answer)
    async with httpx.AsyncClient(transport=httpx.MockTransport(told)) as client:
        provider = adapter(client)
        assert isinstance(provider, Forgetting)
        return await provider.forget(says.SAVED), told


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(204),
        says.refused("INVALID_RESOURCE_ID", status=404),
        says.refused("TOKEN_ID_NOT_FOUND"),
    ],
)
async def test_what_paypal_deleted_or_does_not_know_is_gone(answer: httpx.Response) -> None:
    outcome, told = await forgotten(answer)
    assert outcome is None
    (call,) = told.calls
    assert (call.method, call.url.path) == ("DELETE", "/v3/vault/payment-tokens/3nqvjt3n")


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(403, json={"name": "NOT_AUTHORIZED"}),
        httpx.Response(404, text="<p>"),
        httpx.Response(429),
        httpx.Response(503),
        httpx.Response(200, text="<p>"),
        httpx.Response(302, headers={"location": "https://elsewhere.example/"}),
    ],
)
async def test_what_paypal_did_not_delete_is_not_gone(answer: httpx.Response) -> None:
    outcome, _ = await forgotten(answer)
    assert isinstance(outcome, Unknown)


async def test_what_cannot_be_a_token_is_not_asked_for() -> None:
    def behave(request: httpx.Request) -> httpx.Response:
        raise AssertionError(request.url)

    async with httpx.AsyncClient(transport=httpx.MockTransport(behave)) as client:
        provider = adapter(client)
        assert isinstance(provider, Forgetting)
        assert await provider.forget(replace(says.SAVED, token="../../v2/x")) is None

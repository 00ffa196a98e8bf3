"""Paystack's dialect of the suite: what it is asked and what it answers, as the stand-in says."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import httpx

from bot.providers import PROVIDERS
from bot.providers.paystack.codes import LISTED
from bot.sandbox.standins.paystack_views import card_code
from core.domain.money import Currency, Money
from core.domain.providers import Hook, Provider, ProviderError, SavedMethod
from tests.bot.providers import paystack_says as says
from tests.bot.providers.conformance import NOW, Fact
from tests.bot.providers.conformance_listings import Row
from tests.bot.providers.conformance_outflows import Book
from tests.bot.providers.kits import a_kit
from tests.bot.providers.paystack_transfers import transfers

KEY: Final = "sk_test_" + "0123456789abcdef" * 2
MAKER: Final = PROVIDERS["paystack"]


def adapter(client: httpx.AsyncClient, key: str = KEY) -> Provider:
    return MAKER.open(a_kit(client), {"secret_key": key}, address=MAKER.address)


class PaystackDialect:
    """How Paystack says things."""

    declines: tuple[ProviderError, ...] = tuple(says.REASONS)
    secrets: tuple[str, ...] = (KEY, KEY.removeprefix("sk_test_"))
    currency = Currency("NGN")
    other = Currency("USD")
    can_get_stuck = True
    page_size = LISTED
    saved = SavedMethod(
        token=card_code("payer@example.org"),
        owner="payer@example.org",
        label="Visa •••• 4081",
        expires="2030-09",
        fingerprint="SIG_sandbox",
    )

    def adapter(self, client: httpx.AsyncClient) -> Provider:
        return adapter(client)

    def answer(self, request: httpx.Request, fact: Fact) -> httpx.Response:
        match request.url.path:
            case "/refund":
                return says.refunds_of()
            case "/transaction/initialize":
                return says.said(says.page(fact)) if fact.status == "open" else says.duplicate()
            case "/transaction/charge_authorization":
                return says.said(says.charge(fact))
            case _:
                return says.said(says.transaction(fact))

    def is_prelude(self, request: httpx.Request) -> bool:
        return request.url.path == "/transferrecipient"

    def asked(self, request: httpx.Request) -> tuple[str, Money]:
        body = json.loads(request.content)
        return body["reference"], says.money(body)

    def charged(self, request: httpx.Request) -> tuple[str, str, str, Money]:
        body = json.loads(request.content)
        return body["authorization_code"], body["email"], body["reference"], says.money(body)

    def unkept(self, body: bytes) -> bytes:
        return body.replace(b'"reusable":true', b'"reusable":false')

    def confirm(self) -> httpx.Response:
        return says.said({**says.page(Fact()), "paused": True})

    def refuse_content(self) -> httpx.Response:
        return says.refused(400, "invalid_email_address", "Invalid Email Address Passed")

    def not_found(self) -> httpx.Response:
        return says.not_found()

    def with_amount(self, body: bytes, token: bytes) -> bytes:
        return says.with_amount(body, token)

    def answer_list(self, request: httpx.Request, rows: Sequence[Row]) -> httpx.Response:
        return says.listed(dict(request.url.params), rows)

    def answer_outflow(self, request: httpx.Request, book: Book) -> httpx.Response:
        is_refund = request.url.path.startswith("/refund")
        return says.refunds(request, book) if is_refund else transfers(request, book)

    def hook(self, *, event_id: str, reference: str, at: datetime, is_genuine: bool = True) -> Hook:
        number = int(event_id.rpartition("_")[2])
        data = says.paid_told(number=number, reference=reference)
        return told("charge.success", data, key=KEY if is_genuine else KEY[::-1])


def told(event: str, data: Mapping[str, object], *, key: str = KEY, at: datetime = NOW) -> Hook:
    body, signature = says.signed({"event": event, "data": data}, key)
    return Hook(body=body, headers={"x-paystack-signature": signature}, received_at=at)

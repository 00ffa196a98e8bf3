"""Flutterwave's dialect of the suite: what its pretend provider answers to which call."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import httpx

from bot.providers import PROVIDERS
from bot.sandbox.standins.flutterwave_views import ROWS, card_token, pages
from core.domain.money import Currency, Money
from core.domain.providers import Hook, Provider, ProviderError, SavedMethod
from tests.bot.providers import flutterwave_says as says
from tests.bot.providers.conformance import NOW, Fact
from tests.bot.providers.conformance_listings import Row
from tests.bot.providers.conformance_outflows import Book
from tests.bot.providers.kits import a_kit

KEY: Final = "FLWSECK_TEST-" + "0123456789abcdef" * 2 + "-X"
LIVE_KEY: Final = "FLWSECK-" + "0123456789abcdef" * 2 + "-X"
HASH: Final = "a-secret-hash-of-ours"
MAKER: Final = PROVIDERS["flutterwave"]
NGN: Final = Currency("NGN")


def adapter(client: httpx.AsyncClient, key: str = KEY) -> Provider:
    credentials = {"secret_key": key, "webhook_secret": HASH}
    return MAKER.open(a_kit(client, now=NOW), credentials, address=MAKER.address)


class FlutterwaveDialect:
    """How Flutterwave says things."""

    declines: tuple[ProviderError, ...] = tuple(says.REASONS)
    secrets: tuple[str, ...] = (KEY, HASH)
    currency = NGN
    other = Currency("USD")
    can_get_stuck = True
    page_size = ROWS
    key = KEY
    saved = SavedMethod(
        token=card_token("payer@example.org"),
        owner="payer@example.org",
        label="Mastercard •••• 2950",
        expires="2032-09",
    )

    def adapter(self, client: httpx.AsyncClient) -> Provider:
        return adapter(client, self.key)

    def answer(self, request: httpx.Request, fact: Fact) -> httpx.Response:
        if request.url.path == "/v3/payments":
            return says.said(says.page()) if fact.status == "open" else says.duplicate()
        if request.url.path == "/v3/tokenized-charges":
            return says.said(says.transaction(fact))
        if request.url.path == "/v3/refunds":
            return says.said([], meta=pages(1, most=1))
        return says.looked_up(request, fact)

    def is_prelude(self, request: httpx.Request) -> bool:
        return False

    def asked(self, request: httpx.Request) -> tuple[str, Money]:
        body = json.loads(request.content)
        return body["tx_ref"], says.money(body)

    def charged(self, request: httpx.Request) -> tuple[str, str, str, Money]:
        body = json.loads(request.content)
        return body["token"], body["email"], body["tx_ref"], says.money(body)

    def unkept(self, body: bytes) -> bytes:
        return body.replace(f'"token":"{self.saved.token}"'.encode(), b'"token":null')

    def confirm(self) -> httpx.Response:
        redirect = {"mode": "redirect", "redirect": "https://flw.example/mock?message=Approved. Go"}
        waiting = says.transaction(Fact(status="processing"))
        return says.said({**waiting, "meta": {"authorization": redirect}})

    def refuse_content(self) -> httpx.Response:
        return says.refused(400, "customer.email is required")

    def not_found(self) -> httpx.Response:
        return says.not_found()

    def with_amount(self, body: bytes, token: bytes) -> bytes:
        return says.with_amount(body, token)

    def answer_list(self, request: httpx.Request, rows: Sequence[Row]) -> httpx.Response:
        return says.listed(dict(request.url.params), rows)

    def answer_outflow(self, request: httpx.Request, book: Book) -> httpx.Response:
        is_refund = "refund" in request.url.path
        return (
            says.refunds(request, book, self.currency)
            if is_refund
            else says.transfers(request, book)
        )

    def hook(self, *, event_id: str, reference: str, at: datetime, is_genuine: bool = True) -> Hook:
        number = int(event_id.rpartition("_")[2])
        data = {"id": number, "tx_ref": reference, "status": "successful"}
        return told("charge.completed", data, secret=HASH if is_genuine else HASH[::-1])


class LiveDialect(FlutterwaveDialect):
    """The same under a live key."""

    key = LIVE_KEY


def told(event: str, data: Mapping[str, object], *, secret: str = HASH) -> Hook:
    """Make an event whose body is signed."""
    body = json.dumps({"event": event, "event.type": "CARD_TRANSACTION", "data": data}).encode()
    headers = {"flutterwave-signature": says.signature(body, secret)}
    return Hook(body=body, headers=headers, received_at=NOW)

"""PayPal's adapter as the suite is given it, and how PayPal speaks to it."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import httpx

from bot.providers import PROVIDERS
from bot.providers.paypal.client import open_paypal
from core.domain.money import Currency, Money
from core.domain.providers import Hook, Provider, ProviderError
from tests.bot.providers import paypal_says as says
from tests.bot.providers.conformance import FIRST, NOW, REFERENCE, Fact
from tests.bot.providers.conformance_listings import Row
from tests.bot.providers.conformance_outflows import Book
from tests.bot.providers.kits import a_kit

KEYS: Final = {
    "client_id": "not-a-real-client-id",
    "client_secret": "not-a-real-client-secret",
    "webhook_id": says.WEBHOOK_ID,
}
MAKER: Final = PROVIDERS["paypal"]
USD: Final = Currency("USD")
ASKED: Final = Money(500_000, USD)


def adapter(client: httpx.AsyncClient, *, now: datetime = NOW) -> Provider:
    roots = [says.signer().root]
    kit = a_kit(client, now=now, is_test=True)
    return open_paypal(kit, KEYS, address=says.API, roots=lambda: roots)


def _source(request: httpx.Request) -> dict[str, object]:
    """Return the account that an order is asked for over."""
    source: dict[str, object] = json.loads(request.content)["payment_source"]["paypal"]
    return source


class PayPalDialect:
    """How PayPal says things."""

    declines: tuple[ProviderError, ...] = tuple(says.REASONS)
    secrets: tuple[str, ...] = (KEYS["client_id"], KEYS["client_secret"])
    currency = USD
    other = Currency("EUR")
    saved = says.SAVED
    can_get_stuck = False
    page_size = 100

    def adapter(self, client: httpx.AsyncClient) -> Provider:
        return adapter(client)

    def answer(self, request: httpx.Request, fact: Fact) -> httpx.Response:
        path = request.url.path
        if self.is_prelude(request):
            return says.token()
        if path.endswith("/disputes"):
            return says.disputes(ASKED)
        if path.endswith("/capture"):
            return says.refused(says.REASONS[fact.decline])
        if path.endswith("/orders") and "vault_id" in _source(request):
            return self._charge(fact)
        return says.order(fact, ASKED)

    def _charge(self, fact: Fact) -> httpx.Response:
        """Answer a charge; one that is refused is no order."""
        if fact.status == "declined" and fact.reference == REFERENCE:
            return says.refused(says.REASONS[fact.decline])
        return says.order(fact, ASKED)

    def charged(self, request: httpx.Request) -> tuple[str, str, str, Money]:
        """PayPal is told no owner: the token is one person's."""
        source = _source(request)
        initiated = {"payment_initiator": "MERCHANT", "usage": "SUBSEQUENT"}
        assert source["stored_credential"] == initiated
        reference, amount = self.asked(request)
        return str(source["vault_id"]), self.saved.owner, reference, amount

    def unkept(self, body: bytes) -> bytes:
        return body.replace(b'"id":"3nqvjt3n",', b"").replace(b"VAULTED", b"APPROVED")

    def confirm(self) -> httpx.Response:
        return says.order(Fact(), ASKED)

    def is_prelude(self, request: httpx.Request) -> bool:
        return request.url.path == "/v1/oauth2/token"

    def asked(self, request: httpx.Request) -> tuple[str, Money]:
        (unit,) = json.loads(request.content)["purchase_units"]
        reference = request.headers["paypal-request-id"]
        assert (unit["custom_id"], unit["invoice_id"]) == (reference, reference)
        return reference, says.amount(unit["amount"])

    def refuse_content(self) -> httpx.Response:
        return says.refused("INVALID_PARAMETER_VALUE", status=400)

    def not_found(self) -> httpx.Response:
        return says.refused("INVALID_RESOURCE_ID", status=404)

    def with_amount(self, body: bytes, token: bytes) -> bytes:
        return says.with_amount(body, token)

    def answer_list(self, request: httpx.Request, rows: Sequence[Row]) -> httpx.Response:
        if self.is_prelude(request):
            return says.token()
        return says.listed(dict(request.url.params), [says.transaction(each) for each in rows])

    def answer_outflow(self, request: httpx.Request, book: Book) -> httpx.Response:
        is_prelude = self.is_prelude(request)
        return says.token() if is_prelude else says.refunds(request, book, ASKED)

    def hook(self, *, event_id: str, reference: str, at: datetime, is_genuine: bool = True) -> Hook:
        shown = says.capture(Fact(reference=reference), replace(FIRST, amount=ASKED))
        body = says.event("PAYMENT.CAPTURE.COMPLETED", shown, number=event_id)
        headers = says.signer().headers(
            body, at=at, webhook_id="" if not is_genuine else says.WEBHOOK_ID
        )
        return Hook(body=body, headers=headers, received_at=at)

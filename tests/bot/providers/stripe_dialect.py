"""The dialect of Stripe for the suite, and an adapter to try it on."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import httpx

from bot.providers import PROVIDERS
from bot.providers.stripe.codes import LISTED
from core.domain.consent import Consent
from core.domain.money import Currency, Money
from core.domain.providers import Hook, Provider, ProviderError, SavedMethod
from tests.bot.providers import stripe_says as says
from tests.bot.providers.conformance import NOW, Fact
from tests.bot.providers.conformance_listings import Row
from tests.bot.providers.conformance_outflows import Book
from tests.bot.providers.kits import a_kit

KEY: Final = "sk_test_" + "0123456789abcdef" * 2
SIGNING: Final = "whsec_" + "0123456789abcdef" * 2
OTHER_SIGNING: Final = SIGNING[:6] + SIGNING[:5:-1]
MAKER: Final = PROVIDERS["stripe"]
USD: Final = Currency("USD")


def adapter(client: httpx.AsyncClient, key: str = KEY) -> Provider:
    credentials = {"secret_key": key, "webhook_secret": SIGNING}
    return MAKER.open(a_kit(client, now=NOW), credentials, address=MAKER.address)


class StripeDialect:
    """How Stripe says things."""

    declines: tuple[ProviderError, ...] = tuple(says.REASONS)
    secrets: tuple[str, ...] = (KEY, SIGNING)
    currency = USD
    other = Currency("EUR")
    can_get_stuck = True
    page_size = LISTED
    saved = SavedMethod(
        token="pm_Qx1y2z3",
        owner="cus_Qa1b2c3",
        label="Visa •••• 4242",
        expires="2030-09",
        fingerprint="Xt5EWLLDS7FJjR1c",
        consent=Consent.GIVEN,
    )

    def adapter(self, client: httpx.AsyncClient) -> Provider:
        return adapter(client)

    def answer(self, request: httpx.Request, fact: Fact) -> httpx.Response:
        if request.method == "GET":
            return says.said(says.page(fact))
        is_page = request.url.path.endswith("/checkout/sessions")
        return says.said(says.new_page(fact.reference)) if is_page else says.charged(fact)

    def is_prelude(self, request: httpx.Request) -> bool:
        return False

    def asked(self, request: httpx.Request) -> tuple[str, Money]:
        form, price = says.form(request), "line_items[0][price_data]"
        assert request.headers["idempotency-key"] == form["client_reference_id"]
        amount = says.money(form, amount=f"{price}[unit_amount]", currency=f"{price}[currency]")
        return form["client_reference_id"], amount

    def charged(self, request: httpx.Request) -> tuple[str, str, str, Money]:
        form = says.form(request)
        assert request.headers["idempotency-key"] == form["metadata[hazina_reference]"]
        assert (form["off_session"], form["confirm"]) == ("true", "true")
        reference = form["metadata[hazina_reference]"]
        money = says.money(form, currency="currency")
        return form["payment_method"], form["customer"], reference, money

    def unkept(self, body: bytes) -> bytes:
        return body.replace(b'"allow_redisplay":"always"', b'"allow_redisplay":"limited"')

    def confirm(self) -> httpx.Response:
        decline = ProviderError.AUTHENTICATION_ERROR
        return says.charged(Fact(status="declined", decline=decline))

    def refuse_content(self) -> httpx.Response:
        return says.refused(400, "amount_too_small", param="line_items[0]")

    def not_found(self) -> httpx.Response:
        return says.not_found()

    def with_amount(self, body: bytes, token: bytes) -> bytes:
        return says.with_amount(body, token)

    def answer_list(self, request: httpx.Request, rows: Sequence[Row]) -> httpx.Response:
        return says.listed(dict(request.url.params), rows)

    def answer_outflow(self, request: httpx.Request, book: Book) -> httpx.Response:
        return says.refunds(request, book)

    def hook(self, *, event_id: str, reference: str, at: datetime, is_genuine: bool = True) -> Hook:
        thing = {"object": "checkout.session", "client_reference_id": reference}
        secret = SIGNING if is_genuine else OTHER_SIGNING
        return told("checkout.session.completed", thing, id_=event_id, at=at, secret=secret)


def told(
    kind: str,
    thing: Mapping[str, object],
    *,
    id_: str = "evt_1",
    at: datetime = NOW,
    secret: str = SIGNING,
) -> Hook:
    body, proof = says.signed({"id": id_, "type": kind, "data": {"object": thing}}, secret, at)
    return Hook(body=body, headers={"stripe-signature": proof}, received_at=at)

"""PayPal, played by the sandbox: orders, approval, capture, refunds, disputes, events, a list.

On the page the payer only agrees; the merchant captures. An order that nobody approved and captured
in time is forgotten. A key of idempotency is kept for ever, as the reference that it is made of.

Source: as of `bot/providers/paypal`; this is the far side of the wire and shares no code with it.
"""

import base64
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
from aiohttp import web

from bot.sandbox.provider_desk import Desk, NotRefundable, ReferenceReused
from bot.sandbox.provider_door import (
    REFERENCE,
    TITLE,
    URL,
    BadRequest,
    Door,
    Manners,
    as_json,
    read_body,
    read_text,
)
from bot.sandbox.provider_records import Capture, Checkout, CheckoutStatus, Terms
from bot.sandbox.provider_store import ProviderStore
from bot.sandbox.provider_tongue import Happening, page_link
from bot.sandbox.standins.paypal_reads import inner, read_amount, read_span, read_whole, taken_at
from bot.sandbox.standins.paypal_signer import Signer
from bot.sandbox.standins.paypal_views import (
    ISSUES,
    Shown,
    capture_number,
    number_of,
    refunds_of,
    refusal,
    vault_id,
    view_dispute,
    view_listed_dispute,
    view_order,
    view_refund,
    view_told_capture,
    view_transactions,
)
from bot.sandbox.standins.standin import Api, Passes, own_key

PREFIX: Final = "/paypal"
ORDERS: Final = f"{PREFIX}/v2/checkout/orders"
CERTIFICATES: Final = "/v1/notifications/certs"
LIFE: Final = timedelta(hours=6)
TOKENS_LIVE: Final = timedelta(hours=9)

EVENTS: Final = {
    "checkout.approved": ("CHECKOUT.ORDER.APPROVED", "checkout-order"),
    "checkout.held": ("PAYMENT.CAPTURE.PENDING", "capture"),
    "checkout.paid": ("PAYMENT.CAPTURE.COMPLETED", "capture"),
    "checkout.declined": ("PAYMENT.CAPTURE.DENIED", "capture"),
    "refund.done": ("PAYMENT.CAPTURE.REFUNDED", "refund"),
    "dispute.opened": ("CUSTOMER.DISPUTE.CREATED", "dispute"),
    "dispute.closed": ("CUSTOMER.DISPUTE.RESOLVED", "dispute"),
}
"""What is told, and what it is about; of the rest nobody is told."""

_BAD: Final = "INVALID_PARAMETER_VALUE"


class PayPalStandin:
    """PayPal's API under one made-up app."""

    title: str = "PayPal"

    def __init__(self, store: ProviderStore, *, base_url: str, webhook_url: str) -> None:
        """Speak of what the store knows; pages are below `base_url`, events go to `webhook_url`."""
        self._store = store
        self._base_url = base_url
        self._webhook_url = webhook_url
        self._id = f"A{own_key(store.keys, 'paypal id')}"
        self._secret = f"E{own_key(store.keys, 'paypal secret')}"
        self._webhook_id = own_key(store.keys, "paypal hooks", length=17).upper()
        self._signer, self._forger = Signer(), Signer()
        self.passes = Passes(own_key(store.keys, "paypal tokens"), life=TOKENS_LIVE)
        self._now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def env(self) -> Mapping[str, str]:
        """Return the settings by which the bot finds this provider."""
        return {
            "PAYPAL_CLIENT_ID": self._id,
            "PAYPAL_CLIENT_SECRET": self._secret,
            "PAYPAL_WEBHOOK_ID": self._webhook_id,
            "PAYPAL_API_URL": f"{self._base_url}{PREFIX}",
        }

    def event(self, happening: Happening) -> bytes:
        """Show what an event is about: an order, a capture, a refund, a dispute."""
        checkout = happening.checkout
        kind, about = EVENTS.get(happening.kind, ("", ""))
        # A capture that was refused was never made: of that nobody is told.
        if not kind or (happening.kind == "checkout.declined" and checkout.decline in ISSUES):
            return b""
        body = {
            "id": f"WH-{happening.event_id.partition('_')[2].upper()}",
            "event_version": "1.0",
            "create_time": happening.at.isoformat(),
            "event_type": kind,
            "resource_type": about,
            "resource": self._told(about, happening),
        }
        return orjson.dumps(body)

    def _told(self, about: str, happening: Happening) -> Shown:
        checkout, api = happening.checkout, f"{self._base_url}{PREFIX}"
        if happening.refund is not None:
            return view_refund(checkout, happening.refund, api=api)
        if about == "dispute":
            return view_dispute(checkout)
        if about == "capture":
            return view_told_capture(checkout, api=api)
        return view_order(checkout, api=api, link=page_link(self._base_url, checkout))

    def headers(self, body: bytes, *, at: datetime, is_forged: bool) -> Mapping[str, str]:
        """Sign the body's checksum, the time and whom it is for, and name the certificate."""
        return (self._forger if is_forged else self._signer).headers(
            body,
            at=at,
            webhook_id=self._webhook_id,
            cert_url=f"{self._base_url}{PREFIX}{CERTIFICATES}/CERT-{self._webhook_id.lower()}",
        )

    def turned_away(self, request: web.Request) -> web.Response | None:
        """Check the token."""
        return None if self.passes.admits(request, self._now()) else as_json(401, refusal(401))

    def failure(self, status: int) -> web.Response:
        """Say that it does not work now."""
        return as_json(status, refusal(status))

    def bad_request(self, what: str) -> web.Response:
        """Say that a request was not understood, or not carried out for this reason."""
        is_issue = what.isupper()
        return as_json(422, refusal(422, what)) if is_issue else as_json(400, refusal(400, _BAD))

    def missing(self) -> web.Response:
        """Say that there is no such thing."""
        return as_json(404, refusal(404, "INVALID_RESOURCE_ID"))

    def routes(self, desk: Desk, door: Door) -> list[web.RouteDef]:
        """Return the API's routes."""
        self._now = desk.now
        api = _Api(self, self._store, desk, base_url=self._base_url, webhook_url=self._webhook_url)
        shown = door.showing
        return [
            web.post(f"{PREFIX}/v1/oauth2/token", door.admitting(self._token)),
            web.get(f"{PREFIX}{CERTIFICATES}/{{name}}", door.admitting(self._certificate)),
            web.post(ORDERS, door.making(api.open_order)),
            web.get(f"{ORDERS}/{{id}}", shown(api.order)),
            web.post(f"{ORDERS}/{{id}}/capture", door.changing(api.capture)),
            web.post(f"{PREFIX}/v2/payments/captures/{{id}}/refund", door.giving_back(api.refund)),
            web.get(f"{PREFIX}/v2/payments/refunds/{{id}}", shown(api.one_refund)),
            web.get(f"{PREFIX}/v1/customer/disputes", door.listing(api.disputes)),
            web.get(f"{PREFIX}/v1/customer/disputes/{{id}}", shown(api.dispute)),
            web.delete(f"{PREFIX}/v3/vault/payment-tokens/{{id}}", door.changing(api.forget)),
            web.get(f"{PREFIX}/v1/reporting/transactions", door.listing(api.transactions)),
        ]

    async def _token(self, request: web.Request) -> web.Response:
        """Give a token to who has the app's keys, constant-time."""
        pair = base64.b64encode(f"{self._id}:{self._secret}".encode())
        given = request.headers.get("authorization", "").encode(errors="replace")
        if not hmac.compare_digest(given, b"Basic " + pair):
            told = {"error": "invalid_client", "error_description": "Client Authentication failed"}
            return as_json(401, told)
        token, _ = self.passes.issue(self._now())
        lives_s = int(TOKENS_LIVE.total_seconds())
        body = {"access_token": token, "token_type": "Bearer", "expires_in": lives_s}
        return as_json(200, body)

    async def _certificate(self, _: web.Request) -> web.Response:
        """Show what proves events; anybody may see it."""
        return web.Response(body=self._signer.pem, content_type="application/x-x509-ca-cert")


class _Api(Api):
    """The calls."""

    def __init__(
        self, manners: Manners, store: ProviderStore, desk: Desk, *, base_url: str, webhook_url: str
    ) -> None:
        """Begin with nothing deleted; that is forgotten when the provider stops."""
        super().__init__(manners, store, desk, base_url=base_url, webhook_url=webhook_url)
        self._deleted: set[str] = set()

    async def open_order(self, request: web.Request) -> web.Response:
        """Make an order, or answer as the first time under this request id."""
        body = await read_body(request)
        terms, is_charge = self._terms(body), "vault_id" in _account_of(body)
        known = self._store.find(terms.reference)
        if known is None and is_charge:
            return as_json(201, self._view(self._charge(terms, _account_of(body)["vault_id"])))
        if known is None:
            return as_json(201, self._view(self._desk.open(terms)))
        asked = (known.terms.amount_minor, known.terms.currency)
        is_same = request.headers.get("paypal-request-id") == terms.reference
        if not is_same or asked != (terms.amount_minor, terms.currency):
            raise BadRequest("DUPLICATE_INVOICE_ID")
        return as_json(201, self._view(known))

    def _charge(self, terms: Terms, token: object) -> Checkout:
        """Take the money from an account that was saved here, without a page."""
        saved = (each for each in self._mine() if each.terms.keeps_card and each.captures)
        if token not in {vault_id(each) for each in saved} - self._deleted:
            raise BadRequest("TOKEN_ID_NOT_FOUND")
        agreed = self._desk.pay(self._desk.open(terms))
        return self._desk.take(agreed, key=terms.reference)

    async def forget(self, request: web.Request) -> web.Response:
        """Delete what charges an account again."""
        self._deleted.add(request.match_info["id"])
        return web.Response(status=204)

    async def order(self, request: web.Request) -> web.Response:
        """Show one order, unless it is forgotten."""
        checkout = self._asked(request)
        return as_json(200, self._view(checkout)) if checkout else self._manners.missing()

    async def capture(self, request: web.Request) -> web.Response:
        """Take what was approved, once; the same request id is answered as the first time."""
        checkout, key = self._asked(request), request.headers.get("paypal-request-id", "")
        if checkout is None:
            return self._manners.missing()
        if checkout.status is CheckoutStatus.OPEN:
            raise BadRequest("ORDER_NOT_APPROVED")
        if checkout.status is CheckoutStatus.APPROVED:
            checkout = self._desk.take(checkout, key=key)
        elif checkout.decline not in ISSUES and checkout.taken_under != key:
            raise BadRequest("ORDER_ALREADY_CAPTURED")
        if checkout.decline in ISSUES:
            return as_json(422, refusal(422, ISSUES[checkout.decline]))
        return as_json(201, self._view(checkout))

    async def refund(self, request: web.Request) -> web.Response:
        """Give back a capture or a part of it; the same reference gives it once."""
        body = await read_body(request)
        reference = read_text(body, "invoice_id", REFERENCE)
        checkout, capture = self._captured(request.match_info["id"])
        if checkout is None or capture is None:
            return self._manners.missing()
        minor, currency = read_amount(body)
        if currency != capture.currency:
            raise BadRequest("CURRENCY_MISMATCH")
        try:
            made = self._desk.refund(
                checkout, reference=reference, capture_id=capture.id, amount_minor=minor
            )
        except ReferenceReused as problem:
            raise BadRequest("DUPLICATE_INVOICE_ID") from problem
        except NotRefundable as problem:
            is_claimed = checkout.is_disputed
            issue = "TRANSACTION_DISPUTED" if is_claimed else "REFUND_AMOUNT_EXCEEDED"
            raise BadRequest(issue) from problem
        current = self._store.get(checkout.id) or checkout
        return as_json(201, view_refund(current, made, api=self._api))

    async def one_refund(self, request: web.Request) -> web.Response:
        """Show one refund."""
        self._desk.let_time_pass()
        shown = (
            view_refund(o, each, api=self._api) for o in self._mine() for each in refunds_of(o)
        )
        found = next((each for each in shown if each["id"] == request.match_info["id"]), None)
        return as_json(200, found) if found else self._manners.missing()

    async def disputes(self, request: web.Request) -> web.Response:
        """Show what the payer of a capture claims, or claimed."""
        of = request.query.get("disputed_transaction_id", "")
        checkout, _ = self._captured(of)
        items = [view_listed_dispute(checkout)] if checkout and checkout.disputed_at else []
        return as_json(200, {"items": items, "links": []})

    async def dispute(self, request: web.Request) -> web.Response:
        """Show one claim."""
        shown = (view_dispute(each) for each in self._mine() if each.disputed_at)
        found = next((e for e in shown if e["dispute_id"] == request.match_info["id"]), None)
        return as_json(200, found) if found else self._manners.missing()

    async def transactions(self, request: web.Request) -> web.Response:
        """Show a page of what was taken within a time, newest first; nothing is shown late."""
        self._desk.let_time_pass()
        since, until = read_span(request.query)
        taken = [each for checkout in self._mine() for each in view_transactions(checkout)]
        taken.sort(key=taken_at, reverse=True)
        found = [each for each in taken if since <= taken_at(each) <= until]
        size, page = read_whole(request.query, "page_size"), read_whole(request.query, "page")
        start = (page - 1) * size
        body = {
            "transaction_details": [
                {"transaction_info": each} for each in found[start : start + size]
            ],
            "last_refreshed_datetime": f"{self._desk.now():%Y-%m-%dT%H:%M:%S+0000}",
            "page": page,
            "total_items": len(found),
            "total_pages": -(-len(found) // size),
        }
        return as_json(200, body)

    @property
    def _api(self) -> str:
        return f"{self._base_url}{PREFIX}"

    def _view(self, checkout: Checkout) -> Shown:
        return view_order(checkout, api=self._api, link=page_link(self._base_url, checkout))

    def _asked(self, request: web.Request) -> Checkout | None:
        """Return the order that a call names; one that ran out is forgotten."""
        self._desk.let_time_pass()
        asked = request.match_info["id"]
        found = next((each for each in self._mine() if number_of(each) == asked), None)
        if found is None:
            return None
        is_over = found.status is CheckoutStatus.EXPIRED and found.late_at is None
        return None if is_over else found

    def _mine(self) -> list[Checkout]:
        return [each for each in self._store.checkouts() if each.terms.tongue == "paypal"]

    def _captured(self, number: str) -> tuple[Checkout | None, Capture | None]:
        for checkout in self._mine():
            for place, capture in enumerate(checkout.captures):
                if capture_number(checkout, place) == number:
                    return checkout, capture
        return None, None

    def _terms(self, body: Mapping[str, Any]) -> Terms:
        units = body.get("purchase_units")
        if body.get("intent") != "CAPTURE" or not isinstance(units, list) or len(units) != 1:
            raise BadRequest("purchase_units")
        unit = inner({"unit": units[0]}, "unit")
        account = _account_of(body)
        is_charge = "vault_id" in account and "experience_context" not in account
        context = {} if is_charge else inner(account, "experience_context")
        reference = read_text(unit, "invoice_id", REFERENCE)
        minor, currency = read_amount(unit)
        return Terms(
            reference=reference,
            amount_minor=minor,
            currency=currency,
            email=f"{reference.lower()}@invalid.example",
            title=read_text(unit, "description", TITLE),
            return_url="" if is_charge else read_text(context, "return_url", URL),
            expires_at=self._desk.now() + LIFE,
            webhook_url=self._webhook_url,
            tongue="paypal",
            needs_capture=True,
            keeps_card=_is_saving(account),
        )


def _account_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    return inner(inner(body, "payment_source"), "paypal")


def _is_saving(account: Mapping[str, Any]) -> bool:
    """Tell whether an order is to save the account that pays it."""
    if "attributes" not in account:
        return False
    vault = inner(inner(account, "attributes"), "vault")
    if (vault.get("store_in_vault"), vault.get("usage_type")) != ("ON_SUCCESS", "MERCHANT"):
        raise BadRequest("vault")
    return True

"""Pesapal, played by the sandbox: pages, notices that prove nothing, refunds that wait for a human.

Calls fail with HTTP 200, the error stands in the answer. An order shows its newest payment only.
One refund may be asked for per payment; that it was turned down is never told.

Source: as of `bot/providers/pesapal`; this is the far side of the wire and shares no code with it.
"""

import hmac
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
from aiohttp import web

from bot.sandbox.provider_desk import Desk, NotRefundable
from bot.sandbox.provider_door import (
    EMAIL,
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
from bot.sandbox.standins.standin import Api, Passes, major_of, minor_of, own_key

PREFIX: Final = "/pesapal"
LIFE: Final = timedelta(days=1)
TOKENS_LIVE: Final = timedelta(minutes=5)
MOST_ADDRESSES: Final = 100
CURRENCIES: Final = frozenset({"KES", "UGX", "TZS", "RWF", "USD"})

STATUSES: Final = {
    CheckoutStatus.PAID: (1, "Completed"),
    CheckoutStatus.DECLINED: (2, "Failed"),
}
UNPAID: Final = (0, "INVALID")
REVERSED: Final = (3, "Reversed")

DECLINES: Final = {
    "insufficient_funds": "Insufficient funds",
    "expired_card": "Expired card",
    "declined_by_bank": "Unable to authorize the transaction",
}
TOLD: Final = frozenset({"checkout.paid", "checkout.declined", "refund.done"})
"""What a notice is sent of; it does not say which."""

_REFERENCE: Final = re.compile(r"[A-Za-z0-9._:-]{1,50}")
_CODE: Final = re.compile(r"[A-Z0-9]{1,40}")
_WORDS: Final = re.compile(r"[^\x00-\x1f\x7f]{1,100}")

Shown = dict[str, object]


class PesapalStandin:
    """Pesapal's API under one made-up consumer."""

    title: str = "Pesapal"

    def __init__(self, store: ProviderStore, *, base_url: str, webhook_url: str) -> None:
        """Speak of what the store knows; pages are below `base_url`.

        Notices go where their registered address is, so `webhook_url` is not needed.
        """
        self._store = store
        self._base_url = base_url
        self._webhook_url = webhook_url
        self._key = own_key(store.keys, "pesapal key")
        self._secret = own_key(store.keys, "pesapal secret")
        self._passes = Passes(own_key(store.keys, "pesapal tokens"), life=TOKENS_LIVE)
        self._now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def env(self) -> Mapping[str, str]:
        """Return the settings by which the bot finds this provider."""
        return {
            "PESAPAL_CONSUMER_KEY": self._key,
            "PESAPAL_CONSUMER_SECRET": self._secret,
            "PESAPAL_IPN_ID": "",
            "PESAPAL_API_URL": f"{self._base_url}{PREFIX}",
        }

    def event(self, happening: Happening) -> bytes:
        """Say that something changed, never what."""
        if happening.kind not in TOLD:
            return b""
        named = {
            "OrderNotificationType": "IPNCHANGE",
            "OrderTrackingId": tracking_id(happening.checkout),
            "OrderMerchantReference": happening.checkout.terms.reference,
        }
        return orjson.dumps(named)

    def headers(self, body: bytes, *, at: datetime, is_forged: bool) -> Mapping[str, str]:
        """Prove nothing."""
        return {}

    def turned_away(self, request: web.Request) -> web.Response | None:
        """Check the token."""
        if self._passes.admits(request, self._now()):
            return None
        return as_json(401, refusal("invalid_api_credentials_provided"))

    def failure(self, status: int) -> web.Response:
        """Say that it does not work now."""
        return as_json(status, refusal("internal_server_error"))

    def bad_request(self, what: str) -> web.Response:
        """Say that a request was not understood, or not carried out for this reason."""
        code = what if what in _CODES else "invalid_api_request_parameters"
        return as_json(200, refusal(code, what))

    def missing(self) -> web.Response:
        """Say that nobody has tried to pay."""
        return as_json(200, refusal("payment_details_not_found"))

    def routes(self, desk: Desk, door: Door) -> list[web.RouteDef]:
        """Return the API's routes."""
        self._now = desk.now
        api = _Api(self, self._store, desk, base_url=self._base_url, webhook_url=self._webhook_url)
        orders = f"{PREFIX}/api/Transactions"
        return [
            web.post(f"{PREFIX}/api/Auth/RequestToken", door.admitting(self._token)),
            web.get(f"{PREFIX}/api/URLSetup/GetIpnList", door.listing(api.addresses)),
            web.post(f"{PREFIX}/api/URLSetup/RegisterIPN", door.changing(api.register)),
            web.post(f"{orders}/SubmitOrderRequest", door.making(api.open_order)),
            web.get(f"{orders}/GetTransactionStatus", door.showing(api.status)),
            web.post(f"{orders}/RefundRequest", door.giving_back(api.refund)),
        ]

    async def _token(self, request: web.Request) -> web.Response:
        """Give a token to who has the consumer's keys, constant-time."""
        body = await read_body(request)
        given = f"{body.get('consumer_key')}:{body.get('consumer_secret')}".encode(errors="replace")
        if not hmac.compare_digest(given, f"{self._key}:{self._secret}".encode()):
            return as_json(200, refusal("invalid_consumer_key_or_secret_provided"))
        token, until = self._passes.issue(self._now())
        return as_json(200, said(token=token, expiryDate=until.isoformat()))


class _Api(Api):
    """The calls."""

    def __init__(
        self, manners: Manners, store: ProviderStore, desk: Desk, *, base_url: str, webhook_url: str
    ) -> None:
        """Know no address yet that is told."""
        super().__init__(manners, store, desk, base_url=base_url, webhook_url=webhook_url)
        self._known: dict[str, str] = {}

    async def addresses(self, _: web.Request) -> web.Response:
        """List the addresses that are told."""
        return as_json(200, [_address(url, key) for key, url in self._known.items()])

    async def register(self, request: web.Request) -> web.Response:
        """Keep an address; the same one has the same id, also after a restart."""
        body = await read_body(request)
        url = read_text(body, "url", URL)
        if body.get("ipn_notification_type") != "POST" or len(self._known) >= MOST_ADDRESSES:
            raise BadRequest("ipn_notification_type")
        key = str(uuid.uuid5(uuid.NAMESPACE_URL, url))
        self._known[key] = url
        return as_json(200, said(**_address(url, key)))

    async def open_order(self, request: web.Request) -> web.Response:
        """Make an order, unless the reference was used before."""
        terms = self._terms(await read_body(request))
        if self._store.find(terms.reference):
            raise BadRequest("duplicate_order_id")
        checkout = self._desk.open(terms)
        answer = said(
            order_tracking_id=tracking_id(checkout),
            merchant_reference=terms.reference,
            redirect_url=page_link(self._base_url, checkout),
        )
        return as_json(200, answer)

    async def status(self, request: web.Request) -> web.Response:
        """Show what became of an order."""
        self._desk.let_time_pass()
        asked = request.query.get("orderTrackingId", "")
        found = next((each for each in self._mine() if tracking_id(each) == asked), None)
        return as_json(200, view(found)) if found else self._manners.missing()

    async def refund(self, request: web.Request) -> web.Response:
        """Note that a payment shall be given back; whoever approves that is a human."""
        body = await read_body(request)
        code = read_text(body, "confirmation_code", _CODE)
        checkout, capture = self._captured(code)
        if checkout is None or capture is None or checkout.refunds:
            raise BadRequest("refund_not_possible")
        minor = minor_of(_written(body), capture.currency)
        read_text(body, "username", _WORDS)
        read_text(body, "remarks", _WORDS)
        try:
            self._desk.refund(
                checkout, reference=f"pesapal:{code}", capture_id=capture.id, amount_minor=minor
            )
        except NotRefundable as problem:
            raise BadRequest("refund_not_possible") from problem
        return as_json(200, {"status": "200", "message": "Refund request successfully"})

    def _mine(self) -> list[Checkout]:
        return [each for each in self._store.checkouts() if each.terms.tongue == "pesapal"]

    def _captured(self, code: str) -> tuple[Checkout | None, Capture | None]:
        for checkout in self._mine():
            for capture in checkout.captures:
                if confirmation_code(capture) == code:
                    return checkout, capture
        return None, None

    def _terms(self, body: Mapping[str, Any]) -> Terms:
        currency, told = body.get("currency"), self._known.get(str(body.get("notification_id")))
        if currency not in CURRENCIES:
            raise BadRequest("currency")
        if told is None:
            raise BadRequest("InvalidIpnId")
        payer = body.get("billing_address")
        if not isinstance(payer, dict):
            raise BadRequest("missing_mandatory_billing_address")
        return Terms(
            reference=read_text(body, "id", _REFERENCE),
            amount_minor=minor_of(_written(body), str(currency)),
            currency=str(currency),
            email=read_text(payer, "email_address", EMAIL),
            title=read_text(body, "description", TITLE),
            return_url=read_text(body, "callback_url", URL),
            expires_at=self._desk.now() + LIFE,
            webhook_url=told,
            tongue="pesapal",
        )


_CODES: Final = frozenset(
    {
        "InvalidIpnId",
        "missing_mandatory_billing_address",
        "duplicate_order_id",
        "refund_not_possible",
    }
)


def said(**members: object) -> Shown:
    """Say that a call worked."""
    return {**members, "error": None, "status": "200"}


def refusal(code: str, message: str = "Look at your request") -> Shown:
    """Say that a call did not."""
    error = {"error_type": "api_error", "code": code, "message": message}
    return {"error": error, "status": "500", "message": message}


def view(checkout: Checkout) -> Shown:
    """Show what became of an order; a payment that failed is an error there, too."""
    terms, taken = checkout.terms, checkout.captures[-1] if checkout.captures else None
    number, word = STATUSES.get(checkout.status, UNPAID)
    if taken and checkout.refunded_minor(taken) == taken.amount_minor:
        number, word = REVERSED
    currency = taken.currency if taken else terms.currency
    minor = taken.amount_minor if taken else terms.amount_minor
    nothing = {"error_type": None, "code": None, "message": None, "call_back_url": None}
    return {
        "payment_method": "Visa",
        "amount": orjson.Fragment(major_of(minor, currency).encode()),
        "created_date": f"{taken.at if taken else checkout.created_at:%Y-%m-%dT%H:%M:%S}",
        "confirmation_code": confirmation_code(taken) if taken else None,
        "order_tracking_id": tracking_id(checkout),
        "payment_status_description": word,
        "description": DECLINES.get(checkout.decline),
        "message": "Request processed successfully",
        "payment_account": "476173**0010",
        "call_back_url": terms.return_url,
        "status_code": number,
        "merchant_reference": terms.reference,
        "payment_status_code": "",
        "currency": currency,
        "error": nothing,
        "status": "200",
    }


def tracking_id(checkout: Checkout) -> str:
    """Return what Pesapal calls an order."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, checkout.id))


def confirmation_code(capture: Capture) -> str:
    """Return what Pesapal calls a payment of an order."""
    return capture.id.partition("_")[2].upper()


def _address(url: str, key: str) -> Shown:
    return {"url": url, "ipn_id": key, "ipn_notification_type_description": "POST", "ipn_status": 1}


def _written(body: Mapping[str, Any]) -> str:
    value = body.get("amount")
    return str(value) if type(value) in {int, float} else ""

"""Paystack, played by the sandbox: pages, look-ups, lists, refunds, saved cards, signed events.

A capture is the whole transaction: of two under one reference it knows the first. No session
limit is set there, so a page lives for a day.

Source: as of `bot/providers/paystack`; this is the far side of the wire and shares no code with it.
"""

import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
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
    as_json,
    read_body,
    read_currency,
    read_minor,
    read_text,
)
from bot.sandbox.provider_records import Checkout, Terms
from bot.sandbox.provider_refund_records import Refund
from bot.sandbox.provider_store import ProviderStore
from bot.sandbox.provider_tongue import FORGED, Happening, page_link
from bot.sandbox.standins.losses import lost_as_refunds
from bot.sandbox.standins.paystack_views import (
    is_told,
    knows_card,
    page,
    pages_of,
    refusal,
    said,
    view,
    view_charge,
    view_dispute,
    view_event,
    view_new_refund,
    view_refund,
    view_refund_event,
    view_row,
)
from bot.sandbox.standins.standin import Api, bears, number, own_key

PREFIX: Final = "/paystack"
LIFE: Final = timedelta(days=1)
MOST_ROWS: Final = 100
MOST_REFUNDS: Final = 50

EVENTS: Final = {
    "checkout.paid": "charge.success",
    "dispute.opened": "charge.dispute.create",
    "dispute.closed": "charge.dispute.resolve",
}
"""Of declined and expired pages there is no event."""

_REFERENCE: Final = re.compile(r"[A-Za-z0-9.=-]{1,100}")
_NOTE: Final = re.compile(r"[^\x00-\x1f\x7f]{0,200}")


class PaystackStandin:
    """Paystack's API under one made-up test key."""

    title: str = "Paystack"

    def __init__(self, store: ProviderStore, *, base_url: str, webhook_url: str) -> None:
        """Speak of what the store knows; pages are below `base_url`, events go to `webhook_url`."""
        self._store = store
        self._base_url = base_url
        self._webhook_url = webhook_url
        self._key = f"sk_test_{own_key(store.keys, 'paystack')}"

    def env(self) -> Mapping[str, str]:
        """Return the settings by which the bot finds this provider."""
        return {
            "PAYSTACK_SECRET_KEY": self._key,
            "PAYSTACK_API_URL": f"{self._base_url}{PREFIX}",
        }

    def event(self, happening: Happening) -> bytes:
        """Show what was paid, given back or claimed; nothing else is told."""
        if happening.refund is not None:
            shown = view_refund_event(happening.checkout, happening.refund)
            return orjson.dumps({"event": f"refund.{shown['status']}", "data": shown})
        name, checkout, dispute = EVENTS.get(happening.kind), happening.checkout, happening.dispute
        if name is None or (dispute is not None and not is_told(checkout, dispute)):
            return b""
        data = view_event(checkout) if dispute is None else view_dispute(checkout, dispute)
        return orjson.dumps({"event": name, "data": data})

    def headers(self, body: bytes, *, at: datetime, is_forged: bool) -> Mapping[str, str]:
        """Sign the body; the time is not signed."""
        return {"x-paystack-signature": sign(FORGED if is_forged else self._key, body)}

    def turned_away(self, request: web.Request) -> web.Response | None:
        """Check the key, constant-time."""
        if bears(request, self._key):
            return None
        return as_json(401, refusal("invalid_Key", "Invalid key"))

    def failure(self, status: int) -> web.Response:
        """Say that it does not work now."""
        return as_json(status, {**refusal("api_error", "Try again"), "type": "api_error"})

    def bad_request(self, what: str) -> web.Response:
        """Name the field."""
        return as_json(400, refusal("invalid_params", what))

    def missing(self) -> web.Response:
        """Say that there is no such thing."""
        return as_json(404, refusal("transaction_not_found", "Transaction reference not found"))

    def routes(self, desk: Desk, door: Door) -> list[web.RouteDef]:
        """Return the API's routes."""
        api = _Api(self, self._store, desk, base_url=self._base_url, webhook_url=self._webhook_url)
        made, shown, listed = door.making, door.showing, door.listing
        return [
            web.post(f"{PREFIX}/transaction/initialize", made(api.initialize)),
            web.post(f"{PREFIX}/transaction/charge_authorization", made(api.charge)),
            web.get(f"{PREFIX}/transaction/verify/{{reference}}", shown(api.verify)),
            web.get(f"{PREFIX}/transaction", listed(api.transactions)),
            web.post(f"{PREFIX}/refund", door.giving_back(api.refund)),
            web.get(f"{PREFIX}/refund", listed(api.refunds)),
            web.get(f"{PREFIX}/refund/{{id}}", shown(api.one_refund)),
        ]


class _Api(Api):
    """The calls."""

    async def initialize(self, request: web.Request) -> web.Response:
        """Make a page, unless the reference was used before."""
        checkout = self._open(await read_body(request))
        if checkout is None:
            return _used()
        return as_json(200, said(page(checkout, page_link(self._base_url, checkout))))

    async def charge(self, request: web.Request) -> web.Response:
        """Charge a card that paid here before."""
        body = await read_body(request)
        if not knows_card(body):
            raise BadRequest("authorization_code")
        checkout = self._open(body)
        if checkout is None:
            return _used()
        return as_json(200, said(view_charge(self._desk.pay(checkout))))

    async def verify(self, request: web.Request) -> web.Response:
        """Show one transaction."""
        self._desk.let_time_pass()
        checkout = self._store.find(request.match_info["reference"])
        return as_json(200, said(view(checkout))) if checkout else self._manners.missing()

    async def transactions(self, request: web.Request) -> web.Response:
        """Show a page of transactions, newest first."""
        size, start = _whole(request.query, "perPage", 50), _whole(request.query, "next", 0)
        newest = [each for each in reversed(self._mine()) if _is_within(each, request.query)]
        rows = [view_row(each) for each in newest[start : start + size]]
        if request.query.get("use_cursor") != "true":
            volume = sum(e.terms.amount_minor for e in newest if e.captures)
            counted = {**pages_of(len(newest), size=size), "total_volume": volume}
            return as_json(200, {**said(rows), "meta": counted})
        following = str(start + size) if start + size < len(newest) else None
        meta = {"next": following, "previous": None, "perPage": size}
        return as_json(200, {**said(rows), "meta": meta})

    async def refund(self, request: web.Request) -> web.Response:
        """Give money back; the same question twice gives it twice."""
        body = await read_body(request)
        checkout = self._paid(str(body.get("transaction", "")))
        note = read_text(body, "merchant_note", _NOTE)
        minor = read_minor(body, "amount")
        if checkout is None:
            raise BadRequest("transaction")
        reference = f"{len(checkout.refunds)}.{checkout.id}:{note}"
        capture = checkout.captures[0]
        try:
            made = self._desk.refund(
                checkout, reference=reference, capture_id=capture.id, amount_minor=minor
            )
        except NotRefundable as problem:
            raise BadRequest(str(problem)) from problem
        return as_json(200, said(view_new_refund(checkout, made)))

    async def refunds(self, request: web.Request) -> web.Response:
        """Show the refunds of a transaction."""
        self._desk.let_time_pass()
        checkout = self._paid(request.query.get("transaction", ""))
        found = () if checkout is None else _given_back(checkout)
        rows = [view_refund(checkout, each) for each in found if checkout is not None]
        counted = pages_of(len(rows), size=MOST_REFUNDS)
        meta = {**counted, "perPage": str(MOST_REFUNDS), "failedRefundCount": 0}
        return as_json(200, {**said(rows), "meta": meta})

    async def one_refund(self, request: web.Request) -> web.Response:
        """Show one refund."""
        self._desk.let_time_pass()
        for checkout in self._mine():
            for refund in checkout.refunds:
                if str(number(refund.id)) == request.match_info["id"]:
                    return as_json(200, said(view_refund(checkout, refund)))
        return self._manners.missing()

    def _open(self, body: Mapping[str, Any]) -> Checkout | None:
        reference = read_text(body, "reference", _REFERENCE)
        terms = Terms(
            reference=reference,
            amount_minor=read_minor(body, "amount"),
            currency=read_currency(body),
            email=read_text(body, "email", EMAIL),
            title=_title(body),
            return_url=read_text(body, "callback_url", URL) if "callback_url" in body else "",
            expires_at=self._desk.now() + LIFE,
            webhook_url=self._webhook_url,
            tongue="paystack",
        )
        return None if self._store.find(reference) else self._desk.open(terms)

    def _mine(self) -> list[Checkout]:
        return [each for each in self._store.checkouts() if each.terms.tongue == "paystack"]

    def _paid(self, name: str) -> Checkout | None:
        """Return the paid transaction of this number or reference."""
        paid = (each for each in self._mine() if each.captures)
        return next((e for e in paid if name in {str(number(e.id)), e.terms.reference}), None)


def sign(key: str, body: bytes) -> str:
    """Return the signature of an event."""
    return hmac.new(key.encode(), body, "sha512").hexdigest()


def _title(body: Mapping[str, Any]) -> str:
    try:
        return read_text(body["metadata"]["custom_fields"][0], "value", TITLE)
    except (KeyError, IndexError, TypeError, BadRequest):
        return "A payment"


def _used() -> web.Response:
    return as_json(400, refusal("duplicate_reference", "Duplicate Transaction Reference"))


def _whole(query: Mapping[str, str], name: str, default: int) -> int:
    written = query.get(name, str(default))
    if not written.isdecimal() or int(written) > MOST_ROWS * MOST_ROWS:
        raise BadRequest(name)
    return int(written)


def _is_within(checkout: Checkout, query: Mapping[str, str]) -> bool:
    at = checkout.created_at
    since, until = query.get("from"), query.get("to")
    is_after = not since or at >= datetime.fromisoformat(since)
    return is_after and (not until or at <= datetime.fromisoformat(until))


def _given_back(checkout: Checkout) -> list[Refund]:
    """Return the refunds of what is told, the first capture, with what banks kept of it."""
    first = checkout.captures[0].id
    lost = (each for each in lost_as_refunds(checkout) if each.capture_id == first)
    return [*checkout.refunds, *lost]

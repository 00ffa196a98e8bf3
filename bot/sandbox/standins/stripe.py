"""Stripe, played by the sandbox: pages, look-ups, search, lists, refunds, saved cards, events.

A page is paid by one PaymentIntent: of two captures it knows the first. Money that is promised
before a page expires is a bank debit: its page is complete, and paid later. A key of idempotency
is kept for ever, as the reference that it is made of.

Source: as of `bot/providers/stripe`; this is the far side of the wire and shares no code with it.
"""

import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import orjson
from aiohttp import web

from bot.sandbox.provider_desk import FEES_COME_AFTER, Desk, NotRefundable, ReferenceReused
from bot.sandbox.provider_door import (
    EMAIL,
    REFERENCE,
    TITLE,
    URL,
    BadRequest,
    Door,
    as_json,
    read_text,
)
from bot.sandbox.provider_records import Checkout, Terms
from bot.sandbox.provider_store import ProviderStore
from bot.sandbox.provider_tongue import FORGED, Happening, page_link
from bot.sandbox.standins.standin import Api, bears, own_key
from bot.sandbox.standins.stripe_forms import (
    page_of,
    read_currency,
    read_form,
    read_minor,
    read_moment,
    read_whole,
    used_for_something_else,
)
from bot.sandbox.standins.stripe_views import (
    Shown,
    card_of,
    claims_on,
    has_intent,
    is_late,
    is_owned_by,
    minor_of,
    refusal,
    tail,
    view_charge,
    view_dispute,
    view_entry,
    view_intent,
    view_page,
    view_refund,
)

PREFIX: Final = "/stripe/v1"
VERSION: Final = "2026-06-24.dahlia"
"""What its answers and events look like."""
SHORTEST: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(days=1)

EVENTS: Final = {
    "checkout.paid": "checkout.session.completed",
    "checkout.declined": "payment_intent.payment_failed",
    "checkout.expired": "checkout.session.expired",
    "fee.known": "charge.updated",
    "refund.done": "charge.refunded",
    "refund.failed": "refund.failed",
    "refund.returned": "refund.failed",
    "refund.pending": "refund.updated",
    "refund.needs_attention": "refund.updated",
    "dispute.opened": "charge.dispute.created",
    "dispute.closed": "charge.dispute.closed",
}

_PRICE: Final = "line_items[0][price_data]"
_QUERY: Final = re.compile(r'metadata\["hazina_reference"\]:"([A-Za-z0-9._=-]{1,80})"')


class StripeStandin:
    """Stripe's API under one made-up test key."""

    title: str = "Stripe"

    def __init__(self, store: ProviderStore, *, base_url: str, webhook_url: str) -> None:
        """Speak of what the store knows; pages are below `base_url`, events go to `webhook_url`."""
        self._store = store
        self._base_url = base_url
        self._webhook_url = webhook_url
        self._key = f"sk_test_{own_key(store.keys, 'stripe')}"
        self._secret = f"whsec_{own_key(store.keys, 'stripe hooks')}"

    def env(self) -> Mapping[str, str]:
        """Return the settings by which the bot finds this provider."""
        return {
            "STRIPE_SECRET_KEY": self._key,
            "STRIPE_WEBHOOK_SECRET": self._secret,
            "STRIPE_PUBLISHABLE_KEY": f"pk_test_{own_key(self._store.keys, 'stripe pages')}",
            "STRIPE_API_URL": f"{self._base_url}{PREFIX}",
        }

    def event(self, happening: Happening) -> bytes:
        """Show what an event is about: a page, a PaymentIntent, a charge, a refund, a dispute."""
        checkout, kind = happening.checkout, EVENTS[happening.kind]
        if happening.kind == "checkout.expired" and is_late(checkout):
            return b""
        if happening.kind == "checkout.paid" and not checkout.terms.return_url:
            kind = "payment_intent.succeeded"
        elif happening.kind == "checkout.paid" and happening.at >= checkout.terms.expires_at:
            kind = "checkout.session.async_payment_succeeded"
        body = {
            "id": happening.event_id,
            "object": "event",
            "api_version": VERSION,
            "created": int(happening.at.timestamp()),
            "livemode": False,
            "pending_webhooks": 1,
            "request": None,
            "type": kind,
            "data": {"object": self._told(kind, happening)},
        }
        return orjson.dumps(body)

    def _told(self, kind: str, happening: Happening) -> Shown:
        checkout = happening.checkout
        match kind.partition(".")[0]:
            case "checkout":
                return view_page(checkout, page_link(self._base_url, checkout))
            case "payment_intent":
                return view_intent(checkout)
            case "refund" if happening.refund is not None:
                return view_refund(checkout, happening.refund)
            case _:
                if happening.dispute is not None:
                    return view_dispute(checkout, happening.dispute)
                return view_charge(checkout, has_entry=_has_entry(checkout, happening.at))

    def headers(self, body: bytes, *, at: datetime, is_forged: bool) -> Mapping[str, str]:
        """Sign the body and the time."""
        stamp, secret = int(at.timestamp()), FORGED if is_forged else self._secret
        signed = f"{stamp}.".encode() + body
        proof = hmac.new(secret.encode(), signed, "sha256").hexdigest()
        return {"stripe-signature": f"t={stamp},v1={proof}"}

    def turned_away(self, request: web.Request) -> web.Response | None:
        """Check the key, constant-time."""
        if bears(request, self._key):
            return None
        return as_json(401, refusal("", "Invalid API Key provided"))

    def failure(self, status: int) -> web.Response:
        """Say that it does not work now."""
        is_busy = status == web.HTTPTooManyRequests.status_code
        code, kind = ("rate_limit", "invalid_request_error") if is_busy else ("", "api_error")
        return as_json(status, refusal(code, "Try again later", kind=kind))

    def bad_request(self, what: str) -> web.Response:
        """Name the field."""
        code, _, field = what.rpartition(" ")
        return as_json(400, refusal(code or "parameter_invalid_empty", what, field=field))

    def missing(self) -> web.Response:
        """Say that there is no such thing."""
        return as_json(404, refusal("resource_missing", "There is no such thing", field="id"))

    def routes(self, desk: Desk, door: Door) -> list[web.RouteDef]:
        """Return the API's routes."""
        api = _Api(self, self._store, desk, base_url=self._base_url, webhook_url=self._webhook_url)
        made, shown, listed = door.making, door.showing, door.listing
        return [
            web.post(f"{PREFIX}/checkout/sessions", made(api.open_page)),
            web.get(f"{PREFIX}/checkout/sessions", listed(api.pages)),
            web.get(f"{PREFIX}/checkout/sessions/{{id}}", shown(api.page)),
            web.post(f"{PREFIX}/payment_intents", made(api.charge)),
            web.get(f"{PREFIX}/payment_intents", listed(api.intents)),
            web.get(f"{PREFIX}/payment_intents/search", listed(api.search)),
            web.get(f"{PREFIX}/payment_intents/{{id}}", shown(api.intent)),
            web.post(f"{PREFIX}/refunds", door.giving_back(api.refund)),
            web.get(f"{PREFIX}/refunds", listed(api.refunds)),
            web.get(f"{PREFIX}/refunds/{{id}}", shown(api.one_refund)),
            web.get(f"{PREFIX}/disputes", listed(api.disputes)),
            web.get(f"{PREFIX}/charges", listed(api.charges)),
            web.get(f"{PREFIX}/balance_transactions", listed(api.entries)),
            web.get(f"{PREFIX}/account", shown(api.account)),
        ]


class _Api(Api):
    """The calls."""

    async def open_page(self, request: web.Request) -> web.Response:
        """Make a page, or show the first one of this reference."""
        form, now = await read_form(request), self._desk.now()
        expires_at = read_moment(form, "expires_at") or now + LONGEST
        known = self._store.find(form.get("client_reference_id", ""))
        if known is None and not now + SHORTEST <= expires_at <= now + LONGEST:
            raise BadRequest("expires_at")
        terms = self._terms(form, expires_at=expires_at)
        checkout = self._desk.open(terms) if known is None else known
        if (checkout.terms.amount_minor, checkout.terms.currency) != (
            terms.amount_minor,
            terms.currency,
        ):
            return used_for_something_else()
        return as_json(200, self._view_page(checkout, is_new=True))

    async def page(self, request: web.Request) -> web.Response:
        """Show a page, with what paid it where that is asked for."""
        self._desk.let_time_pass()
        checkout = self._mine_by(request.match_info["id"], "cs_test_")
        is_whole = "expand[0]" in request.query
        return (
            as_json(200, self._view_page(checkout, is_whole=is_whole))
            if checkout
            else self._manners.missing()
        )

    async def account(self, request: web.Request) -> web.Response:
        """Show whose account it is."""
        return as_json(200, {"id": "acct_sandbox", "object": "account"})

    async def pages(self, request: web.Request) -> web.Response:
        """Show the newest pages."""
        return page_of([self._view_page(each) for each in self._newest()], request.query)

    async def charge(self, request: web.Request) -> web.Response:
        """Charge a card that was kept here."""
        form = await read_form(request)
        owned = [each for each in self._newest() if is_owned_by(each, form.get("customer", ""))]
        if not owned:
            raise BadRequest("resource_missing customer")
        if form.get("payment_method") not in {card_of(each) for each in owned}:
            raise BadRequest("resource_missing payment_method")
        if (form.get("off_session"), form.get("confirm")) != ("true", "true"):
            raise BadRequest("confirm")
        terms = Terms(
            reference=read_text(form, "metadata[hazina_reference]", REFERENCE),
            amount_minor=read_minor(form, "amount", "currency"),
            currency=read_currency(form, "currency"),
            email=owned[0].terms.email,
            title=read_text(form, "description", TITLE),
            return_url="",
            expires_at=self._desk.now() + LONGEST,
            webhook_url=self._webhook_url,
            tongue="stripe",
        )
        checkout = self._store.find(terms.reference)
        if checkout is None:
            checkout = self._desk.pay(self._desk.open(terms))
        shown = self._view_intent(
            checkout, is_whole="expand[0]" in form, with_card="expand[1]" in form
        )
        return as_json(200, shown)

    async def intent(self, request: web.Request) -> web.Response:
        """Show one PaymentIntent."""
        self._desk.let_time_pass()
        checkout = self._mine_by(request.match_info["id"], "pi_")
        if checkout is None or not has_intent(checkout):
            return self._manners.missing()
        is_whole = "expand[0]" in request.query
        return as_json(200, self._view_intent(checkout, is_whole=is_whole, with_card=True))

    async def intents(self, request: web.Request) -> web.Response:
        """Show a page of PaymentIntents, newest first."""
        since, until = (
            read_moment(request.query, "created[gte]"),
            read_moment(request.query, "created[lte]"),
        )
        found = [
            self._view_intent(each, is_whole="expand[0]" in request.query)
            for each in self._newest()
            if has_intent(each)
            and (since is None or each.created_at >= since)
            and (until is None or each.created_at <= until)
        ]
        return page_of(found, request.query)

    async def search(self, request: web.Request) -> web.Response:
        """Show the PaymentIntents with this reference."""
        self._desk.let_time_pass()
        asked = _QUERY.fullmatch(request.query.get("query", ""))
        if asked is None:
            raise BadRequest("query")
        mine = [each for each in self._newest() if each.terms.reference == asked[1]]
        found = [self._view_intent(each, is_whole=True) for each in mine if has_intent(each)]
        return page_of(found, request.query, kind="search_result")

    async def refund(self, request: web.Request) -> web.Response:
        """Give money back; the same reference gives it once."""
        form = await read_form(request)
        checkout = self._mine_by(form.get("payment_intent", ""), "pi_")
        reference = read_text(form, "metadata[hazina_reference]", REFERENCE)
        if checkout is None or not checkout.captures:
            raise BadRequest("resource_missing payment_intent")
        capture = checkout.captures[0]
        amount_minor = minor_of(read_whole(form, "amount"), capture.currency)
        try:
            made = self._desk.refund(
                checkout, reference=reference, capture_id=capture.id, amount_minor=amount_minor
            )
        except ReferenceReused:
            return used_for_something_else()
        except NotRefundable as problem:
            raise BadRequest(str(problem)) from problem
        return as_json(200, view_refund(checkout, made))

    async def refunds(self, request: web.Request) -> web.Response:
        """Show the refunds of a payment, or all; newest first."""
        self._desk.let_time_pass()
        of = request.query.get("payment_intent", "")
        found = [
            view_refund(checkout, refund)
            for checkout in self._newest()
            if of in {"", f"pi_{tail(checkout)}"}
            for refund in reversed(checkout.refunds)
        ]
        return page_of(found, request.query)

    async def one_refund(self, request: web.Request) -> web.Response:
        """Show one refund."""
        self._desk.let_time_pass()
        asked = request.match_info["id"]
        shown = [view_refund(each, refund) for each in self._newest() for refund in each.refunds]
        found = [each for each in shown if each["id"] == asked]
        return as_json(200, found[0]) if found else self._manners.missing()

    async def disputes(self, request: web.Request) -> web.Response:
        """Show what banks claim."""
        of = request.query.get("payment_intent", "")
        paid = [each for each in self._newest() if of in {"", f"pi_{tail(each)}"}]
        return page_of(
            [view_dispute(checkout, each) for checkout in paid for each in claims_on(checkout)],
            request.query,
        )

    async def charges(self, request: web.Request) -> web.Response:
        """Show the newest charges."""
        taken = [each for each in self._newest() if each.captures]
        now = self._desk.now()
        shown = [view_charge(each, has_entry=_has_entry(each, now)) for each in taken]
        return page_of(shown, request.query)

    async def entries(self, request: web.Request) -> web.Response:
        """Show the newest entries of the balance."""
        known = [each for each in self._newest() if _has_entry(each, self._desk.now())]
        return page_of([view_entry(each) for each in known], request.query)

    def _terms(self, form: Mapping[str, str], *, expires_at: datetime) -> Terms:
        reference = read_text(form, "client_reference_id", REFERENCE)
        typed = f"{reference.lower()}@typed.example"
        return Terms(
            reference=reference,
            amount_minor=read_minor(form, f"{_PRICE}[unit_amount]", f"{_PRICE}[currency]"),
            currency=read_currency(form, f"{_PRICE}[currency]"),
            email=read_text({"customer_email": typed, **form}, "customer_email", EMAIL),
            title=read_text(form, f"{_PRICE}[product_data][name]", TITLE),
            return_url=read_text(form, "success_url", URL),
            expires_at=expires_at,
            webhook_url=self._webhook_url,
            tongue="stripe",
            keeps_card=form.get("saved_payment_method_options[payment_method_save]") == "enabled",
        )

    def _view_page(
        self, checkout: Checkout, *, is_whole: bool = False, is_new: bool = False
    ) -> Shown:
        link, has_entry = (
            page_link(self._base_url, checkout),
            _has_entry(checkout, self._desk.now()),
        )
        return view_page(checkout, link, is_whole=is_whole, is_new=is_new, has_entry=has_entry)

    def _view_intent(self, checkout: Checkout, *, is_whole: bool, with_card: bool = False) -> Shown:
        has_entry = _has_entry(checkout, self._desk.now())
        return view_intent(checkout, is_whole=is_whole, with_card=with_card, has_entry=has_entry)

    def _newest(self) -> list[Checkout]:
        mine = [each for each in self._store.checkouts() if each.terms.tongue == "stripe"]
        return mine[::-1]

    def _mine_by(self, shown_id: str, start: str) -> Checkout | None:
        found = self._store.get(f"chk_{shown_id.removeprefix(start)}")
        is_mine = found is not None and found.terms.tongue == "stripe"
        return found if is_mine and shown_id.startswith(start) else None


def _has_entry(checkout: Checkout, now: datetime) -> bool:
    """Tell whether what a charge did to the balance, and so its fee, is known by now."""
    taken = checkout.captures[:1]
    return any(now >= each.at + FEES_COME_AFTER["stripe"] for each in taken)

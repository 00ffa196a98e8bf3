"""Flutterwave v3, played by the sandbox: pages, look-ups, lists, refunds, saved cards, events.

Every capture is a transaction of its own, and so is a refused card; an unpaid page is none. A
look-up by reference shows the newest. A page lives as long as its session.

Source: as of `bot/providers/flutterwave`; this is the far side of the wire and shares no code with
it.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
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
    read_text,
)
from bot.sandbox.provider_records import SOMEBODY, Capture, Checkout, Terms
from bot.sandbox.provider_store import ProviderStore
from bot.sandbox.provider_tongue import FORGED, Happening, page_link
from bot.sandbox.standins.flutterwave_views import (
    ROWS,
    as_row,
    card_token,
    pages,
    refusal,
    said,
    tries,
    view_refund,
)
from bot.sandbox.standins.standin import Api, bears, minor_of, number, own_key

PREFIX: Final = "/flutterwave/v3"
LONGEST_MIN: Final = 1440
MOST_PAGES: Final = 10_000

_REFERENCE: Final = re.compile(r"[A-Za-z0-9._=-]{1,100}")
_NOTE: Final = re.compile(r"[^\x00-\x1f\x7f]{0,300}")


class FlutterwaveStandin:
    """Flutterwave's API under one made-up test key."""

    title: str = "Flutterwave"

    def __init__(self, store: ProviderStore, *, base_url: str, webhook_url: str) -> None:
        """Speak of what the store knows; pages are below `base_url`, events go to `webhook_url`."""
        self._store = store
        self._base_url = base_url
        self._webhook_url = webhook_url
        key = own_key(store.keys, "flutterwave", length=32)
        self._key = f"FLWSECK_TEST-{key}-X"
        self._public_key = f"FLWPUBK_TEST-{key[::-1]}-X"
        self._hash = own_key(store.keys, "flutterwave hash")

    def env(self) -> Mapping[str, str]:
        """Return the settings by which the bot finds this provider."""
        return {
            "FLUTTERWAVE_SECRET_KEY": self._key,
            "FLUTTERWAVE_PUBLIC_KEY": self._public_key,
            "FLUTTERWAVE_WEBHOOK_SECRET": self._hash,
            "FLUTTERWAVE_API_URL": f"{self._base_url}{PREFIX}",
        }

    def event(self, happening: Happening) -> bytes:
        """Show what was tried; nothing else is told."""
        if happening.kind not in {"checkout.paid", "checkout.declined"}:
            return b""
        data = tries(happening.checkout)[-1]
        named = {"event": "charge.completed", "event.type": "CARD_TRANSACTION"}
        return orjson.dumps({**named, "data": data})

    def headers(self, body: bytes, *, at: datetime, is_forged: bool) -> Mapping[str, str]:
        """Bring the secret hash; the body is not signed."""
        return {"verif-hash": FORGED if is_forged else self._hash}

    def turned_away(self, request: web.Request) -> web.Response | None:
        """Check the key, constant-time."""
        if bears(request, self._key):
            return None
        return as_json(401, refusal("Invalid authorization key"))

    def failure(self, status: int) -> web.Response:
        """Say that it does not work now."""
        return as_json(status, refusal("An error occurred. Please contact support"))

    def bad_request(self, what: str) -> web.Response:
        """Name the field."""
        return as_json(400, refusal(f"{what} is invalid"))

    def missing(self) -> web.Response:
        """Say that nobody has tried yet."""
        return as_json(404, refusal("No transaction was found for this id"))

    def routes(self, desk: Desk, door: Door) -> list[web.RouteDef]:
        """Return the API's routes."""
        api = _Api(self, self._store, desk, base_url=self._base_url, webhook_url=self._webhook_url)
        made, shown, listed = door.making, door.showing, door.listing
        return [
            web.post(f"{PREFIX}/payments", made(api.page)),
            web.post(f"{PREFIX}/tokenized-charges", made(api.charge)),
            web.get(f"{PREFIX}/transactions/verify_by_reference", shown(api.verify)),
            web.get(f"{PREFIX}/transactions", listed(api.transactions)),
            web.post(f"{PREFIX}/transactions/{{id}}/refund", door.giving_back(api.refund)),
            web.get(f"{PREFIX}/refunds", listed(api.refunds)),
            web.get(f"{PREFIX}/refunds/{{id}}", shown(api.one_refund)),
        ]


class _Api(Api):
    """The calls."""

    async def page(self, request: web.Request) -> web.Response:
        """Make a page, unless the reference was used before."""
        body = await read_body(request)
        checkout = self._open(body, email=_inner(body, "customer"), lasts=_session(body))
        if checkout is None:
            return _used()
        return as_json(200, said({"link": page_link(self._base_url, checkout)}))

    async def charge(self, request: web.Request) -> web.Response:
        """Charge a card that paid here before."""
        body = await read_body(request)
        known = {card_token(each) for each in (str(body.get("email", "")), SOMEBODY)}
        if body.get("token") not in known:
            raise BadRequest("token")
        checkout = self._open(body, email=body, lasts=timedelta(minutes=LONGEST_MIN))
        if checkout is None:
            return _used()
        return as_json(200, said(tries(self._desk.pay(checkout))[-1]))

    async def verify(self, request: web.Request) -> web.Response:
        """Show what was tried last under a reference."""
        self._desk.let_time_pass()
        checkout = self._store.find(request.query.get("tx_ref", ""))
        tried = tries(checkout) if checkout else []
        return as_json(200, said(tried[-1])) if tried else self._manners.missing()

    async def transactions(self, request: web.Request) -> web.Response:
        """Show a page of what was tried, newest first."""
        self._desk.let_time_pass()
        query = request.query
        tried = [each for checkout in self._mine() for each in tries(checkout)]
        wanted = [as_row(each) for each in reversed(tried) if _is_wanted(each, query)]
        page = _page_of(query)
        most = max(1, -(-len(wanted) // ROWS))
        rows = wanted[(page - 1) * ROWS : page * ROWS]
        return as_json(200, {**said(rows), "meta": pages(page, most=most)})

    async def refund(self, request: web.Request) -> web.Response:
        """Give money back; the same question twice gives it twice."""
        body = await read_body(request)
        found = next((e for e in self._captured() if e[1] == request.match_info["id"]), None)
        if found is None:
            return self._manners.missing()
        checkout, _, capture = found
        note = read_text(body, "comments", _NOTE)
        minor = _read_major(body, capture.currency)
        reference = f"{len(checkout.refunds)}.{checkout.id}:{note}"
        try:
            made = self._desk.refund(
                checkout, reference=reference, capture_id=capture.id, amount_minor=minor
            )
        except NotRefundable as problem:
            raise BadRequest(str(problem)) from problem
        return as_json(200, said(view_refund(made)))

    async def refunds(self, request: web.Request) -> web.Response:
        """Show the refunds of a transaction."""
        self._desk.let_time_pass()
        rows = [
            view_refund(each)
            for checkout in self._mine()
            for each in checkout.refunds
            if str(number(each.capture_id)) == request.query.get("id", "")
        ]
        return as_json(200, {**said(rows), "meta": pages(1, most=1)})

    async def one_refund(self, request: web.Request) -> web.Response:
        """Show one refund."""
        self._desk.let_time_pass()
        refunds = (each for checkout in self._mine() for each in checkout.refunds)
        found = next((e for e in refunds if str(number(e.id)) == request.match_info["id"]), None)
        return as_json(200, said(view_refund(found))) if found else self._manners.missing()

    def _open(
        self, body: Mapping[str, Any], *, email: Mapping[str, Any], lasts: timedelta
    ) -> Checkout | None:
        reference, currency = read_text(body, "tx_ref", _REFERENCE), read_currency(body)
        terms = Terms(
            reference=reference,
            amount_minor=_read_major(body, currency),
            currency=currency,
            email=read_text(email, "email", EMAIL),
            title=_title(body),
            return_url=read_text(body, "redirect_url", URL) if "redirect_url" in body else "",
            expires_at=self._desk.now() + lasts,
            webhook_url=self._webhook_url,
            tongue="flutterwave",
        )
        return None if self._store.find(reference) else self._desk.open(terms)

    def _mine(self) -> list[Checkout]:
        return [each for each in self._store.checkouts() if each.terms.tongue == "flutterwave"]

    def _captured(self) -> Iterator[tuple[Checkout, str, Capture]]:
        for checkout in self._mine():
            for capture in checkout.captures:
                yield checkout, str(number(capture.id)), capture


def _used() -> web.Response:
    return as_json(400, refusal("Duplicate transaction reference"))


def _read_major(body: Mapping[str, Any], currency: str) -> int:
    value = body.get("amount")
    return minor_of(str(value) if type(value) in {int, str} else "", currency)


def _inner(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name)
    if not isinstance(value, dict):
        raise BadRequest(name)
    return value


def _session(body: Mapping[str, Any]) -> timedelta:
    minutes = _inner(body, "configurations").get("session_duration")
    if type(minutes) is not int or not 0 < minutes <= LONGEST_MIN:
        raise BadRequest("session_duration")
    return timedelta(minutes=minutes)


def _title(body: Mapping[str, Any]) -> str:
    named = body.get("customizations")
    try:
        return read_text(named if isinstance(named, dict) else {}, "title", TITLE)
    except BadRequest:
        return "A payment"


def _page_of(query: Mapping[str, str]) -> int:
    text = query.get("page", "1")
    if not text.isdecimal() or not 0 < int(text) <= MOST_PAGES:
        raise BadRequest("page")
    return int(text)


def _is_wanted(shown: Mapping[str, object], query: Mapping[str, str]) -> bool:
    day = datetime.fromisoformat(str(shown["created_at"])).astimezone(UTC).date()
    since, until = _day(query, "from"), _day(query, "to")
    is_named = query.get("tx_ref", shown["tx_ref"]) == shown["tx_ref"]
    return is_named and (since is None or day >= since) and (until is None or day <= until)


def _day(query: Mapping[str, str], name: str) -> date | None:
    try:
        return date.fromisoformat(query[name]) if name in query else None
    except ValueError as problem:
        raise BadRequest(name) from problem

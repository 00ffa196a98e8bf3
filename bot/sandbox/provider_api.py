"""The sandbox provider's machine door: checkouts and refunds, with a Bearer key, in strict JSON.

```text
POST /v1/checkouts                 {reference, amount_minor, currency, email, title, return_url,
                                    expires_at, webhook_url?}  → 201, or 200 for a repetition
GET  /v1/checkouts/{reference}     → 200
GET  /v1/checkouts?since=&after=   → {items, next}: changed since, oldest change first
POST /v1/charges                   {reference, amount_minor, currency, card, email, title,
                                    return_url, webhook_url?}  → 201, or 200 for a repetition
POST /v1/refunds                   {reference, checkout, capture, amount_minor}
                                    → 201, or 200 for a repetition
GET  /v1/refunds/{reference}       → 200
error                              → {error: {code, message}}
```
"""

import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from aiohttp import web

from bot.sandbox.provider_desk import Desk, NotRefundable, ReferenceReused
from bot.sandbox.provider_door import (
    EMAIL,
    REFERENCE,
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
from bot.sandbox.provider_records import SOMEBODY, Checkout, Terms
from bot.sandbox.provider_refund_records import Refund
from bot.sandbox.provider_store import ProviderStore
from bot.sandbox.provider_tongue import OWN, OwnTongue
from bot.sandbox.switches import Switchboard

PAGE_SIZE: Final = 100
RETRY_AFTER_S: Final = 5
CHARGE_LASTS: Final = timedelta(hours=1)
"""How long a charge whose money comes late stays open."""

_TIME: Final = re.compile(r"[0-9T:.+Z-]{20,40}")


class OwnManners:
    """How the sandbox provider says no."""

    def __init__(self, store: ProviderStore) -> None:
        """Let in who has the store's key."""
        self._store = store

    def turned_away(self, request: web.Request) -> web.Response | None:
        """Check the key, constant-time."""
        expected = f"Bearer {self._store.keys.secret_key}".encode()
        given = request.headers.get("authorization", "").encode(errors="replace")
        if hmac.compare_digest(given, expected):
            return None
        return _error(401, "unauthorized", "The key is missing or wrong.")

    def failure(self, status: int) -> web.Response:
        """Say that it does not work now, and when it may."""
        is_busy = status == web.HTTPTooManyRequests.status_code
        response = _error(status, "rate_limited" if is_busy else "server_error", "Not now.")
        response.headers["retry-after"] = str(RETRY_AFTER_S)
        return response

    def bad_request(self, what: str) -> web.Response:
        """Name the field."""
        return _error(400, "invalid_request", what)

    def missing(self) -> web.Response:
        """Say that there is no such thing."""
        return _error(404, "not_found", "Nothing has this reference.")


class ProviderApi:
    """Routes of the API."""

    def __init__(
        self,
        store: ProviderStore,
        board: Switchboard,
        desk: Desk,
        tongue: OwnTongue,
        *,
        webhook_url: str,
    ) -> None:
        """Answer from the store; events go to `webhook_url` unless a request names another."""
        self._store = store
        self._desk = desk
        self._tongue = tongue
        self._webhook_url = webhook_url
        self._manners = OwnManners(store)
        self.door = Door(store, board, self._manners, who=OWN)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes, below the provider's own prefix."""
        door = self.door
        return [
            web.post("/v1/checkouts", door.making(self._create)),
            web.get("/v1/checkouts", door.listing(self._list)),
            web.get("/v1/checkouts/{reference}", door.showing(self._look_up)),
            web.post("/v1/charges", door.making(self._charge)),
            web.post("/v1/refunds", door.giving_back(self._refund)),
            web.get("/v1/refunds/{reference}", door.showing(self._look_up_refund)),
        ]

    async def _create(self, request: web.Request) -> web.Response:
        terms = _terms(await read_body(request), self._webhook_url)
        is_new = self._store.find(terms.reference) is None
        if is_new and terms.expires_at <= self._desk.now():
            raise BadRequest("expires_at is in the past")
        try:
            checkout = self._desk.open(terms)
        except ReferenceReused:
            return _reused()
        return as_json(201 if is_new else 200, self._tongue.view(checkout))

    async def _charge(self, request: web.Request) -> web.Response:
        """Charge a card that paid here before; nobody is asked."""
        body = await read_body(request)
        terms = _terms({**body, "expires_at": self._charge_ends(body)}, self._webhook_url)
        if body.get("card") not in {self._tongue.card_of(each) for each in (terms.email, SOMEBODY)}:
            raise BadRequest("card")
        is_new = self._store.find(terms.reference) is None
        try:
            checkout = self._desk.open(terms)
        except ReferenceReused:
            return _reused()
        if is_new:
            checkout = self._desk.pay(checkout)
        return as_json(201 if is_new else 200, self._tongue.view(checkout))

    def _charge_ends(self, body: Mapping[str, Any]) -> str:
        """Return when a charge is over, the same for its repetition."""
        known = self._store.find(str(body.get("reference", "")))
        ends = self._desk.now() + CHARGE_LASTS if known is None else known.terms.expires_at
        return ends.isoformat()

    async def _look_up(self, request: web.Request) -> web.Response:
        checkout = self._store.find(request.match_info["reference"])
        return as_json(200, self._tongue.view(checkout)) if checkout else self._manners.missing()

    async def _refund(self, request: web.Request) -> web.Response:
        try:
            checkout, refund, is_new = self._give_back(await read_body(request))
        except NotRefundable as problem:
            return _error(422, "invalid_request", str(problem))
        except ReferenceReused:
            return _reused()
        return as_json(201 if is_new else 200, self._tongue.view_refund(checkout, refund))

    def _give_back(self, body: Mapping[str, Any]) -> tuple[Checkout, Refund, bool]:
        reference = read_text(body, "reference", REFERENCE)
        checkout = self._store.find(read_text(body, "checkout", REFERENCE))
        amount_minor = read_minor(body, "amount_minor")
        if checkout is None:
            raise BadRequest("checkout")
        is_new = self._store.find_refund(reference) is None
        capture_id = read_text(body, "capture", REFERENCE)
        refund = self._desk.refund(
            checkout, reference=reference, capture_id=capture_id, amount_minor=amount_minor
        )
        return checkout, refund, is_new

    async def _look_up_refund(self, request: web.Request) -> web.Response:
        self._desk.let_time_pass()
        found = self._store.find_refund(request.match_info["reference"])
        return as_json(200, self._tongue.view_refund(*found)) if found else self._manners.missing()

    async def _list(self, request: web.Request) -> web.Response:
        since = _instant(request.query, "since") if "since" in request.query else None
        items = self._changed(since, after=request.query.get("after", ""))
        page = items[:PAGE_SIZE]
        following = _place(page[-1]) if len(items) > PAGE_SIZE else None
        views = [self._tongue.view(checkout) for checkout in page]
        return as_json(200, {"items": views, "next": following})

    def _changed(self, since: datetime | None, *, after: str) -> list[Checkout]:
        found = [
            checkout
            for checkout in self._store.checkouts()
            if (since is None or checkout.updated_at >= since) and _place(checkout) > after
        ]
        return sorted(found, key=_place)


def _place(checkout: Checkout) -> str:
    """Return the checkout's place in the list of changes, a cursor that sorts as text."""
    stamp = checkout.updated_at.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%f")
    return f"{stamp}~{checkout.id}"


def _terms(body: Mapping[str, Any], webhook_url: str) -> Terms:
    return Terms(
        reference=read_text(body, "reference", REFERENCE),
        amount_minor=read_minor(body, "amount_minor"),
        currency=read_currency(body),
        email=read_text(body, "email", EMAIL),
        title=read_text(body, "title", TITLE),
        return_url=read_text(body, "return_url", URL),
        expires_at=_instant(body, "expires_at"),
        webhook_url=read_text(body, "webhook_url", URL) if "webhook_url" in body else webhook_url,
    )


def _instant(body: Mapping[str, Any], name: str) -> datetime:
    # In a query an unescaped plus arrives as a space.
    text = str(body.get(name, "")).replace(" ", "+")
    try:
        instant = datetime.fromisoformat(text) if _TIME.fullmatch(text) else None
    except ValueError as problem:
        raise BadRequest(name) from problem
    if instant is None or instant.tzinfo is None:
        raise BadRequest(name)
    return instant


def _reused() -> web.Response:
    return _error(409, "reference_reused", "This reference exists with other content.")


def _error(status: int, code: str, message: str) -> web.Response:
    return as_json(status, {"error": {"code": code, "message": message}})

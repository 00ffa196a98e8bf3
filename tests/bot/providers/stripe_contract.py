"""Stripe's OpenAPI description, as the types of its Python package, which is made from it.

The package is that of the version which the adapter names; nothing of it is called.
"""

import json
import re
from functools import cache
from importlib import import_module
from typing import Any, Final

from tests.bot.providers.typed import FORM, Package, form_of

_ID: Final = r"/[^/]+"
CALLS: Final[dict[tuple[str, str], tuple[str, str]]] = {
    ("POST", "/checkout/sessions"): ("checkout.SessionCreateParams", "checkout.Session"),
    ("GET", "/checkout/sessions"): ("checkout.SessionListParams", "[checkout.Session]"),
    ("GET", f"/checkout/sessions{_ID}"): ("checkout.SessionRetrieveParams", "checkout.Session"),
    ("POST", "/payment_intents"): ("PaymentIntentCreateParams", "PaymentIntent"),
    ("GET", "/payment_intents"): ("PaymentIntentListParams", "[PaymentIntent]"),
    ("GET", "/payment_intents/search"): ("PaymentIntentSearchParams", "[PaymentIntent]"),
    ("GET", f"/payment_intents{_ID}"): ("PaymentIntentRetrieveParams", "PaymentIntent"),
    ("POST", "/refunds"): ("RefundCreateParams", "Refund"),
    ("GET", "/refunds"): ("RefundListParams", "[Refund]"),
    ("GET", f"/refunds{_ID}"): ("RefundRetrieveParams", "Refund"),
    ("GET", "/disputes"): ("DisputeListParams", "[Dispute]"),
    ("GET", "/charges"): ("ChargeListParams", "[Charge]"),
    ("GET", "/account"): ("AccountRetrieveParams", "Account"),
    ("GET", "/balance_transactions"): ("BalanceTransactionListParams", "[BalanceTransaction]"),
}
"""By method and path: what may be sent, and what is answered; in brackets: a list of it."""

THINGS: Final = {
    "checkout.session": "checkout.Session",
    "payment_intent": "PaymentIntent",
    "charge": "Charge",
    "refund": "Refund",
    "dispute": "Dispute",
}
"""What events are about, by the name that it has there."""


def broken_call(method: str, path: str, written: str) -> list[str]:
    """Return in what a call departs: its path, or its query or form."""
    found = _found(method, path)
    if found is None:
        return [f"{method} {path} is not known"]
    kind = _named(f"params.{found[0]}")
    return _package().broken(form_of(written), kind, at=path, scalars=FORM)


def broken_answer(method: str, path: str, said: object) -> list[str]:
    """Return in what the answer to a call that worked departs."""
    found = _found(method, path)
    return [] if found is None else broken(said, found[1], at=path)


def broken(value: object, kind: str, *, at: str = "") -> list[str]:
    """Return in what a value departs from a kind: `Refund`, or `[Refund]` for a list."""
    name = kind.strip("[]")
    of = _named(name)
    if name != kind:
        of = _named("SearchResultObject" if at.endswith("/search") else "ListObject")[of]
    if isinstance(value, dict) and value.get("object") == "search_result":
        # The package takes both for granted; Stripe's reference says when there is no next page.
        value = {"next_page": "", **{each: value[each] for each in value if each != "url"}}
    return _package().broken(value, of, at=at or name)


def broken_event(body: bytes) -> list[str]:
    """Return in what an event departs, and the thing that it is about."""
    event = json.loads(body)
    found, thing = broken(event, "Event"), event["data"]["object"]
    return found + broken(thing, THINGS[thing["object"]], at=event["type"])


def broken_kind(event: str) -> list[str]:
    """Return what is wrong with the name of a kind of events."""
    kinds = _named("Event").__annotations__["type"]
    return _package().broken(event, kinds, at="type")


def version() -> str:
    """Return the version of the API that the package describes."""
    return str(_named("api_version"))


def _found(method: str, path: str) -> tuple[str, str] | None:
    exact = CALLS.get((method, path))
    fits = (kinds for (of, way), kinds in CALLS.items() if of == method and re.fullmatch(way, path))
    return exact or next(fits, None)


@cache
def _named(name: str) -> Any:
    of: Any = import_module("stripe")
    for part in name.split("."):
        of = getattr(of, part)
    return of


@cache
def _package() -> Package:
    own = import_module("stripe._request_options").RequestOptions.__annotations__
    return Package(base=_named("StripeObject"), own=frozenset(own))

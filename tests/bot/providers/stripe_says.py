"""How Stripe says things: its answers and events, for the dialect of the suite."""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl

import httpx

from core.domain.money import Currency, Money
from core.domain.providers import ProviderError
from tests.bot.providers.conformance import ASKED, NOW, PROVIDER_REF, Fact
from tests.bot.providers.conformance_listings import Row
from tests.bot.providers.conformance_outflows import Book, Sent

PAGES: Final = {
    "open": ("open", "unpaid"),
    "processing": ("complete", "unpaid"),
    "paid": ("complete", "paid"),
    "declined": ("open", "unpaid"),
    "expired": ("expired", "unpaid"),
    "unheard": ("marvellous", "unpaid"),
}
INTENTS: Final = {
    "open": "requires_payment_method",
    "processing": "processing",
    "paid": "succeeded",
    "declined": "requires_payment_method",
    "expired": "canceled",
    "unheard": "marvellous",
}
REFUNDS: Final = {
    "pending": "pending",
    "stuck": "requires_action",
    "done": "succeeded",
    "failed": "failed",
    "unheard": "marvellous",
}
REASONS: Final = {
    ProviderError.INSUFFICIENT_FUNDS: ("card_declined", "insufficient_funds"),
    ProviderError.INVALID_CARD: ("incorrect_cvc", None),
    ProviderError.EXPIRED_CARD: ("expired_card", None),
    ProviderError.AUTHENTICATION_ERROR: ("card_declined", "authentication_required"),
    ProviderError.TIMEOUT_ERROR: ("payment_intent_payment_attempt_expired", None),
    ProviderError.PROVIDER_ERROR: ("processing_error", None),
    ProviderError.DECLINED_CARD: ("card_declined", "do_not_honor"),
}
CARD: Final = {
    "brand": "visa",
    "last4": "4242",
    "exp_month": 9,
    "exp_year": 2030,
    "checks": None,
    "fingerprint": "Xt5EWLLDS7FJjR1c",
}
LINK: Final = "https://checkout.stripe.com/c/pay/cs_test_a1b2c3#fidkdWxOYHwnPyd1blpxYHZxWjA0"


def said(data: Mapping[str, object], *, status: int = 200) -> httpx.Response:
    """Answer that a call worked."""
    return httpx.Response(status, json=dict(data))


def refused(
    status: int, code: str, *, kind: str = "invalid_request_error", **more: object
) -> httpx.Response:
    """Answer that a call did not work."""
    error = {"type": kind, "code": code, "message": "Something is amiss.", "param": None}
    return httpx.Response(status, json={"error": {**error, **more}})


def a_list(rows: Sequence[Mapping[str, object]], *, has_more: bool = False) -> httpx.Response:
    """Answer a list."""
    return said({"object": "list", "data": list(rows), "has_more": has_more, "url": "/v1/x"})


def page(fact: Fact) -> dict[str, object]:
    """Show a page as it stands, with what paid it."""
    status, is_paid = PAGES[fact.status]
    has_intent = fact.status in {"processing", "declined"} or bool(fact.taken)
    return {
        "id": PROVIDER_REF,
        "object": "checkout.session",
        "client_reference_id": fact.reference,
        "status": status,
        "payment_status": is_paid,
        "url": LINK if status == "open" else None,
        "amount_total": ASKED.minor,
        "currency": "usd",
        "automatic_tax": {"enabled": False},
        "created": int(NOW.timestamp()),
        "custom_fields": [],
        "custom_text": {},
        "expires_at": int(NOW.timestamp()) + 3_600,
        "mode": "payment",
        "payment_method_types": ["card"],
        "shipping_options": [],
        "livemode": not fact.is_test,
        "payment_intent": intent(fact) if has_intent else None,
        "metadata": {"hazina_reference": fact.reference},
    }


def new_page(reference: str) -> dict[str, object]:
    """Show a page that was just made."""
    return page(Fact(reference=reference))


def intent(fact: Fact, *, paid_at: datetime = NOW) -> dict[str, object]:
    """Show what pays: a PaymentIntent with its latest charge."""
    taken = fact.taken[0] if fact.taken else None
    code, why = REASONS[fact.decline]
    refusal = {"type": "card_error", "code": code, "decline_code": why, "message": "No."}
    return {
        "id": taken.provider_id if taken else "pi_open",
        "object": "payment_intent",
        "status": INTENTS[fact.status],
        "amount": (taken.amount if taken else ASKED).minor,
        "amount_received": taken.amount.minor if taken else 0,
        "amount_capturable": 0,
        "capture_method": "automatic_async",
        "confirmation_method": "automatic",
        "payment_method_types": ["card"],
        "currency": (taken.amount.currency if taken else "USD").lower(),
        "created": int(paid_at.timestamp()),
        "customer": "cus_Qa1b2c3",
        "livemode": not fact.is_test,
        "payment_method": {
            "id": "pm_Qx1y2z3",
            "object": "payment_method",
            "allow_redisplay": "always",
            "billing_details": {"address": None, "email": None, "name": None, "phone": None},
            "created": 0,
            "livemode": False,
            "metadata": {},
            "type": "card",
            "customer": "cus_Qa1b2c3",
        },
        "last_payment_error": refusal if fact.status == "declined" else None,
        "latest_charge": charge(taken.amount, at=paid_at) if taken else None,
        "metadata": {"hazina_reference": fact.reference},
    }


def charge(amount: Money, *, at: datetime = NOW) -> dict[str, object]:
    """Show a captured charge."""
    return {
        "id": "ch_1",
        "object": "charge",
        "amount": amount.minor,
        "amount_captured": amount.minor,
        "amount_refunded": 0,
        "balance_transaction": entry(amount, at=at),
        "billing_details": {},
        "livemode": False,
        "metadata": {},
        "refunded": False,
        "status": "succeeded",
        "captured": True,
        "created": int(at.timestamp()),
        "currency": amount.currency.lower(),
        "disputed": False,
        "paid": True,
        "payment_method": "pm_Qx1y2z3",
        "payment_method_details": {"type": "card", "card": CARD},
        "receipt_number": None,
    }


def entry(amount: Money, *, at: datetime) -> dict[str, object]:
    """Show what a charge did to the balance."""
    return {
        "id": "txn_1",
        "object": "balance_transaction",
        "amount": amount.minor,
        "available_on": int(at.timestamp()),
        "balance_type": "payments",
        "created": int(at.timestamp()),
        "currency": amount.currency.lower(),
        "exchange_rate": 1.0833,
        "fee": 175,
        "fee_details": [],
        "net": amount.minor - 175,
        "reporting_category": "charge",
        "status": "available",
        "type": "charge",
    }


def charged(fact: Fact) -> httpx.Response:
    """Answer a charge of a saved card."""
    if fact.status != "declined":
        return said(intent(fact))
    code, why = REASONS[fact.decline]
    tried = intent(fact)
    return refused(402, code, kind="card_error", decline_code=why, payment_intent=tried)


def listed(query: Mapping[str, str], rows: Sequence[Row]) -> httpx.Response:
    """Answer a page of the list of PaymentIntents, newest first."""
    shown = [intent(row.fact, paid_at=row.paid_at) for row in reversed(rows)]
    ids = [each["id"] for each in shown]
    start = ids.index(query["starting_after"]) + 1 if "starting_after" in query else 0
    end = start + int(query["limit"])
    return a_list(shown[start:end], has_more=end < len(shown))


def refund(sent: Sent) -> dict[str, object]:
    """Show a refund."""
    return {
        "id": sent.id,
        "object": "refund",
        "amount": sent.amount.minor,
        "currency": sent.amount.currency.lower(),
        "created": int(NOW.timestamp()),
        "charge": "ch_1",
        "payment_intent": sent.paid,
        "status": REFUNDS[sent.status],
        "metadata": {"hazina_reference": sent.reference, "hazina_payment": "ATT-7Q2M4K9X"},
    }


def refunds(request: httpx.Request, book: Book) -> httpx.Response:
    """Answer a call about refunds."""
    if request.method == "POST":
        asked = form(request)
        reference = asked["metadata[hazina_reference]"]
        return said(refund(book.send(reference=reference, amount=money(asked))))
    if request.url.path.endswith("/refunds"):
        return a_list([refund(each) for each in reversed(book.sent)])
    number = request.url.path.rpartition("/")[2]
    found = [each for each in book.sent if each.id == number]
    return said(refund(found[0])) if found else not_found()


def not_found() -> httpx.Response:
    """Answer that nothing has this id."""
    return refused(404, "resource_missing", param="id")


def form(request: httpx.Request) -> dict[str, str]:
    """Read the form of a call."""
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    return dict(parse_qsl(request.content.decode(), strict_parsing=True))


def money(asked: Mapping[str, str], *, amount: str = "amount", currency: str = "") -> Money:
    """Read the amount of a call; refunds name no currency."""
    code = asked[currency] if currency else "USD"
    return Money(int(asked[amount]), Currency(code.upper()))


def with_amount(body: bytes, token: bytes) -> bytes:
    """Put other JSON in the place of every amount."""
    return re.sub(rb'"(amount(?:_received|_captured|_total)?)":\s*\d+', rb'"\1":' + token, body)


def signed(event: Mapping[str, object], secret: str, at: datetime) -> tuple[bytes, str]:
    """Return an event's body and the header that proves it."""
    body, stamp = json.dumps(event).encode(), int(at.timestamp())
    proof = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return body, f"t={stamp},v1={proof},v0={'0' * 64}"

"""How Pesapal says things: its answers and notices, for the dialect of the suite."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import httpx
import orjson

from core.domain.money import Currency, Money
from core.domain.providers import ProviderError
from tests.bot.providers.conformance import ASKED, PROVIDER_REF, Fact, Taken
from tests.bot.providers.conformance_outflows import Book, Sent

STATUSES: Final = {
    "open": (0, "INVALID"),
    "processing": (0, "INVALID"),
    "paid": (1, "Completed"),
    "declined": (2, "Failed"),
    "expired": (0, "INVALID"),
    "returned": (3, "Reversed"),
    "unheard": (7, "Marvellous"),
}
REFUNDS: Final = {"pending": "paid", "stuck": "paid", "done": "returned", "failed": "paid"}
REASONS: Final = {
    ProviderError.INSUFFICIENT_FUNDS: "Insufficient funds on your card",
    ProviderError.EXPIRED_CARD: "Expired card",
    ProviderError.INVALID_CARD: "Invalid card number",
    ProviderError.AUTHENTICATION_ERROR: "Payer authentication failed",
    ProviderError.TIMEOUT_ERROR: "Request timed out",
    ProviderError.DECLINED_CARD: "Unable to authorize the transaction",
}
NO_ERROR: Final = {"error_type": None, "code": None, "message": None, "call_back_url": None}
KES_ASKED: Final = Money(ASKED.minor, Currency("KES"))
IPN_ID: Final = "84740ab4-3cd9-47da-8a4f-dd1db53494b5"


def said(**members: object) -> httpx.Response:
    """Answer that a call worked."""
    return httpx.Response(200, json={**members, "error": None, "status": "200"})


def refused(code: str, *, kind: str = "api_error", status: int = 200) -> httpx.Response:
    """Answer that a call failed, as often as not with HTTP 200."""
    error = {"error_type": kind, "code": code, "message": "Look at your request"}
    return httpx.Response(status, json={"error": error, "status": "500"})


def token() -> httpx.Response:
    """Answer a token."""
    return said(token="eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl", expiryDate="2026-11-21T09:05:00Z")


def notices(address: str) -> httpx.Response:
    """Answer the list of addresses that are told."""
    known = {"url": address, "ipn_id": IPN_ID, "ipn_status": 1, "error": None, "status": "200"}
    return httpx.Response(200, json=[{**known, "url": "https://old.example/", "ipn_id": ""}, known])


def payment(fact: Fact) -> httpx.Response:
    """Answer what became of an order."""
    taken = fact.taken[0] if fact.taken else None
    amount = taken.amount if taken else ASKED
    number, word = STATUSES[fact.status]
    body = {
        "payment_method": "Visa",
        "amount": orjson.Fragment(f"{amount.decimal():f}"),
        "created_date": "2026-11-21T09:00:00.763",
        "confirmation_code": taken.provider_id if taken else None,
        "order_tracking_id": PROVIDER_REF,
        "payment_status_description": word,
        "description": REASONS[fact.decline] if fact.status == "declined" else None,
        "message": "Request processed successfully",
        "payment_account": "476173**0010",
        "call_back_url": "https://hazina.example/payments/callback/pesapal/",
        "status_code": number,
        "merchant_reference": fact.reference,
        "payment_status_code": "",
        "currency": amount.currency,
        "error": NO_ERROR,
        "status": "200",
    }
    return httpx.Response(200, content=orjson.dumps(body))


def page(fact: Fact) -> httpx.Response:
    """Answer a new page."""
    link = f"https://cybqa.pesapal.com/pesapaliframe/PesapalIframe3/?OrderTrackingId={PROVIDER_REF}"
    return said(
        order_tracking_id=PROVIDER_REF, merchant_reference=fact.reference, redirect_url=link
    )


def read(request: httpx.Request) -> dict[str, object]:
    """Read a call's body; a number with a point is exact."""
    body = json.loads(request.content, parse_float=Decimal)
    assert isinstance(body, dict)
    return body


def money(body: Mapping[str, object]) -> Money:
    """Read the amount of a call, a JSON number."""
    amount = body["amount"]
    assert isinstance(amount, Decimal)
    return Money(int(amount.scaleb(2)), Currency(str(body.get("currency", "KES"))))


def given_back(sent: Sent) -> Fact:
    """Return what is believed of a payment of which a refund was asked for."""
    taken = (Taken(provider_id=sent.paid, amount=sent.amount),)
    return Fact(status=REFUNDS.get(sent.status, sent.status), taken=taken)


def refunds(request: httpx.Request, book: Book) -> httpx.Response:
    """Answer a call about a refund: there is one per payment, and it has no id of its own."""
    if request.method == "GET":
        return payment(given_back(book.sent[0] if book.sent else Sent(amount=KES_ASKED)))
    body = read(request)
    if book.sent:
        return refused("refund_request_exists")
    if not body["remarks"]:
        return refused("invalid_request")
    book.send(reference=str(body["username"]), amount=money(body))
    return said(message="Refund request received")


def with_amount(body: bytes, token: bytes) -> bytes:
    """Put other JSON in the place of every amount."""
    return re.sub(rb'"amount":\s*[\d.]+', rb'"amount":' + token, body)

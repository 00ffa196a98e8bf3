"""How Paystack says things: its answers and events, for the dialect of the suite."""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

import httpx

from core.domain.money import Currency, Money
from core.domain.providers import ProviderError
from tests.bot.providers.conformance import ASKED, Fact
from tests.bot.providers.conformance_listings import Row
from tests.bot.providers.conformance_outflows import Book, Sent

STATUSES: Final = {
    "open": "abandoned",
    "processing": "ongoing",
    "paid": "success",
    "declined": "failed",
    "expired": "abandoned",
    "unheard": "marvellous",
}
REFUNDS: Final = {
    "pending": "pending",
    "stuck": "needs-attention",
    "done": "processed",
    "failed": "failed",
    "unheard": "marvellous",
}
TRANSFERS: Final = {
    "pending": "pending",
    "stuck": "otp",
    "done": "success",
    "failed": "failed",
    "returned": "reversed",
    "unheard": "marvellous",
}
REASONS: Final = {
    ProviderError.INSUFFICIENT_FUNDS: {"gateway_response": "Insufficient Funds"},
    ProviderError.INVALID_CARD: {"gateway_response_code": "invalid_account_number"},
    ProviderError.EXPIRED_CARD: {"response_code": "54"},
    ProviderError.AUTHENTICATION_ERROR: {"response_code": "55"},
    ProviderError.TIMEOUT_ERROR: {"response_code": "91"},
    ProviderError.PROVIDER_ERROR: {"gateway_response_code": "processing_error"},
    ProviderError.DECLINED_CARD: {"gateway_response_code": "do_not_honor"},
}
CARD: Final = {
    "authorization_code": "AUTH_uk29f3k1ab",
    "bin": "408408",
    "last4": "4081",
    "exp_month": "9",
    "exp_year": "2030",
    "channel": "card",
    "brand": "visa",
    "reusable": True,
    "signature": "SIG_f0a91c",
}


def said(data: object, *, status: int = 200, **more: object) -> httpx.Response:
    """Answer that a call worked."""
    return httpx.Response(status, json={"status": True, "message": "Done", "data": data, **more})


def refused(status: int, code: str, message: str) -> httpx.Response:
    """Answer that a call was not understood."""
    meta = {"nextStep": "Look at the fields"}
    body = {"status": False, "message": message, "meta": meta, "code": code}
    return httpx.Response(status, json={**body, "type": "validation_error"})


def transaction(fact: Fact, *, paid_at: str = "2026-11-21T09:00:00.000Z") -> dict[str, object]:
    """Show a transaction."""
    taken = fact.taken[0] if fact.taken else None
    is_paid = fact.status == "paid"
    amount = taken.amount if taken else ASKED
    return {
        "id": int(taken.provider_id) if taken else None,
        "domain": "test" if fact.is_test else "live",
        "status": STATUSES[fact.status],
        "reference": fact.reference,
        "receipt_number": None,
        "amount": amount.minor if taken or not is_paid else None,
        "requested_amount": amount.minor,
        "currency": amount.currency,
        "fees": 7_500 if is_paid else None,
        "gateway_response": "Approved" if is_paid else "Declined",
        "paid_at": paid_at if is_paid else None,
        "channel": "card",
        "metadata": {"note": 1.5},
        "log": None,
        "authorization": CARD,
        "customer": {"email": "payer@example.org", "customer_code": "CUS_1"},
        **(REASONS[fact.decline] if fact.status == "declined" else {}),
    }


def listed(query: Mapping[str, str], rows: Sequence[Row]) -> httpx.Response:
    """Answer a page of the list, newest first."""
    size, start = int(query["perPage"]), int(query.get("next", "0"))
    newest = list(reversed(rows))[start : start + size]
    shown = [transaction(row.fact, paid_at=row.paid_at.isoformat()) for row in newest]
    following = str(start + size) if start + size < len(rows) else None
    return said(shown, meta={"next": following, "previous": None, "perPage": size})


def refund(sent: Sent, *, is_whole: bool = False) -> dict[str, object]:
    """Show a refund; what made it shows the transaction whole."""
    return {
        "id": int(sent.id),
        "transaction": {"id": int(sent.paid)} if is_whole else int(sent.paid),
        "status": REFUNDS[sent.status],
        "amount": sent.amount.minor,
        "currency": sent.amount.currency,
        "domain": "test" if sent.is_test else "live",
        "merchant_note": sent.reference,
        "deducted_amount": 0,
        "fully_deducted": 1,
        "refunded_at": None,
    }


def refunds(request: httpx.Request, book: Book) -> httpx.Response:
    """Answer a call about refunds."""
    if request.method == "POST":
        body = json.loads(request.content)
        made = book.send(reference=body["merchant_note"], amount=money(body))
        return said(refund(made, is_whole=True))
    if request.url.path == "/refund":
        return said([refund(each) for each in book.sent], meta={"total": len(book.sent)})
    number = request.url.path.rpartition("/")[2]
    found = [each for each in book.sent if each.id == number]
    return said(refund(found[0])) if found else not_found()


def transfer(sent: Sent) -> dict[str, object]:
    """Show a transfer."""
    return {
        "id": int(sent.id),
        "transfer_code": f"TRF_{sent.id}",
        "reference": sent.reference,
        "status": TRANSFERS[sent.status],
        "amount": sent.amount.minor,
        "currency": sent.amount.currency,
        "domain": "test" if sent.is_test else "live",
        "fee_charged": 1_000 if sent.status == "done" else None,
        "transferred_at": None,
    }


def transfers(request: httpx.Request, book: Book) -> httpx.Response:
    """Answer a call about transfers."""
    if request.url.path == "/transferrecipient":
        return said({"recipient_code": "RCP_gd9vgag7n5lr5ix"}, status=201)
    if request.method == "GET":
        found = book.find(request.url.path.rpartition("/")[2])
        return said(transfer(found)) if found else not_found()
    body = json.loads(request.content)
    if book.find(body["reference"]):
        return refused(400, "duplicate_transfer_reference", "Duplicate reference")
    return said(transfer(book.send(reference=body["reference"], amount=money(body))))


def page(reference: str) -> dict[str, object]:
    """Show a new page."""
    link = "https://checkout.paystack.com/3ni8kdavz62431k"
    return {"authorization_url": link, "access_code": "3ni8kdavz62431k", "reference": reference}


def not_found() -> httpx.Response:
    """Answer that nothing has this reference."""
    return refused(404, "transaction_not_found", "Transaction reference not found")


def duplicate() -> httpx.Response:
    """Answer that a reference was used before."""
    return refused(400, "duplicate_reference", "Duplicate Transaction Reference")


def money(body: Mapping[str, object]) -> Money:
    """Read the amount of a call."""
    amount, currency = body["amount"], body["currency"]
    assert isinstance(amount, int)
    return Money(amount, Currency(str(currency)))


def with_amount(body: bytes, token: bytes) -> bytes:
    """Put other JSON in the place of every amount."""
    return re.sub(rb'"((?:requested_)?amount)":\s*\d+', rb'"\1":' + token, body)


def signed(event: Mapping[str, object], secret: str) -> tuple[bytes, str]:
    """Return an event's body and its signature."""
    body = json.dumps(event).encode()
    return body, hmac.new(secret.encode(), body, hashlib.sha512).hexdigest()

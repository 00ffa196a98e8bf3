"""How Flutterwave says things: its answers and events, for the dialect of the suite."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

import httpx

from core.domain.money import Currency, Money
from core.domain.providers import ProviderError
from tests.bot.providers.conformance import ASKED, Fact, Taken
from tests.bot.providers.conformance_listings import Row
from tests.bot.providers.conformance_outflows import Book, Sent

STATUSES: Final = {
    "processing": "pending",
    "paid": "successful",
    "declined": "failed",
    "unheard": "marvellous",
}
REFUNDS: Final = {
    "pending": "completed",
    "stuck": "completed",
    "done": "completed-mpgs",
    "failed": "failed",
    "unheard": "marvellous",
}
TRANSFERS: Final = {
    "pending": "NEW",
    "stuck": "NEW",
    "done": "SUCCESSFUL",
    "failed": "FAILED",
    "returned": "FAILED",
    "unheard": "MARVELLOUS",
}
REASONS: Final = {
    ProviderError.INSUFFICIENT_FUNDS: "Insufficient Funds",
    ProviderError.INVALID_CARD: "Invalid card number",
    ProviderError.EXPIRED_CARD: "Expired card",
    ProviderError.AUTHENTICATION_ERROR: "Invalid OTP",
    ProviderError.TIMEOUT_ERROR: "Issuer timed out",
    ProviderError.PROVIDER_ERROR: "System malfunction",
    ProviderError.DECLINED_CARD: "Do Not Honour",
}
CARD: Final = {
    "first_6digits": "553188",
    "last_4digits": "2950",
    "issuer": "MASTERCARD CREDIT",
    "country": "NG",
    "type": "MASTERCARD",
    "token": "flw-t1nf-4676a40c7ddf5f12",
    "expiry": "09/32",
}
PAGE_SIZE: Final = 10


def said(data: object, **more: object) -> httpx.Response:
    """Answer that a call worked."""
    return written({"status": "success", "message": "Done", **more, "data": data})


def written(body: Mapping[str, object], *, status: int = 200) -> httpx.Response:
    """Write an answer; amounts are decimals, and never pass through a float."""
    made = json.dumps(body, default=lambda amount: f"<{amount}>")
    content = re.sub(r'"<([0-9.]+)>"', r"\1", made).encode()
    return httpx.Response(status, content=content)


def refused(status: int, message: str) -> httpx.Response:
    """Answer that a call was not understood."""
    return written({"status": "error", "message": message, "data": None}, status=status)


def not_found() -> httpx.Response:
    """Answer that nobody has tried to pay yet."""
    return refused(404, "No transaction was found for this id")


def duplicate() -> httpx.Response:
    """Answer that a reference was used before."""
    return refused(400, "Duplicate transaction reference, required to be unique")


def page() -> dict[str, object]:
    """Show a new page."""
    return {"link": "https://checkout.flutterwave.com/v3/hosted/pay/f524c1196ffda5556341"}


def transaction(
    fact: Fact, taken: Taken | None = None, *, at: datetime | None = None
) -> dict[str, object]:
    """Show a transaction, as a look-up does."""
    taken = taken or next(iter(fact.taken), None)
    is_paid = fact.status == "paid"
    amount = taken.amount if taken else ASKED
    return {
        "id": int(taken.provider_id) if taken else (None if is_paid else 81),
        "tx_ref": fact.reference,
        "flw_ref": f"FLW-{'MOCK' if fact.is_test else 'M03K'}-0a6b80654370ff4b",
        "amount": amount.decimal(),
        "currency": amount.currency,
        "charged_amount": amount.decimal(),
        "app_fee": Decimal("70.125") if is_paid else None,
        "merchant_fee": 0,
        "processor_response": "Approved" if is_paid else REASONS[fact.decline],
        "auth_model": "PIN",
        "status": STATUSES.get(fact.status, "pending"),
        "payment_type": "card",
        "created_at": at.isoformat() if at else "2026-11-21T09:00:00.000Z",
        "account_id": 17321,
        "card": CARD,
        "meta": None,
        "customer": {"id": 215604089, "email": "payer@example.org"},
    }


def row(fact: Fact, taken: Taken | None = None, *, at: datetime | None = None) -> dict[str, object]:
    """Show a transaction, as the list does."""
    shown = transaction(fact, taken, at=at)
    del shown["card"], shown["customer"]
    return {**shown, "id": str(shown["id"])}


def looked_up(request: httpx.Request, fact: Fact) -> httpx.Response:
    """Answer a look-up, or the list of all that was tried under a reference."""
    if fact.status in {"open", "expired"}:
        return not_found()
    if request.url.path == "/v3/transactions":
        rows = [row(fact, taken) for taken in fact.taken] or [row(fact)]
        return said(rows, meta=pages(1, 1))
    return said(transaction(fact))


def listed(query: Mapping[str, str], rows: Sequence[Row]) -> httpx.Response:
    """Answer a page of the list, newest first."""
    number = int(query["page"])
    start = (number - 1) * PAGE_SIZE
    newest = list(reversed(rows))[start : start + PAGE_SIZE]
    most = max(1, -(-len(rows) // PAGE_SIZE))
    return said([row(each.fact, at=each.paid_at) for each in newest], meta=pages(number, most))


def pages(number: int, most: int) -> dict[str, object]:
    """Say which page this is, and how many there are."""
    return {"page_info": {"total": most * PAGE_SIZE, "current_page": number, "total_pages": most}}


def refund(sent: Sent) -> dict[str, object]:
    """Show a refund; it names no currency."""
    disbursed = '{"source":"availablebalance","disburse_status":"failed"}'
    return {
        "id": int(sent.id),
        "account_id": 73362,
        "tx_id": int(sent.paid),
        "flw_ref": "URF_1577867664541_3572735",
        "amount_refunded": sent.amount.decimal(),
        "status": REFUNDS[sent.status],
        "destination": "payment_source",
        "comments": f"{sent.reference}: Paid twice",
        "meta": disbursed if sent.status == "stuck" else {"source": "availablebalance"},
    }


def old_refund(sent: Sent) -> dict[str, object]:
    """Show a refund in the list's other spelling, where it has no comment."""
    shown = refund(sent)
    return {
        "id": shown["id"],
        "TransactionId": shown["tx_id"],
        "AmountRefunded": str(shown["amount_refunded"]),
        "status": shown["status"],
        "meta": shown["meta"],
    }


def refunds(request: httpx.Request, book: Book, currency: Currency) -> httpx.Response:
    """Answer a call about refunds."""
    path = request.url.path
    if request.method == "POST":
        body = json.loads(request.content)
        amount = money({**body, "currency": currency})
        return said(refund(book.send(reference=reference(body), amount=amount)))
    if path == "/v3/refunds":
        return said([refund(each) for each in book.sent], meta=pages(1, 1))
    found = [each for each in book.sent if path.endswith(f"/{each.id}")]
    return said(refund(found[0])) if found else refused(404, "Refund not found")


def reference(body: Mapping[str, object]) -> str:
    """Read our reference from a refund's comment."""
    return str(body["comments"]).partition(": ")[0]


def transfer(sent: Sent) -> dict[str, object]:
    """Show a transfer."""
    back = {"initial_status": "SUCCESSFUL", "reconciliation_status": "REVERSED"}
    return {
        "id": int(sent.id),
        "account_number": "0690000040",
        "bank_code": "044",
        "currency": sent.amount.currency,
        "debit_currency": sent.amount.currency,
        "amount": sent.amount.decimal(),
        "fee": Decimal("26.875"),
        "status": TRANSFERS[sent.status],
        "reference": sent.reference,
        "meta": None,
        "narration": "Repairs in November",
        "complete_message": "DISBURSE FAILED: Insufficient funds"
        if sent.status == "failed"
        else "",
        "requires_approval": int(sent.status == "stuck"),
        "is_approved": int(sent.status != "stuck"),
        **({"reversal": back} if sent.status == "returned" else {}),
    }


def transfers(request: httpx.Request, book: Book) -> httpx.Response:
    """Answer a call about transfers."""
    if request.method == "GET":
        wanted = request.url.params["reference"]
        found = [transfer(each) for each in book.sent if each.reference == wanted]
        return said(found, meta=pages(1, 1))
    body = json.loads(request.content)
    if book.find(body["reference"]):
        return refused(400, "This request has a duplicate reference")
    return said(transfer(book.send(reference=body["reference"], amount=money(body))))


def money(body: Mapping[str, object]) -> Money:
    """Read the amount of a call."""
    return Money(int(Decimal(str(body["amount"])) * 100), Currency(str(body["currency"])))


def with_amount(body: bytes, token: bytes) -> bytes:
    """Put other JSON in the place of every amount."""
    pattern = rb'"((?:charged_)?amount(?:_refunded)?)":\s*[0-9.]+'
    return re.sub(pattern, rb'"\1":' + token, body)


def signature(body: bytes, secret: str) -> str:
    """Sign an event's body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()

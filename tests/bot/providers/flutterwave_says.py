"""How Flutterwave says things, for the dialect of the suite: as the sandbox's stand-in does.

Only what the stand-in never says is added: live money, words that nobody knows, and transfers.
"""

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
import orjson

from bot.sandbox.provider_records import Capture, Checkout, CheckoutStatus, Terms
from bot.sandbox.provider_refund_records import Refund, RefundStatus
from bot.sandbox.standins import flutterwave_views as views
from core.domain.money import Currency, Money
from core.domain.providers import ProviderError
from tests.bot.providers.conformance import NOW, REQUEST, Fact, Taken
from tests.bot.providers.conformance_listings import Row
from tests.bot.providers.conformance_outflows import Book, Sent

STRANGE: Final = "marvellous"
UNPAID: Final = Taken(provider_id="81", amount=REQUEST.amount)
"""The number of a try that brought no money."""

STATUSES: Final = {
    "processing": CheckoutStatus.PROCESSING,
    "paid": CheckoutStatus.PAID,
    "declined": CheckoutStatus.DECLINED,
    "unheard": CheckoutStatus.PROCESSING,
}
REFUNDS: Final = {
    "pending": RefundStatus.PENDING,
    "stuck": RefundStatus.NEEDS_ATTENTION,
    "done": RefundStatus.DONE,
    "failed": RefundStatus.FAILED,
    "unheard": RefundStatus.PENDING,
}
TRANSFERS: Final = {
    "pending": "NEW",
    "stuck": "NEW",
    "done": "SUCCESSFUL",
    "failed": "FAILED",
    "returned": "FAILED",
    "unheard": STRANGE,
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


def said(data: object, **more: object) -> httpx.Response:
    """Answer that a call worked."""
    return written({**views.said(data), **more})


def written(body: Mapping[str, object], *, status: int = 200) -> httpx.Response:
    """Write an answer; amounts never pass through a float."""
    return httpx.Response(status, content=orjson.dumps(body))


def refused(status: int, message: str) -> httpx.Response:
    """Answer that a call was not understood."""
    return written(views.refusal(message), status=status)


def not_found() -> httpx.Response:
    """Answer that nobody has tried to pay yet."""
    return refused(404, "No transaction was found for this id")


def duplicate() -> httpx.Response:
    """Answer that a reference was used before."""
    return refused(400, "Duplicate transaction reference, required to be unique")


def page() -> dict[str, object]:
    """Show a new page."""
    return {"link": "https://checkout.flutterwave.com/v3/hosted/pay/f524c1196ffda5556341"}


def transaction(fact: Fact, taken: Taken | None = None, *, at: datetime = NOW) -> dict[str, object]:
    """Show one try, as a look-up does."""
    known = taken or next(iter(fact.taken), None)
    shown = views.view(_checkout(fact, known or UNPAID), _capture(known or UNPAID, at=at))
    if fact.status == "declined":
        shown |= {"processor_response": REASONS[fact.decline]}
    if fact.status == "unheard":
        shown |= {"status": STRANGE}
    if fact.status == "paid" and known is None:
        shown |= {"id": None}
    return {**shown, "flw_ref": f"FLW-{'MOCK' if fact.is_test else 'M03K'}-0a6b80654370ff4b"}


def row(fact: Fact, taken: Taken | None = None, *, at: datetime = NOW) -> dict[str, object]:
    """Show one try, as the list does."""
    return views.as_row(transaction(fact, taken, at=at))


def looked_up(request: httpx.Request, fact: Fact) -> httpx.Response:
    """Answer a look-up, or the list of all that was tried under a reference."""
    if fact.status in {"open", "expired"}:
        return not_found()
    if request.url.path == "/v3/transactions":
        rows = [row(fact, taken) for taken in fact.taken] or [row(fact)]
        return said(rows, meta=views.pages(1, most=1))
    return said(transaction(fact))


def listed(query: Mapping[str, str], rows: Sequence[Row]) -> httpx.Response:
    """Answer a page of the list, newest first; pages that nobody tried are not in it."""
    number, tried = int(query["page"]), [each for each in rows if each.fact.status in STATUSES]
    start = (number - 1) * views.ROWS
    newest = list(reversed(tried))[start : start + views.ROWS]
    shown = [row(each.fact, at=each.paid_at) for each in newest]
    return said(shown, meta=views.pages(number, most=max(1, -(-len(tried) // views.ROWS))))


def refund(sent: Sent) -> dict[str, object]:
    """Show a refund; it names no currency."""
    made = Refund(
        id=f"rfd_{int(sent.id):x}",
        reference=f"0:{sent.reference} Paid twice",
        capture_id=f"cap_{int(sent.paid):x}",
        amount_minor=sent.amount.minor,
        currency=sent.amount.currency,
        status=REFUNDS[sent.status],
        at=NOW,
    )
    strange = {"status": STRANGE} if sent.status == "unheard" else {}
    return {**views.view_refund(made), **strange}


def old_refund(sent: Sent) -> dict[str, object]:
    """Show a refund in the list's other spelling, where it has no comment."""
    shown = refund(sent)
    return {
        "id": shown["id"],
        "TransactionId": shown["tx_id"],
        "AmountRefunded": str(sent.amount.decimal()),
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
        return said([refund(each) for each in book.sent], meta=views.pages(1, most=1))
    found = [each for each in book.sent if path.endswith(f"/{each.id}")]
    return said(refund(found[0])) if found else refused(404, "Refund not found")


def reference(body: Mapping[str, object]) -> str:
    """Read our reference from a refund's comment."""
    return str(body["comments"]).split()[0]


def transfer(sent: Sent) -> dict[str, object]:
    """Show a transfer."""
    back = {"initial_status": "SUCCESSFUL", "reconciliation_status": "REVERSED"}
    return {
        "id": int(sent.id),
        "account_number": "0690000040",
        "bank_code": "044",
        "currency": sent.amount.currency,
        "debit_currency": sent.amount.currency,
        "amount": views.written(sent.amount.minor, sent.amount.currency),
        "fee": orjson.Fragment(b"26.875"),
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
        return said(found, meta=views.pages(1, most=1))
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


def _checkout(fact: Fact, taken: Taken) -> Checkout:
    terms = Terms(
        reference=fact.reference,
        amount_minor=taken.amount.minor,
        currency=taken.amount.currency,
        email=REQUEST.email,
        title=REQUEST.title,
        return_url=REQUEST.return_url,
        expires_at=REQUEST.expires_at,
        webhook_url="",
    )
    status = STATUSES[fact.status]
    return Checkout(id="chk_1", terms=terms, created_at=NOW, updated_at=NOW, status=status)


def _capture(taken: Taken, *, at: datetime) -> Capture:
    return Capture(
        id=f"cap_{int(taken.provider_id):x}",
        amount_minor=taken.amount.minor,
        currency=taken.amount.currency,
        at=at,
        fee_minor=7_500,
    )

"""How Paystack says things, for the dialect of the suite: as the sandbox's stand-in does.

Only what the stand-in never says is added: live money, words that nobody knows, and transfers.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import httpx

from bot.sandbox.provider_records import Capture, Checkout, CheckoutStatus, Terms
from bot.sandbox.provider_refund_records import Refund, RefundStatus
from bot.sandbox.standins import paystack as standin
from core.domain.money import Currency, Money
from core.domain.providers import ProviderError
from tests.bot.providers.conformance import NOW, REQUEST, Fact
from tests.bot.providers.conformance_listings import Row
from tests.bot.providers.conformance_outflows import Book, Sent

STRANGE: Final = "marvellous"
UNPAID: Final = "90007"
"""The number of a transaction that nobody has paid."""

REFUNDS: Final = {
    "pending": RefundStatus.PENDING,
    "stuck": RefundStatus.NEEDS_ATTENTION,
    "done": RefundStatus.DONE,
    "failed": RefundStatus.FAILED,
}
TRANSFERS: Final = {
    "pending": "pending",
    "stuck": "otp",
    "done": "success",
    "failed": "failed",
    "returned": "reversed",
    "unheard": STRANGE,
}
REASONS: Final[dict[ProviderError, dict[str, object]]] = {
    ProviderError.INSUFFICIENT_FUNDS: {"gateway_response": "Insufficient Funds"},
    ProviderError.INVALID_CARD: {"gateway_response_code": "invalid_account_number"},
    ProviderError.EXPIRED_CARD: {"response_code": "54"},
    ProviderError.AUTHENTICATION_ERROR: {"response_code": "55"},
    ProviderError.TIMEOUT_ERROR: {"response_code": "91"},
    ProviderError.PROVIDER_ERROR: {"gateway_response_code": "processing_error"},
    ProviderError.DECLINED_CARD: {"gateway_response_code": "do_not_honor"},
}


def said(data: object, *, status: int = 200, **more: object) -> httpx.Response:
    """Answer that a call worked."""
    return httpx.Response(status, json={**standin.said(data), **more})


def refused(status: int, code: str, message: str) -> httpx.Response:
    """Answer that a call was not understood."""
    return httpx.Response(status, json=standin.refusal(code, message))


def transaction(fact: Fact, *, at: datetime = NOW) -> dict[str, object]:
    """Show a transaction."""
    shown = standin.view(_checkout(fact, at=at))
    if fact.status == "declined":
        unsaid = dict.fromkeys(("response_code", "gateway_response_code"))
        shown |= {**unsaid, "gateway_response": "Declined", **REASONS[fact.decline]}
    if fact.status == "unheard":
        shown |= {"status": STRANGE}
    # People put anything there, and Paystack gives it back.
    return {**shown, "domain": _domain(is_test=fact.is_test), "metadata": {"note": 1.5}}


def listed(query: Mapping[str, str], rows: Sequence[Row]) -> httpx.Response:
    """Answer a page of the list, newest first."""
    size, start = int(query["perPage"]), int(query.get("next", "0"))
    newest = list(reversed(rows))[start : start + size]
    shown = [transaction(row.fact, at=row.paid_at) for row in newest]
    following = str(start + size) if start + size < len(rows) else None
    return said(shown, meta={"next": following, "previous": None, "perPage": size})


def refund(sent: Sent) -> dict[str, object]:
    """Show a refund."""
    made = Refund(
        id=f"rfd_{int(sent.id):x}",
        reference=f"0:{sent.reference}",
        capture_id="",
        amount_minor=sent.amount.minor,
        currency=sent.amount.currency,
        status=REFUNDS.get(sent.status, RefundStatus.PENDING),
        at=NOW,
    )
    shown = standin.view_refund(_checkout(Fact(), number=sent.paid), made)
    strange = {"status": STRANGE} if sent.status == "unheard" else {}
    return {**shown, **strange, "domain": _domain(is_test=sent.is_test), "fully_deducted": 1}


def refunds(request: httpx.Request, book: Book) -> httpx.Response:
    """Answer a call about refunds; what made one shows the transaction whole."""
    if request.method == "POST":
        body = json.loads(request.content)
        made = book.send(reference=body["merchant_note"], amount=money(body))
        return said({**refund(made), "transaction": {"id": int(made.paid)}})
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
        "domain": _domain(is_test=sent.is_test),
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


def page(fact: Fact) -> dict[str, object]:
    """Show a new page."""
    return standin.page(_checkout(fact), "https://checkout.paystack.com/3ni8kdavz62431k")


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
    return body, standin.sign(secret, body)


def _domain(*, is_test: bool) -> str:
    return "test" if is_test else "live"


def _checkout(fact: Fact, *, number: str = UNPAID, at: datetime = NOW) -> Checkout:
    taken = fact.taken[:1]
    known = {status.value for status in CheckoutStatus}
    captures = tuple(
        Capture(
            id="cap_1",
            amount_minor=each.amount.minor,
            currency=each.amount.currency,
            at=at,
            fee_minor=7_500,
        )
        for each in taken
    )
    number = taken[0].provider_id if taken else number
    terms = Terms(
        reference=fact.reference,
        amount_minor=taken[0].amount.minor if taken else REQUEST.amount.minor,
        currency=REQUEST.amount.currency,
        email=REQUEST.email,
        title=REQUEST.title,
        return_url=REQUEST.return_url,
        expires_at=REQUEST.expires_at,
        webhook_url="",
    )
    blank = Checkout(id=f"chk_{int(number):x}", terms=terms, created_at=NOW, updated_at=NOW)
    status = CheckoutStatus(fact.status if fact.status in known else "open")
    return replace(blank, status=status, captures=captures)

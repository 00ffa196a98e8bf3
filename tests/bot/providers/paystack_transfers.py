"""How Paystack says what became of transfers, which the sandbox's stand-in does not make."""

import json
from typing import Final

import httpx

from bot.sandbox.standins.paystack_views import BUSINESS, moment
from tests.bot.providers import paystack_says as says
from tests.bot.providers.conformance import NOW
from tests.bot.providers.conformance_outflows import Book, Sent

TRANSFERS: Final = {
    "pending": "pending",
    "stuck": "otp",
    "done": "success",
    "failed": "failed",
    "returned": "reversed",
    "unheard": says.STRANGE,
}


def transfers(request: httpx.Request, book: Book) -> httpx.Response:
    """Answer a call about transfers."""
    if request.url.path == "/transferrecipient":
        body = json.loads(request.content)
        return says.said(recipient(kind=body["type"], currency=body["currency"]), status=201)
    if request.method == "GET":
        found = book.find(request.url.path.rpartition("/")[2])
        return says.said(transfer(found)) if found else says.not_found()
    body = json.loads(request.content)
    if book.find(body["reference"]):
        return says.refused(400, "duplicate_transfer_reference", "Duplicate reference")
    return says.said(new_transfer(book.send(reference=body["reference"], amount=says.money(body))))


def new_transfer(sent: Sent) -> dict[str, object]:
    """Show a transfer that was just asked for: what it costs is not told."""
    asked = {"transfersessionid": [], "transfertrials": [], "request": 1, "recipient": 1}
    return {**_transfer(sent), **_dates(), **asked, "integration": BUSINESS}


def transfer(sent: Sent) -> dict[str, object]:
    """Show a transfer as its look-up does."""
    return {
        **_transfer(sent),
        **_dates(),
        "integration": BUSINESS,
        "recipient": recipient(currency=sent.amount.currency),
        "session": {"provider": None, "id": None},
        "fee_charged": 1_000 if sent.status == "done" else 0,
        "gateway_response": None,
    }


def transfer_told(sent: Sent) -> dict[str, object]:
    """Tell what became of a transfer."""
    business = {"id": BUSINESS, "is_live": False, "business_name": "Palm Court"}
    return {**transfer(sent), "integration": business}


def recipient(*, currency: str, kind: str = "nuban") -> dict[str, object]:
    """Show whom a transfer may go to."""
    unknown = ("authorization_code", "account_name")
    account = {"account_number": "0123456789", "bank_code": "058", "bank_name": "A bank"}
    return {
        **_dates(),
        "active": True,
        "currency": currency,
        "description": None,
        "domain": "test",
        "email": None,
        "id": 1,
        "integration": BUSINESS,
        "metadata": None,
        "name": "Palm Court Residents",
        "recipient_code": "RCP_gd9vgag7n5lr5ix",
        "type": kind,
        "is_deleted": False,
        "details": {**account, **dict.fromkeys(unknown)},
    }


def _transfer(sent: Sent) -> dict[str, object]:
    unset = ("source_details", "failures", "titan_code", "transferred_at")
    return {
        **dict.fromkeys(unset),
        "id": int(sent.id),
        "transfer_code": f"TRF_{sent.id}",
        "reference": sent.reference,
        "reason": "Repairs in November",
        "source": "balance",
        "status": TRANSFERS[sent.status],
        "amount": sent.amount.minor,
        "currency": sent.amount.currency,
        "domain": says.domain(is_test=sent.is_test),
    }


def _dates() -> dict[str, object]:
    return {"createdAt": moment(NOW), "updatedAt": moment(NOW)}

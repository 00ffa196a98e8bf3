"""How Paystack says things, for the dialect of the suite: as the sandbox's stand-in does.

Only what the stand-in never says is added: live money, words that nobody knows, and transfers,
which are `paystack_transfers`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import httpx

from bot.sandbox.provider_claim_records import Dispute, DisputeStatus
from bot.sandbox.provider_records import Capture, Checkout, CheckoutStatus, Terms
from bot.sandbox.provider_refund_records import Refund, RefundStatus
from bot.sandbox.standins import paystack_views as standin
from bot.sandbox.standins.paystack import sign
from core.domain.money import Currency, Money
from core.domain.providers import ProviderError
from tests.bot.providers.conformance import NOW, REQUEST, Fact, Taken
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


def transaction(fact: Fact) -> dict[str, object]:
    """Show a transaction as its look-up does."""
    # People put anything there, and Paystack gives it back.
    return {**_stood(standin.view(_checkout(fact)), fact), "metadata": {"note": 1.5}}


def charge(fact: Fact) -> dict[str, object]:
    """Show a transaction as the charge of a saved card does."""
    return _stood(standin.view_charge(_checkout(fact)), fact)


def row(fact: Fact, *, at: datetime) -> dict[str, object]:
    """Show a transaction as the list does."""
    return {**_stood(standin.view_row(_checkout(fact, at=at)), fact), "metadata": {"note": 1.5}}


def _stood(shown: Mapping[str, object], fact: Fact) -> dict[str, object]:
    """Change a transaction into what the stand-in never says of one."""
    changed = {**shown, "domain": domain(is_test=fact.is_test)}
    if fact.status == "declined":
        unsaid = dict.fromkeys(("response_code", "gateway_response_code"))
        changed |= {**unsaid, "gateway_response": "Declined", **REASONS[fact.decline]}
    if fact.status == "unheard":
        changed |= {"status": STRANGE}
    return changed


def listed(query: Mapping[str, str], rows: Sequence[Row]) -> httpx.Response:
    """Answer a page of the list, newest first."""
    size, start = int(query["perPage"]), int(query.get("next", "0"))
    newest = list(reversed(rows))[start : start + size]
    shown = [row(each.fact, at=each.paid_at) for each in newest]
    following = str(start + size) if start + size < len(rows) else None
    return said(shown, meta={"next": following, "previous": None, "perPage": size})


def refund(sent: Sent) -> dict[str, object]:
    """Show a refund."""
    return _gone(standin.view_refund(_paid(sent), _made(sent)), sent)


def new_refund(sent: Sent) -> dict[str, object]:
    """Show a refund that was just asked for, with its transaction."""
    return _gone(standin.view_new_refund(_paid(sent), _made(sent)), sent)


def refunds(request: httpx.Request, book: Book) -> httpx.Response:
    """Answer a call about refunds."""
    if request.method == "POST":
        body = json.loads(request.content)
        return said(new_refund(book.send(reference=body["merchant_note"], amount=money(body))))
    if request.url.path == "/refund":
        return refunds_of(*(refund(each) for each in book.sent))
    number = request.url.path.rpartition("/")[2]
    found = [each for each in book.sent if each.id == number]
    return said(refund(found[0])) if found else not_found()


def refunds_of(*rows: Mapping[str, object]) -> httpx.Response:
    """Answer the refunds of a transaction."""
    counted = standin.pages_of(len(rows), size=50)
    return said(list(rows), meta={**counted, "perPage": "50", "failedRefundCount": 0})


def paid_told(*, number: int, reference: str) -> dict[str, object]:
    """Tell that a transaction was paid."""
    taken = (Taken(provider_id=str(number), amount=REQUEST.amount),)
    fact = Fact(status="paid", reference=reference, taken=taken)
    return standin.view_event(_checkout(fact))


def refund_told(sent: Sent, *, reference: str) -> dict[str, object]:
    """Tell where a refund stands."""
    shown = standin.view_refund_event(_paid(sent), _made(sent))
    return {**shown, "transaction_reference": reference}


def claim_told(*, number: int, reference: str, is_open: bool = True) -> dict[str, object]:
    """Tell of a claim to a transaction."""
    paid = _paid(Sent(paid=str(number)))
    claimed = replace(paid, terms=replace(paid.terms, reference=reference))
    capture = claimed.captures[0]
    dispute = Dispute(
        id="dsp_000000000001f",
        capture_id=capture.id,
        amount_minor=capture.amount_minor,
        currency=capture.currency,
        status=DisputeStatus.OPEN if is_open else DisputeStatus.WON,
        at=capture.at,
    )
    return standin.view_dispute(claimed, dispute)


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
    return body, sign(secret, body)


def domain(*, is_test: bool) -> str:
    """Name the mode."""
    return "test" if is_test else "live"


def _gone(shown: Mapping[str, object], sent: Sent) -> dict[str, object]:
    strange = {"status": STRANGE} if sent.status == "unheard" else {}
    return {**shown, **strange, "domain": domain(is_test=sent.is_test)}


def _made(sent: Sent) -> Refund:
    return Refund(
        id=f"rfd_{int(sent.id):x}",
        reference=f"0:{sent.reference}",
        capture_id="",
        amount_minor=sent.amount.minor,
        currency=sent.amount.currency,
        status=REFUNDS.get(sent.status, RefundStatus.PENDING),
        at=NOW,
    )


def _paid(sent: Sent) -> Checkout:
    taken = (Taken(provider_id=sent.paid, amount=REQUEST.amount),)
    return _checkout(Fact(status="paid", taken=taken))


def _checkout(fact: Fact, *, at: datetime = NOW) -> Checkout:
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
    number = taken[0].provider_id if taken else UNPAID
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

"""What Flutterwave shows of the sandbox's payments and refunds."""

import hashlib
from collections.abc import Mapping
from typing import Final

import orjson

from bot.sandbox.cards import last_digits
from bot.sandbox.provider_records import Capture, Checkout, CheckoutStatus
from bot.sandbox.provider_refund_records import Refund, RefundStatus
from bot.sandbox.standins.standin import major_of, number

ROWS: Final = 10
"""On a page of a list."""

STATUSES: Final = {
    CheckoutStatus.PROCESSING: "pending",
    CheckoutStatus.PAID: "successful",
    CheckoutStatus.DECLINED: "failed",
}
"""Of other pages there is no transaction yet."""

REFUNDS: Final = {
    RefundStatus.PENDING: "completed",
    RefundStatus.NEEDS_ATTENTION: "completed",
    RefundStatus.DONE: "completed-mpgs",
    RefundStatus.FAILED: "failed",
    RefundStatus.RETURNED: "completed-mpgs",
}
"""That a bank sent a refund back is not told."""

DECLINES: Final = {
    "insufficient_funds": "Insufficient Funds",
    "expired_card": "Expired card",
    "declined_by_bank": "Do Not Honour",
}

_CARD: Final = {
    "first_6digits": "553188",
    "issuer": "MASTERCARD CREDIT",
    "country": "NG",
    "type": "MASTERCARD",
    "expiry": "09/32",
}


def said(data: object) -> dict[str, object]:
    """Say that a call worked."""
    return {"status": "success", "message": "Done", "data": data}


def refusal(message: str) -> dict[str, object]:
    """Say that a call did not."""
    return {"status": "error", "message": message, "data": None}


def pages(page: int, *, most: int) -> dict[str, object]:
    """Say which page of a list this is, and how many there are."""
    return {"page_info": {"total": most * ROWS, "current_page": page, "total_pages": most}}


def tries(checkout: Checkout) -> list[dict[str, object]]:
    """Show what was tried on a page, oldest first."""
    if checkout.status not in STATUSES:
        return []
    return [view(checkout, each) for each in checkout.captures] or [view(checkout, None)]


def view(checkout: Checkout, capture: Capture | None) -> dict[str, object]:
    """Show one transaction, as a look-up does."""
    terms = checkout.terms
    currency = capture.currency if capture else terms.currency
    amount = written(capture.amount_minor if capture else terms.amount_minor, currency)
    own = number(capture.id if capture else checkout.id)
    return {
        "id": own,
        "tx_ref": terms.reference,
        "flw_ref": f"FLW-MOCK-{own:x}",
        "amount": amount,
        "currency": currency,
        "charged_amount": amount,
        "app_fee": written(capture.fee_minor, currency) if capture else None,
        "merchant_fee": 0,
        "processor_response": DECLINES.get(checkout.decline, "Approved"),
        "auth_model": "PIN",
        "narration": terms.title,
        "status": STATUSES[checkout.status],
        "payment_type": "card",
        "created_at": (capture.at if capture else checkout.created_at).isoformat(),
        "account_id": 17321,
        "card": {
            **_CARD,
            "last_4digits": last_digits("flutterwave", checkout.holder),
            "token": card_token(checkout.holder),
        },
        "meta": None,
        "customer": {"id": 1, "email": terms.email},
    }


def as_row(shown: Mapping[str, object]) -> dict[str, object]:
    """Show a transaction as lists do: without its card, its number as text."""
    left_out = {"card", "customer", "meta"}
    return {**{k: v for k, v in shown.items() if k not in left_out}, "id": str(shown["id"])}


def view_refund(refund: Refund) -> dict[str, object]:
    """Show a refund; its currency is left out, and its `meta` is text."""
    meta = {"source": "availablebalance"}
    if refund.status is RefundStatus.NEEDS_ATTENTION:
        meta["disburse_status"] = "failed"
    return {
        "id": number(refund.id),
        "account_id": 17321,
        "tx_id": number(refund.capture_id),
        "flw_ref": f"URF_{number(refund.id)}",
        "wallet_id": 1,
        "amount_refunded": written(refund.amount_minor, refund.currency),
        "status": REFUNDS[refund.status],
        "destination": "payment_source",
        "comments": refund.reference.partition(":")[2],
        "meta": orjson.dumps(meta).decode(),
        "created_at": refund.at.isoformat(),
    }


def written(minor: int, currency: str) -> orjson.Fragment:
    """Write an amount as a number in major units, exactly."""
    return orjson.Fragment(major_of(minor, currency).encode())


def card_token(email: str) -> str:
    """Return the token of the one card that its holder has."""
    return f"flw-t1nf-{hashlib.sha256(email.encode()).hexdigest()[:20]}"

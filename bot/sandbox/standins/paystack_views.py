"""How Paystack shows things, played by the sandbox: pages, payments, refunds, claims, refusals.

A payment is shown in four ways: by its look-up, by the charge of a card, in the list, in events.
Only some of them tell what was asked for, when it was paid, or show a card where there is none.

Source: as of `bot/providers/paystack`; this is the far side of the wire and shares no code with it.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from bot.sandbox.cards import last_digits
from bot.sandbox.provider_claim_records import Dispute, DisputeStatus
from bot.sandbox.provider_records import SOMEBODY, Checkout, CheckoutStatus
from bot.sandbox.provider_refund_records import Refund, RefundStatus
from bot.sandbox.standins.standin import number

Shown = dict[str, object]

BUSINESS: Final = 100_000
STAFF: Final = "business@example.org"

STATUSES: Final = {
    CheckoutStatus.OPEN: "abandoned",
    CheckoutStatus.PROCESSING: "ongoing",
    CheckoutStatus.PAID: "success",
    CheckoutStatus.DECLINED: "failed",
    CheckoutStatus.EXPIRED: "abandoned",
}
REFUNDS: Final = {
    RefundStatus.PENDING: "pending",
    RefundStatus.NEEDS_ATTENTION: "needs-attention",
    RefundStatus.DONE: "processed",
    RefundStatus.FAILED: "failed",
    RefundStatus.RETURNED: "processed",
}
"""That a bank sent a refund back is not told."""

RESOLUTIONS: Final = {DisputeStatus.WON: "declined", DisputeStatus.LOST: "merchant-accepted"}

APPROVED: Final = ("00", "approved", "Approved")
UNFINISHED: Final = (None, None, "The transaction was not completed")
DECLINES: Final = {
    "insufficient_funds": ("51", "insufficient_funds", "Insufficient Funds"),
    "expired_card": ("54", "expired_card", "Expired Card"),
    "declined_by_bank": ("05", "do_not_honor", "Declined"),
}


def said(data: object) -> Shown:
    """Say that a call worked."""
    return {"status": True, "message": "Done", "data": data}


def refusal(code: str, message: str) -> Shown:
    """Say that a call was not understood."""
    step = {"nextStep": "Look at what was sent"}
    body = {"status": False, "message": message, "meta": step, "code": code}
    return {**body, "type": "validation_error"}


def pages_of(total: int, *, size: int) -> Shown:
    """Show where in a list its first page stands, when pages are counted."""
    count = -(-total // max(1, size))
    return {"total": total, "skipped": 0, "perPage": size, "page": 1, "pageCount": count}


def page(checkout: Checkout, link: str) -> Shown:
    """Show a new page."""
    code = checkout.id.partition("_")[2]
    return {"authorization_url": link, "access_code": code, "reference": checkout.terms.reference}


def view(checkout: Checkout) -> Shown:
    """Show a payment as its look-up does."""
    return {
        **_payment(checkout),
        **_dates(checkout),
        **dict.fromkeys(("receipt_number", "plan", "fees_breakdown", "source", "connect")),
        "transaction_date": moment(checkout.created_at),
        "requested_amount": checkout.terms.amount_minor,
        "ip_address": "127.0.0.1",
        "metadata": "",
        "authorization": _card(checkout) if checkout.captures else {},
        "plan_object": {},
        **_unsplit(),
    }


def view_charge(checkout: Checkout) -> Shown:
    """Show a payment as the charge of a card does: what was asked for is not told."""
    return {
        **_payment(checkout),
        "transaction_date": moment(checkout.updated_at),
        "ip_address": None,
        "metadata": "",
        "authorization": _card(checkout),
        "plan": None,
    }


def view_row(checkout: Checkout) -> Shown:
    """Show a payment as the list does."""
    card = _card(checkout)
    blank = {**dict.fromkeys(card), "reusable": False}
    holder = {each: value for each, value in _customer(checkout).items() if each != _ABROAD}
    return {
        **_payment(checkout),
        **_dates(checkout),
        **dict.fromkeys(("ip_address", "metadata", "source", "connect")),
        "requested_amount": checkout.terms.amount_minor,
        "customer": holder,
        "authorization": card if checkout.captures else blank,
        "plan": {},
        **_unsplit(),
    }


def view_event(checkout: Checkout) -> Shown:
    """Show a payment as its event does."""
    rest = ("ip_address", "fees_breakdown", "source")
    shown = {**_payment(checkout), **_dates(checkout), **dict.fromkeys(rest), "metadata": ""}
    del shown["createdAt"]
    return {
        **shown,
        "requested_amount": checkout.terms.amount_minor,
        "authorization": _card(checkout),
        "plan": {},
        **_unsplit(),
    }


def view_refund(checkout: Checkout, refund: Refund) -> Shown:
    """Show a refund."""
    is_done = refund.status is RefundStatus.DONE
    unset = ("dispute", "settlement", "bank_reference", "session_id")
    return {
        **_refund(checkout, refund),
        **dict.fromkeys(unset),
        "transaction": number(checkout.id),
        "refunded_at": moment(refund.at) if is_done else None,
        "fully_deducted": int(is_done),
        "transaction_reference": checkout.terms.reference,
        "transaction_amount": checkout.captures[0].amount_minor if checkout.captures else 0,
        "reason": "",
        "customer": {**_customer(checkout), "metadata": ""},
        "refund_type": "full" if _is_whole(checkout, refund) else "partial",
        "refund_channel": "card",
        "initiated_by": STAFF,
        "collect_account_number": False,
    }


def view_new_refund(checkout: Checkout, refund: Refund) -> Shown:
    """Show a refund as it is just asked for: with its payment, and not when it was done."""
    capture = checkout.captures[0]
    paid_at = moment(capture.at)
    paid = {
        **dict.fromkeys(("order_id", "pos_transaction_data", "source", "fees_breakdown")),
        "id": number(checkout.id),
        "domain": "test",
        "reference": checkout.terms.reference,
        "amount": capture.amount_minor,
        "paid_at": paid_at,
        "paidAt": paid_at,
        "channel": "card",
        "currency": capture.currency,
        "authorization": dict.fromkeys(("exp_month", "exp_year", "account_name")),
        "customer": {_ABROAD: None},
        "plan": {},
        "subaccount": {"currency": None},
        "split": {},
    }
    return {
        **_refund(checkout, refund),
        "transaction": paid,
        "channel": None,
        "expected_at": moment(refund.at),
        "updatedAt": moment(refund.at),
        "fully_deducted": refund.status is RefundStatus.DONE,
    }


def view_refund_event(checkout: Checkout, refund: Refund) -> Shown:
    """Show a refund as events do: by the payment's reference, its amount as text."""
    return {
        "status": REFUNDS[refund.status],
        "transaction_reference": checkout.terms.reference,
        "refund_reference": None,
        "amount": str(refund.amount_minor),
        "currency": refund.currency,
        "processor": "instant-transfer",
        "customer": {"first_name": None, "last_name": None, "email": checkout.terms.email},
        "integration": BUSINESS,
        "domain": "test",
    }


def is_told(checkout: Checkout, dispute: Dispute) -> bool:
    """Tell whether a claim is to the capture that is told: the first one of a page."""
    return dispute.capture_id == checkout.captures[0].id


def view_dispute(checkout: Checkout, dispute: Dispute) -> Shown:
    """Show that the payer's bank claims a payment back, or how its claim ended."""
    card, paid = _card(checkout), view_event(checkout)
    at = moment(checkout.updated_at)
    is_open = dispute.status not in RESOLUTIONS
    return {
        **dict.fromkeys(("transaction_reference", "dueAt", "evidence", "attachments", "note")),
        "id": number(dispute.id),
        "refund_amount": dispute.amount_minor,
        "currency": dispute.currency,
        "status": "awaiting-merchant-feedback" if is_open else "resolved",
        "resolution": RESOLUTIONS.get(dispute.status),
        "resolvedAt": None if is_open else at,
        "domain": "test",
        "transaction": {**paid, "authorization": {}, "customer": {_ABROAD: None}},
        "category": "chargeback",
        "customer": _customer(checkout),
        "bin": card["bin"],
        "last4": card["last4"],
        "history": [{"status": "pending", "by": STAFF, "createdAt": at}],
        "messages": [],
        "created_at": at,
        "updated_at": at,
    }


def card_code(email: str) -> str:
    """Return the code of the one card that its holder has."""
    return f"AUTH_{hashlib.sha256(email.encode()).hexdigest()[:10]}"


def knows_card(body: Mapping[str, object]) -> bool:
    """Tell whether a card is that of the payer, or the one that all forward to."""
    known = {card_code(each) for each in (str(body.get("email", "")), SOMEBODY)}
    return body.get("authorization_code") in known


def moment(at: datetime) -> str:
    """Write a time."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_ABROAD: Final = "international_format_phone"


def _payment(checkout: Checkout) -> Shown:
    terms, capture = checkout.terms, checkout.captures[0] if checkout.captures else None
    is_paid = checkout.status is CheckoutStatus.PAID
    is_back = capture is not None and checkout.refunded_minor(capture) == capture.amount_minor
    code, word, words = DECLINES.get(checkout.decline, APPROVED if capture else UNFINISHED)
    return {
        "id": number(checkout.id),
        "domain": "test",
        "status": "reversed" if is_back else STATUSES[checkout.status],
        "reference": terms.reference,
        "amount": capture.amount_minor if capture else None if is_paid else terms.amount_minor,
        "currency": capture.currency if capture else terms.currency,
        "fees": capture.fee_minor if capture else None,
        "message": None,
        "response_code": code,
        "gateway_response_code": word,
        "gateway_response": words,
        "channel": "card",
        "log": None,
        "customer": _customer(checkout),
    }


def _dates(checkout: Checkout) -> Shown:
    made_at = moment(checkout.created_at)
    paid_at = moment(checkout.captures[0].at) if checkout.captures else None
    return {"paid_at": paid_at, "paidAt": paid_at, "created_at": made_at, "createdAt": made_at}


def _unsplit() -> Shown:
    unset = dict.fromkeys(("fees_split", "order_id", "pos_transaction_data"))
    return {**unset, "split": {}, "subaccount": {}}


def _refund(checkout: Checkout, refund: Refund) -> Shown:
    told = f"Refund for transaction {checkout.terms.reference}"
    return {
        "id": number(refund.id),
        "integration": BUSINESS,
        "domain": "test",
        "status": REFUNDS[refund.status],
        "amount": refund.amount_minor,
        "deducted_amount": refund.amount_minor if refund.status is RefundStatus.DONE else 0,
        "currency": refund.currency,
        "merchant_note": refund.reference.partition(":")[2] or f"{told} by {STAFF}",
        "customer_note": told,
        "refunded_by": STAFF,
        "createdAt": moment(refund.at),
    }


def _is_whole(checkout: Checkout, refund: Refund) -> bool:
    return any(each.amount_minor == refund.amount_minor for each in checkout.captures)


def _customer(checkout: Checkout) -> Shown:
    return {
        **dict.fromkeys(("first_name", "last_name", "phone", "metadata", _ABROAD)),
        "id": 1,
        "email": checkout.terms.email,
        "customer_code": "CUS_sandbox",
        "risk_action": "default",
    }


def _card(checkout: Checkout) -> Shown:
    is_others = checkout.is_others_card
    brand = "mastercard" if is_others else "visa"
    return {
        "authorization_code": card_code(checkout.holder),
        "bin": "408408",
        "last4": last_digits("paystack", checkout.holder),
        "exp_month": "09",
        "exp_year": "2030",
        "channel": "card",
        "card_type": f"{brand} ",
        "bank": "TEST BANK",
        "country_code": "NG",
        "brand": brand,
        "reusable": True,
        "signature": "SIG_somebody" if is_others else "SIG_sandbox",
        "account_name": None,
    }

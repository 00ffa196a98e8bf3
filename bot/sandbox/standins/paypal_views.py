"""How PayPal shows things, played by the sandbox: orders, captures, refunds, disputes, refusals.

A capture has its number from the order and its place there, so that it keeps it while it waits.
"""

from typing import Final

from bot.sandbox.provider_desk import HOLDS
from bot.sandbox.provider_records import SOMEBODY, Capture, Checkout, CheckoutStatus
from bot.sandbox.provider_refund_records import Refund, RefundStatus
from bot.sandbox.standins.losses import lost_as_refunds
from bot.sandbox.standins.standin import major_of

Shown = dict[str, object]

CURRENCIES: Final = frozenset({"USD", "EUR", "GBP", "CAD", "JPY"})
"""Of PayPal's those that the sandbox knows."""

ORDERS: Final = {
    CheckoutStatus.OPEN: "PAYER_ACTION_REQUIRED",
    CheckoutStatus.APPROVED: "APPROVED",
    CheckoutStatus.HELD: "COMPLETED",
    CheckoutStatus.PROCESSING: "COMPLETED",
    CheckoutStatus.EXPIRED: "COMPLETED",
    CheckoutStatus.PAID: "COMPLETED",
}
"""Of those that are shown at all; where they were declined it depends on how."""

REFUNDS: Final = {
    RefundStatus.PENDING: "PENDING",
    RefundStatus.NEEDS_ATTENTION: "PENDING",
    RefundStatus.DONE: "COMPLETED",
    RefundStatus.FAILED: "FAILED",
    RefundStatus.RETURNED: "COMPLETED",
}
"""That a bank sent a refund back is not told."""

ISSUES: Final = {"insufficient_funds": "PAYER_CANNOT_PAY", "expired_card": "CARD_EXPIRED"}
"""What a capture is refused with; for the other reasons it is made, and reads DECLINED."""

NAMES: Final = {
    400: "INVALID_REQUEST",
    401: "AUTHENTICATION_FAILURE",
    404: "RESOURCE_NOT_FOUND",
    422: "UNPROCESSABLE_ENTITY",
    429: "RATE_LIMIT_REACHED",
    500: "INTERNAL_SERVER_ERROR",
    503: "SERVICE_UNAVAILABLE",
}


def refusal(status: int, issue: str = "") -> Shown:
    """Say that a call did not work."""
    details = [{"issue": issue, "description": "Look at your request."}] if issue else []
    body = {"name": NAMES[status], "message": "Not done.", "debug_id": "f1a2b3c4d5e6f"}
    return {**body, "details": details, "links": []}


def view_order(checkout: Checkout, *, api: str, link: str) -> Shown:
    """Show an order; `link` is where it is approved, `api` where orders are."""
    terms, number = checkout.terms, number_of(checkout)
    captures = view_captures(checkout, api=api)
    refunds = [view_refund(checkout, each, api=api) for each in refunds_of(checkout)]
    payments = {"captures": captures, **({"refunds": refunds} if refunds else {})}
    unit = {
        "reference_id": "default",
        "amount": money(terms.amount_minor, terms.currency),
        "description": terms.title,
        "custom_id": terms.reference,
        "invoice_id": terms.reference,
        **({"payments": payments} if captures else {}),
    }
    links = [{"href": f"{api}/v2/checkout/orders/{number}", "rel": "self", "method": "GET"}]
    if checkout.status in {CheckoutStatus.OPEN, CheckoutStatus.APPROVED}:
        links.append({"href": link, "rel": "payer-action", "method": "GET"})
    is_made = checkout.status is CheckoutStatus.DECLINED and checkout.decline not in ISSUES
    return {
        "id": number,
        "intent": "CAPTURE",
        "status": ORDERS.get(checkout.status, "COMPLETED" if is_made else "APPROVED"),
        "create_time": checkout.created_at.isoformat(),
        "payment_source": {"paypal": _account(checkout)},
        "purchase_units": [unit],
        "links": links,
    }


def view_captures(checkout: Checkout, *, api: str) -> list[Shown]:
    """Show what was taken, or what waits or was turned down instead."""
    if checkout.captures:
        return [
            _view_capture(checkout, each, place=place, status=_stands(checkout, each), api=api)
            for place, each in enumerate(checkout.captures)
        ]
    if not checkout.taken_under or checkout.decline in ISSUES:
        return []
    terms = checkout.terms
    asked = Capture(
        id="",
        amount_minor=terms.amount_minor,
        currency=terms.currency,
        at=checkout.updated_at,
        fee_minor=0,
    )
    status = "DECLINED" if checkout.decline else "PENDING"
    shown = _view_capture(checkout, asked, place=0, status=status, api=api)
    if checkout.decline:
        return [{**shown, "processor_response": {"response_code": "0500"}}]
    reason = "UNILATERAL" if checkout.choice == HOLDS else "ECHECK"
    return [{**shown, "status_details": {"reason": reason}}]


def refunds_of(checkout: Checkout) -> list[Refund]:
    """Return what went back, what a payer won among it: PayPal gives that back by itself."""
    return [*checkout.refunds, *lost_as_refunds(checkout)]


def view_refund(checkout: Checkout, refund: Refund, *, api: str) -> Shown:
    """Show a refund; which capture it gives back only its link says."""
    place = [each.id for each in checkout.captures].index(refund.capture_id)
    number = refund.id.partition("_")[2].upper()
    of = f"{api}/v2/payments/captures/{capture_number(checkout, place)}"
    body: Shown = {
        "id": number,
        "status": REFUNDS[refund.status],
        "amount": money(refund.amount_minor, refund.currency),
        "create_time": refund.at.isoformat(),
        "links": [
            {"href": f"{api}/v2/payments/refunds/{number}", "rel": "self", "method": "GET"},
            {"href": of, "rel": "up", "method": "GET"},
        ],
    }
    # What is given back from the dashboard has no number of the merchant's.
    ours = {"custom_id": checkout.terms.reference, "invoice_id": refund.reference}
    return {**body, **ours} if refund.reference else body


def view_told_capture(checkout: Checkout, *, api: str) -> Shown:
    """Show the last capture as an event does: it names the order, too."""
    related = {"related_ids": {"order_id": number_of(checkout)}}
    return {**view_captures(checkout, api=api)[-1], "supplementary_data": related}


def view_listed_dispute(checkout: Checkout) -> Shown:
    """Show a claim of the payer's to all of what was captured first; the list says no more."""
    first, since = checkout.captures[0], checkout.disputed_at or checkout.updated_at
    return {
        "dispute_id": f"PP-{number_of(checkout)}",
        "create_time": since.isoformat(),
        "update_time": checkout.updated_at.isoformat(),
        "reason": "UNAUTHORISED",
        "status": "UNDER_REVIEW" if checkout.is_disputed else "RESOLVED",
        "dispute_amount": money(first.amount_minor, first.currency),
    }


def view_dispute(checkout: Checkout) -> Shown:
    """Show what a claim of the payer's is about, and once it is over how it ended."""
    claimed = {
        "seller_transaction_id": capture_number(checkout, 0),
        "invoice_number": checkout.terms.reference,
        "custom": checkout.terms.reference,
    }
    shown = {**view_listed_dispute(checkout), "disputed_transactions": [claimed]}
    is_lost = bool(lost_as_refunds(checkout))
    code = "RESOLVED_BUYER_FAVOUR" if is_lost else "CANCELED_BY_BUYER"
    over = {"dispute_outcome": {"outcome_code": code}}
    return shown if checkout.is_disputed else {**shown, **over}


def view_transactions(checkout: Checkout) -> list[Shown]:
    """Show what was taken as the list of transactions does; when, by the last field."""
    terms = checkout.terms
    return [
        {
            "transaction_id": capture_number(checkout, place),
            "transaction_event_code": "T0006",
            "transaction_amount": money(each.amount_minor, each.currency),
            "fee_amount": {"currency_code": each.currency, "value": f"-{_fee(each)}"},
            "transaction_status": "V" if _stands(checkout, each) == "REFUNDED" else "S",
            "invoice_id": terms.reference,
            "custom_field": terms.reference,
            "transaction_initiation_date": f"{each.at:%Y-%m-%dT%H:%M:%S+0000}",
        }
        for place, each in enumerate(checkout.captures)
    ]


def vault_id(checkout: Checkout) -> str:
    """Return what charges again the account that paid an order which was to save it."""
    return f"v{number_of(checkout).lower()}"


def _account(checkout: Checkout) -> Shown:
    """Show who paid: everybody here pays with the one account."""
    if not checkout.captures:
        return {}
    account: Shown = {"email_address": "payer@example.org", "account_id": "PRETENDPAYER2"}
    if checkout.is_others_card:
        account = {"email_address": SOMEBODY, "account_id": "PRETENDPAYER3"}
    if checkout.terms.keeps_card:
        customer = {"id": f"c{number_of(checkout)[:12].lower()}"}
        vault = {"id": vault_id(checkout), "status": "VAULTED", "customer": customer}
        account["attributes"] = {"vault": vault}
    return account


def number_of(checkout: Checkout) -> str:
    """Return an order's id: as long as PayPal's."""
    return checkout.id.partition("_")[2].upper()[:17]


def capture_number(checkout: Checkout, place: int) -> str:
    """Return the id of an order's capture by its place there."""
    return f"{number_of(checkout)}{place + 1}"


def money(minor: int, currency: str) -> dict[str, str]:
    """Write an amount, as text."""
    return {"currency_code": currency, "value": major_of(minor, currency)}


def _fee(capture: Capture) -> str:
    return major_of(capture.fee_minor, capture.currency)


def _view_capture(
    checkout: Checkout, capture: Capture, *, place: int, status: str, api: str
) -> Shown:
    number, currency = capture_number(checkout, place), capture.currency
    kept = {
        "gross_amount": money(capture.amount_minor, currency),
        "paypal_fee": money(capture.fee_minor, currency),
        "net_amount": money(capture.amount_minor - capture.fee_minor, currency),
    }
    return {
        "id": number,
        "status": status,
        "amount": money(capture.amount_minor, currency),
        "final_capture": True,
        "custom_id": checkout.terms.reference,
        "invoice_id": checkout.terms.reference,
        **({"seller_receivable_breakdown": kept} if capture.id else {}),
        "create_time": capture.at.isoformat(),
        "links": [{"href": f"{api}/v2/payments/captures/{number}", "rel": "self", "method": "GET"}],
    }


def _stands(checkout: Checkout, capture: Capture) -> str:
    given_minor = sum(
        each.amount_minor
        for each in refunds_of(checkout)
        if each.capture_id == capture.id and REFUNDS[each.status] == "COMPLETED"
    )
    if not given_minor:
        return "COMPLETED"
    return "REFUNDED" if given_minor >= capture.amount_minor else "PARTIALLY_REFUNDED"

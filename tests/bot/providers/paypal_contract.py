"""What PayPal's public descriptions say of its answers and events: names, types, words.

Read in its OpenAPI descriptions of February 2024: Orders 2.13, Payments 2.5, Disputes 1.10,
Transaction Search 1.9, Webhooks Management 1.11; reduced to what the adapter, the recorded shapes
and the stand-in are about. They require next to nothing: what PayPal's guides show of every such
thing must be here too. How long a list is at least is not held, for PayPal's own samples show empty
ones; nor are the some hundred words for why a call was refused.

Only the guides (read 2026-11) have the answer of a token and its refusal, what a call too many is
refused with, what events are called and of which resource each is, and the list of transactions'
moments without a colon in their zone.
"""

import json
import re
from typing import Final

from tests.bot.providers.paypal_orders_contract import (
    CAPTURE_ALONE,
    DAY,
    HOUR,
    LINKS,
    MOMENT,
    MONEY,
    ORDER,
    REFUND,
    up_to,
)
from tests.bot.providers.shapes import Contract, Kind, ListOf, OneOf, broken

LISTED_MOMENT: Final = OneOf((MOMENT, re.compile(rf"{DAY}T{HOUR}[+-][0-9]{{4}}")))

_CLAIM_MUST: Final[dict[str, Kind]] = {
    "dispute_id": up_to(255, "[A-Za-z0-9-]"),
    "create_time": MOMENT,
    "update_time": MOMENT,
    "reason": frozenset(
        {
            "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
            "MERCHANDISE_OR_SERVICE_NOT_AS_DESCRIBED",
            "UNAUTHORISED",
            "CREDIT_NOT_PROCESSED",
            "DUPLICATE_TRANSACTION",
            "INCORRECT_AMOUNT",
            "PAYMENT_BY_OTHER_MEANS",
            "CANCELED_RECURRING_BILLING",
            "PROBLEM_WITH_REMITTANCE",
            "OTHER",
        }
    ),
    "status": frozenset(
        {
            "OPEN",
            "WAITING_FOR_BUYER_RESPONSE",
            "WAITING_FOR_SELLER_RESPONSE",
            "UNDER_REVIEW",
            "RESOLVED",
            "OTHER",
        }
    ),
    "dispute_amount": MONEY,
}
_CLAIM_MAY: Final[dict[str, Kind]] = {
    "dispute_asset": dict,
    "dispute_life_cycle_stage": frozenset(
        {"INQUIRY", "CHARGEBACK", "PRE_ARBITRATION", "ARBITRATION"}
    ),
    "dispute_channel": frozenset({"INTERNAL", "EXTERNAL", "ALERT"}),
    "buyer_response_due_date": MOMENT,
    "seller_response_due_date": MOMENT,
    "links": LINKS,
}
LISTED_DISPUTE: Final = Contract(must=_CLAIM_MUST, may={**_CLAIM_MAY, "dispute_state": str})
"""The list tells neither how a dispute ended nor what it is about."""
OUTCOMES: Final = frozenset(
    {
        "RESOLVED_BUYER_FAVOUR",
        "RESOLVED_SELLER_FAVOUR",
        "RESOLVED_WITH_PAYOUT",
        "CANCELED_BY_BUYER",
        "ACCEPTED",
        "DENIED",
        "NONE",
    }
)
DISPUTE: Final = Contract(
    must={
        **_CLAIM_MUST,
        "disputed_transactions": ListOf(
            Contract(
                may={
                    **dict.fromkeys(
                        ("buyer_transaction_id", "seller_transaction_id", "reference_id"),
                        up_to(255, "[A-Za-z0-9-]"),
                    ),
                    "create_time": MOMENT,
                    "transaction_status": str,
                    "gross_amount": MONEY,
                    "invoice_number": up_to(127, r"[A-Za-z0-9:\-|]"),
                    "custom": up_to(2_000),
                    "buyer": dict,
                    "seller": dict,
                    # Of an item there is more, which nothing here is about.
                    "items": ListOf(
                        Contract(may={"item_id": str, "item_name": str, "dispute_amount": MONEY})
                    ),
                    # In the guides only.
                    "seller_protection_eligible": bool,
                }
            )
        ),
    },
    may={
        **_CLAIM_MAY,
        "external_reason_code": str,
        "dispute_outcome": Contract(
            may={
                "outcome_code": OUTCOMES,
                "amount_refunded": MONEY,
            }
        ),
        **dict.fromkeys(("adjudications", "money_movements", "messages", "evidences"), list),
        **dict.fromkeys(("fee_policy", "extensions", "offer", "refund_details"), dict),
    },
)
DISPUTES: Final = Contract(may={"items": ListOf(LISTED_DISPUTE), "links": LINKS})

_SENTENCE: Final = up_to(127, r"""[a-zA-Z0-9_'\-., ":;!?]""")
TRANSACTION: Final = Contract(
    must={
        "transaction_id": up_to(24, "[a-zA-Z0-9]"),
        "transaction_event_code": up_to(5, "[a-zA-Z0-9]"),
        "transaction_initiation_date": LISTED_MOMENT,
        "transaction_amount": MONEY,
        "transaction_status": frozenset({"D", "P", "S", "V"}),
    },
    may={
        "paypal_account_id": up_to(24, "[a-zA-Z0-9]"),
        "paypal_reference_id": up_to(24, "[a-zA-Z0-9]"),
        "paypal_reference_id_type": frozenset({"ODR", "TXN", "SUB", "PAP"}),
        "transaction_updated_date": LISTED_MOMENT,
        "fee_amount": MONEY,
        "transaction_subject": str,
        "transaction_note": str,
        "ending_balance": MONEY,
        "available_balance": MONEY,
        "invoice_id": _SENTENCE,
        "custom_field": _SENTENCE,
        "protection_eligibility": str,
    },
)
TRANSACTIONS: Final = Contract(
    must={
        "transaction_details": ListOf(Contract(must={"transaction_info": TRANSACTION})),
        "page": int,
        "total_items": int,
        "total_pages": int,
    },
    may={
        "account_number": up_to(255, "[a-zA-Z0-9]"),
        "start_date": LISTED_MOMENT,
        "end_date": LISTED_MOMENT,
        "last_refreshed_datetime": LISTED_MOMENT,
        "links": LINKS,
    },
)
TOKEN: Final = Contract(
    must={"access_token": str, "token_type": frozenset({"Bearer"}), "expires_in": int},
    may={"scope": str, "app_id": str, "nonce": str},
)

REFUSALS: Final = {
    400: "INVALID_REQUEST",
    401: "AUTHENTICATION_FAILURE",
    403: "NOT_AUTHORIZED",
    404: "RESOURCE_NOT_FOUND",
    409: "RESOURCE_CONFLICT",
    422: "UNPROCESSABLE_ENTITY",
    429: "RATE_LIMIT_REACHED",
    500: "INTERNAL_SERVER_ERROR",
    503: "SERVICE_UNAVAILABLE",
}
"""By status: what a refusal is called."""

_ID: Final = r"/[^/?]+"
ANSWERS: Final[dict[tuple[str, str], Contract]] = {
    ("POST", "/v1/oauth2/token"): TOKEN,
    ("POST", "/v2/checkout/orders"): ORDER,
    ("GET", f"/v2/checkout/orders{_ID}"): ORDER,
    ("POST", f"/v2/checkout/orders{_ID}/capture"): ORDER,
    ("POST", f"/v2/payments/captures{_ID}/refund"): REFUND,
    ("GET", f"/v2/payments/refunds{_ID}"): REFUND,
    ("GET", "/v1/customer/disputes"): DISPUTES,
    ("GET", f"/v1/customer/disputes{_ID}"): DISPUTE,
    ("GET", "/v1/reporting/transactions"): TRANSACTIONS,
}
"""By method and path: what is answered to a call that worked."""

EVENTS: Final[dict[str, tuple[str, Contract]]] = {
    **dict.fromkeys(
        ("CHECKOUT.ORDER.APPROVED", "CHECKOUT.ORDER.COMPLETED", "CHECKOUT.ORDER.VOIDED"),
        ("checkout-order", ORDER),
    ),
    **dict.fromkeys(
        (
            "PAYMENT.CAPTURE.COMPLETED",
            "PAYMENT.CAPTURE.DECLINED",
            "PAYMENT.CAPTURE.DENIED",
            "PAYMENT.CAPTURE.PENDING",
        ),
        ("capture", CAPTURE_ALONE),
    ),
    **dict.fromkeys(
        (
            "PAYMENT.CAPTURE.REFUNDED",
            "PAYMENT.CAPTURE.REVERSED",
            "PAYMENT.REFUND.PENDING",
            "PAYMENT.REFUND.FAILED",
        ),
        ("refund", REFUND),
    ),
    **dict.fromkeys(
        ("CUSTOMER.DISPUTE.CREATED", "CUSTOMER.DISPUTE.UPDATED", "CUSTOMER.DISPUTE.RESOLVED"),
        ("dispute", DISPUTE),
    ),
}
"""By their name: what an event is about, and how that is shown."""


def broken_answer(method: str, path: str, said: object) -> list[str]:
    """Return in what the answer to a call that worked departs."""
    way = path.partition("?")[0]
    for (of, known), contract in ANSWERS.items():
        if of == method and re.fullmatch(known, way):
            return [f"{way}: {each}" for each in broken(said, contract)]
    return [f"{method} {way} is not known"]


def broken_refusal(path: str, status: int, said: object) -> list[str]:
    """Return in what the answer to a call that did not work departs."""
    if path == "/v1/oauth2/token":
        contract = Contract(must={"error": str}, may={"error_description": str})
    else:
        details = Contract(
            must={"issue": re.compile(r"[A-Z][A-Z0-9_]*")},
            may=dict.fromkeys(("field", "value", "location", "description"), str),
        )
        contract = Contract(
            must={
                "name": frozenset({REFUSALS.get(status, "")}),
                "message": str,
                "debug_id": str,
            },
            may={"details": ListOf(details), "information_link": str, "links": LINKS},
        )
    return [f"{path}: {each}" for each in broken(said, contract)]


def broken_event(body: bytes) -> list[str]:
    """Return in what an event departs, and the thing that it is about."""
    event = json.loads(body)
    kind = str(event.get("event_type"))
    if kind not in EVENTS:
        return [f"event_type is {kind!r}"]
    of, resource = EVENTS[kind]
    version = re.compile(r"[0-9]+\.[0-9]+")
    contract = Contract(
        must={
            "id": str,
            "create_time": MOMENT,
            "resource_type": frozenset({of}),
            "event_type": str,
            "resource": resource,
        },
        may={"event_version": version, "resource_version": version, "summary": str, "links": LINKS},
    )
    return [f"{kind}: {each}" for each in broken(event, contract)]

"""Paystack's payments, refunds, transfers and claims, in the shapes that it gives them.

Read in its public OpenAPI description of 24 October 2025. That takes for required what its own
samples had, and has no events: those, and what is `may` or said to be so, are in the samples of
February 2026 that Paystack's pages show. Of `_unseen` fields only null is known.
"""

import re
from collections.abc import Mapping
from typing import Final

from tests.bot.providers.shapes import Contract, Kind, ListOf, OneOf, or_null

STATUSES: Final = frozenset(
    # The latter four are in the guides only.
    {"success", "failed", "abandoned", "reversed", "ongoing", "pending", "processing", "queued"}
)
TRANSFERS: Final = frozenset(
    {
        *("pending", "success", "failed", "otp", "abandoned", "reversed"),
        *("blocked", "rejected", "received"),
    }
)
REFUNDS: Final = frozenset({"pending", "processing", "processed", "failed", "needs-attention"})
"""In the guides only."""
RESOLUTIONS: Final = frozenset({"merchant-accepted", "declined", "auto-accepted"})

_CURRENCY: Final = frozenset({"GHS", "KES", "NGN", "ZAR", "USD"})
_MODE: Final = frozenset({"test", "live"})
_CHANNEL: Final = frozenset(
    {
        *("card", "pos", "bank", "dedicated_nuban", "ussd", "bank_transfer", "qr", "eft"),
        *("mobile_money", "apple_pay", "direct_debit"),
    }
)
_RISK: Final = frozenset({"default", "allow", "deny"})
_RECIPIENT_TYPE: Final = frozenset(
    {
        *("nuban", "ghipss", "mobile_money", "basa", "authorization", "kepss"),
        # Kenya's, in the guides only.
        "mobile_money_business",
    }
)
_MOMENT: Final = re.compile(
    r"20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9](:[0-5][0-9]){2}\.[0-9]{3}Z"
)
_WHEN: Final = or_null(_MOMENT)
TEXT: Final = or_null(str)
_OBJECT: Final = or_null(dict)


def _unseen(*names: str) -> dict[str, Kind]:
    return dict.fromkeys(names)


def every(kind: Kind, *names: str) -> dict[str, Kind]:
    """Give fields one kind."""
    return dict.fromkeys(names, kind)


_STEP: Final = Contract({"type": str, "message": str, "time": int})
_LOG: Final = or_null(
    Contract(
        {
            **every(int, "time_spent", "attempts", "errors"),
            **every(bool, "success", "mobile"),
            "input": list,
            "history": ListOf(_STEP),
        },
        {"start_time": int, "authentication": str, "channel": TEXT},
    )
)
_CUSTOMER: Final = Contract(
    {
        "id": int,
        **every(str, "email", "customer_code"),
        **every(TEXT, "first_name", "last_name", "phone"),
        "metadata": OneOf((dict, str, None)),
        "risk_action": _RISK,
    },
    {"international_format_phone": TEXT},
)
_NAMES: Final = (
    *("authorization_code", "last4", "exp_month", "exp_year", "channel", "card_type", "bank"),
    *("country_code", "brand", "signature"),
)
_RECEIVER: Final = _unseen("receiver_bank_account_number", "receiver_bank")
_CARD: Final = Contract(
    {**every(str, *_NAMES), **every(TEXT, "bin", "account_name"), "reusable": bool}, _RECEIVER
)
_CARD_OR_BLANK: Final = Contract(
    {**every(TEXT, *_NAMES, "bin", "account_name"), "reusable": bool}, _RECEIVER
)

_PAYMENT: Final[Mapping[str, Kind]] = {
    **every(int, "id", "amount"),
    **every(str, "reference", "gateway_response"),
    "domain": _MODE,
    "status": STATUSES,
    "message": TEXT,
    "channel": _CHANNEL,
    "currency": _CURRENCY,
    "fees": or_null(int),
    "log": _LOG,
    "customer": _CUSTOMER,
}
_CODES: Final[Mapping[str, Kind]] = every(TEXT, "response_code", "gateway_response_code")
"""Why it failed: in the guides only."""
_UNSPLIT: Final[Mapping[str, Kind]] = {
    **_unseen("fees_split", "order_id", "pos_transaction_data"),
    **every(dict, "split", "subaccount"),
}
_DATES: Final[Mapping[str, Kind]] = {
    # "paidAt" is described as never null, "paid_at" of the same moment is.
    **every(_WHEN, "paid_at", "paidAt"),
    "created_at": _MOMENT,
}

TRANSACTION: Final = Contract(
    {
        **_PAYMENT,
        **_UNSPLIT,
        **_DATES,
        **every(_MOMENT, "createdAt", "transaction_date"),
        **every(TEXT, "receipt_number", "plan"),
        **_unseen("source", "fees_breakdown", "connect"),
        "requested_amount": int,
        "ip_address": str,
        "metadata": OneOf((str, dict)),
        "authorization": OneOf((_CARD, Contract())),
        "plan_object": dict,
    },
    _CODES,
)
CHARGE: Final = Contract(
    {
        **_PAYMENT,
        "transaction_date": _MOMENT,
        "metadata": str,
        **_unseen("ip_address", "plan"),
        "authorization": _CARD,
    },
    _CODES,
)
ROW: Final = Contract(
    {
        **_PAYMENT,
        **_UNSPLIT,
        **_DATES,
        "createdAt": _MOMENT,
        "requested_amount": int,
        "ip_address": TEXT,
        **every(_OBJECT, "metadata", "source", "connect"),
        "authorization": _CARD_OR_BLANK,
        "plan": dict,
    },
    _CODES,
)
PAGE: Final = Contract(every(str, "authorization_url", "access_code", "reference"))
PAUSED: Final = Contract({**PAGE.must, "paused": bool})
"""In the guides only."""

_REFUND: Final[Mapping[str, Kind]] = {
    **every(int, "id", "integration", "amount", "deducted_amount"),
    **every(str, "merchant_note", "customer_note", "refunded_by"),
    "domain": _MODE,
    "status": REFUNDS,
    "currency": _CURRENCY,
    "createdAt": _MOMENT,
}
REFUND: Final = Contract(
    {
        **_REFUND,
        **every(int, "transaction", "fully_deducted", "transaction_amount"),
        **every(str, "transaction_reference", "reason", "refund_type"),
        **every(str, "initiated_by", "refund_channel"),
        **_unseen("settlement", "bank_reference", "session_id"),
        # The description knows no more than null of these two.
        "dispute": or_null(int),
        "refunded_at": _WHEN,
        "customer": _CUSTOMER,
        "collect_account_number": bool,
    },
    {**every(_MOMENT, "expected_at", "updatedAt"), "channel": TEXT},
)
_GIVEN_BACK: Final = Contract(
    {
        **every(int, "id", "amount"),
        "domain": _MODE,
        "reference": str,
        **every(_MOMENT, "paid_at", "paidAt"),
        "channel": _CHANNEL,
        "currency": _CURRENCY,
        "authorization": Contract(_unseen("exp_month", "exp_year", "account_name")),
        "customer": Contract({"international_format_phone": TEXT}),
        **every(dict, "plan", "split"),
        "subaccount": Contract(_unseen("currency")),
        **_unseen("order_id", "pos_transaction_data", "source", "fees_breakdown"),
    }
)
NEW_REFUND: Final = Contract(
    {
        **_REFUND,
        "transaction": _GIVEN_BACK,
        **_unseen("channel"),
        **every(_MOMENT, "expected_at", "updatedAt"),
        "fully_deducted": bool,
    }
)

_DETAILS: Final = Contract(
    {
        **every(TEXT, "authorization_code", "account_number", "account_name"),
        **every(str, "bank_code", "bank_name"),
    }
)
_RECIPIENT: Final[Mapping[str, Kind]] = {
    **every(bool, "active", "is_deleted"),
    **every(int, "id", "integration"),
    **every(str, "name", "recipient_code"),
    "currency": _CURRENCY,
    "domain": _MODE,
    "type": _RECIPIENT_TYPE,
    "details": _DETAILS,
}
# Described as there, and as texts; samples have nulls, or nothing.
_OFTEN: Final[Mapping[str, Kind]] = {**every(TEXT, "description", "email"), "metadata": _OBJECT}
RECIPIENT: Final = Contract(
    {**_RECIPIENT, **every(_MOMENT, "createdAt", "updatedAt")}, {**_OFTEN, "isDeleted": bool}
)
_TRANSFER: Final[Mapping[str, Kind]] = {
    **every(int, "id", "amount"),
    **every(str, "reference", "reason"),
    "transfer_code": re.compile(r"TRF_[a-z0-9]+"),
    "source": frozenset({"balance"}),
    "domain": _MODE,
    "currency": _CURRENCY,
    "status": TRANSFERS,
    # The description knows no more than null of it.
    "transferred_at": _WHEN,
    **_unseen("source_details", "failures", "titan_code"),
}
NEW_TRANSFER: Final = Contract(
    {
        **_TRANSFER,
        **every(list, "transfersessionid", "transfertrials"),
        **every(int, "integration", "request", "recipient"),
        **every(_MOMENT, "createdAt", "updatedAt"),
    }
)
_SESSION: Final = Contract(every(TEXT, "provider", "id"))
TRANSFER: Final = Contract(
    {
        **_TRANSFER,
        "integration": int,
        "recipient": RECIPIENT,
        "session": _SESSION,
        "gateway_response": TEXT,
        **every(_MOMENT, "createdAt", "updatedAt"),
    },
    # In samples only.
    {**every(int, "request", "fee_charged"), **_unseen("fees_breakdown")},
)

PAID_TOLD: Final = Contract(
    {
        **_PAYMENT,
        **{name: _DATES[name] for name in ("paid_at", "created_at")},
        "ip_address": TEXT,
        "metadata": OneOf((str, dict, int, None)),
        "authorization": _CARD,
        "plan": dict,
    },
    {
        **_CODES,
        **_UNSPLIT,
        "paidAt": _WHEN,
        "requested_amount": int,
        "source": _OBJECT,
        **_unseen("fees_breakdown"),
    },
)
_CONTESTED: Final = Contract(
    {
        **PAID_TOLD.must,
        "authorization": Contract(),
        "customer": Contract({"international_format_phone": TEXT}),
    },
    PAID_TOLD.may,
)
DISPUTE_TOLD: Final = Contract(
    {
        **every(int, "id", "refund_amount"),
        "currency": _CURRENCY,
        "status": frozenset(
            {"awaiting-merchant-feedback", "awaiting-bank-feedback", "pending", "resolved"}
        ),
        "resolution": or_null(RESOLUTIONS),
        "domain": _MODE,
        "transaction": _CONTESTED,
        "category": str,
        "customer": _CUSTOMER,
        **every(TEXT, "bin", "last4"),
        **every(_WHEN, "dueAt", "resolvedAt"),
        **_unseen("transaction_reference", "evidence", "attachments", "note"),
        "history": ListOf(Contract({**every(str, "status", "by"), "createdAt": _MOMENT})),
        "messages": ListOf(Contract({**every(str, "sender", "body"), "createdAt": _MOMENT})),
        # Described as "createdAt" and "updatedAt", where a list shows it.
        **every(_MOMENT, "created_at", "updated_at"),
    }
)
REFUND_TOLD: Final = Contract(
    {
        "status": REFUNDS,
        "transaction_reference": str,
        "refund_reference": TEXT,
        "amount": OneOf((int, re.compile(r"[0-9]+"))),
        "currency": _CURRENCY,
        "customer": Contract({"email": str, **every(TEXT, "first_name", "last_name")}),
        "integration": int,
        "domain": _MODE,
    },
    every(str, "processor", "id", "customer_note", "merchant_note"),
)
_TOLD_AT: Final = every(_MOMENT, "createdAt", "updatedAt", "created_at", "updated_at")
TRANSFER_TOLD: Final = Contract(
    {
        **_TRANSFER,
        "integration": Contract(
            {"id": int, "is_live": bool, "business_name": str}, {"logo_path": str}
        ),
        "recipient": Contract(_RECIPIENT, {**_OFTEN, **_TOLD_AT}),
        "session": _SESSION,
    },
    {**_TOLD_AT, "fee_charged": int, "gateway_response": TEXT},
)

"""PayPal's words, limits and shapes, and what they are in ours."""

import re
from datetime import timedelta
from typing import Final

from core.domain.outflows import Moved, Outflow
from core.domain.providers import (
    About,
    Capabilities,
    Declined,
    Outcome,
    PartOf,
    Pending,
    ProviderError,
    Settled,
    Truth,
)

ADDRESS: Final = "https://api-m.paypal.com"
MODES: Final = {
    "api-m.paypal.com": False,
    "api.paypal.com": False,
    "api-m.sandbox.paypal.com": True,
    "api.sandbox.paypal.com": True,
}
"""Whether the money of a host is pretend."""

CHARGE_MEMORY: Final = timedelta(hours=5)
"""How long a repeated order is surely answered with the first one: PayPal says six hours."""

LISTED: Final = 100
"""Transactions on one page of a list; PayPal gives up to 500."""
LIST_BYTES: Final = 512 * 1024
LIST_LAG: Final = timedelta(hours=6)
"""How late a list may be: twice the three hours that PayPal names as the most."""
MOST_SPAN: Final = timedelta(days=31)
"""The longest time that PayPal lists at once."""
TOO_MANY: Final = "RESULTSET_TOO_LARGE"
"""What a list of more than 10,000 transactions is refused with."""

CAPABILITIES: Final = Capabilities(
    currencies=frozenset({"USD", "EUR", "GBP", "CAD", "JPY"}),
    can_link=True,
    can_charge_saved=True,
    charge_memory=CHARGE_MEMORY,
    can_list=True,
    list_lag=LIST_LAG,
    refunds=PartOf.ANY,
    refund_days=30,
    honours_our_id=True,
    truth=Truth.BY_QUERY,
)
"""Of PayPal's currencies those whose decimals are the same there and in our books."""

TITLE: Final = 127
NOTE: Final = 255
DISPUTES: Final = 20
LISTED_FOR: Final = timedelta(days=179)
"""How long a dispute is surely listed after it last changed: PayPal says 180 days."""

ORDERS: Final[dict[str, type[Outcome]]] = {
    "CREATED": Pending,
    "SAVED": Pending,
    "PAYER_ACTION_REQUIRED": Pending,
    "APPROVED": Pending,
    "VOIDED": Declined,
    "COMPLETED": Settled,
}
APPROVED: Final = "APPROVED"
TO_CONFIRM: Final = "PAYER_ACTION_REQUIRED"

CAPTURES: Final[dict[str, type[Outcome]]] = {
    "COMPLETED": Settled,
    "PARTIALLY_REFUNDED": Settled,
    "REFUNDED": Settled,
    "PENDING": Pending,
    "DECLINED": Declined,
    "FAILED": Declined,
}
REFUNDED: Final = "REFUNDED"

REFUNDS: Final[dict[str, type[Outflow]]] = {
    "PENDING": Pending,
    "COMPLETED": Moved,
    "FAILED": Declined,
    "CANCELLED": Declined,
}

TRANSACTIONS: Final[dict[str, type[Outcome]]] = {
    "S": Settled,
    "F": Settled,
    "V": Settled,
    "P": Pending,
    "D": Declined,
}
"""Of a list: done, partly given back, wholly given back, waiting, denied."""

NEEDS: Final = frozenset(
    {
        "RECEIVING_PREFERENCE_MANDATES_MANUAL_ACTION",
        "UNILATERAL",
        "VERIFICATION_REQUIRED",
    }
)
"""Why a capture waits for the merchant; the other reasons wait for PayPal or a bank."""

VANISHED: Final = frozenset(
    {
        "TOKEN_ID_NOT_FOUND",
        "AGREEMENT_ALREADY_CANCELLED",
        "BILLING_AGREEMENT_NOT_FOUND",
        "MISMATCHED_VAULT_ID_TO_PAYMENT_SOURCE",
    }
)
"""What a charge is refused with once its payer, or PayPal, has taken back that it be saved."""

CLEARS_IN_DAYS: Final = {"ECHECK": 7}
"""Working days that it mostly takes until a bank has paid (PayPal's help on eChecks, 2026)."""

DECLINES: Final[dict[str, ProviderError]] = {
    **dict.fromkeys(("PAYER_CANNOT_PAY", "5120"), ProviderError.INSUFFICIENT_FUNDS),
    **dict.fromkeys(
        ("CARD_NUMBER_REQUIRED", "INVALID_SECURITY_CODE_LENGTH", "5180", "00N7", *VANISHED),
        ProviderError.INVALID_CARD,
    ),
    **dict.fromkeys(
        ("CARD_EXPIRED", "REFERENCED_CARD_EXPIRED", "TOKEN_EXPIRED", "5400"),
        ProviderError.EXPIRED_CARD,
    ),
    **dict.fromkeys(
        (
            "INSTRUMENT_DECLINED",
            "TRANSACTION_REFUSED",
            "COMPLIANCE_VIOLATION",
            "PAYER_ACCOUNT_RESTRICTED",
            "PAYER_ACCOUNT_LOCKED_OR_CLOSED",
            "TRANSACTION_LIMIT_EXCEEDED",
            "TRANSACTION_BLOCKED_BY_PAYEE",
            "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED",
            "REDIRECT_PAYER_FOR_ALTERNATE_FUNDING",
            "PAYMENT_SOURCE_DECLINED_BY_PROCESSOR",
            "0500",
        ),
        ProviderError.DECLINED_CARD,
    ),
}
"""Why the payer's payment failed: the issue of a refused capture, or its processor's code."""

UNVAULTED: Final = "NOT_ENABLED_TO_VAULT_PAYMENT_SOURCE"
"""What an order that is to save its payer's account is refused with where this may not be."""

NOT_YET: Final = frozenset(
    {
        "ORDER_NOT_APPROVED",
        "ORDER_COMPLETION_IN_PROGRESS",
        "PREVIOUS_REQUEST_IN_PROGRESS",
        "PAYER_ACTION_REQUIRED",
    }
)
"""What a capture is refused with when it comes too early, or beside another one."""

CAPTURED_BEFORE: Final = "ORDER_ALREADY_CAPTURED"
UNDECIDED: Final = frozenset(
    {"DUPLICATE_INVOICE_ID", "PREVIOUS_REQUEST_IN_PROGRESS", "ORDER_ALREADY_CAPTURED"}
)
"""What says that something was made before."""

ERRORS: Final[dict[str, ProviderError]] = {
    "REFUND_FAILED_INSUFFICIENT_FUNDS": ProviderError.INSUFFICIENT_FUNDS,
    "PERMISSION_DENIED": ProviderError.AUTHENTICATION_ERROR,
    "NOT_AUTHORIZED": ProviderError.AUTHENTICATION_ERROR,
}
"""Why our call failed; everything else is `PROVIDER_ERROR`."""

FORGOTTEN: Final = frozenset({"RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID"})
RESOLVED: Final = "RESOLVED"
WON: Final = frozenset({"RESOLVED_SELLER_FAVOUR", "CANCELED_BY_BUYER"})
"""Outcomes of a dispute that leave the money here; each other one may have taken it."""

EVENTS: Final[tuple[tuple[str, About], ...]] = (
    ("CHECKOUT.ORDER.", About.PAYMENT),
    ("PAYMENT.CAPTURE.REFUNDED", About.REFUND),
    ("PAYMENT.CAPTURE.REVERSED", About.REFUND),
    ("PAYMENT.CAPTURE.", About.PAYMENT),
    ("PAYMENT.REFUND.", About.REFUND),
    ("CUSTOMER.DISPUTE.", About.DISPUTE),
)
"""What events are about, by how their name begins; the first that fits."""

REFERENCE: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")
ID: Final = re.compile(r"[A-Za-z0-9_-]{1,60}")
ISSUE: Final = re.compile(r"[A-Z][A-Z0-9_]{0,79}")
VAULT_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,255}")

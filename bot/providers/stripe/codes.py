"""Stripe's words, limits and shapes, and what they are in ours."""

from datetime import timedelta
from typing import Final

from core.domain.money import EXPONENTS
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

ADDRESS: Final = "https://api.stripe.com/v1"
VERSION: Final = "2026-06-24.dahlia"

REFERENCE_KEY: Final = "hazina_reference"
"""In metadata: our reference of a payment or refund."""
PAYMENT_KEY: Final = "hazina_payment"
"""In a refund's metadata: our reference of the payment that it gives back."""
REASON_KEY: Final = "hazina_reason"

LISTED: Final = 50
"""Rows on a page of a list."""
LIST_BYTES: Final = 768 * 1024
REFUNDS_LISTED: Final = 100
PAGE_LIFE: Final = timedelta(days=1)
"""The longest that a page lives, and how much later than it was begun it may be paid."""
PAGE_OUTLIVES: Final = timedelta(minutes=35)
"""A page lives half an hour at least, however soon the payment it is for is given up."""
CLOCKS_DIFFER: Final = timedelta(minutes=5)
TITLE_LENGTH: Final = 200
VALUE_LENGTH: Final = 500

FACTORS: Final = {"UGX": 100}
"""Written with two decimals, though it has none; every other amount is in its minor units."""
_LARGEST: Final = 99_999_999
_UNKNOWN_THERE: Final = frozenset({"GHS", "XTR"})
_CURRENCIES: Final = frozenset(EXPONENTS) - _UNKNOWN_THERE
_OF_THREE_DECIMALS: Final = ("BHD", "KWD", "TND")

CAPABILITIES: Final = Capabilities(
    currencies=_CURRENCIES,
    can_link=True,
    refunds=PartOf.ANY,
    refund_days=14,
    can_charge_saved=True,
    can_list=True,
    honours_our_id=True,
    truth=Truth.BY_QUERY,
    least={"USD": 50, "EUR": 50, "GBP": 30, "CAD": 50, "INR": 50, "JPY": 50},
    most={code: _LARGEST // FACTORS.get(code, 1) for code in _CURRENCIES},
    steps=dict.fromkeys(_OF_THREE_DECIMALS, 10),
)
"""The least amounts are Stripe's own; elsewhere it is about half a dollar's worth, and Stripe says
so. Amounts of three decimals must end in a zero."""

PAGES: Final = frozenset({"open", "complete", "expired"})
PAID: Final = {"paid": True, "unpaid": False}
"""Whether a page is paid; one that needs no payment is none of ours."""

INTENTS: Final[dict[str, type[Outcome]]] = {
    "requires_payment_method": Pending,
    "requires_confirmation": Pending,
    "requires_action": Pending,
    "requires_capture": Pending,
    "processing": Pending,
    "succeeded": Settled,
    "canceled": Declined,
}

REFUNDS: Final[dict[str, type[Outflow]]] = {
    "pending": Pending,
    "requires_action": Pending,
    "succeeded": Moved,
    "failed": Declined,
    "canceled": Declined,
}

NEEDS: Final = frozenset({"requires_action"})
"""What goes on only when the payer does something: he gets an email from Stripe."""

DISPUTES_OVER: Final = frozenset(
    {"won", "prevented", "warning_closed", "warning_needs_response", "warning_under_review"}
)
"""Disputes that claim nothing: won, prevented, or only an inquiry."""

LOST: Final = "lost"

REFUSED: Final = 402
"""The HTTP status of a refused charge."""
UNCONFIRMED: Final = "authentication_required"
"""The bank wants to see the owner of the card."""

DECLINES: Final[dict[str, ProviderError]] = {
    "insufficient_funds": ProviderError.INSUFFICIENT_FUNDS,
    **dict.fromkeys(
        (
            "incorrect_number",
            "invalid_number",
            "incorrect_cvc",
            "invalid_cvc",
            "invalid_expiry_month",
            "invalid_expiry_year",
            "incorrect_zip",
            "incorrect_address",
            "invalid_account",
        ),
        ProviderError.INVALID_CARD,
    ),
    "expired_card": ProviderError.EXPIRED_CARD,
    **dict.fromkeys(
        (
            UNCONFIRMED,
            "authentication_failure",
            "payment_intent_authentication_failure",
            "incorrect_pin",
            "invalid_pin",
            "pin_try_exceeded",
        ),
        ProviderError.AUTHENTICATION_ERROR,
    ),
    "payment_intent_payment_attempt_expired": ProviderError.TIMEOUT_ERROR,
    **dict.fromkeys(
        ("processing_error", "issuer_not_available", "reenter_transaction", "try_again_later"),
        ProviderError.PROVIDER_ERROR,
    ),
}
"""Why the payer's payment failed. A word we do not know is `DECLINED_CARD`."""

ERRORS: Final[dict[str, ProviderError]] = {
    "balance_insufficient": ProviderError.INSUFFICIENT_FUNDS,
    "resource_missing payment_method": ProviderError.INVALID_CARD,
    "resource_missing customer": ProviderError.INVALID_CARD,
}
"""Why our call failed, by code and parameter; everything else goes by the HTTP status."""

EVENTS: Final[dict[str, About]] = {
    **dict.fromkeys(
        (
            "checkout.session.completed",
            "checkout.session.async_payment_succeeded",
            "checkout.session.async_payment_failed",
            "checkout.session.expired",
            "payment_intent.succeeded",
            "payment_intent.payment_failed",
            "payment_intent.canceled",
            "charge.updated",
        ),
        About.PAYMENT,
    ),
    **dict.fromkeys(
        ("refund.created", "refund.updated", "refund.failed", "charge.refunded"), About.REFUND
    ),
    **dict.fromkeys(
        (
            "charge.dispute.created",
            "charge.dispute.updated",
            "charge.dispute.closed",
            "charge.dispute.funds_withdrawn",
            "charge.dispute.funds_reinstated",
        ),
        About.DISPUTE,
    ),
}
"""What events are about; every other one is let go. `charge.updated` tells that a fee is known."""

READS: Final = (
    "checkout/sessions",
    "payment_intents",
    "charges",
    "refunds",
    "disputes",
    "balance_transactions",
)
"""What a key must be able to read; a restricted one may lack some of it."""

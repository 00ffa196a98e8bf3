"""What providers' public descriptions say of what adapters send: names, types, words.

Every call of adapters in tests is held to it (`held.py`). Read in Paystack's OpenAPI description of
October 2025 and PayPal's of February 2024 (orders v2, payments v2, transaction search v1); what
only their guides name is said. Stripe's is in `stripe_contract`; `docs/providers` says which
providers have none.
"""

import re
from collections.abc import Mapping
from typing import Final

from tests.bot.providers.paypal_orders_contract import MONEY, up_to
from tests.bot.providers.shapes import Contract, ListOf

PAYSTACK_CURRENCY: Final = frozenset({"GHS", "KES", "NGN", "ZAR", "USD"})

PAYPAL_VAULT: Final = Contract(
    must={"usage_type": frozenset({"MERCHANT", "PLATFORM"})},
    may={
        "store_in_vault": frozenset({"ON_SUCCESS"}),
        "description": str,
        "usage_pattern": str,
        "shipping": dict,
        "owner_id": str,
        "customer_type": frozenset({"CONSUMER", "BUSINESS"}),
        "permit_multiple_payment_tokens": bool,
    },
)
PAYPAL_CONTEXT: Final = Contract(
    may={
        "brand_name": up_to(127),
        "locale": str,
        "shipping_preference": frozenset({"GET_FROM_FILE", "NO_SHIPPING", "SET_PROVIDED_ADDRESS"}),
        "return_url": str,
        "cancel_url": str,
        "landing_page": frozenset({"LOGIN", "GUEST_CHECKOUT", "NO_PREFERENCE"}),
        "user_action": frozenset({"CONTINUE", "PAY_NOW"}),
        "payment_method_preference": frozenset({"UNRESTRICTED", "IMMEDIATE_PAYMENT_REQUIRED"}),
    }
)
PAYPAL_ACCOUNT: Final = Contract(
    may={
        "vault_id": up_to(255, "[0-9a-zA-Z_-]"),
        "email_address": str,
        "name": dict,
        "phone": dict,
        "birth_date": str,
        "tax_info": dict,
        "address": dict,
        "attributes": Contract(may={"customer": dict, "vault": PAYPAL_VAULT}),
        "experience_context": PAYPAL_CONTEXT,
        "billing_agreement_id": str,
        # With PayPal's own server libraries only.
        "stored_credential": Contract(
            must={"payment_initiator": frozenset({"CUSTOMER", "MERCHANT"})},
            may={"usage": frozenset({"FIRST", "SUBSEQUENT", "DERIVED"}), "usage_pattern": str},
        ),
    },
)
PAYPAL_UNIT: Final = Contract(
    must={"amount": Contract(must=MONEY.must, may={"breakdown": dict})},
    may={
        "reference_id": up_to(256),
        **dict.fromkeys(("description", "custom_id", "invoice_id"), up_to(127)),
        "soft_descriptor": up_to(22),
        "items": list,
        **dict.fromkeys(("payee", "payment_instruction", "shipping", "supplementary_data"), dict),
    },
)

CONTRACTS: Final[dict[tuple[str, str], Contract]] = {
    ("paystack", r"/transaction/initialize"): Contract(
        must={"email": str, "amount": int},
        may={
            "currency": PAYSTACK_CURRENCY,
            "reference": str,
            "callback_url": str,
            "channels": list,
            "metadata": dict,
        },
    ),
    ("paystack", r"/transaction/charge_authorization"): Contract(
        must={"email": str, "amount": int, "authorization_code": str},
        may={"reference": str, "currency": PAYSTACK_CURRENCY, "metadata": str, "queue": bool},
    ),
    ("paystack", r"/refund"): Contract(
        must={"transaction": str},
        may={
            "amount": int,
            "currency": PAYSTACK_CURRENCY,
            "customer_note": str,
            "merchant_note": str,
        },
    ),
    ("paystack", r"/transferrecipient"): Contract(
        must={
            # Kenya's "mobile_money_business" is in the guides only.
            "type": frozenset({"nuban", "ghipss", "mobile_money", "mobile_money_business", "basa"}),
            "name": str,
            "account_number": str,
            "bank_code": str,
        },
        may={"currency": str, "description": str, "metadata": dict},
    ),
    ("paystack", r"/transfer"): Contract(
        must={"amount": int, "recipient": str, "reference": str, "source": frozenset({"balance"})},
        may={
            "reason": str,
            "currency": PAYSTACK_CURRENCY - {"USD"},
            # Of a paybill: in the guides only.
            "account_reference": str,
        },
    ),
    ("paypal", r"/v2/checkout/orders"): Contract(
        must={
            "intent": frozenset({"CAPTURE", "AUTHORIZE"}),
            "purchase_units": ListOf(PAYPAL_UNIT),
        },
        may={
            "payer": dict,
            "payment_source": Contract(may={"paypal": PAYPAL_ACCOUNT, "card": dict}),
            "application_context": dict,
        },
    ),
    ("paypal", r"/v2/checkout/orders/[^/]+/capture"): Contract(
        must={}, may={"payment_source": dict}
    ),
    ("paypal", r"/v2/payments/captures/[^/]+/refund"): Contract(
        must={},
        may={
            "amount": MONEY,
            "custom_id": up_to(127, "."),
            "invoice_id": up_to(127, "."),
            "note_to_payer": up_to(255, "."),
            "payment_instruction": dict,
        },
    ),
}


_DATE: Final = re.compile(
    r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3])(:[0-5][0-9]){2}Z"
)

QUERIES: Final[dict[tuple[str, str], Contract]] = {
    ("paypal", r"/v1/reporting/transactions"): Contract(
        must={"start_date": _DATE, "end_date": _DATE},
        may={
            "transaction_id": str,
            "transaction_type": str,
            "transaction_status": str,
            "transaction_amount": str,
            "transaction_currency": str,
            "payment_instrument_type": str,
            "store_id": str,
            "terminal_id": str,
            "fields": str,
            "balance_affecting_records_only": frozenset({"Y", "N"}),
            "page_size": re.compile(r"[1-9][0-9]?|[1-4][0-9]{2}|500"),
            "page": re.compile(r"[1-9][0-9]{0,9}"),
        },
    ),
}


def broken_query(provider: str, path: str, query: Mapping[str, object]) -> list[str]:
    """Return in what a query departs from its provider's description, where there is one."""
    for (name, way), contract in QUERIES.items():
        if name == provider and re.fullmatch(way, path):
            return [f"{path}: {each}" for each in contract.broken(query)]
    return []


def broken_call(provider: str, method: str, path: str, body: Mapping[str, object]) -> list[str]:
    """Return in what a call departs from its provider's description, where there is one."""
    if method != "POST":
        return []
    for (name, way), contract in CONTRACTS.items():
        if name == provider and re.fullmatch(way, path):
            return [f"{path}: {each}" for each in contract.broken(body)]
    return []

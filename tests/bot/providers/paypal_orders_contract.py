"""What PayPal's public descriptions say of orders, and of what was captured and given back.

Read in its OpenAPI descriptions of February 2024: Orders 2.13 and Payments 2.5; `paypal_contract`
says by what measure they are reduced.
"""

import re
from typing import Final

from tests.bot.providers.shapes import Contract, Kind, ListOf

DAY: Final = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
HOUR: Final = r"([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?"
MOMENT: Final = re.compile(rf"{DAY}[Tt]{HOUR}([Zz]|[+-][0-9]{{2}}:[0-9]{{2}})")


def up_to(most: int, signs: str = r"[\s\S]") -> re.Pattern[str]:
    """Return a text that has from one sign to so many."""
    return re.compile(f"{signs}{{1,{most}}}")


MONEY: Final = Contract(
    must={
        "currency_code": re.compile(r"[A-Z]{3}"),
        "value": re.compile(r"(?=.{1,32}$)(-?[0-9]+|-?[0-9]*\.[0-9]+)"),
    }
)
LINKS: Final = ListOf(
    Contract(
        must={"href": str, "rel": str},
        may={
            "method": frozenset({"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"}),
            # Of events: in the guides only.
            "encType": frozenset({"application/json"}),
        },
    )
)
PAYER_ID: Final = re.compile(r"[2-9A-HJ-NP-Z]{13}")
PROCESSOR: Final = Contract(
    # The description has 154 words for it, all of this form.
    may={"response_code": re.compile(r"[0-9A-Z]{4}"), "avs_code": str, "cvv_code": str},
)

_CAPTURE_MUST: Final[dict[str, Kind]] = {
    "id": str,
    "status": frozenset(
        {"COMPLETED", "DECLINED", "PARTIALLY_REFUNDED", "PENDING", "REFUNDED", "FAILED"}
    ),
    "amount": MONEY,
    "create_time": MOMENT,
}
_CAPTURE_MAY: Final[dict[str, Kind]] = {
    "status_details": Contract(
        may={
            "reason": frozenset(
                {
                    "BUYER_COMPLAINT",
                    "CHARGEBACK",
                    "ECHECK",
                    "INTERNATIONAL_WITHDRAWAL",
                    "OTHER",
                    "PENDING_REVIEW",
                    "RECEIVING_PREFERENCE_MANDATES_MANUAL_ACTION",
                    "REFUNDED",
                    "TRANSACTION_APPROVED_AWAITING_FUNDING",
                    "UNILATERAL",
                    "VERIFICATION_REQUIRED",
                }
            )
        }
    ),
    "invoice_id": str,
    "custom_id": up_to(127),
    "network_transaction_reference": dict,
    "seller_protection": dict,
    "final_capture": bool,
    "seller_receivable_breakdown": Contract(
        must={"gross_amount": MONEY},
        may={
            "paypal_fee": MONEY,
            "paypal_fee_in_receivable_currency": MONEY,
            "net_amount": MONEY,
            "receivable_amount": MONEY,
            "exchange_rate": dict,
            "platform_fees": list,
        },
    ),
    "disbursement_mode": frozenset({"INSTANT", "DELAYED"}),
    "links": LINKS,
    "processor_response": PROCESSOR,
    "update_time": MOMENT,
}
CAPTURE: Final = Contract(must=_CAPTURE_MUST, may=_CAPTURE_MAY)
"""Within an order."""
CAPTURE_ALONE: Final = Contract(
    must=_CAPTURE_MUST,
    may={
        **_CAPTURE_MAY,
        "supplementary_data": Contract(
            may={
                "related_ids": Contract(
                    may=dict.fromkeys(
                        ("order_id", "authorization_id", "capture_id"), up_to(20, "[A-Z0-9]")
                    )
                )
            }
        ),
        "payee": dict,
    },
)
REFUND: Final = Contract(
    must={
        "id": str,
        "status": frozenset({"CANCELLED", "FAILED", "PENDING", "COMPLETED"}),
        "amount": MONEY,
        "create_time": MOMENT,
        "links": LINKS,
    },
    may={
        "status_details": Contract(may={"reason": frozenset({"ECHECK"})}),
        "invoice_id": str,
        "custom_id": up_to(127, "[A-Za-z0-9_.,-]"),
        "acquirer_reference_number": up_to(36, "[A-Za-z0-9]"),
        "note_to_payer": str,
        "seller_payable_breakdown": dict,
        "payer": dict,
        "update_time": MOMENT,
    },
)
ACCOUNT: Final = Contract(
    may={
        "email_address": re.compile(r"(?=.{3,254}$)[^@\s]+@[^@\s]+"),
        "account_id": PAYER_ID,
        "account_status": frozenset({"VERIFIED", "UNVERIFIED"}),
        "name": Contract(
            may=dict.fromkeys(
                ("prefix", "given_name", "surname", "middle_name", "suffix", "full_name"), str
            )
        ),
        "phone_type": str,
        "phone_number": dict,
        "birth_date": re.compile(DAY),
        "tax_info": dict,
        "address": dict,
        "attributes": Contract(
            may={
                "vault": Contract(
                    must={"status": frozenset({"VAULTED", "CREATED", "APPROVED"})},
                    may={
                        "id": up_to(255),
                        "customer": Contract(
                            may={
                                "id": up_to(22, "[0-9a-zA-Z_-]"),
                                "email_address": str,
                                "phone": dict,
                            }
                        ),
                        "links": LINKS,
                        "owner_id": dict,
                    },
                ),
                "cobranded_cards": list,
            }
        ),
    }
)
ORDER: Final = Contract(
    must={
        "id": str,
        "status": frozenset(
            {"CREATED", "SAVED", "APPROVED", "VOIDED", "COMPLETED", "PAYER_ACTION_REQUIRED"}
        ),
        "intent": frozenset({"CAPTURE", "AUTHORIZE"}),
        "purchase_units": ListOf(
            Contract(
                must={
                    "reference_id": up_to(256),
                    "amount": Contract(must=MONEY.must, may={"breakdown": dict}),
                },
                may={
                    **dict.fromkeys(("description", "custom_id", "invoice_id"), up_to(127)),
                    "id": up_to(19),
                    "soft_descriptor": up_to(22),
                    "items": list,
                    **dict.fromkeys(
                        ("payee", "payment_instruction", "shipping", "supplementary_data"), dict
                    ),
                    "payments": Contract(
                        may={
                            "authorizations": list,
                            "captures": ListOf(CAPTURE),
                            "refunds": ListOf(REFUND),
                        }
                    ),
                },
            )
        ),
        "links": LINKS,
    },
    may={
        "create_time": MOMENT,
        "update_time": MOMENT,
        "processing_instruction": str,
        "payer": dict,
        "payment_source": Contract(may={"paypal": ACCOUNT, "card": dict, "venmo": dict}),
    },
)

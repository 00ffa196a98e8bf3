"""Flutterwave's words, limits and shapes, and what they are in ours."""

import re
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
    Rail,
    Settled,
    Truth,
)

ADDRESS: Final = "https://api.flutterwave.com/v3"
LISTED: Final = 100
"""Rows on a page of a list, at most; Flutterwave decides how many."""
LIST_BYTES: Final = 512 * 1024
LONGEST_PAGE_MIN: Final = 1440

CAPABILITIES: Final = Capabilities(
    currencies=frozenset(
        {"NGN", "KES", "GHS", "ZAR", "UGX", "TZS", "RWF", "XAF", "XOF", "USD", "EUR", "GBP"}
    ),
    can_link=True,
    refunds=PartOf.ANY,
    rails=frozenset({Rail.BANK, Rail.MOBILE}),
    can_charge_saved=True,
    can_list=True,
    finds_refunds=True,
    refund_days=21,
    truth=Truth.BY_QUERY,
)

STATUSES: Final[dict[str, type[Outcome]]] = {
    "successful": Settled,
    "failed": Declined,
    "pending": Pending,
}

REFUNDS: Final[dict[str, type[Outflow]]] = {
    "completed": Pending,
    "processing": Pending,
    "pending": Pending,
    "pending-momo": Pending,
    "completed-bank-transfer": Moved,
    "completed-momo": Moved,
    "completed-mpgs": Moved,
    "completed-offline": Moved,
    "completed-preauth": Moved,
    "failed": Declined,
}
"""`completed` alone has left the balance and waits to be sent on."""

DISBURSED: Final[dict[str, type[Outflow]]] = {"successful": Moved, "failed": Pending}
"""What became of a refund that reads `completed`, where its `meta` tells."""

TRANSFERS: Final[dict[str, type[Outflow]]] = {
    "NEW": Pending,
    "PENDING": Pending,
    "SUCCESSFUL": Moved,
    "FAILED": Declined,
}

BANKS: Final[dict[tuple[Rail, str], str]] = {
    (Rail.BANK, "NGN"): "",
    (Rail.BANK, "KES"): "",
    (Rail.MOBILE, "KES"): "MPS",
    (Rail.MOBILE, "UGX"): "MPS",
    (Rail.MOBILE, "TZS"): "MPS",
    (Rail.MOBILE, "RWF"): "MPS",
    (Rail.MOBILE, "XAF"): "FMM",
    (Rail.MOBILE, "XOF"): "FMM",
    (Rail.MOBILE, "GHS"): "",
}
"""Where money can be sent, and the code used where the destination names none.

Banks that need a branch, too, are left out: a destination has none.
"""

COUNTRIES: Final = {
    "NGN": "NG",
    "KES": "KE",
    "GHS": "GH",
    "ZAR": "ZA",
    "UGX": "UG",
    "TZS": "TZ",
    "RWF": "RW",
}

WHY: Final[tuple[tuple[re.Pattern[str], ProviderError], ...]] = (
    (re.compile(r"insufficient|not enough|^51$"), ProviderError.INSUFFICIENT_FUNDS),
    (re.compile(r"expired|^54$"), ProviderError.EXPIRED_CARD),
    (re.compile(r"\b(pin|otp|3ds?|authenticat\w+)\b|^55$"), ProviderError.AUTHENTICATION_ERROR),
    (re.compile(r"time[d ]*out|inoperative|^(68|91)$"), ProviderError.TIMEOUT_ERROR),
    (re.compile(r"invalid|unable to obtain|not resolve|^(12|14)$"), ProviderError.INVALID_CARD),
    (re.compile(r"malfunction|system error|try again|^(06|96)$"), ProviderError.PROVIDER_ERROR),
)
"""Why something failed, by what a processor says of it, in this order."""

REFUSES: Final = re.compile(
    r"required|invalid|insufficient|not enough|must be|should be|not allowed|not supported"
    r"|whitelist|blacklisted|cannot exceed"
)
"""What Flutterwave says of a call that it did not take up. Any other refusal decides nothing."""

REPEATS: Final = re.compile(r"duplicate|already|exists")
NOT_FOUND: Final = "no transaction"
"""What a look-up of a page says before anybody has tried to pay."""

EVENTS: Final[dict[str, tuple[About, str]]] = {
    "charge.completed": (About.PAYMENT, "tx_ref"),
    "transfer.completed": (About.PAYOUT, "reference"),
}
"""What events are about, and where they name our reference."""

REFERENCE: Final = re.compile(r"[A-Za-z0-9._=-]{1,100}")

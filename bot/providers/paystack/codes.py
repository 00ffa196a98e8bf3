"""Paystack's words, limits and shapes, and what they are in ours."""

import re
from datetime import timedelta
from typing import Final

from core.domain.claims import Claim
from core.domain.outflows import Moved, Outflow, Returned
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

ADDRESS: Final = "https://api.paystack.co"
LISTED: Final = 50
"""Rows on a page of a list."""
LIST_BYTES: Final = 512 * 1024
LINK_LIFE: Final = timedelta(days=1)
"""The list goes by when a page was made; it may have been paid that much later."""

CAPABILITIES: Final = Capabilities(
    currencies=frozenset({"NGN", "GHS", "ZAR", "KES", "USD"}),
    can_link=True,
    refunds=PartOf.ANY,
    rails=frozenset(Rail),
    can_charge_saved=True,
    can_list=True,
    refuses_repeats=True,
    finds_refunds=True,
    refund_days=14,
    truth=Truth.BY_QUERY,
    least={"NGN": 5_000, "GHS": 10, "ZAR": 100, "KES": 300, "USD": 200},
    most=dict.fromkeys(("NGN", "GHS", "ZAR", "KES", "USD"), 1_000_000_000),
)

STATUSES: Final[dict[str, type[Outcome]]] = {
    "success": Settled,
    "reversed": Settled,
    "failed": Declined,
    "abandoned": Pending,
    "ongoing": Pending,
    "pending": Pending,
    "processing": Pending,
    "queued": Pending,
}

REFUNDS: Final[dict[str, type[Outflow]]] = {
    "pending": Pending,
    "processing": Pending,
    "needs-attention": Pending,
    "processed": Moved,
    "failed": Declined,
}

TRANSFERS: Final[dict[str, type[Outflow]]] = {
    "pending": Pending,
    "received": Pending,
    "otp": Pending,
    "success": Moved,
    "reversed": Returned,
    "failed": Declined,
    "abandoned": Declined,
    "blocked": Declined,
    "rejected": Declined,
}

NEEDS: Final = frozenset({"needs-attention", "otp", "received"})
"""What goes on only when a human does something at Paystack."""

MODES: Final = {"test": True, "live": False}

DECLINES: Final[dict[str, ProviderError]] = {
    **dict.fromkeys(("51", "insufficient_funds"), ProviderError.INSUFFICIENT_FUNDS),
    **dict.fromkeys(("14", "12", "invalid_account_number"), ProviderError.INVALID_CARD),
    **dict.fromkeys(("54", "33", "expired_card"), ProviderError.EXPIRED_CARD),
    **dict.fromkeys(("55", "incorrect_pin"), ProviderError.AUTHENTICATION_ERROR),
    **dict.fromkeys(("68", "91"), ProviderError.TIMEOUT_ERROR),
    **dict.fromkeys(("96", "06", "processing_error"), ProviderError.PROVIDER_ERROR),
}
"""Why the payer's payment failed. A word we do not know is `DECLINED_CARD`."""

ERRORS: Final[dict[str, ProviderError]] = {
    "insufficient_balance": ProviderError.INSUFFICIENT_FUNDS,
    "invalid_transfer_recipient": ProviderError.INVALID_CARD,
}
"""Why our call failed, by the envelope's `code`; everything else is `PROVIDER_ERROR`."""

RECIPIENTS: Final[dict[tuple[Rail, str], tuple[str, str]]] = {
    (Rail.BANK, "NGN"): ("nuban", ""),
    (Rail.BANK, "GHS"): ("ghipss", ""),
    (Rail.BANK, "ZAR"): ("basa", ""),
    (Rail.BANK, "KES"): ("kepss", ""),
    (Rail.MOBILE, "GHS"): ("mobile_money", ""),
    (Rail.MOBILE, "KES"): ("mobile_money", "MPESA"),
    (Rail.TILL, "KES"): ("mobile_money_business", "MPTILL"),
    (Rail.PAYBILL, "KES"): ("mobile_money_business", "MPPAYBILL"),
}
"""The type of a recipient, and its bank where the destination names none."""

EVENTS: Final[dict[str, About]] = {
    "charge.dispute": About.DISPUTE,
    "charge": About.PAYMENT,
    "transfer": About.PAYOUT,
    "refund": About.REFUND,
}
"""What events are about, by how their name begins."""

RESOLUTIONS: Final[dict[str, Claim]] = {
    "declined": Claim.WON,
    "merchant-accepted": Claim.LOST,
    "auto-accepted": Claim.LOST,
}
"""How a dispute ended, as its event says: the claim was declined, or the money was given, by the
business or because it did not answer in time. Whose loss the others are is for staff to say."""

REFERENCE: Final = re.compile(r"[A-Za-z0-9.=-]{1,100}")
PAYOUT_REFERENCE: Final = re.compile(r"[a-z0-9_-]{16,50}")

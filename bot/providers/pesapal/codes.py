"""Pesapal's words, limits and shapes, and what they are in ours."""

import re
from typing import Final

from core.domain.providers import (
    Capabilities,
    Declined,
    Outcome,
    PartOf,
    Pending,
    ProviderError,
    Settled,
    Truth,
)

ADDRESS: Final = "https://pay.pesapal.com/v3"
MODES: Final = {"pay.pesapal.com": False, "cybqa.pesapal.com": True}
"""Whether the money of a host is pretend."""

TOKEN_S: Final = 300
NOTICES_S: Final = 3_600
"""For how long the id of our notices' address is believed before it is looked up again."""
LISTED: Final = 200
LIST_BYTES: Final = 256 * 1024
TITLE: Final = 100
REMARKS: Final = 100
REFUND_WORD: Final = "Refund"
"""What a refund says where it is of no bill: Pesapal requires some remark."""

CAPABILITIES: Final = Capabilities(
    currencies=frozenset({"KES", "UGX", "TZS", "RWF", "USD"}),
    can_link=True,
    refunds=PartOf.WHOLE,
    truth=Truth.BY_QUERY,
)

FAILED: Final = 2
REVERSED: Final = 3

STATUSES: Final[dict[tuple[int, str], type[Outcome]]] = {
    (0, "invalid"): Pending,
    (1, "completed"): Settled,
    (FAILED, "failed"): Declined,
    (REVERSED, "reversed"): Settled,
}
"""Each status has a number and a word, and they must agree."""

NOT_PAID: Final = "payment_details_not_found"
"""Of an order that nobody has tried to pay yet."""

KEYS: Final = frozenset(
    {"invalid_consumer_key_or_secret_provided", "invalid_api_credentials_provided"}
)
"""What the keys, or the token made from them, are refused with."""

MALFORMED: Final = frozenset(
    {
        "invalid_api_request_parameters",
        "missing_mandatory_billing_address",
        "amount_exceeds_default_limit",
        "maximum_amount_limit_exceeded",
        "InvalidIpnId",
    }
)
"""What an order is refused with before anything is made of it."""

DECLINES: Final[tuple[tuple[str, ProviderError], ...]] = (
    ("insufficient", ProviderError.INSUFFICIENT_FUNDS),
    ("expired card", ProviderError.EXPIRED_CARD),
    ("card expired", ProviderError.EXPIRED_CARD),
    ("card has expired", ProviderError.EXPIRED_CARD),
    ("invalid card", ProviderError.INVALID_CARD),
    ("card number", ProviderError.INVALID_CARD),
    ("wrong pin", ProviderError.AUTHENTICATION_ERROR),
    ("invalid pin", ProviderError.AUTHENTICATION_ERROR),
    ("authentication", ProviderError.AUTHENTICATION_ERROR),
    ("timeout", ProviderError.TIMEOUT_ERROR),
    ("timed out", ProviderError.TIMEOUT_ERROR),
)
"""Why the payer's payment failed, by what its description holds; the first that fits. There are no
codes of it. One that says something else is `DECLINED_CARD`."""

NOTICES: Final = frozenset({"IPNCHANGE", "CALLBACKURL"})
"""Kinds of notice that are about an order; the others are about plans that we do not use."""

APPROVAL: Final = "approval"
"""What a refund waits for: a human who approves it at Pesapal."""

REFERENCE: Final = re.compile(r"[A-Za-z0-9._:-]{1,50}")
CODE: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")
"""A confirmation code: a card's, a bank's or a mobile receipt's."""

"""Daraja's words, limits and shapes, and what they are in ours."""

import re
from datetime import timedelta, timezone
from typing import Final

from core.domain.money import Currency
from core.domain.outflows import Moved, Outflow
from core.domain.providers import (
    Capabilities,
    Declined,
    PartOf,
    Pending,
    ProviderError,
    Rail,
    Truth,
)

ADDRESS: Final = "https://api.safaricom.co.ke"
SANDBOX: Final = "https://sandbox.safaricom.co.ke"
NAIROBI: Final = timezone(timedelta(hours=3))
KES: Final = Currency("KES")

COLLECTS: Final = Capabilities(
    currencies=frozenset({KES}),
    can_prompt=True,
    truth=Truth.BY_ANSWER,
    least={KES: 100},
    most={KES: 25_000_000},
    steps={KES: 100},
)
"""What a shortcode with its passkey can do."""

MOVES: Final = Capabilities(
    currencies=COLLECTS.currencies,
    can_prompt=True,
    refunds=PartOf.WHOLE,
    refund_days=0,
    rails=frozenset({Rail.MOBILE, Rail.TILL, Rail.PAYBILL}),
    unrepeatable=frozenset({Rail.TILL, Rail.PAYBILL}),
    truth=Truth.BY_ANSWER,
    least=COLLECTS.least,
    most=COLLECTS.most,
    steps=COLLECTS.steps,
)
"""The same with an initiator."""

LEAST_PAYOUT: Final = 1_000
MOST_PAYOUT: Final = 25_000_000
"""Of what goes out, in minor units: 10 to 250,000 shillings."""

DONE: Final = "0"
ONGOING: Final = frozenset({"4999"})
ONGOING_WORDS: Final = ("being processed", "under processing")
"""Whatever code comes with these words, nothing has ended."""

DECLINES: Final[dict[str, ProviderError]] = {
    "1": ProviderError.INSUFFICIENT_FUNDS,
    **dict.fromkeys(("2", "3", "4", "8", "17", "1032", "8006"), ProviderError.DECLINED_CARD),
    **dict.fromkeys(("1019", "1037"), ProviderError.TIMEOUT_ERROR),
    "2001": ProviderError.AUTHENTICATION_ERROR,
    **dict.fromkeys(("1001", "1025", "2028", "9999", "SFC_IC0003"), ProviderError.PROVIDER_ERROR),
}
"""Why a prompt took nothing; a code that is not here decides nothing. 2001 is the payer's PIN."""

NOT_FINAL: Final = frozenset({"1019", "1037", "9999"})
"""Told when no word came from the phone: one may come late."""

FAILURES: Final[dict[str, ProviderError]] = {
    "1": ProviderError.INSUFFICIENT_FUNDS,
    **dict.fromkeys(("2", "3", "4", "8"), ProviderError.DECLINED_CARD),
    **dict.fromkeys(("2040", "SFC_IC0003"), ProviderError.INVALID_CARD),
    **dict.fromkeys(("21", "2001", "2028", "8006"), ProviderError.AUTHENTICATION_ERROR),
    **dict.fromkeys(("11", "2006", "R000002"), ProviderError.PROVIDER_ERROR),
}
"""Why nothing went out. 2001 is the initiator's password here, and 8006 that it is locked."""

REVERSED_BEFORE: Final = "R000001"

TRANSACTIONS: Final[dict[str, type[Outflow]]] = {
    "Completed": Moved,
    "Declined": Declined,
    "Cancelled": Declined,
    "Expired": Declined,
    "Initiated": Pending,
    "Authorized": Pending,
    "Pending": Pending,
}
"""What a transaction's status says of it."""

STALE_TOKENS: Final = frozenset({"404.001.03", "400.003.01", "401.002.01"})
"""Nothing was done: the access token is not taken (any more)."""

TURNED_AWAY: Final = ("500.003.02", "500.003.03", "credentials", *sorted(STALE_TOKENS))
"""How a refusal ends that comes before anything is done: too many calls, or wrong keys."""

BAD_KEYS: Final = frozenset({"400.008.01", "400.008.02"})
"""What the token's own address answers to a wrong key or secret."""

RECEIVED_BEFORE: Final = "duplicate originatorconversationid"
BUSY_PHONE: Final = "unable to lock subscriber"
TELLING: Final = (*ONGOING_WORDS, RECEIVED_BEFORE, BUSY_PHONE, "credentials", "phonenumber")
"""What of an error's words tells more than its code; nothing else of them is kept."""

MALFORMED: Final = re.compile(r"400\.002\.[0-9]{2}")
"""A call whose content was refused before anything was made of it."""

PHONE: Final = re.compile(r"\+254[17][0-9]{8}")
BUSINESS: Final = re.compile(r"[0-9]{5,8}")
RECEIPT: Final = re.compile(r"[A-Z0-9]{8,16}")
ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
CODE: Final = re.compile(r"[A-Za-z0-9_.]{1,20}")

SHORT_REFERENCE: Final = 12
SHORT_TITLE: Final = 13
SHORT_ACCOUNT: Final = 13
REMARKS: Final = 100

LATE: Final = "late"
"""The end of the address to which is told that a queue was too slow: that is no failure."""

"""Telegram's words, limits and shapes of invoices, and what they are in ours."""

import re
from typing import Final

from core.domain.money import Currency, Money
from core.domain.providers import Capabilities, ProviderError, Truth

ADDRESS: Final = "https://api.telegram.org"

BOUNDS: Final[dict[str, tuple[int, int]]] = {
    "CAD": (90, 1_900_000),
    "EGP": (1_500, 75_000_000),
    "EUR": (60, 1_200_000),
    "GBP": (50, 1_100_000),
    "INR": (6_000, 140_000_000),
    "JPY": (90, 2_300_000),
    "KES": (7_500, 190_000_000),
    "MAD": (600, 15_000_000),
    "NGN": (40_000, 2_500_000_000),
    "TZS": (150_000, 4_000_000_000),
    "UGX": (2_200, 55_000_000),
    "USD": (100, 1_000_000),
    "ZAR": (1_000, 26_000_000),
}
"""Those of Telegram's currencies that we know, with the smallest and the largest invoice in minor
units; all have as many decimals there as by ISO 4217.

Telegram takes what one to ten thousand dollars are worth that day. Dollars are exact; the others
are wide enough for rates to move, and what is out of the day's bounds Telegram refuses itself.
"""

CAPABILITIES: Final = Capabilities(
    currencies=frozenset(BOUNDS),
    can_link=True,
    honours_our_id=True,
    truth=Truth.BY_CHANNEL,
    least={code: least for code, (least, _) in BOUNDS.items()},
    most={code: most for code, (_, most) in BOUNDS.items()},
)

PROBES: Final = tuple(
    Money(minor, Currency(code))
    for code, minor in (("USD", 100), ("NGN", 300_000), ("KES", 20_000), ("EUR", 200))
)
"""What a check asks an invoice for, in turn: not every provider takes every currency."""

TOKEN: Final = re.compile(r"[0-9]{1,20}:([A-Z]{4,10}):[A-Za-z0-9_:-]{3,200}")
TEST: Final = "TEST"
BOT_TOKEN: Final = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{10,100}")

PAYLOAD: Final = re.compile(r"[!-~]{1,128}")
DESCRIPTION: Final = re.compile(r"[^\x00-\x1f\x7f]{0,500}")
CODE: Final = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
"""How Telegram names a reason within a refusal's words."""

TITLE: Final = 32
ABOUT: Final = 255
NAMELESS: Final = "Payment"
PROBE: Final = "check"
"""The payload of an invoice that nobody will ever pay."""

BAD_REQUEST: Final = 400
UNAUTHORIZED: Final = frozenset({401, 404})
"""What the bot's own token is refused with: a malformed one is not found."""

BAD_TOKENS: Final = frozenset({"PAYMENT_PROVIDER_INVALID", "PAYMENT_PROVIDER_MISMATCH"})
"""The provider's token is wrong, or another bot's."""

ERRORS: Final[dict[str, ProviderError]] = dict.fromkeys(
    BAD_TOKENS, ProviderError.AUTHENTICATION_ERROR
)
CURRENCY: Final = "CURRENCY_"
"""How refusals begin that are about the currency, or the amount in it."""

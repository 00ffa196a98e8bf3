"""The pretend cards of the sandbox: each page shows the one that its events name."""

import hashlib
from typing import Final

from bot.sandbox.provider_records import SOMEBODY

LAST_DIGITS: Final = {"paystack": "4081", "stripe": "4242", "flutterwave": "2950"}
"""How the test card of each provider that is played ends."""

OTHERS: Final = "5100"
"""How the card of whoever pays a forwarded link ends there."""

NO_CARD: Final = frozenset({"paypal"})
"""Whose page is paid with an account."""


def last_digits(tongue: str, holder: str) -> str:
    """Return the last four digits of the card that its holder, an e-mail address, pays with."""
    if tongue in LAST_DIGITS:
        return OTHERS if holder == SOMEBODY else LAST_DIGITS[tongue]
    return f"{int(hashlib.sha256(holder.encode()).hexdigest()[:6], 16) % 10_000:04}"

"""A payer is about to pay: may he? What is told to a provider that asks before it takes money."""

from enum import StrEnum


class Verdict(StrEnum):
    """Whether a payment may be taken now, and why not."""

    GO = "go"
    UNKNOWN = "unknown"
    """It names no attempt of ours."""
    OTHER_AMOUNT = "other_amount"
    PAID = "paid"
    OVER = "over"
    """It has expired, was cancelled, or its attempt has ended."""
    NOT_OWED = "not_owed"
    """The bill was paid, changed, disputed or cancelled meanwhile."""
    TAKEN = "taken"
    """Somebody else is paying it at this moment."""
    NOT_NOW = "not_now"
    """Nobody can tell in time, or the books stand still."""

"""How a claim of the payer's bank stands, as a provider's event tells it."""

from enum import StrEnum


class Claim(StrEnum):
    """A claim's state in our words."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"

"""Amounts of money: whole minor units of one currency, and nothing else.

No float ever enters here. `Decimal` appears only where people's text becomes an amount
(`handlers/parsing.py`) and where an amount becomes text (`handlers/words.py`).
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NewType

from core.domain.errors import CurrencyMismatch, InvalidAmount

Currency = NewType("Currency", str)

EXPONENTS: Final[dict[str, int]] = {
    **dict.fromkeys(
        ("NGN", "GHS", "KES", "ZAR", "USD", "EUR", "GBP", "TZS", "EGP", "MAD", "CAD", "INR"), 2
    ),
    **dict.fromkeys(("UGX", "RWF", "XOF", "XAF", "JPY"), 0),
    **dict.fromkeys(("TND", "KWD", "BHD"), 3),
    "XTR": 0,
}
"""Decimal places by ISO 4217, plus Telegram Stars (XTR)."""

MAX_MINOR: Final = 2**53 - 1
"""Largest amount of one transfer or balance, in minor units: exact in every JSON reader."""


def exponent(currency: Currency) -> int:
    """Return the number of decimal places of a currency.

    Raises:
        InvalidAmount: we do not know the currency.
    """
    if currency not in EXPONENTS:
        raise InvalidAmount(text=currency, reason="currency")
    return EXPONENTS[currency]


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in whole minor units (kobo, cents) of one currency; may be zero or negative."""

    minor: int
    currency: Currency

    def __add__(self, other: "Money") -> "Money":
        """Add an amount of the same currency."""
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        """Subtract an amount of the same currency."""
        return Money(self.minor - self._same(other), self.currency)

    def __lt__(self, other: "Money") -> bool:
        """Compare with an amount of the same currency."""
        return self.minor < self._same(other)

    def __le__(self, other: "Money") -> bool:
        """Compare with an amount of the same currency."""
        return self.minor <= self._same(other)

    def decimal(self) -> Decimal:
        """Return the amount in major units, exact."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    @property
    def is_positive(self) -> bool:
        """Tell whether there is anything to move."""
        return self.minor > 0

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(expected=self.currency, actual=other.currency)
        return other.minor


def split(amount: Money, *, parts: int) -> tuple[Money, ...]:
    """Divide an amount so that the parts add up to the whole.

    The odd minor units go one each to the first parts.

    Raises:
        InvalidAmount: fewer than one part.
    """
    if parts < 1:
        raise InvalidAmount(text=str(parts), reason="parts")
    share, odd = divmod(amount.minor, parts)
    return tuple(Money(share + (1 if i < odd else 0), amount.currency) for i in range(parts))

"""The providers that the sandbox can play, each in its own language: what exists is named here."""

from typing import Final

from bot.sandbox.standins.flutterwave import FlutterwaveStandin
from bot.sandbox.standins.paystack import PaystackStandin
from bot.sandbox.standins.standin import Standin
from bot.sandbox.standins.stripe import StripeStandin

STANDINS: Final[dict[str, type[Standin]]] = {
    "flutterwave": FlutterwaveStandin,
    "paystack": PaystackStandin,
    "stripe": StripeStandin,
}

CURRENCIES: Final[dict[str, str]] = {}
"""In which one currency a provider is played that does not take every place's."""

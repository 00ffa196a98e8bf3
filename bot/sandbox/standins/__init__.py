"""The providers that the sandbox can play, each in its own language: what exists is named here."""

from typing import Final

from bot.sandbox.standins.flutterwave import FlutterwaveStandin
from bot.sandbox.standins.mpesa import MpesaStandin
from bot.sandbox.standins.paypal import PayPalStandin
from bot.sandbox.standins.paystack import PaystackStandin
from bot.sandbox.standins.pesapal import PesapalStandin
from bot.sandbox.standins.standin import Standin
from bot.sandbox.standins.stripe import StripeStandin

STANDINS: Final[dict[str, type[Standin]]] = {
    "flutterwave": FlutterwaveStandin,
    "mpesa": MpesaStandin,
    "paypal": PayPalStandin,
    "paystack": PaystackStandin,
    "pesapal": PesapalStandin,
    "stripe": StripeStandin,
}

CURRENCIES: Final[dict[str, str]] = {"mpesa": "KES", "paypal": "USD", "pesapal": "KES"}
"""In which one currency a provider is played that does not take every place's."""

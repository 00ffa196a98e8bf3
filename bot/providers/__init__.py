"""The list of payment providers: what exists is named here and nowhere else.

Every maker opens an adapter from what the process shares and one configuration's credentials
(plain texts by name, decrypted by the caller). Adapters do not know each other.
"""

from typing import Final

from bot.providers import flutterwave, mpesa, paypal, paystack, pesapal, sandbox, stripe, telegram
from bot.providers.kit import Maker
from core.domain.configurations import ProviderKind

PROVIDERS: Final[dict[str, Maker]] = {
    "flutterwave": flutterwave.MAKER,
    "mpesa": mpesa.MAKER,
    "paypal": paypal.MAKER,
    "paystack": paystack.MAKER,
    "pesapal": pesapal.MAKER,
    "sandbox": sandbox.MAKER,
    "stripe": stripe.MAKER,
    "telegram": telegram.MAKER,
}

KINDS: Final[dict[str, ProviderKind]] = {
    name: ProviderKind(
        name=name,
        title=maker.title,
        credentials=maker.credentials,
        secrets=maker.secrets,
        capabilities=maker.capabilities,
        defaults=maker.defaults,
        is_test=maker.is_test,
        is_pretend=maker is sandbox.MAKER,
    )
    for name, maker in PROVIDERS.items()
}
"""The same, for those who enter a tenant's credentials and who choose what payers are offered."""

"""What providers' keys are called, and where each is found or made: one place per key. Pure."""

from typing import Final

from core.domain.configurations import UNUSABLE
from handlers.chat import Button, Rows
from handlers.words import Html, Words, escape

NOTHING_TO_REGISTER: Final = frozenset({"mpesa", "telegram", "pesapal"})
"""Providers that tell what happened without an address of ours being entered in a dashboard."""


_WITHOUT_RIGHT: Final = ("HTTP 403", "permission")
_WRONG_KEY: Final = (
    "HTTP 401",
    "400.008.0",
    "invalid_client",
    "invalid_consumer_key_or_secret_provided",
    "invalid_api_credentials_provided",
    "PAYMENT_PROVIDER_INVALID",
)
"""How providers' adapters put it that keys are not known: M-Pesa, PayPal, Pesapal, Telegram."""


_NO_KEYS: Final = frozenset({"url", "bot_token", "name", "mode", ""})
"""What an adapter may miss that is no key."""

_CHECKED_BY_ONE: Final = frozenset({"stripe", "flutterwave", "paystack", "sandbox"})
"""Providers that are asked with the secret key alone."""


def needs_address(provider: str, what: str) -> bool:
    """Tell whether this is only had once our address is entered at the provider."""
    return (provider, what) in {
        ("stripe", "webhook_secret"),
        ("paypal", "webhook_id"),
        ("flutterwave", "webhook_secret"),
        ("paystack", "secret_key"),
        ("pesapal", "ipn_id"),
        ("sandbox", "webhook_secret"),
    }


def where(words: Words, provider: str, title: str, what: str) -> Html:
    """Say where a key is found, made or sent from."""
    known = _portals(words) | _dashboards(words)
    return known.get((provider, what)) or words.t(
        "The dashboard of %(title)s shows it.", title=title
    )


def _dashboards(words: Words) -> dict[tuple[str, str], Html]:
    stripe = words.t("Stripe's dashboard → Developers → API keys.")
    flutterwave = words.t("Flutterwave's dashboard → Settings → API keys (v3).")
    paypal = words.t("PayPal's developer site → Apps & Credentials → your app.")
    return {
        ("stripe", "secret_key"): words.t(
            "Stripe's dashboard → Developers → API keys: a restricted key (rk_…) or the secret key "
            "(sk_…)."
        ),
        ("stripe", "webhook_secret"): words.t(
            "First add this address in Stripe's dashboard → Developers → Webhooks. Then reveal its "
            "signing secret (whsec_…) there."
        ),
        ("stripe", "publishable_key"): stripe,
        ("paypal", "client_id"): paypal,
        ("paypal", "client_secret"): paypal,
        ("paypal", "webhook_id"): words.t(
            "First add this address under Webhooks of the same app. Then copy the webhook's ID."
        ),
        ("flutterwave", "secret_key"): flutterwave,
        ("flutterwave", "public_key"): flutterwave,
        ("flutterwave", "webhook_secret"): words.t(
            "In Flutterwave's dashboard → Settings → Webhooks enter this address, and a long "
            "random text of 16 letters or more, without spaces, as secret hash. Write the same "
            "text here."
        ),
        ("paystack", "secret_key"): words.t(
            "Paystack's dashboard → Settings → API keys & webhooks. Enter this address there as "
            "webhook URL, too."
        ),
        ("sandbox", "webhook_secret"): words.t("It belongs to this address."),
    }


def _portals(words: Words) -> dict[tuple[str, str], Html]:
    app = words.t("Daraja, Safaricom's developer portal: your app shows it.")
    mail = words.t("Pesapal sends it by e-mail once your merchant account is open.")
    user = words.t(
        "M-Pesa's organisation portal: that of the API user you make there, for refunds and "
        "payouts. Skip it if nothing goes back from here."
    )
    return {
        ("mpesa", "consumer_key"): app,
        ("mpesa", "consumer_secret"): app,
        ("mpesa", "shortcode"): words.t(
            "The number of your paybill, as M-Pesa's organisation portal shows it. For a till: the "
            "store (head office) number."
        ),
        ("mpesa", "passkey"): words.t(
            "Daraja, Safaricom's developer portal, sends it when your shortcode goes live."
        ),
        ("mpesa", "till"): words.t(
            "Only for a till: its own number, as M-Pesa's organisation portal shows it. With a "
            "paybill, skip it."
        ),
        ("mpesa", "b2c_shortcode"): words.t(
            "Only where payouts leave another shortcode than the first: M-Pesa's organisation "
            "portal shows it. Else skip it."
        ),
        ("mpesa", "initiator_name"): user,
        ("mpesa", "initiator_password"): user,
        ("mpesa", "certificate"): words.t(
            "Download it from Daraja, Safaricom's developer portal, and write its whole text, from "
            "BEGIN to END. Skip it if nothing goes back from here."
        ),
        ("pesapal", "consumer_key"): mail,
        ("pesapal", "consumer_secret"): mail,
        ("pesapal", "ipn_id"): words.t(
            "Only if you registered this address at Pesapal yourself: the id it got there. Else "
            "skip it, and it is registered with the first payment."
        ),
        ("telegram", "provider_token"): words.t(
            "BotFather gives it: /mybots, this bot, Payments, your provider."
        ),
    }


def name_of(words: Words, what: str) -> Html:
    """Name a credential as providers' dashboards do."""
    known = {
        "secret_key": words.t("secret key"),
        "webhook_secret": words.t("webhook secret"),
        "publishable_key": words.t("publishable key"),
        "public_key": words.t("public key"),
        "client_id": words.t("client ID"),
        "client_secret": words.t("client secret"),
        "webhook_id": words.t("webhook ID"),
        "ipn_id": words.t("notification (IPN) ID"),
        "consumer_key": words.t("consumer key"),
        "consumer_secret": words.t("consumer secret"),
        "shortcode": words.t("shortcode"),
        "till": words.t("till number"),
        "passkey": words.t("passkey"),
        "b2c_shortcode": words.t("B2C shortcode"),
        "initiator_name": words.t("initiator name"),
        "initiator_password": words.t("initiator password"),
        "certificate": words.t("certificate"),
        "provider_token": words.t("provider token"),
    }
    return known.get(what) or Html(what.replace("_", " "))


def wrong_one(provider: str, detail: str) -> str:
    """Return the one key that is wrong, "" where it may be more than one."""
    if detail.startswith(UNUSABLE):
        what = detail.removeprefix(UNUSABLE).strip()
        return "" if what in _NO_KEYS else what
    return "secret_key" if provider in _CHECKED_BY_ONE else ""


def why_refused(words: Words, detail: str) -> Html:
    """Say why a provider refused keys, by what its adapter lets through; "" for nothing known."""
    if detail.startswith(UNUSABLE):
        return _unusable(words, detail.removeprefix(UNUSABLE).strip())
    if "expired" in detail:
        return words.t("It says that the secret key has expired: make a new one there.")
    if any(each in detail for each in _WITHOUT_RIGHT):
        return _lacks(words, detail.rpartition(" ")[2])
    if any(each in detail for each in _WRONG_KEY):
        return words.t(
            "It does not know them: a key is mistyped, of another account, or was taken back."
        )
    if detail == "PAYMENT_PROVIDER_MISMATCH":
        return words.t("The token was made for another bot: have it made for this one.")
    return words.t("It said: %(detail)s", detail=detail) if detail else Html("")


def _unusable(words: Words, what: str) -> Html:
    """Say which key no adapter opens with: the provider was not asked."""
    if what == "mode":
        return words.t("They are of the other mode: test keys for real money, or the other way.")
    if what in _NO_KEYS:
        return words.t("This service is not set up for it: ask whoever runs it.")
    return words.t(
        "It was not even asked: the %(what)s is missing, malformed or of the other mode.",
        what=name_of(words, what),
    )


def _lacks(words: Words, what: str) -> Html:
    """Say which permission a key lacks, as Stripe's dashboard calls it."""
    known = {
        "checkout/sessions": "Checkout Sessions",
        "payment_intents": "PaymentIntents",
        "charges": "Charges and Refunds",
        "refunds": "Charges and Refunds",
        "disputes": "Disputes",
        "balance_transactions": "Balance transactions",
    }
    if what not in known:
        return words.t("It knows the key, but does not let it do what is needed here.")
    return words.t(
        "It knows the key, which lacks the permission “%(what)s”: give it that in the dashboard.",
        what=known[what],
    )


def address_line(words: Words, address: str) -> Html:
    """Name an address of ours that is to be entered at a provider."""
    return words.t("Address: %(address)s", address=shown(words, address))


def shown(words: Words, address: str) -> Html:
    """Show an address of ours; one whose beginning nobody told us is but a path."""
    code = Html(f"<code>{escape(address)}</code>")
    if address.startswith("/"):
        return words.t("%(path)s on the address of this service", path=code)
    return code


def copies(words: Words, address: str) -> Rows:
    """Return the row that copies an address, none where only its path is known."""
    if not address or address.startswith("/"):
        return ()
    return ((Button(label=words.label("Copy the address"), copy=address),),)

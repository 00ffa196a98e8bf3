"""How the pretend provider says what it believes: its own language, and what any language needs.

What it believes, does and gets wrong is the same whatever provider it plays (`provider_desk`,
`provider_door`, `provider_page`); a tongue only shows it as that provider would, and signs it.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

import orjson

from bot.sandbox.cards import last_digits
from bot.sandbox.provider_claim_records import Dispute
from bot.sandbox.provider_records import Checkout
from bot.sandbox.provider_refund_records import Refund
from bot.sandbox.provider_store import Keys

OWN: Final = "sandbox"
FORGED: Final = "whsec_of_somebody_else"
CARD_EXPIRES: Final = "2032-09"
"""Until when every pretend card is good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What the provider has to tell: `kind` is `checkout.paid`, `refund.failed` and the like.

    `copies` is how often, `None` as often as the switches say; 0 loses it.
    """

    kind: str
    event_id: str
    at: datetime
    checkout: Checkout
    refund: Refund | None = None
    dispute: Dispute | None = None
    copies: int | None = None

    @property
    def url(self) -> str:
        """Return where it is told."""
        told = self.refund.answer_url if self.refund else ""
        return told or self.checkout.terms.webhook_url


class Tongue(Protocol):
    """One provider's language."""

    def event(self, happening: Happening) -> bytes:
        """Return the event's body, b"" where this provider tells nobody."""
        ...

    def headers(self, body: bytes, *, at: datetime, is_forged: bool) -> Mapping[str, str]:
        """Return what proves the event, made anew for each try; with a wrong key if forged."""
        ...

    def env(self) -> Mapping[str, str]:
        """Return the settings by which the bot finds this provider."""
        ...


class OwnTongue:
    """The sandbox provider's own language.

    Event: `{id, type, created_at, data}`. Header `x-sandbox-signature: t=<unix>,v1=<hex>`,
    HMAC-SHA256 of `<t>.<body>` under the webhook secret.
    """

    def __init__(self, keys: Keys, *, base_url: str, account: str) -> None:
        """Speak under these keys; `base_url` is where the provider is, without a slash."""
        self._keys = keys
        self._base_url = base_url
        self._account = account

    def event(self, happening: Happening) -> bytes:
        """Show the whole checkout, whatever happened to it, by the reference it was asked under."""
        shown = self.view(happening.checkout)
        return orjson.dumps(
            {
                "id": happening.event_id,
                "type": happening.kind,
                "created_at": happening.at.isoformat(),
                "data": {**shown, "reference": happening.checkout.terms.reference},
            }
        )

    def headers(self, body: bytes, *, at: datetime, is_forged: bool) -> Mapping[str, str]:
        """Sign the body and the time."""
        secret = FORGED if is_forged else self._keys.webhook_secret
        return {"x-sandbox-signature": sign(secret, body, at=at)}

    def env(self) -> Mapping[str, str]:
        """Return address, key and webhook secret."""
        return {
            "SANDBOX_API_URL": self._base_url,
            "SANDBOX_SECRET_KEY": self._keys.secret_key,
            "SANDBOX_WEBHOOK_SECRET": self._keys.webhook_secret,
        }

    def view(self, checkout: Checkout) -> dict[str, object]:
        """Show a checkout."""
        return {
            "id": checkout.id,
            "reference": checkout.told_as or checkout.terms.reference,
            "link": page_link(self._base_url, checkout),
            "status": checkout.status.value,
            "amount_minor": checkout.terms.amount_minor,
            "currency": checkout.terms.currency,
            "decline_code": checkout.decline or None,
            "captures": [
                {
                    **capture.as_json(),
                    "refunded_minor": checkout.refunded_minor(capture),
                    "lost_minor": checkout.lost_minor(capture),
                    "is_disputed": checkout.is_claimed(capture),
                }
                for capture in checkout.captures
            ],
            "card": self._card(checkout) if checkout.captures else None,
            "mode": "test",
            "account": self._account,
            "expires_at": checkout.terms.expires_at.isoformat(),
            "updated_at": checkout.updated_at.isoformat(),
        }

    def card_of(self, email: str) -> str:
        """Return what charges the card of a holder again: one card an e-mail address."""
        return f"card_{self._mark(email)[:24]}"

    def _card(self, checkout: Checkout) -> dict[str, object]:
        holder = checkout.holder
        return {
            "token": self.card_of(holder),
            "email": checkout.terms.email,
            "brand": "mastercard" if checkout.is_others_card else "visa",
            "last4": last_digits(OWN, holder),
            "expires": CARD_EXPIRES,
            "fingerprint": self._mark(holder)[24:48],
            "consent": "given" if checkout.lets_save else "not_asked",
        }

    def _mark(self, email: str) -> str:
        key = self._account.encode()
        return hmac.new(key, f"card {email}".encode(), "sha256").hexdigest()

    def view_refund(self, checkout: Checkout, refund: Refund) -> dict[str, object]:
        """Show a refund."""
        return {
            "id": refund.id,
            "reference": refund.reference,
            "checkout": checkout.terms.reference,
            "capture": refund.capture_id,
            "amount_minor": refund.amount_minor,
            "currency": refund.currency,
            "status": refund.status.value,
            "mode": "test",
            "account": self._account,
            "at": refund.at.isoformat(),
        }


def page_link(base_url: str, checkout: Checkout) -> str:
    """Return where people pay; every provider that is played has the same page."""
    return f"{base_url}/pay/{checkout.id}"


def sign(secret: str, body: bytes, *, at: datetime) -> str:
    """Return the sandbox provider's own signature for a body sent at an aware time."""
    stamp = int(at.timestamp())
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, "sha256").hexdigest()
    return f"t={stamp},v1={digest}"

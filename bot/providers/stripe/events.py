"""Stripe's signed events: proved by their raw bytes, then read for what they name."""

import hashlib
import hmac
import re
from typing import Final

from bot.providers import wire
from bot.providers.stripe.answers import our_reference
from bot.providers.stripe.codes import DISPUTES_OVER, EVENTS, LOST, PAYMENT_KEY
from bot.providers.wire import MAX_BYTES, TOKEN, WORD, Record, Unreadable, inner, maybe, text
from core.domain.claims import Claim
from core.domain.providers import About, Authentic, Forged, Hook, Reading

TOLERANCE_S: Final = 300
_HEADER_LENGTH: Final = 2_000
_TIME: Final = re.compile(r"[0-9]{1,12}")
_SIGNATURE: Final = re.compile(r"[0-9a-f]{64}")


def read(hook: Hook, *, secret: str) -> Reading:
    """Judge a webhook: size, then signature (constant-time), then age.

    While a secret is being changed, Stripe signs with both; one that fits is enough.
    """
    if len(hook.body) > MAX_BYTES:
        return Forged(reason="too large")
    signed_at, signatures = _header(hook.headers.get("stripe-signature", ""))
    if not signatures:
        return Forged(reason="no signature")
    signed = f"{signed_at}.".encode() + hook.body
    expected = hmac.new(secret.encode(), signed, "sha256").hexdigest()
    if not any(hmac.compare_digest(expected, each) for each in signatures):
        return Forged(reason="wrong signature")
    if abs(hook.received_at.timestamp() - int(signed_at)) > TOLERANCE_S:
        return Forged(reason="stale")
    try:
        return _event(hook.body)
    except Unreadable:
        digest = hashlib.sha256(hook.body).hexdigest()
        return Authentic(event_key=f"sha256:{digest}", reference="", kind="unreadable")


def _header(value: str) -> tuple[str, list[str]]:
    """Return the time and the signatures of our scheme; no signature where anything is amiss."""
    if len(value) > _HEADER_LENGTH:
        return "", []
    parts = [part.strip().partition("=") for part in value.split(",")]
    times = [told for name, _, told in parts if name == "t"]
    signatures = [told for name, _, told in parts if name == "v1" and _SIGNATURE.fullmatch(told)]
    if len(times) != 1 or not _TIME.fullmatch(times[0]):
        return "", []
    return times[0], signatures


def _event(body: bytes) -> Authentic:
    record = wire.read_record(body, with_decimals=True)
    key, kind = text(record, "id", TOKEN), text(record, "type", WORD)
    about = EVENTS.get(kind, About.NOTHING)
    if about is About.NOTHING:
        return Authentic(event_key=key, reference="", kind=kind, about=about)
    thing = inner(inner(record, "data"), "object")
    reference = _named(thing)
    if not reference:
        # Of something that others do with the same account.
        about = About.NOTHING
    claim = _claim(thing) if about is About.DISPUTE else Claim.OPEN
    return Authentic(event_key=key, reference=reference, kind=kind, about=about, claim=claim)


def _claim(dispute: Record) -> Claim:
    status = maybe(dispute, "status", WORD)
    if status == LOST:
        return Claim.LOST
    return Claim.WON if status in DISPUTES_OVER else Claim.OPEN


def _named(thing: Record) -> str:
    """Return our reference of the payment; of a dispute, which knows none, Stripe's own id."""
    match text(thing, "object", WORD):
        case "checkout.session":
            return maybe(thing, "client_reference_id", TOKEN)
        case "payment_intent" | "charge":
            return our_reference(thing)
        case "refund":
            return maybe(inner(thing, "metadata"), PAYMENT_KEY, TOKEN)
        case "dispute":
            return maybe(thing, "payment_intent", TOKEN)
        case _:
            raise Unreadable("object")

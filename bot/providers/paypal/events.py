"""PayPal's events: what each is about, and how it is proven."""

import base64
import binascii
import re
import zlib
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from bot.providers import wire
from bot.providers.paypal.answers import refunded_capture
from bot.providers.paypal.codes import EVENTS, ID, REFERENCE
from bot.providers.paypal.disputes import claimed
from bot.providers.wire import WORD, Record, Unreadable, inner, maybe, rows, text
from core.domain.money import Money
from core.domain.providers import About, Authentic, Hook, Undecided

_ALGORITHM: Final = "SHA256withRSA"
_TRANSMISSION: Final = re.compile(r"[A-Za-z0-9-]{1,100}")
_TIME: Final = re.compile(r"[0-9TZ:.+-]{10,40}")
_SIGNATURE: Final = re.compile(r"[A-Za-z0-9+/]{300,1400}={0,2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What came with an event to prove it; `signed` is what the signature is over."""

    signed: bytes
    signature: bytes

    def holds(self, key: RSAPublicKey) -> bool:
        """Tell whether the signature was made with this key's other half."""
        try:
            key.verify(self.signature, self.signed, PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True


def proof(hook: Hook, *, webhook_id: str) -> Proof:
    """Read the proof of an event: it covers its time, who it is for, and its body's checksum.

    Raises:
        Unreadable: there is none.
    """
    headers = hook.headers
    if headers.get("paypal-auth-algo") != _ALGORITHM:
        raise Unreadable("algorithm")
    number = text(headers, "paypal-transmission-id", _TRANSMISSION)
    sent_at = text(headers, "paypal-transmission-time", _TIME)
    try:
        signature = base64.b64decode(
            text(headers, "paypal-transmission-sig", _SIGNATURE), validate=True
        )
    except binascii.Error as problem:
        raise Unreadable("signature") from problem
    signed = f"{number}|{sent_at}|{webhook_id}|{zlib.crc32(hook.body)}"
    return Proof(signed=signed.encode(), signature=signature)


def event(body: bytes) -> Authentic:
    """Read a proven event.

    Raises:
        Unreadable: it is none.
    """
    record = wire.read_record(body, with_decimals=True)
    kind, number = text(record, "event_type", WORD), text(record, "id", ID)
    about = _about(kind)
    return Authentic(
        event_key=number,
        reference=_reference(record, about),
        kind=kind,
        about=about,
        claimed=_claimed(inner(record, "resource")) if about is About.DISPUTE else None,
    )


def hint(hook: Hook) -> Undecided:
    """Read an event that nobody has proven: one hint a minute about what it names.

    Its key is no proven event's, so that nobody can spend that of another beforehand.

    Raises:
        Unreadable: it is none.
    """
    said = event(hook.body)
    minute = int(hook.received_at.timestamp()) // 60
    return Undecided(
        event_key=f"hint:{said.about}:{said.reference}:{minute}",
        reference=said.reference,
        about=said.about,
    )


def _about(kind: str) -> About:
    return next((about for start, about in EVENTS if kind.startswith(start)), About.NOTHING)


def _reference(record: Record, about: About) -> str:
    """Return the payment that an event names: its order's, its capture's, or the disputed one.

    What PayPal takes back by itself has none of our references: then it is the capture's id.
    """
    if about is About.NOTHING:
        return ""
    resource = inner(record, "resource")
    if about is About.DISPUTE:
        disputed = rows(resource, "disputed_transactions")
        return _disputed(disputed[0]) if disputed else ""
    if resource.get("purchase_units") is not None:
        units = rows(resource, "purchase_units")
        return maybe(units[0], "custom_id", REFERENCE) if units else ""
    named = maybe(resource, "custom_id", REFERENCE)
    return named or (_given_back(resource) if about is About.REFUND else "")


def _given_back(refund: Record) -> str:
    """Return the id of the capture that a refund gives back, "" where it does not say."""
    try:
        return maybe({"id": refunded_capture(refund)}, "id", ID)
    except Unreadable:
        return ""


def _claimed(dispute: Record) -> Money | None:
    """Return what a dispute claims of the payment that its event names."""
    paid = rows(dispute, "disputed_transactions")
    capture = maybe(paid[0], "seller_transaction_id", ID) if paid else ""
    return claimed(dispute, capture=capture)


def _disputed(transaction: Record) -> str:
    """Return our reference of a disputed payment; PayPal's own id of it where it lacks that."""
    named = maybe(transaction, "custom", REFERENCE)
    return named or maybe(transaction, "seller_transaction_id", ID)

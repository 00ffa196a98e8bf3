"""How PayPal says things: its answers and events, for the dialect of the suite."""

import base64
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Final, NamedTuple

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from core.domain.money import Currency, Money
from core.domain.providers import ProviderError, SavedMethod
from tests.bot.providers.conformance import NOW, PROVIDER_REF, REFERENCE, Fact, Taken
from tests.bot.providers.conformance_listings import Row
from tests.bot.providers.conformance_outflows import Book, Sent

API: Final = "https://api-m.sandbox.paypal.com"
CERTIFICATE: Final = "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-360caa42-1"
WEBHOOK_ID: Final = "0AB12345CD678901E"
STATUSES: Final = {
    "open": "PAYER_ACTION_REQUIRED",
    "processing": "COMPLETED",
    "paid": "COMPLETED",
    "declined": "APPROVED",
    "expired": "CREATED",
    "unheard": "MARVELLOUS",
}
LISTED: Final = {"open": "P", "processing": "P", "paid": "S", "declined": "D"}
REFUNDS: Final = {"pending": "PENDING", "done": "COMPLETED", "failed": "FAILED"}
REASONS: Final = {
    ProviderError.INSUFFICIENT_FUNDS: "PAYER_CANNOT_PAY",
    ProviderError.INVALID_CARD: "CARD_NUMBER_REQUIRED",
    ProviderError.EXPIRED_CARD: "CARD_EXPIRED",
    ProviderError.DECLINED_CARD: "INSTRUMENT_DECLINED",
}


def money(amount: Money) -> dict[str, str]:
    """Write an amount."""
    return {"currency_code": amount.currency, "value": f"{amount.decimal():f}"}


def amount(written: Mapping[str, str]) -> Money:
    """Read an amount."""
    value = Decimal(written["value"])
    currency = Currency(written["currency_code"])
    return Money(int(value.scaleb(0 if currency == "JPY" else 2)), currency)


def token() -> httpx.Response:
    """Answer a token."""
    body = {"access_token": "A21AAnot-a-real-token-0123456789", "expires_in": 32_400}
    return httpx.Response(200, json={**body, "token_type": "Bearer", "app_id": "APP-1"})


def refused(issue: str, *, status: int = 422, name: str = "") -> httpx.Response:
    """Answer that a call was not carried out."""
    names = {400: "INVALID_REQUEST", 404: "RESOURCE_NOT_FOUND", 422: "UNPROCESSABLE_ENTITY"}
    details = [{"issue": issue, "description": "Look at your request."}]
    body = {"name": name or names[status], "debug_id": "f1", "details": details}
    return httpx.Response(status, json={**body, "message": "Not done.", "links": []})


def capture(fact: Fact, taken: Taken, *, status: str = "COMPLETED") -> dict[str, object]:
    """Show a capture."""
    fee = Money(99, taken.amount.currency)
    return {
        "id": taken.provider_id,
        "status": status,
        "amount": money(taken.amount),
        "final_capture": True,
        "custom_id": fact.reference,
        "invoice_id": fact.reference,
        "seller_receivable_breakdown": {
            "gross_amount": money(taken.amount),
            "paypal_fee": money(fee),
        },
        "create_time": "2026-11-21T09:00:00Z",
    }


SAVED: Final = SavedMethod(
    token="3nqvjt3n",
    owner="208743798",
    label="PayPal p•••@example.org",
    fingerprint="QYR5Z8XDVJNXQ",
)
"""What is kept of the account that paid."""


def account(**vault: object) -> dict[str, object]:
    """Show whose account paid, and how it was saved."""
    shown = {"id": SAVED.token, "customer": {"id": SAVED.owner}, "status": "VAULTED", **vault}
    return {
        "email_address": "payer@example.org",
        "account_id": SAVED.fingerprint,
        "name": {"given_name": "Ada", "surname": "Obi"},
        "attributes": {"vault": shown},
    }


def order(
    fact: Fact,
    asked: Money,
    *,
    captures: tuple[object, ...] = (),
    refunds: tuple[object, ...] = (),
    status: str = "",
) -> httpx.Response:
    """Answer an order; what it captured unless told otherwise is what the fact says."""
    shown = captures or tuple(capture(fact, each) for each in fact.taken)
    if fact.status == "processing":
        waits = capture(fact, Taken(provider_id="90001", amount=asked), status="PENDING")
        shown = ({**waits, "status_details": {"reason": "ECHECK"}},)
    payments = {"captures": shown, **({"refunds": refunds} if refunds else {})}
    unit = {
        "reference_id": "default",
        "amount": money(asked),
        "custom_id": fact.reference,
        "invoice_id": fact.reference,
        **({"payments": payments} if shown else {}),
    }
    to_pay = {"href": f"https://www.sandbox.paypal.com/checkoutnow?token={PROVIDER_REF}"}
    body = {
        "id": PROVIDER_REF,
        "status": status or STATUSES[fact.status],
        "intent": "CAPTURE",
        "create_time": "2026-11-21T08:59:00Z",
        "payment_source": {"paypal": account() if shown else {}},
        "purchase_units": [unit],
        "links": [{**to_pay, "rel": "payer-action", "method": "GET"}],
    }
    return httpx.Response(200, json=body)


def refund(sent: Sent) -> dict[str, object]:
    """Show a refund."""
    up = {"href": f"{API}/v2/payments/captures/{sent.paid}", "rel": "up", "method": "GET"}
    return {
        "id": sent.id,
        "status": REFUNDS.get(sent.status, "MARVELLOUS"),
        "amount": money(sent.amount),
        "invoice_id": sent.reference,
        "custom_id": REFERENCE,
        "create_time": "2026-11-21T10:00:00Z",
        "links": [{"href": f"{API}/v2/payments/refunds/{sent.id}", "rel": "self"}, up],
    }


def reversal(sent: Sent) -> dict[str, object]:
    """Show what PayPal took back by itself: it has none of our references."""
    shown = {**refund(sent), "note_to_payer": "Payment reversed"}
    return {name: each for name, each in shown.items() if name not in {"invoice_id", "custom_id"}}


def refunds(request: httpx.Request, book: Book, asked: Money) -> httpx.Response:
    """Answer a call about refunds; one request id gives back once."""
    if request.method == "POST":
        body, reference = json.loads(request.content), request.headers["paypal-request-id"]
        assert body["invoice_id"] == reference
        made = book.find(reference) or book.send(reference=reference, amount=amount(body["amount"]))
        return httpx.Response(201, json=refund(made))
    if "/orders/" in request.url.path:
        paid = Fact(status="paid", taken=(Taken(provider_id="90001", amount=asked),))
        return order(paid, asked, refunds=tuple(refund(each) for each in book.sent))
    number = request.url.path.rpartition("/")[2]
    found = [each for each in book.sent if each.id == number]
    missing = refused("INVALID_RESOURCE_ID", status=404)
    return httpx.Response(200, json=refund(found[0])) if found else missing


def dispute(claimed: Money, **changes: object) -> dict[str, object]:
    """Show a dispute that is not over, about all of one capture that its event names."""
    shown = {
        "dispute_id": "PP-R-1",
        "create_time": "2026-11-21T11:00:00.000Z",
        "update_time": "2026-11-21T11:00:00.000Z",
        "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
        "status": "UNDER_REVIEW",
        "dispute_amount": money(claimed),
        "disputed_transactions": [{"seller_transaction_id": "90001", "custom": REFERENCE}],
    }
    return {**shown, **changes}


def disputes(claimed: Money, *states: str) -> httpx.Response:
    """List disputes: neither what they are about nor how they ended."""
    items = [dispute(claimed, status=each) for each in states]
    for each in items:
        del each["disputed_transactions"]
    return httpx.Response(200, json={"items": items, "links": []})


def transaction(row: Row, **changes: object) -> dict[str, object]:
    """Show a transaction of the list."""
    taken = row.fact.taken[0]
    info = {
        "transaction_id": taken.provider_id,
        "transaction_event_code": "T0006",
        "transaction_initiation_date": f"{row.paid_at:%Y-%m-%dT%H:%M:%S+0000}",
        "transaction_updated_date": f"{row.paid_at:%Y-%m-%dT%H:%M:%S+0000}",
        "transaction_amount": money(taken.amount),
        "fee_amount": {"currency_code": taken.amount.currency, "value": "-0.99"},
        "transaction_status": LISTED.get(row.fact.status, "X"),
        "invoice_id": row.fact.reference,
        "custom_field": row.fact.reference,
    }
    return {"transaction_info": {**info, **changes}}


def listed(
    query: Mapping[str, str],
    shown: Sequence[Mapping[str, object]],
    *,
    refreshed: datetime | None = NOW,
) -> httpx.Response:
    """Answer a page of the list of transactions, newest first."""
    size, page = int(query["page_size"]), int(query["page"])
    start, newest = (page - 1) * size, list(reversed(shown))
    body = {
        "transaction_details": newest[start : start + size],
        "account_number": "3M2E5R4CH7ANT",
        "page": page,
        "total_items": len(newest),
        "total_pages": -(-len(newest) // size),
        "links": [],
    }
    if refreshed is not None:
        body["last_refreshed_datetime"] = f"{refreshed:%Y-%m-%dT%H:%M:%S+0000}"
    return httpx.Response(200, json=body)


def with_amount(body: bytes, token: bytes) -> bytes:
    """Put other JSON in the place of every amount."""
    return re.sub(rb'"value":\s*"[^"]*"', rb'"value":' + token, body)


ABOUT: Final = {
    "CHECKOUT.ORDER": "checkout-order",
    "PAYMENT.CAPTURE": "capture",
    "PAYMENT.REFUND": "refund",
    "CUSTOMER.DISPUTE": "dispute",
}
"""What events are about, by how their name begins; two of captures are about a refund."""


def event(kind: str, resource: Mapping[str, object], *, number: str = "WH-1") -> bytes:
    """Write an event."""
    is_back = kind in {"PAYMENT.CAPTURE.REFUNDED", "PAYMENT.CAPTURE.REVERSED"}
    about = "refund" if is_back else ABOUT.get(kind.rpartition(".")[0], "subscription")
    body = {
        "id": number,
        "create_time": "2026-11-21T09:00:00.000Z",
        "event_version": "1.0",
        "event_type": kind,
        "resource_type": about,
        "resource": resource,
    }
    return json.dumps(body).encode()


class Signer(NamedTuple):
    """A certificate with its issuers, its key, and the root that they lead to."""

    pem: bytes
    key: rsa.RSAPrivateKey
    root: x509.Certificate

    def headers(self, body: bytes, *, at: datetime, webhook_id: str = WEBHOOK_ID) -> dict[str, str]:
        """Return what comes with an event that this one signs."""
        number, sent_at = "69cd13f0-d67a-11e5-baa3-778b53f4ae55", at.isoformat()
        signed = f"{number}|{sent_at}|{webhook_id}|{zlib.crc32(body)}".encode()
        signature = self.key.sign(signed, PKCS1v15(), hashes.SHA256())
        return {
            "paypal-auth-algo": "SHA256withRSA",
            "paypal-cert-url": CERTIFICATE,
            "paypal-transmission-id": number,
            "paypal-transmission-time": sent_at,
            "paypal-transmission-sig": base64.b64encode(signature).decode(),
        }


@cache
def signer(name: str = "messageverificationcerts.sandbox.paypal.com", *, days: int = 90) -> Signer:
    """Make a root, an issuer below it and a certificate for a name, good for some days."""
    top, middle = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    root = _signed("Pretend Root", top, "Pretend Root", top, days=3_650)
    issuer = _signed("Pretend Issuer", middle, "Pretend Root", top, days=3_650)
    leaf = _signed("", key, "Pretend Issuer", middle, days=days, host=name)
    pem = b"".join(each.public_bytes(Encoding.PEM) for each in (leaf, issuer))
    return Signer(pem=pem, key=key, root=root)


def _signed(
    name: str,
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
    by: str,
    signing: ec.EllipticCurvePrivateKey,
    *,
    days: int,
    host: str = "",
) -> x509.Certificate:
    since = NOW.astimezone(UTC) - timedelta(days=30)
    names = [
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each or host)]) for each in (name, by)
    ]
    usage = x509.KeyUsage(
        digital_signature=bool(host),
        key_cert_sign=not host,
        crl_sign=not host,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    below = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(names[0])
        .issuer_name(names[1])
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(NOW + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=not host, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(below, critical=False)
        .add_extension(usage, critical=True)
    )
    if host:
        alternative = x509.SubjectAlternativeName([x509.DNSName(host)])
        server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        builder = builder.add_extension(alternative, critical=False)
        builder = builder.add_extension(server, critical=False)
    return builder.sign(signing, hashes.SHA256())

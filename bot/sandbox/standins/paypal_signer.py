"""The certificate under which the sandbox's PayPal signs events: made anew by each process.

It leads to a root that was made beside it and that nobody else knows. The root comes with it, for
only who calls this server as its provider of pretend money may believe it.
"""

import base64
import uuid
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOST: Final = "messageverificationcerts.sandbox.paypal.com"
ROOT: Final = "Pretend Root of a Sandbox"
GOOD_FOR: Final = timedelta(days=20_000)
"""Before and after now, so that no clock of a sandbox is moved beyond it."""


class _Made(NamedTuple):
    pem: bytes
    key: rsa.RSAPrivateKey


class Signer:
    """Signs events; its keys are made when the first one is."""

    @property
    def pem(self) -> bytes:
        """Return the certificate and the root behind it."""
        return self._made.pem

    def headers(
        self, body: bytes, *, at: datetime, webhook_id: str, cert_url: str
    ) -> Mapping[str, str]:
        """Prove an event to one webhook: its time, whom it is for, and its body's checksum."""
        number, sent_at = str(uuid.uuid4()), f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        signed = f"{number}|{sent_at}|{webhook_id}|{zlib.crc32(body)}".encode()
        signature = self._made.key.sign(signed, PKCS1v15(), hashes.SHA256())
        return {
            "paypal-auth-algo": "SHA256withRSA",
            "paypal-cert-url": cert_url,
            "paypal-transmission-id": number,
            "paypal-transmission-time": sent_at,
            "paypal-transmission-sig": base64.b64encode(signature).decode(),
        }

    @cached_property
    def _made(self) -> _Made:
        top = ec.generate_private_key(ec.SECP256R1())
        key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
        root = _signed(ROOT, top.public_key(), top, is_root=True)
        leaf = _signed(HOST, key.public_key(), top, is_root=False)
        pem = b"".join(each.public_bytes(Encoding.PEM) for each in (leaf, root))
        return _Made(pem, key)


def _signed(
    name: str,
    key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey,
    by: ec.EllipticCurvePrivateKey,
    *,
    is_root: bool,
) -> x509.Certificate:
    now = datetime.now(UTC)
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(ROOT))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - GOOD_FOR)
        .not_valid_after(now + GOOD_FOR)
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(above, critical=False)
        .add_extension(_usage(is_root=is_root), critical=True)
    )
    if not is_root:
        named = x509.SubjectAlternativeName([x509.DNSName(name)])
        server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        builder = builder.add_extension(named, critical=False)
        builder = builder.add_extension(server, critical=False)
    return builder.sign(by, hashes.SHA256())


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*, is_root: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_root,
        key_cert_sign=is_root,
        crl_sign=is_root,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )

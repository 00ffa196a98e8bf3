"""The shop that the played Daraja knows: its number, its passkey, its initiator."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from bot.sandbox.provider_store import Keys
from bot.sandbox.standins.standin import own_key

SHORTCODE: Final = "600584"
INITIATOR: Final = "hazina"
NAME: Final = "PALM COURT ESTATE"
"""As the phone shows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """Its credentials, made up once per state file; a repr shows none."""

    key: str = field(repr=False)
    secret: str = field(repr=False)
    passkey: str = field(repr=False)
    password: str = field(repr=False)

    def env(self) -> Mapping[str, str]:
        """Return the settings by which the bot is this shop."""
        return {
            "MPESA_CONSUMER_KEY": self.key,
            "MPESA_CONSUMER_SECRET": self.secret,
            "MPESA_SHORTCODE": SHORTCODE,
            "MPESA_PASSKEY": self.passkey,
            "MPESA_INITIATOR_NAME": INITIATOR,
            "MPESA_INITIATOR_PASSWORD": self.password,
            "MPESA_CERTIFICATE": certificate()[0],
        }

    def basic(self) -> str:
        """Return how the shop asks for a token."""
        return "Basic " + base64.b64encode(f"{self.key}:{self.secret}".encode()).decode()

    def proof(self, stamp: str) -> str:
        """Return how a prompt of that second is proved."""
        return base64.b64encode(f"{SHORTCODE}{self.passkey}{stamp}".encode()).decode()

    def is_initiator(self, name: object, credential: object) -> bool:
        """Tell whether a password was closed with our certificate, and is his."""
        try:
            closed = base64.b64decode(str(credential), validate=True)
            opened = certificate()[1].decrypt(closed, padding.PKCS1v15())
        except ValueError:
            return False
        return name == INITIATOR and opened == self.password.encode()


def shop_of(keys: Keys) -> Shop:
    """Return the shop that goes with these keys."""
    return Shop(
        key=own_key(keys, "mpesa key"),
        secret=own_key(keys, "mpesa secret"),
        passkey=own_key(keys, "mpesa passkey", length=64),
        password=own_key(keys, "mpesa initiator", length=16),
    )


@cache
def certificate() -> tuple[str, rsa.RSAPrivateKey]:
    """Return a certificate as Safaricom publishes one, and the key that opens what it closes.

    Both live as long as the process: the bot gets the certificate whenever it starts.
    """
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "daraja.sandbox.invalid")])
    at = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(at)
        .not_valid_after(at + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode(), key

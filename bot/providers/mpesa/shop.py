"""Whose money it is: the credentials, their shapes, and the initiator's proof."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from bot.providers.mpesa.codes import BUSINESS
from bot.providers.wire import SECRET
from core.domain.errors import ProviderProblem

_PEM: Final = re.compile(
    r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]{100,8000}-----END CERTIFICATE-----\s*"
)
_REQUIRED: Final = {
    "consumer_key": SECRET,
    "consumer_secret": SECRET,
    "shortcode": BUSINESS,
    "passkey": SECRET,
}
OPTIONAL: Final = {
    "till": BUSINESS,
    "b2c_shortcode": BUSINESS,
    "initiator_name": re.compile(r"[A-Za-z0-9_.-]{1,50}"),
    "initiator_password": re.compile(r"[^\x00-\x1f\x7f]{1,100}"),
    "certificate": _PEM,
}
_INITIATOR: Final = ("initiator_name", "initiator_password", "certificate")
CREDENTIALS: Final = {
    **_REQUIRED,
    **{what: re.compile(f"(?:{shape.pattern})?") for what, shape in OPTIONAL.items()},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Initiator:
    """Who moves money out of which shortcode; a repr does not show his proof."""

    name: str
    shortcode: str
    proof: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """Whose money it is; a repr shows no secret. `till` is "" for a paybill."""

    shortcode: str
    till: str
    passkey: str = field(repr=False)
    key: str = field(repr=False)
    secret: str = field(repr=False)
    initiator: Initiator | None
    is_test: bool


def shop_of(credentials: Mapping[str, str], *, is_test: bool) -> Shop:
    """Return whose money it is, from credentials whose shapes were checked.

    Raises:
        ProviderProblem: one of the initiator's is missing, or his certificate is none.
    """
    return Shop(
        shortcode=credentials["shortcode"],
        till=credentials.get("till", ""),
        passkey=credentials["passkey"],
        key=credentials["consumer_key"],
        secret=credentials["consumer_secret"],
        initiator=_initiator(credentials),
        is_test=is_test,
    )


def security_credential(*, password: str, certificate: str) -> str:
    """Return the initiator's password as Daraja takes it: RSA, PKCS#1 v1.5, base64.

    Raises:
        ProviderProblem: the certificate is none, or holds no RSA key.
    """
    try:
        key = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    except ValueError as problem:
        raise ProviderProblem(provider="mpesa", what="certificate") from problem
    if not isinstance(key, rsa.RSAPublicKey):
        raise ProviderProblem(provider="mpesa", what="certificate")
    return base64.b64encode(key.encrypt(password.encode(), padding.PKCS1v15())).decode()


def _initiator(credentials: Mapping[str, str]) -> Initiator | None:
    given = [what for what in _INITIATOR if credentials.get(what)]
    if not given:
        return None
    missing = next((what for what in _INITIATOR if what not in given), "")
    if missing:
        raise ProviderProblem(provider="mpesa", what=missing)
    proof = security_credential(
        password=credentials["initiator_password"], certificate=credentials["certificate"]
    )
    return Initiator(
        name=credentials["initiator_name"],
        shortcode=credentials.get("b2c_shortcode") or credentials["shortcode"],
        proof=proof,
    )

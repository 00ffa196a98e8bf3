"""The certificates that PayPal signs its events with: fetched, traced to a root, kept for a while.

Where one is comes with the event, so it is only fetched from PayPal itself (or where the settings
say that PayPal is), seldom enough that nobody can make us call there at will, and believed only
when its chain leads to a root that this process trusts and it names a host of PayPal's.

A sandbox's own PayPal has no root that anybody trusts. Where the settings say that PayPal is on
this machine, and only in a process of pretend money, the root that comes with its certificate will
do: whoever answers there could as well say that money came.
"""

import asyncio
import re
import warnings
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Final

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509 import verification

from bot.providers.wire import MAX_BYTES, Heard, Line

KEPT: Final = 8
FETCHES_A_MINUTE: Final = 6
PATIENCE_S: Final = 8.0

_PATH: Final = "/v1/notifications/certs/"
_PAYPALS: Final = re.compile(
    r"https://([a-z0-9-]{1,63}\.){0,3}paypal\.com/v1/notifications/certs/[A-Za-z0-9-]{1,100}"
)
_NAME: Final = re.compile(r"[A-Za-z0-9-]{1,100}")
_HOST: Final = re.compile(r"([a-z0-9-]{1,63}\.){1,4}paypal\.com")
_MOST: Final = 6
"""Certificates in one chain."""

Roots = Callable[[], Sequence[x509.Certificate]]


@cache
def trusted_roots() -> Sequence[x509.Certificate]:
    """Return the roots by which this process's calls know whom they talk to."""
    written = httpx.create_ssl_context().get_ca_certs(binary_form=True)
    with warnings.catch_warnings():
        # Old roots with odd serial numbers are among them.
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        return [x509.load_der_x509_certificate(each) for each in written]


class Certificates:
    """The certificates of one provider configuration, by where they are."""

    def __init__(
        self, line: Line, *, now: Callable[[], datetime], roots: Roots, is_test: bool
    ) -> None:
        """Begin with none; `line` leads to where the settings say that PayPal is."""
        self._line = line
        # Plain http is let through on this machine only (`wire.SAFE_URL`).
        self._is_played = is_test and line.url.startswith("http://")
        self._now = now
        self._roots = roots
        self._keys: dict[str, tuple[RSAPublicKey, datetime]] = {}
        self._fetched_at: list[datetime] = []
        self._lock = asyncio.Lock()

    def is_paypals(self, address: str) -> bool:
        """Tell whether a certificate's address is one of PayPal's."""
        return self._is_configured(address) or bool(_PAYPALS.fullmatch(address))

    def key(self, address: str) -> RSAPublicKey | None:
        """Return the key of a certificate that is here and still good."""
        key, until = self._keys.get(address, (None, self._now()))
        return key if self._now() < until else None

    async def fetch(self, address: str) -> None:
        """Fetch a certificate that is not here; what cannot be had or believed is left out."""
        async with self._lock:
            if self.key(address) is not None or not self._may_fetch():
                return
            line = Line(client=self._line.client, url=address, deadline_s=PATIENCE_S)
            heard = await line.ask("GET", "", headers={"accept": "*/*"}, most_bytes=MAX_BYTES)
            if isinstance(heard, Heard) and heard.is_success:
                self._keep(address, heard.body)

    def _is_configured(self, address: str) -> bool:
        start = f"{self._line.url}{_PATH}"
        return address.startswith(start) and bool(_NAME.fullmatch(address[len(start) :]))

    def _may_fetch(self) -> bool:
        now = self._now()
        recent = [at for at in self._fetched_at if now - at < timedelta(minutes=1)]
        may = len(recent) < FETCHES_A_MINUTE
        self._fetched_at = [*recent, now] if may else recent
        return may

    def _keep(self, address: str, pem: bytes) -> None:
        is_own = self._is_played and self._is_configured(address)
        found = believed(pem, roots=_last(pem) if is_own else self._roots(), at=self._now())
        if found is None:
            return
        self._keys.pop(address, None)
        while len(self._keys) >= KEPT:
            self._keys.pop(next(iter(self._keys)))
        self._keys[address] = found


def believed(
    pem: bytes, *, roots: Sequence[x509.Certificate], at: datetime
) -> tuple[RSAPublicKey, datetime] | None:
    """Return a certificate's key, and until when it is good; None where it proves nothing.

    `pem` begins with the certificate itself, its issuers follow.
    """
    try:
        leaf, *issuers = x509.load_pem_x509_certificates(pem)
        name = next(each for each in _names(leaf) if _HOST.fullmatch(each))
        if len(issuers) >= _MOST:
            return None
        store = verification.Store(list(roots))
        builder = verification.PolicyBuilder().store(store).time(at.replace(tzinfo=None))
        builder.build_server_verifier(x509.DNSName(name)).verify(leaf, issuers)
    except (ValueError, StopIteration, verification.VerificationError, x509.ExtensionNotFound):
        return None
    key = leaf.public_key()
    return (key, leaf.not_valid_after_utc) if isinstance(key, RSAPublicKey) else None


def _last(pem: bytes) -> Sequence[x509.Certificate]:
    """Return the end of a chain: the root, where it comes with it."""
    try:
        return x509.load_pem_x509_certificates(pem)[-1:]
    except ValueError:
        return []


def _names(leaf: x509.Certificate) -> list[str]:
    named = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return named.value.get_values_for_type(x509.DNSName)

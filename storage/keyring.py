"""Encryption at rest: versioned keys, blind indexes, commitments.

`HAZINA_SECRET_KEY` is a ring, newest key first: the newest encrypts, every key decrypts. What must
be found again (a phone) also has a blind index, an HMAC under a key of its own derived from the
oldest key, so that adding a key keeps it findable; that one may never go (`storage.keys`).
"""

import hashlib
import hmac
import os
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE: Final = 12
_TAG: Final = 4
MIN_SECRET: Final = 32
"""Least characters of one key of the ring."""


class UnreadableSecret(Exception):
    """Stored bytes that no key of the ring opens: a key is missing or the row was changed."""


class KeyRing:
    """Derives what encryption, blind indexes and PINs need from the secret keys."""

    def __init__(self, secrets: Sequence[str]) -> None:
        """Derive all keys.

        Raises:
            ValueError: no key, or one shorter than 32 characters.
        """
        if not secrets or any(len(secret) < MIN_SECRET for secret in secrets):
            message = f"each secret key needs at least {MIN_SECRET} characters"
            raise ValueError(message)
        self._tags = [_derive(s, b"tag")[:_TAG] for s in secrets]
        self._ciphers = {
            tag: AESGCM(_derive(s, b"encrypt")) for tag, s in zip(self._tags, secrets, strict=True)
        }
        self.fingerprints = tuple(_derive(s, b"fingerprint").hex()[:32] for s in secrets)
        """One for each key, newest first; they say nothing about it."""
        self._index_key = _derive(secrets[-1], b"index")
        self._pepper = _derive(secrets[-1], b"pepper")

    def seal(self, plain: bytes, *, context: str) -> bytes:
        """Encrypt under the newest key, bound to where it is stored."""
        tag, nonce = self._tags[0], os.urandom(_NONCE)
        return tag + nonce + self._ciphers[tag].encrypt(nonce, plain, context.encode())

    def open(self, stored: bytes, *, context: str) -> bytes:
        """Decrypt.

        Raises:
            UnreadableSecret: no key of the ring opens it there.
        """
        cipher = self._ciphers.get(stored[:_TAG])
        if cipher is None:
            raise UnreadableSecret(context)
        nonce, body = stored[_TAG : _TAG + _NONCE], stored[_TAG + _NONCE :]
        try:
            return cipher.decrypt(nonce, body, context.encode())
        except InvalidTag:
            raise UnreadableSecret(context) from None

    def index(self, value: str, *, context: str) -> str:
        """Return the blind index of a normalised value: 64 hex digits."""
        return _mac(self._index_key, f"{context}\n{value}")

    def pepper(self, digits: str, *, person_id: int) -> str:
        """Return the keyed hash of a PIN that Argon2id works on: 64 hex digits."""
        return _mac(self._pepper, f"pin\n{person_id}\n{digits}")


def _derive(secret: str, purpose: bytes) -> bytes:
    kdf = HKDF(algorithm=SHA256(), length=32, salt=b"hazina", info=purpose)
    return kdf.derive(secret.encode())


def _mac(key: bytes, message: str) -> str:
    return hmac.new(key, message.encode(), hashlib.sha256).hexdigest()

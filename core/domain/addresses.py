"""One-time addresses: where a provider that signs nothing answers a question of ours.

Each is drawn for one question and told to that provider only, so that what comes there answers it.
Its end is a secret that is nowhere kept, only its hash; people and logs never see it.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from core.domain.configurations import ConfigurationId
from core.domain.providers import About

LIFE: Final = timedelta(days=32)
"""As long as a provider is asked for what it did not say, and a little more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A one-time address: which configuration's provider was asked about which thing of ours.

    `subject` is the id of the attempt, refund or payout.
    """

    digest: str
    configuration_id: ConfigurationId
    about: About
    subject: int
    until: datetime


def digest_of(secret: str) -> str:
    """Return what is kept of an address's end."""
    return hashlib.sha256(secret.encode()).hexdigest()


class StoredAddresses(Protocol):
    """One-time addresses on an open transaction."""

    def add(self, address: Address) -> None:
        """Store a new address."""
        ...

    def find(self, digest: str) -> Address | None:
        """Return the address of this digest, while it lives."""
        ...

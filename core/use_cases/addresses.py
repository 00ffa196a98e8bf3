"""Drawing and finding the one-time addresses at which providers answer."""

import hashlib
from dataclasses import replace

from core.domain.addresses import LIFE, Address, digest_of
from core.domain.configurations import ConfigurationId
from core.domain.payments import AttemptId
from core.domain.providers import About
from core.ports import Transaction


def draw_address(
    tx: Transaction, *, configuration_id: ConfigurationId, about: About, subject: int
) -> str:
    """Draw an address for one question; return its end, 64 hex digits that only it will know.

    Hex spells none of the words for which providers turn addresses away.
    """
    secret = hashlib.sha256(tx.key(43).encode()).hexdigest()
    tx.addresses.add(
        Address(
            digest=digest_of(secret),
            configuration_id=configuration_id,
            about=about,
            subject=subject,
            until=tx.now + LIFE,
        )
    )
    return secret


def note_prompt(tx: Transaction, *, attempt_id: AttemptId, is_prompt: bool) -> None:
    """Note that an attempt's payer may be asked on his phone, or that he cannot have been."""
    attempt = tx.payments.attempt(attempt_id)
    if attempt.is_prompt is not is_prompt:
        tx.payments.replace_attempt(attempt, replace(attempt, is_prompt=is_prompt))


def find_address(tx: Transaction, *, secret: str) -> Address | None:
    """Return the address with this end, None for one that was never drawn or is over."""
    return tx.addresses.find(digest_of(secret))

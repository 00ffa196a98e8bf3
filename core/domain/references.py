"""Our own reference of an attempt: what a provider is told, and what it names when it answers."""

import re
from typing import Final

from core.domain.payments import PaymentId

_SHAPE: Final = re.compile(r"hz([0-9a-f]{1,16})-[0-9]{1,3}-[a-z0-9-]{8}")
_MOST: Final = 2**63 - 1


def reference_of(payment_id: PaymentId, *, number: int, key: str) -> str:
    """Return the reference of a payment's attempt; `key` is 8 random characters."""
    return f"hz{payment_id:x}-{number}-{key.replace('_', 'a').lower()}"


def payment_of(reference: str) -> PaymentId | None:
    """Return which payment a reference is of; None for one that has not our shape."""
    found = _SHAPE.fullmatch(reference)
    payment_id = int(found.group(1), 16) if found else 0
    return PaymentId(payment_id) if 0 < payment_id <= _MOST else None

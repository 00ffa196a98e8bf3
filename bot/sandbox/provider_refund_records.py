"""What the sandbox provider remembers of a refund: how much of which capture, and how it stands.

Amounts are whole minor units, times aware UTC. A record never changes; its methods return the
next one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final


class RefundStatus(StrEnum):
    """Where a refund stands."""

    PENDING = "pending"
    NEEDS_ATTENTION = "needs_attention"
    """It waits for the payer's account details."""
    DONE = "done"
    FAILED = "failed"
    RETURNED = "returned"
    """It was done, and the payer's bank sent the money back."""


COUNTED: Final = frozenset({RefundStatus.PENDING, RefundStatus.NEEDS_ATTENTION, RefundStatus.DONE})
"""What is taken from what may still be refunded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money on its way back; `reference` is the merchant's, "" where the provider began it.

    `next_status` is what it becomes by itself at `next_at`. What becomes of it is told at
    `answer_url` where the merchant named one.
    """

    id: str
    reference: str
    capture_id: str
    amount_minor: int
    currency: str
    status: RefundStatus
    at: datetime
    next_status: RefundStatus | None = None
    next_at: datetime | None = None
    answer_url: str = ""

    def is_owed(self, now: datetime) -> bool:
        """Tell whether its next status is due."""
        return self.next_at is not None and now >= self.next_at

    def go_on(self) -> "Refund":
        """Take the status that time brings."""
        status = self.next_status or self.status
        return replace(self, status=status, next_status=None, next_at=None)

    def as_json(self) -> dict[str, object]:
        """Show the refund for the state file."""
        return {
            "id": self.id,
            "reference": self.reference,
            "capture_id": self.capture_id,
            "amount_minor": self.amount_minor,
            "currency": self.currency,
            "status": self.status.value,
            "at": self.at.isoformat(),
            "next_status": self.next_status.value if self.next_status else None,
            "next_at": self.next_at.isoformat() if self.next_at else None,
            "answer_url": self.answer_url,
        }


def refund_from_json(row: Mapping[str, Any]) -> Refund:
    """Read a refund that `Refund.as_json` wrote."""
    status, at = row["next_status"], row["next_at"]
    changed = {
        "status": RefundStatus(row["status"]),
        "at": datetime.fromisoformat(row["at"]),
        "next_status": RefundStatus(status) if status else None,
        "next_at": datetime.fromisoformat(at) if at else None,
    }
    return Refund(**{**row, **changed})

"""What the sandbox provider remembers of a claim of the payer's bank: how much of which capture.

Amounts are whole minor units, times aware UTC. A record never changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class DisputeStatus(StrEnum):
    """Where a claim stands."""

    OPEN = "open"
    WON = "won"
    """The bank let go, or gave back what it had taken."""
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A claim to a part of a capture, or to all of it."""

    id: str
    capture_id: str
    amount_minor: int
    currency: str
    status: DisputeStatus
    at: datetime

    def as_json(self) -> dict[str, object]:
        """Show the claim for the state file."""
        return {
            "id": self.id,
            "capture_id": self.capture_id,
            "amount_minor": self.amount_minor,
            "currency": self.currency,
            "status": self.status.value,
            "at": self.at.isoformat(),
        }


def dispute_from_json(row: Mapping[str, Any]) -> Dispute:
    """Read a claim that `Dispute.as_json` wrote."""
    changed = {
        "status": DisputeStatus(row["status"]),
        "at": datetime.fromisoformat(row["at"]),
    }
    return Dispute(**{**row, **changed})

"""Disputes of bills: a reason, a text, perhaps files, and an end that somebody answers for."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType, Protocol

from core.domain.acts import NO_NOTE, NoteId
from core.domain.bills import BillId
from core.domain.machines import NONE, machine
from core.domain.people import PersonId
from core.domain.tenants import TenantId

DisputeId = NewType("DisputeId", int)

MAX_DISPUTE_TEXT: Final = 1000


class DisputeReason(StrEnum):
    """Why a bill is contested."""

    AMOUNT = "amount"
    NOT_MINE = "not_mine"
    ALREADY_PAID = "already_paid"
    NOT_GIVEN = "not_given"
    OTHER = "other"


class DisputeStatus(StrEnum):
    """How a dispute stands."""

    OPEN = "open"
    UNDER_REVIEW = "under_review"
    REJECTED = "rejected"
    AMENDED = "amended"
    CANCELLED_BILL = "cancelled_bill"
    WITHDRAWN = "withdrawn"


_ENDS: Final = (
    DisputeStatus.REJECTED,
    DisputeStatus.AMENDED,
    DisputeStatus.CANCELLED_BILL,
    DisputeStatus.WITHDRAWN,
)

TRANSITIONS: Final = machine(
    "dispute",
    {
        NONE: (DisputeStatus.OPEN,),
        DisputeStatus.OPEN: (DisputeStatus.UNDER_REVIEW, *_ENDS),
        DisputeStatus.UNDER_REVIEW: _ENDS,
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """One contest of one revision of a bill; texts are notes."""

    id: DisputeId
    tenant_id: TenantId
    number: str
    bill_id: BillId
    revision: int
    reason: DisputeReason
    text_id: NoteId
    opened_by: PersonId
    opened_at: datetime
    file_id: str = ""
    answer_id: NoteId = NO_NOTE
    handled_by: PersonId | None = None
    ended_at: datetime | None = None
    status: DisputeStatus = DisputeStatus.OPEN
    status_seq: int = 0
    row_version: int = 1

    @property
    def is_open(self) -> bool:
        """Tell whether an end is still owed."""
        return self.status in {DisputeStatus.OPEN, DisputeStatus.UNDER_REVIEW}

    def days_open(self, *, at: datetime) -> int:
        """Return started days since it was opened: what the due date moves by."""
        return max(0, -((self.opened_at - at) // timedelta(days=1)))

    def whole_days_open(self, *, at: datetime) -> int:
        """Return full days since it was opened: what the due date moves by when it is withdrawn.

        Started days would let a debtor put his due date off by opening and withdrawing in turn.
        """
        return max(0, (at - self.opened_at) // timedelta(days=1))

    def end(
        self, status: DisputeStatus, *, by: PersonId, at: datetime, answer_id: NoteId = NO_NOTE
    ) -> "Dispute":
        """End it.

        Raises:
            IllegalTransition: it has ended before.
        """
        TRANSITIONS.check(self.status, status)
        return replace(self, status=status, handled_by=by, ended_at=at, answer_id=answer_id)


class StoredDisputes(Protocol):
    """Disputes on an open transaction."""

    def get(self, dispute_id: DisputeId) -> Dispute:
        """Return one dispute.

        Raises:
            NotFound: there is none of this id.
        """
        ...

    def open_of(self, bill_id: BillId) -> Dispute | None:
        """Return the bill's dispute that has not ended."""
        ...

    def history(self, bill_id: BillId) -> tuple[Dispute, ...]:
        """Return a bill's disputes, oldest first (at most 50)."""
        ...

    def open_in(
        self, tenant_id: TenantId, *, after: DisputeId | None, limit: int
    ) -> tuple[Dispute, ...]:
        """Return a page of a tenant's open disputes, oldest first."""
        ...

    def count_open(self, tenant_id: TenantId) -> int:
        """Count a tenant's open disputes."""
        ...

    def add(self, dispute: Dispute) -> Dispute:
        """Store a new dispute; return it as stored."""
        ...

    def replace(self, before: Dispute, after: Dispute) -> Dispute:
        """Store a change where `before` still stands, else `StaleState`; return it as stored."""
        ...

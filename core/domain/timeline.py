"""What happened to a bill, step by step, and proofs found by their printed numbers; read-only."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from core.domain.acts import NoteId
from core.domain.bills import BillId
from core.domain.ledger import JournalId
from core.domain.money import Money
from core.domain.payments import Receipt
from core.domain.people import PersonId
from core.domain.tenants import TenantId


@dataclass(frozen=True, slots=True, kw_only=True)
class BillStep:
    """One change of a bill's status; `machine` and statuses as in core/domain/bills.py.

    `person_id` is 0 where nobody but the system acted.
    """

    machine: str
    from_status: str
    to_status: str
    at: datetime
    person_id: PersonId
    note_id: NoteId


@dataclass(frozen=True, slots=True, kw_only=True)
class BillRevision:
    """What a bill asked for since `at`; `note_id` says why it was amended."""

    revision: int
    total: Money
    due_on: date
    at: datetime
    person_id: PersonId
    note_id: NoteId


class StoredTimeline(Protocol):
    """The past of bills on an open transaction."""

    def steps(self, bill_id: BillId) -> tuple[BillStep, ...]:
        """Return a bill's status changes, oldest first (at most 200)."""
        ...

    def revisions(self, bill_id: BillId) -> tuple[BillRevision, ...]:
        """Return a bill's revisions, oldest first (at most 100)."""
        ...

    def receipt(self, tenant_id: TenantId, number: str) -> Receipt | None:
        """Return the receipt of this number, or of this journal's or payment's token."""
        ...

    def receipts_ending(self, tenant_id: TenantId, tail: str) -> tuple[Receipt, ...]:
        """Return receipts whose journal's or payment's token ends so, of the newest 2,000."""
        ...

    def notes_beside(self, journal_id: JournalId) -> tuple[str, ...]:
        """Return the notes that were kept by the act of a journal, oldest first (at most 20)."""
        ...

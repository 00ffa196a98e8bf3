"""An open transaction, and the outside world, as core sees them.

Everything that may be read or written is listed on `Transaction`; nothing is found by scanning.
"""

from datetime import datetime
from typing import Protocol

from core.domain.acts import Cause, Event, NoteId
from core.domain.bills import StoredBills
from core.domain.dialogues import StoredDialogues
from core.domain.disputes import StoredDisputes
from core.domain.ledger import StoredLedger
from core.domain.payments import StoredPayments
from core.domain.people import StoredPeople
from core.domain.tenants import StoredTenants, TenantId
from core.domain.timeline import StoredTimeline
from core.domain.wallets import StoredWallets
from core.domain.work import StoredWork


class Clock(Protocol):
    """The time outside."""

    def now(self) -> datetime:
        """Return the time as aware UTC."""
        ...


class Randomness(Protocol):
    """Ids, tokens and keys; seeded in the simulation."""

    def new_id(self, *, at: datetime) -> int:
        """Return a new 63-bit id, growing with time."""
        ...

    def token(self) -> str:
        """Return a random UUID4 in its text form."""
        ...

    def key(self, length: int) -> str:
        """Return that many random characters of `A-Za-z0-9_-`."""
        ...

    def shuffled(self, text: str) -> str:
        """Return the characters in random order."""
        ...


class Transaction(Protocol):
    """An open transaction: read once at BEGIN, written at the end, undone on any exception."""

    now: datetime
    """Aware UTC, read once."""
    cause: Cause
    events: list[Event]
    """What others will be told of; expanded to notices in the same transaction."""

    tenants: StoredTenants
    people: StoredPeople
    wallets: StoredWallets
    ledger: StoredLedger
    bills: StoredBills
    disputes: StoredDisputes
    payments: StoredPayments
    timeline: StoredTimeline
    dialogues: StoredDialogues
    work: StoredWork

    def new_id(self) -> int:
        """Return a new 63-bit id, growing with time."""
        ...

    def token(self) -> str:
        """Return a new journal token `TXN-<uuid4>`."""
        ...

    def key(self, length: int) -> str:
        """Return that many random characters of `A-Za-z0-9_-`."""
        ...

    def shuffled(self, text: str) -> str:
        """Return the characters in random order."""
        ...

    def add_note(self, tenant_id: TenantId, text: str) -> NoteId:
        """Store free text encrypted; events and the chain hold only its id and commitment."""
        ...

    def note(self, note_id: NoteId) -> str:
        """Return a note's text, "" for none or for an erased one."""
        ...

    def chain_head(self, tenant_id: TenantId) -> str:
        """Return the newest block's hash of a tenant, 64 hex digits, or ""."""
        ...

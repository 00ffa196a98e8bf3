"""An open transaction, and the outside world, as core sees them.

Everything that may be read or written is listed on `Transaction`; nothing is found by scanning.
"""

from datetime import datetime
from typing import Protocol

from core.domain.acts import Cause, Event, NoteId
from core.domain.addresses import StoredAddresses
from core.domain.bills import StoredBills
from core.domain.chargebacks import StoredChargebacks
from core.domain.configurations import StoredConfigurations
from core.domain.dialogues import StoredDialogues
from core.domain.differences import StoredDifferences
from core.domain.disputes import StoredDisputes
from core.domain.freeze import StoredFreeze
from core.domain.ledger import JournalId, StoredLedger
from core.domain.methods import StoredMethods
from core.domain.people import StoredPeople
from core.domain.reconciling import StoredReconciling
from core.domain.refund_requests import StoredRefundRequests
from core.domain.refunds import StoredRefunds
from core.domain.standings import StoredStandings
from core.domain.stored_payments import StoredPayments
from core.domain.tallies import StoredTallies
from core.domain.tenants import StoredTenants, TenantId
from core.domain.timeline import StoredTimeline
from core.domain.unmatched import StoredUnmatched
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

    @property
    def now(self) -> datetime:
        """The time, aware UTC, read once."""
        ...

    @property
    def cause(self) -> Cause:
        """What set this transaction in motion."""
        ...

    @property
    def events(self) -> list[Event]:
        """What others will be told of; expanded to notices in the same transaction."""
        ...

    @property
    def tenants(self) -> StoredTenants:
        """Organisations."""
        ...

    @property
    def people(self) -> StoredPeople:
        """Persons, identities, units, memberships, invitations."""
        ...

    @property
    def wallets(self) -> StoredWallets:
        """Wallets."""
        ...

    @property
    def ledger(self) -> StoredLedger:
        """Accounts, journals, holds, entries."""
        ...

    @property
    def bills(self) -> StoredBills:
        """Bills."""
        ...

    @property
    def disputes(self) -> StoredDisputes:
        """Disputes of bills."""
        ...

    @property
    def configurations(self) -> StoredConfigurations:
        """Provider configurations."""
        ...

    @property
    def payments(self) -> StoredPayments:
        """Payments, attempts, allocations, receipts."""
        ...

    @property
    def methods(self) -> StoredMethods:
        """Saved payment methods and preferred providers."""
        ...

    @property
    def refunds(self) -> StoredRefunds:
        """Refunds of payments."""
        ...

    @property
    def refund_requests(self) -> StoredRefundRequests:
        """Payers' requests for money back."""
        ...

    @property
    def unmatched(self) -> StoredUnmatched:
        """Money that fits no payment."""
        ...

    @property
    def differences(self) -> StoredDifferences:
        """Where providers' lists and the books do not agree."""
        ...

    @property
    def reconciling(self) -> StoredReconciling:
        """How far each configuration's list was compared."""
        ...

    @property
    def chargebacks(self) -> StoredChargebacks:
        """Claims of payers' banks."""
        ...

    @property
    def addresses(self) -> StoredAddresses:
        """One-time addresses at which providers answer."""
        ...

    @property
    def standings(self) -> StoredStandings:
        """How providers' configurations stand."""
        ...

    @property
    def tallies(self) -> StoredTallies:
        """Counts of a minute, an hour, a day."""
        ...

    @property
    def timeline(self) -> StoredTimeline:
        """What happened to a bill, in order."""
        ...

    @property
    def dialogues(self) -> StoredDialogues:
        """Dialogues, intents, PIN pads, live messages."""
        ...

    @property
    def work(self) -> StoredWork:
        """Work and due rows."""
        ...

    @property
    def freeze(self) -> StoredFreeze:
        """The freeze after a restore."""
        ...

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

    def seal_of(self, journal_id: JournalId) -> str:
        """Return the hash of the block that covers a journal, 64 hex digits, "" before it."""
        ...

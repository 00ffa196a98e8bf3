"""One open transaction in SQL: what `core.ports.Transaction` lists, plus what the engine needs.

It wraps a driver's cursor. It never begins or commits; the writer thread does.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from core.domain.acts import NO_NOTE, Cause, CauseKind, Event, NoteId
from core.domain.configurations import ProviderKind
from core.domain.ledger import JournalId
from core.domain.tenants import TenantId
from core.domain.work import Work
from core.ports import Randomness
from storage import audit, seals
from storage.access_tokens import SqlAccessTokens
from storage.addresses import SqlAddresses
from storage.bills import SqlBills
from storage.chargebacks import SqlChargebacks
from storage.configurations import SqlConfigurations
from storage.dialogues import SqlDialogues
from storage.differences import SqlDifferences
from storage.disputes import SqlDisputes
from storage.freeze import SqlFreeze
from storage.keyring import KeyRing
from storage.leases import SqlLeases
from storage.ledger import SqlLedger
from storage.methods import SqlMethods
from storage.payments import SqlPayments
from storage.people import SqlPeople
from storage.reconciling import SqlReconciling
from storage.refund_requests import SqlRefundRequests
from storage.refunds import SqlRefunds
from storage.standings import SqlStandings
from storage.statements import Cursor
from storage.tallies import SqlTallies
from storage.tenants import SqlTenants
from storage.timeline import SqlTimeline
from storage.unmatched import SqlUnmatched
from storage.wallets import SqlWallets
from storage.work import SqlWork

NO_CAUSE: Final = Cause(kind=CauseKind.COMMAND, reference="read")

NO_KINDS: Final[Mapping[str, ProviderKind]] = MappingProxyType({})
"""Of a process that offers nothing to payers: it only looks at books, or repairs them."""


@dataclass(slots=True)
class Group:
    """What the functions of one commit share: the act counter and the lines to seal."""

    now: datetime
    last_act: int = 0
    lines: dict[int, dict[int, list[audit.Line]]] = field(default_factory=dict)

    def next_act(self) -> int:
        """Take the next act id of this commit."""
        self.last_act += 1
        return self.last_act


class SqlTransaction:
    """An open transaction on a cursor."""

    def __init__(
        self,
        cursor: Cursor,
        group: Group,
        *,
        ring: KeyRing,
        randomness: Randomness,
        cause: Cause = NO_CAUSE,
        kinds: Mapping[str, ProviderKind] = NO_KINDS,
    ) -> None:
        """Open the repositories on the cursor; `kinds` are the providers this process can ask."""
        self.cursor = cursor
        self.ring = ring
        self.kinds = kinds
        self.now = group.now
        self.cause = cause
        self.events: list[Event] = []
        self.written: list[Work] = []
        """Work rows written here, handed over in memory after the commit."""
        self._group = group
        self._randomness = randomness
        self._acts: dict[int, int] = {}
        self._lines: list[tuple[int, audit.Line]] = []
        self.access_tokens = SqlAccessTokens(self)
        self.tallies = SqlTallies(self)
        self.addresses = SqlAddresses(self)
        self.tenants = SqlTenants(self)
        self.people = SqlPeople(self)
        self.wallets = SqlWallets(self)
        self.ledger = SqlLedger(self)
        self.bills = SqlBills(self)
        self.disputes = SqlDisputes(self)
        self.configurations = SqlConfigurations(self)
        self.payments = SqlPayments(self)
        self.methods = SqlMethods(self)
        self.standings = SqlStandings(self)
        self.refunds = SqlRefunds(self)
        self.refund_requests = SqlRefundRequests(self)
        self.unmatched = SqlUnmatched(self)
        self.differences = SqlDifferences(self)
        self.reconciling = SqlReconciling(self)
        self.chargebacks = SqlChargebacks(self)
        self.timeline = SqlTimeline(self)
        self.dialogues = SqlDialogues(self)
        self.work = SqlWork(self)
        self.leases = SqlLeases(self)
        self.freeze = SqlFreeze(self)

    def new_id(self) -> int:
        """Return a new 63-bit id, growing with time."""
        return self._randomness.new_id(at=self.now)

    def token(self) -> str:
        """Return a new journal token `TXN-<uuid4>`."""
        return f"TXN-{self._randomness.token()}"

    def key(self, length: int) -> str:
        """Return that many random characters of `A-Za-z0-9_-`."""
        return self._randomness.key(length)

    def shuffled(self, text: str) -> str:
        """Return the characters in random order."""
        return self._randomness.shuffled(text)

    def act(self, tenant_id: int) -> int:
        """Return this transaction's act for a tenant, writing it at the first need."""
        if tenant_id not in self._acts:
            act_id = self._group.next_act()
            self._acts[tenant_id] = act_id
            audit.add_act(self, act_id, tenant_id, self.cause)
        return self._acts[tenant_id]

    def seal(self, act_id: int, name: str, values: Mapping[str, Any]) -> None:
        """Collect a row that the audit chain covers."""
        self._lines.append((act_id, (name, dict(values))))

    def next_line(self, act_id: int) -> int:
        """Number the changes of an act."""
        return 1 + sum(1 for a, (name, _) in self._lines if a == act_id and name == "change")

    def add_note(self, tenant_id: TenantId, text: str) -> NoteId:
        """Store free text encrypted; `NO_NOTE` for none."""
        if not text:
            return NO_NOTE
        note_id = NoteId(self.new_id())
        audit.add_note(self, note_id, tenant_id, text)
        return note_id

    def note(self, note_id: NoteId) -> str:
        """Return a note's text, "" for none or for an erased one."""
        return audit.read_note(self, note_id) if note_id else ""

    def seal_of(self, journal_id: JournalId) -> str:
        """Return the hash of the block that covers a journal, 64 hex digits, "" before it."""
        return seals.seal_of(self.cursor, journal_id)

    @contextmanager
    def inner(self) -> Iterator[None]:
        """Run a block in a savepoint: an exception undoes the block and nothing else."""
        kept = (len(self.events), len(self.written), len(self._lines), dict(self._acts))
        self.cursor.execute("SAVEPOINT inner_level")
        try:
            yield
        except BaseException:
            self.cursor.execute("ROLLBACK TO inner_level")
            self.cursor.execute("RELEASE inner_level")
            del self.events[kept[0] :]
            del self.written[kept[1] :]
            del self._lines[kept[2] :]
            self._acts = kept[3]
            raise
        self.cursor.execute("RELEASE inner_level")

    def hand_over_lines(self) -> None:
        """Give the collected lines to the commit's seal."""
        tenants = {act_id: tenant_id for tenant_id, act_id in self._acts.items()}
        for act_id, line in self._lines:
            tenant_id = tenants[act_id]
            self._group.lines.setdefault(tenant_id, {}).setdefault(act_id, []).append(line)

"""Chargebacks: the payer's bank claims back money that a provider had captured.

Nothing of the payment is refunded while one is open. Its end comes from the provider, or from staff
where the provider never tells how it ended.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType, Protocol

from core.domain.acts import NO_NOTE, NoteId
from core.domain.captures import CaptureKey
from core.domain.configurations import ConfigurationId
from core.domain.ledger import JournalId
from core.domain.machines import NONE, machine
from core.domain.money import Currency, Money
from core.domain.payments import AttemptId, PaymentId
from core.domain.people import PersonId
from core.domain.refunds import RefundId
from core.domain.tenants import TenantId
from core.domain.unmatched import UnmatchedId

ChargebackId = NewType("ChargebackId", int)

CHECK: Final = "chargeback_check"
"""The kind of the due row at which a provider is asked again how a claim stands."""

CHECK_EVERY: Final = timedelta(days=1)
"""How often it is asked: events get lost, and banks take weeks."""

FOLLOWED_FOR: Final = timedelta(days=120)
"""Longer than banks take: a provider that has not told the end by then is asked in vain."""


class ChargebackStatus(StrEnum):
    """How a claim stands."""

    OPEN = "open"
    EVIDENCE_SENT = "evidence_sent"
    """Staff answered the provider; the bank decides."""
    WON = "won"
    """The money stays: the bank let go."""
    LOST = "lost"
    """The bank has the money."""


TRANSITIONS: Final = machine(
    "chargeback",
    {
        NONE: (ChargebackStatus.OPEN,),
        ChargebackStatus.OPEN: (
            ChargebackStatus.EVIDENCE_SENT,
            ChargebackStatus.WON,
            ChargebackStatus.LOST,
        ),
        ChargebackStatus.EVIDENCE_SENT: (ChargebackStatus.WON, ChargebackStatus.LOST),
    },
)

NO_CURRENCY: Final = Currency("")

OPEN: Final = frozenset({ChargebackStatus.OPEN, ChargebackStatus.EVIDENCE_SENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Chargeback:
    """A claim of the payer's bank to one capture of a payment.

    `capture` is the provider's own id of the capture, `amount_minor` what is claimed of it, as far
    as we know, `taken_before_minor` what its provider had taken back of it by then without being
    asked. `is_followed`: its provider's look-ups tell how it stands, so staff need not.
    `refund_id` is the refund that booked what was lost; of money that was kept apart (the row
    `unmatched_id`) it is the journal `journal_id`. `said_minor` of `said_currency` is what the
    provider says was lost where that cannot be (more than is left, another currency), else 0.
    """

    id: ChargebackId
    tenant_id: TenantId
    payment_id: PaymentId
    attempt_id: AttemptId
    configuration_id: ConfigurationId
    capture: str
    currency: Currency
    amount_minor: int
    opened_at: datetime
    is_followed: bool
    taken_before_minor: int = 0
    said_minor: int = 0
    said_currency: Currency = NO_CURRENCY
    reason_id: NoteId = NO_NOTE
    handled_by: PersonId | None = None
    ended_at: datetime | None = None
    refund_id: RefundId | None = None
    unmatched_id: UnmatchedId | None = None
    journal_id: JournalId | None = None
    status: ChargebackStatus = ChargebackStatus.OPEN
    status_seq: int = 0
    row_version: int = 1

    @property
    def key(self) -> CaptureKey:
        """The key of the capture that is claimed."""
        return CaptureKey(self.configuration_id, self.capture)

    @property
    def amount(self) -> Money:
        """What is claimed."""
        return Money(self.amount_minor, self.currency)

    @property
    def is_apart(self) -> bool:
        """Tell whether it is to money that was kept apart, not to what paid the payment."""
        return self.unmatched_id is not None

    @property
    def said(self) -> Money | None:
        """What the provider says was lost, if that cannot be."""
        return Money(self.said_minor, self.said_currency) if self.said_minor else None

    @property
    def is_open(self) -> bool:
        """Tell whether the bank has not decided yet."""
        return self.status in OPEN

    def is_told(self, *, at: datetime) -> bool:
        """Tell whether its provider will say how it ends, so that staff need not."""
        return self.is_followed and at < self.opened_at + FOLLOWED_FOR

    def move(self, status: ChargebackStatus, *, at: datetime) -> "Chargeback":
        """Take a step of the machine; the last one keeps its time.

        Raises:
            IllegalTransition: the step is not in the table.
        """
        TRANSITIONS.check(self.status, status)
        return replace(self, status=status, ended_at=None if status in OPEN else at)


class StoredChargebacks(Protocol):
    """Chargebacks on an open transaction."""

    def get(self, chargeback_id: ChargebackId) -> Chargeback:
        """Return one chargeback.

        Raises:
            NotFound: there is none of this id.
        """
        ...

    def open_of(self, payment_id: PaymentId) -> tuple[Chargeback, ...]:
        """Return those of a payment that are not decided, oldest first: one a capture at most."""
        ...

    def open_for(self, key: CaptureKey) -> Chargeback | None:
        """Return the one of a capture that is not decided, if any."""
        ...

    def of(self, payment_id: PaymentId) -> tuple[Chargeback, ...]:
        """Return those of a payment, oldest first (at most 50)."""
        ...

    def open_in(self, tenant_id: TenantId, *, limit: int) -> tuple[Chargeback, ...]:
        """Return a tenant's chargebacks that are not decided, oldest first."""
        ...

    def add(self, chargeback: Chargeback) -> Chargeback:
        """Store a new chargeback; return it as stored."""
        ...

    def replace(self, before: Chargeback, after: Chargeback) -> Chargeback:
        """Store a change where `before` still stands, else `StaleState`; return it as stored."""
        ...

"""Refunds: money that goes back, by the way it came or into the payer's wallet.

It is of a payment, or was kept apart because it fitted none (`Unmatched`). Staff ask for a refund;
a provider may also have made one without us. What all refunds of a payment may come to is kept in
one row beside it (`Refundable`), which the database bounds.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType, Protocol

from core.domain.acts import NO_NOTE, NoteId
from core.domain.configurations import ConfigurationId
from core.domain.errors import (
    AboveRefundable,
    IllegalTransition,
    InvalidAmount,
    NotFound,
    PaymentContested,
)
from core.domain.ledger import HoldId, JournalId
from core.domain.machines import NONE, machine
from core.domain.money import Currency, Money
from core.domain.payments import CHECK_DELAYS_S, AttemptId, Payment, PaymentId
from core.domain.people import PersonId
from core.domain.providers import ProviderError
from core.domain.tenants import TenantId
from core.domain.unmatched import UnmatchedId

RefundId = NewType("RefundId", int)

MAX_REFUND_REASON: Final = 300
CONSENT_WAITS: Final = timedelta(hours=72)
"""How long a payer is asked whether a refund may go to his wallet instead."""

ASK_FOR: Final = timedelta(days=30)
"""How long a provider is asked what became of a refund; then it is a human's task."""


TOTALS_LAG: Final = timedelta(days=1)
"""How long after money came back a provider's total may still say that it is gone."""

CHECK: Final = "refund_check"
"""The kind of the due row at which a provider is asked again."""

REPEAT: Final = "refund_repeat"
"""The kind of the due row that nobody takes: no repeat may leave before its time."""

CONSENT: Final = "refund_consent"
"""The kind of the due row at which a payer's silence ends a refund to his wallet."""


class RefundStatus(StrEnum):
    """How a refund stands."""

    PENDING = "pending"
    APPROVED = "approved"
    """It may go; one to a wallet may still wait for its payer's consent."""
    PROCESSING = "processing"
    """A provider is asked for it, or was found to have made it."""
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    """It had gone out and all of it came back; it lies in the payer's wallet."""


TRANSITIONS: Final = machine(
    "refund",
    {
        NONE: (RefundStatus.PENDING, RefundStatus.PROCESSING),
        RefundStatus.PENDING: (RefundStatus.APPROVED, RefundStatus.CANCELLED),
        RefundStatus.APPROVED: (RefundStatus.PROCESSING, RefundStatus.CANCELLED),
        RefundStatus.PROCESSING: (RefundStatus.COMPLETED, RefundStatus.FAILED),
        RefundStatus.FAILED: (RefundStatus.COMPLETED,),
        RefundStatus.COMPLETED: (RefundStatus.RETURNED,),
    },
)

OPEN: Final = frozenset({RefundStatus.PENDING, RefundStatus.APPROVED, RefundStatus.PROCESSING})
GONE: Final = frozenset({RefundStatus.COMPLETED, RefundStatus.RETURNED})
"""The money has left whoever it was refunded by."""


class Destination(StrEnum):
    """Where a refund goes."""

    ORIGINAL = "original"
    WALLET = "wallet"


class Origin(StrEnum):
    """Who began a refund."""

    STAFF = "staff"
    PROVIDER = "provider"
    """The provider gave it back without our asking: its dashboard, or a chargeback."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money of one payment, or of one capture that was kept apart, on its way back.

    Exactly one of `payment_id` and `unmatched_id` is given. `payer_id` is who had asked for the
    payment, None where nobody knows. `reference` is ours, stored before the provider is asked.
    `capture` is the provider's own id of the capture it is taken from, `provider_ref` its id of
    the refund, "" while unknown. `needs` says in the provider's word what a human must do for it
    to go on. `returned_minor` is what of it came back.
    """

    id: RefundId
    tenant_id: TenantId
    payment_id: PaymentId | None = None
    unmatched_id: UnmatchedId | None = None
    payer_id: PersonId | None = None
    reference: str
    currency: Currency
    amount_minor: int
    returned_minor: int = 0
    destination: Destination
    origin: Origin
    requested_at: datetime
    requested_by: PersonId | None = None
    reason_id: NoteId = NO_NOTE
    attempt_id: AttemptId | None = None
    configuration_id: ConfigurationId | None = None
    capture: str = ""
    hold_id: HoldId | None = None
    needs_consent: bool = False
    consented_at: datetime | None = None
    approved_by: PersonId | None = None
    sent_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: PersonId | None = None
    provider_ref: str = ""
    journal_id: JournalId | None = None
    error: ProviderError | None = None
    needs: str = ""
    checks: int = 0
    status: RefundStatus = RefundStatus.PENDING
    status_seq: int = 0
    row_version: int = 1

    @property
    def amount(self) -> Money:
        """What goes back."""
        return Money(self.amount_minor, self.currency)

    @property
    def paid_id(self) -> PaymentId:
        """The payment it is of.

        Raises:
            NotFound: it is of money that was kept apart.
        """
        if self.payment_id is None:
            raise NotFound(kind="payment")
        return self.payment_id

    @property
    def is_open(self) -> bool:
        """Tell whether its end is still owed."""
        return self.status in OPEN

    @property
    def is_by_provider(self) -> bool:
        """Tell whether a provider moves it."""
        return self.destination is Destination.ORIGINAL

    @property
    def waits_for_consent(self) -> bool:
        """Tell whether its payer is asked."""
        is_asked = self.needs_consent and self.consented_at is None
        return is_asked and self.status is RefundStatus.APPROVED

    @property
    def is_unsent(self) -> bool:
        """Tell whether a provider cannot have heard of it."""
        return self.status is RefundStatus.PROCESSING and self.sent_at is None

    @property
    def away_minor(self) -> int:
        """What of it went out and has not come back, in minor units."""
        return self.amount_minor - self.returned_minor if self.status in GONE else 0

    def maybe_away_minor(self, *, at: datetime) -> int:
        """Return how much of it a provider may count as gone: totals lag a little behind.

        A part came back by that total itself, which counts it no more.
        """
        if self.status is RefundStatus.RETURNED:
            may_lag = self.ended_at is not None and at < self.ended_at + TOTALS_LAG
            return self.amount_minor if may_lag else 0
        return self.amount_minor if self.status is RefundStatus.PROCESSING else self.away_minor

    def come_back(self, part: Money, *, at: datetime) -> "Refund":
        """Count a part of it as back; once all of it is, it has ended so.

        Raises:
            IllegalTransition: it, or so much of it, was not gone.
        """
        after = replace(self, returned_minor=self.returned_minor + part.minor)
        if 0 < part.minor < self.away_minor:
            return after
        if part.minor != self.away_minor:
            raise IllegalTransition(
                machine="refund", from_status=self.status, to_status=RefundStatus.RETURNED
            )
        return after.move(RefundStatus.RETURNED, at=at)

    def move(self, status: RefundStatus, *, at: datetime, by: PersonId | None = None) -> "Refund":
        """Take a step of the machine; steps that end it keep their time and who took them.

        Raises:
            IllegalTransition: the step is not in the table.
        """
        TRANSITIONS.check(self.status, status)
        if status in OPEN:
            return replace(self, status=status)
        return replace(self, status=status, ended_at=at, ended_by=by, needs="")

    def next_check(self, *, at: datetime) -> datetime:
        """Return when to ask again: a growing interval by the number of look-ups so far."""
        return at + timedelta(seconds=CHECK_DELAYS_S[min(self.checks, len(CHECK_DELAYS_S) - 1)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Refundable:
    """What all refunds of a payment come to; amounts in minor units of the payment's currency.

    `open_minor` and `done_minor` are of refunds that staff asked for, `reversed_minor` is what the
    provider gave back by itself and has not got again. Since `contested_at` the payer's bank claims
    the money.
    """

    payment_id: PaymentId
    tenant_id: TenantId
    currency: Currency
    captured_minor: int
    open_minor: int = 0
    done_minor: int = 0
    reversed_minor: int = 0
    contested_at: datetime | None = None
    row_version: int = 1

    @property
    def rest(self) -> Money:
        """What may still be refunded."""
        used = self.open_minor + self.done_minor + self.reversed_minor
        return Money(max(0, self.captured_minor - used), self.currency)

    @property
    def gone(self) -> Money:
        """What went back in all."""
        return Money(self.done_minor + self.reversed_minor, self.currency)

    def grown(self, payment: Payment) -> "Refundable":
        """Count what was captured since."""
        return replace(self, captured_minor=payment.captured_minor)

    def reserve(self, amount: Money, *, most: Money) -> "Refundable":
        """Count a refund that is asked for.

        Raises:
            PaymentContested: the payer's bank claims the money.
            InvalidAmount: not positive, or another currency.
            AboveRefundable: more than may go back.
        """
        if self.contested_at is not None:
            raise PaymentContested(payment_id=self.payment_id)
        if not amount.is_positive or amount.currency != self.currency:
            raise InvalidAmount(text=str(amount.minor), reason="positive")
        limit = min(self.rest, most)
        if limit < amount:
            raise AboveRefundable(most=limit)
        return replace(self, open_minor=self.open_minor + amount.minor)

    def release(self, amount: Money) -> "Refundable":
        """Let go of a refund that did not happen."""
        return replace(self, open_minor=self.open_minor - amount.minor)

    def settle(self, amount: Money) -> "Refundable":
        """Count a reserved refund as done."""
        return replace(
            self,
            open_minor=self.open_minor - amount.minor,
            done_minor=self.done_minor + amount.minor,
        )

    def may_still_settle(self, amount: Money) -> bool:
        """Tell whether a refund that was let go fits again."""
        return self.open_minor + self.done_minor + amount.minor <= self.captured_minor

    def settle_late(self, amount: Money) -> "Refundable":
        """Count a refund that happened after it was let go."""
        return replace(self, done_minor=self.done_minor + amount.minor)

    def take_back(self, amount: Money) -> "Refundable":
        """Count what a provider gave back by itself."""
        return replace(self, reversed_minor=self.reversed_minor + amount.minor)

    def come_back(self, part: Money) -> "Refundable":
        """Count that a provider got again what it had given back by itself."""
        return replace(self, reversed_minor=self.reversed_minor - part.minor)

    def contest(self, *, at: datetime | None) -> "Refundable":
        """Begin (or, with None, end) a claim of the payer's bank."""
        return replace(self, contested_at=at)


class StoredRefunds(Protocol):
    """Refunds on an open transaction."""

    def get(self, refund_id: RefundId) -> Refund:
        """Return one refund.

        Raises:
            NotFound: there is none of this id.
        """
        ...

    def of(self, payment_id: PaymentId) -> tuple[Refund, ...]:
        """Return a payment's refunds, oldest first (at most 50)."""
        ...

    def of_unmatched(self, unmatched_id: UnmatchedId) -> tuple[Refund, ...]:
        """Return the refunds of money that was kept apart, oldest first (at most 50)."""
        ...

    def open_in(self, tenant_id: TenantId, *, limit: int) -> tuple[Refund, ...]:
        """Return a tenant's refunds that have not ended, oldest first."""
        ...

    def add(self, refund: Refund) -> Refund:
        """Store a new refund; return it as stored."""
        ...

    def replace(self, before: Refund, after: Refund) -> Refund:
        """Store a change where `before` still stands, else `StaleState`; return it as stored."""
        ...

    def find_refundable(self, payment_id: PaymentId) -> Refundable | None:
        """Return what refunds of a payment come to, None before its first one."""
        ...

    def refundable(self, payment: Payment) -> Refundable:
        """Return the same, begun at the first need."""
        ...

    def replace_refundable(self, before: Refundable, after: Refundable) -> Refundable:
        """Store a change where `before` still stands, else `StaleState`; return it as stored."""
        ...

"""Payments: money asked from someone by any method, attempts with providers, allocations."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType

from core.domain.bills import BillId
from core.domain.captures import CaptureKey
from core.domain.configurations import ConfigurationId
from core.domain.ledger import JournalId
from core.domain.machines import NONE, machine
from core.domain.money import Currency, Money
from core.domain.people import PersonId
from core.domain.providers import ProviderError
from core.domain.tenants import TenantId

PaymentId = NewType("PaymentId", int)
AttemptId = NewType("AttemptId", int)
ReceiptId = NewType("ReceiptId", int)
MethodId = NewType("MethodId", int)

NO_METHOD: Final = MethodId(0)

CHECK_DELAYS_S: Final = (20, 60, 180, 600, 1800, 3600)
"""Seconds between look-ups of what is pending or unknown; the last one repeats."""

WATCH_AFTER_EXPIRY: Final = timedelta(days=1)
"""How long a link is still watched for a late capture."""

ASK_AFTER_EXPIRY: Final = timedelta(days=30)
"""How long a provider that gave no usable answer is asked; then it is a human's task."""


class Purpose(StrEnum):
    """What a payment is for."""

    BILL = "bill"
    TOP_UP = "top_up"


class Method(StrEnum):
    """Where the money comes from."""

    WALLET = "wallet"
    PROVIDER = "provider"


class PaymentStatus(StrEnum):
    """How a payment stands."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


TRANSITIONS: Final = machine(
    "payment",
    {
        NONE: (PaymentStatus.PENDING,),
        PaymentStatus.PENDING: (
            PaymentStatus.PROCESSING,
            PaymentStatus.COMPLETED,
            PaymentStatus.FAILED,
            PaymentStatus.CANCELLED,
            PaymentStatus.EXPIRED,
        ),
        PaymentStatus.PROCESSING: (
            PaymentStatus.COMPLETED,
            PaymentStatus.FAILED,
            PaymentStatus.CANCELLED,
            PaymentStatus.EXPIRED,
        ),
        PaymentStatus.FAILED: (PaymentStatus.COMPLETED,),
        PaymentStatus.CANCELLED: (PaymentStatus.COMPLETED,),
        PaymentStatus.EXPIRED: (PaymentStatus.COMPLETED,),
    },
)

OPEN: Final = frozenset({PaymentStatus.PENDING, PaymentStatus.PROCESSING})


class AttemptStatus(StrEnum):
    """How one try with one provider stands."""

    CREATED = "created"
    SENT = "sent"
    WAITING = "waiting"
    SETTLED = "settled"
    DECLINED = "declined"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


ATTEMPT_TRANSITIONS: Final = machine(
    "attempt",
    {
        NONE: (AttemptStatus.CREATED,),
        AttemptStatus.CREATED: (AttemptStatus.SENT,),
        AttemptStatus.SENT: (
            AttemptStatus.WAITING,
            AttemptStatus.SETTLED,
            AttemptStatus.DECLINED,
            AttemptStatus.UNKNOWN,
        ),
        AttemptStatus.WAITING: (
            AttemptStatus.SETTLED,
            AttemptStatus.DECLINED,
            AttemptStatus.EXPIRED,
            AttemptStatus.UNKNOWN,
        ),
        AttemptStatus.UNKNOWN: (
            AttemptStatus.WAITING,
            AttemptStatus.SETTLED,
            AttemptStatus.DECLINED,
            AttemptStatus.EXPIRED,
        ),
        AttemptStatus.DECLINED: (AttemptStatus.SETTLED,),
        AttemptStatus.EXPIRED: (AttemptStatus.SETTLED,),
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money asked from someone; amounts in minor units of `currency`.

    `captured_minor` is what the provider says it took in all, kept beside what was asked.
    """

    id: PaymentId
    token: str
    tenant_id: TenantId
    payer_id: PersonId
    purpose: Purpose
    bill_id: BillId | None
    method: Method
    currency: Currency
    amount_minor: int
    created_at: datetime
    expires_at: datetime | None = None
    captured_minor: int = 0
    ended_at: datetime | None = None
    status: PaymentStatus = PaymentStatus.PENDING
    status_seq: int = 0
    row_version: int = 1

    @property
    def amount(self) -> Money:
        """What was asked."""
        return Money(self.amount_minor, self.currency)

    @property
    def captured(self) -> Money:
        """What the provider took, or the wallet gave."""
        return Money(self.captured_minor, self.currency)

    @property
    def is_open(self) -> bool:
        """Tell whether it may still be paid in the ordinary way."""
        return self.status in OPEN

    def move(self, status: PaymentStatus, *, at: datetime) -> "Payment":
        """Take a step of the machine; final steps keep their time.

        Raises:
            IllegalTransition: the step is not in the table.
        """
        TRANSITIONS.check(self.status, status)
        return replace(self, status=status, ended_at=None if status in OPEN else at)

    def complete(self, captured: Money, *, at: datetime) -> "Payment":
        """Count captured money; the first capture completes, later ones add up."""
        total = self.captured_minor + captured.minor
        if self.status is PaymentStatus.COMPLETED:
            return replace(self, captured_minor=total)
        completed = PaymentStatus.COMPLETED
        TRANSITIONS.check(self.status, completed)
        return replace(self, captured_minor=total, status=completed, ended_at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try with one provider configuration.

    `reference` is ours, stored before the call, and serves as idempotency key. `link` is the
    page people open, `receipt` the number by which the payer knows what was taken, where the
    provider gives it another than its own id; `is_prompt`: its payer may have been asked on his
    phone, where he pays without a page; `method_id` is the saved method that it charges.
    `cleared_by` is when what clears has mostly arrived, `needs` the provider's word for what who is
    paid must do for it. `is_put_back`, not stored: it is older than a restore not released yet.
    """

    id: AttemptId
    payment_id: PaymentId
    tenant_id: TenantId
    number: int
    configuration_id: ConfigurationId
    provider: str
    reference: str
    created_at: datetime
    provider_ref: str = ""
    link: str = ""
    error: ProviderError | None = None
    sent_at: datetime | None = None
    verified_at: datetime | None = None
    checks: int = 0
    receipt: str = ""
    is_prompt: bool = False
    is_clearing: bool = False
    """Its payer has paid, and its provider has not let go of the money yet."""
    cleared_by: datetime | None = None
    needs: str = ""
    method_id: MethodId = NO_METHOD
    is_put_back: bool = False
    status: AttemptStatus = AttemptStatus.CREATED
    status_seq: int = 0
    row_version: int = 1

    @property
    def may_still_settle(self) -> bool:
        """Tell whether the provider may still take money for it."""
        return self.status in {AttemptStatus.SENT, AttemptStatus.WAITING, AttemptStatus.UNKNOWN}

    @property
    def had_page(self) -> bool:
        """Tell whether its payer may have paid: by a page, a prompt, or a charge that left."""
        known = {AttemptStatus.WAITING, AttemptStatus.SETTLED}
        is_charged = self.is_charge and self.status is not AttemptStatus.CREATED
        is_shown = bool(self.link) or self.is_prompt or is_charged
        return is_shown or self.status in known or (self.is_put_back and not self.has_failed)

    @property
    def is_charge(self) -> bool:
        """Tell whether it charges a saved method: no page asks its payer for anything."""
        return self.method_id != NO_METHOD

    def key_of(self, provider_id: str) -> CaptureKey:
        """Return the key of what was captured for it under this id of the provider."""
        return CaptureKey(self.configuration_id, provider_id)

    @property
    def is_under_way(self) -> bool:
        """Tell whether its provider works on what its payer has no page to refuse on any more."""
        has_no_page = self.is_clearing or (self.is_charge and not self.link)
        return has_no_page and self.status is AttemptStatus.WAITING

    @property
    def awaits_clearing(self) -> bool:
        """Tell whether its payer has paid and the money is still on its way, for days perhaps."""
        is_open = self.status in {AttemptStatus.WAITING, AttemptStatus.UNKNOWN}
        return self.is_clearing and is_open

    @property
    def is_doubtful(self) -> bool:
        """Tell whether a provider owes an answer to what may have been paid."""
        waits = self.is_put_back and self.status in {AttemptStatus.CREATED, AttemptStatus.WAITING}
        is_asked = self.status is AttemptStatus.SENT or self.is_under_way
        return waits or is_asked or (self.status is AttemptStatus.UNKNOWN and self.had_page)

    @property
    def is_idle(self) -> bool:
        """Tell whether nobody can have paid it and nothing is being asked for it any more."""
        return self.has_failed or (self.status is AttemptStatus.UNKNOWN and not self.had_page)

    @property
    def has_failed(self) -> bool:
        """Tell whether another attempt may follow; a late capture is still possible."""
        return self.status in {AttemptStatus.DECLINED, AttemptStatus.EXPIRED}

    def move(self, status: AttemptStatus, *, error: ProviderError | None = None) -> "Attempt":
        """Take a step of the machine.

        Raises:
            IllegalTransition: the step is not in the table.
        """
        ATTEMPT_TRANSITIONS.check(self.status, status)
        return replace(self, status=status, error=error)

    def next_check(self, *, at: datetime) -> datetime:
        """Return when to look again: a growing interval by the number of look-ups so far."""
        delay = CHECK_DELAYS_S[min(self.checks, len(CHECK_DELAYS_S) - 1)]
        return at + timedelta(seconds=delay)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """How much of a payment settled which bill; immutable. Numbered within its payment."""

    payment_id: PaymentId
    line: int
    bill_id: BillId
    tenant_id: TenantId
    amount: Money
    payer_id: PersonId
    journal_id: JournalId
    returned_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Proof of money that moved, under a short number; immutable.

    `amount` is what this journal took from the payer; `settled` what of it went to the bill.
    """

    id: ReceiptId
    number: str
    tenant_id: TenantId
    payment_id: PaymentId
    journal_id: JournalId
    payer_id: PersonId
    amount: Money
    settled: Money
    balance_after: Money
    issued_at: datetime

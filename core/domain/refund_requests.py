"""Refund requests: a payer asks for money of his back, and staff decide.

A request holds no money and promises none: what may go back is looked at when it is asked, and
again when a refund is opened for it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType, Protocol

from core.domain.acts import NO_NOTE, NoteId
from core.domain.machines import NONE, machine
from core.domain.money import Currency, Money
from core.domain.payments import PaymentId
from core.domain.people import PersonId
from core.domain.refunds import RefundId
from core.domain.tenants import TenantId

RefundRequestId = NewType("RefundRequestId", int)

SAME_WITHIN: Final = timedelta(minutes=10)
"""How long after its end the same request again is taken for a slip, and asked about."""

REMIND: Final = "refund_request_reminder"
"""Tells staff again of a request that nobody has decided; it never ends by itself."""

REMIND_EVERY: Final = timedelta(days=3)


class RefundRequestStatus(StrEnum):
    """How a request stands."""

    OPEN = "open"
    APPROVED = "approved"
    """A refund was opened for it; what becomes of that is told there."""
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


TRANSITIONS: Final = machine(
    "refund_request",
    {
        NONE: (RefundRequestStatus.OPEN,),
        RefundRequestStatus.OPEN: (
            RefundRequestStatus.APPROVED,
            RefundRequestStatus.REJECTED,
            RefundRequestStatus.WITHDRAWN,
        ),
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest:
    """What a payer asks back of one payment, in minor units; reason and answer are notes.

    `decided_by` is who ended it: staff, or its payer who took it back.
    """

    id: RefundRequestId
    tenant_id: TenantId
    payment_id: PaymentId
    payer_id: PersonId
    currency: Currency
    amount_minor: int
    reason_id: NoteId
    asked_at: datetime
    answer_id: NoteId = NO_NOTE
    decided_by: PersonId | None = None
    decided_at: datetime | None = None
    refund_id: RefundId | None = None
    status: RefundRequestStatus = RefundRequestStatus.OPEN
    status_seq: int = 0
    row_version: int = 1

    @property
    def amount(self) -> Money:
        """What is asked back."""
        return Money(self.amount_minor, self.currency)

    @property
    def is_open(self) -> bool:
        """Tell whether staff have not decided yet."""
        return self.status is RefundRequestStatus.OPEN

    def is_repeated_by(self, amount: Money, *, at: datetime) -> bool:
        """Tell whether asking for an amount now would say again what has just ended."""
        if self.decided_at is None or self.amount != amount:
            return False
        return at < self.decided_at + SAME_WITHIN

    def end(self, status: RefundRequestStatus, *, by: PersonId, at: datetime) -> "RefundRequest":
        """End it.

        Raises:
            IllegalTransition: it has ended before.
        """
        TRANSITIONS.check(self.status, status)
        return replace(self, status=status, decided_by=by, decided_at=at)


class StoredRefundRequests(Protocol):
    """Refund requests on an open transaction."""

    def get(self, request_id: RefundRequestId) -> RefundRequest:
        """Return one request.

        Raises:
            NotFound: there is none of this id.
        """
        ...

    def open_of(self, payment_id: PaymentId) -> RefundRequest | None:
        """Return the one of a payment that is not decided, if any."""
        ...

    def newest_of(self, payment_id: PaymentId, *, limit: int) -> tuple[RefundRequest, ...]:
        """Return a payment's requests, newest first."""
        ...

    def open_in(self, tenant_id: TenantId, *, limit: int) -> tuple[RefundRequest, ...]:
        """Return a tenant's requests that are not decided, oldest first."""
        ...

    def count_open(self, tenant_id: TenantId) -> int:
        """Count a tenant's requests that are not decided."""
        ...

    def add(self, request: RefundRequest) -> RefundRequest:
        """Store a new request; return it as stored."""
        ...

    def replace(self, before: RefundRequest, after: RefundRequest) -> RefundRequest:
        """Store a change where `before` still stands, else `StaleState`; return it as stored."""
        ...

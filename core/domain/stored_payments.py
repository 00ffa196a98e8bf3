"""What storage gives of payments, attempts, allocations and receipts."""

from datetime import datetime
from typing import Protocol

from core.domain.bills import BillId
from core.domain.captures import CaptureKey
from core.domain.configurations import ConfigurationId
from core.domain.ledger import JournalId
from core.domain.money import Money
from core.domain.payments import (
    Allocation,
    Attempt,
    AttemptId,
    Payment,
    PaymentId,
    Receipt,
    ReceiptId,
)
from core.domain.people import PersonId
from core.domain.tenants import TenantId


class StoredPayments(Protocol):
    """Payments, attempts, allocations and receipts on an open transaction."""

    def get(self, payment_id: PaymentId) -> Payment:
        """Return one payment.

        Raises:
            NotFound: there is none of this id.
        """
        ...

    def lock(self, payment_id: PaymentId) -> Payment:
        """Return one payment, whoever else locks it waits for this transaction to end.

        What hangs on a payment (attempts, refunds, claims, returns) is read after this, so that
        of two who would each do what the other forbids one sees what the other has done.

        Raises:
            NotFound: there is none of this id.
        """
        ...

    def add(self, payment: Payment) -> Payment:
        """Store a new payment; return it as stored."""
        ...

    def replace(self, before: Payment, after: Payment) -> Payment:
        """Store a change where `before` still stands, else `StaleState`; return it as stored."""
        ...

    def open_for(self, bill_id: BillId, payer_id: PersonId) -> Payment | None:
        """Return the payer's open provider payment of a bill."""
        ...

    def open_minor(self, bill_id: BillId) -> int:
        """Sum what open provider payments of a bill still ask for, in minor units."""
        ...

    def add_attempt(self, attempt: Attempt) -> Attempt:
        """Store a new attempt; return it as stored."""
        ...

    def attempt(self, attempt_id: AttemptId) -> Attempt:
        """Return one attempt.

        Raises:
            NotFound: there is none of this id.
        """
        ...

    def attempt_by_reference(
        self, configuration_id: ConfigurationId, reference: str
    ) -> Attempt | None:
        """Return the attempt behind our reference with this configuration."""
        ...

    def attempt_by_capture(self, key: CaptureKey) -> Attempt | None:
        """Return the attempt that a posted capture came by, whichever tenant's it is."""
        ...

    def attempts(self, payment_id: PaymentId) -> tuple[Attempt, ...]:
        """Return a payment's attempts in order (at most 50)."""
        ...

    def pages_of(
        self, bill_id: BillId, payer_id: PersonId, *, since: datetime
    ) -> tuple[Attempt, ...]:
        """Return a payer's attempts for a bill that had a page and took nothing, newest first.

        Those since a time, at most 20.
        """
        ...

    def held_in(self, tenant_id: TenantId, *, limit: int) -> tuple[Attempt, ...]:
        """Return a tenant's attempts whose money waits for whoever is paid, oldest first."""
        ...

    def decided(self, configuration_id: ConfigurationId, *, since: datetime) -> tuple[int, int]:
        """Count of a configuration's newest attempts which settled, and which were decided at all.

        The newest fifty since a time are looked at; what still waits is not decided.
        """
        ...

    def replace_attempt(self, before: Attempt, after: Attempt) -> Attempt:
        """Store a change where `before` still stands, else `StaleState`; return it as stored."""
        ...

    def add_allocation(self, allocation: Allocation) -> None:
        """Store which bill a payment settled."""
        ...

    def allocations_of_bill(self, bill_id: BillId) -> tuple[Allocation, ...]:
        """Return a bill's allocations, newest first."""
        ...

    def allocations_of(self, payment_id: PaymentId) -> tuple[Allocation, ...]:
        """Return a payment's allocations in order."""
        ...

    def add_return(self, allocation: Allocation, amount: Money, *, journal_id: JournalId) -> None:
        """Store that part of an allocation went back to its payer; at most what is left of it."""
        ...

    def add_receipt(self, receipt: Receipt) -> None:
        """Store a receipt."""
        ...

    def receipt(self, receipt_id: ReceiptId) -> Receipt:
        """Return one receipt.

        Raises:
            NotFound: there is none of this id.
        """
        ...

    def receipts_of(self, payment_id: PaymentId) -> tuple[Receipt, ...]:
        """Return a payment's receipts, oldest first."""
        ...

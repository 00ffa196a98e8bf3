"""Unmatched money: what came in and fits no payment, kept apart until it is known whose it is.

One row for each journal that put money into suspense. It is given to members, or goes back by the
provider that took it; all of it is counted in the row, which the database bounds.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import NewType, Protocol

from core.domain.bills import BillId
from core.domain.captures import CaptureKey
from core.domain.configurations import ConfigurationId
from core.domain.errors import AboveRefundable, AmountOutOfRange, InvalidAmount
from core.domain.ledger import AccountId, JournalId
from core.domain.money import Currency, Money
from core.domain.payments import AttemptId, PaymentId
from core.domain.people import PersonId
from core.domain.tenants import TenantId

UnmatchedId = NewType("UnmatchedId", int)
"""The id of the journal that put it into suspense."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """Money of one journal in suspense; amounts in minor units of its currency.

    `capture` is the provider's own id of it, "" where it came by no capture; `payment_id` and
    `attempt_id` are the payment it was taken for and the try that took it, as far as known;
    `reference` is what the provider has it under. `given_minor` went to members, `open_minor` is
    on its way back, `done_minor` is back. `over_minor` went back though it was not here any more.
    """

    id: UnmatchedId
    tenant_id: TenantId
    account_id: AccountId
    currency: Currency
    amount_minor: int
    kept_at: datetime
    configuration_id: ConfigurationId | None = None
    capture: str = ""
    reference: str = ""
    payment_id: PaymentId | None = None
    attempt_id: AttemptId | None = None
    given_minor: int = 0
    open_minor: int = 0
    done_minor: int = 0
    over_minor: int = 0
    row_version: int = 1

    @property
    def amount(self) -> Money:
        """What was kept apart."""
        return Money(self.amount_minor, self.currency)

    @property
    def here(self) -> Money:
        """What of it is in suspense, on its way back or not."""
        return Money(self.amount_minor - self.given_minor - self.done_minor, self.currency)

    @property
    def free(self) -> Money:
        """What may be given or sent back."""
        return self.here - Money(self.open_minor, self.currency)

    @property
    def is_whole(self) -> bool:
        """Tell whether nothing was done about it yet."""
        return self.free == self.amount

    @property
    def key(self) -> CaptureKey | None:
        """The key of its capture, None where a provider captured nothing."""
        if self.configuration_id is None or not self.capture:
            return None
        return CaptureKey(self.configuration_id, self.capture)

    def give(self, amount: Money) -> "Unmatched":
        """Count what goes to a member.

        Raises:
            InvalidAmount: not positive, or another currency.
            AmountOutOfRange: more than is free.
        """
        self._check(amount)
        if self.free < amount:
            raise AmountOutOfRange(least=Money(1, self.currency), most=self.free)
        return replace(self, given_minor=self.given_minor + amount.minor)

    def reserve(self, amount: Money) -> "Unmatched":
        """Count what is to go back.

        Raises:
            InvalidAmount: not positive, or another currency.
            AboveRefundable: more than is free.
        """
        self._check(amount)
        if self.free < amount:
            raise AboveRefundable(most=self.free)
        return replace(self, open_minor=self.open_minor + amount.minor)

    def release(self, amount: Money) -> "Unmatched":
        """Let go of what did not go back."""
        return replace(self, open_minor=self.open_minor - amount.minor)

    def settle(self, amount: Money) -> "Unmatched":
        """Count what was reserved as back."""
        return replace(self.release(amount), done_minor=self.done_minor + amount.minor)

    def settle_late(self, amount: Money) -> "Unmatched":
        """Count what went back after it was let go: from what is free, the rest over it."""
        covered = min(self.free, amount)
        return replace(
            self,
            done_minor=self.done_minor + covered.minor,
            over_minor=self.over_minor + amount.minor - covered.minor,
        )

    def _check(self, amount: Money) -> None:
        if not amount.is_positive or amount.currency != self.currency:
            raise InvalidAmount(text=str(amount.minor), reason="positive")


class StoredUnmatched(Protocol):
    """Unmatched money on an open transaction."""

    def get(self, unmatched_id: UnmatchedId) -> Unmatched:
        """Return one.

        Raises:
            NotFound: there is none of this id.
        """
        ...

    def find(self, unmatched_id: UnmatchedId) -> Unmatched | None:
        """Return the money of a journal, None where it put nothing into suspense."""
        ...

    def waiting_in(
        self, tenant_id: TenantId, *, after: UnmatchedId | None, limit: int
    ) -> tuple[Unmatched, ...]:
        """Return a page of a tenant's of which something is free, oldest first."""
        ...

    def ending(self, tenant_id: TenantId, tail: str) -> tuple[Unmatched, ...]:
        """Return what came for payments whose token ends so, newest first (at most 5)."""
        ...

    def of_bill(self, bill_id: BillId) -> tuple[Unmatched, ...]:
        """Return what was taken for payments of a bill, oldest first (at most 50)."""
        ...

    def add(self, unmatched: Unmatched) -> Unmatched:
        """Store a new one; return it as stored."""
        ...

    def replace(self, before: Unmatched, after: Unmatched) -> Unmatched:
        """Store a change where `before` still stands, else `StaleState`; return it as stored."""
        ...

    def given_to(self, unmatched_id: UnmatchedId) -> tuple[tuple[PersonId, Money], ...]:
        """Return to whom how much was given, newest first (at most 50)."""
        ...

    def give(self, before: Unmatched, after: Unmatched, *, journal_id: JournalId) -> Unmatched:
        """Store that a journal gave of it to a member; else as `replace`."""
        ...

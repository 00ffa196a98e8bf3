"""Bills: what a tenant asks for, its two stored axes, and the one word people see.

A bill is a payable of kind bill. *Acknowledgment* and *life* are stored; settlement follows from
amounts, overdue from the clock (X-10): a bill that turns overdue never forgets whether it was
acknowledged.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, NewType, Protocol

from core.domain.errors import (
    AboveRest,
    BelowMinimum,
    BillCancelled,
    BillDisputed,
    BillSettled,
    DisputeWindowClosed,
    InvalidAmount,
    NotAcknowledged,
    StaleCard,
)
from core.domain.machines import NONE, machine
from core.domain.money import MAX_MINOR, Currency, Money
from core.domain.people import NO_UNIT, PersonId, UnitId
from core.domain.tenants import TenantId

BillId = NewType("BillId", int)

MAX_TITLE: Final = 80
MAX_DESCRIPTION: Final = 500


class Acknowledgment(StrEnum):
    """Whether the debtor agreed to owe this."""

    PENDING = "pending"
    ACKNOWLEDGED = "acknowledged"
    DISPUTED = "disputed"
    NOT_REQUIRED = "not_required"
    """Imported legacy bills, or a tenant policy; audited."""


class Life(StrEnum):
    """Whether the bill still stands."""

    OPEN = "open"
    CANCELLED = "cancelled"


class BillType(StrEnum):
    """What a bill is for."""

    SERVICE_CHARGE = "service_charge"
    WATER = "water"
    POWER = "power"
    SECURITY = "security"
    REPAIRS = "repairs"
    LEVY = "levy"
    OTHER = "other"


class Shown(StrEnum):
    """The one word people see; the first that applies, in this order."""

    CANCELLED = "CANCELLED"
    PAID = "PAID"
    DISPUTED = "DISPUTED"
    OVERDUE = "OVERDUE"
    PARTIALLY_PAID = "PARTIALLY_PAID"
    PENDING_ACKNOWLEDGMENT = "PENDING_ACKNOWLEDGMENT"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    PENDING = "PENDING"


ACKNOWLEDGMENT_TRANSITIONS: Final = machine(
    "bill.acknowledgment",
    {
        NONE: (Acknowledgment.PENDING, Acknowledgment.NOT_REQUIRED),
        Acknowledgment.PENDING: (Acknowledgment.ACKNOWLEDGED, Acknowledgment.DISPUTED),
        Acknowledgment.ACKNOWLEDGED: (Acknowledgment.DISPUTED, Acknowledgment.PENDING),
        Acknowledgment.DISPUTED: (Acknowledgment.PENDING, Acknowledgment.ACKNOWLEDGED),
    },
)

LIFE_TRANSITIONS: Final = machine("bill.life", {NONE: (Life.OPEN,), Life.OPEN: (Life.CANCELLED,)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What a unit or a person owes.

    `total_minor`, `allocated_minor` (paid in all) and `refunded_minor` (given back) are minor
    units of `currency`. `due_on` is a date in the tenant's zone. Exactly one of `unit_id` and
    `debtor_id` is set. `revision` rises with each amendment; buttons bind to it.
    """

    id: BillId
    tenant_id: TenantId
    number: str
    unit_id: UnitId
    debtor_id: PersonId | None
    type: BillType
    title: str
    description: str
    currency: Currency
    total_minor: int
    due_on: date
    issued_at: datetime
    issued_by: PersonId
    allocated_minor: int = 0
    refunded_minor: int = 0
    revision: int = 1
    acknowledgment: Acknowledgment = Acknowledgment.PENDING
    acknowledgment_seq: int = 0
    life: Life = Life.OPEN
    life_seq: int = 0
    row_version: int = 1

    @property
    def total(self) -> Money:
        """What is asked for."""
        return Money(self.total_minor, self.currency)

    @property
    def paid(self) -> Money:
        """What was paid and not given back."""
        return Money(self.allocated_minor - self.refunded_minor, self.currency)

    @property
    def rest(self) -> Money:
        """What is left to pay; never negative."""
        return Money(max(0, self.total_minor - self.paid.minor), self.currency)

    def is_overdue(self, *, today: date) -> bool:
        """Tell whether an unpaid rest is past due on this local date."""
        is_open = self.life is Life.OPEN and self.acknowledgment is not Acknowledgment.DISPUTED
        return is_open and self.rest.is_positive and today > self.due_on

    def shown(self, *, today: date) -> Shown:
        """Return the one word people see on this local date."""
        return next(word for word, holds in self._words(today) if holds)

    def _words(self, today: date) -> tuple[tuple[Shown, bool], ...]:
        return (
            (Shown.CANCELLED, self.life is Life.CANCELLED),
            (Shown.PAID, not self.rest.is_positive),
            (Shown.DISPUTED, self.acknowledgment is Acknowledgment.DISPUTED),
            (Shown.OVERDUE, self.is_overdue(today=today)),
            (Shown.PARTIALLY_PAID, self.paid.is_positive),
            (Shown.PENDING_ACKNOWLEDGMENT, self.acknowledgment is Acknowledgment.PENDING),
            (Shown.ACKNOWLEDGED, self.acknowledgment is Acknowledgment.ACKNOWLEDGED),
            (Shown.PENDING, True),
        )

    @property
    def is_payable(self) -> bool:
        """Tell whether money may move to it now."""
        agreed = self.acknowledgment in {Acknowledgment.ACKNOWLEDGED, Acknowledgment.NOT_REQUIRED}
        return self.life is Life.OPEN and agreed and self.rest.is_positive

    def check_revision(self, revision: int) -> None:
        """Let a button of the shown revision pass.

        Raises:
            StaleCard: the bill was amended meanwhile.
        """
        if revision != self.revision:
            raise StaleCard(bill=self)

    def check_payable(self) -> None:
        """Let a payment pass (I-5).

        Raises:
            BillCancelled, BillSettled, BillDisputed, NotAcknowledged: why not.
        """
        if self.life is Life.CANCELLED:
            raise BillCancelled(bill=self)
        if not self.rest.is_positive:
            raise BillSettled(bill=self)
        if self.acknowledgment is Acknowledgment.DISPUTED:
            raise BillDisputed(bill=self)
        if self.acknowledgment is Acknowledgment.PENDING:
            raise NotAcknowledged(bill=self)

    def check_part(self, amount: Money, *, least: Money, most: Money) -> None:
        """Let an amount pass as part or rest of this bill.

        Raises:
            InvalidAmount: not positive, or another currency.
            BelowMinimum: a part below the tenant's minimum that is not the whole rest.
            AboveRest: more than what is left open.
        """
        if not amount.is_positive or amount.currency != self.currency:
            raise InvalidAmount(text=str(amount.minor), reason="positive")
        if most < amount:
            raise AboveRest(most=most, bill=self)
        if amount < least and amount != most:
            raise BelowMinimum(least=min(least, most), bill=self)

    def acknowledge(self, *, revision: int) -> "Bill":
        """Agree to owe this.

        Raises:
            StaleCard: another revision was shown.
            BillCancelled: it no longer stands.
            BillDisputed: the dispute must end first.
            IllegalTransition: it was acknowledged before.
        """
        self.check_revision(revision)
        self._check_open()
        if self.acknowledgment is Acknowledgment.DISPUTED:
            raise BillDisputed(bill=self)
        ACKNOWLEDGMENT_TRANSITIONS.check(self.acknowledgment, Acknowledgment.ACKNOWLEDGED)
        return replace(self, acknowledgment=Acknowledgment.ACKNOWLEDGED)

    def dispute(self, *, revision: int, at: datetime, window_days: int) -> "Bill":
        """Contest it.

        Raises:
            StaleCard, BillCancelled, BillSettled: nothing to contest.
            DisputeWindowClosed: the tenant's time is over.
            IllegalTransition: it is disputed already.
        """
        self.check_revision(revision)
        self._check_open()
        if not self.rest.is_positive:
            raise BillSettled(bill=self)
        until = self.issued_at + timedelta(days=window_days)
        if at > until:
            raise DisputeWindowClosed(until=until, bill=self)
        ACKNOWLEDGMENT_TRANSITIONS.check(self.acknowledgment, Acknowledgment.DISPUTED)
        return replace(self, acknowledgment=Acknowledgment.DISPUTED)

    def end_dispute(self, *, disputed_days: int) -> "Bill":
        """Return to waiting for the debtor's OK; the due date moves by the dispute's days.

        Raises:
            IllegalTransition: it is not disputed.
        """
        ACKNOWLEDGMENT_TRANSITIONS.check(self.acknowledgment, Acknowledgment.PENDING)
        return replace(
            self,
            acknowledgment=Acknowledgment.PENDING,
            due_on=self.due_on + timedelta(days=disputed_days),
        )

    def amend(self, *, total: Money, due_on: date | None = None) -> "Bill":
        """Ask for another amount: a new revision that must be acknowledged again.

        What was paid beyond the new total is the caller's to give back first.

        Raises:
            InvalidAmount: not positive, too large, unchanged, or another currency.
            BillCancelled: it no longer stands.
        """
        self._check_open()
        is_possible = 0 < total.minor <= MAX_MINOR and total.currency == self.currency
        if not is_possible or total == self.total:
            raise InvalidAmount(text=str(total.minor), reason="amend")
        ask_again = self.acknowledgment is not Acknowledgment.NOT_REQUIRED
        return replace(
            self,
            total_minor=total.minor,
            due_on=due_on or self.due_on,
            revision=self.revision + 1,
            acknowledgment=Acknowledgment.PENDING if ask_again else self.acknowledgment,
        )

    def cancel(self) -> "Bill":
        """Take it back. What was paid is the caller's to give back first.

        Raises:
            BillCancelled: it was cancelled before.
        """
        self._check_open()
        return replace(self, life=Life.CANCELLED)

    def allocate(self, amount: Money) -> "Bill":
        """Count a payment.

        Raises:
            AboveRest: more than what is left open.
        """
        if self.rest < amount:
            raise AboveRest(most=self.rest, bill=self)
        return replace(self, allocated_minor=self.allocated_minor + amount.minor)

    def give_back(self, amount: Money) -> "Bill":
        """Count what went back to its payers; at most what is paid."""
        if self.paid < amount:
            raise AboveRest(most=self.paid, bill=self)
        return replace(self, refunded_minor=self.refunded_minor + amount.minor)

    def _check_open(self) -> None:
        if self.life is Life.CANCELLED:
            raise BillCancelled(bill=self)


class BillFilter(StrEnum):
    """Lists people choose from."""

    TO_REVIEW = "review"
    TO_PAY = "pay"
    OVERDUE = "overdue"
    PAID = "paid"
    DISPUTED = "disputed"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Debtors:
    """Whose bills: a person's own and those of his units; everybody's when `is_all`."""

    tenant_id: TenantId
    person_id: PersonId | None = None
    unit_ids: frozenset[UnitId] = frozenset()
    is_all: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BillSums:
    """Counts and open rests (minor units) of somebody's bills on a local date.

    `review`: need an OK and are not overdue; `pay`: may be paid now, not overdue.
    """

    currency: Currency
    review: int = 0
    review_minor: int = 0
    pay: int = 0
    pay_minor: int = 0
    overdue: int = 0
    overdue_minor: int = 0
    disputed: int = 0
    disputed_minor: int = 0
    paid: int = 0
    collected_minor: int = 0
    next_due: Bill | None = None

    @property
    def open(self) -> int:
        """How many still want something from somebody."""
        return self.review + self.pay + self.overdue


class StoredBills(Protocol):
    """Bills on an open transaction."""

    def get(self, bill_id: BillId) -> Bill:
        """Return one bill.

        Raises:
            NotFound: there is none of this id.
        """
        ...

    def add(self, bill: Bill) -> Bill:
        """Store a new bill and its first revision; return it as stored."""
        ...

    def replace(self, before: Bill, after: Bill, *, note_id: int = 0) -> Bill:
        """Store a change where `before` still stands, else `StaleState`; return it as stored."""
        ...

    def by_number(self, tenant_id: TenantId, number: str) -> Bill | None:
        """Return a tenant's bill by its number."""
        ...

    def page(
        self,
        debtors: Debtors,
        which: BillFilter,
        *,
        today: date,
        after: tuple[date, BillId] | None,
        limit: int,
    ) -> tuple[Bill, ...]:
        """Return a page of bills by (due date, id), after the given place."""
        ...

    def count(self, debtors: Debtors, which: BillFilter, *, today: date) -> int:
        """Count a list."""
        ...

    def sums(self, debtors: Debtors, *, today: date, currency: Currency) -> BillSums:
        """Summarise somebody's bills."""
        ...


def owes(bill: Bill, *, person_id: PersonId, unit_ids: frozenset[UnitId]) -> bool:
    """Tell whether a person may act on a bill: his own, or his unit's."""
    return bill.debtor_id == person_id or (bill.unit_id != NO_UNIT and bill.unit_id in unit_ids)

"""Differences: where a provider's own list and our books do not agree, until a human decides.

One is made once for each fact (configuration, the provider's id, what differs, by how much). It
moves no money: only whoever matches it does.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType, Protocol

from core.domain.acts import NO_NOTE, NoteId
from core.domain.captures import CaptureKey
from core.domain.configurations import ConfigurationId
from core.domain.ledger import JournalId
from core.domain.machines import NONE, machine
from core.domain.money import Currency, Money
from core.domain.payments import PaymentId
from core.domain.people import PersonId
from core.domain.tenants import TenantId

DifferenceId = NewType("DifferenceId", int)


class DifferenceKind(StrEnum):
    """What does not agree."""

    STRANGE = "strange"
    """The provider took money under no reference of ours."""
    UNCREDITED = "uncredited"
    """It took money under a reference of ours, but says nothing of it when it is asked."""
    SECOND = "second"
    """It took money once more under a reference that was paid; asked, it says nothing of it."""
    AMOUNT = "amount"
    """It says another amount, or currency, than the books."""
    REFUNDED = "refunded"
    """It gave back more than the books know."""
    MISSING = "missing"
    """The books were credited with money that its complete list does not show."""
    CLAIMED = "claimed"
    """A payer's bank claims back what is kept apart in another currency than its payment's."""


MATCHABLE: Final = frozenset(
    {DifferenceKind.STRANGE, DifferenceKind.UNCREDITED, DifferenceKind.SECOND}
)
"""Money that the provider has and the books have not: it can be given to whom it belongs."""


class DifferenceStatus(StrEnum):
    """How a difference stands."""

    OPEN = "open"
    MATCHED = "matched"
    """Its money is in the books: it was given to a member, or goes back."""
    IGNORED = "ignored"
    """Somebody answered for it that nothing is to be done."""
    SOLVED = "solved"
    """Books and list agree by now, or differ in another way."""


TRANSITIONS: Final = machine(
    "difference",
    {
        NONE: (DifferenceStatus.OPEN,),
        DifferenceStatus.OPEN: (
            DifferenceStatus.MATCHED,
            DifferenceStatus.IGNORED,
            DifferenceStatus.SOLVED,
        ),
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One fact that does not agree; amounts in minor units.

    `provider_id` is the provider's own id of the capture; `listed_minor` what the provider says in
    `currency`, `booked_minor` what the books say in `booked_currency`, 0 for nothing. `told_id` is
    what the provider says of the payer. The tenant is the payment's, else the configuration's.
    """

    id: DifferenceId
    tenant_id: TenantId
    configuration_id: ConfigurationId
    kind: DifferenceKind
    provider_id: str
    reference: str
    currency: Currency
    listed_minor: int
    booked_currency: Currency
    booked_minor: int
    found_at: datetime
    payment_id: PaymentId | None = None
    captured_at: datetime | None = None
    told_id: NoteId = NO_NOTE
    reason_id: NoteId = NO_NOTE
    ended_by: PersonId | None = None
    ended_at: datetime | None = None
    journal_id: JournalId | None = None
    status: DifferenceStatus = DifferenceStatus.OPEN
    status_seq: int = 0
    row_version: int = 1

    @property
    def listed(self) -> Money:
        """What the provider says."""
        return Money(self.listed_minor, self.currency)

    @property
    def booked(self) -> Money:
        """What the books say."""
        return Money(self.booked_minor, self.booked_currency)

    @property
    def key(self) -> str:
        """The key of the capture's journal."""
        return str(CaptureKey(self.configuration_id, self.provider_id))

    @property
    def is_open(self) -> bool:
        """Tell whether somebody must still decide."""
        return self.status is DifferenceStatus.OPEN

    @property
    def is_matchable(self) -> bool:
        """Tell whether its money can be given to a member."""
        return self.is_open and self.kind in MATCHABLE

    def is_same(self, other: "Difference") -> bool:
        """Tell whether another one is about the same fact."""
        mine = (self.kind, self.provider_id, self.listed_minor)
        return mine == (other.kind, other.provider_id, other.listed_minor)

    def end(
        self,
        status: DifferenceStatus,
        *,
        at: datetime,
        by: PersonId | None = None,
        reason_id: NoteId = NO_NOTE,
        journal_id: JournalId | None = None,
    ) -> "Difference":
        """End it.

        Raises:
            IllegalTransition: it has ended before.
        """
        TRANSITIONS.check(self.status, status)
        return replace(
            self,
            status=status,
            ended_at=at,
            ended_by=by,
            reason_id=reason_id,
            journal_id=journal_id,
        )


class StoredDifferences(Protocol):
    """Differences on an open transaction."""

    def get(self, difference_id: DifferenceId) -> Difference:
        """Return one difference.

        Raises:
            NotFound: there is none of this id.
        """
        ...

    def has(self, difference: Difference) -> bool:
        """Tell whether one about the same fact was made before."""
        ...

    def add(self, difference: Difference) -> Difference:
        """Store a new one; return it as stored."""
        ...

    def replace(self, before: Difference, after: Difference) -> Difference:
        """Store a change where `before` still stands, else `StaleState`; return it as stored."""
        ...

    def open_in(
        self, tenant_id: TenantId, *, after: DifferenceId | None, limit: int
    ) -> tuple[Difference, ...]:
        """Return a page of a tenant's open ones, oldest first."""
        ...

    def open_of(
        self, configuration_id: ConfigurationId, *, after: DifferenceId, limit: int
    ) -> tuple[Difference, ...]:
        """Return a page of a configuration's open ones, by id."""
        ...

    def count_open(self, tenant_id: TenantId) -> int:
        """Count a tenant's open ones."""
        ...

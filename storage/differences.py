"""Differences between providers' lists and the books."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    bindparam,
    func,
    select,
)

from core.domain.configurations import ConfigurationId
from core.domain.differences import (
    TRANSITIONS,
    Difference,
    DifferenceId,
    DifferenceKind,
    DifferenceStatus,
)
from core.domain.errors import NotFound
from core.domain.tenants import PLATFORM, TenantId
from storage.records import Axis, Records, axis_columns
from storage.rules import Rule, refuse
from storage.schema import ident, number, only_where, table, text, time
from storage.statements import Statement

if TYPE_CHECKING:
    from storage.transaction import SqlTransaction

_KINDS: Final = ", ".join(repr(each.value) for each in DifferenceKind)
_IS_OPEN: Final = "status = 'open'"

DIFFERENCE: Final = table(
    "difference",
    ident(primary_key=True),
    ident("tenant_id"),
    ident("configuration_id"),
    text("kind"),
    text("provider_id"),
    text("reference"),
    text("currency"),
    number("listed_minor"),
    text("booked_currency"),
    number("booked_minor"),
    time("found_at"),
    ident("payment_id", nullable=True),
    time("captured_at", nullable=True),
    ident("told_id"),
    ident("reason_id"),
    ident("ended_by", nullable=True),
    time("ended_at", nullable=True),
    ident("journal_id", nullable=True),
    ident("act_id"),
    number("row_version"),
    *axis_columns("difference", Axis("status", TRANSITIONS)),
    ForeignKeyConstraint(["configuration_id"], ["provider_configuration.id"]),
    ForeignKeyConstraint(["payment_id", "tenant_id"], ["payment.id", "payment.tenant_id"]),
    ForeignKeyConstraint(["tenant_id", "act_id"], ["act.tenant_id", "act.id"]),
    ForeignKeyConstraint(["told_id"], ["note.id"]),
    ForeignKeyConstraint(["reason_id"], ["note.id"]),
    ForeignKeyConstraint(["ended_by"], ["person.id"]),
    ForeignKeyConstraint(["journal_id"], ["journal.id"]),
    UniqueConstraint("configuration_id", "provider_id", "kind", "listed_minor"),
    CheckConstraint(f"kind IN ({_KINDS})", name="kind"),
    CheckConstraint("provider_id <> ''", name="provider_id"),
    CheckConstraint("listed_minor >= 0 AND booked_minor >= 0", name="amounts"),
    CheckConstraint(f"({_IS_OPEN}) = (ended_at IS NULL)", name="ended"),
    CheckConstraint("(status IN ('matched', 'ignored')) = (ended_by IS NOT NULL)", name="answered"),
    CheckConstraint("(status IN ('matched', 'ignored')) = (reason_id <> 0)", name="reason"),
    CheckConstraint("(status = 'matched') = (journal_id IS NOT NULL)", name="matched"),
    Index("ix_difference_open", "tenant_id", "id", **only_where(_IS_OPEN)),
    Index("ix_difference_configuration", "configuration_id", "id", **only_where(_IS_OPEN)),
    Index("ix_difference_act_id", "act_id"),
)

_DIFFERENCES: Final = Records(
    DIFFERENCE,
    Difference,
    frozen=(
        "id",
        "tenant_id",
        "configuration_id",
        "kind",
        "provider_id",
        "reference",
        "currency",
        "listed_minor",
        "booked_currency",
        "booked_minor",
        "found_at",
        "payment_id",
        "captured_at",
        "told_id",
        "act_id",
    ),
    has_act=True,
)
_ONE: Final = _DIFFERENCES.by("id")
_SAME: Final = _DIFFERENCES.by("configuration_id", "provider_id", "kind", "listed_minor")
_OPEN: Final = DIFFERENCE.c.status == DifferenceStatus.OPEN.value
_BEHIND: Final = DIFFERENCE.c.id > bindparam("after")


def _page(*where: Any) -> Statement:
    found = _DIFFERENCES.select().where(*where, _OPEN, _BEHIND).order_by(DIFFERENCE.c.id)
    return Statement(found.limit(bindparam("limit")))


_IN_TENANT: Final = DIFFERENCE.c.tenant_id == bindparam("tenant_id")
_OPEN_IN: Final = _page(_IN_TENANT)
_OPEN_OF: Final = _page(DIFFERENCE.c.configuration_id == bindparam("configuration_id"))
_COUNT: Final = Statement(select(func.count()).select_from(DIFFERENCE).where(_IN_TENANT, _OPEN))

_BOOKED: Final = (
    "(SELECT COALESCE(SUM(t.amount_minor), 0) FROM journal j JOIN transfer t ON t.journal_id = j.id"
    " JOIN account a ON a.id = t.to_account WHERE j.id = NEW.journal_id"
    " AND j.tenant_id = NEW.tenant_id AND j.kind = 'suspense' AND a.kind = 'suspense'"
    " AND a.currency = NEW.currency"
    " AND j.key = 'capture:' || NEW.configuration_id || ':' || NEW.provider_id)"
)


def difference_rules() -> Iterator[Rule]:
    """Yield what the database refuses of differences."""
    yield refuse(
        "difference_begun",
        "BEFORE INSERT ON difference",
        "NEW.status <> 'open' OR NOT EXISTS (SELECT 1 FROM provider_configuration"
        f" WHERE id = NEW.configuration_id AND tenant_id IN (NEW.tenant_id, {PLATFORM}))",
        "difference.begun",
    )
    yield refuse(
        "difference_matched",
        "BEFORE UPDATE ON difference",
        "OLD.status <> 'open' OR (NEW.journal_id IS NOT NULL"
        " AND (NEW.kind NOT IN ('strange', 'uncredited', 'second')"
        f" OR {_BOOKED} <> NEW.listed_minor))",
        "difference.matched",
    )


class SqlDifferences:
    """Differences in SQL."""

    def __init__(self, tx: "SqlTransaction") -> None:
        """Work on an open transaction."""
        self._tx = tx

    def get(self, difference_id: DifferenceId) -> Difference:
        """Return one difference, else `NotFound`."""
        found = _DIFFERENCES.one(self._tx, _ONE, id=difference_id)
        if found is None:
            raise NotFound(kind="difference")
        return found

    def has(self, difference: Difference) -> bool:
        """Tell whether one about the same fact was made before."""
        found = _DIFFERENCES.one(
            self._tx,
            _SAME,
            configuration_id=difference.configuration_id,
            provider_id=difference.provider_id,
            kind=difference.kind.value,
            listed_minor=difference.listed_minor,
        )
        return found is not None

    def add(self, difference: Difference) -> Difference:
        """Store a new one; return it as stored."""
        return _DIFFERENCES.add(self._tx, difference, act_id=self._tx.act(difference.tenant_id))

    def replace(self, before: Difference, after: Difference) -> Difference:
        """Store a change where `before` still stands, else `StaleState`; return it as stored."""
        act = self._tx.act(before.tenant_id)
        return _DIFFERENCES.replace(
            self._tx, before, after, act_id=lambda: act, note_id=after.reason_id
        )

    def open_in(
        self, tenant_id: TenantId, *, after: DifferenceId | None, limit: int
    ) -> tuple[Difference, ...]:
        """Return a page of a tenant's open ones, oldest first."""
        values = {"tenant_id": tenant_id, "after": after or 0, "limit": limit}
        return _DIFFERENCES.many(self._tx, _OPEN_IN, **values)

    def open_of(
        self, configuration_id: ConfigurationId, *, after: DifferenceId, limit: int
    ) -> tuple[Difference, ...]:
        """Return a page of a configuration's open ones, by id."""
        values = {"configuration_id": configuration_id, "after": after, "limit": limit}
        return _DIFFERENCES.many(self._tx, _OPEN_OF, **values)

    def count_open(self, tenant_id: TenantId) -> int:
        """Count a tenant's open ones."""
        return int(_COUNT.rows(self._tx.cursor, {"tenant_id": tenant_id})[0][0])

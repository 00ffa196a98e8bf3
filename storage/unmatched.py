"""Unmatched money: the tables, what the database refuses of them, and rows as records.

What lies in suspense is the sum of what is here of each row; nothing of a row is given, or sent
back, twice.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    bindparam,
    literal_column,
    select,
)

from core.domain.bills import BillId
from core.domain.errors import NotFound
from core.domain.ledger import JournalId
from core.domain.money import MAX_MINOR, Currency, Money
from core.domain.people import PersonId
from core.domain.tenants import TenantId
from core.domain.unmatched import Unmatched, UnmatchedId
from storage.ledger_tables import JOURNAL
from storage.payment_tables import PAYMENT
from storage.records import Records
from storage.rules import Rule, refuse
from storage.schema import ident, number, only_where, table, text, time
from storage.statements import Statement, inserting

if TYPE_CHECKING:
    from storage.transaction import SqlTransaction

_IS_FREE: Final = "given_minor + open_minor + done_minor < amount_minor"

UNMATCHED: Final = table(
    "unmatched",
    ident(primary_key=True),
    ident("tenant_id"),
    ident("account_id"),
    text("currency"),
    number("amount_minor"),
    time("kept_at"),
    ident("configuration_id", nullable=True),
    text("capture"),
    text("reference"),
    ident("payment_id", nullable=True),
    ident("attempt_id", nullable=True),
    number("given_minor"),
    number("open_minor"),
    number("done_minor"),
    number("over_minor"),
    number("row_version"),
    ForeignKeyConstraint(["id"], ["journal.id"]),
    ForeignKeyConstraint(
        ["account_id", "tenant_id", "currency"],
        ["account.id", "account.tenant_id", "account.currency"],
    ),
    ForeignKeyConstraint(["configuration_id"], ["provider_configuration.id"]),
    ForeignKeyConstraint(["payment_id", "tenant_id"], ["payment.id", "payment.tenant_id"]),
    ForeignKeyConstraint(["attempt_id"], ["attempt.id"]),
    UniqueConstraint("id", "tenant_id", "currency"),
    CheckConstraint(f"amount_minor BETWEEN 1 AND {MAX_MINOR}", name="amount"),
    CheckConstraint(
        "given_minor >= 0 AND open_minor >= 0 AND done_minor >= 0 AND over_minor >= 0",
        name="counters",
    ),
    CheckConstraint("given_minor + open_minor + done_minor <= amount_minor", name="ceiling"),
    CheckConstraint("capture = '' OR configuration_id IS NOT NULL", name="capture"),
    Index("ix_unmatched_waiting", "tenant_id", "id", **only_where(_IS_FREE)),
    Index("ix_unmatched_payment", "payment_id", **only_where("payment_id IS NOT NULL")),
    Index("ix_unmatched_capture", "configuration_id", "capture"),
)
"""One row for each journal that put money into suspense, under the journal's id."""

GIVEN: Final = table(
    "unmatched_given",
    ident("journal_id", primary_key=True),
    ident("unmatched_id", primary_key=True),
    number("amount_minor"),
    ForeignKeyConstraint(["journal_id"], ["journal.id"]),
    ForeignKeyConstraint(["unmatched_id"], ["unmatched.id"]),
    CheckConstraint("amount_minor > 0", name="amount"),
    Index("ix_unmatched_given", "unmatched_id"),
    sqlite_with_rowid=False,
)
"""Of which money a journal gave to a member."""

_UNMATCHED: Final = Records(
    UNMATCHED,
    Unmatched,
    frozen=(
        "id",
        "tenant_id",
        "account_id",
        "currency",
        "amount_minor",
        "kept_at",
        "configuration_id",
        "capture",
        "reference",
        "payment_id",
        "attempt_id",
    ),
)
_ONE: Final = _UNMATCHED.by("id")
_WAITING: Final = Statement(
    _UNMATCHED.select()
    .where(
        UNMATCHED.c.tenant_id == bindparam("tenant_id"),
        UNMATCHED.c.id > bindparam("after"),
        UNMATCHED.c.given_minor + UNMATCHED.c.open_minor + UNMATCHED.c.done_minor
        < UNMATCHED.c.amount_minor,
    )
    .order_by(UNMATCHED.c.id)
    .limit(bindparam("limit"))
)
_OF_BILL: Final = Statement(
    _UNMATCHED.select()
    .join(PAYMENT, PAYMENT.c.id == UNMATCHED.c.payment_id)
    .where(PAYMENT.c.bill_id == bindparam("bill_id"))
    .order_by(UNMATCHED.c.id)
    .limit(50)
)
_ENDING: Final = Statement(
    _UNMATCHED.select()
    .join(PAYMENT, PAYMENT.c.id == UNMATCHED.c.payment_id)
    .where(
        UNMATCHED.c.tenant_id == bindparam("tenant_id"), PAYMENT.c.token.like(bindparam("ending"))
    )
    .order_by(UNMATCHED.c.id.desc())
    .limit(5)
)
_GIVE: Final = inserting(GIVEN)
_GIVEN_TO: Final = Statement(
    select(JOURNAL.c.subject_id, GIVEN.c.amount_minor, UNMATCHED.c.currency)
    .join_from(GIVEN, JOURNAL, JOURNAL.c.id == GIVEN.c.journal_id)
    .join(UNMATCHED, UNMATCHED.c.id == GIVEN.c.unmatched_id)
    .where(
        GIVEN.c.unmatched_id == bindparam("unmatched_id"),
        JOURNAL.c.subject_kind == literal_column("'person'"),
    )
    .order_by(GIVEN.c.journal_id.desc())
    .limit(50)
)

_KEPT: Final = (
    "(SELECT COALESCE(SUM(t.amount_minor), 0) FROM transfer t JOIN account a"
    " ON a.id = t.to_account WHERE t.journal_id = {journal} AND a.kind = 'suspense'"
    " AND a.id = {account})"
)
_TAKEN: Final = (
    "(SELECT COALESCE(SUM(t.amount_minor), 0) FROM transfer t JOIN unmatched u"
    " ON u.account_id = t.from_account WHERE t.journal_id = NEW.journal_id"
    " AND u.id = NEW.unmatched_id)"
)
_REFUNDED: Final = (
    "(SELECT COALESCE(SUM(amount_minor), 0) FROM refund WHERE unmatched_id = NEW.id"
    " AND status IN ({states}))"
)
_OPEN_STATES: Final = "'pending', 'approved', 'processing'"
_GONE_STATES: Final = "'completed', 'returned'"


def unmatched_rules() -> Iterator[Rule]:
    """Yield what the database refuses of unmatched money."""
    kept = _KEPT.format(journal="NEW.id", account="NEW.account_id")
    yield refuse(
        "unmatched_birth",
        "BEFORE INSERT ON unmatched",
        "NEW.given_minor <> 0 OR NEW.open_minor <> 0 OR NEW.done_minor <> 0"
        f" OR NEW.over_minor <> 0 OR NEW.amount_minor <> {kept}",
        "unmatched.birth",
    )
    given = "(SELECT COALESCE(SUM(amount_minor), 0) FROM unmatched_given WHERE {same})"
    yield refuse(
        "unmatched_given_moved",
        "BEFORE INSERT ON unmatched_given",
        "NEW.amount_minor < 1 OR NEW.amount_minor"
        f" + {given.format(same='journal_id = NEW.journal_id')} > {_TAKEN}"
        f" OR NEW.amount_minor + {given.format(same='unmatched_id = NEW.unmatched_id')}"
        " > (SELECT amount_minor - open_minor - done_minor FROM unmatched"
        " WHERE id = NEW.unmatched_id)",
        "unmatched_given.moved",
    )
    yield refuse(
        "unmatched_counted",
        "BEFORE UPDATE ON unmatched",
        f"NEW.given_minor <> {given.format(same='unmatched_id = NEW.id')}"
        f" OR NEW.open_minor <> {_REFUNDED.format(states=_OPEN_STATES)}"
        f" OR NEW.done_minor + NEW.over_minor <> {_REFUNDED.format(states=_GONE_STATES)}"
        " OR NEW.given_minor + NEW.open_minor + NEW.done_minor > NEW.amount_minor"
        " OR NEW.over_minor < OLD.over_minor OR NEW.done_minor < OLD.done_minor",
        "unmatched.counted",
    )


def _refunds(states: str) -> str:
    return (
        "(SELECT COALESCE(SUM(r.amount_minor), 0) FROM refund r"
        f" WHERE r.unmatched_id = u.id AND r.status IN ({states}))"
    )


UNMATCHED_BOOKS: Final[tuple[tuple[str, str], ...]] = (
    (
        "account {0}: what waits unmatched differs from its balance or its holds",
        (
            "SELECT a.id FROM account a LEFT JOIN (SELECT account_id,"
            " SUM(amount_minor - given_minor - done_minor) AS here, SUM(open_minor) AS held"
            " FROM unmatched GROUP BY account_id) u ON u.account_id = a.id"
            " WHERE a.kind = 'suspense'"
            " AND (a.credits_minor - a.debits_minor <> COALESCE(u.here, 0)"
            " OR a.held_minor <> COALESCE(u.held, 0))"
        ),
    ),
    (
        "unmatched {0}: what was given or sent back differs from the row",
        (
            "SELECT u.id FROM unmatched u WHERE u.given_minor <>"
            " (SELECT COALESCE(SUM(g.amount_minor), 0) FROM unmatched_given g"
            " WHERE g.unmatched_id = u.id)"
            f" OR u.open_minor <> {_refunds(_OPEN_STATES)}"
            f" OR u.done_minor + u.over_minor <> {_refunds(_GONE_STATES)}"
        ),
    ),
    (
        "unmatched {0}: more was given or sent back than was kept",
        ("SELECT id FROM unmatched WHERE given_minor + open_minor + done_minor > amount_minor"),
    ),
    (
        "unmatched {0}: its journal did not put it there",
        (
            "SELECT u.id FROM unmatched u WHERE u.amount_minor <>"
            f" {_KEPT.format(journal='u.id', account='u.account_id')}"
        ),
    ),
)
"""Sentence and query of what must hold, as in `storage/books.py`."""


class SqlUnmatched:
    """Unmatched money in SQL."""

    def __init__(self, tx: "SqlTransaction") -> None:
        """Work on an open transaction."""
        self._tx = tx

    def get(self, unmatched_id: UnmatchedId) -> Unmatched:
        """Return one, else `NotFound`."""
        found = self.find(unmatched_id)
        if found is None:
            raise NotFound(kind="money")
        return found

    def find(self, unmatched_id: UnmatchedId) -> Unmatched | None:
        """Return the money of a journal, None where it put nothing into suspense."""
        return _UNMATCHED.one(self._tx, _ONE, id=unmatched_id)

    def waiting_in(
        self, tenant_id: TenantId, *, after: UnmatchedId | None, limit: int
    ) -> tuple[Unmatched, ...]:
        """Return a page of a tenant's of which something is free, oldest first."""
        values = {"tenant_id": tenant_id, "after": after or 0, "limit": limit}
        return _UNMATCHED.many(self._tx, _WAITING, **values)

    def ending(self, tenant_id: TenantId, tail: str) -> tuple[Unmatched, ...]:
        """Return what came for payments whose token ends so, newest first (at most 5)."""
        return _UNMATCHED.many(self._tx, _ENDING, tenant_id=tenant_id, ending=f"%{tail}")

    def of_bill(self, bill_id: BillId) -> tuple[Unmatched, ...]:
        """Return what was taken for payments of a bill, oldest first (at most 50)."""
        return _UNMATCHED.many(self._tx, _OF_BILL, bill_id=bill_id)

    def add(self, unmatched: Unmatched) -> Unmatched:
        """Store a new one; return it as stored."""
        return _UNMATCHED.add(self._tx, unmatched)

    def replace(self, before: Unmatched, after: Unmatched) -> Unmatched:
        """Store a change where `before` still stands, else `StaleState`; return it as stored."""
        return _UNMATCHED.replace(self._tx, before, after)

    def given_to(self, unmatched_id: UnmatchedId) -> tuple[tuple[PersonId, Money], ...]:
        """Return to whom how much was given, newest first (at most 50)."""
        rows = _GIVEN_TO.rows(self._tx.cursor, {"unmatched_id": unmatched_id})
        return tuple((PersonId(row[0]), Money(row[1], Currency(row[2]))) for row in rows)

    def give(self, before: Unmatched, after: Unmatched, *, journal_id: JournalId) -> Unmatched:
        """Store that a journal gave of it to a member; else as `replace`."""
        values = {
            "journal_id": journal_id,
            "unmatched_id": before.id,
            "amount_minor": after.given_minor - before.given_minor,
        }
        _GIVE.run(self._tx.cursor, values)
        return self.replace(before, after)

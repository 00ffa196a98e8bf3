"""Bills, their immutable revisions, and the lists people choose from."""

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKeyConstraint,
    Index,
    Select,
    UniqueConstraint,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    tuple_,
)

from core.domain.bills import (
    ACKNOWLEDGMENT_TRANSITIONS,
    LIFE_TRANSITIONS,
    Bill,
    BillFilter,
    BillId,
    BillSums,
    Debtors,
)
from core.domain.errors import NotFound
from core.domain.money import MAX_MINOR, Currency
from core.domain.tenants import TenantId
from storage.records import Axis, Records, axis_columns
from storage.schema import LocalDate, ident, local_date, number, sealed, table, text, time
from storage.statements import IsListed, Statement, inserting

if TYPE_CHECKING:
    from storage.transaction import SqlTransaction

BILL: Final = table(
    "bill",
    ident(primary_key=True),
    ident("tenant_id"),
    text("number"),
    ident("unit_id"),
    ident("debtor_id", nullable=True),
    text("type"),
    text("title"),
    sealed("description"),
    text("currency"),
    number("total_minor"),
    local_date("due_on"),
    time("issued_at"),
    ident("issued_by"),
    number("allocated_minor"),
    number("refunded_minor"),
    number("revision"),
    ident("act_id"),
    number("row_version"),
    *axis_columns(
        "bill",
        Axis("acknowledgment", ACKNOWLEDGMENT_TRANSITIONS),
        Axis("life", LIFE_TRANSITIONS),
    ),
    ForeignKeyConstraint(["tenant_id", "act_id"], ["act.tenant_id", "act.id"]),
    UniqueConstraint("tenant_id", "number"),
    UniqueConstraint("id", "tenant_id", "currency"),
    CheckConstraint("(unit_id <> 0) <> (debtor_id IS NOT NULL)", name="one_debtor"),
    CheckConstraint(f"total_minor BETWEEN 1 AND {MAX_MINOR}", name="total"),
    CheckConstraint("allocated_minor >= 0 AND refunded_minor >= 0", name="counters"),
    CheckConstraint("refunded_minor <= allocated_minor", name="refunded"),
    CheckConstraint("allocated_minor - refunded_minor <= total_minor", name="not_overpaid"),
    CheckConstraint("revision >= 1", name="revision"),
    Index("ix_bill_unit", "unit_id", "due_on"),
    Index("ix_bill_debtor", "debtor_id", "due_on"),
    Index("ix_bill_tenant", "tenant_id", "due_on"),
    Index("ix_bill_act_id", "act_id"),
)

REVISION: Final = table(
    "bill_revision",
    ident("bill_id", primary_key=True),
    number("revision", primary_key=True, autoincrement=False),
    number("total_minor"),
    local_date("due_on"),
    text("title"),
    ident("act_id"),
    ForeignKeyConstraint(["bill_id"], ["bill.id"]),
    ForeignKeyConstraint(["act_id"], ["act.id"]),
    Index("ix_bill_revision_act_id", "act_id"),
    sqlite_with_rowid=False,
)

_BILLS: Final = Records(
    BILL,
    Bill,
    secret=("description",),
    frozen=(
        "id",
        "tenant_id",
        "number",
        "unit_id",
        "debtor_id",
        "type",
        "currency",
        "issued_at",
        "issued_by",
        "act_id",
    ),
    has_act=True,
)
_REVISIONS: Final = Records(REVISION, Bill, frozen=[column.name for column in REVISION.columns])
_ADD_REVISION: Final = inserting(REVISION)
_ONE: Final = _BILLS.by("id")
_NUMBERED: Final = _BILLS.by("tenant_id", "number")

_REST: Final = BILL.c.total_minor - BILL.c.allocated_minor + BILL.c.refunded_minor
_IS_OPEN: Final = and_(BILL.c.life == "open", _REST > 0)
_IS_LATE: Final = BILL.c.due_on < bindparam("today")
_IS_CALM: Final = BILL.c.acknowledgment != "disputed"
_NEEDS_OK: Final = BILL.c.acknowledgment == "pending"

_WHICH: Final[dict[BillFilter, ColumnElement[bool]]] = {
    BillFilter.TO_REVIEW: and_(_IS_OPEN, _NEEDS_OK),
    BillFilter.TO_PAY: and_(_IS_OPEN, _IS_CALM, ~_NEEDS_OK),
    BillFilter.OVERDUE: and_(_IS_OPEN, _IS_CALM, _IS_LATE),
    BillFilter.PAID: and_(BILL.c.life == "open", _REST == 0),
    BillFilter.DISPUTED: and_(BILL.c.life == "open", BILL.c.acknowledgment == "disputed"),
    BillFilter.ALL: BILL.c.life.in_(["open", "cancelled"]),
}


def _mine() -> ColumnElement[bool]:
    of_mine = IsListed(BILL.c.unit_id, bindparam("units"))
    return or_(
        BILL.c.debtor_id == bindparam("person_id"),
        and_(BILL.c.unit_id != 0, of_mine),
    )


def _scoped(query: Select[Any], *, is_all: bool) -> Select[Any]:
    query = query.where(BILL.c.tenant_id == bindparam("tenant_id"))
    return query if is_all else query.where(_mine())


def _page(which: BillFilter, *, is_all: bool) -> Statement:
    place = tuple_(BILL.c.due_on, BILL.c.id) > tuple_(
        bindparam("due_on", type_=LocalDate()), bindparam("after")
    )
    query = _scoped(_BILLS.select(), is_all=is_all).where(_WHICH[which], place)
    return Statement(query.order_by(BILL.c.due_on, BILL.c.id).limit(bindparam("limit")))


def _count(which: BillFilter, *, is_all: bool) -> Statement:
    query = select(func.count()).select_from(BILL).where(_WHICH[which])
    return Statement(_scoped(query, is_all=is_all))


def _sums(*, is_all: bool) -> Statement:
    groups = (
        and_(_IS_OPEN, _NEEDS_OK, ~_IS_LATE),
        and_(_IS_OPEN, _IS_CALM, ~_NEEDS_OK, ~_IS_LATE),
        and_(_IS_OPEN, _IS_CALM, _IS_LATE),
        and_(_IS_OPEN, ~_IS_CALM),
    )
    columns = [
        part
        for found in groups
        for part in (
            func.coalesce(func.sum(case((found, 1), else_=0)), 0),
            func.coalesce(func.sum(case((found, _REST), else_=0)), 0),
        )
    ]
    paid = and_(BILL.c.life == "open", _REST == 0)
    columns.append(func.coalesce(func.sum(case((paid, 1), else_=0)), 0))
    columns.append(func.coalesce(func.sum(BILL.c.allocated_minor - BILL.c.refunded_minor), 0))
    return Statement(_scoped(select(*columns).select_from(BILL), is_all=is_all))


_PAGES: Final = {(w, a): _page(w, is_all=a) for w in BillFilter for a in (True, False)}
_COUNTS: Final = {(w, a): _count(w, is_all=a) for w in BillFilter for a in (True, False)}
_SUMS: Final = {a: _sums(is_all=a) for a in (True, False)}


class SqlBills:
    """Bills in SQL."""

    def __init__(self, tx: "SqlTransaction") -> None:
        """Work on an open transaction."""
        self._tx = tx

    def get(self, bill_id: BillId) -> Bill:
        """Return one bill, else `NotFound`."""
        found = _BILLS.one(self._tx, _ONE, id=bill_id)
        if found is None:
            raise NotFound(kind="bill")
        return found

    def add(self, bill: Bill) -> Bill:
        """Store a new bill and its first revision; return it as stored."""
        stored = _BILLS.add(self._tx, bill, act_id=self._tx.act(bill.tenant_id))
        self._add_revision(bill)
        return stored

    def replace(self, before: Bill, after: Bill, *, note_id: int = 0) -> Bill:
        """Store a change where `before` still stands, else `StaleState`; return it as stored."""
        act = self._tx.act(before.tenant_id)
        stored = _BILLS.replace(self._tx, before, after, act_id=lambda: act, note_id=note_id)
        if after.revision != before.revision:
            self._add_revision(after)
        return stored

    def by_number(self, tenant_id: TenantId, number: str) -> Bill | None:
        """Return a tenant's bill by its number."""
        return _BILLS.one(self._tx, _NUMBERED, tenant_id=tenant_id, number=number)

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
        due_on, bill_id = after or (date.min, BillId(0))
        values = self._debtors(debtors, which, today)
        values |= {"due_on": due_on, "after": bill_id, "limit": limit}
        return _BILLS.many(self._tx, _PAGES[which, debtors.is_all], **values)

    def count(self, debtors: Debtors, which: BillFilter, *, today: date) -> int:
        """Count a list."""
        values = self._debtors(debtors, which, today)
        count: int = _COUNTS[which, debtors.is_all].rows(self._tx.cursor, values)[0][0]
        return count

    def sums(self, debtors: Debtors, *, today: date, currency: Currency) -> BillSums:
        """Summarise somebody's bills."""
        values = self._debtors(debtors, BillFilter.OVERDUE, today)
        row = _SUMS[debtors.is_all].rows(self._tx.cursor, values)[0]
        nearest = [
            bill
            for which in (BillFilter.TO_REVIEW, BillFilter.TO_PAY)
            for bill in self.page(debtors, which, today=today, after=None, limit=1)
        ]
        return BillSums(
            currency=currency,
            review=row[0],
            review_minor=row[1],
            pay=row[2],
            pay_minor=row[3],
            overdue=row[4],
            overdue_minor=row[5],
            disputed=row[6],
            disputed_minor=row[7],
            paid=row[8],
            collected_minor=row[9],
            next_due=min(nearest, key=lambda bill: bill.due_on, default=None),
        )

    def _debtors(self, debtors: Debtors, which: BillFilter, today: date) -> dict[str, Any]:
        values: dict[str, Any] = {"tenant_id": debtors.tenant_id}
        if which is BillFilter.OVERDUE:
            values["today"] = today
        if not debtors.is_all:
            values["person_id"] = debtors.person_id or 0
            values["units"] = "[" + ",".join(str(u) for u in sorted(debtors.unit_ids)) + "]"
        return values

    def _add_revision(self, bill: Bill) -> None:
        act_id = self._tx.act(bill.tenant_id)
        values = {
            "bill_id": bill.id,
            "revision": bill.revision,
            "total_minor": bill.total_minor,
            "due_on": bill.due_on,
            "title": bill.title,
            "act_id": act_id,
        }
        self._tx.seal(act_id, REVISION.name, _ADD_REVISION.run(self._tx.cursor, values))

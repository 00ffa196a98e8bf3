"""Disputes of bills."""

from typing import TYPE_CHECKING, Final

from sqlalchemy import (
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    bindparam,
    func,
    select,
)

from core.domain.bills import BillId
from core.domain.disputes import TRANSITIONS, Dispute, DisputeId
from core.domain.errors import NotFound
from core.domain.tenants import TenantId
from storage.records import Axis, Records, axis_columns
from storage.schema import ident, number, only_where, table, text, time
from storage.statements import Statement

if TYPE_CHECKING:
    from storage.transaction import SqlTransaction

_OPEN: Final = ("open", "under_review")

DISPUTE: Final = table(
    "dispute",
    ident(primary_key=True),
    ident("tenant_id"),
    text("number"),
    ident("bill_id"),
    number("revision"),
    text("reason"),
    ident("text_id"),
    text("file_id"),
    ident("opened_by"),
    time("opened_at"),
    ident("answer_id"),
    ident("handled_by", nullable=True),
    time("ended_at", nullable=True),
    ident("act_id"),
    number("row_version"),
    *axis_columns("dispute", Axis("status", TRANSITIONS)),
    ForeignKeyConstraint(
        ["bill_id", "revision"], ["bill_revision.bill_id", "bill_revision.revision"]
    ),
    ForeignKeyConstraint(["tenant_id", "act_id"], ["act.tenant_id", "act.id"]),
    ForeignKeyConstraint(["text_id"], ["note.id"]),
    ForeignKeyConstraint(["answer_id"], ["note.id"]),
    UniqueConstraint("tenant_id", "number"),
    Index(
        "uq_dispute_open",
        "bill_id",
        unique=True,
        **only_where("status IN ('open', 'under_review')"),
    ),
    Index("ix_dispute_tenant", "tenant_id", "status"),
    Index("ix_dispute_act_id", "act_id"),
)

_DISPUTES: Final = Records(
    DISPUTE,
    Dispute,
    frozen=(
        "id",
        "tenant_id",
        "number",
        "bill_id",
        "revision",
        "reason",
        "text_id",
        "file_id",
        "opened_by",
        "opened_at",
        "act_id",
    ),
    has_act=True,
)
_ONE: Final = _DISPUTES.by("id")
_IS_OPEN: Final = DISPUTE.c.status.in_(_OPEN)
_OPEN_OF: Final = Statement(
    _DISPUTES.select().where(DISPUTE.c.bill_id == bindparam("bill_id"), _IS_OPEN)
)
_HISTORY: Final = Statement(
    _DISPUTES.select()
    .where(DISPUTE.c.bill_id == bindparam("bill_id"))
    .order_by(DISPUTE.c.id)
    .limit(50)
)
_PAGE: Final = Statement(
    _DISPUTES.select()
    .where(
        DISPUTE.c.tenant_id == bindparam("tenant_id"), _IS_OPEN, DISPUTE.c.id > bindparam("after")
    )
    .order_by(DISPUTE.c.id)
    .limit(bindparam("limit"))
)
_COUNT: Final = Statement(
    select(func.count())
    .select_from(DISPUTE)
    .where(DISPUTE.c.tenant_id == bindparam("tenant_id"), _IS_OPEN)
)


class SqlDisputes:
    """Disputes in SQL."""

    def __init__(self, tx: "SqlTransaction") -> None:
        """Work on an open transaction."""
        self._tx = tx

    def get(self, dispute_id: DisputeId) -> Dispute:
        """Return one dispute, else `NotFound`."""
        found = _DISPUTES.one(self._tx, _ONE, id=dispute_id)
        if found is None:
            raise NotFound(kind="dispute")
        return found

    def open_of(self, bill_id: BillId) -> Dispute | None:
        """Return the bill's dispute that has not ended."""
        return _DISPUTES.one(self._tx, _OPEN_OF, bill_id=bill_id)

    def history(self, bill_id: BillId) -> tuple[Dispute, ...]:
        """Return a bill's disputes, oldest first (at most 50)."""
        return _DISPUTES.many(self._tx, _HISTORY, bill_id=bill_id)

    def open_in(
        self, tenant_id: TenantId, *, after: DisputeId | None, limit: int
    ) -> tuple[Dispute, ...]:
        """Return a page of a tenant's open disputes, oldest first."""
        return _DISPUTES.many(self._tx, _PAGE, tenant_id=tenant_id, after=after or 0, limit=limit)

    def count_open(self, tenant_id: TenantId) -> int:
        """Count a tenant's open disputes."""
        count: int = _COUNT.rows(self._tx.cursor, {"tenant_id": tenant_id})[0][0]
        return count

    def add(self, dispute: Dispute) -> Dispute:
        """Store a new dispute; return it as stored."""
        return _DISPUTES.add(self._tx, dispute, act_id=self._tx.act(dispute.tenant_id))

    def replace(self, before: Dispute, after: Dispute) -> Dispute:
        """Store a change where `before` still stands, else `StaleState`; return it as stored."""
        act = self._tx.act(before.tenant_id)
        return _DISPUTES.replace(
            self._tx, before, after, act_id=lambda: act, note_id=after.answer_id
        )

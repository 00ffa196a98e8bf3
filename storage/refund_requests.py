"""Refund requests: the table, what the database refuses of it, and its rows as records."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, bindparam, func, select

from core.domain.errors import NotFound
from core.domain.money import MAX_MINOR
from core.domain.payments import PaymentId
from core.domain.refund_requests import (
    TRANSITIONS,
    RefundRequest,
    RefundRequestId,
    RefundRequestStatus,
)
from core.domain.tenants import TenantId
from storage.records import Axis, Records, axis_columns
from storage.rules import Rule, refuse
from storage.schema import ident, number, only_where, table, text, time
from storage.statements import Statement

if TYPE_CHECKING:
    from storage.transaction import SqlTransaction

IS_OPEN: Final = "status = 'open'"

REFUND_REQUEST: Final = table(
    "refund_request",
    ident(primary_key=True),
    ident("tenant_id"),
    ident("payment_id"),
    ident("payer_id"),
    text("currency"),
    number("amount_minor"),
    ident("reason_id"),
    time("asked_at"),
    ident("answer_id"),
    ident("decided_by", nullable=True),
    time("decided_at", nullable=True),
    ident("refund_id", nullable=True),
    ident("act_id"),
    number("row_version"),
    *axis_columns("refund_request", Axis("status", TRANSITIONS)),
    ForeignKeyConstraint(
        ["payment_id", "tenant_id", "currency"],
        ["payment.id", "payment.tenant_id", "payment.currency"],
    ),
    ForeignKeyConstraint(["payer_id"], ["person.id"]),
    ForeignKeyConstraint(["reason_id"], ["note.id"]),
    ForeignKeyConstraint(["answer_id"], ["note.id"]),
    ForeignKeyConstraint(["refund_id"], ["refund.id"]),
    ForeignKeyConstraint(["tenant_id", "act_id"], ["act.tenant_id", "act.id"]),
    CheckConstraint(f"amount_minor BETWEEN 1 AND {MAX_MINOR}", name="amount"),
    CheckConstraint(f"({IS_OPEN}) = (decided_at IS NULL)", name="ended"),
    CheckConstraint("(decided_at IS NULL) = (decided_by IS NULL)", name="decided"),
    CheckConstraint("(status = 'approved') = (refund_id IS NOT NULL)", name="approved"),
    CheckConstraint("(status = 'rejected') = (answer_id <> 0)", name="answered"),
    CheckConstraint(
        "decided_by IS NULL OR (status = 'withdrawn') = (decided_by = payer_id)", name="own"
    ),
    Index("uq_refund_request_open", "payment_id", unique=True, **only_where(IS_OPEN)),
    Index(
        "uq_refund_request_refund", "refund_id", unique=True, **only_where("refund_id IS NOT NULL")
    ),
    Index("ix_refund_request_payment", "payment_id"),
    Index("ix_refund_request_open", "tenant_id", **only_where(IS_OPEN)),
    Index("ix_refund_request_act_id", "act_id"),
)

_REQUESTS: Final = Records(
    REFUND_REQUEST,
    RefundRequest,
    frozen=(
        "id",
        "tenant_id",
        "payment_id",
        "payer_id",
        "currency",
        "amount_minor",
        "reason_id",
        "asked_at",
        "act_id",
    ),
    has_act=True,
)
_ONE: Final = _REQUESTS.by("id")
_IS_OPEN: Final = REFUND_REQUEST.c.status == RefundRequestStatus.OPEN.value
_OPEN_OF: Final = Statement(
    _REQUESTS.select().where(REFUND_REQUEST.c.payment_id == bindparam("payment_id"), _IS_OPEN)
)
_NEWEST_OF: Final = Statement(
    _REQUESTS.select()
    .where(REFUND_REQUEST.c.payment_id == bindparam("payment_id"))
    .order_by(REFUND_REQUEST.c.id.desc())
    .limit(bindparam("limit"))
)
_OPEN_IN: Final = Statement(
    _REQUESTS.select()
    .where(REFUND_REQUEST.c.tenant_id == bindparam("tenant_id"), _IS_OPEN)
    .order_by(REFUND_REQUEST.c.id)
    .limit(bindparam("limit"))
)
_COUNT: Final = Statement(
    select(func.count()).where(REFUND_REQUEST.c.tenant_id == bindparam("tenant_id"), _IS_OPEN)
)


def refund_request_rules() -> Iterator[Rule]:
    """Yield what the database refuses of refund requests."""
    yield refuse(
        "refund_request_of_its_payer",
        "BEFORE INSERT ON refund_request",
        "NOT EXISTS (SELECT 1 FROM payment WHERE id = NEW.payment_id"
        " AND payer_id = NEW.payer_id AND captured_minor >= NEW.amount_minor)",
        "refund_request.payer",
    )
    yield refuse(
        "refund_request_of_its_refund",
        "BEFORE UPDATE ON refund_request",
        "NEW.refund_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM refund WHERE id = NEW.refund_id"
        " AND payment_id = NEW.payment_id AND origin = 'staff'"
        " AND amount_minor = NEW.amount_minor)",
        "refund_request.refund",
    )
    yield refuse(
        "refund_request_decider",
        "BEFORE UPDATE ON refund_request",
        "NEW.decided_by IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM person WHERE id = NEW.decided_by)",
        "refund_request.decider",
    )
    yield refuse(
        "refund_request_ended",
        "BEFORE UPDATE ON refund_request",
        "OLD.status <> 'open'",
        "refund_request.ended",
    )


class SqlRefundRequests:
    """Refund requests in SQL."""

    def __init__(self, tx: "SqlTransaction") -> None:
        """Work on an open transaction."""
        self._tx = tx

    def get(self, request_id: RefundRequestId) -> RefundRequest:
        """Return one request, else `NotFound`."""
        found = _REQUESTS.one(self._tx, _ONE, id=request_id)
        if found is None:
            raise NotFound(kind="refund_request")
        return found

    def open_of(self, payment_id: PaymentId) -> RefundRequest | None:
        """Return the one of a payment that is not decided, if any."""
        return _REQUESTS.one(self._tx, _OPEN_OF, payment_id=payment_id)

    def newest_of(self, payment_id: PaymentId, *, limit: int) -> tuple[RefundRequest, ...]:
        """Return a payment's requests, newest first."""
        return _REQUESTS.many(self._tx, _NEWEST_OF, payment_id=payment_id, limit=limit)

    def open_in(self, tenant_id: TenantId, *, limit: int) -> tuple[RefundRequest, ...]:
        """Return a tenant's requests that are not decided, oldest first."""
        return _REQUESTS.many(self._tx, _OPEN_IN, tenant_id=tenant_id, limit=limit)

    def count_open(self, tenant_id: TenantId) -> int:
        """Count a tenant's requests that are not decided."""
        return int(_COUNT.rows(self._tx.cursor, {"tenant_id": tenant_id})[0][0])

    def add(self, request: RefundRequest) -> RefundRequest:
        """Store a new request; return it as stored."""
        return _REQUESTS.add(self._tx, request, act_id=self._tx.act(request.tenant_id))

    def replace(self, before: RefundRequest, after: RefundRequest) -> RefundRequest:
        """Store a change where `before` still stands, else `StaleState`; return it as stored."""
        act = self._tx.act(before.tenant_id)
        return _REQUESTS.replace(
            self._tx, before, after, act_id=lambda: act, note_id=after.answer_id
        )

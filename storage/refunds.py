"""Refunds, and what all refunds of a payment come to."""

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam

from core.domain.errors import NotFound
from core.domain.payments import Payment, PaymentId
from core.domain.refunds import OPEN, Refund, Refundable, RefundId
from core.domain.tenants import TenantId
from core.domain.unmatched import UnmatchedId
from storage.audit import add_change
from storage.records import Records
from storage.refund_tables import REFUND, REFUNDABLE
from storage.statements import Statement, inserting_once

if TYPE_CHECKING:
    from storage.transaction import SqlTransaction

_REFUNDS: Final = Records(
    REFUND,
    Refund,
    frozen=(
        "id",
        "tenant_id",
        "payment_id",
        "payer_id",
        "reference",
        "currency",
        "amount_minor",
        "destination",
        "origin",
        "requested_at",
        "requested_by",
        "reason_id",
        "attempt_id",
        "configuration_id",
        "capture",
        "hold_id",
        "needs_consent",
        "act_id",
    ),
    has_act=True,
)
_REFUNDABLES: Final = Records(
    REFUNDABLE, Refundable, frozen=("payment_id", "tenant_id", "currency")
)
_ONE: Final = _REFUNDS.by("id")
# Sums are made of these: none may be left out.
_OF: Final = Statement(
    _REFUNDS.select().where(REFUND.c.payment_id == bindparam("payment_id")).order_by(REFUND.c.id)
)
_OF_UNMATCHED: Final = Statement(
    _REFUNDS.select()
    .where(REFUND.c.unmatched_id == bindparam("unmatched_id"))
    .order_by(REFUND.c.id)
)
_OPEN_IN: Final = Statement(
    _REFUNDS.select()
    .where(
        REFUND.c.tenant_id == bindparam("tenant_id"),
        REFUND.c.status.in_(sorted(each.value for each in OPEN)),
    )
    .order_by(REFUND.c.id)
    .limit(bindparam("limit"))
)
_REFUNDABLE: Final = _REFUNDABLES.by("payment_id")
_BEGIN: Final = inserting_once(REFUNDABLE)


class SqlRefunds:
    """Refunds in SQL."""

    def __init__(self, tx: "SqlTransaction") -> None:
        """Work on an open transaction."""
        self._tx = tx

    def get(self, refund_id: RefundId) -> Refund:
        """Return one refund, else `NotFound`."""
        found = _REFUNDS.one(self._tx, _ONE, id=refund_id)
        if found is None:
            raise NotFound(kind="refund")
        return found

    def of(self, payment_id: PaymentId) -> tuple[Refund, ...]:
        """Return a payment's refunds, oldest first (at most 50)."""
        return _REFUNDS.many(self._tx, _OF, payment_id=payment_id)

    def of_unmatched(self, unmatched_id: UnmatchedId) -> tuple[Refund, ...]:
        """Return the refunds of money that was kept apart, oldest first (at most 50)."""
        return _REFUNDS.many(self._tx, _OF_UNMATCHED, unmatched_id=unmatched_id)

    def open_in(self, tenant_id: TenantId, *, limit: int) -> tuple[Refund, ...]:
        """Return a tenant's refunds that have not ended, oldest first."""
        return _REFUNDS.many(self._tx, _OPEN_IN, tenant_id=tenant_id, limit=limit)

    def add(self, refund: Refund) -> Refund:
        """Store a new refund; return it as stored."""
        stored = _REFUNDS.add(self._tx, refund, act_id=self._tx.act(refund.tenant_id))
        if refund.unmatched_id is not None:
            # What older blocks cover of a refund has no such column: the chain has it as a change.
            content = {"unmatched": refund.unmatched_id}
            add_change(self._tx, refund.tenant_id, "refund", refund.id, content)
        return stored

    def replace(self, before: Refund, after: Refund) -> Refund:
        """Store a change where `before` still stands, else `StaleState`; return it as stored."""
        act = self._tx.act(before.tenant_id)
        return _REFUNDS.replace(self._tx, before, after, act_id=lambda: act)

    def find_refundable(self, payment_id: PaymentId) -> Refundable | None:
        """Return what refunds of a payment come to, None before its first one."""
        return _REFUNDABLES.one(self._tx, _REFUNDABLE, payment_id=payment_id)

    def refundable(self, payment: Payment) -> Refundable:
        """Return the same, begun at the first need."""
        found = self.find_refundable(payment.id)
        if found is None:
            fresh = Refundable(
                payment_id=payment.id,
                tenant_id=payment.tenant_id,
                currency=payment.currency,
                captured_minor=payment.captured_minor,
            )
            _BEGIN.run(self._tx.cursor, _REFUNDABLES.row(self._tx, fresh))
            found = self.find_refundable(payment.id) or fresh
        return found

    def replace_refundable(self, before: Refundable, after: Refundable) -> Refundable:
        """Store a change where `before` still stands, else `StaleState`; return it as stored."""
        if after.contested_at != before.contested_at:
            state = "contested" if after.contested_at else "settled"
            content = {"state": state}
            add_change(self._tx, before.tenant_id, "refundable", before.payment_id, content)
        return _REFUNDABLES.replace(self._tx, before, after)

"""Payments, attempts, allocations and what went back, receipts."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import (
    bindparam,
    case,
    func,
    literal_column,
    select,
)

from core.domain.bills import BillId
from core.domain.captures import CaptureKey
from core.domain.configurations import ConfigurationId
from core.domain.errors import NotFound
from core.domain.ledger import JournalId
from core.domain.money import Currency, Money
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
from storage.ledger_tables import IS_OF_CAPTURE, JOURNAL
from storage.payment_tables import (
    ALLOCATION,
    ATTEMPT,
    IS_HELD,
    IS_OPEN_PROVIDER,
    PAYMENT,
    RECEIPT,
    RETURN,
)
from storage.records import Records
from storage.statements import Row, Statement, inserting

__all__ = ["ALLOCATION", "ATTEMPT", "PAYMENT", "RECEIPT", "RETURN", "SqlPayments"]

if TYPE_CHECKING:
    from datetime import datetime

    from storage.transaction import SqlTransaction

T = TypeVar("T")

_PAYMENTS: Final = Records(
    PAYMENT,
    Payment,
    frozen=(
        "id",
        "token",
        "tenant_id",
        "payer_id",
        "purpose",
        "bill_id",
        "method",
        "currency",
        "amount_minor",
        "created_at",
        "expires_at",
        "act_id",
    ),
    has_act=True,
)
_ATTEMPTS: Final = Records(
    ATTEMPT,
    Attempt,
    frozen=(
        "id",
        "payment_id",
        "tenant_id",
        "number",
        "configuration_id",
        "provider",
        "reference",
        "created_at",
        "act_id",
    ),
    has_act=True,
)
_ALLOCATIONS: Final = Records(
    ALLOCATION, Allocation, frozen=[column.name for column in ALLOCATION.columns], has_act=True
)
_RETURNS: Final = Records(RETURN, Allocation, frozen=[column.name for column in RETURN.columns])
_RECEIPTS: Final = Records(
    RECEIPT, Receipt, frozen=[column.name for column in RECEIPT.columns], has_act=True
)

_PAYMENT: Final = _PAYMENTS.by("id")
_LOCKED: Final = Statement(
    # As for accounts: rows that refer to it must not wait. SQLite has one writer and no locks.
    _PAYMENTS.select().where(PAYMENT.c.id == bindparam("id")).with_for_update(key_share=True)
)
_OPEN_FOR: Final = Statement(
    _PAYMENTS.select().where(
        PAYMENT.c.bill_id == bindparam("bill_id"),
        PAYMENT.c.payer_id == bindparam("payer_id"),
        literal_column(IS_OPEN_PROVIDER),
    )
)
_OPEN_MINOR: Final = Statement(
    select(func.coalesce(func.sum(PAYMENT.c.amount_minor), 0)).where(
        PAYMENT.c.bill_id == bindparam("bill_id"), literal_column(IS_OPEN_PROVIDER)
    )
)
_TRIED: Final = _ATTEMPTS.select().add_columns(
    literal_column("attempt.created_at < (SELECT since FROM outflow_freeze)")
)
"""Attempts, and whether each is older than a restore that is not released."""

_ATTEMPT: Final = Statement(_TRIED.where(ATTEMPT.c.id == bindparam("id")))
_HELD_IN: Final = Statement(
    _TRIED.where(ATTEMPT.c.tenant_id == bindparam("tenant_id"), literal_column(IS_HELD))
    .order_by(ATTEMPT.c.id)
    .limit(bindparam("limit"))
)
_PAGES_OF: Final = Statement(
    _TRIED.join(PAYMENT, PAYMENT.c.id == ATTEMPT.c.payment_id)
    .where(
        PAYMENT.c.payer_id == bindparam("payer_id"),
        PAYMENT.c.bill_id == bindparam("bill_id"),
        ATTEMPT.c.created_at >= bindparam("since"),
        ATTEMPT.c.link != literal_column("''"),
        ATTEMPT.c.status != literal_column("'settled'"),
    )
    .order_by(ATTEMPT.c.id.desc())
    .limit(20)
)
_REFERENCED: Final = Statement(
    _TRIED.where(
        ATTEMPT.c.configuration_id == bindparam("configuration_id"),
        ATTEMPT.c.reference == bindparam("reference"),
    )
)
_TRIES: Final = Statement(
    _TRIED.where(ATTEMPT.c.payment_id == bindparam("payment_id"))
    .order_by(ATTEMPT.c.number)
    .limit(50)
)
_CAPTURED: Final = Statement(
    _TRIED.join(JOURNAL, JOURNAL.c.subject_id == ATTEMPT.c.payment_id)
    .where(
        JOURNAL.c.key == bindparam("key"),
        literal_column(IS_OF_CAPTURE),
        JOURNAL.c.subject_kind == literal_column("'payment'"),
        ATTEMPT.c.configuration_id == bindparam("configuration_id"),
    )
    # Money that somebody was credited with before what was kept apart; of a payment's attempts
    # the one that its capture settled.
    .order_by(
        case((JOURNAL.c.kind == literal_column("'suspense'"), 1), else_=0),
        case((ATTEMPT.c.verified_at == JOURNAL.c.posted_at, 0), else_=1),
        ATTEMPT.c.number.desc(),
    )
    .limit(1)
)
_NEWEST: Final = (
    select(ATTEMPT.c.status)
    .where(
        ATTEMPT.c.configuration_id == bindparam("configuration_id"),
        ATTEMPT.c.created_at >= bindparam("since"),
    )
    .order_by(ATTEMPT.c.created_at.desc(), ATTEMPT.c.id.desc())
    .limit(50)
    .subquery()
)
_DECIDED: Final = Statement(
    select(
        func.coalesce(
            func.sum(case((_NEWEST.c.status == literal_column("'settled'"), 1), else_=0)), 0
        ),
        func.count(),
    ).where(literal_column("status IN ('settled', 'declined')"))
)
_RETURNED: Final = (
    select(func.coalesce(func.sum(RETURN.c.amount_minor), 0))
    .where(RETURN.c.payment_id == ALLOCATION.c.payment_id, RETURN.c.line == ALLOCATION.c.line)
    .scalar_subquery()
)
_ALLOCATED: Final = select(
    ALLOCATION.c.payment_id,
    ALLOCATION.c.line,
    ALLOCATION.c.bill_id,
    ALLOCATION.c.tenant_id,
    ALLOCATION.c.amount_minor,
    ALLOCATION.c.currency,
    ALLOCATION.c.payer_id,
    ALLOCATION.c.journal_id,
    _RETURNED,
)
_OF_BILL: Final = Statement(
    _ALLOCATED.where(ALLOCATION.c.bill_id == bindparam("bill_id")).order_by(
        ALLOCATION.c.journal_id.desc()
    )
)
_OF_PAYMENT: Final = Statement(
    _ALLOCATED.where(ALLOCATION.c.payment_id == bindparam("payment_id")).order_by(ALLOCATION.c.line)
)
_ADD_ALLOCATION: Final = inserting(ALLOCATION)
_ADD_RETURN: Final = inserting(RETURN)
_RECEIPT: Final = _RECEIPTS.by("id")
_RECEIPTS_OF: Final = Statement(
    _RECEIPTS.select().where(RECEIPT.c.payment_id == bindparam("payment_id")).order_by(RECEIPT.c.id)
)


class SqlPayments:
    """Payments in SQL."""

    def __init__(self, tx: "SqlTransaction") -> None:
        """Work on an open transaction."""
        self._tx = tx

    def get(self, payment_id: PaymentId) -> Payment:
        """Return one payment, else `NotFound`."""
        return _need(_PAYMENTS.one(self._tx, _PAYMENT, id=payment_id), "payment")

    def lock(self, payment_id: PaymentId) -> Payment:
        """Return one payment, else `NotFound`; whoever else locks it waits."""
        return _need(_PAYMENTS.one(self._tx, _LOCKED, id=payment_id), "payment")

    def add(self, payment: Payment) -> Payment:
        """Store a new payment; return it as stored."""
        return _PAYMENTS.add(self._tx, payment, act_id=self._tx.act(payment.tenant_id))

    def replace(self, before: Payment, after: Payment) -> Payment:
        """Store a change where `before` still stands, else `StaleState`; return it as stored."""
        act = self._tx.act(before.tenant_id)
        return _PAYMENTS.replace(self._tx, before, after, act_id=lambda: act)

    def open_for(self, bill_id: BillId, payer_id: PersonId) -> Payment | None:
        """Return the payer's open provider payment of a bill."""
        return _PAYMENTS.one(self._tx, _OPEN_FOR, bill_id=bill_id, payer_id=payer_id)

    def open_minor(self, bill_id: BillId) -> int:
        """Sum what open provider payments of a bill still ask for, in minor units."""
        total: int = _OPEN_MINOR.rows(self._tx.cursor, {"bill_id": bill_id})[0][0]
        return total

    def add_attempt(self, attempt: Attempt) -> Attempt:
        """Store a new attempt; return it as stored."""
        return _ATTEMPTS.add(self._tx, attempt, act_id=self._tx.act(attempt.tenant_id))

    def attempt(self, attempt_id: AttemptId) -> Attempt:
        """Return one attempt, else `NotFound`."""
        found = self._tried(_ATTEMPT, id=attempt_id)
        return _need(found[0] if found else None, "attempt")

    def attempt_by_reference(
        self, configuration_id: ConfigurationId, reference: str
    ) -> Attempt | None:
        """Return the attempt behind our reference with this configuration."""
        found = self._tried(_REFERENCED, configuration_id=configuration_id, reference=reference)
        return found[0] if found else None

    def attempt_by_capture(self, key: CaptureKey) -> Attempt | None:
        """Return the attempt that a posted capture came by, whichever tenant's it is."""
        found = self._tried(_CAPTURED, configuration_id=key.configuration_id, key=str(key))
        return found[0] if found else None

    def attempts(self, payment_id: PaymentId) -> tuple[Attempt, ...]:
        """Return a payment's attempts in order (at most 50)."""
        return self._tried(_TRIES, payment_id=payment_id)

    def pages_of(
        self, bill_id: BillId, payer_id: PersonId, *, since: "datetime"
    ) -> tuple[Attempt, ...]:
        """Return a payer's attempts for a bill that had a page and took nothing, newest first."""
        return self._tried(_PAGES_OF, bill_id=bill_id, payer_id=payer_id, since=since)

    def held_in(self, tenant_id: TenantId, *, limit: int) -> tuple[Attempt, ...]:
        """Return a tenant's attempts whose money waits for whoever is paid, oldest first."""
        return self._tried(_HELD_IN, tenant_id=tenant_id, limit=limit)

    def _tried(self, statement: Statement, **values: Any) -> tuple[Attempt, ...]:
        rows = statement.rows(self._tx.cursor, values)
        found = ((_ATTEMPTS.read(self._tx, row), row[-1]) for row in rows)
        return tuple(replace(each, is_put_back=True) if is_old else each for each, is_old in found)

    def decided(self, configuration_id: ConfigurationId, *, since: "datetime") -> tuple[int, int]:
        """Count of a configuration's newest attempts which settled, and which were decided."""
        values = {"configuration_id": configuration_id, "since": since}
        row = _DECIDED.rows(self._tx.cursor, values)[0]
        return int(row[0]), int(row[1])

    def replace_attempt(self, before: Attempt, after: Attempt) -> Attempt:
        """Store a change where `before` still stands, else `StaleState`; return it as stored."""
        act = self._tx.act(before.tenant_id)
        return _ATTEMPTS.replace(self._tx, before, after, act_id=lambda: act)

    def add_allocation(self, allocation: Allocation) -> None:
        """Store which bill a payment settled."""
        act_id = self._tx.act(allocation.tenant_id)
        values = {
            "payment_id": allocation.payment_id,
            "line": allocation.line,
            "bill_id": allocation.bill_id,
            "tenant_id": allocation.tenant_id,
            "currency": allocation.amount.currency,
            "amount_minor": allocation.amount.minor,
            "payer_id": allocation.payer_id,
            "journal_id": allocation.journal_id,
            "act_id": act_id,
        }
        self._tx.seal(act_id, ALLOCATION.name, _ADD_ALLOCATION.run(self._tx.cursor, values))

    def allocations_of_bill(self, bill_id: BillId) -> tuple[Allocation, ...]:
        """Return a bill's allocations, newest first."""
        rows = _OF_BILL.rows(self._tx.cursor, {"bill_id": bill_id})
        return tuple(_allocation(row) for row in rows)

    def allocations_of(self, payment_id: PaymentId) -> tuple[Allocation, ...]:
        """Return a payment's allocations in order."""
        rows = _OF_PAYMENT.rows(self._tx.cursor, {"payment_id": payment_id})
        return tuple(_allocation(row) for row in rows)

    def add_return(self, allocation: Allocation, amount: Money, *, journal_id: JournalId) -> None:
        """Store that part of an allocation went back to its payer."""
        act_id = self._tx.act(allocation.tenant_id)
        values = {
            "payment_id": allocation.payment_id,
            "line": allocation.line,
            "journal_id": journal_id,
            "amount_minor": amount.minor,
            "act_id": act_id,
        }
        self._tx.seal(act_id, RETURN.name, _ADD_RETURN.run(self._tx.cursor, values))

    def add_receipt(self, receipt: Receipt) -> None:
        """Store a receipt."""
        _RECEIPTS.add(self._tx, receipt, act_id=self._tx.act(receipt.tenant_id))

    def receipt(self, receipt_id: ReceiptId) -> Receipt:
        """Return one receipt, else `NotFound`."""
        return _need(_RECEIPTS.one(self._tx, _RECEIPT, id=receipt_id), "receipt")

    def receipts_of(self, payment_id: PaymentId) -> tuple[Receipt, ...]:
        """Return a payment's receipts, oldest first."""
        return _RECEIPTS.many(self._tx, _RECEIPTS_OF, payment_id=payment_id)


def _need(found: T | None, kind: str) -> T:
    if found is None:
        raise NotFound(kind=kind)
    return found


def _allocation(row: Row) -> Allocation:
    return Allocation(
        payment_id=PaymentId(row[0]),
        line=row[1],
        bill_id=BillId(row[2]),
        tenant_id=TenantId(row[3]),
        amount=Money(row[4], Currency(row[5])),
        payer_id=PersonId(row[6]),
        journal_id=JournalId(row[7]),
        returned_minor=row[8],
    )

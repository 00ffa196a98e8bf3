"""Chargebacks: the table, what the database refuses of it, and its rows as records.

While one is open its payment stays claimed, so that nothing of the same money is refunded.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, bindparam

from core.domain.captures import CaptureKey
from core.domain.chargebacks import OPEN, TRANSITIONS, Chargeback, ChargebackId
from core.domain.errors import NotFound
from core.domain.money import MAX_MINOR
from core.domain.payments import PaymentId
from core.domain.tenants import TenantId
from storage.records import Axis, Records, axis_columns
from storage.rules import Rule, refuse
from storage.schema import flag, ident, number, only_where, table, text, time
from storage.statements import Statement

if TYPE_CHECKING:
    from storage.transaction import SqlTransaction

IS_OPEN: Final = "status IN ('open', 'evidence_sent')"

CHARGEBACK: Final = table(
    "chargeback",
    ident(primary_key=True),
    ident("tenant_id"),
    ident("payment_id"),
    ident("attempt_id"),
    ident("configuration_id"),
    text("capture"),
    text("currency"),
    number("amount_minor"),
    time("opened_at"),
    flag("is_followed"),
    number("taken_before_minor", server_default="0"),
    number("said_minor", server_default="0"),
    text("said_currency", server_default=""),
    ident("reason_id"),
    ident("handled_by", nullable=True),
    time("ended_at", nullable=True),
    ident("refund_id", nullable=True),
    ident("unmatched_id", nullable=True),
    ident("journal_id", nullable=True),
    ident("act_id"),
    number("row_version"),
    *axis_columns("chargeback", Axis("status", TRANSITIONS)),
    ForeignKeyConstraint(
        ["payment_id", "tenant_id", "currency"],
        ["payment.id", "payment.tenant_id", "payment.currency"],
    ),
    ForeignKeyConstraint(["attempt_id"], ["attempt.id"]),
    ForeignKeyConstraint(["configuration_id"], ["provider_configuration.id"]),
    ForeignKeyConstraint(["reason_id"], ["note.id"]),
    ForeignKeyConstraint(["refund_id"], ["refund.id"]),
    ForeignKeyConstraint(["tenant_id", "act_id"], ["act.tenant_id", "act.id"]),
    CheckConstraint(f"amount_minor BETWEEN 0 AND {MAX_MINOR}", name="amount"),
    CheckConstraint("capture <> ''", name="capture"),
    CheckConstraint(f"({IS_OPEN}) = (ended_at IS NULL)", name="ended"),
    CheckConstraint("refund_id IS NULL OR status = 'lost'", name="lost"),
    CheckConstraint("status <> 'evidence_sent' OR handled_by IS NOT NULL", name="handled"),
    Index("uq_chargeback_open", "configuration_id", "capture", unique=True, **only_where(IS_OPEN)),
    Index("ix_chargeback_payment", "payment_id"),
    Index("ix_chargeback_open", "tenant_id", **only_where(IS_OPEN)),
    Index("ix_chargeback_act_id", "act_id"),
)

_CHARGEBACKS: Final = Records(
    CHARGEBACK,
    Chargeback,
    frozen=(
        "id",
        "tenant_id",
        "payment_id",
        "attempt_id",
        "configuration_id",
        "capture",
        "currency",
        "amount_minor",
        "opened_at",
        "act_id",
    ),
    has_act=True,
)
_ONE: Final = _CHARGEBACKS.by("id")
_IS_OPEN: Final = CHARGEBACK.c.status.in_(sorted(each.value for each in OPEN))
_OPEN_OF: Final = Statement(
    _CHARGEBACKS.select()
    .where(CHARGEBACK.c.payment_id == bindparam("payment_id"), _IS_OPEN)
    .order_by(CHARGEBACK.c.id)
)
_OF: Final = Statement(
    _CHARGEBACKS.select()
    .where(CHARGEBACK.c.payment_id == bindparam("payment_id"))
    .order_by(CHARGEBACK.c.id)
    .limit(50)
)
_OPEN_FOR: Final = Statement(
    _CHARGEBACKS.select().where(
        CHARGEBACK.c.configuration_id == bindparam("configuration_id"),
        CHARGEBACK.c.capture == bindparam("capture"),
        _IS_OPEN,
    )
)
_OPEN_IN: Final = Statement(
    _CHARGEBACKS.select()
    .where(CHARGEBACK.c.tenant_id == bindparam("tenant_id"), _IS_OPEN)
    .order_by(CHARGEBACK.c.id)
    .limit(bindparam("limit"))
)


_TAKEN: Final = (
    "(SELECT COALESCE(SUM(amount_minor), 0) FROM refund WHERE payment_id = NEW.payment_id"
    " AND configuration_id = NEW.configuration_id AND capture = NEW.capture"
    " AND origin = 'provider' AND status IN ('completed', 'returned'))"
)
"""What a provider had taken back of a claimed capture without being asked."""


def chargeback_rules() -> Iterator[Rule]:
    """Yield what the database refuses of chargebacks."""
    yield refuse(
        "chargeback_of_its_attempt",
        "BEFORE INSERT ON chargeback",
        "NOT EXISTS (SELECT 1 FROM attempt WHERE id = NEW.attempt_id"
        " AND payment_id = NEW.payment_id AND configuration_id = NEW.configuration_id)",
        "chargeback.attempt",
    )
    yield refuse(
        "chargeback_begun",
        "BEFORE INSERT ON chargeback",
        f"NEW.said_minor <> 0 OR NEW.taken_before_minor <> {_TAKEN}",
        "chargeback.begun",
    )
    yield refuse(
        "chargeback_before",
        "BEFORE UPDATE ON chargeback",
        "NEW.taken_before_minor <> OLD.taken_before_minor OR NEW.said_minor < 0"
        " OR (NEW.said_minor = 0) <> (NEW.said_currency = '')",
        "chargeback.before",
    )
    yield refuse(
        "chargeback_handler",
        "BEFORE UPDATE ON chargeback",
        "NEW.handled_by IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM person WHERE id = NEW.handled_by)",
        "chargeback.handler",
    )
    yield refuse(
        "chargeback_of_its_refund",
        "BEFORE UPDATE ON chargeback",
        "NEW.refund_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM refund WHERE id = NEW.refund_id"
        " AND payment_id = NEW.payment_id AND origin = 'provider')",
        "chargeback.refund",
    )
    yield from _apart_rules()
    yield refuse(
        "refundable_claimed",
        "BEFORE UPDATE ON refundable",
        "NEW.contested_at IS NULL AND EXISTS"
        " (SELECT 1 FROM chargeback WHERE payment_id = NEW.payment_id"
        f" AND unmatched_id IS NULL AND {IS_OPEN})",
        "refundable.claimed",
    )


def _apart_rules() -> Iterator[Rule]:
    """Yield what is refused of claims to money that was kept apart."""
    yield refuse(
        "chargeback_apart",
        "BEFORE INSERT ON chargeback",
        "NEW.journal_id IS NOT NULL OR (NEW.unmatched_id IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM unmatched WHERE id = NEW.unmatched_id AND tenant_id = NEW.tenant_id"
        " AND configuration_id = NEW.configuration_id AND capture = NEW.capture"
        " AND payment_id = NEW.payment_id AND currency = NEW.currency))",
        "chargeback.apart",
    )
    yield refuse(
        "chargeback_took",
        "BEFORE UPDATE ON chargeback",
        "COALESCE(NEW.unmatched_id, 0) <> COALESCE(OLD.unmatched_id, 0)"
        " OR (NEW.unmatched_id IS NOT NULL AND NEW.refund_id IS NOT NULL)"
        " OR (NEW.journal_id IS NOT NULL AND (NEW.status <> 'lost' OR NEW.unmatched_id IS NULL"
        " OR NOT EXISTS (SELECT 1 FROM journal WHERE id = NEW.journal_id"
        " AND tenant_id = NEW.tenant_id AND subject_kind = 'chargeback'"
        " AND subject_id = NEW.id)))",
        "chargeback.took",
    )


CHARGEBACK_BOOKS: Final[tuple[tuple[str, str], ...]] = (
    (
        "payment {0}: its bank's claim is open, and its money refundable",
        (
            "SELECT c.payment_id FROM chargeback c JOIN refundable r"
            f" ON r.payment_id = c.payment_id WHERE c.{IS_OPEN} AND c.unmatched_id IS NULL"
            " AND r.contested_at IS NULL"
        ),
    ),
)
"""What must hold between a claim and what may be refunded."""


class SqlChargebacks:
    """Chargebacks in SQL."""

    def __init__(self, tx: "SqlTransaction") -> None:
        """Work on an open transaction."""
        self._tx = tx

    def get(self, chargeback_id: ChargebackId) -> Chargeback:
        """Return one chargeback, else `NotFound`."""
        found = _CHARGEBACKS.one(self._tx, _ONE, id=chargeback_id)
        if found is None:
            raise NotFound(kind="chargeback")
        return found

    def open_of(self, payment_id: PaymentId) -> tuple[Chargeback, ...]:
        """Return those of a payment that are not decided, oldest first."""
        return _CHARGEBACKS.many(self._tx, _OPEN_OF, payment_id=payment_id)

    def open_for(self, key: CaptureKey) -> Chargeback | None:
        """Return the one of a capture that is not decided, if any."""
        found = {"configuration_id": key.configuration_id, "capture": key.provider_id}
        return _CHARGEBACKS.one(self._tx, _OPEN_FOR, **found)

    def of(self, payment_id: PaymentId) -> tuple[Chargeback, ...]:
        """Return those of a payment, oldest first (at most 50)."""
        return _CHARGEBACKS.many(self._tx, _OF, payment_id=payment_id)

    def open_in(self, tenant_id: TenantId, *, limit: int) -> tuple[Chargeback, ...]:
        """Return a tenant's chargebacks that are not decided, oldest first."""
        return _CHARGEBACKS.many(self._tx, _OPEN_IN, tenant_id=tenant_id, limit=limit)

    def add(self, chargeback: Chargeback) -> Chargeback:
        """Store a new chargeback; return it as stored."""
        return _CHARGEBACKS.add(self._tx, chargeback, act_id=self._tx.act(chargeback.tenant_id))

    def replace(self, before: Chargeback, after: Chargeback) -> Chargeback:
        """Store a change where `before` still stands, else `StaleState`; return it as stored."""
        act = self._tx.act(before.tenant_id)
        return _CHARGEBACKS.replace(self._tx, before, after, act_id=lambda: act)

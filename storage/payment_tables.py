"""Tables of payments: payments, attempts, allocations, returns, receipts."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
)

from core.domain.money import MAX_MINOR
from core.domain.payments import ATTEMPT_TRANSITIONS, TRANSITIONS
from storage.records import Axis, axis_columns
from storage.schema import flag, ident, number, only_where, table, text, time

IS_OPEN_PROVIDER: Final = "method = 'provider' AND status IN ('pending', 'processing')"

PAYMENT: Final = table(
    "payment",
    ident(primary_key=True),
    text("token"),
    ident("tenant_id"),
    ident("payer_id"),
    text("purpose"),
    ident("bill_id", nullable=True),
    text("method"),
    text("currency"),
    number("amount_minor"),
    time("created_at"),
    time("expires_at", nullable=True),
    number("captured_minor"),
    time("ended_at", nullable=True),
    ident("act_id"),
    number("row_version"),
    *axis_columns("payment", Axis("status", TRANSITIONS)),
    ForeignKeyConstraint(
        ["bill_id", "tenant_id", "currency"], ["bill.id", "bill.tenant_id", "bill.currency"]
    ),
    ForeignKeyConstraint(["payer_id"], ["person.id"]),
    ForeignKeyConstraint(["tenant_id", "act_id"], ["act.tenant_id", "act.id"]),
    UniqueConstraint("token"),
    UniqueConstraint("id", "tenant_id", "currency"),
    UniqueConstraint("id", "tenant_id"),
    CheckConstraint(f"amount_minor BETWEEN 1 AND {MAX_MINOR}", name="amount"),
    CheckConstraint("captured_minor >= 0", name="captured"),
    CheckConstraint("status <> 'completed' OR captured_minor > 0", name="completed"),
    CheckConstraint("(purpose = 'bill') = (bill_id IS NOT NULL)", name="purpose"),
    Index(
        "uq_payment_open",
        "bill_id",
        "payer_id",
        unique=True,
        **only_where(IS_OPEN_PROVIDER),
    ),
    Index("ix_payment_payer", "payer_id", "id"),
    Index("ix_payment_act_id", "act_id"),
)

IS_HELD: Final = "needs <> '' AND status IN ('waiting', 'unknown')"

ATTEMPT: Final = table(
    "attempt",
    ident(primary_key=True),
    ident("payment_id"),
    ident("tenant_id"),
    number("number"),
    ident("configuration_id"),
    text("provider"),
    text("reference"),
    time("created_at"),
    text("provider_ref"),
    text("link"),
    text("error", nullable=True),
    time("sent_at", nullable=True),
    time("verified_at", nullable=True),
    number("checks"),
    text("receipt", server_default=""),
    flag("is_prompt", server_default="0"),
    flag("is_clearing", server_default="0"),
    time("cleared_by", nullable=True),
    text("needs", server_default=""),
    ident("method_id", server_default="0"),
    ident("act_id"),
    number("row_version"),
    *axis_columns("attempt", Axis("status", ATTEMPT_TRANSITIONS)),
    ForeignKeyConstraint(["payment_id", "tenant_id"], ["payment.id", "payment.tenant_id"]),
    ForeignKeyConstraint(["configuration_id"], ["provider_configuration.id"]),
    ForeignKeyConstraint(["tenant_id", "act_id"], ["act.tenant_id", "act.id"]),
    UniqueConstraint("payment_id", "number"),
    UniqueConstraint("configuration_id", "reference"),
    # Who was asked for money since when: what a provider's list of that time must show.
    Index("ix_attempt_configuration", "configuration_id", "created_at"),
    Index("ix_attempt_act_id", "act_id"),
    Index("ix_attempt_held", "tenant_id", **only_where(IS_HELD)),
    Index("ix_attempt_method", "method_id", "created_at", **only_where("method_id <> 0")),
)

ALLOCATION: Final = table(
    "allocation",
    ident("payment_id", primary_key=True),
    number("line", primary_key=True, autoincrement=False),
    ident("bill_id"),
    ident("tenant_id"),
    text("currency"),
    number("amount_minor"),
    ident("payer_id"),
    ident("journal_id"),
    ident("act_id"),
    ForeignKeyConstraint(
        ["payment_id", "tenant_id", "currency"],
        ["payment.id", "payment.tenant_id", "payment.currency"],
    ),
    ForeignKeyConstraint(
        ["bill_id", "tenant_id", "currency"], ["bill.id", "bill.tenant_id", "bill.currency"]
    ),
    ForeignKeyConstraint(
        ["journal_id", "tenant_id", "act_id"],
        ["journal.id", "journal.tenant_id", "journal.act_id"],
    ),
    CheckConstraint("amount_minor > 0", name="amount"),
    Index("ix_allocation_bill", "bill_id"),
    Index("ix_allocation_journal", "journal_id"),
    Index("ix_allocation_act_id", "act_id"),
    sqlite_with_rowid=False,
)

RETURN: Final = table(
    "allocation_return",
    ident("payment_id", primary_key=True),
    number("line", primary_key=True, autoincrement=False),
    ident("journal_id", primary_key=True),
    number("amount_minor"),
    ident("act_id"),
    ForeignKeyConstraint(["payment_id", "line"], ["allocation.payment_id", "allocation.line"]),
    ForeignKeyConstraint(["journal_id"], ["journal.id"]),
    ForeignKeyConstraint(["act_id"], ["act.id"]),
    CheckConstraint("amount_minor > 0", name="amount"),
    Index("ix_allocation_return_act_id", "act_id"),
    Index("ix_allocation_return_journal", "journal_id"),
    sqlite_with_rowid=False,
)

RECEIPT: Final = table(
    "receipt",
    ident(primary_key=True),
    text("number"),
    ident("tenant_id"),
    ident("payment_id"),
    ident("journal_id"),
    ident("payer_id"),
    text("currency"),
    number("amount_minor"),
    number("settled_minor"),
    number("balance_after_minor"),
    time("issued_at"),
    ident("act_id"),
    ForeignKeyConstraint(
        ["payment_id", "tenant_id", "currency"],
        ["payment.id", "payment.tenant_id", "payment.currency"],
    ),
    ForeignKeyConstraint(
        ["journal_id", "tenant_id", "act_id"],
        ["journal.id", "journal.tenant_id", "journal.act_id"],
    ),
    UniqueConstraint("tenant_id", "number"),
    UniqueConstraint("journal_id"),
    CheckConstraint("amount_minor > 0 AND settled_minor BETWEEN 0 AND amount_minor", name="amount"),
    Index("ix_receipt_payment", "payment_id"),
    Index("ix_receipt_act_id", "act_id"),
)

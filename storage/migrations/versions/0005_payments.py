"""Configurations, payments, attempts, allocations, returns, receipts."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0005"
down_revision: Final[str | None] = "0004"
branch_labels: Final = None
depends_on: Final = None

WHOLE: Final = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Create the tables. There is no way back but a backup."""
    op.create_table(
        "provider_configuration",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("tenant_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("is_test", WHOLE, nullable=False),
        sa.Column("is_enabled", WHOLE, nullable=False),
        sa.Column("row_version", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_provider_configuration_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_configuration")),
        sa.UniqueConstraint(
            "tenant_id", "provider", name=op.f("uq_provider_configuration_tenant_id_provider")
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "payment",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("tenant_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("payer_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("bill_id", WHOLE, autoincrement=False, nullable=True),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", WHOLE, nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("expires_at", WHOLE, nullable=True),
        sa.Column("captured_minor", WHOLE, nullable=False),
        sa.Column("ended_at", WHOLE, nullable=True),
        sa.Column("act_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("row_version", WHOLE, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_seq", WHOLE, nullable=False),
        sa.Column(
            "status_machine", sa.Text(), sa.Computed("'payment'", persisted=True), nullable=False
        ),
        sa.CheckConstraint(
            "(purpose = 'bill') = (bill_id IS NOT NULL)", name=op.f("ck_payment_purpose")
        ),
        sa.CheckConstraint(
            "status <> 'completed' OR captured_minor > 0", name=op.f("ck_payment_completed")
        ),
        sa.CheckConstraint(
            "amount_minor BETWEEN 1 AND 9007199254740991", name=op.f("ck_payment_amount")
        ),
        sa.CheckConstraint("captured_minor >= 0", name=op.f("ck_payment_captured")),
        sa.ForeignKeyConstraint(
            ["bill_id", "tenant_id", "currency"],
            ["bill.id", "bill.tenant_id", "bill.currency"],
            name=op.f("fk_payment_bill_id_tenant_id_currency"),
        ),
        sa.ForeignKeyConstraint(["payer_id"], ["person.id"], name=op.f("fk_payment_payer_id")),
        sa.ForeignKeyConstraint(
            ["status_machine", "id", "status_seq", "status"],
            [
                "status_event.machine",
                "status_event.entity",
                "status_event.seq",
                "status_event.to_status",
            ],
            name=op.f("fk_payment_status_machine_id_status_seq_status"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "act_id"],
            ["act.tenant_id", "act.id"],
            name=op.f("fk_payment_tenant_id_act_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint(
            "id", "tenant_id", "currency", name=op.f("uq_payment_id_tenant_id_currency")
        ),
        sa.UniqueConstraint("id", "tenant_id", name=op.f("uq_payment_id_tenant_id")),
        sa.UniqueConstraint("token", name=op.f("uq_payment_token")),
        sqlite_strict=True,
    )
    op.create_index("ix_payment_act_id", "payment", ["act_id"], unique=False)
    op.create_index("ix_payment_payer", "payment", ["payer_id", "id"], unique=False)
    op.create_index(
        "uq_payment_open",
        "payment",
        ["bill_id", "payer_id"],
        unique=True,
        sqlite_where=sa.text("method = 'provider' AND status IN ('pending', 'processing')"),
        postgresql_where=sa.text("method = 'provider' AND status IN ('pending', 'processing')"),
    )
    op.create_table(
        "attempt",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("payment_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("tenant_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("number", WHOLE, nullable=False),
        sa.Column("configuration_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("provider_ref", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("sent_at", WHOLE, nullable=True),
        sa.Column("verified_at", WHOLE, nullable=True),
        sa.Column("checks", WHOLE, nullable=False),
        sa.Column("act_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("row_version", WHOLE, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_seq", WHOLE, nullable=False),
        sa.Column(
            "status_machine", sa.Text(), sa.Computed("'attempt'", persisted=True), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["configuration_id"],
            ["provider_configuration.id"],
            name=op.f("fk_attempt_configuration_id"),
        ),
        sa.ForeignKeyConstraint(
            ["payment_id", "tenant_id"],
            ["payment.id", "payment.tenant_id"],
            name=op.f("fk_attempt_payment_id_tenant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["status_machine", "id", "status_seq", "status"],
            [
                "status_event.machine",
                "status_event.entity",
                "status_event.seq",
                "status_event.to_status",
            ],
            name=op.f("fk_attempt_status_machine_id_status_seq_status"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "act_id"],
            ["act.tenant_id", "act.id"],
            name=op.f("fk_attempt_tenant_id_act_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
        sa.UniqueConstraint(
            "configuration_id", "reference", name=op.f("uq_attempt_configuration_id_reference")
        ),
        sa.UniqueConstraint("payment_id", "number", name=op.f("uq_attempt_payment_id_number")),
        sqlite_strict=True,
    )
    op.create_index("ix_attempt_act_id", "attempt", ["act_id"], unique=False)
    op.create_table(
        "allocation",
        sa.Column("payment_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("line", WHOLE, autoincrement=False, nullable=False),
        sa.Column("bill_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("tenant_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", WHOLE, nullable=False),
        sa.Column("payer_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("journal_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("act_id", WHOLE, autoincrement=False, nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_allocation_amount")),
        sa.ForeignKeyConstraint(
            ["bill_id", "tenant_id", "currency"],
            ["bill.id", "bill.tenant_id", "bill.currency"],
            name=op.f("fk_allocation_bill_id_tenant_id_currency"),
        ),
        sa.ForeignKeyConstraint(
            ["journal_id", "tenant_id", "act_id"],
            ["journal.id", "journal.tenant_id", "journal.act_id"],
            name=op.f("fk_allocation_journal_id_tenant_id_act_id"),
        ),
        sa.ForeignKeyConstraint(
            ["payment_id", "tenant_id", "currency"],
            ["payment.id", "payment.tenant_id", "payment.currency"],
            name=op.f("fk_allocation_payment_id_tenant_id_currency"),
        ),
        sa.PrimaryKeyConstraint("payment_id", "line", name=op.f("pk_allocation")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_allocation_act_id", "allocation", ["act_id"], unique=False)
    op.create_index("ix_allocation_bill", "allocation", ["bill_id"], unique=False)
    op.create_index("ix_allocation_journal", "allocation", ["journal_id"], unique=False)
    op.create_table(
        "allocation_return",
        sa.Column("payment_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("line", WHOLE, autoincrement=False, nullable=False),
        sa.Column("journal_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("amount_minor", WHOLE, nullable=False),
        sa.Column("act_id", WHOLE, autoincrement=False, nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_allocation_return_amount")),
        sa.ForeignKeyConstraint(["act_id"], ["act.id"], name=op.f("fk_allocation_return_act_id")),
        sa.ForeignKeyConstraint(
            ["journal_id"], ["journal.id"], name=op.f("fk_allocation_return_journal_id")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id", "line"],
            ["allocation.payment_id", "allocation.line"],
            name=op.f("fk_allocation_return_payment_id_line"),
        ),
        sa.PrimaryKeyConstraint(
            "payment_id", "line", "journal_id", name=op.f("pk_allocation_return")
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_allocation_return_act_id", "allocation_return", ["act_id"], unique=False)
    op.create_index(
        "ix_allocation_return_journal", "allocation_return", ["journal_id"], unique=False
    )
    op.create_table(
        "receipt",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("tenant_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("payment_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("journal_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("payer_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", WHOLE, nullable=False),
        sa.Column("settled_minor", WHOLE, nullable=False),
        sa.Column("balance_after_minor", WHOLE, nullable=False),
        sa.Column("issued_at", WHOLE, nullable=False),
        sa.Column("act_id", WHOLE, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "amount_minor > 0 AND settled_minor BETWEEN 0 AND amount_minor",
            name=op.f("ck_receipt_amount"),
        ),
        sa.ForeignKeyConstraint(
            ["journal_id", "tenant_id", "act_id"],
            ["journal.id", "journal.tenant_id", "journal.act_id"],
            name=op.f("fk_receipt_journal_id_tenant_id_act_id"),
        ),
        sa.ForeignKeyConstraint(
            ["payment_id", "tenant_id", "currency"],
            ["payment.id", "payment.tenant_id", "payment.currency"],
            name=op.f("fk_receipt_payment_id_tenant_id_currency"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
        sa.UniqueConstraint("journal_id", name=op.f("uq_receipt_journal_id")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_receipt_tenant_id_number")),
        sqlite_strict=True,
    )
    op.create_index("ix_receipt_act_id", "receipt", ["act_id"], unique=False)
    op.create_index("ix_receipt_payment", "receipt", ["payment_id"], unique=False)

"""Refunds of payments, and what all refunds of a payment come to."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0014"
down_revision: Final[str | None] = "0013"
branch_labels: Final = None
depends_on: Final = None

WHOLE: Final = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Create the tables. There is no way back but a backup."""
    op.create_table(
        "refund",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("tenant_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("payment_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("payer_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", WHOLE, nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("requested_at", WHOLE, nullable=False),
        sa.Column("requested_by", WHOLE, autoincrement=False, nullable=True),
        sa.Column("reason_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("attempt_id", WHOLE, autoincrement=False, nullable=True),
        sa.Column("configuration_id", WHOLE, autoincrement=False, nullable=True),
        sa.Column("capture", sa.Text(), nullable=False),
        sa.Column("hold_id", WHOLE, autoincrement=False, nullable=True),
        sa.Column("needs_consent", WHOLE, nullable=False),
        sa.Column("consented_at", WHOLE, nullable=True),
        sa.Column("approved_by", WHOLE, autoincrement=False, nullable=True),
        sa.Column("sent_at", WHOLE, nullable=True),
        sa.Column("ended_at", WHOLE, nullable=True),
        sa.Column("ended_by", WHOLE, autoincrement=False, nullable=True),
        sa.Column("provider_ref", sa.Text(), nullable=False),
        sa.Column("journal_id", WHOLE, autoincrement=False, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("needs", sa.Text(), nullable=False),
        sa.Column("checks", WHOLE, nullable=False),
        sa.Column("act_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("row_version", WHOLE, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_seq", WHOLE, nullable=False),
        sa.Column(
            "status_machine", sa.Text(), sa.Computed("'refund'", persisted=True), nullable=False
        ),
        sa.CheckConstraint(
            "(destination = 'original' AND attempt_id IS NOT NULL"
            " AND configuration_id IS NOT NULL AND capture <> ''"
            " AND needs_consent = 0) OR (destination = 'wallet'"
            " AND attempt_id IS NULL AND configuration_id IS NULL AND capture = ''"
            " AND provider_ref = '')",
            name=op.f("ck_refund_destination"),
        ),
        sa.CheckConstraint(
            "(origin = 'staff') = (hold_id IS NOT NULL)", name=op.f("ck_refund_hold")
        ),
        sa.CheckConstraint(
            "(origin = 'staff') = (requested_by IS NOT NULL)", name=op.f("ck_refund_asker")
        ),
        sa.CheckConstraint(
            "(status IN ('completed', 'returned')) = (journal_id IS NOT NULL)",
            name=op.f("ck_refund_journal"),
        ),
        sa.CheckConstraint(
            "needs_consent = 0 OR consented_at IS NOT NULL"
            " OR status IN ('pending', 'approved', 'cancelled')",
            name=op.f("ck_refund_consent"),
        ),
        sa.CheckConstraint(
            "origin = 'staff' OR (origin = 'provider' AND destination = 'original')",
            name=op.f("ck_refund_origin"),
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'cancelled') OR origin = 'provider' OR approved_by IS NOT NULL",
            name=op.f("ck_refund_approved"),
        ),
        sa.CheckConstraint(
            "amount_minor BETWEEN 1 AND 9007199254740991", name=op.f("ck_refund_amount")
        ),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_refund_attempt_id")),
        sa.ForeignKeyConstraint(
            ["configuration_id"],
            ["provider_configuration.id"],
            name=op.f("fk_refund_configuration_id"),
        ),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name=op.f("fk_refund_hold_id")),
        sa.ForeignKeyConstraint(["journal_id"], ["journal.id"], name=op.f("fk_refund_journal_id")),
        sa.ForeignKeyConstraint(["payer_id"], ["person.id"], name=op.f("fk_refund_payer_id")),
        sa.ForeignKeyConstraint(
            ["payment_id", "tenant_id", "currency"],
            ["payment.id", "payment.tenant_id", "payment.currency"],
            name=op.f("fk_refund_payment_id_tenant_id_currency"),
        ),
        sa.ForeignKeyConstraint(["reason_id"], ["note.id"], name=op.f("fk_refund_reason_id")),
        sa.ForeignKeyConstraint(
            ["status_machine", "id", "status_seq", "status"],
            [
                "status_event.machine",
                "status_event.entity",
                "status_event.seq",
                "status_event.to_status",
            ],
            name=op.f("fk_refund_status_machine_id_status_seq_status"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "act_id"],
            ["act.tenant_id", "act.id"],
            name=op.f("fk_refund_tenant_id_act_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund")),
        sa.UniqueConstraint("hold_id", name=op.f("uq_refund_hold_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_refund_reference")),
        sqlite_strict=True,
    )
    op.create_index("ix_refund_act_id", "refund", ["act_id"], unique=False)
    op.create_index(
        "ix_refund_open",
        "refund",
        ["tenant_id"],
        unique=False,
        sqlite_where=sa.text("status IN ('pending', 'approved', 'processing')"),
        postgresql_where=sa.text("status IN ('pending', 'approved', 'processing')"),
    )
    op.create_index("ix_refund_payment", "refund", ["payment_id"], unique=False)
    op.create_table(
        "refundable",
        sa.Column("payment_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("tenant_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("captured_minor", WHOLE, nullable=False),
        sa.Column("open_minor", WHOLE, nullable=False),
        sa.Column("done_minor", WHOLE, nullable=False),
        sa.Column("reversed_minor", WHOLE, nullable=False),
        sa.Column("contested_at", WHOLE, nullable=True),
        sa.Column("row_version", WHOLE, nullable=False),
        sa.CheckConstraint(
            "open_minor + done_minor <= captured_minor", name=op.f("ck_refundable_ceiling")
        ),
        sa.CheckConstraint(
            "open_minor >= 0 AND done_minor >= 0 AND reversed_minor >= 0",
            name=op.f("ck_refundable_counters"),
        ),
        sa.CheckConstraint("reversed_minor <= captured_minor", name=op.f("ck_refundable_reversed")),
        sa.ForeignKeyConstraint(
            ["payment_id", "tenant_id", "currency"],
            ["payment.id", "payment.tenant_id", "payment.currency"],
            name=op.f("fk_refundable_payment_id_tenant_id_currency"),
        ),
        sa.PrimaryKeyConstraint("payment_id", name=op.f("pk_refundable")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_refundable_contested",
        "refundable",
        ["tenant_id"],
        unique=False,
        sqlite_where=sa.text("contested_at IS NOT NULL"),
        postgresql_where=sa.text("contested_at IS NOT NULL"),
    )

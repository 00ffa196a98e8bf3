"""Claims of payers' banks to captured money, and how each ended."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0023"
down_revision: Final[str | None] = "0022"
branch_labels: Final = None
depends_on: Final = None

WHOLE: Final = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
IS_OPEN: Final = "status IN ('open', 'evidence_sent')"


def upgrade() -> None:
    """Create the table. There is no way back but a backup."""
    op.create_table(
        "chargeback",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("tenant_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("payment_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("attempt_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("configuration_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("capture", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", WHOLE, nullable=False),
        sa.Column("opened_at", WHOLE, nullable=False),
        sa.Column("is_followed", WHOLE, nullable=False),
        sa.Column("reason_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("handled_by", WHOLE, autoincrement=False, nullable=True),
        sa.Column("ended_at", WHOLE, nullable=True),
        sa.Column("refund_id", WHOLE, autoincrement=False, nullable=True),
        sa.Column("act_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("row_version", WHOLE, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_seq", WHOLE, nullable=False),
        sa.Column(
            "status_machine",
            sa.Text(),
            sa.Computed("'chargeback'", persisted=True),
            nullable=False,
        ),
        sa.CheckConstraint(
            "amount_minor BETWEEN 0 AND 9007199254740991", name=op.f("ck_chargeback_amount")
        ),
        sa.CheckConstraint("capture <> ''", name=op.f("ck_chargeback_capture")),
        sa.CheckConstraint(f"({IS_OPEN}) = (ended_at IS NULL)", name=op.f("ck_chargeback_ended")),
        sa.CheckConstraint("refund_id IS NULL OR status = 'lost'", name=op.f("ck_chargeback_lost")),
        sa.CheckConstraint(
            "status <> 'evidence_sent' OR handled_by IS NOT NULL",
            name=op.f("ck_chargeback_handled"),
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name=op.f("fk_chargeback_attempt_id")
        ),
        sa.ForeignKeyConstraint(
            ["configuration_id"],
            ["provider_configuration.id"],
            name=op.f("fk_chargeback_configuration_id"),
        ),
        sa.ForeignKeyConstraint(
            ["payment_id", "tenant_id", "currency"],
            ["payment.id", "payment.tenant_id", "payment.currency"],
            name=op.f("fk_chargeback_payment_id_tenant_id_currency"),
        ),
        sa.ForeignKeyConstraint(["reason_id"], ["note.id"], name=op.f("fk_chargeback_reason_id")),
        sa.ForeignKeyConstraint(["refund_id"], ["refund.id"], name=op.f("fk_chargeback_refund_id")),
        sa.ForeignKeyConstraint(
            ["status_machine", "id", "status_seq", "status"],
            [
                "status_event.machine",
                "status_event.entity",
                "status_event.seq",
                "status_event.to_status",
            ],
            name=op.f("fk_chargeback_status_machine_id_status_seq_status"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "act_id"],
            ["act.tenant_id", "act.id"],
            name=op.f("fk_chargeback_tenant_id_act_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chargeback")),
        sqlite_strict=True,
    )
    op.create_index("ix_chargeback_act_id", "chargeback", ["act_id"], unique=False)
    for name, column, is_unique in (
        ("uq_chargeback_open", "payment_id", True),
        ("ix_chargeback_open", "tenant_id", False),
    ):
        op.create_index(
            name,
            "chargeback",
            [column],
            unique=is_unique,
            sqlite_where=sa.text(IS_OPEN),
            postgresql_where=sa.text(IS_OPEN),
        )

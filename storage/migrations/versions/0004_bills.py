"""Bills, revisions, disputes."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0004"
down_revision: Final[str | None] = "0003"
branch_labels: Final = None
depends_on: Final = None

WHOLE: Final = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Create the tables. There is no way back but a backup."""
    op.create_table(
        "bill",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("tenant_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("unit_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("debtor_id", WHOLE, autoincrement=False, nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("total_minor", WHOLE, nullable=False),
        sa.Column("due_on", sa.Text(), nullable=False),
        sa.Column("issued_at", WHOLE, nullable=False),
        sa.Column("issued_by", WHOLE, autoincrement=False, nullable=False),
        sa.Column("allocated_minor", WHOLE, nullable=False),
        sa.Column("refunded_minor", WHOLE, nullable=False),
        sa.Column("revision", WHOLE, nullable=False),
        sa.Column("act_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("row_version", WHOLE, nullable=False),
        sa.Column("acknowledgment", sa.Text(), nullable=False),
        sa.Column("acknowledgment_seq", WHOLE, nullable=False),
        sa.Column(
            "acknowledgment_machine",
            sa.Text(),
            sa.Computed("'bill.acknowledgment'", persisted=True),
            nullable=False,
        ),
        sa.Column("life", sa.Text(), nullable=False),
        sa.Column("life_seq", WHOLE, nullable=False),
        sa.Column(
            "life_machine", sa.Text(), sa.Computed("'bill.life'", persisted=True), nullable=False
        ),
        sa.CheckConstraint(
            "(unit_id <> 0) <> (debtor_id IS NOT NULL)", name=op.f("ck_bill_one_debtor")
        ),
        sa.CheckConstraint(
            "allocated_minor - refunded_minor <= total_minor", name=op.f("ck_bill_not_overpaid")
        ),
        sa.CheckConstraint(
            "allocated_minor >= 0 AND refunded_minor >= 0", name=op.f("ck_bill_counters")
        ),
        sa.CheckConstraint("refunded_minor <= allocated_minor", name=op.f("ck_bill_refunded")),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_bill_revision")),
        sa.CheckConstraint(
            "total_minor BETWEEN 1 AND 9007199254740991", name=op.f("ck_bill_total")
        ),
        sa.ForeignKeyConstraint(
            ["acknowledgment_machine", "id", "acknowledgment_seq", "acknowledgment"],
            [
                "status_event.machine",
                "status_event.entity",
                "status_event.seq",
                "status_event.to_status",
            ],
            name=op.f("fk_bill_acknowledgment_machine_id_acknowledgment_seq_acknowledgment"),
        ),
        sa.ForeignKeyConstraint(
            ["life_machine", "id", "life_seq", "life"],
            [
                "status_event.machine",
                "status_event.entity",
                "status_event.seq",
                "status_event.to_status",
            ],
            name=op.f("fk_bill_life_machine_id_life_seq_life"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "act_id"],
            ["act.tenant_id", "act.id"],
            name=op.f("fk_bill_tenant_id_act_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bill")),
        sa.UniqueConstraint(
            "id", "tenant_id", "currency", name=op.f("uq_bill_id_tenant_id_currency")
        ),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_bill_tenant_id_number")),
        sqlite_strict=True,
    )
    op.create_index("ix_bill_act_id", "bill", ["act_id"], unique=False)
    op.create_index("ix_bill_debtor", "bill", ["debtor_id", "due_on"], unique=False)
    op.create_index("ix_bill_tenant", "bill", ["tenant_id", "due_on"], unique=False)
    op.create_index("ix_bill_unit", "bill", ["unit_id", "due_on"], unique=False)
    op.create_table(
        "bill_revision",
        sa.Column("bill_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("revision", WHOLE, autoincrement=False, nullable=False),
        sa.Column("total_minor", WHOLE, nullable=False),
        sa.Column("due_on", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("act_id", WHOLE, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["act_id"], ["act.id"], name=op.f("fk_bill_revision_act_id")),
        sa.ForeignKeyConstraint(["bill_id"], ["bill.id"], name=op.f("fk_bill_revision_bill_id")),
        sa.PrimaryKeyConstraint("bill_id", "revision", name=op.f("pk_bill_revision")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_bill_revision_act_id", "bill_revision", ["act_id"], unique=False)
    op.create_table(
        "dispute",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("tenant_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("bill_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("revision", WHOLE, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("text_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("file_id", sa.Text(), nullable=False),
        sa.Column("opened_by", WHOLE, autoincrement=False, nullable=False),
        sa.Column("opened_at", WHOLE, nullable=False),
        sa.Column("answer_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("handled_by", WHOLE, autoincrement=False, nullable=True),
        sa.Column("ended_at", WHOLE, nullable=True),
        sa.Column("act_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("row_version", WHOLE, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_seq", WHOLE, nullable=False),
        sa.Column(
            "status_machine", sa.Text(), sa.Computed("'dispute'", persisted=True), nullable=False
        ),
        sa.ForeignKeyConstraint(["answer_id"], ["note.id"], name=op.f("fk_dispute_answer_id")),
        sa.ForeignKeyConstraint(
            ["bill_id", "revision"],
            ["bill_revision.bill_id", "bill_revision.revision"],
            name=op.f("fk_dispute_bill_id_revision"),
        ),
        sa.ForeignKeyConstraint(
            ["status_machine", "id", "status_seq", "status"],
            [
                "status_event.machine",
                "status_event.entity",
                "status_event.seq",
                "status_event.to_status",
            ],
            name=op.f("fk_dispute_status_machine_id_status_seq_status"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "act_id"],
            ["act.tenant_id", "act.id"],
            name=op.f("fk_dispute_tenant_id_act_id"),
        ),
        sa.ForeignKeyConstraint(["text_id"], ["note.id"], name=op.f("fk_dispute_text_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_dispute_tenant_id_number")),
        sqlite_strict=True,
    )
    op.create_index("ix_dispute_act_id", "dispute", ["act_id"], unique=False)
    op.create_index("ix_dispute_tenant", "dispute", ["tenant_id", "status"], unique=False)
    op.create_index(
        "uq_dispute_open",
        "dispute",
        ["bill_id"],
        unique=True,
        sqlite_where=sa.text("status IN ('open', 'under_review')"),
        postgresql_where=sa.text("status IN ('open', 'under_review')"),
    )

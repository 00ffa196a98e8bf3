"""How far each provider's own list was compared with the books, and where they differ."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0020"
down_revision: Final[str | None] = "0019"
branch_labels: Final = None
depends_on: Final = None

WHOLE: Final = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
IS_OPEN: Final = sa.text("status = 'open'")


def upgrade() -> None:
    """Create the tables and the index. There is no way back but a backup."""
    op.create_index(
        "ix_attempt_configuration", "attempt", ["configuration_id", "created_at"], unique=False
    )
    _differences()
    _windows()


def _differences() -> None:
    op.create_table(
        "difference",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("tenant_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("configuration_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("listed_minor", WHOLE, nullable=False),
        sa.Column("booked_currency", sa.Text(), nullable=False),
        sa.Column("booked_minor", WHOLE, nullable=False),
        sa.Column("found_at", WHOLE, nullable=False),
        sa.Column("payment_id", WHOLE, autoincrement=False, nullable=True),
        sa.Column("captured_at", WHOLE, nullable=True),
        sa.Column("told_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("reason_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("ended_by", WHOLE, autoincrement=False, nullable=True),
        sa.Column("ended_at", WHOLE, nullable=True),
        sa.Column("journal_id", WHOLE, autoincrement=False, nullable=True),
        sa.Column("act_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("row_version", WHOLE, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_seq", WHOLE, nullable=False),
        sa.Column(
            "status_machine",
            sa.Text(),
            sa.Computed("'difference'", persisted=True),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(status = 'matched') = (journal_id IS NOT NULL)", name=op.f("ck_difference_matched")
        ),
        sa.CheckConstraint(
            "(status = 'open') = (ended_at IS NULL)", name=op.f("ck_difference_ended")
        ),
        sa.CheckConstraint(
            "(status IN ('matched', 'ignored')) = (ended_by IS NOT NULL)",
            name=op.f("ck_difference_answered"),
        ),
        sa.CheckConstraint(
            "(status IN ('matched', 'ignored')) = (reason_id <> 0)",
            name=op.f("ck_difference_reason"),
        ),
        sa.CheckConstraint(
            "kind IN ('strange', 'uncredited', 'second', 'amount', 'refunded', 'missing')",
            name=op.f("ck_difference_kind"),
        ),
        sa.CheckConstraint(
            "listed_minor >= 0 AND booked_minor >= 0", name=op.f("ck_difference_amounts")
        ),
        sa.CheckConstraint("provider_id <> ''", name=op.f("ck_difference_provider_id")),
        sa.ForeignKeyConstraint(
            ["configuration_id"],
            ["provider_configuration.id"],
            name=op.f("fk_difference_configuration_id"),
        ),
        sa.ForeignKeyConstraint(["ended_by"], ["person.id"], name=op.f("fk_difference_ended_by")),
        sa.ForeignKeyConstraint(
            ["journal_id"], ["journal.id"], name=op.f("fk_difference_journal_id")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id", "tenant_id"],
            ["payment.id", "payment.tenant_id"],
            name=op.f("fk_difference_payment_id_tenant_id"),
        ),
        sa.ForeignKeyConstraint(["reason_id"], ["note.id"], name=op.f("fk_difference_reason_id")),
        sa.ForeignKeyConstraint(
            ["status_machine", "id", "status_seq", "status"],
            [
                "status_event.machine",
                "status_event.entity",
                "status_event.seq",
                "status_event.to_status",
            ],
            name=op.f("fk_difference_status_machine_id_status_seq_status"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "act_id"],
            ["act.tenant_id", "act.id"],
            name=op.f("fk_difference_tenant_id_act_id"),
        ),
        sa.ForeignKeyConstraint(["told_id"], ["note.id"], name=op.f("fk_difference_told_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_difference")),
        sa.UniqueConstraint(
            "configuration_id",
            "provider_id",
            "kind",
            "listed_minor",
            name=op.f("uq_difference_configuration_id_provider_id_kind_listed_minor"),
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_difference_act_id", "difference", ["act_id"], unique=False)
    for name, column in (
        ("ix_difference_configuration", "configuration_id"),
        ("ix_difference_open", "tenant_id"),
    ):
        op.create_index(
            name,
            "difference",
            [column, "id"],
            unique=False,
            sqlite_where=IS_OPEN,
            postgresql_where=IS_OPEN,
        )


def _windows() -> None:
    op.create_table(
        "listed_capture",
        sa.Column("configuration_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("captured_minor", WHOLE, nullable=False),
        sa.Column("refunded_minor", WHOLE, nullable=True),
        sa.Column("captured_at", WHOLE, nullable=True),
        sa.Column("told", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("captured_minor > 0", name=op.f("ck_listed_capture_captured")),
        sa.ForeignKeyConstraint(
            ["configuration_id"],
            ["provider_configuration.id"],
            name=op.f("fk_listed_capture_configuration_id"),
        ),
        sa.PrimaryKeyConstraint("configuration_id", "provider_id", name=op.f("pk_listed_capture")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reconciling",
        sa.Column("configuration_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("begun_at", WHOLE, nullable=False),
        sa.Column("since", WHOLE, nullable=False),
        sa.Column("until", WHOLE, nullable=False),
        sa.Column("done_until", WHOLE, nullable=True),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("pages", WHOLE, nullable=False),
        sa.Column("failures", WHOLE, nullable=False),
        sa.Column("row_version", WHOLE, nullable=False),
        sa.CheckConstraint(
            "done_until IS NULL OR done_until <= until", name=op.f("ck_reconciling_done")
        ),
        sa.CheckConstraint("pages >= 0 AND failures >= 0", name=op.f("ck_reconciling_counts")),
        sa.CheckConstraint(
            "phase IN ('idle', 'reading', 'judging')", name=op.f("ck_reconciling_phase")
        ),
        sa.CheckConstraint("since <= until", name=op.f("ck_reconciling_window")),
        sa.ForeignKeyConstraint(
            ["configuration_id"],
            ["provider_configuration.id"],
            name=op.f("fk_reconciling_configuration_id"),
        ),
        sa.PrimaryKeyConstraint("configuration_id", name=op.f("pk_reconciling")),
        sqlite_strict=True,
    )

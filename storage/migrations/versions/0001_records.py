"""Steps and status events, acts, notes, changes and blocks, the one-row tables."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0001"
down_revision: Final[str | None] = None
branch_labels: Final = None
depends_on: Final = None

WHOLE: Final = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Create the tables. There is no way back but a backup."""
    op.create_table(
        "fsm",
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("from_status", sa.Text(), nullable=False),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("machine", "from_status", "to_status", name=op.f("pk_fsm")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "status_event",
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("entity", WHOLE, autoincrement=False, nullable=False),
        sa.Column("seq", WHOLE, autoincrement=False, nullable=False),
        sa.Column("before_seq", WHOLE, nullable=False),
        sa.Column("from_status", sa.Text(), nullable=False),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.Column("act_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("note_id", WHOLE, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "(seq = 0 AND before_seq = 0 AND from_status = 'none' AND to_status = 'none')"
            " OR (seq >= 1 AND before_seq = seq - 1 AND to_status <> 'none')",
            name=op.f("ck_status_event_chain"),
        ),
        sa.ForeignKeyConstraint(["act_id"], ["act.id"], name=op.f("fk_status_event_act_id")),
        sa.ForeignKeyConstraint(
            ["machine", "entity", "before_seq", "from_status"],
            [
                "status_event.machine",
                "status_event.entity",
                "status_event.seq",
                "status_event.to_status",
            ],
            name=op.f("fk_status_event_machine_entity_before_seq_from_status"),
        ),
        sa.ForeignKeyConstraint(
            ["machine", "from_status", "to_status"],
            ["fsm.machine", "fsm.from_status", "fsm.to_status"],
            name=op.f("fk_status_event_machine_from_status_to_status"),
        ),
        sa.ForeignKeyConstraint(["note_id"], ["note.id"], name=op.f("fk_status_event_note_id")),
        sa.PrimaryKeyConstraint("machine", "entity", "seq", name=op.f("pk_status_event")),
        sa.UniqueConstraint(
            "machine",
            "entity",
            "seq",
            "to_status",
            name=op.f("uq_status_event_machine_entity_seq_to_status"),
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_status_event_act_id", "status_event", ["act_id"], unique=False)
    op.create_table(
        "act",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("tenant_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("cause_kind", sa.Text(), nullable=False),
        sa.Column("cause_reference", sa.Text(), nullable=False),
        sa.Column("person_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("identity_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("at", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_act_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_act")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_act_tenant_id_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "note",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("tenant_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("commitment", sa.Text(), nullable=False),
        sa.Column("act_id", WHOLE, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "act_id"],
            ["act.tenant_id", "act.id"],
            name=op.f("fk_note_tenant_id_act_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
        sqlite_strict=True,
    )
    op.create_index("ix_note_act_id", "note", ["act_id"], unique=False)
    op.create_table(
        "change",
        sa.Column("act_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("line", WHOLE, autoincrement=False, nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("entity_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["act_id"], ["act.id"], name=op.f("fk_change_act_id")),
        sa.PrimaryKeyConstraint("act_id", "line", name=op.f("pk_change")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "block",
        sa.Column("tenant_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("height", WHOLE, autoincrement=False, nullable=False),
        sa.Column("first_act", WHOLE, autoincrement=False, nullable=False),
        sa.Column("last_act", WHOLE, autoincrement=False, nullable=False),
        sa.Column("acts", WHOLE, nullable=False),
        sa.Column("before_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_block_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "height", name=op.f("pk_block")),
        sa.UniqueConstraint("tenant_id", "hash", name=op.f("uq_block_tenant_id_hash")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "birth",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("at", WHOLE, nullable=False),
        sa.CheckConstraint("mode IN ('sandbox', 'live')", name=op.f("ck_birth_mode")),
        sa.CheckConstraint("id = 1", name=op.f("ck_birth_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_birth")),
        sqlite_strict=True,
    )
    op.create_table(
        "last_group",
        sa.Column("only", WHOLE, autoincrement=False, nullable=False),
        sa.Column("id", WHOLE, nullable=False),
        sa.CheckConstraint('"only" = 1', name=op.f("ck_last_group_one_row")),
        sa.PrimaryKeyConstraint("only", name=op.f("pk_last_group")),
        sqlite_strict=True,
    )
    op.create_table(
        "outflow_freeze",
        sa.Column("only", WHOLE, autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", WHOLE, nullable=False),
        sa.CheckConstraint('"only" = 1', name=op.f("ck_outflow_freeze_one_row")),
        sa.PrimaryKeyConstraint("only", name=op.f("pk_outflow_freeze")),
        sqlite_strict=True,
    )

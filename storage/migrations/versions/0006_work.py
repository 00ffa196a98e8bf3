"""Work, arrivals, due rows, dialogues, intents, pads, live messages."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0006"
down_revision: Final[str | None] = "0005"
branch_labels: Final = None
depends_on: Final = None

WHOLE: Final = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Create the tables. There is no way back but a backup."""
    op.create_table(
        "work",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("due_at", WHOLE, nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("priority", WHOLE, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempts", WHOLE, nullable=False),
        sa.Column("is_repeat", WHOLE, nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("ended_at", WHOLE, nullable=True),
        sa.CheckConstraint("status <> 'done' OR length(payload) = 0", name=op.f("ck_work_emptied")),
        sa.CheckConstraint(
            "status IN ('due', 'sent', 'done', 'dead', 'parked')", name=op.f("ck_work_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_work_ended",
        "work",
        ["ended_at"],
        unique=False,
        sqlite_where=sa.text("status = 'done'"),
        postgresql_where=sa.text("status = 'done'"),
    )
    op.create_index(
        "ix_work_live",
        "work",
        ["due_at", "id"],
        unique=False,
        sqlite_where=sa.text("status IN ('due', 'sent')"),
        postgresql_where=sa.text("status IN ('due', 'sent')"),
    )
    op.create_table(
        "seen",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "key", name=op.f("pk_seen")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "due",
        sa.Column("due_at", WHOLE, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", WHOLE, autoincrement=False, nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("due_at", "kind", "subject", "period", name=op.f("pk_due")),
        sa.UniqueConstraint("kind", "subject", "period", name=op.f("uq_due_kind_subject_period")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "dialogue",
        sa.Column("chat_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("person_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("expires_at", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "person_id", name=op.f("pk_dialogue")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "intent",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("tenant_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("owner_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("arguments", sa.Text(), nullable=False),
        sa.Column("expires_at", WHOLE, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("was", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_seq", WHOLE, nullable=False),
        sa.Column("row_version", WHOLE, nullable=False),
        sa.Column(
            "status_machine", sa.Text(), sa.Computed("'intent'", persisted=True), nullable=False
        ),
        sa.CheckConstraint("length(key) = 22", name=op.f("ck_intent_key")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_intent_owner_id")),
        sa.ForeignKeyConstraint(
            ["status_machine", "was", "status"],
            ["fsm.machine", "fsm.from_status", "fsm.to_status"],
            name=op.f("fk_intent_status_machine_was_status"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_intent_tenant_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_intent")),
        sqlite_strict=True,
    )
    op.create_index("ix_intent_expiry", "intent", ["expires_at"], unique=False)
    op.create_table(
        "pad",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("person_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("chat_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("slots", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", WHOLE, nullable=False),
        sa.Column("digits", sa.LargeBinary(), nullable=False),
        sa.Column("intent_key", sa.Text(), nullable=False),
        sa.Column("first_hash", sa.LargeBinary(), nullable=False),
        sa.Column("row_version", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pad")),
        sqlite_strict=True,
    )
    op.create_index("ix_pad_expiry", "pad", ["expires_at"], unique=False)
    op.create_table(
        "live_message",
        sa.Column("chat_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("message_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("revision", WHOLE, nullable=False),
        sa.Column("sent_at", WHOLE, nullable=True),
        sa.PrimaryKeyConstraint("chat_id", "subject", name=op.f("pk_live_message")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )

"""Tenants, persons, identities, units, memberships, invitations."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0002"
down_revision: Final[str | None] = "0001"
branch_labels: Final = None
depends_on: Final = None

WHOLE: Final = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Create the tables. There is no way back but a backup."""
    op.create_table(
        "tenant",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("fee_bearer", sa.Text(), nullable=False),
        sa.Column("billing_email", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("row_version", WHOLE, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_seq", WHOLE, nullable=False),
        sa.Column(
            "status_machine", sa.Text(), sa.Computed("'tenant'", persisted=True), nullable=False
        ),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 80", name=op.f("ck_tenant_name")),
        sa.ForeignKeyConstraint(
            ["status_machine", "id", "status_seq", "status"],
            [
                "status_event.machine",
                "status_event.entity",
                "status_event.seq",
                "status_event.to_status",
            ],
            name=op.f("fk_tenant_status_machine_id_status_seq_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenant")),
        sqlite_strict=True,
    )
    op.create_table(
        "counter",
        sa.Column("tenant_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("year", WHOLE, autoincrement=False, nullable=False),
        sa.Column("value", WHOLE, nullable=False),
        sa.CheckConstraint("value >= 1", name=op.f("ck_counter_value")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_counter_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "kind", "year", name=op.f("pk_counter")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "person",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=False),
        sa.Column("phone_index", sa.Text(), nullable=False),
        sa.Column("phone_verified_at", WHOLE, nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("email", sa.LargeBinary(), nullable=False),
        sa.Column("pin_hash", sa.LargeBinary(), nullable=False),
        sa.Column("pin_failures", WHOLE, nullable=False),
        sa.Column("pin_locked_until", WHOLE, nullable=True),
        sa.Column("has_reminders", WHOLE, nullable=False),
        sa.Column("current_tenant_id", WHOLE, autoincrement=False, nullable=True),
        sa.Column("row_version", WHOLE, nullable=False),
        sa.CheckConstraint("pin_failures BETWEEN 0 AND 5", name=op.f("ck_person_pin_failures")),
        sa.ForeignKeyConstraint(
            ["current_tenant_id"], ["tenant.id"], name=op.f("fk_person_current_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sqlite_strict=True,
    )
    op.create_index("ix_person_phone", "person", ["phone_index"], unique=False)
    op.create_table(
        "identity",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("person_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("external_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("language_code", sa.Text(), nullable=False),
        sa.Column("is_reachable", WHOLE, nullable=False),
        sa.Column("row_version", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_identity_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity")),
        sa.UniqueConstraint("channel", "external_id", name=op.f("uq_identity_channel_external_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_identity_person", "identity", ["person_id"], unique=False)
    op.create_table(
        "unit",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("tenant_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("code_key", sa.Text(), nullable=False),
        sa.CheckConstraint("length(code) BETWEEN 1 AND 20", name=op.f("ck_unit_code")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_unit_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("tenant_id", "code_key", name=op.f("uq_unit_tenant_id_code_key")),
        sqlite_strict=True,
    )
    op.create_table(
        "membership",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("tenant_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("person_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("unit_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("row_version", WHOLE, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_seq", WHOLE, nullable=False),
        sa.Column(
            "status_machine", sa.Text(), sa.Computed("'membership'", persisted=True), nullable=False
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_membership_person_id")),
        sa.ForeignKeyConstraint(
            ["status_machine", "id", "status_seq", "status"],
            [
                "status_event.machine",
                "status_event.entity",
                "status_event.seq",
                "status_event.to_status",
            ],
            name=op.f("fk_membership_status_machine_id_status_seq_status"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_membership_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint(
            "tenant_id",
            "person_id",
            "unit_id",
            name=op.f("uq_membership_tenant_id_person_id_unit_id"),
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_membership_person", "membership", ["person_id"], unique=False)
    op.create_index("ix_membership_unit", "membership", ["unit_id"], unique=False)
    op.create_table(
        "invitation",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("tenant_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("unit_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", WHOLE, nullable=False),
        sa.Column("invited_by", WHOLE, autoincrement=False, nullable=True),
        sa.Column("used_by", WHOLE, autoincrement=False, nullable=True),
        sa.Column("row_version", WHOLE, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_seq", WHOLE, nullable=False),
        sa.Column(
            "status_machine", sa.Text(), sa.Computed("'invitation'", persisted=True), nullable=False
        ),
        sa.CheckConstraint(
            "(status = 'used') = (used_by IS NOT NULL)", name=op.f("ck_invitation_used")
        ),
        sa.ForeignKeyConstraint(
            ["status_machine", "id", "status_seq", "status"],
            [
                "status_event.machine",
                "status_event.entity",
                "status_event.seq",
                "status_event.to_status",
            ],
            name=op.f("fk_invitation_status_machine_id_status_seq_status"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_invitation_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_invitation_key_hash")),
        sqlite_strict=True,
    )

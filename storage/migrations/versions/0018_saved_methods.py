"""Saved payment methods, what waits to be kept, preferred providers, and charges."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0018"
down_revision: Final[str | None] = "0017"
branch_labels: Final = None
depends_on: Final = None

WHOLE: Final = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def _ident(name: str) -> "sa.Column[int]":
    return sa.Column(name, WHOLE, autoincrement=False, nullable=False)


def upgrade() -> None:
    """Add the tables and the column. There is no way back but a backup."""
    op.add_column("attempt", sa.Column("method_id", WHOLE, nullable=False, server_default="0"))
    _add_methods()
    op.create_table(
        "held_method",
        _ident("attempt_id"),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("until", WHOLE, nullable=False),
        sa.CheckConstraint("length(body) > 0", name=op.f("ck_held_method_body")),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name=op.f("fk_held_method_attempt_id")
        ),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_held_method")),
        sqlite_strict=True,
    )
    op.create_index("ix_held_method_until", "held_method", ["until"], unique=False)
    op.create_table(
        "provider_preference",
        _ident("person_id"),
        _ident("tenant_id"),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_provider_preference_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_provider_preference_tenant_id")
        ),
        sa.PrimaryKeyConstraint("person_id", "tenant_id", name=op.f("pk_provider_preference")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_provider_preference_tenant", "provider_preference", ["tenant_id"], unique=False
    )


def _add_methods() -> None:
    op.create_table(
        "payment_method",
        _ident("id"),
        _ident("tenant_id"),
        _ident("person_id"),
        _ident("configuration_id"),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("label", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("expires", sa.Text(), nullable=False),
        sa.Column("kept_at", WHOLE, nullable=False),
        sa.Column("is_default", WHOLE, nullable=False),
        sa.Column("is_active", WHOLE, nullable=False),
        sa.Column("row_version", WHOLE, nullable=False),
        sa.CheckConstraint("length(body) > 0", name=op.f("ck_payment_method_body")),
        sa.CheckConstraint("length(fingerprint) = 64", name=op.f("ck_payment_method_fingerprint")),
        sa.CheckConstraint(
            "is_default = 0 OR is_active = 1", name=op.f("ck_payment_method_default")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_payment_method_tenant_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_payment_method_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["configuration_id"],
            ["provider_configuration.id"],
            name=op.f("fk_payment_method_configuration_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_method")),
        sa.UniqueConstraint(
            "person_id",
            "tenant_id",
            "configuration_id",
            "fingerprint",
            name=op.f("uq_payment_method_same"),
        ),
        sqlite_strict=True,
    )
    op.create_index(
        "uq_payment_method_default",
        "payment_method",
        ["person_id", "tenant_id"],
        unique=True,
        sqlite_where=sa.text("is_default = 1"),
        postgresql_where=sa.text("is_default = 1"),
    )
    op.create_index(
        "ix_payment_method_configuration", "payment_method", ["configuration_id"], unique=False
    )
    op.create_index("ix_payment_method_tenant", "payment_method", ["tenant_id"], unique=False)

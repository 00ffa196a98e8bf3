"""What may be done with a card that may be somebody else's, and in whose account it is kept."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0028"
down_revision: Final[str | None] = "0027"
branch_labels: Final = None
depends_on: Final = None

WHOLE: Final = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
DAY: Final = 86_400_000_000
IS_CHARGE: Final = "method_id <> 0"


def _ident(name: str) -> "sa.Column[int]":
    return sa.Column(name, WHOLE, autoincrement=False, nullable=False)


def upgrade() -> None:
    """Add columns and tables; what was saved before waits its day. Back goes only by a backup."""
    for column in (
        sa.Column("payment_id", WHOLE, nullable=False, server_default="0"),
        sa.Column("waits_until", WHOLE, nullable=True),
        sa.Column("day_limit_minor", WHOLE, nullable=False, server_default="0"),
        sa.Column("charged_at", WHOLE, nullable=True),
        sa.Column("account", sa.Text(), nullable=False, server_default=""),
    ):
        op.add_column("payment_method", column)
    account = sa.Column("account", sa.Text(), nullable=False, server_default="")
    op.add_column("provider_configuration", account)
    op.execute(
        f"UPDATE payment_method SET waits_until = kept_at + {DAY}, row_version = row_version + 1"
    )
    for name, table, columns in (
        ("ix_payment_method_payment", "payment_method", ["payment_id"]),
        ("ix_payment_method_fingerprint", "payment_method", ["configuration_id", "fingerprint"]),
    ):
        op.create_index(name, table, columns, unique=False)
    op.create_index(
        "ix_attempt_method",
        "attempt",
        ["method_id", "created_at"],
        unique=False,
        sqlite_where=sa.text(IS_CHARGE),
        postgresql_where=sa.text(IS_CHARGE),
    )
    _add_tables()


def _add_tables() -> None:
    op.create_table(
        "charged_method",
        _ident("attempt_id"),
        sa.Column("label", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(label) > 0", name=op.f("ck_charged_method_label")),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name=op.f("fk_charged_method_attempt_id")
        ),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_charged_method")),
        sqlite_strict=True,
    )
    op.create_table(
        "barred_method",
        _ident("person_id"),
        _ident("tenant_id"),
        _ident("configuration_id"),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("barred_at", WHOLE, nullable=False),
        sa.CheckConstraint("length(fingerprint) = 64", name=op.f("ck_barred_method_fingerprint")),
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_barred_method_{column}"))
            for column, target in (
                ("person_id", "person.id"),
                ("tenant_id", "tenant.id"),
                ("configuration_id", "provider_configuration.id"),
            )
        ),
        sa.PrimaryKeyConstraint(
            "person_id",
            "tenant_id",
            "configuration_id",
            "fingerprint",
            name=op.f("pk_barred_method"),
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    for column in ("tenant", "configuration"):
        op.create_index(
            f"ix_barred_method_{column}", "barred_method", [f"{column}_id"], unique=False
        )

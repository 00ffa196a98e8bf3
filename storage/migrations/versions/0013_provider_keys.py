"""Keys of tenants' own provider configurations, and the order in which those are offered."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0013"
down_revision: Final[str | None] = "0012"
branch_labels: Final = None
depends_on: Final = None

WHOLE: Final = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Add the columns and the table. There is no way back but a backup."""
    for name in ("place", "keys_id"):
        column = sa.Column(name, WHOLE, nullable=False, server_default="0")
        op.add_column("provider_configuration", column)
    op.create_table(
        "provider_keys",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("configuration_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", WHOLE, nullable=False),
        sa.Column("health", sa.Text(), nullable=False),
        sa.Column("account", sa.LargeBinary(), nullable=False),
        sa.Column("checked_at", WHOLE, nullable=True),
        sa.CheckConstraint("length(body) > 0", name=op.f("ck_provider_keys_body")),
        sa.CheckConstraint(
            "health IN ('untested', 'working', 'refused', 'silent', 'other_mode')",
            name=op.f("ck_provider_keys_health"),
        ),
        sa.ForeignKeyConstraint(
            ["configuration_id"],
            ["provider_configuration.id"],
            name=op.f("fk_provider_keys_configuration_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_keys")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_provider_keys_configuration", "provider_keys", ["configuration_id"], unique=False
    )

"""How providers' configurations stand."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0021"
down_revision: Final[str | None] = "0020"
branch_labels: Final = None
depends_on: Final = None

WHOLE: Final = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Add the table. There is no way back but a backup."""
    op.create_table(
        "provider_standing",
        sa.Column("configuration_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("troubles", WHOLE, nullable=False),
        sa.Column("troubled_since", WHOLE, nullable=True),
        sa.Column("down_at", WHOLE, nullable=True),
        sa.Column("try_at", WHOLE, nullable=True),
        sa.Column("trials", WHOLE, nullable=False),
        sa.Column("row_version", WHOLE, nullable=False),
        sa.CheckConstraint(
            "troubles >= 0 AND trials >= 0", name=op.f("ck_provider_standing_counts")
        ),
        sa.CheckConstraint(
            "(troubles = 0) = (troubled_since IS NULL)", name=op.f("ck_provider_standing_troubled")
        ),
        sa.CheckConstraint(
            "(down_at IS NULL) = (try_at IS NULL)", name=op.f("ck_provider_standing_down")
        ),
        sa.CheckConstraint(
            "down_at IS NOT NULL OR trials = 0", name=op.f("ck_provider_standing_trials")
        ),
        sa.CheckConstraint(
            "down_at IS NULL OR troubles > 0", name=op.f("ck_provider_standing_fell")
        ),
        sa.CheckConstraint(
            "try_at IS NULL OR try_at > down_at", name=op.f("ck_provider_standing_pause")
        ),
        sa.ForeignKeyConstraint(
            ["configuration_id"],
            ["provider_configuration.id"],
            name=op.f("fk_provider_standing_configuration_id"),
        ),
        sa.PrimaryKeyConstraint("configuration_id", name=op.f("pk_provider_standing")),
        sqlite_strict=True,
    )

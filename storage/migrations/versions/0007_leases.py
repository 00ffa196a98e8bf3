"""Processes, the lanes they hold, pauses they share."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0007"
down_revision: Final[str | None] = "0006"
branch_labels: Final = None
depends_on: Final = None

WHOLE: Final = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Create the tables. There is no way back but a backup."""
    op.create_table(
        "process",
        sa.Column("node", WHOLE, autoincrement=False, nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("parts", sa.Text(), nullable=False),
        sa.Column("since", WHOLE, nullable=False),
        sa.Column("seen_at", WHOLE, nullable=False),
        sa.Column("until", WHOLE, nullable=False),
        sa.CheckConstraint("node BETWEEN 1 AND 199", name=op.f("ck_process_node")),
        sa.PrimaryKeyConstraint("node", name=op.f("pk_process")),
        sa.UniqueConstraint("owner", name=op.f("uq_process_owner")),
        sqlite_strict=True,
    )
    op.create_table(
        "lane",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("until", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_lane")),
        sqlite_strict=True,
    )
    op.create_table(
        "pause",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("until", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_pause")),
        sqlite_strict=True,
    )

"""Access tokens of providers, kept for all processes."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0019"
down_revision: Final[str | None] = "0018"
branch_labels: Final = None
depends_on: Final = None

WHOLE: Final = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Create the table. There is no way back but a backup."""
    op.create_table(
        "access_token",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("until", WHOLE, nullable=False),
        sa.Column("fetcher", sa.Text(), nullable=False),
        sa.Column("claimed_until", WHOLE, nullable=False),
        sa.CheckConstraint("length(name) = 64", name=op.f("ck_access_token_name")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_access_token")),
        sqlite_strict=True,
    )
    op.create_index("ix_access_token_until", "access_token", ["until"], unique=False)

"""Blocks that name their acts, and the acts that wait for a sealer (PostgreSQL)."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0009"
down_revision: Final[str | None] = "0008"
branch_labels: Final = None
depends_on: Final = None

WHOLE: Final = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Add the column and the table; blocks of before cover their whole range."""
    op.add_column("block", sa.Column("listed", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "unsealed",
        sa.Column("act_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("tenant_id", WHOLE, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["act_id"], ["act.id"], name=op.f("fk_unsealed_act_id")),
        sa.PrimaryKeyConstraint("act_id", name=op.f("pk_unsealed")),
        sqlite_strict=True,
    )

"""Which attempts' payers have paid while the money is still on its way, and what that waits for."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0027"
down_revision: Final[str | None] = "0026"
branch_labels: Final = None
depends_on: Final = None

WHOLE: Final = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
HELD: Final = sa.text("needs <> '' AND status IN ('waiting', 'unknown')")


def upgrade() -> None:
    """Add the columns and the desk's index. There is no way back but a backup."""
    op.add_column("attempt", sa.Column("is_clearing", WHOLE, nullable=False, server_default="0"))
    op.add_column("attempt", sa.Column("cleared_by", WHOLE, nullable=True))
    op.add_column("attempt", sa.Column("needs", sa.Text(), nullable=False, server_default=""))
    op.create_index(
        "ix_attempt_held",
        "attempt",
        ["tenant_id"],
        unique=False,
        sqlite_where=HELD,
        postgresql_where=HELD,
    )

"""Which attempts asked on their payer's phone: no page tells that he may have paid."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0016"
down_revision: Final[str | None] = "0015"
branch_labels: Final = None
depends_on: Final = None

WHOLE: Final = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Add the column. There is no way back but a backup."""
    op.add_column("attempt", sa.Column("is_prompt", WHOLE, nullable=False, server_default="0"))

"""Whether providers that must be told before may keep what a person pays with."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0022"
down_revision: Final[str | None] = "0021"
branch_labels: Final = None
depends_on: Final = None

WHOLE: Final = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Add the column. There is no way back but a backup."""
    kept = sa.Column("is_keeping", WHOLE, nullable=False, server_default="0")
    op.add_column("provider_preference", kept)

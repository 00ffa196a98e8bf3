"""Keys keep why their provider refused them."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0034"
down_revision: Final[str | None] = "0033"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Add the column. There is no way back but a backup."""
    op.add_column("provider_keys", sa.Column("detail", sa.Text, nullable=False, server_default=""))

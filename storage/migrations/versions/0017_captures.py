"""Which payment a provider's capture belongs to: events of claims name nothing else."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0017"
down_revision: Final[str | None] = "0016"
branch_labels: Final = None
depends_on: Final = None

CAPTURES: Final = sa.text("kind IN ('link_payment', 'top_up', 'suspense')")


def upgrade() -> None:
    """Create the index. There is no way back but a backup."""
    op.create_index(
        "ix_journal_capture",
        "journal",
        ["key"],
        unique=False,
        sqlite_where=CAPTURES,
        postgresql_where=CAPTURES,
    )

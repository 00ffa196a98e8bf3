"""Claims to money that was kept apart, and the journal that booked what was lost of it."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0029"
down_revision: Final[str | None] = "0028"
branch_labels: Final = None
depends_on: Final = None

WHOLE: Final = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Add the columns; rules say what they refer to. There is no way back but a backup."""
    for name in ("unmatched_id", "journal_id"):
        op.add_column("chargeback", sa.Column(name, WHOLE, nullable=True))

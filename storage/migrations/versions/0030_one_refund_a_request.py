"""A refund answers one request for money back at most."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0030"
down_revision: Final[str | None] = "0029"
branch_labels: Final = None
depends_on: Final = None

ANSWERED: Final = sa.text("refund_id IS NOT NULL")


def upgrade() -> None:
    """Add the index. There is no way back but a backup."""
    op.create_index(
        "uq_refund_request_refund",
        "refund_request",
        ["refund_id"],
        unique=True,
        sqlite_where=ANSWERED,
        postgresql_where=ANSWERED,
    )

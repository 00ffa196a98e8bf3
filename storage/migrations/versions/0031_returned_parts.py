"""What of a refund came back: a part of it may, and what is back is no more given back."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0031"
down_revision: Final[str | None] = "0030"
branch_labels: Final = None
depends_on: Final = None

WHOLE: Final = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Add the column and count again. There is no way back but a backup."""
    returned = sa.Column("returned_minor", WHOLE, nullable=False, server_default="0")
    op.add_column("refund", returned)
    op.execute("UPDATE refund SET returned_minor = amount_minor WHERE status = 'returned'")
    op.execute(
        "UPDATE refundable SET reversed_minor = (SELECT COALESCE(SUM(r.amount_minor), 0)"
        " FROM refund r WHERE r.payment_id = refundable.payment_id AND r.origin = 'provider'"
        " AND r.status = 'completed') WHERE reversed_minor > 0"
    )

"""Claims by capture: several of one payment, what was taken before, and what cannot have been."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0025"
down_revision: Final[str | None] = "0024"
branch_labels: Final = None
depends_on: Final = None

WHOLE: Final = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
IS_OPEN: Final = "status IN ('open', 'evidence_sent')"


def upgrade() -> None:
    """Add the columns and change the key of what is open. There is no way back but a backup."""
    for name in ("taken_before_minor", "said_minor"):
        op.add_column("chargeback", sa.Column(name, WHOLE, nullable=False, server_default="0"))
    said = sa.Column("said_currency", sa.Text(), nullable=False, server_default="")
    op.add_column("chargeback", said)
    op.execute(
        "UPDATE chargeback SET taken_before_minor = (SELECT COALESCE(SUM(r.amount_minor), 0)"
        " FROM refund r WHERE r.payment_id = chargeback.payment_id"
        " AND r.configuration_id = chargeback.configuration_id AND r.capture = chargeback.capture"
        " AND r.origin = 'provider' AND r.status IN ('completed', 'returned')"
        " AND r.requested_at < chargeback.opened_at)"
    )
    op.drop_index("uq_chargeback_open", "chargeback")
    op.create_index(
        "uq_chargeback_open",
        "chargeback",
        ["configuration_id", "capture"],
        unique=True,
        sqlite_where=sa.text(IS_OPEN),
        postgresql_where=sa.text(IS_OPEN),
    )
    op.create_index("ix_chargeback_payment", "chargeback", ["payment_id"], unique=False)

"""Open invitations of a tenant are found by index."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0010"
down_revision: Final[str | None] = "0009"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Create the index. There is no way back but a backup."""
    op.create_index(
        "ix_invitation_open",
        "invitation",
        ["tenant_id"],
        unique=False,
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )

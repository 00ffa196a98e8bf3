"""What stands before a row in its lane, found without reading the queue.

Only processes that share their lanes ask, and SQLite has one that holds them all: no index there.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0012"
down_revision: Final[str | None] = "0011"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Create the index on a server. There is no way back but a backup."""
    if op.get_bind().dialect.name == "sqlite":
        return
    op.create_index(
        "ix_work_lane",
        "work",
        ["lane", "priority", "id"],
        unique=False,
        postgresql_where=sa.text("status IN ('due', 'sent')"),
    )

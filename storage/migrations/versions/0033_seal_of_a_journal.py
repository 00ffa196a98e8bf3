"""The block that covers an act is found by the act."""

from typing import Final

from alembic import op

revision: Final = "0033"
down_revision: Final[str | None] = "0032"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Add the index. There is no way back but a backup."""
    op.create_index("ix_block_tenant_id_last_act", "block", ["tenant_id", "last_act"])

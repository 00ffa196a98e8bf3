"""One-time addresses at which providers answer, and the receipt's number of what they took."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0015"
down_revision: Final[str | None] = "0014"
branch_labels: Final = None
depends_on: Final = None

WHOLE: Final = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Add the table and the column. There is no way back but a backup."""
    op.add_column("attempt", sa.Column("receipt", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "answer_address",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("configuration_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("subject", WHOLE, autoincrement=False, nullable=False),
        sa.Column("until", WHOLE, nullable=False),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_answer_address_digest")),
        sa.CheckConstraint(
            "about IN ('payment', 'refund', 'payout')", name=op.f("ck_answer_address_about")
        ),
        sa.ForeignKeyConstraint(
            ["configuration_id"],
            ["provider_configuration.id"],
            name=op.f("fk_answer_address_configuration_id"),
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_answer_address")),
        sqlite_strict=True,
    )
    op.create_index("ix_answer_address_until", "answer_address", ["until"], unique=False)

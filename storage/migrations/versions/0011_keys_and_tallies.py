"""Which keys the database was written with, and counts that are forgotten after a while.

Counts of a minute, an hour or a day were rows of `counter`, which are never deleted.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0011"
down_revision: Final[str | None] = "0010"
branch_labels: Final = None
depends_on: Final = None

WHOLE: Final = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
SECONDS: Final = {"guess": 3_600, "check": 60, "return": 60}
"""Of a period, by what was counted; `year` numbered them since 1970."""
DAY: Final = 86_400
FIRST_DAY: Final = 719_163
"""The ordinal of 1970-01-01: resent bills counted days since the year 1."""


def upgrade() -> None:
    """Create the tables and move the short counts over. There is no way back but a backup."""
    op.create_table(
        "ring_key",
        sa.Column("place", WHOLE, autoincrement=False, nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("at", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_ring_key")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_ring_key_fingerprint")),
        sqlite_strict=True,
    )
    op.create_table(
        "tally",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", WHOLE, nullable=False),
        sa.Column("until", WHOLE, nullable=False),
        sa.CheckConstraint("value >= 1", name=op.f("ck_tally_value")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_tally")),
        sqlite_strict=True,
    )
    op.create_index("ix_tally_until", "tally", ["until"], unique=False)
    ends = [f"WHEN kind LIKE '{k}:%' THEN (year + 1) * {s}" for k, s in SECONDS.items()]
    ends.append(f"ELSE (year - {FIRST_DAY} + 1) * {DAY}")
    whole = "CAST(year AS BIGINT)"
    until = f"CASE {' '.join(ends)} END".replace("(year", f"({whole}")
    op.execute(
        "INSERT INTO tally (name, value, until)"
        f" SELECT kind || ':' || CAST(year AS TEXT), MAX(value), MAX({until}) * 1000000"
        " FROM counter WHERE kind LIKE '%:%' GROUP BY kind, year"
    )
    op.execute("DELETE FROM counter WHERE kind LIKE '%:%'")

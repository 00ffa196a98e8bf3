"""Differences may be claims of banks to money in another currency than its payment's."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0032"
down_revision: Final[str | None] = "0031"
branch_labels: Final = None
depends_on: Final = None

BEFORE: Final = "kind IN ('strange', 'uncredited', 'second', 'amount', 'refunded', 'missing')"
AFTER: Final = BEFORE.replace("'missing'", "'missing', 'claimed'")


def upgrade() -> None:
    """Let in one kind more. There is no way back but a backup."""
    if op.get_bind().dialect.name == "sqlite":
        _rebuild()
        return
    op.drop_constraint(op.f("ck_difference_kind"), "difference")
    op.create_check_constraint(op.f("ck_difference_kind"), "difference", AFTER)


def _rebuild() -> None:
    """SQLite changes a rule by making its table anew: from its own words, with its indexes."""
    bind = op.get_bind()
    made = "SELECT sql FROM sqlite_master WHERE tbl_name = 'difference' AND sql IS NOT NULL"
    (table,) = bind.execute(sa.text(f"{made} AND type = 'table'")).scalars().all()
    indexes = bind.execute(sa.text(f"{made} AND type = 'index'")).scalars().all()
    columns = bind.execute(sa.text("SELECT name FROM pragma_table_info('difference')")).scalars()
    names = ", ".join(columns)
    bind.exec_driver_sql(table.replace("difference", "difference_new", 1).replace(BEFORE, AFTER, 1))
    op.execute(f"INSERT INTO difference_new ({names}) SELECT {names} FROM difference")
    op.drop_table("difference")
    op.rename_table("difference_new", "difference")
    for index in indexes:
        bind.exec_driver_sql(index)

"""How PostgreSQL is spoken to: psycopg's raw cursor, whole numbers of 64 bits, values by place."""

from typing import Final

from sqlalchemy.dialects.postgresql.base import PGDialect

from storage.statements import POSTGRESQL, Speech


def _numbered(sql: str) -> str:
    """Number the marks of a statement: the driver's raw cursor wants `$1`, `$2`, ..."""
    first, *rest = sql.split("%s")
    marked = "".join(f"${place}{part}" for place, part in enumerate(rest, start=1))
    return f"{first}{marked}".replace("%%", "%")


_DIALECT: Final = PGDialect(paramstyle="format")  # type: ignore[no-untyped-call]

POSTGRES: Final = Speech(POSTGRESQL, _DIALECT, "%s", _numbered)

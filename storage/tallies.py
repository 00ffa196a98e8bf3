"""Tallies: short-lived counts, swept when their time is over."""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import CheckConstraint, Index, bindparam, delete, select, update

from storage.schema import number, table, text, time
from storage.statements import Statement, inserting_once

if TYPE_CHECKING:
    from storage.transaction import SqlTransaction

TALLY: Final = table(
    "tally",
    text("name", primary_key=True),
    number("value"),
    time("until"),
    CheckConstraint("value >= 1", name="value"),
    Index("ix_tally_until", "until"),
)

_MORE: Final = Statement(
    update(TALLY)
    .where(TALLY.c.name == bindparam("name_is"))
    .values(value=TALLY.c.value + 1)
    .returning(TALLY.c.value)
)
_FIRST: Final = inserting_once(TALLY)
_VALUE: Final = Statement(select(TALLY.c.value).where(TALLY.c.name == bindparam("name")))
_SWEEP: Final = Statement(delete(TALLY).where(TALLY.c.until <= bindparam("now")))


class SqlTallies:
    """Tallies in SQL."""

    def __init__(self, tx: "SqlTransaction") -> None:
        """Work on an open transaction."""
        self._tx = tx

    def count(self, name: str, *, until: datetime) -> int:
        """Count once more and return how often it was; it may be forgotten after `until`."""
        _FIRST.run(self._tx.cursor, {"name": name, "value": 1, "until": until})
        if self._tx.cursor.rowcount:
            return 1
        return int(_MORE.rows(self._tx.cursor, {"name_is": name})[0][0])

    def counted(self, name: str) -> int:
        """Return how often it was, 0 for never."""
        rows = _VALUE.rows(self._tx.cursor, {"name": name})
        return int(rows[0][0]) if rows else 0

    def sweep(self) -> int:
        """Forget those whose time is over; return how many."""
        _SWEEP.run(self._tx.cursor, {"now": self._tx.now})
        return self._tx.cursor.rowcount

"""The freeze after a restore: what a copy had still to do is put aside until an operator decides.

Messages and notices wait and come back marked as repeated. What people did and PIN checks are held:
the service that ran after the copy may have carried them out. Calls are marked as sent: they are
looked up.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, bindparam, literal_column, text, update

from core.domain.freeze import Freeze
from core.domain.tenants import PLATFORM
from storage import audit
from storage.birth import FREEZE
from storage.schema import UtcTime
from storage.statements import Statement, putting, written
from storage.work import FROZEN, HELD, IS_LIVE, WORK

if TYPE_CHECKING:
    from storage.transaction import SqlTransaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """How many rows a release let go, dropped, and gave back to be handled."""

    woken: int
    dropped: int
    handled: int


def _timed(sql: str) -> Statement:
    return Statement(text(sql).bindparams(bindparam("since", type_=UtcTime())))


_FIND: Final = Statement(
    text(
        "SELECT since, coalesce((SELECT at FROM act WHERE act.at < outflow_freeze.since"
        " ORDER BY id DESC LIMIT 1), since) AS books_at FROM outflow_freeze"
    ).columns(since=UtcTime(), books_at=UtcTime())
)
_BEGIN: Final = putting(FREEZE, key=("only",))
_END: Final = written("DELETE FROM outflow_freeze")

_ARRIVED: Final = f"{IS_LIVE} AND kind IN ('update', 'pin')"
_LANES: Final = written(f"SELECT DISTINCT lane FROM work WHERE {_ARRIVED} ORDER BY lane")
_HOLD: Final = written(f"UPDATE work SET status = 'parked', last_error = :mark WHERE {_ARRIVED}")
_FORGET_DIGITS: Final = Statement(
    update(WORK)
    .where(and_(WORK.c.last_error == bindparam("mark"), WORK.c.kind == "pin"))
    .values(payload=b"")
)
_PARK: Final = _timed(
    "UPDATE work SET status = 'parked', last_error = :mark,"
    " is_repeat = CASE WHEN status = 'sent' OR due_at <= :since THEN 1 ELSE is_repeat END"
    f" WHERE {IS_LIVE} AND kind IN ('message', 'notice')"
)
_DOUBT: Final = _timed(
    f"UPDATE work SET status = 'sent', due_at = :since WHERE {IS_LIVE} AND kind = 'call'"
)
_HASTEN: Final = _timed(
    "UPDATE due SET due_at = :since WHERE due_at > :since"
    " AND kind IN ('payment_check', 'refund_check')"
)
_WAKE: Final = written(
    "UPDATE work SET status = CASE kind WHEN 'call' THEN 'sent' ELSE 'due' END, last_error = ''"
    " WHERE status = 'parked' AND last_error = :mark"
)
"""Calls were parked, too, by earlier versions."""
_HANDLE: Final = written(
    "UPDATE work SET status = 'due', last_error = ''"
    " WHERE status = 'parked' AND last_error = :mark AND kind = 'update'"
)
_DROP: Final = Statement(
    update(WORK)
    .where(and_(literal_column("status = 'parked'"), WORK.c.last_error == bindparam("mark")))
    .values(status="done", payload=b"", ended_at=bindparam("ended_at"))
)


class SqlFreeze:
    """The freeze in SQL."""

    def __init__(self, tx: "SqlTransaction") -> None:
        """Work on an open transaction."""
        self._tx = tx

    def find(self) -> Freeze | None:
        """Return the freeze, None while outflows flow."""
        rows = _FIND.rows(self._tx.cursor, {})
        return Freeze(since=rows[0][0], books_at=rows[0][1]) if rows else None

    def begin(self) -> None:
        """Freeze from now on; an earlier freeze, which the copy held, ends in this one."""
        values = {"only": 1, "reason": "restore", "since": self._tx.now}
        _BEGIN.run(self._tx.cursor, values)
        audit.add_change(self._tx, PLATFORM, "outflow_freeze", 1, {"state": "frozen"})

    def hold(self) -> tuple[str, ...]:
        """Put aside what people did and was not handled; return their lanes.

        A PIN's digits do not stay: they are good for two minutes, a restore takes longer.
        """
        lanes = tuple(str(row[0]) for row in _LANES.rows(self._tx.cursor, {}))
        _HOLD.run(self._tx.cursor, {"mark": HELD})
        _FORGET_DIGITS.run(self._tx.cursor, {"mark": HELD})
        return lanes

    def park(self) -> int:
        """Put aside what was to be told; return how many rows.

        What was due by now may have been told: it comes back marked as repeated.
        """
        _PARK.run(self._tx.cursor, {"mark": FROZEN, "since": self._tx.now})
        return self._tx.cursor.rowcount

    def doubt(self) -> None:
        """Have every call looked up, and every planned look-up made, at once."""
        _DOUBT.run(self._tx.cursor, {"since": self._tx.now})
        _HASTEN.run(self._tx.cursor, {"since": self._tx.now})

    def release(self, *, is_handling: bool = False) -> Released:
        """Let everything go on; what people did is dropped, or handled where it is asked for.

        A PIN check is always dropped: its digits are gone.
        """
        cursor = self._tx.cursor
        _END.run(cursor, {})
        if cursor.rowcount:
            audit.add_change(self._tx, PLATFORM, "outflow_freeze", 1, {"state": "released"})
        _WAKE.run(cursor, {"mark": FROZEN})
        woken, handled = cursor.rowcount, 0
        if is_handling:
            _HANDLE.run(cursor, {"mark": HELD})
            handled = cursor.rowcount
        _DROP.run(cursor, {"mark": HELD, "ended_at": self._tx.now})
        return Released(woken=woken, dropped=cursor.rowcount, handled=handled)

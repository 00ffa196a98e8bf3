"""Work rows, what was seen before, and what becomes due.

Payloads are encrypted and emptied when done. `seen` is narrow and kept; `due` is clustered by
date so that claiming costs the same at any size.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Index,
    UniqueConstraint,
    and_,
    bindparam,
    delete,
    func,
    literal_column,
    or_,
    select,
    update,
)

from core.domain.errors import Conflict
from core.domain.work import Due, Kind, Priority, Waiting, Work, WorkId, WorkStatus
from storage.records import Records
from storage.schema import FOR_SERVERS, flag, ident, number, only_where, sealed, table, text, time
from storage.statements import IsListed, Statement, inserting_once, putting

if TYPE_CHECKING:
    from storage.transaction import SqlTransaction

IS_LIVE: Final = "status IN ('due', 'sent')"

FROZEN: Final = "frozen by a restore"
"""Stands as the last error of what a restored copy had to tell, until the release."""

HELD: Final = "older than the copy"
"""Stands as the last error of what people did and a restored copy had not handled."""

WORK: Final = table(
    "work",
    ident(primary_key=True),
    text("kind"),
    text("lane"),
    sealed("payload"),
    time("due_at"),
    time("created_at"),
    number("priority"),
    text("status"),
    number("attempts"),
    flag("is_repeat"),
    text("last_error"),
    time("ended_at", nullable=True),
    CheckConstraint("status IN ('due', 'sent', 'done', 'dead', 'parked')", name="status"),
    CheckConstraint("status <> 'done' OR length(payload) = 0", name="emptied"),
    Index("ix_work_live", "due_at", "id", **only_where(IS_LIVE)),
    Index("ix_work_ended", "ended_at", **only_where("status = 'done'")),
    # What stands before a row in its lane; only processes that share their lanes ask.
    Index("ix_work_lane", "lane", "priority", "id", info=FOR_SERVERS, **only_where(IS_LIVE)),
)


def is_behind() -> ColumnElement[bool]:
    """Say that a row stands behind a place (`priority_after`, `id_after`) of the queue."""
    return or_(
        WORK.c.priority > bindparam("priority_after"),
        and_(WORK.c.priority == bindparam("priority_after"), WORK.c.id > bindparam("id_after")),
    )


SEEN: Final = table(
    "seen",
    text("source", primary_key=True),
    text("key", primary_key=True),
    sqlite_with_rowid=False,
)

DUE: Final = table(
    "due",
    time("due_at", primary_key=True),
    text("kind", primary_key=True),
    ident("subject", primary_key=True),
    text("period", primary_key=True),
    UniqueConstraint("kind", "subject", "period"),
    sqlite_with_rowid=False,
)

KEEP_DONE: Final = timedelta(days=14)
"""How long an emptied row stays."""

_WORKS: Final = Records(WORK, Work, secret=("payload",), extra={"ended_at": lambda _w, _t: None})
_LIVE: Final = Statement(
    _WORKS.select()
    .where(
        literal_column(IS_LIVE), WORK.c.due_at <= bindparam("at"), WORK.c.id > bindparam("after")
    )
    .order_by(WORK.c.id)
    .limit(bindparam("limit"))
)
_PLACES: Final = (WORK.c.priority, WORK.c.id, WORK.c.lane)
_WAITING: Final = Statement(
    select(*_PLACES)
    .where(literal_column(IS_LIVE), WORK.c.due_at <= bindparam("at"), is_behind())
    .order_by(WORK.c.priority, WORK.c.id)
    .limit(bindparam("limit"))
)
_SOME: Final = Statement(
    _WORKS.select()
    .where(
        literal_column(IS_LIVE),
        WORK.c.due_at <= bindparam("at"),
        IsListed(WORK.c.id, bindparam("ids")),
    )
    .order_by(WORK.c.priority, WORK.c.id)
)
_ONE: Final = _WORKS.by("id")
_DONE: Final = Statement(
    update(WORK)
    .where(and_(WORK.c.id == bindparam("id_is"), literal_column(IS_LIVE)))
    .values(status=bindparam("status"), payload=b"", ended_at=bindparam("ended_at"))
)
_MARK: Final = Statement(
    update(WORK)
    .where(and_(WORK.c.id == bindparam("id_is"), literal_column(IS_LIVE)))
    .values(
        status=bindparam("status"),
        attempts=bindparam("attempts"),
        due_at=bindparam("due_at"),
        last_error=bindparam("last_error"),
        is_repeat=bindparam("is_repeat"),
    )
)
_SEE: Final = inserting_once(SEEN)
_PLAN: Final = putting(DUE, key=("kind", "subject", "period"))
_PLANNED: Final = Statement(
    select(DUE.c.due_at).where(
        DUE.c.kind == bindparam("kind"),
        DUE.c.subject == bindparam("subject"),
        DUE.c.period == bindparam("period"),
    )
)
_TAKE: Final = Statement(
    select(DUE.c.due_at, DUE.c.kind, DUE.c.subject, DUE.c.period)
    .where(DUE.c.due_at <= bindparam("at"), literal_column("kind || ''") == bindparam("kind"))
    .order_by(DUE.c.due_at, DUE.c.kind, DUE.c.subject)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
"""`kind || ''` hides the unique key, of which SQLite would read and sort a kind's every row."""

_TOOK: Final = Statement(
    delete(DUE).where(
        DUE.c.due_at == bindparam("due_at"),
        DUE.c.kind == bindparam("kind"),
        DUE.c.subject == bindparam("subject"),
        DUE.c.period == bindparam("period"),
    )
)
_DISMISS: Final = Statement(
    update(WORK)
    .where(
        and_(
            literal_column("status IN ('dead', 'parked')"),
            WORK.c.last_error.not_in((FROZEN, HELD)),
        )
    )
    .values(status="done", payload=b"", ended_at=bindparam("ended_at"))
)
_SWEEP: Final = Statement(
    delete(WORK).where(literal_column("status = 'done'"), WORK.c.ended_at < bindparam("before"))
)
_BY_STATUS: Final = Statement(
    select(WORK.c.kind, WORK.c.status, func.count()).group_by(WORK.c.kind, WORK.c.status)
)


@cache
def _unplanning(kinds: tuple[str, ...]) -> Statement:
    return Statement(
        delete(DUE).where(DUE.c.kind.in_(kinds), DUE.c.subject == bindparam("subject"))
    )


class SqlWork:
    """Work and due rows in SQL."""

    def __init__(self, tx: "SqlTransaction") -> None:
        """Work on an open transaction."""
        self._tx = tx

    def add(
        self,
        kind: Kind,
        *,
        lane: str,
        payload: bytes,
        due_at: datetime | None = None,
        priority: Priority = Priority.ANSWER,
        is_sent: bool = False,
        is_repeat: bool = False,
    ) -> Work:
        """Add something that must happen, now or later.

        `is_sent`: it is marked as leaving by the commit that writes it. `is_repeat`: it may have
        happened before, where nobody can know.
        """
        work = Work(
            id=WorkId(self._tx.new_id()),
            kind=kind,
            lane=lane,
            payload=payload,
            due_at=due_at or self._tx.now,
            created_at=self._tx.now,
            priority=priority,
            status=WorkStatus.SENT if is_sent else WorkStatus.DUE,
            is_repeat=is_repeat,
        )
        _WORKS.add(self._tx, work)
        self._tx.written.append(work)
        return work

    def add_parked(self, kind: Kind, *, lane: str, payload: bytes, reason: str = "") -> None:
        """Keep something that nobody can handle, for a human to look at."""
        added = self.add(kind, lane=lane, payload=payload)
        self.mark(added, status=WorkStatus.PARKED, last_error=reason)
        self._tx.written.pop()

    def see(self, source: str, key: str) -> bool:
        """Remember an arrival; False when it was seen before."""
        _SEE.run(self._tx.cursor, {"source": source, "key": key})
        return bool(self._tx.cursor.rowcount)

    def plan(self, due: Due) -> None:
        """Plan something, or move its date."""
        values = {"kind": due.kind, "subject": due.subject, "period": due.period}
        _PLAN.run(self._tx.cursor, {**values, "due_at": due.due_at})

    def planned(self, kind: str, *, subject: int, period: str) -> datetime | None:
        """Return when something becomes due that was planned and not taken."""
        values = {"kind": kind, "subject": subject, "period": period}
        return next((row[0] for row in _PLANNED.rows(self._tx.cursor, values)), None)

    def unplan(self, *kinds: str, subject: int) -> None:
        """Forget what was planned of these kinds for a subject."""
        _unplanning(kinds).run(self._tx.cursor, {"subject": subject})

    def take_due(self, kind: str, *, at: datetime, limit: int) -> tuple[Due, ...]:
        """Take what is due by (due_at, subject); taken rows are gone."""
        rows = _TAKE.rows(self._tx.cursor, {"kind": kind, "at": at, "limit": limit})
        found = tuple(Due(due_at=r[0], kind=r[1], subject=r[2], period=r[3]) for r in rows)
        for due in found:
            values = {"kind": due.kind, "subject": due.subject, "period": due.period}
            _TOOK.run(self._tx.cursor, {**values, "due_at": due.due_at})
        return found

    def live(self, *, at: datetime, after: int, limit: int) -> tuple[Work, ...]:
        """Return live rows that are due, by id, after a given one."""
        rows = _WORKS.many(self._tx, _LIVE, at=at, after=after, limit=limit)
        return tuple(replace(row, is_recovered=True) for row in rows)

    def waiting(self, *, at: datetime, after: Waiting, limit: int) -> tuple[Waiting, ...]:
        """Return the places of live rows that are due, in their order, behind a given one."""
        values = {"at": at, "priority_after": after.priority, "id_after": after.id, "limit": limit}
        return tuple(Waiting(*row) for row in _WAITING.rows(self._tx.cursor, values))

    def some(self, ids: Sequence[int], *, at: datetime) -> tuple[Work, ...]:
        """Return these rows, where they are still live and due, in their order."""
        rows = _WORKS.many(self._tx, _SOME, at=at, ids=f"[{','.join(map(str, ids))}]")
        return tuple(replace(row, is_recovered=True) for row in rows)

    def get(self, work_id: WorkId) -> Work | None:
        """Return one row."""
        return _WORKS.one(self._tx, _ONE, id=work_id)

    def end(self, work: Work, status: WorkStatus = WorkStatus.DONE) -> None:
        """Mark a live row as over and empty it.

        Raises:
            InvariantBroken: it was over already; the caller's transaction must be undone.
        """
        values = {"id_is": work.id, "status": status.value, "ended_at": self._tx.now}
        _DONE.run(self._tx.cursor, values)
        self._expect_one()

    def mark(self, work: Work, *, status: WorkStatus, **changes: Any) -> Work:
        """Change a live row: sent before an effect, due again after a failure, parked."""
        after = replace(work, status=status, **changes)
        _MARK.run(
            self._tx.cursor,
            {
                "id_is": work.id,
                "status": after.status.value,
                "attempts": after.attempts,
                "due_at": after.due_at,
                "last_error": after.last_error,
                "is_repeat": after.is_repeat,
            },
        )
        self._expect_one()
        if after.status is WorkStatus.DUE:
            self._tx.written.append(after)
        return after

    def dismiss(self) -> int:
        """Mark dead and parked rows as looked at and empty them; return how many.

        What waits for the release after a restore stays.
        """
        _DISMISS.run(self._tx.cursor, {"ended_at": self._tx.now})
        return self._tx.cursor.rowcount

    def sweep(self) -> int:
        """Delete rows done 14 days ago; return how many."""
        _SWEEP.run(self._tx.cursor, {"before": self._tx.now - KEEP_DONE})
        return self._tx.cursor.rowcount

    def counts(self) -> Iterable[tuple[str, str, int]]:
        """Count rows by kind and status."""
        return [(r[0], r[1], r[2]) for r in _BY_STATUS.rows(self._tx.cursor, {})]

    def _expect_one(self) -> None:
        if self._tx.cursor.rowcount != 1:
            raise WorkIsOver


class WorkIsOver(Conflict):
    """A work row was ended twice: whoever came second undoes everything."""

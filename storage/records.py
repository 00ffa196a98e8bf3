"""Records in tables: row ↔ record, guarded updates, status events, the audit seal.

A column bears the name of its field; `Money` fields are stored as `<name>_minor` beside the row's
`currency`, `Subject` fields as `<name>_kind` and `<name>_id`. Every stored entity has a
`row_version`; each status axis `x` has `x_seq` and a generated `x_machine`, whose foreign key
leads to its last status event (design section 5).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    ForeignKeyConstraint,
    Index,
    Select,
    Table,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    select,
    update,
)

from core.domain.errors import StaleState
from core.domain.machines import NONE, Machine
from storage.fields import fields_of
from storage.schema import ident, number, table, text
from storage.statements import Row, Statement, inserting

if TYPE_CHECKING:
    from storage.transaction import SqlTransaction

R = TypeVar("R")

FSM: Final = table(
    "fsm",
    text("machine", primary_key=True),
    text("from_status", primary_key=True),
    text("to_status", primary_key=True),
    sqlite_with_rowid=False,
)

STATUS_EVENT: Final = table(
    "status_event",
    text("machine", primary_key=True),
    ident("entity", primary_key=True),
    number("seq", primary_key=True, autoincrement=False),
    number("before_seq"),
    text("from_status"),
    text("to_status"),
    ident("act_id"),
    ident("note_id"),
    ForeignKeyConstraint(
        ["machine", "from_status", "to_status"],
        ["fsm.machine", "fsm.from_status", "fsm.to_status"],
    ),
    ForeignKeyConstraint(
        ["machine", "entity", "before_seq", "from_status"],
        [
            "status_event.machine",
            "status_event.entity",
            "status_event.seq",
            "status_event.to_status",
        ],
    ),
    ForeignKeyConstraint(["act_id"], ["act.id"]),
    ForeignKeyConstraint(["note_id"], ["note.id"]),
    UniqueConstraint("machine", "entity", "seq", "to_status"),
    CheckConstraint(
        "(seq = 0 AND before_seq = 0 AND from_status = 'none' AND to_status = 'none')"
        " OR (seq >= 1 AND before_seq = seq - 1 AND to_status <> 'none')",
        name="chain",
    ),
    Index("ix_status_event_act_id", "act_id"),
    sqlite_with_rowid=False,
)
"""Filled through `Axis`; its constraints refuse illegal steps, gaps and forks."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One status of an entity: the field's name and its machine."""

    field: str
    machine: Machine


AXES: Final[dict[str, list[Axis]]] = {}
"""Every axis by table name; the triggers are made from it."""

FROZEN: Final[dict[str, tuple[str, ...]]] = {}
"""Columns that never change after birth, by table name; those of acts' tables are sealed."""


def axis_columns(table_name: str, *axes: Axis) -> list[Any]:
    """Declare the columns and foreign keys of an entity's axes."""
    AXES[table_name] = list(axes)
    items: list[Any] = []
    for axis in axes:
        name = axis.field
        constant = Computed(f"'{axis.machine.name}'", persisted=True)
        items += [
            text(name),
            number(f"{name}_seq"),
            Column(f"{name}_machine", Text(), constant, nullable=False),
            ForeignKeyConstraint(
                [f"{name}_machine", "id", f"{name}_seq", name],
                [
                    "status_event.machine",
                    "status_event.entity",
                    "status_event.seq",
                    "status_event.to_status",
                ],
            ),
        ]
    return items


_ADD_EVENT: Final = inserting(STATUS_EVENT)


class Shape:
    """How records of one type lie in the columns of one table, as far as both know a field."""

    def __init__(self, target: Table, record: type, secret: frozenset[str]) -> None:
        """Choose readers and writers; `secret` names the fields that are encrypted."""
        known = {column.name for column in target.columns}
        parts = [field for field in fields_of(record) if known.issuperset(field.columns)]
        names = dict.fromkeys(name for field in parts for name in field.columns)
        self.columns = [target.c[name] for name in names]
        places = {name: place for place, name in enumerate(names)}
        contexts = {f.name: f"{target.name}.{f.name}" if f.name in secret else "" for f in parts}
        readers = {f.name: f.reader(places, secret=contexts[f.name]) for f in parts}
        writers = {f.name: f.writer(secret=contexts[f.name]) for f in parts}
        self._columns_of = {field.name: field.columns for field in parts}
        self._all = attrgetter(*self._columns_of)
        self._writer_of = writers
        self._readers = [(name, read) for name, read in readers.items() if read]
        self._writers = [(name, write) for name, write in writers.items() if write]
        self._read_plain = [name for name, read in readers.items() if not read]
        self._written_plain = [name for name, write in writers.items() if not write]
        # Every record has at least two plain fields, so both return tuples.
        self._take = itemgetter(*(places[name] for name in self._read_plain))
        self._give = attrgetter(*self._written_plain)

    def read(self, row: Row, tx: "SqlTransaction") -> dict[str, Any]:
        """Return a record's fields from a row."""
        values = dict(zip(self._read_plain, self._take(row), strict=True))
        for name, read in self._readers:
            values[name] = read(row, tx)
        return values

    def write(self, record: Any, tx: "SqlTransaction") -> dict[str, Any]:
        """Return a row's columns from a record."""
        row = dict(zip(self._written_plain, self._give(record), strict=True))
        for name, write in self._writers:
            write(getattr(record, name), tx, row)
        return row

    def changes(self, before: Any, after: Any, tx: "SqlTransaction") -> dict[str, Any]:
        """Return a row's columns of the fields in which two records differ."""
        row: dict[str, Any] = {}
        pairs = zip(self._columns_of, self._all(before), self._all(after), strict=True)
        for name, was, value in pairs:
            if was is value or was == value:
                continue
            write = self._writer_of[name]
            if write:
                write(value, tx, row)
            else:
                row[name] = value
        return row


class Records(Generic[R]):
    """One table of one kind of record."""

    def __init__(
        self,
        target: Table,
        record: type[R],
        *,
        secret: Iterable[str] = (),
        frozen: Iterable[str] = (),
        has_act: bool = False,
        extra: Mapping[str, Callable[[Any, "SqlTransaction"], Any]] | None = None,
    ) -> None:
        """Prepare statements and conversions.

        `secret` fields are encrypted; `frozen` columns never change and are sealed when the
        table has an act; `extra` columns are computed from the record when it is written.
        """
        self.table = target
        self.name = target.name
        self.record = record
        self.axes = AXES.get(self.name, [])
        self.has_act = has_act
        self.extra = dict(extra or {})
        self.sealed_columns = tuple(frozen)
        FROZEN[self.name] = tuple(frozen)
        self._shape = Shape(target, record, frozenset(secret))
        self.columns = self._shape.columns
        self._insert = inserting(target)
        self._updates: dict[tuple[str, ...], Statement] = {}
        fixed = {*(c.name for c in target.primary_key.columns), *self.sealed_columns, "act_id"}
        self._changing = frozenset(c.name for c in target.columns if c.computed is None) - fixed
        self._version = self._versioning() if self.axes else None
        self._key = [column.name for column in target.primary_key.columns]
        self._fields = tuple(field.name for field in fields(record))  # type: ignore[arg-type]
        self._give = attrgetter(*self._fields)

    def select(self) -> Select[Any]:
        """Start a SELECT of whole records."""
        return select(*self.columns)

    def by(self, *names: str) -> Statement:
        """Return the SELECT of whole records by equal columns."""
        found = [self.table.c[name] == bindparam(name) for name in names]
        return Statement(self.select().where(and_(*found)))

    def one(self, tx: "SqlTransaction", statement: Statement, **values: Any) -> R | None:
        """Return the first record a statement finds."""
        rows = statement.rows(tx.cursor, values)
        return self.read(tx, rows[0]) if rows else None

    def many(self, tx: "SqlTransaction", statement: Statement, **values: Any) -> tuple[R, ...]:
        """Return every record a statement finds, in its order."""
        return tuple(self.read(tx, row) for row in statement.rows(tx.cursor, values))

    def read(self, tx: "SqlTransaction", row: Row) -> R:
        """Turn a row of `select()` into a record."""
        return self.record(**self._shape.read(row, tx))

    def row(self, tx: "SqlTransaction", record: R) -> dict[str, Any]:
        """Turn a record into a row's columns, secrets encrypted."""
        values = self._shape.write(record, tx)
        for name, compute in self.extra.items():
            values[name] = compute(record, tx)
        return values

    def add(self, tx: "SqlTransaction", record: R, *, act_id: int = 0, note_id: int = 0) -> R:
        """Insert a record; its axes are born with their first events. Return it as stored."""
        values = self.row(tx, record)
        counted = {f"{axis.field}_seq": 1 for axis in self.axes}
        values |= counted
        for axis in self.axes:
            self._birth(tx, axis, values, act_id=act_id, note_id=note_id)
        if self.has_act:
            values["act_id"] = act_id
        stored = self._insert.run(tx.cursor, values)
        if self.has_act:
            tx.seal(act_id, self.name, {k: stored[k] for k in self.sealed_columns})
        return self._evolved(record, counted) if self.axes else record

    def replace(
        self,
        tx: "SqlTransaction",
        before: R,
        after: R,
        *,
        act_id: Callable[[], int] | None = None,
        note_id: int = 0,
    ) -> R:
        """Update what differs in a record that still stands at `before`; return it as stored.

        Raises:
            StaleState: the row was changed meanwhile.
        """
        changes = self._shape.changes(before, after, tx)
        for name, compute in self.extra.items():
            changes[name] = compute(after, tx)
        counted = {}
        for axis in self.axes:
            # A record that was just added still says 0; its row was born at 1.
            known: int = getattr(before, f"{axis.field}_seq")
            counted[f"{axis.field}_seq"] = max(1, known)
            if axis.field in changes:
                act = act_id() if act_id else 0
                seq = self._step(tx, axis, before, after, act_id=act, note_id=note_id)
                counted[f"{axis.field}_seq"] = changes[f"{axis.field}_seq"] = seq
        seen: int = before.row_version  # type: ignore[attr-defined]
        counted["row_version"] = changes["row_version"] = seen + 1
        update = self._update(sorted(changes.keys() & self._changing))
        values = {name: getattr(before, name) for name in self._key}
        update.run(tx.cursor, {**changes, **values, "seen_version": seen})
        if tx.cursor.rowcount != 1:
            raise StaleState(entity=self.name)
        return self._evolved(after, counted)

    def _step(
        self,
        tx: "SqlTransaction",
        axis: Axis,
        before: Any,
        after: Any,
        *,
        act_id: int,
        note_id: int,
    ) -> int:
        """Write the event of a step; return its number."""
        known: int = getattr(before, f"{axis.field}_seq")
        if known:
            self._check_version(tx, before.id, before)
        seq = max(1, known) + 1
        steps = (str(getattr(before, axis.field)), str(getattr(after, axis.field)))
        self._event(tx, axis, before.id, seq, steps, act_id=act_id, note_id=note_id)
        return seq

    def _evolved(self, record: R, changes: Mapping[str, Any]) -> R:
        """Return a record with what was counted while it was written: no need to read it again."""
        # As `dataclasses.replace`, which looks at every field for each call.
        kept = dict(zip(self._fields, self._give(record), strict=True))
        return self.record(**{**kept, **changes})

    def _check_version(self, tx: "SqlTransaction", entity: int, before: Any) -> None:
        """Refuse a stale step before its event meets the one that was faster."""
        rows = self._version.rows(tx.cursor, {"id": entity}) if self._version else []
        if not rows or rows[0][0] != before.row_version:
            raise StaleState(entity=self.name)

    def _update(self, names: Sequence[str]) -> Statement:
        """Return the UPDATE of these columns: untouched ones would be written to every index."""
        key = tuple(names)
        if key not in self._updates:
            self._updates[key] = self._updating(key)
        return self._updates[key]

    def _updating(self, names: Sequence[str]) -> Statement:
        at = [column == bindparam(column.name) for column in self.table.primary_key.columns]
        at.append(self.table.c.row_version == bindparam("seen_version"))
        changes: dict[str, Any] = {name: bindparam(name) for name in names}
        return Statement(update(self.table).where(and_(*at)).values(changes))

    def _versioning(self) -> Statement:
        column = self.table.c.row_version
        return Statement(select(column).where(self.table.c.id == bindparam("id")))

    def _birth(
        self, tx: "SqlTransaction", axis: Axis, values: Mapping[str, Any], **ids: int
    ) -> None:
        self._event(tx, axis, values["id"], 0, (NONE, NONE), **ids)
        self._event(tx, axis, values["id"], 1, (NONE, values[axis.field]), **ids)

    def _event(
        self,
        tx: "SqlTransaction",
        axis: Axis,
        entity: int,
        seq: int,
        steps: tuple[str, str],
        *,
        act_id: int,
        note_id: int,
    ) -> None:
        values = {
            "machine": axis.machine.name,
            "entity": entity,
            "seq": seq,
            "before_seq": max(0, seq - 1),
            "from_status": steps[0],
            "to_status": steps[1],
            "act_id": act_id,
            "note_id": note_id,
        }
        tx.seal(act_id, STATUS_EVENT.name, _ADD_EVENT.run(tx.cursor, values))

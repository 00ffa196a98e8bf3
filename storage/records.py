"""Records in tables: row ↔ record, guarded updates, status events, the audit seal.

A column bears the name of its field; `Money` fields are stored as `<name>_minor` beside the row's
`currency`, `Subject` fields as `<name>_kind` and `<name>_id`. Every stored entity has a
`row_version`; each status axis `x` has `x_seq` and a generated `x_machine`, whose foreign key
leads to its last status event (design section 5).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from enum import Enum
from types import UnionType
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, get_args, get_type_hints

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
from core.domain.ledger import Subject
from core.domain.machines import NONE, Machine
from core.domain.money import Currency, Money
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
        self.secret = frozenset(secret)
        self.has_act = has_act
        self.extra = dict(extra or {})
        self.sealed_columns = tuple(frozen)
        FROZEN[self.name] = tuple(frozen)
        columns = {column.name for column in target.columns}
        self._fields = [part for part in _parts(record) if columns.issuperset(part.columns)]
        self._is_versioned = "row_version" in columns
        names = [name for part in self._fields for name in part.columns if name in columns]
        self.columns = [target.c[name] for name in dict.fromkeys(names)]
        self.places = {column.name: place for place, column in enumerate(self.columns)}
        self._insert = inserting(target)
        self._update = self._updating() if self._is_versioned else None
        self._version = self._versioning() if self.axes else None

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
        values = {part.name: part.read(self, tx, row) for part in self._fields}
        return self.record(**values)

    def add(self, tx: "SqlTransaction", record: R, *, act_id: int = 0, note_id: int = 0) -> None:
        """Insert a record; its axes are born with their first events."""
        values = self._values(tx, record)
        for axis in self.axes:
            values[f"{axis.field}_seq"] = 1
            self._birth(tx, axis, values, act_id=act_id, note_id=note_id)
        if self.has_act:
            values["act_id"] = act_id
        stored = self._insert.run(tx.cursor, values)
        if self.has_act:
            tx.seal(act_id, self.name, {k: stored[k] for k in self.sealed_columns})

    def replace(
        self,
        tx: "SqlTransaction",
        before: R,
        after: R,
        *,
        act_id: Callable[[], int] | None = None,
        note_id: int = 0,
    ) -> None:
        """Update a record that still stands at `before`.

        Raises:
            StaleState: the row was changed meanwhile.
        """
        values = self._values(tx, after)
        for axis in self.axes:
            # A record that was just added still says 0; its row was born at 1.
            seq: int = max(1, getattr(before, f"{axis.field}_seq"))
            values[f"{axis.field}_seq"] = seq
            steps = (str(getattr(before, axis.field)), str(getattr(after, axis.field)))
            if steps[0] != steps[1]:
                self._check_version(tx, values["id"], before)
                act = act_id() if act_id else 0
                self._event(tx, axis, values["id"], seq + 1, steps, act_id=act, note_id=note_id)
                values[f"{axis.field}_seq"] = seq + 1
        values["seen_version"] = values["row_version"] = before.row_version  # type: ignore[attr-defined]
        values["row_version"] += 1
        if self._update is None:
            message = f"{self.name} is append-only"
            raise TypeError(message)
        self._update.run(tx.cursor, values)
        if tx.cursor.rowcount != 1:
            raise StaleState(entity=self.name)

    def _check_version(self, tx: "SqlTransaction", entity: int, before: Any) -> None:
        """Refuse a stale step before its event meets the one that was faster."""
        rows = self._version.rows(tx.cursor, {"id": entity}) if self._version else []
        if not rows or rows[0][0] != before.row_version:
            raise StaleState(entity=self.name)

    def _updating(self) -> Statement:
        keys = [column.name for column in self.table.primary_key.columns]
        at = [self.table.c[name] == bindparam(f"{name}") for name in keys]
        at.append(self.table.c.row_version == bindparam("seen_version"))
        fixed = {*keys, *self.sealed_columns, "act_id"}
        changing = [
            c.name for c in self.table.columns if c.computed is None and c.name not in fixed
        ]
        return Statement(
            update(self.table).where(and_(*at)).values({n: bindparam(n) for n in changing})
        )

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

    def _values(self, tx: "SqlTransaction", record: R) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for part in self._fields:
            part.write(self, tx, getattr(record, part.name), values)
        for name, compute in self.extra.items():
            values[name] = compute(record, tx)
        return values


class _Part:
    """One field of a record and the columns it lives in."""

    def __init__(self, name: str, kind: Any) -> None:
        options = [k for k in get_args(kind) if k is not type(None)]
        is_optional = isinstance(kind, UnionType)
        self.name = name
        self.kind = options[0] if is_optional and options else kind
        self.is_enum = isinstance(self.kind, type) and issubclass(self.kind, Enum)
        self.is_nested = is_dataclass(self.kind) and self.kind not in {Money, Subject}
        self.is_set = getattr(self.kind, "__origin__", None) is frozenset
        self.member: Any = next(iter(get_args(self.kind)), None)
        self.columns: tuple[str, ...] = {
            Money: (f"{name}_minor", "currency"),
            Subject: (f"{name}_kind", f"{name}_id"),
        }.get(self.kind, (name,))

    def read(self, records: Records[Any], tx: "SqlTransaction", row: Row) -> Any:
        value = row[records.places[self.columns[0]]]
        if self.kind is Money:
            return Money(value, Currency(row[records.places["currency"]]))
        if self.kind is Subject:
            return Subject(kind=value, id=row[records.places[self.columns[1]]])
        if value is None:
            return None
        return self._of_text(records, tx, value)

    def _of_text(self, records: Records[Any], tx: "SqlTransaction", value: Any) -> Any:
        if self.name in records.secret:
            context = f"{records.name}.{self.name}"
            opened = tx.ring.open(value, context=context) if value else b""
            return opened if self.kind is bytes else opened.decode()
        if self.is_enum:
            return self.kind(value)
        if self.is_nested:
            return self.kind(
                **{k: tuple(v) if isinstance(v, list) else v for k, v in value.items()}
            )
        if self.is_set:
            return frozenset(self.member(each) for each in value)
        return value

    def write(
        self, records: Records[Any], tx: "SqlTransaction", value: Any, into: dict[str, Any]
    ) -> None:
        if isinstance(value, Money):
            into[self.columns[0]] = value.minor
            into["currency"] = value.currency
        elif isinstance(value, Subject):
            into[self.columns[0]], into[self.columns[1]] = value.kind, value.id
        elif self.name in records.secret:
            plain = value if isinstance(value, bytes) else value.encode()
            into[self.name] = tx.ring.seal(plain, context=f"{records.name}.{self.name}")
        elif self.is_nested:
            into[self.name] = asdict(value)
        elif self.is_set:
            into[self.name] = sorted(str(each.value) for each in value)
        else:
            into[self.name] = value.value if isinstance(value, Enum) else value


def _parts(record: type) -> list[_Part]:
    hints = get_type_hints(record)
    return [_Part(field.name, hints[field.name]) for field in fields(record)]

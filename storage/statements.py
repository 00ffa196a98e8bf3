"""SQL statements: written as SQLAlchemy Core, compiled once a dialect, run through the driver.

Compiling and result handling per call cost several times the statement itself (performance page,
"what was found"), so every statement of this package is a module constant, or is kept where it was
first needed. It is compiled at its first use, in the speech of the cursor it runs on. Values are
bound by position: the driver looks each name up again for every call.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final, Protocol

from sqlalchemy import Column, Select, Table, insert, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import BindParameter, ClauseElement, ColumnElement
from sqlalchemy.sql.expression import ReturnsRows

from storage.schema import Processor

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Speech:
    """How a driver wants its statements: a dialect of SQL and the marks of its values."""

    name: str
    dialect: Dialect
    mark: str
    spell: Callable[[str], str]


POSTGRESQL: Final = "postgresql"
"""The name of the other speech; `storage/postgres.py` has it, and is loaded where it is used."""

SQLITE: Final = Speech("sqlite", sqlite.dialect(paramstyle="qmark"), "?", str)
_IS_NOT: Final = re.compile(r"\bIS NOT\b(?! NULL)")

DIALECT: Final[Dialect] = SQLITE.dialect


class Cursor(Protocol):
    """What we use of a driver's cursor; one without a `speech` of its own speaks SQLite."""

    @property
    def rowcount(self) -> int:
        """How many rows the newest statement changed."""
        ...

    def execute(self, sql: str, parameters: Any = ..., /) -> Any:
        """Run one statement."""
        ...

    def fetchall(self) -> list[Any]:
        """Return all rows."""
        ...


def speech_of(cursor: Cursor) -> Speech:
    """Return what a cursor speaks."""
    speech: Speech = getattr(cursor, "speech", SQLITE)
    return speech


class Statement:
    """One statement, compiled for each speech when it is first used there."""

    __slots__ = ("_columns", "_core", "_of_cursor", "_postgres", "_spoken")

    def __init__(
        self,
        core: ClauseElement,
        *,
        columns: Sequence[str] | None = None,
        postgres: Callable[[], ClauseElement] | None = None,
    ) -> None:
        """Keep what to compile.

        `columns` names the values of an INSERT; `postgres` makes what PostgreSQL gets where the
        same must be said otherwise.
        """
        self._core = core
        self._columns = columns
        self._postgres = postgres
        self._spoken: dict[Speech, _Spoken] = {}
        self._of_cursor: dict[type, _Spoken] = {}

    def text(self, speech: Speech = SQLITE) -> str:
        """Return the SQL as the driver gets it."""
        return self._in(speech).text

    def run(self, cursor: Cursor, values: Mapping[str, Any]) -> dict[str, Any]:
        """Execute; return the values as the database got them."""
        return self._for(cursor).run(cursor, values)

    def rows(self, cursor: Cursor, values: Mapping[str, Any]) -> list[Row]:
        """Execute and return all rows, converted."""
        return self._for(cursor).rows(cursor, values)

    def _for(self, cursor: Cursor) -> "_Spoken":
        """Return what this cursor gets: its class says what it speaks."""
        known = self._of_cursor.get(cursor.__class__)
        if known is None:
            known = self._of_cursor[cursor.__class__] = self._in(speech_of(cursor))
        return known

    def _in(self, speech: Speech) -> "_Spoken":
        spoken = self._spoken.get(speech)
        if spoken is None:
            other = self._postgres if speech.name == POSTGRESQL else None
            core = other() if other else self._core
            spoken = _Spoken(core, speech, self._columns)
            self._spoken[speech] = spoken
        return spoken


class _Spoken:
    """A statement in one speech, with its bind and result conversions."""

    __slots__ = ("_binds", "_fixed", "_in_order", "_results", "text")

    def __init__(self, core: ClauseElement, speech: Speech, columns: Sequence[str] | None) -> None:
        """Compile; `columns` names the values of an INSERT."""
        compiled: Any = core.compile(dialect=speech.dialect, column_keys=columns)
        written = str(compiled)
        order: list[str] = list(compiled.positiontup or ())
        self._fixed = {k: v for k, v in dict(compiled.params).items() if v is not None}
        binds = {name: _bind(bind.type, speech) for bind, name in _names(compiled).items()}
        self._binds = [(name, process) for name, process in binds.items() if process]
        for bind, name in _names(compiled).items():
            if bind.expanding:
                place = order.index(name)
                names = self._expand(name)
                order[place : place + 1] = names
                marks = ", ".join([speech.mark] * len(names))
                written = written.replace(f"__[POSTCOMPILE_{name}]", marks)
        self.text = speech.spell(written)
        self._in_order = _in_order(order)
        self._results = _results(core, speech)

    def _expand(self, name: str) -> list[str]:
        """Return the names of a fixed list of IN, one bind for each value."""
        values = self._fixed.pop(name)
        names = [f"{name}_{place}" for place, _ in enumerate(values, start=1)]
        self._fixed |= dict(zip(names, values, strict=True))
        listed = [process for bound, process in self._binds if bound == name]
        self._binds = [bind for bind in self._binds if bind[0] != name]
        self._binds += [(each, process) for each in names for process in listed]
        return names

    def run(self, cursor: Cursor, values: Mapping[str, Any]) -> dict[str, Any]:
        """Execute; return the values as the database got them."""
        stored = self.stored(values)
        cursor.execute(self.text, self._in_order(stored))
        return stored

    def stored(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values as the database gets them."""
        stored = {**self._fixed, **values}
        for name, process in self._binds:
            stored[name] = process(stored[name])
        return stored

    def rows(self, cursor: Cursor, values: Mapping[str, Any]) -> list[Row]:
        """Execute and return all rows, converted."""
        self.run(cursor, values)
        found = cursor.fetchall()
        if not self._results or not found:
            return found
        changed = []
        for row in found:
            values_out = list(row)
            for index, process in self._results:
                values_out[index] = process(values_out[index])
            changed.append(tuple(values_out))
        return changed


class Insertion(Statement):
    """The INSERT of whole rows: one, or many in one go."""

    __slots__ = ("_bulk", "_names", "_target")

    def __init__(self, target: Table) -> None:
        """Insert every column that is not generated."""
        self._names = [column.name for column in target.columns if column.computed is None]
        self._target = target
        self._bulk = ""
        super().__init__(insert(target), columns=self._names)

    def run_many(self, cursor: Cursor, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Insert rows in order; return them as the database got them.

        On PostgreSQL it is one statement, whose triggers see all rows at once.
        """
        spoken = self._for(cursor)
        if speech_of(cursor).name != POSTGRESQL:
            return [spoken.run(cursor, row) for row in rows]
        stored = [spoken.stored(row) for row in rows]
        self._bulk = self._bulk or self._unnested(speech_of(cursor))
        cursor.execute(self._bulk, [[row[name] for row in stored] for name in self._names])
        return stored

    def _unnested(self, speech: Speech) -> str:
        types = speech.dialect.type_compiler_instance
        kinds = (types.process(self._target.c[name].type) for name in self._names)
        arrays = ", ".join(f"${place}::{kind}[]" for place, kind in enumerate(kinds, start=1))
        listed = ", ".join(f'"{name}"' for name in self._names)
        return f"INSERT INTO {self._target.name} ({listed}) SELECT * FROM unnest({arrays})"


def inserting(target: Table) -> Insertion:
    """Return the INSERT of every column that is not generated."""
    return Insertion(target)


def inserting_once(target: Table) -> Statement:
    """Return the INSERT of a whole row that passes over a key that is there already."""
    return Statement(
        sqlite_insert(target).on_conflict_do_nothing(),
        postgres=lambda: _postgres_insert(target).on_conflict_do_nothing(),
        columns=[column.name for column in target.columns],
    )


def putting(target: Table, *, key: Sequence[str]) -> Statement:
    """Return the INSERT of a whole row that takes the place of the one with the same key.

    `key` names a primary key or a unique constraint.
    """
    names = [column.name for column in target.columns]
    free = [name for name in names if name not in key]

    def put(made: Any) -> ClauseElement:
        changes = {name: made.excluded[name] for name in free}
        built: ClauseElement = made.on_conflict_do_update(index_elements=list(key), set_=changes)
        return built

    return Statement(
        put(sqlite_insert(target)), postgres=lambda: put(_postgres_insert(target)), columns=names
    )


def _postgres_insert(target: Table) -> Any:
    # Late: whoever runs on SQLite does not pay for the other dialect.
    from sqlalchemy.dialects.postgresql import insert as made  # noqa: PLC0415 - as above

    return made(target)


def written(sql: str) -> Statement:
    """Return a statement written as text in SQLite's words, its values marked `:name`."""
    return Statement(text(sql), postgres=lambda: text(distinctly(sql)))


def distinctly(sql: str) -> str:
    """Say SQLite's `IS NOT`, which compares with NULL, in the words of the standard."""
    return _IS_NOT.sub("IS DISTINCT FROM", sql)


class IsListed(ColumnElement[bool]):
    """Whether a column is among the values of a JSON list: one value, however many."""

    inherit_cache = True

    def __init__(self, column: Column[Any], listed: BindParameter[str]) -> None:
        """Keep both sides."""
        self.column = column
        self.listed = listed


@compiles(IsListed, "sqlite")
def _listed_in_sqlite(element: IsListed, compiler: SQLCompiler, **options: Any) -> str:
    column, listed = (compiler.process(e, **options) for e in (element.column, element.listed))
    return f"{column} IN (SELECT value FROM json_each({listed}))"


@compiles(IsListed, "postgresql")
def _listed_in_postgres(element: IsListed, compiler: SQLCompiler, **options: Any) -> str:
    column, listed = (compiler.process(e, **options) for e in (element.column, element.listed))
    each = f"json_array_elements_text(CAST({listed} AS JSON))"
    kind = compiler.dialect.type_compiler_instance.process(element.column.type)
    return f"{column} IN (SELECT CAST(value AS {kind}) FROM {each})"


def _in_order(names: Sequence[str]) -> Callable[[Mapping[str, Any]], Sequence[Any]]:
    """Return what takes named values in the order of a statement's marks."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: [values[name] for name in names]


def _bind(kind: Any, speech: Speech) -> Processor | None:
    process: Processor | None = kind.dialect_impl(speech.dialect).bind_processor(speech.dialect)
    return process


def _results(core: ClauseElement, speech: Speech) -> list[tuple[int, Processor]]:
    if not isinstance(core, Select | ReturnsRows) or not hasattr(core, "selected_columns"):
        return []
    dialect = speech.dialect
    processors = (
        (index, column.type.dialect_impl(dialect).result_processor(dialect, None))
        for index, column in enumerate(core.selected_columns)
    )
    return [(index, process) for index, process in processors if process]


def _names(compiled: Any) -> dict[Any, str]:
    names: dict[Any, str] = compiled.bind_names
    return names

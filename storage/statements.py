"""SQL statements: written as SQLAlchemy Core, compiled once, run through the driver.

Compiling and result handling per call cost several times the statement itself (performance page,
"what was found"), so every statement of this package is a module constant, or is kept where it was
first needed. Values are bound by position: the driver looks each name up again for every call.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final, Protocol

from sqlalchemy import Select, Table, insert
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.sql.expression import ReturnsRows

from storage.schema import Processor

DIALECT: Final[Dialect] = sqlite.dialect(paramstyle="qmark")

Row = tuple[Any, ...]


class Cursor(Protocol):
    """What we use of a driver's cursor."""

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


class Statement:
    """One statement with its bind and result conversions."""

    __slots__ = ("_binds", "_fixed", "_in_order", "_results", "text")

    def __init__(self, core: ClauseElement, *, columns: Sequence[str] | None = None) -> None:
        """Compile; `columns` names the values of an INSERT."""
        compiled: Any = core.compile(dialect=DIALECT, column_keys=columns)
        self.text = str(compiled)
        order: list[str] = list(compiled.positiontup or ())
        self._fixed = {k: v for k, v in dict(compiled.params).items() if v is not None}
        binds = {name: _bind(bind.type) for bind, name in _names(compiled).items()}
        self._binds = {name: process for name, process in binds.items() if process}
        for bind, name in _names(compiled).items():
            if bind.expanding:
                place = order.index(name)
                order[place : place + 1] = self._expand(name)
        self._in_order = _in_order(order)
        self._results = _results(core)

    def _expand(self, name: str) -> list[str]:
        """Write a fixed list of IN out, one bind for each value; return the binds' names."""
        values = self._fixed.pop(name)
        process = self._binds.pop(name, None)
        names = [f"{name}_{place}" for place, _ in enumerate(values, start=1)]
        self.text = self.text.replace(f"__[POSTCOMPILE_{name}]", ", ".join("?" for _ in names))
        self._fixed |= dict(zip(names, values, strict=True))
        self._binds |= {each: process for each in names if process}
        return names

    def run(self, cursor: Cursor, values: Mapping[str, Any]) -> dict[str, Any]:
        """Execute; return the values as the database got them."""
        stored = {**self._fixed, **values}
        for name, process in self._binds.items():
            stored[name] = process(stored[name])
        cursor.execute(self.text, self._in_order(stored))
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


def inserting(target: Table) -> Statement:
    """Return the INSERT of every column that is not generated."""
    names = [column.name for column in target.columns if column.computed is None]
    return Statement(insert(target), columns=names)


def _in_order(names: Sequence[str]) -> Callable[[Mapping[str, Any]], Sequence[Any]]:
    """Return what takes named values in the order of a statement's marks."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: [values[name] for name in names]


def _bind(kind: Any) -> Processor | None:
    process: Processor | None = kind.dialect_impl(DIALECT).bind_processor(DIALECT)
    return process


def _results(core: ClauseElement) -> list[tuple[int, Processor]]:
    if not isinstance(core, Select | ReturnsRows) or not hasattr(core, "selected_columns"):
        return []
    processors = (
        (index, column.type.dialect_impl(DIALECT).result_processor(DIALECT, None))
        for index, column in enumerate(core.selected_columns)
    )
    return [(index, process) for index, process in processors if process]


def _names(compiled: Any) -> dict[Any, str]:
    names: dict[Any, str] = compiled.bind_names
    return names

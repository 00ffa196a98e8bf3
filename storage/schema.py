"""Metadata, naming convention and our own column types.

Types are chosen so that SQLite's STRICT tables and PostgreSQL accept the same declarations:
whole numbers, text and bytes. Times are stored as microseconds since 1970 in UTC and come back
aware; ids and minor units are 63-bit whole numbers.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy import text as text_clause
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeDecorator

METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

Processor = Callable[[Any], Any]

_WHOLE: Final = Integer().with_variant(BigInteger(), "postgresql")


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC time, stored as whole microseconds since 1970."""

    impl = _WHOLE
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Refuse naive times, store microseconds."""
        return _micros(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Return an aware UTC time."""
        return _time(value)

    def bind_processor(self, dialect: Dialect) -> Processor:
        """Return the same as above, without SQLAlchemy's call around each value."""
        return _micros

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        """Return the same as above, without SQLAlchemy's call around each value."""
        return _time


def _micros(value: datetime | None) -> int | None:
    return None if value is None else (value - EPOCH) // _MICROSECOND


def _time(value: int | None) -> datetime | None:
    return None if value is None else EPOCH + timedelta(microseconds=value)


class LocalDate(TypeDecorator[date]):
    """A calendar date, stored as YYYY-MM-DD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:
        """Store the ISO form."""
        return None if value is None else value.isoformat()

    def process_result_value(self, value: Any | None, dialect: Dialect) -> date | None:
        """Return the date."""
        return None if value is None else date.fromisoformat(value)


class Flag(TypeDecorator[bool]):
    """Yes or no, stored as 1 or 0."""

    impl = _WHOLE
    cache_ok = True

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> int | None:  # noqa: FBT001 - SQLAlchemy's signature
        """Store 1 or 0."""
        return None if value is None else int(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> bool | None:
        """Return a truth value."""
        return None if value is None else bool(value)


class Json(TypeDecorator[Any]):
    """JSON values, stored as canonical text (sorted keys)."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any | None, dialect: Dialect) -> str | None:
        """Store sorted JSON."""
        if value is None:
            return None
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Any | None:
        """Return the values."""
        return None if value is None else orjson.loads(value)


def table(name: str, *items: SchemaItem, **options: Any) -> Table:
    """Declare a STRICT table on our metadata."""
    return Table(name, METADATA, *items, sqlite_strict=True, **options)


def ident(name: str = "id", *items: SchemaItem, **options: Any) -> Column[int]:
    """Declare an id column: 63-bit, NOT NULL."""
    options.setdefault("nullable", False)
    options.setdefault("autoincrement", False)
    return Column(name, _WHOLE, *items, **options)


def number(name: str, *items: SchemaItem, **options: Any) -> Column[int]:
    """Declare a whole number, NOT NULL unless told: minor units, counts, sequence numbers."""
    options.setdefault("nullable", False)
    return Column(name, _WHOLE, *items, **options)


def text(name: str, *items: SchemaItem, **options: Any) -> Column[str]:
    """Declare a text column, NOT NULL unless told."""
    options.setdefault("nullable", False)
    return Column(name, Text(), *items, **options)


def time(name: str, *items: SchemaItem, **options: Any) -> Column[datetime]:
    """Declare a time, aware UTC, NOT NULL unless told."""
    options.setdefault("nullable", False)
    return Column(name, UtcTime(), *items, **options)


def flag(name: str, *items: SchemaItem, **options: Any) -> Column[bool]:
    """Declare a truth value, NOT NULL unless told."""
    options.setdefault("nullable", False)
    return Column(name, Flag(), *items, **options)


def local_date(name: str, *items: SchemaItem, **options: Any) -> Column[date]:
    """Declare a calendar date, NOT NULL unless told."""
    options.setdefault("nullable", False)
    return Column(name, LocalDate(), *items, **options)


def json(name: str, *items: SchemaItem, **options: Any) -> Column[Any]:
    """Declare a JSON column, NOT NULL unless told."""
    options.setdefault("nullable", False)
    return Column(name, Json(), *items, **options)


def sealed(name: str, *items: SchemaItem, **options: Any) -> Column[bytes]:
    """Declare bytes encrypted with the key ring, NOT NULL unless told."""
    options.setdefault("nullable", False)
    return Column(name, LargeBinary(), *items, **options)


FOR_SERVERS: Final = {"is_for_servers": True}
"""Marks an index that SQLite does without: its migration leaves it out there."""


def only_where(condition: str) -> dict[str, Any]:
    """Return what makes an index hold only the rows of a condition.

    PostgreSQL is told when its tables are made (`storage/server_setup.py`): naming it here would
    load its dialect wherever SQLite is used.
    """
    return {"sqlite_where": text_clause(condition)}

"""Fields of records: the columns each kind of value lives in, and how it goes there and back.

Readers and writers are chosen once from a record's type hints, not for each row. Most values are
kept as they are: their fields have neither, and are moved together.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from enum import Enum
from types import UnionType
from typing import TYPE_CHECKING, Any, Final, get_args, get_type_hints

import orjson

from core.domain.ledger import Subject
from core.domain.money import Currency, Money

if TYPE_CHECKING:
    from storage.statements import Row
    from storage.transaction import SqlTransaction

Read = Callable[["Row", "SqlTransaction"], Any]
"""Takes a value out of a row."""

Write = Callable[[Any, "SqlTransaction", dict[str, Any]], None]
"""Puts a value into the columns of a row."""

_SPREAD: Final[Mapping[Any, tuple[str, str]]] = {
    Money: ("{}_minor", "currency"),
    Subject: ("{}_kind", "{}_id"),
}
"""What takes two columns."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record: its name, the type of its values, its columns."""

    name: str
    kind: Any
    columns: tuple[str, ...]

    def reader(self, places: Mapping[str, int], *, secret: str) -> Read | None:
        """Choose how it is read; `secret` is the context it is encrypted in, "" for plain."""
        place = places[self.columns[0]]
        if self.kind is Money:
            return _money_at(place, places[self.columns[1]])
        if self.kind is Subject:
            return _subject_at(place, places[self.columns[1]])
        if secret:
            return _secret_at(place, secret, _OPENED.get(self.kind, orjson.loads))
        change = _change_of(self.kind)
        return _changed_at(place, change) if change else None

    def writer(self, *, secret: str) -> Write | None:
        """Choose how it is written; `secret` as for `reader`."""
        first, *more = self.columns
        if self.kind is Money:
            return _money_into(first, more[0])
        if self.kind is Subject:
            return _subject_into(first, more[0])
        if secret:
            return _secret_into(first, secret, _CLOSED.get(self.kind, _json))
        change = _back_of(self.kind)
        return _changed_into(first, change) if change else None


def fields_of(record: type) -> list[Field]:
    """Return a record's fields in their order."""
    hints = get_type_hints(record)
    return [_field(field.name, hints[field.name]) for field in fields(record)]


def _field(name: str, hint: Any) -> Field:
    options = [option for option in get_args(hint) if option is not type(None)]
    kind = options[0] if isinstance(hint, UnionType) and options else hint
    columns = tuple(pattern.format(name) for pattern in _SPREAD.get(kind, ("{}",)))
    return Field(name=name, kind=kind, columns=columns)


def _change_of(kind: Any) -> Callable[[Any], Any] | None:
    """Return what turns a stored value into one of this kind."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {member.value: member for member in kind}.__getitem__
    if getattr(kind, "__origin__", None) is frozenset:
        member = get_args(kind)[0]
        return lambda stored: frozenset(member(each) for each in stored)
    return _nested(kind) if is_dataclass(kind) else None


def _back_of(kind: Any) -> Callable[[Any], Any] | None:
    """Return what turns a value of this kind into what is stored."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return lambda value: value.value
    if getattr(kind, "__origin__", None) is frozenset:
        return lambda value: sorted(str(each.value) for each in value)
    return asdict if is_dataclass(kind) else None


def _nested(kind: Any) -> Callable[[Any], Any]:
    def read(stored: Mapping[str, Any]) -> Any:
        return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in stored.items()})

    return read


def _changed_at(place: int, change: Callable[[Any], Any]) -> Read:
    def read(row: "Row", _tx: "SqlTransaction") -> Any:
        stored = row[place]
        return None if stored is None else change(stored)

    return read


def _money_at(place: int, currency: int) -> Read:
    return lambda row, _tx: Money(row[place], Currency(row[currency]))


def _subject_at(place: int, ident: int) -> Read:
    return lambda row, _tx: Subject(kind=row[place], id=row[ident])


def _json(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


_OPENED: Final[Mapping[Any, Callable[[bytes], Any]]] = {bytes: bytes, str: bytes.decode}
"""What an opened secret turns into; JSON values for any other kind."""

_CLOSED: Final[Mapping[Any, Callable[[Any], bytes]]] = {bytes: bytes, str: str.encode}


def _secret_at(place: int, context: str, change: Callable[[bytes], Any]) -> Read:
    def read(row: "Row", tx: "SqlTransaction") -> Any:
        stored = row[place]
        if stored is None:
            return None
        opened = tx.ring.open(stored, context=context) if stored else b""
        return change(opened)

    return read


def _changed_into(column: str, change: Callable[[Any], Any]) -> Write:
    def write(value: Any, _tx: "SqlTransaction", row: dict[str, Any]) -> None:
        row[column] = None if value is None else change(value)

    return write


def _money_into(column: str, currency: str) -> Write:
    def write(value: Money, _tx: "SqlTransaction", row: dict[str, Any]) -> None:
        row[column], row[currency] = value.minor, value.currency

    return write


def _subject_into(column: str, ident: str) -> Write:
    def write(value: Subject, _tx: "SqlTransaction", row: dict[str, Any]) -> None:
        row[column], row[ident] = value.kind, value.id

    return write


def _secret_into(column: str, context: str, change: Callable[[Any], bytes]) -> Write:
    def write(value: Any, tx: "SqlTransaction", row: dict[str, Any]) -> None:
        row[column] = tx.ring.seal(change(value), context=context)

    return write

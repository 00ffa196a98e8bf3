"""One of two databases on which the same command log is played: what it said, what it holds.

Ids differ from one database to the other, so they are told by the order in which they came.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from sqlalchemy import LargeBinary, Table, select, type_coerce
from sqlalchemy.types import NullType

from core.domain.errors import CoreError
from core.ports import Transaction
from storage.doctor import examine
from storage.schema import METADATA
from storage.statements import Statement
from storage.transaction import SqlTransaction
from tests.books import Books
from tests.core.estate import Estate
from tests.model.both import Both
from tests.model.commands import Command, Ledgers

P = ParamSpec("P")
T = TypeVar("T")

_ID: Final = re.compile(r"(?<!\d)\d{17,19}(?!\d)")
_REFERENCE: Final = re.compile(r"\bhz(r?)([0-9a-f]{16})(?=-)")
_MADE_OF_IDS: Final = re.compile(r"\b(fingerprint='|act_id=)\w+")
_ACTS: Final = frozenset({"act_id", "first_act", "last_act"})
_HASHED: Final = frozenset({"fingerprint", "hash", "before_hash", "listed"})
"""Made of ids: they differ where ids do. That a fingerprint is right is seen by what it refuses;
that a chain is, by the doctor, and its acts are compared by what they wrote."""


_OF_THE_DATABASE: Final = frozenset({"last_group"})
"""Tables that are about how a database commits, not about what stands in the books."""


class Names:
    """Names for ids: the first one that is seen is #1."""

    def __init__(self) -> None:
        """Know none."""
        self._known: dict[str, str] = {}

    def of(self, number: object) -> str:
        """Return the name of an id."""
        return self._known.setdefault(str(number), f"#{len(self._known) + 1}")

    def within(self, text: str) -> str:
        """Put names in the place of ids."""
        plain = _REFERENCE.sub(lambda found: f"hz{found[1]}{int(found[2], 16)}", text)
        return _ID.sub(lambda found: self.of(found[0]), plain)


class Heard(Estate):
    """An estate that keeps what became of every act: its result, or the name of its refusal."""

    def __init__(self, books: Books) -> None:
        """Found it."""
        super().__init__(books)
        self.heard: list[str] = []

    def do(
        self, act: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a use case in a transaction of its own."""
        try:
            result = super().do(act, *args, **kwargs)
        except CoreError as refused:
            self.heard.append(f"{act.__name__}: {type(refused).__name__} {refused.data}")
            raise
        self.heard.append(f"{act.__name__}: {result!r}")
        return result


class Side:
    """A database, the lives on it, and the model beside it."""

    def __init__(self, books: Books, *, payer_bears_fee: bool) -> None:
        """Let an estate begin there."""
        self.lives = Ledgers()
        self._books = books
        self._names = Names()
        self._estate = Heard(books)
        self.lives.live(Both(self._estate, payer_bears_fee=payer_bears_fee))

    def play(self, command: Command) -> list[str]:
        """Do one command, as the model does; return what became of its acts."""
        self._estate.heard.clear()
        command.act(self.lives)
        plain = [_MADE_OF_IDS.sub(r"\1", each) for each in self._estate.heard]
        return [self._names.within(each) for each in plain]

    def check(self) -> None:
        """Compare everything with the model, and let the doctor look."""
        self.lives.both_agree()
        assert self._books.run(examine) == []

    def picture(self) -> dict[str, list[str]]:
        """Return every row of every table, told without ids, in a fixed order."""
        return self._books.run(self._draw)

    def _draw(self, tx: SqlTransaction) -> dict[str, list[str]]:
        names = sorted(METADATA.tables.keys() - _OF_THE_DATABASE)
        tables = {name: _rows(tx, METADATA.tables[name]) for name in names}
        acts = Names()
        for row in sorted(tables["act"], key=lambda each: each["id"]):
            acts.of(row["id"])
        for name, rows in tables.items():
            for row in sorted(rows, key=lambda each: each.get("id", 0)):
                if name != "act" and "id" in row:
                    self._names.of(row["id"])
        return {
            name: sorted(self._told(row, acts, is_act=name == "act") for row in rows)
            for name, rows in tables.items()
        }

    def _told(self, row: Mapping[str, Any], acts: Names, *, is_act: bool) -> str:
        told = {
            column: f"act {acts.of(value)}"
            if column in _ACTS or (is_act and column == "id")
            else self._names.within(str(value))
            for column, value in row.items()
        }
        return str(told)


def _rows(tx: SqlTransaction, table: Table) -> list[dict[str, Any]]:
    """Return rows as stored; of what is encrypted only whether it is there."""
    columns = [column for column in table.columns if column.name not in _HASHED]
    plainly = Statement(select(*(type_coerce(column, NullType()) for column in columns)))
    names = [column.name for column in columns]
    secret = {column.name for column in columns if isinstance(column.type, LargeBinary)}
    return [
        {name: bool(v) if name in secret else v for name, v in zip(names, row, strict=True)}
        for row in plainly.rows(tx.cursor, {})
    ]

"""How PostgreSQL is spoken to: psycopg's raw cursor, whole numbers of 64 bits, values by place.

A statement that meets another transaction (a lock not given, a deadlock, a key or a check that
somebody else's commit has just made true) does not fail: it raises `RunAgain`, and the function is
run again from its start. What still fails then was no race and is raised as it came.
"""

from collections.abc import Sequence
from typing import Any, Final, NoReturn

import psycopg
from psycopg import errors
from psycopg.adapt import Loader
from psycopg.rows import tuple_row
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper, NumericBinaryLoader
from sqlalchemy.dialects.postgresql.base import PGDialect

from storage.statements import POSTGRESQL, Speech

CONNECT_S: Final = 5
LOST: Final = (psycopg.OperationalError, psycopg.InterfaceError)
"""What psycopg raises when the server is gone."""


def _numbered(sql: str) -> str:
    """Number the marks of a statement: the driver's raw cursor wants `$1`, `$2`, ..."""
    first, *rest = sql.split("%s")
    marked = "".join(f"${place}{part}" for place, part in enumerate(rest, start=1))
    return f"{first}{marked}".replace("%%", "%")


_DIALECT: Final = PGDialect(paramstyle="format")  # type: ignore[no-untyped-call]

POSTGRES: Final = Speech(POSTGRESQL, _DIALECT, "%s", _numbered)


class RunAgain(BaseException):
    """This transaction met another one: undo it and run its function again.

    No `Exception`: whoever catches what a function may raise must not swallow it.
    """

    def __init__(self, cause: psycopg.Error) -> None:
        """Keep what the database said."""
        super().__init__(str(cause))
        self.cause = cause


class WholeLoader(Loader):
    """Sums of whole numbers are `numeric` to PostgreSQL; they are whole numbers to us."""

    def load(self, data: Any) -> int:
        """Return the number, which has no fraction."""
        return int(bytes(data))


class WholeBinaryLoader(NumericBinaryLoader):
    """The same where the server sends it packed."""

    def load(self, data: Any) -> Any:
        """Return the number, which has no fraction."""
        return int(super().load(data))


class PostgresCursor(psycopg.RawCursor[Any]):
    """A cursor that tells races from errors."""

    speech: Final = POSTGRES

    def execute(self, query: Any, params: Any = None, **options: Any) -> "PostgresCursor":
        """Run one statement.

        Raises:
            RunAgain: it met another transaction.
            psycopg.Error: anything else.
        """
        try:
            super().execute(query, params or None, **options)
        except (
            errors.IntegrityError,
            errors.SerializationFailure,
            errors.DeadlockDetected,
            errors.LockNotAvailable,
        ) as error:
            _meet(error)
        return self

    def executemany(self, query: Any, params_seq: Any, **options: Any) -> None:
        """Run one statement for many rows; errors as `execute`."""
        try:
            super().executemany(query, params_seq, **options)
        except (errors.IntegrityError, errors.DeadlockDetected) as error:
            _meet(error)


def _meet(error: psycopg.Error) -> NoReturn:
    raise RunAgain(error) from error


Connection = psycopg.Connection[Any]


def connect(url: str, *, name: str = "hazina") -> Connection:
    """Open a connection that begins and ends transactions only as it is told.

    `url` is a libpq address (`postgresql://...`).

    Raises:
        psycopg.OperationalError: the server is not there, or does not want us.
    """
    connection: Connection = psycopg.connect(
        url,
        autocommit=True,
        connect_timeout=CONNECT_S,
        application_name=name,
        row_factory=tuple_row,
        cursor_factory=PostgresCursor,
    )
    for dumper in (Int8Dumper, Int8BinaryDumper):
        connection.adapters.register_dumper(int, dumper)
    for loader in (WholeLoader, WholeBinaryLoader):
        connection.adapters.register_loader("numeric", loader)
    return connection


def told(connection: Connection, sentences: Sequence[str]) -> Any:
    """Send several statements at once, without values; return the last one's rows."""
    plain = psycopg.Cursor(connection)
    plain.execute("; ".join(sentences).encode())
    while plain.nextset():
        pass
    return plain.fetchall() if plain.description else []

"""Known mistakes that only one of the two databases makes."""

from dataclasses import replace
from typing import Any, Final

from core.domain.acts import Cause
from storage import sqlite
from storage.postgres import Connection
from storage.session import PostgresSession
from storage.transaction import SqlTransaction
from tests.mistakes import instruments as by
from tests.mistakes.mistake import Mistake, Plant


def refused_but_kept(plant: Plant) -> None:
    """On PostgreSQL what a refused act has written stays."""

    def undo(self: PostgresSession, connection: Connection) -> None:
        connection.execute("COMMIT")

    plant.setattr(PostgresSession, "_undo", undo)


def cause_forgotten(plant: Plant) -> None:
    """On SQLite an act does not say what it was done for."""

    def forgetful(*args: Any, cause: Cause, **more: Any) -> SqlTransaction:
        return SqlTransaction(*args, cause=replace(cause, reference=""), **more)

    plant.setattr(sqlite, "SqlTransaction", forgetful)


MISTAKES: Final = (
    Mistake(refused_but_kept, by.logs),
    Mistake(cause_forgotten, by.logs),
)

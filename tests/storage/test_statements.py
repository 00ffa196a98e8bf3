"""What we compiled ourselves finds the same rows as SQLAlchemy does."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import ColumnElement, bindparam, create_engine, delete, insert, select, update
from sqlalchemy.pool import StaticPool

from storage.bills import BILL
from storage.ledger_tables import ACCOUNT
from storage.payment_tables import PAYMENT
from storage.people import PERSON
from storage.schema import METADATA
from storage.statements import Statement
from storage.tenants import TENANT
from tests.factories import NOW
from tests.storage.estate import Ids

QUERIES: dict[str, tuple[Any, dict[str, Any]]] = {
    f"every {name}": (select(*table.columns).order_by(*table.primary_key.columns), {})
    for name, table in METADATA.tables.items()
}
FILTERS: dict[str, ColumnElement[bool]] = {
    "in": BILL.c.life.in_(["open", "cancelled"]),
    "not in": BILL.c.life.not_in(["cancelled"]),
    "in of one": BILL.c.life.in_(["cancelled"]),
    "in of times": BILL.c.issued_at.in_([]),
    "not": ~(BILL.c.allocated_minor > 0),
    "text": BILL.c.title == "Service charge",
}
QUERIES |= {
    f"bills {name}": (select(BILL.c.id, BILL.c.due_on).where(found).order_by(BILL.c.id), {})
    for name, found in FILTERS.items()
}
QUERIES |= {
    "one tenant": (select(TENANT.c.policy).where(TENANT.c.id == bindparam("id")), {"id": 1}),
    "flags": (
        select(ACCOUNT.c.id).where(ACCOUNT.c.has_floor == bindparam("yes")).order_by(ACCOUNT.c.id),
        {"yes": True},
    ),
    "nothing": (select(PAYMENT.c.id).where(PAYMENT.c.id == bindparam("id")), {"id": 5}),
    "a page": (
        select(PERSON.c.name).order_by(PERSON.c.id).limit(bindparam("most")),
        {"most": 1},
    ),
}


@pytest.mark.parametrize("name", QUERIES)
def test_both_ways_find_the_same_rows(built: tuple[Path, Ids], name: str) -> None:
    query, values = QUERIES[name]
    with closing(sqlite3.connect(built[0])) as connection:
        ours = Statement(query).rows(connection.cursor(), values)
        engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
        with engine.connect() as wrapped:
            theirs = [tuple(row) for row in wrapped.execute(query, values)]
    assert [tuple(row) for row in ours] == theirs


def test_what_is_written_is_read_back(estate: Path) -> None:
    with closing(sqlite3.connect(estate)) as connection:
        cursor = connection.cursor()
        target = METADATA.tables["dialogue"]
        row = select(target).where(target.c.chat_id == bindparam("chat_id"))
        Statement(insert(target), columns=[c.name for c in target.columns]).run(cursor, DIALOGUE)
        assert Statement(row).rows(cursor, {"chat_id": 1}) == [tuple(DIALOGUE.values())]
        change = update(target).where(target.c.chat_id == bindparam("chat")).values(step="y")
        Statement(change).run(cursor, {"chat": 1})
        assert Statement(row).rows(cursor, {"chat_id": 1})[0][2] == "y"
        Statement(delete(target).where(target.c.step == "y")).run(cursor, {})
        assert Statement(row).rows(cursor, {"chat_id": 1}) == []


def test_a_missing_value_is_an_error(estate: Path) -> None:
    missing = (KeyError, sqlite3.ProgrammingError)
    with closing(sqlite3.connect(estate)) as connection, pytest.raises(missing):
        Statement(select(BILL.c.id).where(BILL.c.id == bindparam("id"))).run(
            connection.cursor(), {}
        )


DIALOGUE: dict[str, Any] = {
    "chat_id": 1,
    "person_id": 2,
    "step": "x",
    "data": b"\x00sealed",
    "expires_at": NOW,
}

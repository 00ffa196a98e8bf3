"""What nobody may write, tried on PostgreSQL: the same attacks, its own ways around."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from storage.schema import METADATA
from storage.session import Outside, PostgresSession
from storage.statements import distinctly
from storage.triggers import APPEND_ONLY, NEVER_DELETED
from tests.books import CAUSE, FakeClock, SeededRandomness, ring
from tests.postgres import new_database
from tests.storage.attacks import Attack
from tests.storage.estate import Ids, build
from tests.storage.test_triggers import ATTACKS

FORMS = ("", " ON CONFLICT DO NOTHING")
Raw = psycopg.Connection[Any]


@pytest.fixture(scope="session")
def world() -> tuple[str, Ids]:
    """Return a database that every test may look at and none may change, and its ids."""
    from storage.jobs import Job  # noqa: PLC0415 - only here

    url = new_database(is_kept=True)
    session = PostgresSession(
        Outside(url=url, randomness=SeededRandomness(), ring=ring(), own_clock=FakeClock())
    )
    job = Job(function=build, cause=CAUSE, deliver=lambda _job: None)
    session.run(job)
    session.close()
    assert job.error is None
    return url, job.result


@contextmanager
def way_in(url: str) -> Iterator[Raw]:
    """Come in as somebody with a shell, in a transaction that is undone."""
    with psycopg.connect(url) as connection:
        try:
            yield connection
        finally:
            connection.rollback()


def run(connection: Raw, statement: str, ids: Ids, *, form: str = "") -> None:
    """Run a statement; an INSERT under a conflict clause."""
    sql = distinctly(statement.replace("?OR?", "").replace("max(0,", "greatest(0,"))
    if form and sql.lstrip().upper().startswith("INSERT"):
        sql += form
    used = set(re.findall(r"(?<!:):(\w+)", sql))
    named = re.sub(r"(?<!:):(\w+)", r"%(\1)s", sql.replace("%", "%%"))
    connection.execute(named.encode(), {n: v for n, v in ids.items() if n in used})


def dump(connection: Raw) -> list[Any]:
    """Return a digest of every table."""
    digests = ", ".join(
        f"(SELECT md5(COALESCE(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {name} t)"  # noqa: S608 - ours
        for name in METADATA.tables
    )
    return list(connection.execute(f"SELECT {digests}".encode()).fetchall())


REFUSABLE = [each for each in ATTACKS if "half an amount" not in str(each.id)]
"""A fraction is rounded by PostgreSQL before it reaches a column of whole numbers."""


@pytest.mark.parametrize("attack", REFUSABLE)
def test_an_attack_changes_nothing(world: tuple[str, Ids], attack: Attack) -> None:
    url, ids = world
    for form in FORMS:
        with way_in(url) as connection:
            for lawful in attack.prepare:
                run(connection, lawful, ids)
            before = dump(connection)
            connection.execute("SAVEPOINT attack")
            try:
                run(connection, attack.statement, ids, form=form)
            except psycopg.Error:
                connection.execute("ROLLBACK TO attack")
            assert dump(connection) == before, form or "plain"


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_what_is_written_once_cannot_be_edited(world: tuple[str, Ids], table: str) -> None:
    names = [c.name for c in METADATA.tables[table].columns if c.computed is None]
    with way_in(world[0]) as connection:
        for name in names:
            connection.execute("SAVEPOINT attack")
            with pytest.raises(psycopg.errors.CheckViolation, match="hazina:"):
                connection.execute(f'UPDATE {table} SET "{name}" = "{name}"'.encode())  # noqa: S608 - ours
            connection.execute("ROLLBACK TO attack")


@pytest.mark.parametrize("table", [*APPEND_ONLY, *NEVER_DELETED])
@pytest.mark.parametrize("way", ["DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_what_is_kept_cannot_be_deleted(world: tuple[str, Ids], table: str, way: str) -> None:
    with way_in(world[0]) as connection, pytest.raises(psycopg.Error, match="hazina:"):
        connection.execute(way.format(table).encode())

"""A database on a server is born once, whoever comes first, and says what is wrong with it."""

import threading
from collections.abc import Iterator

import psycopg
import pytest

from storage import server_setup, setup
from storage.doctor import broken
from storage.schema import METADATA
from storage.session import Outside, PostgresSession
from tests.books import NOW, FakeClock, SeededRandomness, ring
from tests.postgres import new_database, shared_server
from tests.storage.test_session import do


@pytest.fixture
def empty() -> str:
    server = shared_server()
    return server.url(server.create())


@pytest.fixture
def session() -> Iterator[PostgresSession]:
    outside = Outside(
        url=new_database(), randomness=SeededRandomness(), ring=ring(), own_clock=FakeClock()
    )
    one = PostgresSession(outside)
    yield one
    one.close()


def prepare(url: str, *, mode: str = setup.SANDBOX) -> None:
    server_setup.prepare(url, mode=mode, now=NOW, ring=ring())


def test_who_prepares_side_by_side_makes_one_birth(empty: str) -> None:
    threads = [threading.Thread(target=prepare, args=(empty,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    server_setup.check(empty, mode=setup.SANDBOX, ring=ring())
    with psycopg.connect(empty) as connection:
        assert connection.execute("SELECT count(*) FROM birth").fetchone() == (1,)


def test_the_other_mode_is_refused(empty: str) -> None:
    prepare(empty)
    with pytest.raises(setup.WrongMode):
        prepare(empty, mode=setup.LIVE)
    with pytest.raises(setup.WrongMode):
        server_setup.check(empty, mode=setup.LIVE, ring=ring())


def test_an_empty_database_needs_migration(empty: str) -> None:
    with pytest.raises(setup.NeedsMigration):
        server_setup.check(empty, mode=setup.SANDBOX, ring=ring())


def test_a_server_that_is_away_is_named_without_its_password() -> None:
    with pytest.raises(ConnectionError, match=r"books at 127\.0\.0\.1 does not answer") as caught:
        prepare("postgresql://me:hunter2@127.0.0.1:1/books")
    assert "hunter2" not in str(caught.value)


def test_a_server_that_forgets_is_refused(empty: str) -> None:
    prepare(empty)
    name = empty.rpartition("?")[0].rpartition("/")[2]
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off".encode())
    with pytest.raises(server_setup.NotDurable):
        server_setup.check(empty, mode=setup.SANDBOX, ring=ring())


def test_partial_indexes_are_partial_here_too(empty: str) -> None:
    prepare(empty)
    with psycopg.connect(empty) as connection:
        found = connection.execute(
            "SELECT indexname FROM pg_indexes WHERE indexdef LIKE '% WHERE %'"
            " AND schemaname = 'public'"
        ).fetchall()
    expected = {
        str(index.name)
        for table in METADATA.tables.values()
        for index in table.indexes
        if index.dialect_options["sqlite"]["where"] is not None
    }
    assert {row[0] for row in found} == expected


@pytest.mark.parametrize(
    "crime",
    [
        "DROP TRIGGER hazina_transfer_post ON transfer",
        "ALTER TABLE bill DISABLE TRIGGER hazina_bill_update",
        "ALTER FUNCTION hazina_kept() RENAME TO lost",
    ],
)
def test_the_doctor_misses_a_rule(session: PostgresSession, crime: str) -> None:
    assert do(session, broken) == []
    do(session, lambda tx: tx.cursor.execute(crime) and None)
    assert len(do(session, broken)) == 1

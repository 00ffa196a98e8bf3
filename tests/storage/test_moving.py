"""From the file to PostgreSQL: all of it, proven, or nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from storage import moving, setup
from storage.session import Outside, PostgresSession
from tests.books import NOW, SeededRandomness, open_books, ring
from tests.postgres import shared_server
from tests.storage.estate import Ids
from tests.storage.test_session import do


@pytest.fixture
def url() -> str:
    server = shared_server()
    return server.url(server.create())


def moved(path: Path, url: str) -> moving.Moved:
    return moving.move(
        path,
        url,
        mode=setup.SANDBOX,
        now=NOW,
        ring=ring(),
        randomness=SeededRandomness(9),
    )


def test_everything_arrives_and_goes_on(estate: Path, ids: Ids, url: str) -> None:
    with closing(sqlite3.connect(estate)) as connection:
        (accounts,) = connection.execute("SELECT count(*) FROM account").fetchone()
    found = moved(estate, url)
    assert (found.accounts, found.chains) == (accounts, 3)
    outside = Outside(url=url, randomness=SeededRandomness(10), ring=ring())
    one = PostgresSession(outside)
    wallet = do(one, lambda tx: tx.ledger.get(ids["wallet"]))
    assert wallet.balance.minor > 0
    assert do(one, lambda tx: tx.add_note(ids["tenant"], "and on it goes")) > 0
    one.close()


def test_the_file_is_closed_for_good(estate: Path, url: str) -> None:
    moved(estate, url)
    with pytest.raises(setup.WasMoved, match="set DATABASE_URL"):
        setup.prepare(estate, mode=setup.SANDBOX, now=NOW, ring=ring())


def test_nothing_is_written_over_books_that_are_there(
    estate: Path, tmp_path: Path, url: str
) -> None:
    moved(estate, url)
    other = open_books(tmp_path)
    other.close()
    with pytest.raises(moving.NotEmpty):
        moved(other.path, url)
    assert setup.is_current(other.path)


def test_a_row_that_changes_on_the_way_stops_the_move(
    estate: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = moving.digest
    calls = iter(range(10_000))
    monkeypatch.setattr(moving, "digest", lambda rows: honest(list(rows)[next(calls) % 2 :]))
    with pytest.raises(moving.Differs):
        moved(estate, url)
    assert setup.is_current(estate)
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM person").fetchone() == (0,)

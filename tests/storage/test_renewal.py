"""New books in place of a sandbox's old ones, and of nobody else's."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from storage import renewal, setup
from storage.embedded import AlreadyRunning, ServiceLock
from tests.factories import NOW, ring


def made(path: Path, *, mode: str = setup.SANDBOX, note: str = "") -> Path:
    """Return a database with a note in it."""
    setup.prepare(path, mode=mode, now=NOW, ring=ring())
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE said (what TEXT)")
        connection.execute("INSERT INTO said VALUES (?)", (note,))
        connection.commit()
    return path


def said(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("SELECT what FROM said").fetchone()[0])


def test_the_old_books_are_put_aside_with_what_their_log_held(tmp_path: Path) -> None:
    path = made(tmp_path / "sandbox.db", note="first")
    killed = sqlite3.connect(path, isolation_level=None)
    killed.execute("UPDATE said SET what = 'last word'")
    log = (tmp_path / "sandbox.db-wal").read_bytes()
    whole = path.read_bytes()
    killed.close()
    path.write_bytes(whole)
    (tmp_path / "sandbox.db-wal").write_bytes(log)
    renewal.exchange(path, made(renewal.fresh(path), note="fresh"))
    assert said(path) == "fresh"
    assert said(renewal.before(path)) == "last word"
    kept = {each.name for each in tmp_path.iterdir()}
    assert kept == {"sandbox.db", "sandbox.db.before", "sandbox.db.lock"}
    renewal.exchange(path, made(renewal.fresh(path), note="third"))
    assert (said(path), said(renewal.before(path))) == ("third", "fresh")


def test_books_that_somebody_reads_stay(tmp_path: Path) -> None:
    path = made(tmp_path / "sandbox.db", note="mine")
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM said").fetchone()
        with pytest.raises(renewal.InUse):
            renewal.exchange(path, made(renewal.fresh(path)), within_s=0.05)
    assert said(path) == "mine"
    assert not renewal.before(path).exists()


def test_each_birth_has_a_mark_of_its_own(tmp_path: Path) -> None:
    assert renewal.birth_of(tmp_path / "sandbox.db") is None
    found = renewal.birth_of(made(tmp_path / "sandbox.db"))
    assert found is not None
    assert found.mode == setup.SANDBOX
    assert found.mark.isdecimal()


@pytest.mark.parametrize("content", [None, b"", b"no database at all"])
def test_what_is_not_a_sandboxs_stays(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "books.db"
    if content is None:
        made(path, mode=setup.LIVE, note="live")
    else:
        path.write_bytes(content)
    was = path.read_bytes()
    with pytest.raises(setup.WrongMode, match="stays as it is"):
        renewal.exchange(path, made(renewal.fresh(path)))
    assert path.read_bytes() == was
    assert not renewal.before(path).exists()


def test_a_live_database_does_not_come_into_a_sandboxs_place(tmp_path: Path) -> None:
    path = made(tmp_path / "sandbox.db", note="mine")
    with pytest.raises(setup.WrongMode):
        renewal.exchange(path, made(tmp_path / "live.db", mode=setup.LIVE))
    assert said(path) == "mine"


def test_a_running_service_keeps_its_books(tmp_path: Path) -> None:
    path = made(tmp_path / "sandbox.db", note="mine")
    lock = ServiceLock(path)
    lock.take()
    try:
        with pytest.raises(AlreadyRunning):
            renewal.exchange(path, made(renewal.fresh(path)))
    finally:
        lock.release()
    assert said(path) == "mine"

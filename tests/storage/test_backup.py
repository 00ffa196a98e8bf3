"""Copies that are whole, and restores that send and pay nothing by themselves."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from core.domain.work import Kind, WorkStatus
from storage import backup as backups
from storage import doctor, setup
from storage.embedded import AlreadyRunning, ServiceLock
from storage.transaction import SqlTransaction
from tests.factories import NOW, Books, add_person, new_file, open_books, ring
from tests.storage.estate import dump


@pytest.fixture
def books(estate: Path) -> Books:
    return open_books(estate.parent, path=estate, seed=2)


@pytest.fixture
def copy(books: Books, tmp_path: Path) -> Path:
    backups.backup(books.path, tmp_path / "copy.db")
    return tmp_path / "copy.db"


def rows(path: Path) -> object:
    with closing(sqlite3.connect(path)) as connection:
        return dump(connection)


def states(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT kind, status FROM work ORDER BY id").fetchall()


def test_a_copy_is_whole(books: Books, copy: Path) -> None:
    assert rows(copy) == rows(books.path)
    assert setup.is_current(copy)
    assert backups.check(copy) == setup.SANDBOX


def test_a_copy_holds_what_is_still_in_the_log(books: Books, tmp_path: Path) -> None:
    books.run(add_person)
    assert books.path.with_name(books.path.name + "-wal").stat().st_size
    backups.backup(books.path, tmp_path / "copy.db")
    assert rows(tmp_path / "copy.db") == rows(books.path)


def test_a_copy_is_one_private_file(copy: Path) -> None:
    assert [path.name for path in copy.parent.iterdir() if "copy" in path.name] == ["copy.db"]
    assert copy.stat().st_mode & 0o077 == 0


def test_nothing_is_overwritten(books: Books, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("precious")
    with pytest.raises(FileExistsError):
        backups.backup(books.path, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "precious"


def test_nothing_is_not_copied(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        backups.backup(tmp_path / "none.db", tmp_path / "copy.db")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_database_gives_no_copy(tmp_path: Path) -> None:
    path = new_file(tmp_path)
    damage(path)
    with pytest.raises((backups.BadBackup, sqlite3.DatabaseError)):
        backups.backup(path, tmp_path / "copy.db")
    assert [each.name for each in tmp_path.iterdir() if "copy" in each.name] == []


def test_a_restore_brings_the_past_back(books: Books, copy: Path) -> None:
    before = rows(copy)
    books.run(add_person)
    books.close()
    backups.restore(copy, books.path, NOW, ring())
    found = rows(books.path)
    assert isinstance(found, dict)
    assert isinstance(before, dict)
    changed = {name for name in found if found[name] != before[name]}
    assert changed == {"work", "outflow_freeze"}


def test_what_was_there_is_kept(books: Books, copy: Path) -> None:
    books.run(add_person)
    books.close()
    present = rows(books.path)
    backups.restore(copy, books.path, NOW, ring())
    kept = [path for path in books.path.parent.iterdir() if path.suffix.startswith(".before-")]
    kept = [path for path in kept if not path.name.endswith(("-wal", "-shm"))]
    assert [rows(path) for path in kept] == [present]


def test_a_restore_needs_no_database_to_be_there(copy: Path, tmp_path: Path) -> None:
    backups.restore(copy, tmp_path / "other" / "new.db", NOW, ring())
    assert setup.is_current(tmp_path / "other" / "new.db")


def test_a_restore_over_a_damaged_database(books: Books, copy: Path) -> None:
    books.close()
    damage(books.path)
    backups.restore(copy, books.path, NOW, ring())
    assert setup.is_current(books.path)


def test_a_running_service_refuses(
    books: Books, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = ServiceLock(books.path)
    service.take()
    # The lock belongs to this very process here; forget that it does.
    monkeypatch.setattr(ServiceLock, "_here", set())
    before = rows(books.path)
    with pytest.raises(AlreadyRunning):
        backups.restore(copy, books.path, NOW, ring())
    assert rows(books.path) == before
    service.release()


def test_whoever_holds_the_lock_may_restore(books: Books, copy: Path) -> None:
    books.close()
    lock = ServiceLock(books.path)
    lock.take()
    backups.restore(copy, books.path, NOW, ring())
    assert lock.is_ours
    lock.release()


def test_a_damaged_copy_is_refused(books: Books, copy: Path) -> None:
    damage(copy)
    before = rows(books.path)
    with pytest.raises(backups.BadBackup):
        backups.restore(copy, books.path, NOW, ring())
    assert rows(books.path) == before


def test_a_file_of_something_else_is_refused(books: Books, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "else.db")) as connection:
        connection.execute("CREATE TABLE x (y)")
    with pytest.raises(backups.BadBackup):
        backups.restore(tmp_path / "else.db", books.path, NOW, ring())


def test_the_other_mode_is_refused(books: Books, tmp_path: Path) -> None:
    live = new_file(tmp_path, mode=setup.LIVE, name="live.db")
    with pytest.raises(setup.WrongMode):
        backups.restore(live, books.path, NOW, ring())


def test_a_copy_of_newer_code_is_refused(books: Books, copy: Path) -> None:
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(setup.NewerSchema):
        backups.restore(copy, books.path, NOW, ring())
    assert [each for each in books.path.parent.iterdir() if "restoring" in each.name] == []


def test_an_old_copy_is_migrated(books: Books, copy: Path) -> None:
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute('DROP TRIGGER "transfer_floor"')
        connection.execute("PRAGMA user_version = 1")
    books.close()
    backups.restore(copy, books.path, NOW, ring())
    assert setup.is_current(books.path)


def queue(tx: SqlTransaction) -> None:
    for kind in (Kind.UPDATE, Kind.NOTICE):
        tx.work.add(kind, lane="l", payload=b"x")
    tx.work.add(Kind.CALL, lane="l", payload=b"x", is_sent=True)
    tx.work.end(tx.work.add(Kind.CALL, lane="l", payload=b"x"))


def test_outflows_wait_after_a_restore(books: Books, tmp_path: Path) -> None:
    books.run(queue)
    backups.backup(books.path, tmp_path / "copy.db")
    books.close()
    backups.restore(tmp_path / "copy.db", books.path, NOW, ring())
    assert states(books.path) == [
        ("message", "parked"),
        ("update", "due"),
        ("notice", "parked"),
        ("call", "parked"),
        ("call", "done"),
    ]
    restored = open_books(tmp_path, path=books.path, seed=3)
    assert restored.run(backups.is_frozen)
    assert restored.run(doctor.examine) == []
    assert [line for line in restored.run(doctor.warnings) if "frozen" in line]


def test_a_release_wakes_what_was_parked(books: Books, tmp_path: Path) -> None:
    books.run(queue)
    backups.backup(books.path, tmp_path / "copy.db")
    books.close()
    backups.restore(tmp_path / "copy.db", books.path, NOW, ring())
    restored = open_books(tmp_path, path=books.path, seed=3)
    restored.run(lambda tx: tx.work.add_parked(Kind.HOOK, lane="l", payload=b"x"))
    assert restored.run(backups.release) == 3
    assert not restored.run(backups.is_frozen)
    assert states(books.path) == [
        ("message", "due"),
        ("update", "due"),
        ("notice", "due"),
        ("call", "sent"),
        ("call", "done"),
        ("hook", "parked"),
    ]
    live = restored.run(lambda tx: tx.work.live(at=tx.now, after=0, limit=10))
    assert {(work.kind, work.is_repeat) for work in live} == {
        (Kind.MESSAGE, True),
        (Kind.UPDATE, False),
        (Kind.NOTICE, False),
        (Kind.CALL, False),
    }
    assert WorkStatus.SENT in {work.status for work in live}


def test_a_release_of_nothing_is_nothing(books: Books) -> None:
    assert not books.run(backups.is_frozen)
    assert books.run(backups.release) == 0


def damage(path: Path) -> None:
    """Overwrite the middle of a file."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 3)
        file.write(b"\x5a" * 40_000)

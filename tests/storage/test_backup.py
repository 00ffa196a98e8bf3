"""Copies that are whole, and restores that send and pay nothing by themselves."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from core.domain.configurations import Configuration
from core.domain.payments import Attempt, AttemptId, AttemptStatus, Payment
from core.domain.work import Kind
from storage import backup as backups
from storage import setup
from storage.embedded import AlreadyRunning, ServiceLock
from storage.transaction import SqlTransaction
from tests.factories import (
    NOW,
    Books,
    add_configuration,
    add_payment,
    add_person,
    new_file,
    open_books,
    ring,
)
from tests.storage.estate import dump

MINUTE = timedelta(minutes=1)
STEPS = (AttemptStatus.CREATED, AttemptStatus.SENT, AttemptStatus.DECLINED)


@pytest.fixture
def books(estate: Path) -> Books:
    return open_books(estate.parent, path=estate, seed=2)


@pytest.fixture
def copy(books: Books, tmp_path: Path) -> Path:
    backups.backup(books.path, tmp_path / "copy.db")
    return tmp_path / "copy.db"


def kept_as_it_is(_part: Path, missed: backups.Missed) -> backups.Missed:
    return missed


def rows(path: Path) -> object:
    with closing(sqlite3.connect(path)) as connection:
        return dump(connection)


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
    backups.restore(copy, books.path, NOW, ring(), put_back=kept_as_it_is)
    found = rows(books.path)
    assert isinstance(found, dict)
    assert isinstance(before, dict)
    changed = {name for name in found if found[name] != before[name]}
    assert changed == set()


def test_what_was_there_is_kept(books: Books, copy: Path) -> None:
    books.run(add_person)
    books.close()
    present = rows(books.path)
    backups.restore(copy, books.path, NOW, ring(), put_back=kept_as_it_is)
    kept = [path for path in books.path.parent.iterdir() if path.suffix.startswith(".before-")]
    kept = [path for path in kept if not path.name.endswith(("-wal", "-shm"))]
    assert [rows(path) for path in kept] == [present]


def test_a_restore_needs_no_database_to_be_there(copy: Path, tmp_path: Path) -> None:
    backups.restore(copy, tmp_path / "other" / "new.db", NOW, ring(), put_back=kept_as_it_is)
    assert setup.is_current(tmp_path / "other" / "new.db")


def test_a_restore_over_a_damaged_database(books: Books, copy: Path) -> None:
    books.close()
    damage(books.path)
    backups.restore(copy, books.path, NOW, ring(), put_back=kept_as_it_is)
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
        backups.restore(copy, books.path, NOW, ring(), put_back=kept_as_it_is)
    assert rows(books.path) == before
    service.release()


def test_whoever_holds_the_lock_may_restore(books: Books, copy: Path) -> None:
    books.close()
    lock = ServiceLock(books.path)
    lock.take()
    backups.restore(copy, books.path, NOW, ring(), put_back=kept_as_it_is)
    assert lock.is_ours
    lock.release()


def test_a_damaged_copy_is_refused(books: Books, copy: Path) -> None:
    damage(copy)
    before = rows(books.path)
    with pytest.raises(backups.BadBackup):
        backups.restore(copy, books.path, NOW, ring(), put_back=kept_as_it_is)
    assert rows(books.path) == before


def test_a_file_of_something_else_is_refused(books: Books, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "else.db")) as connection:
        connection.execute("CREATE TABLE x (y)")
    with pytest.raises(backups.BadBackup):
        backups.restore(tmp_path / "else.db", books.path, NOW, ring(), put_back=kept_as_it_is)


def test_the_other_mode_is_refused(books: Books, tmp_path: Path) -> None:
    live = new_file(tmp_path, mode=setup.LIVE, name="live.db")
    with pytest.raises(setup.WrongMode):
        backups.restore(live, books.path, NOW, ring(), put_back=kept_as_it_is)


def test_a_copy_of_newer_code_is_refused(books: Books, copy: Path) -> None:
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(setup.NewerSchema):
        backups.restore(copy, books.path, NOW, ring(), put_back=kept_as_it_is)
    assert [each for each in books.path.parent.iterdir() if "restoring" in each.name] == []


def test_an_old_copy_is_migrated(books: Books, copy: Path) -> None:
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute('DROP TRIGGER "transfer_floor"')
        connection.execute("PRAGMA user_version = 1")
    books.close()
    backups.restore(copy, books.path, NOW, ring(), put_back=kept_as_it_is)
    assert setup.is_current(books.path)


def receive(tx: SqlTransaction) -> None:
    """Take what a provider and two people sent; one of them wrote to another bot before."""
    for source in ("telegram:77", "provider:1"):
        tx.work.see(source, "1")
    tx.work.end(tx.work.add(Kind.UPDATE, lane="u:77:501", payload=b"x"))
    tx.work.add(Kind.PIN, lane="u:77:502", payload=b"x")
    tx.work.add(Kind.HOOK, lane="h:1", payload=b"told")
    tx.work.end(tx.work.add(Kind.HOOK, lane="h:1", payload=b"x"))


def test_what_the_replaced_database_received_is_not_lost(books: Books, copy: Path) -> None:
    books.clock.move(seconds=1)
    books.run(receive)
    books.close()
    missed = backups.restore(copy, books.path, NOW, ring(), put_back=kept_as_it_is)
    assert missed.lanes == ("u:77:501", "u:77:502")
    restored = open_books(copy.parent, path=books.path, seed=3)
    # An update that comes again is known; an event of a provider only asks, so it may come again.
    assert restored.run(lambda tx: tx.work.see("telegram:77", "1")) is False
    assert restored.run(lambda tx: tx.work.see("provider:1", "1")) is True
    found = restored.run(lambda tx: tx.work.live(at=NOW + MINUTE, after=0, limit=9))
    assert [(each.kind, each.payload) for each in found if each.lane == "h:1"] == [
        (Kind.HOOK, b"told")
    ]
    restored.close()


def _add_attempt(
    tx: SqlTransaction, payment: Payment, configuration: Configuration, status: AttemptStatus
) -> None:
    attempt = Attempt(
        id=AttemptId(tx.new_id()),
        payment_id=payment.id,
        tenant_id=payment.tenant_id,
        number=1,
        configuration_id=configuration.id,
        provider=configuration.provider,
        reference=f"ref-{status}",
        created_at=tx.now,
    )
    tx.payments.add_attempt(attempt)
    for step in (AttemptStatus.SENT, AttemptStatus.DECLINED)[: STEPS.index(status)]:
        stands = tx.payments.attempt(attempt.id)
        tx.payments.replace_attempt(stands, stands.move(step))


def test_pages_that_the_copy_does_not_know_are_named(books: Books, copy: Path) -> None:
    books.clock.move(seconds=1)

    def ask(tx: SqlTransaction) -> int:
        payer, tenant = add_person(tx), tx.tenants.all()[0]
        configuration = add_configuration(tx, tenant, provider="another")
        for status in STEPS:
            _add_attempt(tx, add_payment(tx, tenant, payer), configuration, status)
        return configuration.id

    configuration_id = books.run(ask)
    books.close()
    missed = backups.restore(copy, books.path, NOW, ring(), put_back=kept_as_it_is)
    assert missed.pages == (
        backups.Page(
            configuration_id=configuration_id,
            provider="another",
            reference="ref-sent",
            status="sent",
        ),
    )


def test_nothing_is_known_of_a_replaced_database_that_cannot_be_read(
    books: Books, copy: Path
) -> None:
    books.clock.move(seconds=1)
    books.run(receive)
    books.close()
    damage(books.path)
    missed = backups.restore(copy, books.path, NOW, ring(), put_back=kept_as_it_is)
    assert missed == backups.Missed()


def test_nothing_is_known_of_a_replaced_database_of_another_schema(
    books: Books, copy: Path
) -> None:
    books.clock.move(seconds=1)
    books.run(receive)
    books.close()
    with closing(sqlite3.connect(books.path)) as connection:
        connection.execute("ALTER TABLE attempt RENAME COLUMN reference TO name")
    missed = backups.restore(copy, books.path, NOW, ring(), put_back=kept_as_it_is)
    assert missed == backups.Missed()
    restored = open_books(copy.parent, path=books.path, seed=3)
    assert restored.run(lambda tx: tx.work.see("telegram:77", "1")) is True
    restored.close()


def test_a_copy_that_cannot_be_frozen_is_not_put_in_place(books: Books, copy: Path) -> None:
    books.run(add_person)
    books.close()
    present = rows(books.path)

    def fail(part: Path, _missed: backups.Missed) -> None:
        raise LookupError(part)

    with pytest.raises(LookupError):
        backups.restore(copy, books.path, NOW, ring(), put_back=fail)
    assert rows(books.path) == present
    assert [each for each in books.path.parent.iterdir() if "restoring" in each.name] == []


def damage(path: Path) -> None:
    """Overwrite the middle of a file."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 3)
        file.write(b"\x5a" * 40_000)

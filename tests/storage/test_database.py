"""The database as the edges see it: awaited writes, snapshot reads, one service at a time."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.domain.errors import NotFound
from core.domain.people import Person, PersonId
from core.domain.work import Kind, Work
from storage.database import Database
from storage.embedded import AlreadyRunning, ServiceLock
from storage.transaction import SqlTransaction
from tests.factories import SeededRandomness, add_person, new_file, open_database


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = open_database(tmp_path)
    yield opened
    await opened.close()


def count(tx: SqlTransaction) -> int:
    tx.cursor.execute("SELECT count(*) FROM person")
    return int(tx.cursor.fetchall()[0][0])


async def test_what_was_awaited_is_read(database: Database) -> None:
    person = await database.run(add_person)
    found = await database.read(lambda tx: tx.people.person(person.id))
    assert found == person


async def test_an_error_reaches_its_caller(database: Database) -> None:
    with pytest.raises(NotFound):
        await database.run(lambda tx: tx.people.person(PersonId(5)))


async def test_an_iterator_that_ends_reaches_its_caller(database: Database) -> None:
    with pytest.raises(RuntimeError):
        await database.run(lambda _tx: next(iter(())))


async def test_callers_queue_and_share_commits(database: Database) -> None:
    before = database.commits
    people = await asyncio.gather(*(database.run(add_person) for _ in range(64)))
    assert len({person.id for person in people}) == 64
    assert database.commits - before < 64


async def test_a_caller_that_went_away_disturbs_nobody(database: Database) -> None:
    gone = asyncio.create_task(database.run(add_person))
    stays = asyncio.create_task(database.run(add_person))
    await asyncio.sleep(0)
    gone.cancel()
    assert (await stays).name == "Ada"
    assert gone.cancelled() or gone.cancelling()
    assert (await database.run(add_person)).name == "Ada"


async def test_a_reader_sees_one_moment(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    looked, written = threading.Event(), threading.Event()

    def look_twice(path: Path) -> tuple[int, int]:
        async def look() -> tuple[int, int]:
            reader = open_database(tmp_path, path=path)
            try:
                return await reader.read(two_looks)
            finally:
                await reader.close()

        return asyncio.run(look())

    def two_looks(tx: SqlTransaction) -> tuple[int, int]:
        first = count(tx)
        looked.set()
        assert written.wait(60)
        return first, count(tx)

    looking = asyncio.create_task(asyncio.to_thread(look_twice, tmp_path / "hazina.db"))
    assert await asyncio.to_thread(looked.wait, 60)
    await database.run(add_person)
    written.set()
    assert await looking == (0, 0)
    assert await database.read(count) == 1
    await database.close()


async def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await database.read(add_person)
    assert await database.read(count) == 0


async def test_a_reader_cannot_queue_work(database: Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await database.read(lambda tx: tx.work.add(Kind.MESSAGE, lane="c:1", payload=b"x"))


async def test_readers_begin_anew_each_time(database: Database) -> None:
    assert await database.read(count) == 0
    await database.run(add_person)
    assert [await database.read(count) for _ in range(8)] == [1] * 8


async def test_work_rows_are_handed_over_on_the_loop(database: Database) -> None:
    got: asyncio.Queue[Work] = asyncio.Queue()
    database.on_commit(lambda work: got.put_nowait(work[0]))
    await database.run(lambda tx: tx.work.add(Kind.MESSAGE, lane="c:1", payload=b"x"))
    handed = await asyncio.wait_for(got.get(), 60)
    assert (handed.lane, handed.payload) == ("c:1", b"x")


async def test_closing_finishes_what_is_queued(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    last = [asyncio.create_task(database.run(add_person)) for _ in range(10)]
    await asyncio.sleep(0)
    await database.close()
    assert len([task for task in last if (await task).name == "Ada"]) == 10


async def test_an_inner_level_undoes_itself_only(database: Database) -> None:
    def two_levels(tx: SqlTransaction) -> int:
        add_person(tx)
        with pytest.raises(NotFound), tx.inner():
            half(tx)
        return count(tx)

    def half(tx: SqlTransaction) -> None:
        add_person(tx)
        tx.work.add(Kind.MESSAGE, lane="ghost", payload=b"x")
        tx.people.person(PersonId(5))

    assert await database.run(two_levels) == 1
    assert await database.read(count) == 1


def test_two_services_do_not_share_a_file(tmp_path: Path) -> None:
    first, second = ServiceLock(tmp_path / "x.db"), ServiceLock(tmp_path / "x.db")
    first.take()
    with pytest.raises(AlreadyRunning):
        second.take()
    first.release()
    second.take()
    assert second.is_ours
    second.release()
    assert not second.is_ours


async def test_a_foreign_commit_is_seen(tmp_path: Path) -> None:
    path = new_file(tmp_path)
    ours, shell = (
        open_database(tmp_path, path=path),
        open_database(tmp_path, path=path, randomness=SeededRandomness(2)),
    )
    await shell.run(lambda tx: tx.people.add_person(Person(id=PersonId(9), name="Shell")))
    found = await ours.run(lambda tx: tx.people.person(PersonId(9)))
    assert found.name == "Shell"
    await ours.run(add_person)
    assert await shell.read(count) == 2
    await ours.close()
    await shell.close()

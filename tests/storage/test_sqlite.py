"""Groups under one COMMIT, and everything that can go wrong in between."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.domain.people import Person, PersonId
from core.domain.work import Kind
from storage.embedded import EmbeddedDatabase
from storage.jobs import Job
from storage.sqlite import NotCommitted, SqliteWriter
from storage.transaction import SqlTransaction
from tests.books import CAUSE, FakeClock, SeededRandomness, end_test, new_file, ring
from tests.storage.faults import BUSY, FULL, IO, Fault, Faults, failure

Work = Callable[[SqlTransaction], Any]


class Bench:
    """A writer on a breakable connection, run on the test's own thread."""

    def __init__(self, path: Path, *, seed: int = 1) -> None:
        self.path = path
        self.faults = Faults()
        self.written: list[Any] = []
        self.delivered: list[Job] = []
        self.writer = SqliteWriter(
            path,
            clock=FakeClock(),
            randomness=SeededRandomness(seed),
            ring=ring(),
            on_fatal=end_test,
            on_commit=lambda work: self.written.append([w.lane for w in work]),
            connect=self.faults.connect,
        )

    def run(self, *functions: Work) -> list[Job]:
        jobs = [Job(function=f, cause=CAUSE, deliver=self.delivered.append) for f in functions]
        self.writer.run_inline(jobs)
        return jobs

    def names(self) -> list[str]:
        """Return who is in the file, as another process sees it."""
        with sqlite3.connect(self.path) as connection:
            found = [str(row[0]) for row in connection.execute("SELECT name FROM person")]
        connection.close()
        return found


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(new_file(tmp_path))
    yield made
    made.writer.stop()


def add(name: str) -> Work:
    def work(tx: SqlTransaction) -> str:
        tx.people.add_person(Person(id=PersonId(tx.new_id()), name=name))
        return name

    return work


def fail(error: BaseException, *, after: str = "") -> Work:
    def work(tx: SqlTransaction) -> None:
        if after:
            add(after)(tx)
        raise error

    return work


def queue(lane: str) -> Work:
    return lambda tx: tx.work.add(Kind.MESSAGE, lane=lane, payload=b"x").lane


def outcomes(jobs: list[Job]) -> list[Any]:
    return [type(job.error) if job.error else job.result for job in jobs]


def test_functions_share_one_commit(bench: Bench) -> None:
    jobs = bench.run(add("a"), add("b"), add("c"))
    assert outcomes(jobs) == ["a", "b", "c"]
    assert bench.faults.statements.count("COMMIT") == 1


def test_order_is_kept(bench: Bench) -> None:
    jobs = bench.run(*(add(str(n)) for n in range(20)))
    assert bench.delivered == jobs
    assert bench.names() == [str(n) for n in range(20)]


def test_an_error_leaves_the_others(bench: Bench) -> None:
    jobs = bench.run(add("a"), fail(ValueError(), after="ghost"), add("c"))
    assert outcomes(jobs) == ["a", ValueError, "c"]
    assert bench.names() == ["a", "c"]


def test_a_function_that_wants_to_end_the_process_only_fails(bench: Bench) -> None:
    jobs = bench.run(add("a"), fail(SystemExit(), after="ghost"), fail(KeyboardInterrupt()))
    assert outcomes(jobs) == ["a", SystemExit, KeyboardInterrupt]
    assert bench.names() == ["a"]


def test_a_group_of_errors_commits_nothing(bench: Bench) -> None:
    bench.run(fail(ValueError()), fail(KeyError()))
    assert "COMMIT" not in bench.faults.statements


def test_results_are_handed_out_after_the_commit(bench: Bench) -> None:
    seen: list[list[str]] = []
    deliver = lambda _job: seen.append(bench.names())  # noqa: E731 - one line says it
    bench.writer.run_inline([Job(function=add("a"), cause=CAUSE, deliver=deliver)])
    assert seen == [["a"]]


def test_work_is_handed_over_after_the_commit(bench: Bench) -> None:
    bench.run(queue("one"), add("a"), queue("two"))
    assert bench.written == [["one"], ["two"]]


def test_work_of_a_failed_function_is_not_handed_over(bench: Bench) -> None:
    def half(tx: SqlTransaction) -> None:
        queue("ghost")(tx)
        raise ValueError

    bench.run(half, queue("one"))
    assert bench.written == [["one"]]


def test_a_listener_that_fails_stops_nobody(bench: Bench) -> None:
    def closed(_job: Job) -> None:
        raise RuntimeError

    jobs = [
        Job(function=add("a"), cause=CAUSE, deliver=closed),
        Job(function=add("b"), cause=CAUSE, deliver=bench.delivered.append),
    ]
    bench.writer.run_inline(jobs)
    assert bench.delivered == jobs[1:]


def test_a_refused_statement_fails_its_function_only(bench: Bench) -> None:
    def twice(tx: SqlTransaction) -> None:
        person = Person(id=PersonId(tx.new_id()), name="twin")
        tx.people.add_person(person)
        tx.people.add_person(person)

    jobs = bench.run(add("a"), twice, add("c"))
    assert outcomes(jobs) == ["a", sqlite3.IntegrityError, "c"]
    assert bench.names() == ["a", "c"]


def test_an_error_that_ends_the_transaction_voids_the_group(bench: Bench) -> None:
    bench.faults.plan(Fault(at="INTO person", error=FULL, nth=2, ends_transaction=True))
    jobs = bench.run(add("a"), add("b"), add("c"))
    assert outcomes(jobs) == ["a", "b", "c"]
    assert bench.names() == ["a", "b", "c"]
    assert bench.faults.statements.count("COMMIT") == 3
    assert bench.faults.opened == 2


def test_who_voids_the_group_again_fails_alone(bench: Bench) -> None:
    fault = Fault(at="INTO work", error=FULL, ends_transaction=True, times=2)
    bench.faults.plan(fault)
    jobs = bench.run(add("a"), queue("full"), add("c"))
    assert outcomes(jobs) == ["a", sqlite3.OperationalError, "c"]
    assert bench.names() == ["a", "c"]
    assert bench.written == []


def test_a_swallowed_error_does_not_go_on_in_autocommit(bench: Bench) -> None:
    def stubborn(tx: SqlTransaction) -> str:
        try:
            add("a")(tx)
        except sqlite3.Error:
            add("ghost")(tx)
        return "done"

    bench.faults.plan(Fault(at="INTO person", error=FULL, ends_transaction=True))
    assert outcomes(bench.run(stubborn)) == ["done"]
    assert bench.names() == ["a"]


def test_an_inner_level_cannot_hide_the_end_of_the_transaction(bench: Bench) -> None:
    def engine(tx: SqlTransaction) -> str:
        try:
            with tx.inner():
                add("a")(tx)
        except Exception:  # noqa: BLE001 - as an engine would
            add("ghost")(tx)
        return "done"

    bench.faults.plan(Fault(at="INTO person", error=FULL, ends_transaction=True))
    assert outcomes(bench.run(engine)) == ["done"]
    assert bench.names() == ["a"]


def test_what_never_works_is_told(bench: Bench) -> None:
    bench.faults.plan(Fault(at="INTO person", error=FULL, ends_transaction=True, times=99))
    assert outcomes(bench.run(add("a"), add("b"))) == [sqlite3.OperationalError] * 2
    assert bench.names() == []


def test_a_failed_commit_is_not_taken_for_that_of_another_process(bench: Bench) -> None:
    """A command beside the service wrote since: its group is not the one that is asked after."""
    other = Bench(bench.path, seed=2)
    assert outcomes(other.run(add("other"))) == ["other"]
    other.writer.stop()
    bench.faults.plan(Fault(at="COMMIT", error=FULL))
    assert outcomes(bench.run(add("ghost"))) == [NotCommitted]
    assert bench.names() == ["other"]


def test_a_failed_commit_that_did_not_happen_is_told(bench: Bench) -> None:
    bench.faults.plan(Fault(at="COMMIT", error=FULL))
    jobs = bench.run(add("a"), fail(ValueError()), queue("x"))
    assert outcomes(jobs) == [NotCommitted, ValueError, NotCommitted]
    assert bench.names() == []
    assert bench.written == []


def test_a_failed_commit_that_did_happen_counts(bench: Bench) -> None:
    bench.faults.plan(Fault(at="COMMIT", error=FULL, is_done_first=True))
    jobs = bench.run(add("a"), fail(ValueError()), queue("x"))
    assert outcomes(jobs) == ["a", ValueError, "x"]
    assert bench.names() == ["a"]
    assert bench.written == [["x"]]


def test_the_writer_goes_on_after_a_failed_commit(bench: Bench) -> None:
    bench.faults.plan(Fault(at="COMMIT", error=FULL))
    bench.run(add("a"))
    assert outcomes(bench.run(add("b"))) == ["b"]
    assert bench.names() == ["b"]


@pytest.mark.parametrize("is_done_first", [True, False])
def test_an_io_error_at_commit_answers_nobody(bench: Bench, *, is_done_first: bool) -> None:
    bench.faults.plan(Fault(at="COMMIT", error=IO, is_done_first=is_done_first))
    with pytest.raises(SystemExit):
        bench.run(add("a"), queue("x"))
    assert bench.delivered == []
    assert bench.written == []


def test_a_file_that_cannot_be_reopened_ends_the_process(bench: Bench) -> None:
    bench.faults.plan(Fault(at="COMMIT", error=FULL))
    bench.faults.fails_to_open = IO
    with pytest.raises(SystemExit):
        bench.run(add("a"))
    assert bench.delivered == []


def test_a_void_group_that_cannot_reopen_ends_the_process(bench: Bench) -> None:
    bench.faults.plan(Fault(at="INTO person", error=FULL, ends_transaction=True))
    bench.faults.fails_to_open = failure(sqlite3.SQLITE_CANTOPEN, "unable to open")
    with pytest.raises(SystemExit):
        bench.run(add("a"))
    assert bench.delivered == []


def test_an_io_error_of_one_who_runs_alone_ends_the_process(bench: Bench) -> None:
    bench.faults.plan(Fault(at="INTO work", error=FULL, ends_transaction=True))
    bench.faults.plan(Fault(at="COMMIT", error=IO, nth=2))
    with pytest.raises(SystemExit):
        bench.run(add("a"), queue("x"))
    assert bench.delivered == []
    assert bench.names() == ["a"]


def test_a_busy_begin_is_tried_again(bench: Bench) -> None:
    bench.faults.plan(Fault(at="BEGIN", error=BUSY, times=3))
    assert outcomes(bench.run(add("a"))) == ["a"]


def test_a_begin_that_fails_reopens(bench: Bench) -> None:
    bench.faults.plan(Fault(at="BEGIN", error=FULL))
    assert outcomes(bench.run(add("a"), add("b"))) == ["a", "b"]
    assert bench.faults.opened == 2


@pytest.mark.parametrize("at", ["SAVEPOINT job", "RELEASE job", "INTO block", "last_group SET"])
def test_whatever_fails_in_between_nothing_is_half_done(bench: Bench, at: str) -> None:
    bench.faults.plan(Fault(at=at, error=FULL))
    jobs = bench.run(add("a"), add("b"))
    assert outcomes(jobs) == ["a", "b"]
    assert bench.names() == ["a", "b"]


@pytest.mark.parametrize("nth", range(1, 25))
def test_any_statement_may_fail_and_end_the_transaction(bench: Bench, nth: int) -> None:
    bench.faults.plan(Fault(at="", error=FULL, nth=nth, is_done_first=False))
    jobs = bench.run(add("a"), add("b"), add("c"))
    told = [job.result for job in jobs if job.error is None]
    assert bench.names() == told


def test_ids_of_acts_stay_gapless_within_a_chain(bench: Bench) -> None:
    bench.run(add("a"), fail(ValueError(), after="ghost"), add("c"))
    bench.run(add("d"))
    with sqlite3.connect(bench.path) as connection:
        rows = connection.execute("SELECT first_act, last_act, acts FROM block").fetchall()
    connection.close()
    assert rows == [(1, 1, 1), (2, 3, 2), (4, 4, 1)]


def test_a_stopped_writer_takes_nothing_more(tmp_path: Path) -> None:
    database = EmbeddedDatabase(
        new_file(tmp_path),
        clock=FakeClock(),
        randomness=SeededRandomness(),
        ring=ring(),
        on_fatal=end_test,
    )
    database._writer.stop()  # noqa: SLF001 - what close() does on a thread
    with pytest.raises(RuntimeError, match="closed"):
        database._writer.submit(  # noqa: SLF001 - as above
            Job(function=add("a"), cause=CAUSE, deliver=lambda _job: None)
        )

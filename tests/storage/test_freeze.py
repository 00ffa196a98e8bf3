"""What a restored copy had still to do is put aside, and the release says what becomes of it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.domain.freeze import Freeze
from core.domain.tenants import PLATFORM
from core.domain.work import Due, Kind, WorkId, WorkStatus
from storage import audit, doctor
from storage.freeze import Released
from storage.transaction import SqlTransaction
from storage.work import FROZEN, HELD
from tests.books import Books, open_books

HOUR = timedelta(hours=1)


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    opened = open_books(tmp_path)
    yield opened
    opened.close()


def queue(tx: SqlTransaction) -> None:
    """Queue one row of each kind, and what is over or waits for a human already."""
    for kind in Kind:
        tx.work.add(kind, lane=f"u:77:{len(kind.value)}", payload=kind.encode())
    tx.work.end(tx.work.add(Kind.UPDATE, lane="u:77:1", payload=b"x"))
    tx.work.add_parked(Kind.HOOK, lane="h:1", payload=b"x", reason="names nothing")


def freeze(tx: SqlTransaction) -> tuple[tuple[str, ...], int]:
    held, parked = tx.freeze.hold(), tx.freeze.park()
    tx.freeze.doubt()
    tx.freeze.begin()
    return held, parked


def states(books: Books) -> dict[str, tuple[str, bool]]:
    """Return status and mark of the live and parked rows by kind; hooks by their reason."""
    query = "SELECT kind, last_error, status, is_repeat FROM work WHERE status <> 'done'"
    found = books.rows(query)
    return {
        f"{kind} {reason}".strip() if kind == "hook" else kind: (status, bool(is_repeat))
        for kind, reason, status, is_repeat in found
    }


def kept(books: Books, kind: Kind) -> tuple[str, bytes]:
    """Return why the first row of a kind is parked, and what it keeps."""
    query = "SELECT id FROM work WHERE kind = :kind ORDER BY id LIMIT 1"
    ((number,),) = books.rows(query, kind=kind.value)
    work = books.run(lambda tx: tx.work.get(WorkId(number)))
    assert work is not None
    return work.last_error, work.payload


def test_what_people_did_is_held_and_what_was_to_be_told_waits(books: Books) -> None:
    books.run(queue)
    assert books.run(freeze) == (("u:77:3", "u:77:6"), 2)
    assert states(books) == {
        "update": ("parked", False),
        "pin": ("parked", False),
        "message": ("parked", True),
        "notice": ("parked", True),
        "call": ("sent", False),
        "hook": ("due", False),
        "check": ("due", False),
        "hook names nothing": ("parked", False),
    }
    assert kept(books, Kind.UPDATE) == (HELD, b"update")
    assert kept(books, Kind.MESSAGE) == (FROZEN, b"message")


def test_the_digits_of_a_pin_do_not_wait(books: Books) -> None:
    books.run(queue)
    books.run(freeze)
    assert books.rows("SELECT length(payload) FROM work WHERE kind = 'pin'") == [(0,)]


def test_what_was_not_due_yet_was_told_by_nobody(books: Books) -> None:
    def later(tx: SqlTransaction) -> None:
        due_at = tx.now + HOUR
        tx.work.add(Kind.NOTICE, lane="n:1", payload=b"x", due_at=due_at)
        sent = tx.work.add(Kind.MESSAGE, lane="c:1", payload=b"x", due_at=due_at)
        tx.work.mark(sent, status=WorkStatus.SENT)

    books.run(later)
    books.run(freeze)
    assert states(books) == {"notice": ("parked", False), "message": ("parked", True)}


def test_a_release_drops_what_people_did(books: Books) -> None:
    books.run(queue)
    books.run(freeze)
    assert books.run(lambda tx: tx.freeze.release()) == Released(woken=2, dropped=2, handled=0)
    assert states(books) == {
        "message": ("due", True),
        "notice": ("due", True),
        "call": ("sent", False),
        "hook": ("due", False),
        "check": ("due", False),
        "hook names nothing": ("parked", False),
    }
    assert books.run(lambda tx: tx.freeze.find()) is None


def test_a_release_may_carry_out_what_people_did_but_no_pin_check(books: Books) -> None:
    books.run(queue)
    books.run(freeze)
    released = books.run(lambda tx: tx.freeze.release(is_handling=True))
    assert released == Released(woken=2, dropped=1, handled=1)
    assert states(books)["update"] == ("due", False)
    assert "pin" not in states(books)


def test_a_release_of_nothing_is_nothing(books: Books) -> None:
    before = books.run(lambda tx: audit.head(tx.cursor, PLATFORM))[0]
    assert books.run(lambda tx: tx.freeze.release()) == Released(woken=0, dropped=0, handled=0)
    assert books.run(lambda tx: audit.head(tx.cursor, PLATFORM))[0] == before


def test_a_freeze_and_its_release_are_in_the_chain(books: Books) -> None:
    before = books.run(lambda tx: audit.head(tx.cursor, PLATFORM))[0]
    books.run(freeze)
    books.run(lambda tx: tx.freeze.release())
    assert books.run(lambda tx: audit.head(tx.cursor, PLATFORM))[0] == before + 2
    assert books.run(doctor.broken) == []


def test_a_freeze_knows_where_the_books_end(books: Books) -> None:
    books.run(lambda tx: tx.act(PLATFORM))
    ended_at = books.clock.now()
    since = books.clock.move(minutes=7)
    books.run(freeze)
    books.clock.move(minutes=1)
    books.run(lambda tx: tx.act(PLATFORM))
    assert books.run(lambda tx: tx.freeze.find()) == Freeze(since=since, books_at=ended_at)


def test_a_copy_that_was_frozen_is_frozen_anew(books: Books) -> None:
    books.run(freeze)
    since = books.clock.move(hours=1)
    books.run(freeze)
    found = books.run(lambda tx: tx.freeze.find())
    assert found is not None
    assert found.since == since


def test_every_planned_look_up_is_made_at_once(books: Books) -> None:
    def plan(tx: SqlTransaction) -> None:
        for kind in ("payment_check", "payment_expiry"):
            tx.work.plan(Due(due_at=tx.now + HOUR, kind=kind, subject=7, period="1"))

    books.run(plan)
    books.run(freeze)
    taken = books.run(
        lambda tx: [
            len(tx.work.take_due(kind, at=tx.now, limit=9))
            for kind in ("payment_check", "payment_expiry")
        ]
    )
    assert taken == [1, 0]


def test_the_doctor_names_what_is_held_and_is_well(books: Books) -> None:
    books.run(lambda tx: [tx.work.add(kind, lane="u:1:1", payload=b"x") for kind in Kind])
    books.run(freeze)
    assert books.run(doctor.examine) == []
    frozen, *held = (each for each in books.run(doctor.warnings) if "SQLite" not in each)
    assert frozen.startswith("outflows are frozen: the books were put back at 2026-03-02 09:00 UTC")
    assert [line.partition(" are ")[0].partition(" go ")[0] for line in held] == [
        "held: 2 acts of people (1 of them PIN checks)",
        "held: 2 messages and notices",
    ]
    books.run(lambda tx: tx.freeze.release())
    assert [each for each in books.run(doctor.warnings) if "held" in each] == []


def test_the_doctor_names_money_to_look_for_though_outflows_are_frozen(books: Books) -> None:
    books.run(queue)
    books.run(freeze)
    assert books.run(doctor.examine) == [
        "work: 1 of kind hook are parked and wait for a human",
        "money to look for: names nothing",
    ]


def test_a_look_at_what_waits_for_a_human_leaves_what_waits_for_the_release(books: Books) -> None:
    books.run(queue)
    books.run(freeze)
    assert books.run(lambda tx: tx.work.dismiss()) == 1
    assert books.run(lambda tx: tx.freeze.release()) == Released(woken=2, dropped=2, handled=0)

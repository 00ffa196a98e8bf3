"""Who holds what: a lane has one owner, the dead lose theirs, numbers are never shared."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.domain.work import FRONT, Kind, Priority, WorkId, WorkStatus
from storage.leases import NODES, REST, NoNumberLeft
from storage.transaction import SqlTransaction
from tests.books import Books, FakeClock, open_books

WORKER = frozenset({Kind.UPDATE, Kind.PIN})
SENDER = frozenset({Kind.MESSAGE})
LEASE_S = 10


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    opened = open_books(tmp_path, clock=FakeClock())
    yield opened
    opened.close()


def join(books: Books, owner: str, *parts: str) -> int:
    return books.run(
        lambda tx: tx.leases.join(owner=owner, parts=parts or ("worker",), lease_s=LEASE_S)
    )


def add(
    books: Books, lane: str, kind: Kind = Kind.UPDATE, priority: Priority = Priority.ANSWER
) -> int:
    return books.run(lambda tx: tx.work.add(kind, lane=lane, payload=b"x", priority=priority).id)


def claim(books: Books, owner: str, limit: int = 100) -> list[str]:
    return sorted(books.run(lambda tx: tx.leases.claim(owner, kinds=WORKER, limit=limit)))


def due(books: Books, owner: str) -> list[int]:
    def look(tx: SqlTransaction) -> list[int]:
        return [row.id for row in tx.leases.due(owner, kinds=WORKER, after=FRONT, limit=100)]

    return books.run(look)


def test_two_processes_never_have_one_number(books: Books) -> None:
    assert [join(books, "ada"), join(books, "bob"), join(books, "cyd")] == [1, 2, 3]
    books.run(lambda tx: tx.leases.leave("bob"))
    assert join(books, "dan") == 4
    books.clock.move(seconds=REST.seconds + 1)
    assert join(books, "eve") == 2


def test_there_is_an_end_of_numbers(books: Books) -> None:
    for number in NODES:
        assert join(books, f"process {number}") == number
    with pytest.raises(NoNumberLeft):
        join(books, "one too many")


def test_a_lease_is_renewed_by_its_owner_only(books: Books) -> None:
    join(books, "ada")
    books.clock.move(seconds=LEASE_S - 1)
    assert books.run(lambda tx: tx.leases.renew("ada", lease_s=LEASE_S))
    assert not books.run(lambda tx: tx.leases.renew("bob", lease_s=LEASE_S))
    books.clock.move(seconds=LEASE_S - 1)
    assert [p.owner for p in books.run(lambda tx: tx.leases.living())] == ["ada"]
    books.clock.move(seconds=1)
    assert books.run(lambda tx: tx.leases.living()) == ()


def test_a_lane_is_claimed_once(books: Books) -> None:
    join(books, "ada")
    join(books, "bob")
    rows = [add(books, "u:1"), add(books, "u:1"), add(books, "u:2")]
    assert claim(books, "ada") == ["u:1", "u:2"]
    assert claim(books, "bob") == []
    assert claim(books, "ada") == []
    assert (due(books, "ada"), due(books, "bob")) == (rows, [])


def test_a_claim_takes_its_own_kinds_and_what_is_due(books: Books) -> None:
    join(books, "ada")
    add(books, "c:1", Kind.MESSAGE)
    later = books.clock.now() + timedelta(seconds=5)
    books.run(lambda tx: tx.work.add(Kind.UPDATE, lane="u:9", payload=b"x", due_at=later))
    assert claim(books, "ada") == []
    books.clock.move(seconds=5)
    assert claim(books, "ada") == ["u:9"]


def test_a_bounded_claim_takes_what_matters_most_and_waits_longest(books: Books) -> None:
    join(books, "ada")
    add(books, "u:quiet", priority=Priority.QUIET)
    add(books, "u:first")
    add(books, "u:second")
    assert claim(books, "ada", limit=1) == ["u:first"]
    assert claim(books, "ada", limit=1) == ["u:second"]
    assert (
        books.run(lambda tx: tx.leases.claim("ada", kinds=WORKER, most=Priority.MONEY, limit=9))
        == frozenset()
    )
    assert claim(books, "ada", limit=1) == ["u:quiet"]


def test_the_dead_lose_their_lanes_and_the_living_do_not(books: Books) -> None:
    join(books, "ada")
    join(books, "bob")
    add(books, "u:1")
    assert claim(books, "ada") == ["u:1"]
    books.clock.move(seconds=LEASE_S - 1)
    assert books.run(lambda tx: tx.leases.renew("bob", lease_s=LEASE_S))
    assert claim(books, "bob") == []
    books.clock.move(seconds=1)
    assert claim(books, "bob") == ["u:1"]
    assert not books.run(lambda tx: tx.leases.enter("ada", "u:1", until=tx.now))


def test_an_effect_on_its_way_keeps_a_lane_beyond_its_owners_death(books: Books) -> None:
    join(books, "ada")
    add(books, "u:1")
    claim(books, "ada")
    until = books.clock.now() + timedelta(seconds=30)
    assert books.run(lambda tx: tx.leases.enter("ada", "u:1", until=until))
    books.clock.move(seconds=29)
    join(books, "bob")
    assert claim(books, "bob") == []
    books.clock.move(seconds=1)
    assert claim(books, "bob") == ["u:1"]


def test_an_effect_that_is_over_frees_the_lane_of_a_dead_owner(books: Books) -> None:
    join(books, "ada")
    add(books, "u:1")
    claim(books, "ada")
    books.run(lambda tx: tx.leases.enter("ada", "u:1", until=tx.now + timedelta(seconds=30)))
    books.run(lambda tx: tx.leases.finish("ada", "u:1"))
    books.clock.move(seconds=LEASE_S)
    join(books, "bob")
    assert claim(books, "bob") == ["u:1"]


def test_a_named_lane_has_one_owner(books: Books) -> None:
    join(books, "ada")
    join(books, "bob")
    assert books.run(lambda tx: tx.leases.take("ada", "poll:77"))
    assert books.run(lambda tx: tx.leases.take("ada", "poll:77"))
    assert not books.run(lambda tx: tx.leases.take("bob", "poll:77"))
    books.run(lambda tx: tx.leases.leave("ada"))
    assert books.run(lambda tx: tx.leases.take("bob", "poll:77"))


def test_lanes_are_given_back_however_many(books: Books) -> None:
    join(books, "ada")
    keys = [f"u:{number}" for number in range(70)]
    for key in keys:
        books.run(lambda tx, key=key: tx.leases.take("ada", key))  # type: ignore[misc]
    books.run(lambda tx: tx.leases.release("ada", keys[:69]))
    books.run(lambda tx: tx.leases.release("bob", keys))
    assert books.run(lambda tx: tx.leases.held("ada")) == {"u:69"}


def test_a_longer_pause_stands(books: Books) -> None:
    now = books.clock.now()
    books.run(lambda tx: tx.leases.pause("bot", until=now + timedelta(seconds=9)))
    books.run(lambda tx: tx.leases.pause("bot", until=now + timedelta(seconds=3)))
    assert books.run(lambda tx: tx.leases.pauses()) == {"bot": now + timedelta(seconds=9)}


def test_what_the_dead_left_is_swept(books: Books) -> None:
    join(books, "ada")
    books.run(lambda tx: tx.leases.take("ada", "u:1"))
    books.run(lambda tx: tx.leases.pause("bot", until=tx.now + timedelta(seconds=3)))
    books.run(lambda tx: tx.leases.sweep())
    assert books.run(lambda tx: tx.leases.held("ada")) == {"u:1"}
    books.clock.move(seconds=LEASE_S)
    books.run(lambda tx: tx.leases.sweep())
    assert books.run(lambda tx: (tx.leases.held("ada"), tx.leases.pauses())) == (frozenset(), {})


def test_a_claim_may_be_bound_to_rows_just_written(books: Books) -> None:
    join(books, "ada")
    first, second = add(books, "u:1"), add(books, "u:2")

    def take(tx: SqlTransaction) -> frozenset[str]:
        return tx.leases.claim("ada", kinds=WORKER, limit=9, low=second, high=second)

    assert first < second
    assert books.run(take) == {"u:2"}


def test_the_row_right_before_another_in_its_lane_is_found(books: Books) -> None:
    quiet = add(books, "u:1", priority=Priority.QUIET)
    add(books, "u:2")
    ended, first, second = (add(books, "u:1") for _ in range(3))
    add(books, "u:1", Kind.MESSAGE)
    third = add(books, "u:1")

    def look(tx: SqlTransaction) -> dict[int, int]:
        for work_id in (ended, second):
            work = tx.work.get(WorkId(work_id))
            assert work is not None
            if work_id == ended:
                tx.work.end(work)
            else:
                later = tx.now + timedelta(seconds=2)
                tx.work.mark(work, status=WorkStatus.DUE, attempts=1, due_at=later)
        return dict(tx.leases.before([quiet, first, third], kinds=WORKER))

    assert books.run(look) == {third: first, quiet: third}

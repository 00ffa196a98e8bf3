"""Where memory may lack an older row of a lane, no newer one is handed over before a look."""

from collections.abc import Callable

from bot.engine.lanes import Lanes
from core.domain.work import Priority, WorkStatus
from tests.bot.engine.test_lanes import Desk, row
from tests.fakes.time import until


async def forgetful(desk: Desk) -> Lanes:
    """Return lanes that lost row 1 of `c:1`: not even its failure was kept."""
    desk.failures[1] = ValueError("the database is away")
    lanes = Lanes(desk.handle)
    lanes.hand_over([row(1)])
    await lanes.settle()
    desk.failures.clear()
    return lanes


def look(lanes: Lanes, *numbers: int, meanwhile: Callable[[], object] = lambda: None) -> None:
    """Look into a table that holds rows of `c:1`."""
    lanes.begin_look()
    meanwhile()
    lanes.offer(row(number) for number in numbers)
    lanes.end_look()


async def test_a_newer_row_waits_for_the_look_that_brings_the_lost_one() -> None:
    desk = Desk()
    lanes = await forgetful(desk)
    assert lanes.hand_over([row(2)])
    await lanes.settle()
    assert desk.done == []
    look(lanes, 1, 2)
    assert not lanes.hand_over([row(3)])
    await lanes.settle()
    assert desk.done == [1, 2, 3]


async def test_other_lanes_do_not_wait() -> None:
    desk = Desk()
    lanes = await forgetful(desk)
    assert not lanes.hand_over([row(2, lane="c:2")])
    await lanes.settle()
    assert desk.done == [2]


async def test_what_was_lost_while_a_look_went_on_is_brought_by_the_next_one() -> None:
    """What this look has read may be behind the lost row, and begins with nothing of that lane."""
    desk = Desk()
    lanes = Lanes(desk.handle)
    lanes.begin_look()
    desk.failures[1] = ValueError("the database is away")
    lanes.hand_over([row(1)])
    await lanes.settle()
    desk.failures.clear()
    lanes.offer([row(2)])
    lanes.end_look()
    assert lanes.hand_over([row(3)])
    await lanes.settle()
    assert desk.done == []
    look(lanes, 1, 2, 3)
    await lanes.settle()
    assert desk.done == [1, 2, 3]


async def test_a_look_that_failed_closes_no_gap() -> None:
    desk = Desk()
    lanes = await forgetful(desk)
    lanes.begin_look()
    assert lanes.hand_over([row(2)])
    lanes.begin_look()
    assert lanes.hand_over([row(2)])
    lanes.offer([row(1), row(2)])
    lanes.end_look()
    await lanes.settle()
    assert desk.done == [1, 2]


async def test_rows_let_go_with_their_lane_are_lost_too() -> None:
    desk = Desk()
    gate = desk.gate(1)
    lanes = Lanes(desk.handle)
    lanes.hand_over([row(1), row(2)])
    await until(lambda: desk.begun == [1])
    lanes.keep(set())
    assert lanes.hand_over([row(3)])
    gate.set()
    await lanes.settle()
    assert desk.done == [1]


async def test_what_waited_while_a_look_went_on_is_not_overtaken_after_it() -> None:
    """The look may have read its place in the table before it stood there."""
    desk = Desk()
    lanes = await forgetful(desk)
    look(lanes, 1, meanwhile=lambda: lanes.hand_over([row(2)]))
    assert lanes.hand_over([row(3)])
    await lanes.settle()
    assert desk.done == [1]
    look(lanes, 2, 3)
    await lanes.settle()
    assert desk.done == [1, 2, 3]


async def test_a_row_waits_while_the_one_before_it_is_not_in_memory() -> None:
    desk = Desk()
    lanes = Lanes(desk.handle)
    assert lanes.hand_over([row(2, follows=1)])
    assert lanes.hand_over([row(3, follows=2)])
    look(lanes, 1, 2, 3)
    await lanes.settle()
    assert desk.done == [1, 2, 3]


async def test_a_row_behind_one_in_memory_or_of_its_own_commit_does_not_wait() -> None:
    desk = Desk()
    gate = desk.gate(1)
    lanes = Lanes(desk.handle)
    lanes.hand_over([row(1)])
    await until(lambda: desk.begun == [1])
    quiet = row(2, priority=Priority.QUIET, follows=3)
    assert not lanes.hand_over([quiet, row(3, follows=1)])
    gate.set()
    await lanes.settle()
    assert not lanes.hand_over([row(4, follows=2)])
    await lanes.settle()
    assert desk.done == [1, 3, 2, 4]


async def test_what_the_running_row_began_comes_next_all_the_same() -> None:
    desk = Desk()
    lanes = await forgetful(desk)
    assert not lanes.hand_over([row(2, priority=Priority.NEXT)])
    await lanes.settle()
    assert desk.done == [2]


async def test_what_finds_no_room_is_not_overtaken_once_there_is_some() -> None:
    desk = Desk()
    gate = desk.gate(1)
    lanes = Lanes(desk.handle, room=2)
    lanes.hand_over([row(1), row(2), row(3)])
    gate.set()
    await lanes.settle()
    assert not lanes.hand_over([row(4)])
    await lanes.settle()
    assert desk.done == [1, 2]
    look(lanes, 3, 4)
    await lanes.settle()
    assert not lanes.hand_over([row(5)])
    await lanes.settle()
    assert desk.done == [1, 2, 3, 4, 5]


async def test_what_matters_more_than_the_rows_without_room_is_handed_over() -> None:
    desk = Desk()
    gate = desk.gate(1)
    lanes = Lanes(desk.handle, room=5)
    lanes.hand_over(row(number, priority=Priority.QUIET) for number in range(1, 7))
    lanes.hand_over([row(8, lane="c:2")])
    await until(lambda: desk.done == [8])
    gate.set()
    await lanes.settle()
    assert not lanes.hand_over([row(9), row(10, priority=Priority.QUIET)])
    await lanes.settle()
    assert desk.done == [8, 1, 2, 3, 4, 9]


async def test_a_look_brings_nothing_behind_what_it_had_no_room_for() -> None:
    desk = Desk()
    gate = desk.gate(1)
    lanes = Lanes(desk.handle, room=2)
    lanes.begin_look()
    lanes.offer([row(1), row(2), row(3)])
    gate.set()
    await lanes.settle()
    assert not lanes.may_look_on(Priority.ANSWER)
    lanes.offer([row(4)])
    lanes.end_look()
    lanes.hand_over([row(5)])
    await lanes.settle()
    assert desk.done == [1, 2]


async def test_what_found_no_room_during_a_look_waits_for_the_next_one() -> None:
    desk = Desk()
    gate = desk.gate(1)
    lanes = Lanes(desk.handle, room=2)
    lanes.begin_look()
    lanes.hand_over([row(1), row(2), row(3)])
    gate.set()
    await lanes.settle()
    lanes.end_look()
    lanes.hand_over([row(4)])
    await lanes.settle()
    assert desk.done == [1, 2]


async def test_behind_a_row_that_a_look_left_alone_nothing_of_its_lane_is_brought() -> None:
    desk = Desk()
    lanes = Lanes(desk.handle)
    look(lanes, 2, meanwhile=lambda: lanes.leave(row(1)))
    assert lanes.hand_over([row(3)])
    await lanes.settle()
    assert desk.done == []
    look(lanes, 1, 2, 3)
    await lanes.settle()
    assert desk.done == [1, 2, 3]


async def test_a_row_that_its_commit_marked_comes_to_memory_all_the_same() -> None:
    """Whoever found it in the table could not know whether it has left."""
    desk = Desk()
    lanes = await forgetful(desk)
    assert not lanes.hand_over([row(2, status=WorkStatus.SENT)])
    await lanes.settle()
    assert desk.done == [2]

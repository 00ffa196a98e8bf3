"""One lane keeps its order, lanes go side by side, and no row gets stuck in memory."""

import asyncio

from bot.engine import lanes as module
from bot.engine.lanes import Lanes
from core.domain.work import Kind, Priority, Work, WorkId, WorkStatus
from tests.books import NOW
from tests.fakes.time import until


def row(
    number: int,
    *,
    lane: str = "c:1",
    priority: Priority = Priority.ANSWER,
    follows: int | None = None,
    status: WorkStatus = WorkStatus.DUE,
) -> Work:
    return Work(
        id=WorkId(number),
        kind=Kind.MESSAGE,
        lane=lane,
        payload=b"",
        due_at=NOW,
        created_at=NOW,
        priority=priority,
        status=status,
        follows=None if follows is None else WorkId(follows),
    )


class Desk:
    """Handles rows by the book, stops at gates, fails where told."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.done: list[int] = []
        self.gates: dict[int, asyncio.Event] = {}
        self.failures: dict[int, BaseException] = {}

    def gate(self, number: int) -> asyncio.Event:
        self.gates[number] = asyncio.Event()
        return self.gates[number]

    async def handle(self, work: Work) -> None:
        self.begun.append(work.id)
        if work.id in self.gates:
            await self.gates[work.id].wait()
        if work.id in self.failures:
            raise self.failures[work.id]
        self.done.append(work.id)


async def test_a_lane_takes_its_rows_by_priority_then_by_age() -> None:
    desk = Desk()
    lanes = Lanes(desk.handle)
    lanes.offer([row(3), row(1, priority=Priority.QUIET), row(4), row(2, priority=Priority.MONEY)])
    await lanes.settle()
    assert desk.done == [3, 4, 2, 1]


async def test_a_stuck_lane_does_not_hold_up_another() -> None:
    desk = Desk()
    gate = desk.gate(1)
    lanes = Lanes(desk.handle)
    lanes.offer([row(1, lane="c:1"), row(2, lane="c:1"), row(3, lane="a:press")])
    await until(lambda: 3 in desk.done)
    assert desk.begun == [1, 3]
    gate.set()
    await lanes.settle()
    assert desk.done == [3, 1, 2]


async def test_a_row_is_taken_once_however_often_it_is_offered() -> None:
    desk = Desk()
    lanes = Lanes(desk.handle)
    lanes.offer([row(1)])
    lanes.offer([row(1), row(1, lane="c:2")])
    await lanes.settle()
    assert desk.done == [1]


async def test_rows_behind_one_that_failed_wait_for_it_in_the_table() -> None:
    desk = Desk()
    desk.failures[1] = ValueError("the database is away")
    lanes = Lanes(desk.handle)
    lanes.offer([row(1), row(2), row(3, lane="c:2")])
    await lanes.settle()
    assert desk.done == [3]
    assert not lanes.knows(row(1))
    assert not lanes.knows(row(2))
    assert not lanes.is_idle("c:1")
    desk.failures.clear()
    lanes.begin_look()
    lanes.offer([row(1), row(2)])
    lanes.end_look()
    await lanes.settle()
    assert desk.done == [3, 1, 2]
    assert lanes.is_idle("c:1")


async def test_a_cancelled_row_leaves_no_lane_behind() -> None:
    desk = Desk()
    desk.failures[1] = asyncio.CancelledError()
    lanes = Lanes(desk.handle)
    lanes.offer([row(1), row(2)])
    await lanes.settle()
    assert (lanes.depth, lanes.is_idle("c:1")) == (0, True)
    lanes.offer([row(2)])
    await lanes.settle()
    assert desk.done == [2]


async def test_stop_lets_the_running_row_finish_and_tells_which_never_began() -> None:
    desk = Desk()
    gate = desk.gate(1)
    lanes = Lanes(desk.handle)
    lanes.offer([row(1), row(2)])
    await until(lambda: bool(desk.begun))
    stopping = asyncio.create_task(lanes.stop(within_s=5))
    await asyncio.sleep(0)
    lanes.offer([row(3)])
    gate.set()
    await stopping
    assert desk.done == [1]
    assert [work.id for work in lanes.unstarted] == [2]
    assert lanes.depth == 0


async def test_stop_ends_what_runs_too_long() -> None:
    desk = Desk()
    desk.gate(1)
    lanes = Lanes(desk.handle)
    lanes.offer([row(1), row(2)])
    await until(lambda: bool(desk.begun))
    await lanes.stop(within_s=0.01)
    assert (desk.done, lanes.depth) == ([], 0)
    assert [work.id for work in lanes.unstarted] == [2]


async def test_nothing_leaves_at_once_while_stopping() -> None:
    lanes = Lanes(Desk().handle)
    assert lanes.is_idle("c:1")
    await lanes.stop(within_s=0)
    assert not lanes.is_idle("c:1")


async def test_memory_is_bounded_and_the_rest_waits_in_the_table() -> None:
    desk = Desk()
    gate = desk.gate(1)
    lanes = Lanes(desk.handle, room=3)
    lanes.offer(row(number) for number in range(1, 6))
    assert (lanes.depth, lanes.has_room, lanes.is_idle("c:9")) == (3, False, False)
    gate.set()
    await lanes.settle()
    assert desk.done == [1, 2, 3]


async def test_the_last_room_is_for_answers() -> None:
    desk = Desk()
    gate = desk.gate(1)
    lanes = Lanes(desk.handle, room=10)
    quiet = [row(number, priority=Priority.QUIET) for number in range(1, 13)]
    lanes.offer(quiet)
    assert lanes.depth == 8
    lanes.offer([row(20, lane="u:1")])
    await until(lambda: desk.done == [20])
    gate.set()
    await lanes.settle()
    assert desk.done == [20, *range(1, 9)]


async def test_rows_behind_another_are_waiting() -> None:
    desk = Desk()
    gate = desk.gate(1)
    lanes = Lanes(desk.handle)
    lanes.offer([row(1), row(2)])
    await until(lambda: bool(desk.begun))
    assert [work.id for work in lanes.waiting()] == [2]
    gate.set()
    await lanes.settle()
    assert list(lanes.waiting()) == []


def test_the_bound_is_the_one_the_house_wrote_down() -> None:
    assert module.MAX_IN_MEMORY == 20_000

"""Answers go before money notices before reminders, and nobody goes faster than the limits."""

import asyncio

from bot.engine.limits import Rate, Rates, SendLimits
from bot.engine.turns import Turns
from core.domain.work import Priority
from tests.fakes.time import HandTime

SLOW = Rates(
    bot=Rate(per_s=1.0, burst=1), private=Rate(per_s=10.0, burst=9), group=Rate(per_s=1.0, burst=1)
)


class Crowd:
    """Messages that wait for their turn, and the order in which they left."""

    def __init__(self, rates: Rates = SLOW) -> None:
        self.time = HandTime()
        self.limits = SendLimits(rates=rates, now=0.0)
        self.turns = Turns(self.limits, monotonic=self.time.monotonic, sleep=self.time.sleep)
        self.left: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []

    def wants(self, name: str, *, chat_id: int, priority: int) -> None:
        async def leave() -> None:
            await self.turns.wait(chat_id, priority=priority)
            self.left.append(name)

        self.tasks.append(asyncio.create_task(leave()))

    async def passes(self, seconds: float = 0.0) -> None:
        for _ in range(8):
            await asyncio.sleep(0)
        self.time.pass_by(seconds)
        for _ in range(8):
            await asyncio.sleep(0)


async def test_a_free_way_costs_no_wait() -> None:
    crowd = Crowd()
    crowd.wants("first", chat_id=1, priority=Priority.QUIET)
    await crowd.passes()
    assert crowd.left == ["first"]
    assert crowd.time.slept == []


async def test_a_broadcast_does_not_delay_an_answer() -> None:
    crowd = Crowd()
    for chat_id in range(1, 4):
        crowd.wants(f"reminder {chat_id}", chat_id=chat_id, priority=Priority.QUIET)
    await crowd.passes()
    crowd.wants("receipt", chat_id=8, priority=Priority.MONEY)
    crowd.wants("answer", chat_id=9, priority=Priority.ANSWER)
    for _ in range(5):
        await crowd.passes(1.0)
    assert crowd.left == [
        "reminder 1",
        "answer",
        "receipt",
        "reminder 2",
        "reminder 3",
    ]


async def test_a_chat_that_must_pause_holds_nobody_up() -> None:
    crowd = Crowd()
    crowd.limits.flooded(1, 30.0, 0.0)
    crowd.wants("flooded", chat_id=1, priority=Priority.ANSWER)
    await crowd.passes()
    crowd.wants("other", chat_id=2, priority=Priority.QUIET)
    await crowd.passes()
    assert crowd.left == ["other"]
    await crowd.passes(30.0)
    await crowd.passes(1.0)
    assert crowd.left == ["other", "flooded"]


async def test_a_chat_flooded_while_it_waits_at_the_gate_waits_again() -> None:
    crowd = Crowd()
    crowd.wants("first", chat_id=1, priority=Priority.ANSWER)
    crowd.wants("second", chat_id=2, priority=Priority.ANSWER)
    crowd.wants("third", chat_id=3, priority=Priority.ANSWER)
    await crowd.passes()
    crowd.limits.flooded(2, 10.0, crowd.time.at_s)
    await crowd.passes(1.0)
    assert crowd.left == ["first", "third"]
    await crowd.passes(9.0)
    await crowd.passes(1.0)
    assert crowd.left == ["first", "third", "second"]


async def test_who_gave_up_waiting_takes_no_turn() -> None:
    crowd = Crowd()
    for number in (1, 2, 3):
        crowd.wants(str(number), chat_id=number, priority=Priority.ANSWER)
    await crowd.passes()
    crowd.tasks[1].cancel()
    await crowd.passes(1.0)
    assert crowd.left == ["1", "3"]

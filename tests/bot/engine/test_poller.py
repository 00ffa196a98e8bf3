"""The offset moves only over what is durable, and nothing blocks the rest."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from telegram.error import Conflict, InvalidToken, TelegramError

from bot.engine.poller import Pauses, RawUpdate, Trouble, poll
from bot.engine.request import AnswerLost, Flooded, NotSent


class Quiet(Exception):
    """The store is down."""


class Server:
    """Telegram's queue: answers by plan, then with what waits; ends the poller when all is told."""

    def __init__(self, *plan: TelegramError | list[Any], waiting: Sequence[int] = ()) -> None:
        self.plan = list(plan)
        self.waiting = [{"update_id": number} for number in waiting]
        self.offsets: list[int] = []

    async def get_updates(
        self, *, offset: int, timeout_s: int, limit: int = 100
    ) -> list[dict[str, Any]]:
        self.offsets.append(offset)
        self.waiting = [update for update in self.waiting if update["update_id"] >= offset]
        if timeout_s == 0:
            return []
        if self.plan:
            step = self.plan.pop(0)
            if isinstance(step, TelegramError):
                raise step
            return step
        if self.waiting:
            return list(self.waiting[:limit])
        raise asyncio.CancelledError


class Ledger:
    """A store that may be down for a while, or choke on some updates."""

    def __init__(self) -> None:
        self.kept: list[int] = []
        self.parked: list[int] = []
        self.failures: list[Exception] = []
        self.poison: dict[int, Exception] = {}
        self.is_parking_down = False

    async def store(self, updates: Sequence[RawUpdate]) -> None:
        if self.failures:
            raise self.failures.pop(0)
        numbers = [update["update_id"] for update in updates]
        for number in numbers:
            if number in self.poison:
                raise self.poison[number]
        self.kept += [number for number in numbers if number not in self.kept]

    async def park(self, update: RawUpdate, error: Exception) -> None:
        if self.is_parking_down:
            self.is_parking_down = False
            raise Quiet
        self.parked.append(update["update_id"])


class Run:
    """One run of the poller, to its end."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.troubles: list[Trouble] = []

    async def of(self, server: Server, ledger: Ledger) -> "Run":
        with pytest.raises(asyncio.CancelledError):
            await poll(
                server,
                ledger.store,
                park=ledger.park,
                sleep=self.sleep,
                notice=self.troubles.append,
                pauses=Pauses(first_s=1.0, longest_s=8.0, conflict_s=15.0),
            )
        return self

    async def sleep(self, pause_s: float) -> None:
        self.slept.append(pause_s)
        assert len(self.slept) < 20, "the poller is stuck"


async def test_offset_moves_after_the_store() -> None:
    server, ledger = Server([{"update_id": 5}, {"update_id": 6}], [{"update_id": 9}]), Ledger()

    await Run().of(server, ledger)

    assert ledger.kept == [5, 6, 9]
    assert server.offsets == [0, 7, 10, 10]  # The last one is the farewell.


async def test_stop_confirms_what_was_stored() -> None:
    class Stopping(Ledger):
        async def store(self, updates: Sequence[RawUpdate]) -> None:
            await super().store(updates)
            task = asyncio.current_task()
            assert task is not None
            task.cancel()

    class Real(Server):
        async def get_updates(
            self, *, offset: int, timeout_s: int, limit: int = 100
        ) -> list[dict[str, Any]]:
            if timeout_s:
                await asyncio.sleep(0)  # Where a real poll is cancelled.
            return await super().get_updates(offset=offset, timeout_s=timeout_s, limit=limit)

    server = Real(waiting=[5])

    await Run().of(server, Stopping())

    assert server.offsets == [0, 6]
    assert server.waiting == []


async def test_stop_in_the_middle_of_a_store_confirms_nothing() -> None:
    class Slow(Ledger):
        async def store(self, updates: Sequence[RawUpdate]) -> None:
            raise asyncio.CancelledError

    server = Server(waiting=[5])

    await Run().of(server, Slow())

    assert server.offsets == [0]
    assert server.waiting == [{"update_id": 5}]


async def test_stop_survives_a_dead_network() -> None:
    class Dead(Server):
        async def get_updates(
            self, *, offset: int, timeout_s: int, limit: int = 100
        ) -> list[dict[str, Any]]:
            if timeout_s == 0 or self.offsets:
                self.offsets.append(offset)
                raise NotSent("down") if timeout_s == 0 else asyncio.CancelledError
            return await super().get_updates(offset=offset, timeout_s=timeout_s, limit=limit)

    server = Dead(waiting=[5])

    await Run().of(server, Ledger())

    assert server.offsets == [0, 6, 6]


async def test_outage_of_the_store_moves_nothing() -> None:
    server, ledger = Server(waiting=[5, 6]), Ledger()
    ledger.failures = [Quiet()] * 4

    run = await Run().of(server, ledger)

    assert ledger.kept == [5, 6]
    assert ledger.parked == []
    assert run.troubles == [Trouble.STORE] * 2
    assert server.offsets[:3] == [0, 0, 0]


async def test_update_that_breaks_the_store_is_parked() -> None:
    server, ledger = Server(waiting=[5, 6, 7]), Ledger()
    ledger.poison[6] = KeyError("chat")

    run = await Run().of(server, ledger)

    assert (ledger.kept, ledger.parked) == ([5, 7], [6])
    assert run.troubles == []


async def test_update_that_only_the_database_refuses_is_parked_once_others_pass() -> None:
    server, ledger = Server(waiting=[5, 6, 7]), Ledger()
    ledger.poison[5] = Quiet()

    await Run().of(server, ledger)

    assert (ledger.kept, ledger.parked) == ([6, 7], [5])


async def test_update_that_failed_by_chance_is_stored_after_all() -> None:
    server, ledger = Server(waiting=[5, 6]), Ledger()
    ledger.failures = [Quiet()] * 3  # The batch twice, then the first of the two alone.

    await Run().of(server, ledger)

    assert (sorted(ledger.kept), ledger.parked) == ([5, 6], [])


async def test_lone_update_that_cannot_be_stored_waits_for_the_next() -> None:
    server, ledger = Server([{"update_id": 5}], [{"update_id": 5}], waiting=[5, 6]), Ledger()
    ledger.poison[5] = Quiet()

    run = await Run().of(server, ledger)

    assert (ledger.kept, ledger.parked) == ([6], [5])
    assert run.slept == [1.0, 2.0]


async def test_nothing_is_passed_over_while_parking_is_down() -> None:
    server, ledger = Server(waiting=[5]), Ledger()
    ledger.poison[5] = KeyError("chat")
    ledger.is_parking_down = True

    run = await Run().of(server, ledger)

    assert ledger.parked == [5]
    assert run.troubles == [Trouble.STORE]
    assert server.offsets[:2] == [0, 0]


async def test_somebody_else_polling_is_given_way() -> None:
    run = await Run().of(Server(Conflict("terminated by other getUpdates")), Ledger())

    assert (run.troubles, run.slept) == ([Trouble.CONFLICT], [15.0])


async def test_pauses_grow_and_are_bounded() -> None:
    run = await Run().of(Server(*[NotSent("down")] * 3, *[AnswerLost("slow")] * 3), Ledger())

    assert run.slept == [1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
    assert set(run.troubles) == {Trouble.NETWORK}


async def test_success_resets_the_pause() -> None:
    run = await Run().of(Server(NotSent("down"), [], NotSent("down")), Ledger())

    assert run.slept == [1.0, 1.0]


async def test_flood_waits_as_told() -> None:
    run = await Run().of(Server(Flooded(7)), Ledger())

    assert (run.troubles, run.slept) == ([Trouble.FLOOD], [7.0])


async def test_bad_token_waits_longest() -> None:
    run = await Run().of(Server(InvalidToken()), Ledger())

    assert (run.troubles, run.slept) == ([Trouble.UNAUTHORIZED], [8.0])


async def test_updates_without_a_number_are_passed_over() -> None:
    server, ledger = Server([{"message": {}}, None, {"update_id": 4}]), Ledger()

    run = await Run().of(server, ledger)

    assert ledger.kept == [4]
    assert (run.troubles, run.slept) == ([Trouble.UNREADABLE], [])


async def test_nothing_but_rubbish_is_waited_out() -> None:
    run = await Run().of(Server([{}], [{}]), Ledger())

    assert run.slept == [1.0, 2.0]


async def test_updates_are_stored_in_their_order() -> None:
    ledger = Ledger()

    await Run().of(Server([{"update_id": 8}, {"update_id": 7}]), ledger)

    assert ledger.kept == [7, 8]

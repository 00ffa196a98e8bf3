"""Seven real processes over one PostgreSQL, each killed by `kill -9` in turn while people pay.

Nothing is lost, nothing is doubled, and each person's updates are handled in their order.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest

from bot.engine.membership import LEASE_S
from tests.postgres import PostgresServer
from tests.scripts import bank
from tests.scripts.crew import ROLES, Crew
from tests.scripts.impatient import Impatient
from tests.scripts.stage import Stage, raised
from tests.scripts.three_logs import RECEIPTS, Rows, check_logs, compare, settle

pytestmark = pytest.mark.sqlite  # On PostgreSQL of its own accord: once is enough.

PEOPLE: Final = bank.RESIDENTS[:8]
LIFE_S: Final = 2.5
"""How long people pay in peace between two kills."""
LEAST_PAYMENTS: Final = 5
"""A machine with other work to do gets so far; alone it is thirty."""
BOUND_S: Final = 200.0

_LANES: Final = (
    "SELECT lane, ended_at FROM work WHERE kind = 'update' AND status = 'done' ORDER BY lane, id"
)
_HELD: Final = "SELECT count(*) FROM lane"


async def test_a_process_that_stands_still_does_nothing_twice_when_it_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each of two stands still for longer than its lease, in the middle of everything."""
    roles = {"both-1": "all", "both-2": "all"}
    async with asyncio.timeout(BOUND_S), court(tmp_path, roles) as (stage, crew, rows):
        await crew.start()
        closing_time = asyncio.Event()
        people = [impatient(stage, each, closing_time) for each in PEOPLE]
        living = [asyncio.create_task(each.live()) for each in people]
        for process in crew:
            await asyncio.sleep(LIFE_S)
            process.pause()
            await asyncio.sleep(LEASE_S + 2)
            process.go_on()
        await asyncio.sleep(LIFE_S)
        closing_time.set()
        await asyncio.gather(*living)
        await settle(stage, rows)
        assert await crew.stop() == [0] * len(crew.processes)
        compare(stage, rows)
        assert out_of_order(rows) == []
        logs = "".join(each.log.read_text() for each in crew)
        assert logs.count("lease_lapsed") >= len(crew.processes)
        check_logs(each.log for each in crew)
        payments = len(rows(RECEIPTS))
    with capsys.disabled():
        print(f"\nstanding still: {payments} payments")  # noqa: T201 - the figure one looks for
    assert payments >= LEAST_PAYMENTS


async def test_each_kind_of_process_is_killed_and_nothing_is_lost_or_doubled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    began_s = time.monotonic()
    async with asyncio.timeout(BOUND_S), court(tmp_path) as (stage, crew, rows):
        await crew.start()
        closing_time = asyncio.Event()
        people = [impatient(stage, each, closing_time) for each in PEOPLE]
        living = [asyncio.create_task(each.live()) for each in people]
        for process in crew:
            await asyncio.sleep(LIFE_S)
            await process.kill()
            await process.start()
        await crew.are_ready()
        closing_time.set()
        await asyncio.gather(*living)
        await settle(stage, rows)
        assert await crew.stop() == [0] * len(crew.processes)
        compare(stage, rows)
        assert out_of_order(rows) == []
        assert rows(_HELD) == [(0,)]
        code, said = await next(iter(crew)).command("doctor")
        assert (code, "healthy" in said.splitlines()) == (0, True), said
        check_logs(each.log for each in crew)
        payments = len(rows(RECEIPTS))
    with capsys.disabled():
        took_s = time.monotonic() - began_s
        print(  # noqa: T201 - the figures are what one looks for
            f"\nprocesses: {len(crew.processes)}, each killed once, {payments} payments,"
            f" {sum(p.habits.presses for p in people)} presses, {took_s:.0f} s"
        )
    assert payments >= LEAST_PAYMENTS


@asynccontextmanager
async def court(
    folder: Path, roles: Mapping[str, str] = ROLES, *, server: PostgresServer | None = None
) -> AsyncIterator[tuple[Stage, Crew, Rows]]:
    """Raise the curtain on the court, with processes that are not started yet."""
    async with raised(folder, is_running=False, people=bank.cast(), seed=bank.seed) as stage:
        stage.world.board.set("telegram.limits", False)  # noqa: FBT003 - a switch
        for each in bank.RESIDENTS:
            stage.world.state.chats[each].is_started = True
        crew = Crew(stage, roles, server=server)
        await crew.found(bank.seed)
        try:
            with crew.rows() as rows:
                yield stage, crew, rows
        finally:
            await crew.stop()


def impatient(stage: Stage, telegram_id: int, closing_time: asyncio.Event) -> Impatient:
    """Return one resident and the bills he pays."""
    return Impatient(stage.player(telegram_id), bank.numbers(telegram_id), closing_time)


def out_of_order(rows: Rows) -> list[str]:
    """Return the lanes in which a later update was done before an earlier one."""
    found = rows(_LANES)
    return sorted(
        {
            after[0]
            for before, after in pairwise(found)
            if before[0] == after[0] and before[1] > after[1]
        }
    )

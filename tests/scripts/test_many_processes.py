"""Real processes over one PostgreSQL: killed by `kill -9` and standing still while people pay.

In the gate each is killed once, in a soak as often as `KILLS` says. Nothing is lost, nothing is
doubled, and each person's updates are handled in their order.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest

from tests.postgres import PostgresServer
from tests.scripts import bank
from tests.scripts.crew import ROLES, Crew
from tests.scripts.ending import receipts_told
from tests.scripts.impatient import Impatient
from tests.scripts.stage import Stage, raised
from tests.scripts.three_logs import (
    RECEIPTS,
    Rows,
    check_by_commands,
    check_logs,
    compare,
    have_paid,
    settle,
)
from tests.scripts.troubles import Troubles

pytestmark = pytest.mark.sqlite  # On PostgreSQL of its own accord: once is enough.

PEOPLE: Final = bank.RESIDENTS[:8]
KILLS: Final = bank.KILLS if "KILLS" in os.environ else len(ROLES)
LEAST_PAYMENTS: Final = max(5, KILLS // 2)
"""People pay on until there are so many; on an idle machine there are several times as many."""
BOUND_S: Final = 480.0 + 8.0 * KILLS

_LANES: Final = (
    "SELECT lane, ended_at FROM work WHERE kind = 'update' AND status = 'done' ORDER BY lane, id"
)
_HELD: Final = "SELECT count(*) FROM lane"


async def test_killed_and_standing_still_they_lose_nothing_and_double_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    began_s = time.monotonic()
    async with asyncio.timeout(BOUND_S), court(tmp_path) as (stage, crew, rows):
        closing_time = asyncio.Event()
        people = [impatient(stage, each, closing_time) for each in PEOPLE]
        living = [asyncio.create_task(each.live()) for each in people]
        await crew.start()
        troubles = Troubles(crew, first_still="whole")
        await troubles.happen(KILLS)
        await have_paid(rows, LEAST_PAYMENTS)
        closing_time.set()
        await asyncio.gather(*living)
        await settle(stage, rows)
        assert await crew.stop() == [0] * len(crew.processes)
        left = compare(stage, rows)
        assert out_of_order(rows) == []
        assert rows(_HELD) == [(0,)]
        await check_by_commands(next(iter(crew)), left=left)
        check_logs((each.log for each in crew), left=left)
        logs = "".join(each.log.read_text() for each in crew)
        assert logs.count("lease_lapsed") >= troubles.stood_still > 0
        payments = len(rows(RECEIPTS))
        figures = (
            f"{KILLS} kills of {len(crew.processes)} processes, {troubles.stood_still} stood still,"
            f" {payments} payments, {sum(p.habits.presses for p in people)} presses,"
            f" {sum(p.habits.repeats for p in people)} pressed again,"
            f" {receipts_told(stage.world)[1].total()} messages marked as repeated,"
            f" {left} in doubt twice and left to a human, 0 lost, 0 doubled, 0 unsettled,"
            f" away (median/most, s):"
            f" {troubles.absences.told()}; {time.monotonic() - began_s:.0f} s"
        )
    with capsys.disabled():
        print(f"\nkill -9 on PostgreSQL: {figures}")  # noqa: T201 - the figures one looks for


@asynccontextmanager
async def court(
    folder: Path, roles: Mapping[str, str] = ROLES, *, server: PostgresServer | None = None
) -> AsyncIterator[tuple[Stage, Crew, Rows]]:
    """Raise the curtain on the court, with processes that are not started yet."""
    async with raised(folder, is_running=False, people=bank.cast(), seed=None) as stage:
        stage.world.board.set("telegram.limits", False)  # noqa: FBT003 - a switch
        for each in bank.RESIDENTS:
            stage.world.state.chats[each].is_started = True
        crew = Crew(stage, roles, server=server)
        await crew.found(bank.seed_among_themselves)
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

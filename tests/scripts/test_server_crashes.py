"""The database's server crashes under two processes, for longer and longer: nothing is lost.

Part of the soak: it takes a minute.
"""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.postgres import PostgresServer
from tests.scripts.test_many_processes import PEOPLE, court, impatient, out_of_order
from tests.scripts.three_logs import check_logs, compare, settle

pytestmark = [
    pytest.mark.sqlite,  # On PostgreSQL of its own accord: once is enough.
    pytest.mark.skipif(not os.environ.get("HAZINA_SOAK"), reason="part of the soak"),
]

AWAY_S: Final = (0.5, 3.0, 12.0)
"""The last time is longer than a lease and than an effect may wait."""
PEACE_S: Final = 4.0
BOUND_S: Final = 540.0


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    made = PostgresServer(is_durable=True)
    made.start()
    yield made
    made.remove()


async def test_three_crashes_of_the_server_lose_nothing(
    tmp_path: Path, server: PostgresServer
) -> None:
    roles = {"both-1": "all", "both-2": "all"}
    async with (
        asyncio.timeout(BOUND_S),
        court(tmp_path, roles, server=server) as (stage, crew, _),
    ):
        await crew.start()
        closing_time = asyncio.Event()
        people = [impatient(stage, each, closing_time) for each in PEOPLE]
        living = [asyncio.create_task(each.live()) for each in people]
        for away_s in AWAY_S:
            await asyncio.sleep(PEACE_S)
            await asyncio.to_thread(server.stop, signal.SIGQUIT)
            await asyncio.sleep(away_s)
            await asyncio.to_thread(server.start)
        await asyncio.sleep(2 * PEACE_S)
        closing_time.set()
        await asyncio.gather(*living)
        with crew.rows() as rows:
            await settle(stage, rows)
            assert await crew.stop() == [0] * len(crew.processes)
            left = compare(stage, rows)
            assert out_of_order(rows) == []
        check_logs((each.log for each in crew), left=left)

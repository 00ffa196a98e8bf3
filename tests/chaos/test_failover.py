"""Backends cut off, the server crashed, the primary killed and its standby promoted.

Nothing acknowledged is lost, nothing is paid that nobody was told of, and an old primary that
comes back is not written to. `FAILOVERS=20` for a soak.
"""

import asyncio
import os
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from signal import SIGKILL, SIGQUIT
from typing import Final

import pytest

from bot.ports import SystemClock, SystemRandomness
from bot.providers import KINDS
from storage import doctor, server_setup
from storage.server import ServerDatabase
from storage.setup import SANDBOX
from tests.books import ring
from tests.chaos.pair import Pair
from tests.chaos.paying import Told, Town, compare, found, journals, pay_on

pytestmark = pytest.mark.sqlite  # On PostgreSQL of its own accord: once is enough.

FAILOVERS: Final = int(os.environ.get("FAILOVERS", "1"))
PEACE_S: Final = 0.5
"""How long people pay between two disasters."""
BOUND_S: Final = 180.0 + 120.0 * FAILOVERS
RESUME_S: Final = 60.0


@asynccontextmanager
async def court() -> AsyncIterator[tuple[Pair, ServerDatabase, Town]]:
    pair = await asyncio.to_thread(Pair)
    clock = SystemClock()
    try:
        url = pair.primary.url(pair.name)
        server_setup.prepare(url, mode=SANDBOX, now=clock.now(), ring=ring())
        await asyncio.to_thread(pair.follow)
        database = ServerDatabase(
            pair.url,
            clock=clock,
            randomness=SystemRandomness(node=1),
            ring=ring(),
            kinds=KINDS,
        )
        try:
            yield pair, database, await database.run(found)
        finally:
            await database.close()
    finally:
        await asyncio.to_thread(pair.remove)


async def test_nothing_acknowledged_is_lost_however_the_server_dies(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with asyncio.timeout(BOUND_S), court() as (pair, database, town):
        told, closing = Told(), asyncio.Event()
        paying = asyncio.create_task(pay_on(database, town, told, closing))
        for number in range(FAILOVERS):
            await go_on(told)
            assert await asyncio.to_thread(pair.cut_off) > 0
            await go_on(told)
            await asyncio.to_thread(pair.restart)
            await go_on(told)
            began_s = time.monotonic()
            await asyncio.to_thread(pair.fail_over, SIGKILL if number % 2 else SIGQUIT)
            await go_on(told, since_s=began_s)
            await come_back(pair, told)
            await asyncio.to_thread(pair.follow)
        await go_on(told)
        closing.set()
        await paying
        await compare(database, town, told)
        assert await database.read(doctor.broken) == []
    outages = told.outages_s() or [0.0]
    with capsys.disabled():
        print(  # noqa: T201 - the figures are what one looks for
            f"\nPostgreSQL: {FAILOVERS} failovers, restarts and cut-offs,"
            f" {len(told.done)} payments,"
            f" 0 lost, 0 doubled, 0 ghosts, {len(told.undone)} told undone, {told.unknown} unknown"
            f" and looked up; {len(outages)} outages, median {statistics.median(outages):.1f} s,"
            f" longest {outages[0]:.1f} s"
        )


async def go_on(told: Told, *, since_s: float = 0.0) -> None:
    """Wait until people pay again, then let them for a while."""
    since_s = since_s or time.monotonic()
    async with asyncio.timeout(RESUME_S):
        while not told.moments_s or told.moments_s[-1] <= since_s:  # noqa: ASYNC110 - counts
            await asyncio.sleep(0.02)
    await asyncio.sleep(PEACE_S)


async def come_back(pair: Pair, told: Told) -> None:
    """Start the old primary as if nothing had happened, waiting for nobody: none writes to it."""
    await asyncio.to_thread(pair.start_replaced)
    before = await asyncio.to_thread(journals, pair)
    await asyncio.to_thread(pair.cut_off)
    await go_on(told)
    assert await asyncio.to_thread(journals, pair) == before

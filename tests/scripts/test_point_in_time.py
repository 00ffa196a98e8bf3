"""PostgreSQL goes back to a moment, by the words of docs/deploy.md: nothing is done twice.

Part of the soak.
"""

import asyncio
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.postgres import PostgresServer
from tests.scripts import bank
from tests.scripts.crew import Crew
from tests.scripts.stage import Stage
from tests.scripts.test_many_processes import court, impatient
from tests.scripts.test_restore_story import PUT_BACK, REPEATED, told_by
from tests.scripts.three_logs import RECEIPTS, check_by_commands

pytestmark = [
    pytest.mark.sqlite,  # On PostgreSQL of its own accord: once is enough.
    pytest.mark.skipif(not os.environ.get("HAZINA_SOAK"), reason="part of the soak"),
]

PEOPLE: Final = bank.RESIDENTS[:3]
BUSY_S: Final = 4.0
FROZEN_S: Final = 4.0
BOUND_S: Final = 540.0
_BOOKS: Final = (
    RECEIPTS,
    "SELECT id, debits_minor, credits_minor FROM account ORDER BY id",
    "SELECT number, allocated_minor FROM bill ORDER BY number",
)
_LIVE: Final = "SELECT count(*) FROM work WHERE status IN ('due', 'sent')"


class Archived(PostgresServer):
    """A server that archives every change, and goes back to a moment."""

    def __init__(self) -> None:
        """Make its files, and where the archive lies."""
        super().__init__(is_durable=True, settings=("wal_level=replica", "archive_mode=on"))
        self.archive = self.folder / "archive"
        self.base = self.folder / "base"
        self.archive.mkdir()
        shutil.chown(self.archive, self.data.owner(), self.data.group())
        copy = f"test ! -f {self.archive}/%f && cp %p {self.archive}/%f"
        self.settings = (*self.settings, f"archive_command={copy}")

    def back_up(self) -> None:
        """Take a base backup while it runs."""
        self.tool(
            "pg_basebackup", "-h", str(self.folder), "-U", "hazina", "-c", "fast", data=self.base
        )

    def go_back(self, moment: str) -> None:
        """Stop as by a crash, and let the base and the archive come up to a moment."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.data)
        self.base.rename(self.data)
        (self.data / "recovery.signal").touch()
        shutil.chown(self.data / "recovery.signal", self.data.owner(), self.data.group())
        self.settings = (
            *self.settings,
            f"restore_command=cp {self.archive}/%f %p",
            f"recovery_target_time={moment}",
            "recovery_target_action=promote",
        )
        self.start()


@pytest.fixture
def server() -> Iterator[Archived]:
    made = Archived()
    made.start()
    yield made
    made.remove()


async def test_the_books_go_back_to_a_moment_and_nothing_is_done_twice(
    tmp_path: Path, server: Archived
) -> None:
    async with (
        asyncio.timeout(BOUND_S),
        court(tmp_path, {"whole": "all"}, server=server) as (stage, crew, _),
    ):
        await crew.start()
        await asyncio.to_thread(server.back_up)
        await _pay(stage, crew)
        moment, *books = _look(crew)
        await _pay(stage, crew)
        assert _look(crew)[1:] != books
        (whole,) = crew
        await whole.kill()
        await _archived(crew)
        await asyncio.to_thread(server.go_back, str(moment))
        assert _look(crew)[1:] == books
        known = told_by(stage)
        assert (await whole.command("migrate"))[0] == 0
        code, said = await whole.command("outflows", "freeze")
        assert code == 0, said
        await crew.start()
        await asyncio.sleep(FROZEN_S)
        assert _fresh(stage, known, but=PUT_BACK) == []
        assert _look(crew)[1:] == books
        code, said = await whole.command("outflows", "release")
        assert code == 0, said
        await _quiet(crew)
        assert _fresh(stage, known, but=PUT_BACK) == []
        await _pay(stage, crew)
        assert _look(crew)[1:] != books
        await check_by_commands(whole, left=0)


async def _pay(stage: Stage, crew: Crew) -> None:
    """Let people pay for a while; return when nothing is left to do."""
    closing_time = asyncio.Event()
    people = [impatient(stage, each, closing_time) for each in PEOPLE]
    living = [asyncio.create_task(each.live()) for each in people]
    await asyncio.sleep(BUSY_S)
    closing_time.set()
    await asyncio.gather(*living)
    await _quiet(crew)


async def _archived(crew: Crew) -> None:
    """Wait until the archive holds everything up to now (in life: `archive_timeout`)."""
    ((wanted,),) = _ask(crew, "SELECT pg_walfile_name(pg_switch_wal())")
    while _ask(crew, "SELECT last_archived_wal FROM pg_stat_archiver")[0][0] < wanted:  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.1)


async def _quiet(crew: Crew) -> None:
    while _ask(crew, _LIVE) != [(0,)]:  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.2)


def _look(crew: Crew) -> list[Any]:
    """Return what the time is and what the books hold."""
    return [_ask(crew, "SELECT clock_timestamp()::text")[0][0], *(_ask(crew, q) for q in _BOOKS)]


def _ask(crew: Crew, query: str) -> list[Any]:
    with crew.rows() as rows:
        return rows(query)


def _fresh(stage: Stage, known: dict[tuple[int, int], str], *, but: str) -> list[str]:
    """Return what people were told since, unmarked, but for what a restore says."""
    fresh = (text for key, text in told_by(stage).items() if key not in known)
    return [text for text in fresh if but not in text and REPEATED not in text]

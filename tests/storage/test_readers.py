"""Readers: what is not waited for any more is stopped, and its thread is free again."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from storage.readers import READERS, Readers

FOR_EVER = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"


def count_for_ever(cursor: sqlite3.Cursor) -> None:
    cursor.execute(FOR_EVER)


def one(cursor: sqlite3.Cursor) -> int:
    return int(cursor.execute("SELECT 1").fetchone()[0])


async def test_a_read_that_nobody_waits_for_is_stopped(tmp_path: Path) -> None:
    readers = Readers(tmp_path / "file.db")
    for _ in range(READERS + 1):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await readers.read(count_for_ever)
    async with asyncio.timeout(60):
        assert await asyncio.gather(*(readers.read(one) for _ in range(2 * READERS))) == [1] * 8
    await asyncio.to_thread(readers.close)


async def test_a_read_that_waits_for_its_turn_is_given_up(tmp_path: Path) -> None:
    readers = Readers(tmp_path / "file.db")
    looks = [asyncio.create_task(readers.read(count_for_ever)) for _ in range(READERS + 3)]
    await asyncio.sleep(0)
    for look in looks:
        look.cancel()
    assert all(
        isinstance(found, asyncio.CancelledError)
        for found in await asyncio.gather(*looks, return_exceptions=True)
    )
    async with asyncio.timeout(60):
        assert await readers.read(one) == 1
    await asyncio.to_thread(readers.close)

"""Operators hear of trouble outside once an hour, however often it is met."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.engine.alarms import DOWN_AFTER, Alarm, Alarms
from bot.engine.outbox import Outbox
from core.domain.work import Kind
from storage.database import Database
from storage.transaction import SqlTransaction
from tests.books import NOW, FakeClock, open_database

OPERATORS = (5001, 5002)


@asynccontextmanager
async def opened(folder: Path, clock: FakeClock) -> AsyncIterator[Database]:
    database = open_database(folder, clock=clock)
    yield database
    await database.close()


def alarms(database: Database, operators: tuple[int, ...] = OPERATORS) -> Alarms:
    return Alarms(database, Outbox(is_sandbox=True), operators=operators)


async def queued(database: Database) -> list[str]:
    """Return the texts that wait to be sent."""

    def look(tx: SqlTransaction) -> list[str]:
        rows = tx.work.live(at=NOW + timedelta(days=1), after=0, limit=99)
        return [row.payload.decode() for row in rows if row.kind is Kind.MESSAGE]

    return await database.read(look)


async def test_a_flood_of_forged_webhooks_is_one_message_an_hour(tmp_path: Path) -> None:
    clock = FakeClock()
    async with opened(tmp_path, clock) as database:
        one = alarms(database)
        for _ in range(50):
            await one.tell(Alarm.WEBHOOK_REJECTED, "paystack")
        assert len(await queued(database)) == len(OPERATORS)
        clock.move(hours=1)
        await one.tell(Alarm.WEBHOOK_REJECTED, "paystack")
        texts = await queued(database)
        assert len(texts) == 2 * len(OPERATORS)
        assert "So far: 50" in texts[-1]


async def test_several_processes_tell_it_once(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeClock()) as database:
        for _ in range(3):
            await alarms(database).tell(Alarm.WEBHOOK_REJECTED, "paystack")
        assert len(await queued(database)) == len(OPERATORS)


async def test_each_provider_and_each_trouble_is_told(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeClock()) as database:
        one = alarms(database)
        await one.tell(Alarm.WEBHOOK_REJECTED, "paystack")
        await one.tell(Alarm.WEBHOOK_REJECTED, "daraja")
        await one.tell(Alarm.PROVIDER_DOWN, "daraja")
        assert len(await queued(database)) == 3 * len(OPERATORS)


@pytest.mark.parametrize("answered", [-1, 1])
async def test_silences_in_a_row_mean_down(tmp_path: Path, answered: int) -> None:
    async with opened(tmp_path, FakeClock()) as database:
        one = alarms(database)
        for number in range(DOWN_AFTER):
            await one.heard("paystack", has_answered=number == answered)
        told = await queued(database)
        assert len(told) == (0 if answered > 0 else len(OPERATORS))


async def test_without_operators_nothing_is_written(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeClock()) as database:
        before = database.commits
        await alarms(database, ()).tell(Alarm.WEBHOOK_REJECTED, "paystack")
        assert database.commits == before


async def test_an_alarm_that_cannot_be_told_breaks_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeClock()) as database:
        await database.close()
        await alarms(database).tell(Alarm.PROVIDER_DOWN, "paystack")

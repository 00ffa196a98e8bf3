"""Twenty times `kill -9` while a dozen people pay: three logs agree in the end.

What people were told (receipts in their chats), what the provider says (captures) and what the
books say (receipts, journals, wallets, bills): nothing lost, nothing doubled.
"""

import asyncio
import random
import re
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, Final

import pytest

from bot.sandbox.player import draw
from tests.scripts import bank
from tests.scripts.ending import problems_of_receipts, receipts_told
from tests.scripts.impatient import Impatient
from tests.scripts.process import Bot
from tests.scripts.stage import Stage, raised

KILLS: Final = 20
LIVES_S: Final = (0.8, 3.0)
"""How long the service takes work before it is killed, at least and at most."""
SETTLE_WITHIN_S: Final = 45.0
LEAST_PAYMENTS: Final = 20

BOUND_S: Final = 170.0
"""Where even a slow machine has long been done: it takes a minute, mostly of starting."""

_UPDATES: Final = "SELECT status, count(*) FROM work WHERE kind = 'update' GROUP BY status"
_BUSY: Final = "SELECT count(*) FROM work WHERE status IN ('due', 'sent')"
_RECEIPTS: Final = (
    "SELECT r.number, i.external_id, r.amount_minor, p.method FROM receipt r"
    " JOIN payment p ON p.id = r.payment_id JOIN identity i ON i.person_id = r.payer_id"
)
_CAPTURES: Final = (
    "SELECT j.key, t.amount_minor FROM journal j JOIN transfer t ON t.journal_id = j.id"
    " AND t.line = 1 WHERE j.key LIKE 'capture:%'"
)
_WALLETS: Final = (
    "SELECT i.external_id, a.credits_minor - a.debits_minor FROM account a"
    " JOIN identity i ON i.person_id = a.owner_id WHERE a.kind = 'member_wallet'"
)
_BILLS: Final = "SELECT number, total_minor, allocated_minor, refunded_minor FROM bill"
_TOLD: Final = re.compile(r"✅ Paid ([\d,]+)\.(\d\d)\s")


async def test_twenty_kills_lose_nothing_and_double_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    began_s = time.monotonic()
    async with asyncio.timeout(BOUND_S), _court(tmp_path) as (stage, bot):
        closing_time = asyncio.Event()
        people = [_impatient(stage, each, closing_time) for each in bank.RESIDENTS]
        living = [asyncio.create_task(each.live()) for each in people]
        await _kill_often(bot)
        closing_time.set()
        await asyncio.gather(*living)
        await _settle(stage)
        assert await bot.stop() == 0, bot.log.read_text()[-2000:]
        compare(stage)
        code, said = await bot.command("doctor")
        # What it warns of (an old SQLite) stands beside the verdict.
        assert (code, said.splitlines().count("healthy")) == (0, 1)
        assert await bot.command("audit", "verify") == (0, "chain holds\n")
        check_log(bot)
        payments = len(_rows(stage.path, _RECEIPTS))
        figures = (
            f"{KILLS} kills, {bot.starts} starts, {payments} payments,"
            f" {sum(p.habits.presses for p in people)} presses,"
            f" {sum(p.habits.repeats for p in people)} repeated,"
            f" {time.monotonic() - began_s:.0f} s"
        )
    with capsys.disabled():
        print(f"\nkill -9: {figures}")  # noqa: T201 - the figures are what one looks for
    assert payments >= LEAST_PAYMENTS


@asynccontextmanager
async def _court(folder: Path) -> AsyncIterator[tuple[Stage, Bot]]:
    async with raised(folder, is_running=False, people=bank.cast(), seed=bank.seed) as stage:
        stage.world.board.set("telegram.limits", False)  # noqa: FBT003 - a switch
        for each in bank.RESIDENTS:
            stage.world.state.chats[each].is_started = True
        bot = Bot(stage)
        try:
            yield stage, bot
        finally:
            await bot.stop()


async def _kill_often(bot: Bot) -> None:
    """Kill and start; every seventh life ends before it has quite begun."""
    chance = random.Random(9)  # noqa: S311 - the same pauses each run
    await bot.start()
    for number in range(KILLS):
        if number % 7 != 6:
            await bot.is_ready()
        await asyncio.sleep(chance.uniform(*LIVES_S))
        await bot.kill()
        await bot.start()
    await bot.is_ready()


def _impatient(stage: Stage, telegram_id: int, closing_time: asyncio.Event) -> Impatient:
    first = bank.RESIDENTS.index(telegram_id) * 2 + 1
    numbers = (bank.number(first), bank.number(first + 1))
    return Impatient(stage.player(telegram_id), numbers, closing_time)


async def _settle(stage: Stage) -> None:
    """Wait until nothing is left to do and every webhook has arrived."""
    stage.provider.nudge()
    async with asyncio.timeout(SETTLE_WITHIN_S):
        while _is_moving(stage):  # noqa: ASYNC110 - what moves is another process
            await asyncio.sleep(0.2)


def _is_moving(stage: Stage) -> bool:
    taken = sum(len(one.captures) for one in stage.provider.checkouts())
    is_behind = taken != len(_rows(stage.path, _CAPTURES))
    return is_behind or bool(stage.world.queue.waiting()) or _rows(stage.path, _BUSY)[0][0] > 0


def compare(stage: Stage) -> None:
    """Compare the three logs; before that, everything that people did was handled once."""
    assert _rows(stage.path, _UPDATES) == [("done", stage.world.state.queue.last_update_id)]
    receipts = _rows(stage.path, _RECEIPTS)
    assert problems_of_receipts(stage.world, [(r[0], r[1]) for r in receipts]) == []
    assert _told_amounts(stage) == {(r[1], r[0]): r[2] for r in receipts}
    captures = {
        capture.id: capture.amount_minor
        for one in stage.provider.checkouts()
        for capture in one.captures
    }
    booked = _rows(stage.path, _CAPTURES)
    assert len(booked) == len(captures)
    assert {key.rpartition(":")[2]: amount for key, amount in booked} == captures
    assert sum(r[2] for r in receipts if r[3] == "provider") == sum(captures.values())
    wallets = dict(_rows(stage.path, _WALLETS))
    for each in bank.RESIDENTS:
        spent = sum(r[2] for r in receipts if r[1] == each and r[3] == "wallet")
        assert wallets[each] == bank.OPENING_MINOR - spent
    bills = _rows(stage.path, _BILLS)
    assert sum(bill[2] for bill in bills) == sum(r[2] for r in receipts)
    assert all(bill[2] <= bill[1] and bill[3] == 0 for bill in bills)


def check_log(bot: Bot) -> None:
    """The bot logged no PIN, and nothing that it did not expect."""
    log = bot.log.read_text()
    assert bank.PIN not in log
    for word in ("row_parked", "money_stopped", "message_parked", "telegram_refused"):
        assert word not in log, next(line for line in log.splitlines() if word in line)


def _told_amounts(stage: Stage) -> dict[tuple[int, str], int]:
    """Return kobo by (chat, receipt) as the chats tell it."""
    plain, marked = receipts_told(stage.world)
    told = {}
    for chat_id, number in {*plain, *marked}:
        texts = [draw(one) for one in stage.player(chat_id).messages()]
        text = next(t for t in texts if number in t and "New wallet balance" in t)
        found = _TOLD.search(text)
        assert found is not None, text
        told[chat_id, number] = int(found[1].replace(",", "")) * 100 + int(found[2])
    return told


def _rows(path: Path, query: str) -> list[Any]:
    uri = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=5)) as connection:
        return connection.execute(query).fetchall()

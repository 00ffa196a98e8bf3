"""Three logs compared: what people were told, what the provider says, what the books say."""

import asyncio
import re
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from bot.sandbox.player import draw
from tests.scripts import bank
from tests.scripts.ending import problems_of_receipts, receipts_told
from tests.scripts.process import Bot
from tests.scripts.stage import Stage
from tests.takings import takings

Rows = Callable[[str], list[Any]]
"""Returns what a query finds in the books, whichever database holds them."""

SETTLE_WITHIN_S: Final = 200.0
"""A webhook that met five outages in a row comes again after a minute, then after two."""

_UPDATES: Final = "SELECT status, count(*) FROM work WHERE kind = 'update' GROUP BY status"
_BUSY: Final = (
    "SELECT kind, lane, status, attempts, created_at, due_at, last_error FROM work"
    " WHERE status IN ('due', 'sent') AND lane NOT LIKE 'l:%' ORDER BY id LIMIT 20"
)
"""What is still to do. Providers' own lists are left out: they are compared ten minutes later."""
RECEIPTS: Final = (
    "SELECT r.number, i.external_id, r.amount_minor, p.method FROM receipt r"
    " JOIN payment p ON p.id = r.payment_id JOIN identity i ON i.person_id = r.payer_id"
)
_CAPTURES: Final = (
    "SELECT j.key, t.amount_minor FROM journal j JOIN transfer t ON t.journal_id = j.id"
    " AND t.line = 1 WHERE j.key LIKE 'capture:%'"
)
_LEFT: Final = (
    "SELECT lane, count(*) FROM work WHERE kind = 'message' AND status = 'parked'"
    " AND last_error LIKE 'twice unknown%' GROUP BY lane"
)
_WALLETS: Final = (
    "SELECT i.external_id, a.credits_minor - a.debits_minor FROM account a"
    " JOIN identity i ON i.person_id = a.owner_id WHERE a.kind = 'member_wallet'"
)
_BILLS: Final = "SELECT number, total_minor, allocated_minor, refunded_minor FROM bill"
_PIN: Final = re.compile(rf"(?<![0-9a-f.-]){bank.PIN}(?![0-9a-f])")
"""The digits of the PIN by themselves: not within an id, nor as what follows a second."""
_TOLD: Final = re.compile(r"✅ Paid ([\d,]+)\.(\d\d)\s")


def rows_of_file(path: Path) -> Rows:
    """Return what looks into a SQLite file."""

    def rows(query: str) -> list[Any]:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=5)) as connection:
            return connection.execute(query).fetchall()

    return rows


async def have_paid(rows: Rows, least: int) -> None:
    """Wait until so many payments were made, or until even a slow machine has long made them."""
    deadline_s = time.monotonic() + SETTLE_WITHIN_S
    while len(rows(RECEIPTS)) < least and time.monotonic() < deadline_s:  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.2)


async def settle(stage: Stage, rows: Rows) -> None:
    """Wait until nothing is left to do and every webhook has arrived."""
    stage.provider.nudge()
    deadline_s = time.monotonic() + SETTLE_WITHIN_S
    while left := _still_moving(stage, rows):
        assert time.monotonic() < deadline_s, f"still to do after {SETTLE_WITHIN_S} s: {left}"
        await asyncio.sleep(0.2)


def _still_moving(stage: Stage, rows: Rows) -> list[str]:
    taken = len(_takings(stage))
    booked = len(rows(_CAPTURES))
    waiting = stage.world.queue.waiting()
    return [
        *([f"{taken} captures, {booked} booked"] if taken != booked else []),
        *([f"updates that nobody fetched: {waiting}"] if waiting else []),
        *(str(tuple(row)) for row in rows(_BUSY)),
    ]


def left_to_humans(rows: Rows) -> Counter[int]:
    """Count by chat the messages that two kills met on their way: nobody says them again."""
    return Counter({int(lane.rpartition(":")[2]): count for lane, count in rows(_LEFT)})


def compare(stage: Stage, rows: Rows) -> int:
    """Compare the three logs; before that, everything that people did was handled once.

    Returns how many messages wait for a human.
    """
    assert rows(_UPDATES) == [("done", stage.world.state.queue.last_update_id)]
    receipts = rows(RECEIPTS)
    left = left_to_humans(rows)
    proofs = [(r[0], r[1]) for r in receipts]
    assert problems_of_receipts(stage.world, proofs, left=left) == []
    told, booked_amounts = _told_amounts(stage), {(r[1], r[0]): r[2] for r in receipts}
    assert told == {key: minor for key, minor in booked_amounts.items() if key in told}
    captures = _takings(stage)
    booked = rows(_CAPTURES)
    assert len(booked) == len(captures)
    assert {key.rpartition(":")[2]: amount for key, amount in booked} == captures
    assert sum(r[2] for r in receipts if r[3] == "provider") == sum(captures.values())
    wallets = dict(rows(_WALLETS))
    for each in bank.RESIDENTS:
        spent = sum(r[2] for r in receipts if r[1] == each and r[3] == "wallet")
        assert wallets[each] == bank.OPENING_MINOR - spent
    bills = rows(_BILLS)
    assert sum(bill[2] for bill in bills) == sum(r[2] for r in receipts)
    assert all(bill[2] <= bill[1] and bill[3] == 0 for bill in bills)
    return left.total()


def _takings(stage: Stage) -> dict[str, int]:
    """Return what providers took, in minor units by the id under which they tell it."""
    return {each.id: each.minor for one in stage.provider.checkouts() for each in takings(one)}


def check_logs(logs: Iterable[Path], *, left: int) -> None:
    """Nobody logged a PIN, nor anything that was not expected; `left` wait for a human."""
    parked = 0
    for each in logs:
        log = each.read_text()
        assert not _PIN.search(log)
        for word in ("row_parked", "money_stopped", "telegram_refused"):
            assert word not in log, next(line for line in log.splitlines() if word in line)
        parked += log.count("message_parked")
    assert parked == left


async def check_by_commands(bot: Bot, *, left: int) -> None:
    """Let an operator's commands look at the books: `left` messages wait for him, and no more."""
    code, said = await bot.command("doctor")
    # What it warns of (an old SQLite) stands beside the verdict.
    verdict = f"work: {left} of kind message are parked and wait for a human" if left else "healthy"
    assert (code, said.splitlines().count(verdict)) == (1 if left else 0, 1), said
    code, said = await bot.command("audit", "verify")
    assert (code, "chain holds" in said.splitlines()) == (0, True), said


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

"""A copy is taken while people pay, more happens, the copy is put back: nothing is doubled.

What happened between the copy and its return was seen by people and by the provider, and is unknown
to the books that came back. Compared are what the provider was asked for and took, what people were
told, and what those books say.
"""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from bot.sandbox.player import draw
from storage import backup as backups
from tests.scripts import bank
from tests.scripts.impatient import Impatient
from tests.scripts.playing import newest, pay_page, plain, tap
from tests.scripts.process import Bot
from tests.scripts.scenes import acknowledge, ask_link, choose
from tests.scripts.stage import Stage, raised
from tests.scripts.three_logs import Rows, rows_of_file, settle

pytestmark = pytest.mark.sqlite

PEOPLE: Final = bank.RESIDENTS[:6]
LATE: Final = bank.RESIDENTS[8]
"""Asks for a page after the copy was taken, and pays on it when the copy is back."""
NEW: Final = bank.RESIDENTS[9]
"""Comes when the copy is back."""
BUSY_S: Final = 5.0
FROZEN_S: Final = 3.0
WITHIN_S: Final = 150.0
BOUND_S: Final = 540.0
MOST_COPIES: Final = 500
PUT_BACK: Final = "put our books back"
REPEATED: Final = "(repeated)"

_TAPS: Final = (
    "SELECT id FROM work WHERE status IN ('due', 'sent') AND kind IN ('update', 'pin') ORDER BY id"
)
_HELD: Final = (
    "SELECT id FROM work WHERE status = 'parked' AND last_error = 'older than the copy' ORDER BY id"
)
_WAITING: Final = "SELECT id FROM work WHERE last_error = 'frozen by a restore' ORDER BY id"
_DONE: Final = "SELECT id FROM work WHERE status = 'done'"
_LIVE: Final = "SELECT id FROM work WHERE status IN ('due', 'sent')"
_NAMED: Final = "SELECT last_error FROM work WHERE kind = 'hook' AND status = 'parked'"
_ASKED: Final = "SELECT reference FROM attempt"
_BOOKED: Final = "SELECT key FROM journal WHERE key LIKE 'capture:%'"
_ARRIVED: Final = "SELECT key FROM seen WHERE source LIKE 'telegram:%'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """A copy, the taps in it that were not handled, and the attempts it knows."""

    file: Path
    taps: list[Any]
    asked: set[str]


async def test_books_that_were_put_back_double_nothing(tmp_path: Path) -> None:
    async with (
        asyncio.timeout(BOUND_S),
        raised(tmp_path, is_running=False, people=bank.cast(), seed=bank.seed) as stage,
    ):
        stage.world.board.set("telegram.limits", False)  # noqa: FBT003 - a switch
        for each in bank.RESIDENTS:
            stage.world.state.chats[each].is_started = True
        bot = Bot(stage)
        try:
            copied, link = await _live(stage, bot)
            lost_asked = await _lose(stage, bot, copied)
            await _stand_frozen(stage, bot, copied)
            await _pay_on_a_lost_page(stage, link)
            await _pay_as_ever(stage)
            await _release(stage, bot, copied)
            await _account(stage, bot, copied, lost_asked)
        finally:
            await bot.stop()


async def _live(stage: Stage, bot: Bot) -> tuple[Copied, str]:
    """Let people pay and copy amid their taps; returns that, and the address of a later page."""
    await bot.start()
    await bot.is_ready()
    closing = asyncio.Event()
    people = [Impatient(stage.player(each), bank.numbers(each), closing) for each in PEOPLE]
    living = [asyncio.create_task(each.live()) for each in people]
    await asyncio.sleep(BUSY_S)
    await _until_somebody_paid(stage)
    copied = await _copy_amid_taps(stage)
    late = stage.player(LATE)
    await acknowledge(late, bank.numbers(LATE)[0])
    link = await ask_link(late)
    await asyncio.sleep(BUSY_S)
    closing.set()
    await asyncio.gather(*living)
    return copied, link


async def _until_somebody_paid(stage: Stage) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not any(one.captures for one in stage.provider.checkouts()):
            await stage.world.change(0.1)


async def _copy_amid_taps(stage: Stage) -> Copied:
    """Copy, as `backup` does, until a copy holds a tap that is just being handled."""
    for number in range(MOST_COPIES):
        file = stage.folder / f"copy-{number}.db"
        await asyncio.to_thread(backups.backup, stage.path, file)
        rows = rows_of_file(file)
        if taps := rows(_TAPS):
            return Copied(file=file, taps=taps, asked={row[0] for row in rows(_ASKED)})
    pytest.fail("nobody tapped while a copy was taken")


async def _lose(stage: Stage, bot: Bot, copied: Copied) -> set[str]:
    """End the service as by a failing machine and put the copy back; returns what it had asked."""
    lost = rows_of_file(stage.path)
    await settle(stage, lost)
    await bot.kill()
    # The books that are lost had carried out what people did when the copy was taken.
    assert set(copied.taps) <= set(lost(_DONE))
    asked = {row[0] for row in lost(_ASKED)}
    arrived = set(lost(_ARRIVED))
    assert asked > copied.asked
    said = await _json(bot, "restore", str(copied.file))
    assert (said["outflows"], said["told"] > 0) == ("frozen", True)
    rows = rows_of_file(stage.path)
    assert rows(_HELD) == copied.taps
    assert len(rows(_WAITING)) == said["waiting"]
    # Should Telegram bring one of them again, it is known.
    assert set(rows(_ARRIVED)) == arrived
    return asked


async def _stand_frozen(stage: Stage, bot: Bot, copied: Copied) -> None:
    """Start; nothing of the copy leaves, and what it had asked for is looked up."""
    rows, pages, shown = rows_of_file(stage.path), _pages(stage), told_by(stage)
    waiting = rows(_WAITING)
    await bot.start()
    await bot.is_ready()
    await asyncio.sleep(FROZEN_S)
    await _until_booked(stage, rows, copied.asked)
    assert rows(_HELD) == copied.taps
    assert rows(_WAITING) == waiting
    assert {row[0] for row in rows(_ASKED)} == copied.asked
    assert _pages(stage) == pages
    fresh = {key: text for key, text in told_by(stage).items() if key not in shown}
    assert [text for text in fresh.values() if PUT_BACK not in text and REPEATED not in text] == []
    told = Counter(chat_id for (chat_id, _), text in fresh.items() if PUT_BACK in text)
    assert set(told.values()) == {1}
    assert {LATE} < set(told) <= {LATE, *PEOPLE}


async def _pay_on_a_lost_page(stage: Stage, link: str) -> None:
    """Pay on a page that these books do not know: it is kept for a human, credited to nobody."""
    rows = rows_of_file(stage.path)
    booked = rows(_BOOKED)
    await pay_page(stage, link)
    (reference,) = (one.terms.reference for one in stage.provider.checkouts() if one.id in link)
    wanted = f"sandbox tells of {reference}, which names no payment of ours"
    stage.provider.nudge()
    async with asyncio.timeout(WITHIN_S):
        while (wanted,) not in rows(_NAMED):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.2)
    assert rows(_BOOKED) == booked


async def _pay_as_ever(stage: Stage) -> None:
    """Pay anew: one is warned, and else it is as ever."""
    pages, new = _pages(stage), stage.player(NEW)
    await acknowledge(new, bank.numbers(NEW)[0])
    await tap(new, "Pay by link", until="A part is at least")
    assert "If you have paid since, do not pay again" in await choose(new, "")
    await tap(new, "Pay ", until="Open payment page")
    await pay_page(stage, new.url("Open payment page"))
    stage.provider.nudge()
    receipt = plain(await newest(new, "New wallet balance"))
    assert REPEATED not in receipt
    assert len(_pages(stage)) == len(pages) + 1


async def _release(stage: Stage, bot: Bot, copied: Copied) -> None:
    """Release: what was to be told is told with its mark, what people did is not carried out."""
    rows = rows_of_file(stage.path)
    waiting, asked, pages, shown = rows(_WAITING), rows(_ASKED), _pages(stage), told_by(stage)
    said = await _json(bot, "outflows", "release")
    assert said == {"released": len(waiting), "dropped": len(copied.taps), "handled": 0}
    async with asyncio.timeout(WITHIN_S):
        while rows(_LIVE):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.2)
    assert rows(_HELD) == rows(_WAITING) == []
    fresh = [text for key, text in told_by(stage).items() if key not in shown]
    assert [text for text in fresh if REPEATED not in text] == []
    assert (rows(_ASKED), _pages(stage)) == (asked, pages)


async def _account(stage: Stage, bot: Bot, copied: Copied, lost_asked: set[str]) -> None:
    """Everything the provider took is in the books once, or named by the doctor."""
    rows = rows_of_file(stage.path)
    code, said = await bot.command("doctor")
    assert code == 1
    named = [line for line in said.splitlines() if line.startswith("money to look for: ")]
    booked = Counter(row[0].rpartition(":")[2] for row in rows(_BOOKED))
    assert set(booked.values()) == {1}
    for checkout in stage.provider.checkouts():
        reference = checkout.terms.reference
        is_lost = reference in lost_asked - copied.asked
        assert {capture.id in booked for capture in checkout.captures} <= {not is_lost}
        is_named = any(reference in line for line in named)
        assert is_named or not (is_lost and checkout.captures), reference
        assert is_lost or not is_named, reference
    for words in (("doctor", "--release"), ("doctor",)):
        code, said = await bot.command(*words)
        assert (code, "healthy" in said.splitlines()) == (0, True)
    assert await bot.command("audit", "verify") == (0, "chain holds\n")


async def _until_booked(stage: Stage, rows: Rows, asked: set[str]) -> None:
    """Wait until every capture of these attempts is booked, and nothing else is."""
    stage.provider.nudge()
    wanted = sorted(
        capture.id
        for one in stage.provider.checkouts()
        if one.terms.reference in asked
        for capture in one.captures
    )
    assert wanted
    async with asyncio.timeout(WITHIN_S):
        while sorted(row[0].rpartition(":")[2] for row in rows(_BOOKED)) != wanted:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.2)


def _pages(stage: Stage) -> Counter[str]:
    """Count the pages that the provider made, by our reference."""
    return Counter(one.terms.reference for one in stage.provider.checkouts())


def told_by(stage: Stage) -> dict[tuple[int, int], str]:
    """Return what the bot's messages say by (chat, message)."""
    bot_id = stage.world.state.bot.id
    return {
        (chat.id, message.id): draw(message)
        for chat in stage.world.state.chats.values()
        for message in chat.messages.values()
        if message.sender_id == bot_id
    }


async def _json(bot: Bot, *words: str) -> dict[str, Any]:
    code, said = await bot.command(*words, "--json")
    assert code == 0, said
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found

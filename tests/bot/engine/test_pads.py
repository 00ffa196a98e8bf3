"""No pad stays at "Checking": whatever fails around a check, its message says what came of it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from telegram.error import BadRequest, TelegramError

from bot.engine.request import AnswerLost, Flooded
from core.domain.dialogues import IntentStatus, PadUse
from core.domain.people import PersonId
from core.domain.work import Kind
from core.use_cases import pins as use_cases
from handlers.chat import Show
from storage.transaction import SqlTransaction
from tests.bot.engine.desk import BOT_ID, CHAT, Desk, open_desk, press_update, text_update
from tests.bot.engine.test_pins import KEY, PIN, PRESS, Till, break_check, hold_checks, seed, stands

PAD = 10
"""The message every press here is made on."""


async def okay(desk: Desk, number: int, person_id: PersonId, digits: str) -> None:
    """Press OK on a pad that holds these digits."""

    def fill(tx: SqlTransaction) -> int:
        pad = use_cases.open_pad(
            tx, person_id=person_id, chat_id=CHAT, use=PadUse.CHECK, intent_key=KEY
        )
        return use_cases.type_digits(tx, pad=pad, digits=digits).id

    pad_id = await desk.run(fill)
    await desk.arrive(press_update(number, f"k:p:{pad_id}:ok"))
    await desk.settle()


def shown(desk: Desk) -> dict[str, Any]:
    """Return what the pad's message shows now."""
    return [edit for edit in desk.api.of("editMessageText") if edit["message_id"] == PAD][-1]


def doors(desk: Desk) -> list[str]:
    """Return the data of the buttons the pad's message has now."""
    rows = shown(desk)["reply_markup"]["inline_keyboard"]
    return [button["callback_data"] for row in rows for button in row]


async def test_a_wrong_pin_then_the_right_one_shows_what_came_of_it(tmp_path: Path) -> None:
    till = Till(show=Show.EDIT)
    async with open_desk(tmp_path, routes=till.routes) as desk:
        person_id = await seed(desk)
        await okay(desk, 1, person_id, "1357")
        assert "Wrong PIN" in shown(desk)["text"]
        await okay(desk, 2, person_id, PIN)
        assert shown(desk)["text"] == "Paid in full"


async def test_an_answer_of_its_own_leaves_no_pad_behind(tmp_path: Path) -> None:
    async with open_desk(tmp_path, routes=Till().routes) as desk:
        await okay(desk, 1, await seed(desk), PIN)
        assert "Your PIN was checked" in shown(desk)["text"]
        assert desk.api.texts[-1] == "Paid in full"


@pytest.mark.parametrize("trouble", [Flooded(1), AnswerLost("timed out")])
async def test_checking_that_was_put_off_does_not_cover_the_outcome(
    tmp_path: Path, trouble: TelegramError
) -> None:
    till = Till(show=Show.EDIT)
    async with open_desk(tmp_path, routes=till.routes) as desk:
        person_id = await seed(desk)
        desk.api.plan("editMessageText", trouble)
        running = asyncio.create_task(okay(desk, 1, person_id, PIN))
        await desk.until(lambda: bool(desk.time.slept) or running.done())
        desk.time.pass_by(1)
        await running
        await desk.later(10)
        assert till.paid == 1
        assert shown(desk)["text"] == "Paid in full"


async def test_a_dead_check_frees_its_pad_and_says_so(tmp_path: Path) -> None:
    till = Till()
    async with open_desk(tmp_path, routes=till.routes) as desk:
        person_id = await seed(desk)
        hold_checks(desk)
        await okay(desk, 1, person_id, PIN)
        assert "Checking" in shown(desk)["text"]
        await desk.run(break_check)
        look = asyncio.create_task(desk.later(0))
        await desk.until(lambda: 1 in desk.time.slept)
        desk.time.pass_by(1)
        await look
        assert "could not be checked" in shown(desk)["text"]
        assert "no money moved" in shown(desk)["text"]
        assert PRESS in doors(desk)
        assert (till.paid, await stands(desk, person_id)) == (0, (1, False, IntentStatus.OPEN))


async def test_a_check_that_came_too_late_frees_its_pad(tmp_path: Path) -> None:
    till = Till()
    async with open_desk(tmp_path, routes=till.routes) as desk:
        person_id = await seed(desk)
        hold_checks(desk)
        await okay(desk, 1, person_id, PIN)
        desk.time.clock.move(minutes=2)
        await desk.later(0)
        assert "two minutes are over" in shown(desk)["text"]
        assert PRESS in doors(desk)
        assert (till.paid, await stands(desk, person_id)) == (0, (0, False, IntentStatus.OPEN))


async def test_an_outcome_that_never_arrived_is_shown_at_the_next_press(tmp_path: Path) -> None:
    till = Till(show=Show.EDIT)
    async with open_desk(tmp_path, routes=till.routes) as desk:
        person_id = await seed(desk)
        desk.api.plan("editMessageText", {"message_id": PAD}, BadRequest("Can't parse entities"))
        await okay(desk, 1, person_id, PIN)
        await desk.arrive(press_update(2, f"k:w:{KEY}"))
        await desk.settle()
        assert shown(desk)["text"] == "Paid in full"
        assert till.paid == 1


async def test_the_button_under_checking_asks_again_what_is_still_open(tmp_path: Path) -> None:
    async with open_desk(tmp_path, routes=Till().routes) as desk:
        person_id = await seed(desk)
        desk.api.plan("editMessageText", {"message_id": PAD}, BadRequest("Can't parse entities"))
        await okay(desk, 1, person_id, "1357")
        await desk.arrive(press_update(2, f"k:w:{KEY}"))
        await desk.settle()
        assert "Enter your PIN" in shown(desk)["text"]


async def test_the_button_under_checking_is_its_owners(tmp_path: Path) -> None:
    async with open_desk(tmp_path, routes=Till().routes) as desk:
        await seed(desk)
        await desk.arrive(press_update(1, f"k:w:{KEY}", chat_id=777))
        await desk.settle()
        assert not [text for text in desk.api.texts if "PIN</b>" in text]


async def test_what_was_written_after_ok_waits_for_the_check(tmp_path: Path) -> None:
    till = Till()
    async with open_desk(tmp_path, routes=till.routes) as desk:
        person_id = await seed(desk)

        def fill(tx: SqlTransaction) -> int:
            pad = use_cases.open_pad(
                tx, person_id=person_id, chat_id=CHAT, use=PadUse.CHECK, intent_key=KEY
            )
            return use_cases.type_digits(tx, pad=pad, digits=PIN).id

        pad_id = await desk.run(fill)
        await desk.arrive(press_update(1, f"k:p:{pad_id}:ok"), text_update(2, "/menu"))
        await desk.settle()
        assert desk.api.texts[-2:] == ["Paid in full", "Home"]


async def test_a_check_waits_for_nobody_else(tmp_path: Path) -> None:
    async with open_desk(tmp_path, routes=Till().routes) as desk:
        person_id = await seed(desk)
        hold_checks(desk)
        await okay(desk, 1, person_id, PIN)

        def lanes(tx: SqlTransaction) -> list[str]:
            return [w.lane for w in tx.work.live(at=tx.now, after=0, limit=9) if w.kind is Kind.PIN]

        assert await desk.run(lanes) == [f"u:{BOT_ID}:{CHAT}"]

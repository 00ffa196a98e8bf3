"""A PIN is counted before it is checked, kept nowhere in the clear, and opens its one button."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
from argon2 import PasswordHasher

from core.domain.dialogues import Intent, IntentKey, IntentStatus, PadUse
from core.domain.errors import InsufficientFunds
from core.domain.people import PIN_FAILURES, PIN_LOCK, Person, PersonId
from core.domain.tenants import PLATFORM
from core.domain.work import Kind
from core.ports import Transaction
from core.use_cases import pins as use_cases
from handlers.chat import Reply, Screen, Show
from handlers.flows import pins as flows
from handlers.visit import IntentRoute, Routes, Visit
from handlers.words import Html
from storage.transaction import SqlTransaction
from tests.bot.engine.desk import CHAT, Desk, open_desk, press_update, text_update
from tests.clear import is_in_clear
from tests.factories import add_person, naira

PIN: Final = "4829"
KEY: Final = IntentKey("intent-key-of-22-signs")
PRESS: Final = f"i:{KEY}"
CHEAP: Final = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


class Till:
    """A capability with one button that wants the PIN."""

    def __init__(self, refusal: Exception | None = None, *, show: Show = Show.SEND) -> None:
        self.paid = 0
        self.show = show
        self.refusal = refusal

    def pay(self, tx: Transaction, visit: Visit) -> Reply:
        if self.refusal is not None:
            raise self.refusal
        self.paid += 1
        return Reply(screen=Screen(html=Html("Paid in full")), show=self.show)

    def menu(self, tx: Transaction, visit: Visit) -> Reply:
        return Reply(screen=Screen(html=Html("Home")), show=Show.SEND)

    @property
    def routes(self) -> list[Routes]:
        till = Routes(
            name="till",
            commands={"menu": self.menu},
            intents={"till.pay": IntentRoute(flow=self.pay, needs_pin=True)},
        )
        return [till, flows.ROUTES]


def _person(tx: SqlTransaction) -> Person:
    person = add_person(tx, telegram_id=CHAT)
    pin_hash = CHEAP.hash(tx.ring.pepper(PIN, person_id=person.id))
    return use_cases.set_pin(tx, person_id=person.id, pin_hash=pin_hash)


def _offer(tx: SqlTransaction, person_id: PersonId) -> None:
    tx.dialogues.add_intent(
        Intent(
            key=KEY,
            tenant_id=PLATFORM,
            owner_id=person_id,
            verb="till.pay",
            expires_at=tx.now + timedelta(days=7),
        )
    )


async def seed(desk: Desk) -> PersonId:
    def make(tx: SqlTransaction) -> PersonId:
        person = _person(tx)
        _offer(tx, person.id)
        tx.events.clear()
        return person.id

    return await desk.run(make)


async def _enters(desk: Desk, number: int, digits: str) -> None:
    await desk.arrive(press_update(number, PRESS))
    await desk.settle()
    await desk.arrive(text_update(number + 1, digits))
    await desk.settle()


async def stands(desk: Desk, person_id: PersonId) -> tuple[int, bool, IntentStatus]:
    def look(tx: SqlTransaction) -> tuple[int, bool, IntentStatus]:
        person, intent = tx.people.person(person_id), tx.dialogues.intent(KEY)
        assert intent is not None
        return person.pin_failures, person.is_locked(at=tx.now), intent.status

    return await desk.run(look)


async def test_the_right_pin_spends_the_button_once(tmp_path: Path) -> None:
    till = Till()
    async with open_desk(tmp_path, routes=till.routes) as desk:
        person_id = await seed(desk)
        await _enters(desk, 1, PIN)
        assert till.paid == 1
        assert await stands(desk, person_id) == (0, False, IntentStatus.DONE)
        assert desk.api.texts[-1] == "Paid in full"
        await desk.arrive(press_update(9, PRESS))
        await desk.settle()
        assert till.paid == 1
        assert desk.api.texts[-1] == "Paid in full"


async def test_a_wrong_pin_moves_nothing_and_leaves_the_button(tmp_path: Path) -> None:
    till = Till()
    async with open_desk(tmp_path, routes=till.routes) as desk:
        person_id = await seed(desk)
        await _enters(desk, 1, "1357")
        assert till.paid == 0
        assert await stands(desk, person_id) == (1, False, IntentStatus.OPEN)
        assert "4 tries left" in desk.api.texts[-1]
        await _enters(desk, 3, PIN)
        assert till.paid == 1
        assert await stands(desk, person_id) == (0, False, IntentStatus.DONE)


async def test_the_pad_after_a_wrong_pin_takes_a_typed_one(tmp_path: Path) -> None:
    till = Till()
    async with open_desk(tmp_path, routes=till.routes) as desk:
        await seed(desk)
        await _enters(desk, 1, "1357")
        await desk.arrive(text_update(5, PIN))
        await desk.settle()
        assert till.paid == 1


async def test_five_wrong_pins_lock_for_half_an_hour(tmp_path: Path) -> None:
    till = Till()
    async with open_desk(tmp_path, routes=till.routes) as desk:
        person_id = await seed(desk)
        for number in range(PIN_FAILURES):
            await _enters(desk, 10 * number + 1, "1357")
        assert await stands(desk, person_id) == (5, True, IntentStatus.OPEN)
        await _enters(desk, 90, PIN)
        assert till.paid == 0
        desk.time.clock.move(minutes=int(PIN_LOCK.total_seconds() // 60))
        await _enters(desk, 100, PIN)
        assert till.paid == 1
        assert timedelta(minutes=30) == PIN_LOCK


async def test_guesses_at_once_get_no_more_tries_than_one_by_one(tmp_path: Path) -> None:
    till = Till()
    async with open_desk(tmp_path, routes=till.routes) as desk:
        person_id = await seed(desk)

        def pads(tx: SqlTransaction) -> list[Any]:
            made = []
            for guess in ("1111", "2222", "3333", "4444", "5555", "6666", PIN):
                pad = use_cases.open_pad(
                    tx, person_id=person_id, chat_id=CHAT, use=PadUse.CHECK, intent_key=KEY
                )
                made.append(use_cases.type_digits(tx, pad=pad, digits=guess))
            return made

        made = await desk.run(pads)
        await desk.arrive(
            *[press_update(n, f"k:p:{pad.id}:ok") for n, pad in enumerate(made, start=1)]
        )
        await desk.settle()
        assert till.paid == 0
        assert await stands(desk, person_id) == (5, True, IntentStatus.OPEN)
        assert len(await desk.rows(Kind.PIN)) == PIN_FAILURES


async def test_a_crash_in_the_middle_costs_one_try_and_gives_none(tmp_path: Path) -> None:
    async with open_desk(tmp_path, routes=Till().routes) as desk:
        person_id = await seed(desk)
        await desk.arrive(press_update(1, PRESS))
        await desk.settle()
        hold_checks(desk)
        await desk.arrive(text_update(2, PIN))
        await desk.settle()
        path = desk.path
    till = Till()
    async with open_desk(tmp_path, routes=till.routes, path=path) as desk:
        assert await stands(desk, person_id) == (1, False, IntentStatus.OPEN)
        await desk.later(0)
        assert till.paid == 1
        assert await stands(desk, person_id) == (0, False, IntentStatus.DONE)


async def test_digits_older_than_two_minutes_open_nothing(tmp_path: Path) -> None:
    till = Till()
    async with open_desk(tmp_path, routes=till.routes) as desk:
        await seed(desk)
        await desk.arrive(press_update(1, PRESS))
        await desk.settle()
        hold_checks(desk)
        await desk.arrive(text_update(2, PIN))
        await desk.settle()
        desk.time.clock.move(minutes=2)
        await desk.later(0)
        assert till.paid == 0
        assert await desk.rows(Kind.PIN) == [("done", 0)]


async def test_a_refusal_after_the_right_pin_is_no_wrong_pin(tmp_path: Path) -> None:
    till = Till(InsufficientFunds(missing=naira(100), available=naira(0)))
    async with open_desk(tmp_path, routes=till.routes) as desk:
        person_id = await seed(desk)
        await _enters(desk, 1, PIN)
        assert await stands(desk, person_id) == (0, False, IntentStatus.REFUSED)


async def test_a_check_that_fails_three_times_forgets_the_digits(tmp_path: Path) -> None:
    async with open_desk(tmp_path, routes=Till().routes) as desk:
        await seed(desk)
        await desk.arrive(press_update(1, PRESS))
        await desk.settle()
        hold_checks(desk)
        await desk.arrive(text_update(2, PIN))
        await desk.settle()
        await desk.run(break_check)
        look = asyncio.create_task(desk.later(0))
        await desk.until(lambda: 1 in desk.time.slept)
        desk.time.pass_by(1)
        await look

        def row(tx: SqlTransaction) -> list[Any]:
            tx.cursor.execute("SELECT status, length(payload) FROM work WHERE kind = 'pin'")
            return [tuple(row) for row in tx.cursor.fetchall()]

        assert await desk.run(row) == [("done", 0), ("dead", 0)]
        assert "reference" in desk.api.texts[-1]


async def test_the_digits_rest_nowhere_in_the_clear(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    async with open_desk(tmp_path, routes=Till().routes) as desk:
        await seed(desk)
        await desk.arrive(press_update(1, PRESS))
        await desk.settle()
        hashing = asyncio.Event()
        desk.database.on_commit(lambda _rows: hashing.set())
        await desk.arrive(text_update(2, "738465"))
        await hashing.wait()
        desk.engine.follow()
        await desk.later(0)
        assert not _files_with(tmp_path, "738465")
        assert not [text for text in desk.api.texts if "738465" in text]
    captured = capsys.readouterr()
    assert "738465" not in caplog.text + captured.out + captured.err


async def test_a_new_pin_is_asked_twice_and_hashed_as_owasp_says(tmp_path: Path) -> None:
    till = Till()
    async with open_desk(tmp_path, routes=till.routes) as desk:
        person_id = (await desk.run(lambda tx: add_person(tx, telegram_id=CHAT))).id

        def open_new(tx: SqlTransaction) -> Any:
            pad = use_cases.open_pad(tx, person_id=person_id, chat_id=CHAT, use=PadUse.SET)
            return use_cases.type_digits(tx, pad=pad, digits="582914")

        pad = await desk.run(open_new)
        await desk.arrive(press_update(1, f"k:p:{pad.id}:ok"))
        await desk.settle()
        await desk.arrive(text_update(2, "582914"))
        await desk.settle()
        person = await desk.run(lambda tx: tx.people.person(person_id))
        assert person.pin_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def hold_checks(desk: Desk) -> None:
    """Leave checks in the table, as when the process ends before them."""
    desk.database.on_commit(
        lambda rows: desk.engine.lanes.offer(r for r in rows if r.kind is not Kind.PIN)
    )


def break_check(tx: SqlTransaction) -> None:
    """Put a check in the place of the one that waits that nobody can make."""
    (held,) = [work for work in tx.work.live(at=tx.now, after=0, limit=9) if work.kind is Kind.PIN]
    tx.work.end(held)
    kept = {**orjson.loads(held.payload), "hash": None}
    tx.work.add(Kind.PIN, lane=held.lane, payload=orjson.dumps(kept))


def _files_with(folder: Path, digits: str) -> list[str]:
    files = [file for file in folder.iterdir() if file.is_file()]
    return [file.name for file in files if is_in_clear(digits, file.read_bytes())]

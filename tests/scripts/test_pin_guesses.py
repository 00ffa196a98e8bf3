"""Forty guesses at one PIN at once, with the service killed among them: five are looked at.

A crash may cost a try, it never gives one back; and no digit lies in clear in the file, in its
write-ahead log or in anything that was logged.
"""

import asyncio
import os
import re
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from bot.sandbox.player import Player
from bot.sandbox.records import Message
from core.domain.dialogues import Pad, PadId
from core.domain.errors import PinLocked
from core.domain.people import PIN_FAILURES, PersonId
from core.use_cases import pins
from storage.transaction import SqlTransaction
from tests.clear import is_in_clear
from tests.scripts import bank
from tests.scripts.crashes import NEVER, Crash, setter
from tests.scripts.ending import rows
from tests.scripts.playing import enter_pin, later, newest, press_raw, say, tap
from tests.scripts.stage import ACTS_WITHIN_S, Stage, raised

pytestmark = pytest.mark.sqlite

RESIDENT: Final = bank.RESIDENTS[0]
BILL: Final = bank.number(1)
GUESSES: Final = tuple(f"7{number:02d}953" for number in range(40))
POINTS: Final = (NEVER, 1, 2, 3, 4, 5, 6, 8, 11, 14, 18, 23, 29, 36, 44, 60, 90, 140)[
    :: 1 if os.environ.get("HAZINA_SOAK") else 2
]
"""Where the service dies, counted from the moment when all forty press OK; half in the gate."""

_PEOPLE: Final = "SELECT pin_failures, pin_locked_until FROM person WHERE pin_failures > 0"
_PADS: Final = "SELECT id FROM pad"
_ALONE: Final = re.compile(r"(?<!\d)\d{6}(?!\d)")


@pytest.mark.parametrize("at", POINTS)
async def test_of_forty_guesses_five_are_looked_at_whenever_it_dies(
    tmp_path: Path, at: int, capsys: pytest.CaptureFixture[str]
) -> None:
    async with _court(tmp_path) as stage:
        died = asyncio.Event()
        crash = Crash(tell=setter(died))
        await stage.start(crash)
        looked_at = _watch(stage)
        player, card = await _confirm_card(stage)
        pads = await _fill_pads(stage, player, card)
        crash.at = crash.points + at
        for pad in pads:
            press_raw(stage.world, RESIDENT, card, f"k:p:{pad}:ok")
        seen: list[int] = []
        if at is not NEVER:
            async with asyncio.timeout(ACTS_WITHIN_S):
                await died.wait()
            await stage.kill()
            _check_clear(stage)
            await stage.start()
            looked_at = _watch(stage, looked_at)
            seen.append((await stage.look(_failures))[0])
        await stage.quiet()
        failures, until = await stage.look(_failures)
        assert failures == PIN_FAILURES
        assert all(before <= failures for before in seen)
        assert len(looked_at) <= PIN_FAILURES
        assert until is not None
        await _is_locked_until_later(stage, player)
        await stage.check_books()
        _check_clear(stage)
    logged = capsys.readouterr()
    assert not {*GUESSES, bank.PIN} & set(_ALONE.findall(_timeless(logged.out + logged.err)))


async def test_forty_tries_counted_at_the_same_time_are_five(tmp_path: Path) -> None:
    async with _court(tmp_path) as stage:
        await stage.start()
        person_id = await stage.look(_person_id)
        tries = [stage.write(lambda tx: pins.count_try(tx, person_id=person_id)) for _ in range(40)]
        found = await asyncio.gather(*tries, return_exceptions=True)
        assert sum(isinstance(each, PinLocked) for each in found) == 40 - PIN_FAILURES
        assert (await stage.look(_failures))[0] == PIN_FAILURES


def _court(folder: Path) -> Any:
    return raised(folder, is_running=False, people=bank.cast(), seed=bank.seed)


async def _confirm_card(stage: Stage) -> tuple[Player, Message]:
    stage.world.board.set("telegram.limits", False)  # noqa: FBT003 - a switch
    player = stage.player(RESIDENT)
    await say(player, f"/find {BILL}", until=f"— {BILL}")
    await tap(player, "Acknowledge & pay", until="How do you want to pay?")
    await tap(player, "Pay from wallet", until="A part is at least")
    await tap(player, "Full", until="From wallet")
    return player, await newest(player, "From wallet")


async def _fill_pads(stage: Stage, player: Player, card: Message) -> list[int]:
    """Open forty pads on one card and type another guess into each."""
    _, key = player.find("Pay 5,000.00")
    for _ in GUESSES:
        press_raw(stage.world, RESIDENT, card, key.value)
    await stage.quiet()
    pads = [row[0] for row in await stage.look(lambda tx: rows(tx, _PADS))]
    assert len(pads) == len(GUESSES)
    for pad_id, guess in zip(pads, GUESSES, strict=True):
        pad = await stage.look(partial(_pad, pad_id=pad_id))
        for digit in guess:
            press_raw(stage.world, RESIDENT, card, f"k:p:{pad_id}:{pad.slots.index(digit)}")
    await stage.quiet()
    return pads


async def _is_locked_until_later(stage: Stage, player: Player) -> None:
    """No PIN is taken now, the right one neither; after the lock the right one pays, once."""
    await say(player, f"/find {BILL}", until="it can be paid now")
    await tap(player, "Pay from wallet", "Full", until="From wallet")
    await tap(player, "Pay 5,000.00", until="locked")
    assert (await stage.look(_failures))[0] == PIN_FAILURES
    await later(stage, minutes=31)
    await say(player, f"/find {BILL}", until="it can be paid now")
    await tap(player, "Pay from wallet", "Full", until="From wallet")
    await tap(player, "Pay 5,000.00", until="Enter your PIN")
    await enter_pin(player, bank.PIN, until="New wallet balance: 5,000.00")


def _watch(stage: Stage, known: set[str] | None = None) -> set[str]:
    """Collect the digits that are really checked from now on."""
    looked_at = set() if known is None else known
    check = stage.service.pins._check  # noqa: SLF001 - what is behind the thread pool

    def checked(kept: dict[str, Any]) -> Any:
        looked_at.add(kept["digits"])
        return check(kept)

    stage.service.pins._check = checked  # type: ignore[method-assign]  # noqa: SLF001 - as above
    return looked_at


def _check_clear(stage: Stage) -> None:
    """What forty pads were told stands in the file and its write-ahead log nowhere in clear."""
    for path in stage.folder.glob("sandbox.db*"):
        content = path.read_bytes()
        found = [each for each in (*GUESSES, bank.PIN) if is_in_clear(each, content)]
        assert found == [], path.name


def _timeless(log: str) -> str:
    return re.sub(r"\.\d{6}(?=Z|\+|\s)", "", log)


def _failures(tx: SqlTransaction) -> tuple[int, datetime | None]:
    found = rows(tx, _PEOPLE)
    return (found[0][0], found[0][1]) if found else (0, None)


def _pad(tx: SqlTransaction, *, pad_id: int) -> Pad:
    pad = tx.dialogues.pad(PadId(pad_id))
    assert pad is not None
    return pad


def _person_id(tx: SqlTransaction) -> PersonId:
    identity = tx.people.identity_of(bank.CHANNEL, RESIDENT)
    assert identity is not None
    return identity.person_id

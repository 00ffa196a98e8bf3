"""The sandbox's tour, played by its own hints: what it offers next leads to the end of each step.

The page offers the moves in the same way (`page/story.js`).
"""

import asyncio
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from bot.sandbox import acts, estate, tour
from bot.sandbox.books import Books
from bot.sandbox.places import PLACES, Place
from bot.sandbox.player import Player
from bot.sandbox.progress import Progress
from bot.sandbox.records import KeyKind, Message
from bot.sandbox.story import Move, StoryStep
from storage.keyring import KeyRing
from storage.transaction import SqlTransaction
from tests.scripts.playing import come_back, pay_page, plain
from tests.scripts.stage import SECRET_KEY, Stage, raised

MOST_MOVES: Final = 12
WITHIN_S: Final = 120.0

pytestmark = pytest.mark.sqlite


def fits(move: Move, message: Message) -> bool:
    if move.tap:
        return acts.find_key(message, move.tap) is not None
    if move.opener_id:
        return "?start=" in message.body.text
    return bool(move.after) and move.after in plain(message)


def next_move(step: StoryStep, player: Player) -> Move:
    """Return what the page would offer: the furthest move that fits the newest message."""
    shown = sorted(player.messages(), key=lambda one: -one.revision)[:8]
    for message in shown:
        for move in reversed(step.moves):
            if fits(move, message):
                return move
    return next(move for move in step.moves if move.say and not move.after)


async def make(move: Move, stage: Stage, player: Player) -> None:
    """Do what the page does when the offer is taken."""
    if move.opener_id:
        link = next(one for one in reversed(player.messages()) if "?start=" in one.body.text)
        key = link.body.text.partition("?start=")[2].split()[0]
        await stage.player(move.opener_id).start(key)
    elif move.say:
        await player.say(move.say)
    else:
        _, button = player.find(move.tap)
        if button.kind is KeyKind.URL:
            await come_back(stage, await pay_page(stage, button.value))
            await stage.quiet()
        else:
            await player.press(move.tap)
    await stage.settle()


async def play(step: StoryStep, stage: Stage, progress: Progress) -> list[str]:
    """Take what is offered until the step is done; return what was done."""
    player = stage.player(step.person_id)
    done: list[str] = []
    for _ in range(MOST_MOVES):
        await progress.look()
        if step.named().keys() <= set(stage.world.state.ticked):
            return done
        move = next_move(step, player)
        done.append(move.tap or move.say or "open")
        await make(move, stage, player)
    pytest.fail(f"{step.title}: {done} led to\n{player.screen()}")


def nothing(tx: SqlTransaction) -> None:
    """Leave the file as it was born: the books are made by the sandbox itself."""


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
async def test_the_tour_leads_through_itself(tmp_path: Path, place: Place) -> None:
    people = estate.cast(place)
    async with raised(tmp_path, is_running=False, seed=nothing, people=people) as stage:
        books = Books(stage.path, KeyRing([SECRET_KEY]))
        await books.found(place)
        for person_id in estate.acquainted():
            stage.world.state.chats[person_id].is_started = True
        acts.say(stage.world, person_id=estate.CHIDI, chat_id=estate.CHIDI, text="/report")
        await stage.start()
        await stage.quiet()
        told = partial(tour.story, place)
        progress = Progress(stage.world, told, happened=books.happened, is_up=lambda: True)
        await progress.look()
        assert stage.world.state.ticked == []
        done = {}
        for step in tour.steps(place)[:-1]:
            async with asyncio.timeout(WITHIN_S):
                done[step.title] = await play(step, stage, progress)
        assert all(done.values())
        await stage.check_books()

"""How far the newcomer is in the story: seen in the books, the chats and the bot's process.

A fact is a few words. From the books `bill.acknowledgment:acknowledged` and `journal:bill_payment`,
each also with the Telegram id of who did it in front; from the chats `7001 asked bills`, whether
written or pressed; from the process `killed` and `is back`. What was seen once stays seen.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

from bot.sandbox.records import Json, WorldState
from bot.sandbox.story import Story
from bot.sandbox.world import World

PAUSE_S: Final = 0.3
"""How long things may pile up before the story looks again."""
LOOK_EVERY_S: Final = 3.0

Happened = Callable[[], Awaitable[frozenset[tuple[int, str]]]]


class Progress:
    """Ticks what has happened, for as long as something is open."""

    def __init__(
        self,
        world: World,
        story: Callable[[], Story],
        *,
        happened: Happened,
        is_up: Callable[[], bool],
    ) -> None:
        """Keep the ports; `happened` reads the books, `is_up` tells whether the bot runs."""
        self._world = world
        self._story = story
        self._happened = happened
        self._is_up = is_up

    def as_json(self) -> Json:
        """Return what the panel shows: the keys of the marks that are reached."""
        return {"ticked": list(self._world.state.ticked)}

    async def run(self) -> None:
        """Look after changes in the world, and now and then, until cancelled."""
        while True:
            seen = self._world.changes
            await self.look()
            await asyncio.sleep(PAUSE_S)
            if self._world.changes == seen:
                await self._world.change(LOOK_EVERY_S)

    async def look(self) -> None:
        """Tick the marks that are reached, and tell the page of it."""
        # Should a new estate begin meanwhile, these facts go with the state of the old one.
        state = self._world.state
        marks = {key: mark for step in self._story().steps for key, mark in step.named().items()}
        if marks.keys() <= set(state.ticked):
            return
        facts = Counter(_of_chats(state))
        facts.update(_of_process(state, is_up=self._is_up()))
        facts.update(_of_books(await self._happened()))
        reached = [
            key
            for key, mark in marks.items()
            if key in state.ticked or sum(facts[fact] for fact in mark.facts) >= mark.times
        ]
        if reached != state.ticked:
            state.ticked = reached
            self._world.tell("story", self.as_json)


def _of_books(found: frozenset[tuple[int, str]]) -> Iterator[str]:
    yield from {what for _, what in found}
    yield from (f"{who} {what}" for who, what in found)


def _of_chats(state: WorldState) -> Iterator[str]:
    """Yield what the bot was asked for and has taken."""
    for chat in state.chats.values():
        for message in chat.messages.values():
            if message.is_taken and message.body.text.startswith("/"):
                yield f"{message.sender_id} asked {_command(message.body.text)}"
    for query in state.queries.values():
        if query.is_answered:
            yield f"{query.person_id} asked {query.data.partition(':')[0]}"


def _of_process(state: WorldState, *, is_up: bool) -> Iterator[str]:
    if state.kills:
        yield "killed"
    if state.kills and is_up:
        yield "is back"


def _command(text: str) -> str:
    """Return the name of a command: `/Bills@hazina_bot 3` asks for bills."""
    return text[1:].partition(" ")[0].partition("@")[0].lower()

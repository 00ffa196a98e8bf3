"""Seeded chance: the service's ids and keys, and one stream of luck for each part of the world."""

import random
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from bot.ports import SERVICE_NODE, SystemRandomness
from tests.books import NOW
from tests.simulation.loop import START_S, VirtualLoop

SIGNS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

Luck = random.Random


def luck(seed: int, what: str) -> Luck:
    """Return the luck of one part of a world: drawing more for it changes no other part."""
    return random.Random(f"{seed}:{what}")  # noqa: S311 - the same each run, on purpose


class SeededRandomness(SystemRandomness):
    """The real ids; keys and tokens from a seed."""

    def __init__(self, mood: Luck, *, node: int = SERVICE_NODE) -> None:
        super().__init__(node=node)
        self._mood = mood

    def token(self) -> str:
        return str(UUID(int=self._mood.getrandbits(128), version=4))

    def key(self, length: int) -> str:
        return "".join(self._mood.choice(SIGNS) for _ in range(length))

    def shuffled(self, text: str) -> str:
        return "".join(self._mood.sample(text, len(text)))


class Hours:
    """What the time is: that of the loop, and what people moved since."""

    def __init__(self, loop: VirtualLoop, *, at: datetime = NOW) -> None:
        self._loop = loop
        self._begin = at
        self.moved = timedelta()
        """How far the machine's calendar is from the world's."""
        self.went_back = False

    def world(self) -> datetime:
        """Return the true time."""
        return self._begin + timedelta(seconds=self._loop.time() - START_S)

    def skip(self, passed: timedelta) -> None:
        """Let time pass for everybody without anything happening in it, as in a night's sleep."""
        self._begin += passed

    def move(self, by: timedelta) -> None:
        """Set the machine's calendar forward or back."""
        self.moved += by
        self.went_back |= by < timedelta()

    def now(self) -> datetime:
        """Return what the service's machine says."""
        at = self.world() + self.moved
        return at.replace(microsecond=at.microsecond // 1000 * 1000)

    def monotonic(self) -> float:
        """Return seconds of a clock that never goes back."""
        return self._loop.time()

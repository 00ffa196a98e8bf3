"""What befalls the processes of a crew: `kill -9`, again and again, and standing still."""

import asyncio
import random
import statistics
import time
from collections.abc import Iterable
from typing import Final

from bot.engine.membership import LEASE_S
from tests.scripts.crew import READY_WITHIN_S, Crew
from tests.scripts.process import Bot

LIVES_S: Final = (0.2, 3.2)
"""How long nobody is killed, at least and at most."""
HASTE_S: Final = (0.0, 1.0)
"""How long when it is the same one again: less than its start takes."""
STANDS_STILL_S: Final = LEASE_S + 2.0
COMES_TO_WITHIN_S: Final = 60.0
"""After standing still a process is left alone until it has noticed."""
MOST_AWAY: Final = 2
"""Where starts take long, nobody else is killed until fewer are away: people must come to pay."""
AGAIN: Final = 7
STILL: Final = 20


class Absences:
    """For how many seconds each process was away, from its death until it listened again."""

    def __init__(self, names: Iterable[str]) -> None:
        """Begin with nobody away."""
        self.seconds: dict[str, list[float]] = {name: [] for name in names}
        self._since_s: dict[str, float] = {}
        self._coming: dict[str, asyncio.Task[None]] = {}

    async def replace(self, bot: Bot) -> None:
        """Kill a process and start it again; who was away already has been since then."""
        coming = self._coming.get(bot.name)
        if coming is not None and not coming.done():
            coming.cancel()
            await asyncio.wait({coming})
        await bot.kill()
        self._since_s.setdefault(bot.name, time.monotonic())
        await bot.start()
        self._coming[bot.name] = asyncio.create_task(self._come_back(bot))

    async def are_few(self, most: int) -> None:
        """Wait until no more than so many are away."""
        while len(self._since_s) > most:
            away = [self._coming[name] for name in self._since_s]
            done, _ = await asyncio.wait(away, return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                each.result()

    async def stop(self) -> None:
        """Wait for nobody any more."""
        for each in self._coming.values():
            each.cancel()
        await asyncio.gather(*self._coming.values(), return_exceptions=True)

    def told(self) -> str:
        """Return median and maximum for each process."""
        return ", ".join(
            f"{name} {statistics.median(found):.1f}/{max(found):.1f}"
            for name, found in self.seconds.items()
            if found
        )

    async def _come_back(self, bot: Bot) -> None:
        await bot.is_ready(within_s=READY_WITHIN_S)
        self.seconds[bot.name].append(time.monotonic() - self._since_s.pop(bot.name))


class Troubles:
    """Kills by chance, the same in each run: all equally often, in any order, after any pause.

    Every seventh is of the one before once more, before it has quite begun. At the first and every
    twentieth somebody begins to stand still for longer than his lease, in the middle of everything.
    """

    def __init__(self, crew: Crew, *, first_still: str) -> None:
        """Do nothing yet; `first_still` names who stands still first."""
        self.stood_still = 0
        self.absences = Absences(crew.processes)
        self._crew = crew
        self._chance = random.Random(9)  # noqa: S311 - the same in each run
        self._deck: list[str] = []
        self._still: dict[str, asyncio.Task[None]] = {}
        self._next_still = first_still

    async def happen(self, kills: int) -> None:
        """Kill so often; return when everybody is back and moves."""
        victim = ""
        try:
            for number in range(kills):
                if number % STILL == 0:
                    await self._begin_to_stand_still()
                is_again = number % AGAIN == AGAIN - 1 and victim not in self._still
                victim = victim if is_again else await self._draw()
                await asyncio.sleep(self._chance.uniform(*(HASTE_S if is_again else LIVES_S)))
                if not is_again:
                    await self.absences.are_few(MOST_AWAY - 1)
                await self.absences.replace(self._crew.processes[victim])
            await self._all_move()
            await self.absences.are_few(0)
        finally:
            await self._calm_down()

    async def _draw(self) -> str:
        """Return who is next; who stands still is passed over, or waited for as the last."""
        if not self._deck:
            self._deck = self._shuffled()
        if self._still.keys() >= set(self._deck):
            await self._all_move()
        found = next(name for name in self._deck if name not in self._still)
        self._deck.remove(found)
        return found

    async def _begin_to_stand_still(self) -> None:
        await self._all_move()
        name, self._next_still = self._next_still, self._shuffled()[0]
        await self.absences.are_few(0)
        self._still[name] = asyncio.create_task(self._stand_still(name))

    async def _stand_still(self, name: str) -> None:
        bot = self._crew.processes[name]
        noticed = _lapses(bot)
        bot.pause()
        try:
            await asyncio.sleep(STANDS_STILL_S)
        finally:
            bot.go_on()
        self.stood_still += 1
        async with asyncio.timeout(COMES_TO_WITHIN_S):
            while _lapses(bot) == noticed:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)
        del self._still[name]

    async def _all_move(self) -> None:
        await asyncio.gather(*self._still.values())

    async def _calm_down(self) -> None:
        await self.absences.stop()
        for task in self._still.values():
            task.cancel()
        await asyncio.gather(*self._still.values(), return_exceptions=True)

    def _shuffled(self) -> list[str]:
        names = sorted(self._crew.processes)
        return self._chance.sample(names, len(names))


def _lapses(bot: Bot) -> int:
    return bot.log.read_text().count("lease_lapsed")

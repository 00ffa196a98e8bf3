"""One process of the service: born, running, killed or stopped, buried."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx
from argon2 import PasswordHasher
from pydantic import SecretStr

from bot.engine.pins import Checked
from bot.engine.telegram import Me
from bot.life import serve
from bot.outside import Outside
from bot.settings import Settings
from bot.wiring import Service, build
from storage.keyring import KeyRing
from tests.simulation.chance import Hours, SeededRandomness, luck
from tests.simulation.inline import InlineDatabase
from tests.simulation.life import Life
from tests.simulation.lines import MemoryDoor, ProviderLine, TelegramLine
from tests.simulation.loop import RhythmAlarm
from tests.simulation.trace import Trace
from tests.simulation.wire import Network

HASHER: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Argon2id all the same, cheap enough for thousands."""

STOP_WITHIN_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What every process of a world shares."""

    seed: int
    path: Path
    settings: Settings
    me: Me
    network: Network
    hours: Hours
    trace: Trace
    has_limits: bool
    pins_passed: Counter[int]
    is_shared: bool


class Process:
    """A service of its own, from `serve` on."""

    def __init__(self, around: Surroundings, life: Life, *, number: int) -> None:
        self.life = life
        self.around = around
        self.number = number
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.service: Service | None = None
        self._database: InlineDatabase | None = None

    def start(self) -> None:
        """Begin to live; what goes wrong at the start ends the life."""
        self._task = self.life.crew.start(self._live())
        self._task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and task.exception() is not None:
            self.around.trace.tell("fails", repr(task.exception()))
        self.life.end()

    async def stop(self) -> None:
        """Stop as an operator would; one that does not stop in time is killed."""
        assert self._task is not None
        self._stop.set()
        await asyncio.wait({self._task}, timeout=STOP_WITHIN_S)
        await self.bury()

    async def bury(self) -> None:
        """End whatever is left of it."""
        self.life.end()
        for _ in range(100):
            left = list(self.life.crew)
            if not left:
                break
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
        if self._database is not None:
            self._database.drop()

    async def _live(self) -> None:
        around, seed = self.around, self.around.seed
        settings = around.settings
        randomness = SeededRandomness(luck(seed, f"ids {self.number}"))
        database = self._database = InlineDatabase(
            around.path,
            clock=around.hours,
            randomness=randomness,
            ring=KeyRing(settings.secret_keys),
            life=self.life,
            mood=luck(seed, f"groups {self.number}"),
            trace=around.trace,
        )
        token: SecretStr = settings.telegram_bot_token
        outside = Outside(
            clock=around.hours,
            database=database,
            randomness=randomness,
            is_shared=around.is_shared,
            request=TelegramLine(around.network, self.life, secret=token.get_secret_value()),
            http=httpx.AsyncClient(
                transport=ProviderLine(around.network, self.life), trust_env=False
            ),
            sleep=asyncio.sleep,
            hasher=HASHER,
            new_alarm=RhythmAlarm,
            new_door=partial(MemoryDoor, around.network),
        )
        self.service = build(settings, me=around.me, has_limits=around.has_limits, outside=outside)
        self._watch_pins(self.service)
        await serve(self.service, self._stop)

    def _watch_pins(self, service: Service) -> None:
        check = service.pins._check  # noqa: SLF001 - where a PIN is checked

        def checked(kept: dict[str, Any]) -> Checked:
            self.life.point("before a PIN check")
            result = check(kept)
            self.around.pins_passed[kept["person"]] += result.is_right
            self.life.point("after a PIN check")
            return result

        service.pins._check = checked  # type: ignore[method-assign]  # noqa: SLF001 - as above

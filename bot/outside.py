"""What the service is given of the world outside: time, the lines out, the door in, the alarm.

The defaults are the machine's own; the simulation gives a world in which time stands still.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

import httpx
from aiohttp import web
from argon2 import PasswordHasher

from bot.engine.pins import HASHER
from bot.engine.request import AiohttpRequest
from bot.engine.timers import Alarm, Scheduler
from bot.ports import SystemRandomness, sleep
from bot.settings import Settings
from bot.web.listening import Listener
from storage.database import Database

SHUTDOWN_S: Final = 3.0
"""How long requests under way may take at the end."""


class Clock(Protocol):
    """The calendar, and seconds that never go back."""

    def now(self) -> datetime:
        """Return the time as aware UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds of a clock that never goes back."""
        ...


class Door(Protocol):
    """Where requests come in."""

    async def open(self) -> None:
        """Take requests from now on."""
        ...

    async def close(self) -> None:
        """Finish those under way and take no more."""
        ...


class TcpDoor:
    """The port of the settings."""

    def __init__(self, app: web.Application, settings: Settings) -> None:
        """Keep what is served; nothing is bound yet."""
        self._listener = Listener(
            app, host=settings.http_host, port=settings.http_port, shutdown_s=SHUTDOWN_S
        )

    async def open(self) -> None:
        """Bind the port.

        Raises:
            OSError: it is taken.
        """
        await self._listener.open()

    async def close(self) -> None:
        """Let the port go."""
        await self._listener.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """The ports of one process; what is None is opened from the settings."""

    clock: Clock | None = None
    database: Database | None = None
    randomness: SystemRandomness | None = None
    request: AiohttpRequest | None = None
    http: httpx.AsyncClient | None = None
    sleep: Callable[[float], Awaitable[None]] = sleep
    hasher: PasswordHasher = field(default_factory=lambda: HASHER)
    new_alarm: Callable[[], Alarm] = Scheduler
    is_shared: bool = False
    """Be one of several processes, whatever the database."""
    new_door: Callable[[web.Application, Settings], Door] = TcpDoor

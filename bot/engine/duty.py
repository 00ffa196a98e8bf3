"""What one process at a time does: whoever holds the lane of that name does it, the others wait."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from bot.engine.membership import Membership
from storage.database import Database

ASK_EVERY_S: Final = 2.0

_log = structlog.get_logger(__name__)


class Duty:
    """Waits for a lane by name, acts while it is ours, and waits again when it is not."""

    def __init__(
        self,
        database: Database,
        membership: Membership,
        *,
        name: str,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        """Keep the ports."""
        self._database = database
        self._membership = membership
        self._name = name
        self._sleep = sleep
        self.is_ours = False

    async def run(self, act: Callable[[], Awaitable[None]]) -> None:
        """Act whenever it is our turn; ends by cancellation, or as `act` does.

        Raises:
            Exception: whatever `act` raised.
        """
        acting: asyncio.Task[None] | None = None
        try:
            while True:
                self.is_ours = await self._is_ours()
                if self.is_ours and acting is None:
                    _log.info("duty_taken", duty=self._name)
                    acting = asyncio.ensure_future(_whole(act))
                if not self.is_ours and acting is not None:
                    _log.warning("duty_lost", duty=self._name)
                    await _end(acting)
                    acting = None
                await self._wait(acting)
        finally:
            self.is_ours = False
            if acting is not None:
                await _end(acting)

    async def _is_ours(self) -> bool:
        if not self._membership.is_alive:
            return False
        owner = self._membership.owner
        try:
            return await self._database.run(lambda tx: tx.leases.take(owner, self._name))
        except Exception:  # noqa: BLE001 - a database that is away gives nobody a turn
            _log.exception("duty_not_asked", duty=self._name)
            return False

    async def _wait(self, acting: "asyncio.Task[None] | None") -> None:
        """Wait until it is time to ask again; what `act` raises is raised at once."""
        pause = asyncio.ensure_future(_whole(lambda: self._sleep(ASK_EVERY_S)))
        try:
            waited_for = {pause} if acting is None else {pause, acting}
            await asyncio.wait(waited_for, return_when=asyncio.FIRST_COMPLETED)
            if acting is not None and acting.done():
                acting.result()
                await pause
        finally:
            pause.cancel()


async def _whole(act: Callable[[], Awaitable[None]]) -> None:
    await act()


async def _end(acting: "asyncio.Task[None]") -> None:
    acting.cancel()
    await asyncio.gather(acting, return_exceptions=True)

"""Whose message leaves next: answers before money notices before reminders.

A message first waits for its own chat, then at one gate for the bot; whoever matters more goes
through first, so that a broadcast delays no answer.
"""

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from itertools import count

from bot.engine.limits import SendLimits


class Turns:
    """Hands out turns within the limits."""

    def __init__(
        self,
        limits: SendLimits,
        *,
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        """Keep the ports."""
        self._limits = limits
        self._monotonic = monotonic
        self._sleep = sleep
        self._number = count()
        self._queue: list[tuple[int, int, int, bool, asyncio.Future[bool]]] = []
        self._gate: asyncio.Task[None] | None = None

    async def wait(self, chat_id: int, *, priority: int, is_edit: bool = False) -> None:
        """Wait until a message or an edit in this chat may leave; smaller priorities go first."""
        is_mine = False
        while not is_mine:
            while (delay_s := self._chat_delay(chat_id, is_edit=is_edit)) > 0:
                await self._sleep(delay_s)
            is_mine = await self._pass_gate(chat_id, priority, is_edit=is_edit)

    def _chat_delay(self, chat_id: int, *, is_edit: bool) -> float:
        return self._limits.chat_delay(chat_id, self._monotonic(), is_edit=is_edit)

    async def _pass_gate(self, chat_id: int, priority: int, *, is_edit: bool) -> bool:
        if not self._queue and self._take(chat_id, is_edit=is_edit):
            return True
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._queue, (priority, next(self._number), chat_id, is_edit, turn))
        if self._gate is None:
            self._gate = asyncio.create_task(self._serve())
        return await turn

    def _take(self, chat_id: int, *, is_edit: bool) -> bool:
        return self._limits.take(chat_id, self._monotonic(), is_edit=is_edit) <= 0

    async def _serve(self) -> None:
        """Let the waiting through, one by one, until nobody waits."""
        try:
            while self._queue:
                delay_s = self._limits.bot_delay(self._monotonic())
                if delay_s > 0:
                    await self._sleep(delay_s)
                    continue
                _, _, chat_id, is_edit, turn = heapq.heappop(self._queue)
                if not turn.done():
                    # A chat that was paused meanwhile waits again, without holding up the rest.
                    turn.set_result(self._take(chat_id, is_edit=is_edit))
        finally:
            self._gate = None

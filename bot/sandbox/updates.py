"""Updates that wait for the bot: numbered, kept until confirmed, forgotten when too old.

An update is confirmed by a `getUpdates` with a higher offset or by a webhook's 2xx. Source of the
life times and of the conflict rules: tdlib/telegram-bot-api, Client.cpp, November 2026.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.sandbox.records import Json, QueueState, Update, Webhook
from bot.sandbox.refusals import (
    OTHER_POLLER,
    WEBHOOK_IS_SET,
    WEBHOOK_TOOK_OVER,
    ConnectionCut,
    conflict,
)
from bot.sandbox.switches import Switchboard

PRESS_LIFE_S: Final = 150.0
OTHER_LIFE_S: Final = 86_400.0
SHORT_LIVED: Final = frozenset({"callback_query", "pre_checkout_query"})
HOLD_S: Final = 1.5
MAX_WAITING: Final = 10_000
MAX_AGAIN: Final = 100
NOT_BY_DEFAULT: Final = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something the bot is to be told; it becomes an update when it gets its number."""

    kind: str
    payload: Json
    lane: str
    chat_id: int = 0
    message_id: int = 0


def update_json(update: Update) -> Json:
    """Return the update as Telegram sends it."""
    return {"update_id": update.id, update.kind: update.payload}


class UpdateQueue:
    """The one queue of the bot, for polling and for webhooks."""

    def __init__(
        self,
        state: QueueState,
        *,
        board: Switchboard,
        clock: Callable[[], float],
        on_taken: Callable[[Update], None],
    ) -> None:
        """Work on the kept state; `on_taken` is called for each update at its confirmation."""
        self.state = state
        self._board = board
        self._clock = clock
        self._on_taken = on_taken
        self._event = asyncio.Event()
        self.open_polls = 0
        self._poll = 0
        self._breaks = 0
        self._held: Happening | None = None
        self._again: list[Update] = []

    def put(self, happening: Happening) -> None:
        """Queue something; with "reordered" on, two that come close swap places."""
        if not self._is_wanted(happening.kind):
            return
        held, self._held = self._held, None
        if held is not None:
            self._append(happening)
            self._append(held)
        elif self._board.is_on("telegram.reorder"):
            self._held = happening
            asyncio.get_running_loop().call_later(HOLD_S, self._release, happening)
        else:
            self._append(happening)

    async def fetch(self, *, offset: int, limit: int, timeout_s: float) -> list[Update]:
        """Confirm what lies below the offset and return what waits, oldest first.

        Waits up to `timeout_s` for a first update.

        Raises:
            ApiRefusal: 409, a webhook is set or another poller came.
            ConnectionCut: an outage began meanwhile.
        """
        if self.state.webhook.url:
            raise conflict(WEBHOOK_IS_SET)
        self._poll += 1
        mine, breaks = self._poll, self._breaks
        self.wake()
        self._confirm(offset)
        deadline = asyncio.get_running_loop().time() + timeout_s
        while True:
            found = self._due(offset, limit)
            left_s = deadline - asyncio.get_running_loop().time()
            if found or left_s <= 0:
                return found
            await self._poll_on(left_s)
            self._refuse_waiting(mine, breaks)

    async def _poll_on(self, left_s: float) -> None:
        self.open_polls += 1
        try:
            await self.wait(left_s)
        finally:
            self.open_polls -= 1

    def waiting(self) -> list[Update]:
        """Return what the bot has not confirmed, oldest first; too old ones are dropped."""
        now = self._clock()
        late = [update.id for update in self.state.updates.values() if update.expires_at < now]
        for update_id in late:
            del self.state.updates[update_id]
        return list(self.state.updates.values())

    def take(self, update: Update) -> None:
        """Confirm one update, as a webhook's 2xx does."""
        if self.state.updates.pop(update.id, None) is not None:
            self._on_taken(update)

    def drop_all(self) -> None:
        """Forget what waits."""
        self.state.updates.clear()
        self._again.clear()
        self._held = None

    def allow(self, kinds: list[str]) -> None:
        """Remember which updates are wanted; an empty list stands for the default."""
        self.state.allowed = list(dict.fromkeys(kinds))

    def set_webhook(self, webhook: Webhook) -> None:
        """Deliver from now on to that address, or wait for polls again; ends open polls."""
        self.state.webhook = webhook
        self.wake()

    def break_polls(self) -> None:
        """End open polls without an answer."""
        self._breaks += 1
        self.wake()

    def wake(self) -> None:
        """Let everyone look again."""
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self, timeout_s: float) -> None:
        """Return at the next change, at the latest after `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._event.wait()
        except TimeoutError:
            return

    def _is_wanted(self, kind: str) -> bool:
        if self.state.allowed:
            return kind in self.state.allowed
        return kind not in NOT_BY_DEFAULT

    def _release(self, happening: Happening) -> None:
        if self._held is happening:
            self._held = None
            self._append(happening)

    def _append(self, happening: Happening) -> None:
        now = self._clock()
        life_s = PRESS_LIFE_S if happening.kind in SHORT_LIVED else OTHER_LIFE_S
        self.state.last_update_id += 1
        update = Update(
            id=self.state.last_update_id,
            kind=happening.kind,
            payload=happening.payload,
            lane=happening.lane,
            made_at=now,
            expires_at=now + life_s,
            chat_id=happening.chat_id,
            message_id=happening.message_id,
        )
        self.state.updates[update.id] = update
        if len(self.state.updates) > MAX_WAITING:
            del self.state.updates[next(iter(self.state.updates))]
        self.wake()

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            confirmed = list(self.state.updates.values())[:offset]
        else:
            confirmed = [update for update in self.state.updates.values() if update.id < offset]
        for update in confirmed:
            del self.state.updates[update.id]
            self._on_taken(update)
        if self._board.is_on("telegram.duplicate"):
            self._again = (self._again + confirmed)[-MAX_AGAIN:]

    def _due(self, offset: int, limit: int) -> list[Update]:
        again, self._again = self._again[:limit], self._again[limit:]
        fresh = [update for update in self.waiting() if update.id >= offset]
        return (again + fresh)[:limit]

    def _refuse_waiting(self, mine: int, breaks: int) -> None:
        if breaks != self._breaks:
            raise ConnectionCut
        if self.state.webhook.url:
            raise conflict(WEBHOOK_TOOK_OVER)
        if mine != self._poll:
            raise conflict(OTHER_POLLER)

"""Our own long poller: what came is durable before Telegram may forget it.

Invariants: the offset passes an update only after `store` returned for it (a durable commit), or
after the update was parked because it alone cannot be stored. A stop at any line loses nothing:
what was not confirmed comes again and is recognised by its key.

Source: telegram.md section 2 (long polling, rules 2 and 7).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import itemgetter
from typing import Any, Final, Protocol

from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.engine.outcomes import pause_s
from bot.engine.telegram import MAX_BATCH, MAX_POLL_S

RawUpdate = Mapping[str, Any]
"""One update as it came, parsed from JSON."""

_Numbered = tuple[int, RawUpdate]

Store = Callable[[Sequence[RawUpdate]], Awaitable[None]]
"""Makes updates durable, all or none; knows those it has seen; raises when it could not."""

Park = Callable[[RawUpdate, Exception], Awaitable[None]]
"""Keeps, durably, an update that cannot be stored, so that it blocks nobody; or raises.

The same update may come twice.
"""

BUGS: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a store raises over one update's content; anything else may be an outage."""

FAREWELL_S: Final = 5.0
"""How long the last confirmation may take."""


class UpdateSource(Protocol):
    """What the poller needs of a client."""

    async def get_updates(
        self, *, offset: int, timeout_s: int, limit: int = ...
    ) -> list[dict[str, Any]]:
        """Wait for updates from `offset` on; confirms all below it."""
        ...


class Trouble(StrEnum):
    """Why the poller pauses; told to `notice` for logs and metrics."""

    CONFLICT = "conflict"
    """Somebody else polls this bot, or a webhook is set."""
    FLOOD = "flood"
    NETWORK = "network"
    STORE = "store"
    UNAUTHORIZED = "unauthorized"
    UNREADABLE = "unreadable"
    """Something without a number came and was passed over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pauses:
    """Seconds of the first pause and of the longest; each failure in a row doubles it."""

    first_s: float = 1.0
    longest_s: float = 30.0
    conflict_s: float = 15.0

    def after(self, failures: int) -> float:
        """Return the pause after so many failures in a row (from 1)."""
        return min(self.longest_s, self.first_s * (1 << min(failures - 1, 16)))


def ignore_trouble(trouble: Trouble) -> None:
    """Tell nobody."""


class Poller:
    """Polls one bot; `run()` ends only by cancellation and then confirms what is stored."""

    __slots__ = (
        "_client",
        "_confirmed",
        "_failures",
        "_notice",
        "_offset",
        "_park",
        "_pauses",
        "_poll_s",
        "_sleep",
        "_store",
    )

    def __init__(
        self,
        client: UpdateSource,
        store: Store,
        *,
        park: Park,
        sleep: Callable[[float], Awaitable[None]],
        notice: Callable[[Trouble], None] = ignore_trouble,
        poll_s: int = MAX_POLL_S,
        pauses: Pauses | None = None,
    ) -> None:
        """Keep the ports; asks nothing yet."""
        self._client = client
        self._store = store
        self._park = park
        self._sleep = sleep
        self._notice = notice
        self._poll_s = poll_s
        self._pauses = pauses or Pauses()
        self._offset = 0
        self._confirmed = 0
        self._failures = 0

    async def run(self) -> None:
        """Poll until cancelled."""
        try:
            while True:
                trouble, paused_s = await self._round()
                if trouble is None:
                    self._failures = 0
                    continue
                self._notice(trouble)
                await self._sleep(paused_s)
        finally:
            await self._say_farewell()

    async def _round(self) -> tuple[Trouble | None, float]:
        """Ask once and store what came; returns what went wrong and how long to wait for it."""
        asked = self._offset
        try:
            updates = await self._client.get_updates(
                offset=asked, timeout_s=self._poll_s, limit=MAX_BATCH
            )
        except TelegramError as error:
            return self._judge(error)
        self._confirmed = asked
        numbered = _numbered(updates)
        if len(numbered) < len(updates):
            self._notice(Trouble.UNREADABLE)
        if not numbered and updates:
            return Trouble.UNREADABLE, self._next_pause()
        try:
            stored = not numbered or await self._store_all(numbered)
        except Exception:  # noqa: BLE001  # Parking failed, too: nothing can be made durable.
            stored = False
        return (None, 0.0) if stored else (Trouble.STORE, self._next_pause())

    def _judge(self, error: TelegramError) -> tuple[Trouble, float]:
        match error:
            case RetryAfter():
                return Trouble.FLOOD, pause_s(error)
            case Conflict():
                return Trouble.CONFLICT, max(self._pauses.conflict_s, self._next_pause())
            case InvalidToken():
                return Trouble.UNAUTHORIZED, self._pauses.longest_s
            case _:
                return Trouble.NETWORK, self._next_pause()

    def _next_pause(self) -> float:
        self._failures += 1
        return self._pauses.after(self._failures)

    async def _store_all(self, numbered: Sequence[_Numbered]) -> bool:
        """Store a batch in one go; when that fails again, one by one. False in an outage."""
        try:
            await self._store([update for _, update in numbered])
        except Exception as error:  # noqa: BLE001  # A poisoned update or an outage.
            if not isinstance(error, BUGS) and not self._failures:
                return False
            return await self._store_singly(numbered)
        self._offset = numbered[-1][0] + 1
        return True

    async def _store_singly(self, numbered: Sequence[_Numbered]) -> bool:
        """Park the updates that cannot be stored while others can; false in an outage.

        An error that is no plain bug makes an update suspect. It is tried again, and parked, only
        once a later one was stored: before that it may as well be the database.
        """
        suspects: list[RawUpdate] = []
        for number, update in numbered:
            try:
                await self._store([update])
            except BUGS as error:
                await self._park(update, error)
            except Exception:  # noqa: BLE001  # A poisoned update or an outage.
                suspects.append(update)
            else:
                await self._try_again(suspects)
                suspects.clear()
            if not suspects:
                self._offset = number + 1
        return not suspects

    async def _try_again(self, suspects: Sequence[RawUpdate]) -> None:
        for update in suspects:
            try:
                await self._store([update])
            except Exception as error:  # noqa: BLE001  # It fails while others do not.
                await self._park(update, error)

    async def _say_farewell(self) -> None:
        """Confirm what is stored, so that nothing comes twice after an orderly stop."""
        if self._offset == self._confirmed:
            return
        try:
            async with asyncio.timeout(FAREWELL_S):
                await self._client.get_updates(offset=self._offset, timeout_s=0, limit=1)
        except (TelegramError, TimeoutError):
            return


def _numbered(updates: Sequence[object]) -> list[_Numbered]:
    """Return the updates in order of their numbers, without those that have none."""
    numbered = [
        (update["update_id"], update)
        for update in updates
        if isinstance(update, Mapping) and isinstance(update.get("update_id"), int)
    ]
    return sorted(numbered, key=itemgetter(0))


async def poll(
    client: UpdateSource,
    store: Store,
    *,
    park: Park,
    sleep: Callable[[float], Awaitable[None]],
    notice: Callable[[Trouble], None] = ignore_trouble,
    poll_s: int = MAX_POLL_S,
    pauses: Pauses | None = None,
) -> None:
    """Poll until cancelled; see `Poller`."""
    await Poller(
        client, store, park=park, sleep=sleep, notice=notice, poll_s=poll_s, pauses=pauses
    ).run()

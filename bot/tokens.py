"""Access tokens, kept for all processes and fetched once.

Some providers let only the newest token live, so two processes that each fetch their own would
take each other's away. A process remembers what it was lent; what a provider no longer takes is
looked up again, and fetched anew only if nobody else has done so since.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from bot.ports import sleep
from core.domain.providers import ProviderError, Unknown
from core.domain.tokens import AccessToken
from storage.access_tokens import Lent
from storage.database import Database
from storage.transaction import SqlTransaction

CLAIMED_FOR: Final = timedelta(seconds=30)
"""Longer than any call to a provider may take (`bot.providers.wire.DEADLINE_S`)."""
LOOKS: Final = 60
PAUSE_S: Final = 0.5
"""Between two looks at what another process fetches."""
USED_PART: Final = 0.9
"""Of a token's life; the rest is left unused, since clocks and calls take their time."""

Fetch = Callable[[], Awaitable[AccessToken | Unknown]]


@dataclass(frozen=True, slots=True)
class _Remembered:
    value: str = field(repr=False)
    until_s: float


class SharedTokens:
    """The tokens of a database's processes."""

    def __init__(
        self,
        database: Database,
        *,
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = sleep,
    ) -> None:
        """Remember none yet; `monotonic` counts seconds."""
        self._database = database
        self._monotonic = monotonic
        self._sleep = sleep
        self._remembered: dict[str, _Remembered] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def token(self, key: str, fetch: Fetch, *, refused: str = "") -> str | Unknown:
        """Return the kept token, or what `fetch` brings; a tenth of its life is left unused."""
        async with self._locks.setdefault(key, asyncio.Lock()):
            known = self._remembered.get(key)
            if known and known.value != refused and self._monotonic() < known.until_s:
                return known.value
            return await self._look(key, fetch, refused)

    async def _look(self, key: str, fetch: Fetch, refused: str) -> str | Unknown:
        name = hashlib.sha256(key.encode()).hexdigest()
        for _ in range(LOOKS):
            found = await self._database.run(lambda tx: _find_or_claim(tx, name, refused))
            if isinstance(found, Lent):
                return self._remember(key, found)
            if found:
                return await self._fetched(key, name, fetch, claim=found)
            await self._sleep(PAUSE_S)
        return Unknown(error=ProviderError.TIMEOUT_ERROR, detail="no token", is_unsent=True)

    async def _fetched(self, key: str, name: str, fetch: Fetch, *, claim: str) -> str | Unknown:
        fetched: AccessToken | Unknown | None = None
        try:
            fetched = await fetch()
        finally:
            if not isinstance(fetched, AccessToken):
                await self._database.run(lambda tx: tx.access_tokens.give_up(name, by=claim))
        if isinstance(fetched, Unknown):
            return fetched
        value, lives = fetched.value, timedelta(seconds=fetched.lives_s * USED_PART)

        def keep(tx: SqlTransaction) -> Lent:
            lent = Lent(value=value, until=tx.now + lives)
            tx.access_tokens.keep(name, lent, by=claim)
            return lent

        return self._remember(key, await self._database.run(keep))

    def _remember(self, key: str, lent: Lent) -> str:
        left_s = (lent.until - self._database.now()).total_seconds()
        self._remembered[key] = _Remembered(lent.value, self._monotonic() + left_s)
        return lent.value


def _find_or_claim(tx: SqlTransaction, name: str, refused: str) -> Lent | str:
    """Return the token, else the claim under which it is ours to fetch, "" for none."""
    lent = _usable(tx, name, refused)
    if lent is not None:
        return lent
    claim = tx.key(16)
    if not tx.access_tokens.claim(name, by=claim, until=tx.now + CLAIMED_FOR):
        return ""
    # On a server another process may have kept one since the look; the claim has its row now.
    lent = _usable(tx, name, refused)
    if lent is None:
        return claim
    tx.access_tokens.give_up(name, by=claim)
    return lent


def _usable(tx: SqlTransaction, name: str, refused: str) -> Lent | None:
    lent = tx.access_tokens.find(name)
    return None if lent is None or lent.value == refused else lent

"""Calls that have providers delete what their owners keep here no more.

Best effort: here it is gone already, and nobody waits. What does not work is tried again, more and
more seldom; after some days it is let go, and the log says so.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, Protocol

import orjson
import structlog

from core.domain.configurations import Configuration, ConfigurationId
from core.domain.providers import Forgetting, Provider, ProviderError, SavedMethod, Unknown
from core.domain.work import Kind, Priority, Work
from storage.database import Database
from storage.transaction import SqlTransaction

FORGET_S: Final = 30
"""How long one call may take."""

PAUSES_S: Final = (60, 600, 3_600, 14_400, 43_200, 86_400, 86_400, 86_400)
"""How long after each call that brought nothing the next one is made: four days in all."""

FROZEN_S: Final = 3_600
"""How long to wait where outflows are frozen after a restore."""

_TRIES: Final = "tries"

_log = structlog.get_logger(__name__)


class Providers(Protocol):
    """The adapters of this process, by configuration."""

    async def adapter(self, configuration: Configuration) -> Provider | None:
        """Return the adapter of a configuration as it stands, None while it has no credentials."""
        ...


class ForgetCalls:
    """Has removed methods deleted at their providers."""

    def __init__(self, database: Database, providers: Providers) -> None:
        """Keep the ports."""
        self._database = database
        self._providers = providers

    async def handle(self, work: Work, asked: Mapping[str, Any]) -> None:
        """Make one call, unless somebody keeps the same again; end the row, or plan the next."""
        configuration_id = ConfigurationId(asked["configuration"])

        def look(tx: SqlTransaction) -> tuple[Configuration, bool, bool]:
            is_kept = tx.methods.is_marked(configuration_id, asked["mark"])
            is_frozen = tx.freeze.find() is not None
            return tx.configurations.get(configuration_id), is_kept, is_frozen

        configuration, is_kept, is_frozen = await self._database.read(look)
        if is_kept:
            await self._database.run(lambda tx: tx.work.end(work))
        elif is_frozen:
            await self._again(work, asked, after_s=FROZEN_S)
        else:
            await self._forget(work, asked, configuration)

    async def _forget(
        self, work: Work, asked: Mapping[str, Any], configuration: Configuration
    ) -> None:
        provider = await self._providers.adapter(configuration)
        if provider is None or not isinstance(provider, Forgetting):
            await self._database.run(lambda tx: tx.work.end(work))
            return
        method = SavedMethod(token=asked["token"], owner=asked["owner"], label="")
        outcome = await _in_time(provider, method)
        tries = int(asked.get(_TRIES, 0))
        is_over = outcome is None or tries >= len(PAUSES_S)
        _log.info(
            "method_forgotten" if outcome is None else "method_not_forgotten",
            provider=configuration.provider,
            configuration=configuration.id,
            why="" if outcome is None else outcome.detail,
            is_over=is_over,
        )
        if is_over:
            await self._database.run(lambda tx: tx.work.end(work))
        else:
            await self._again(work, {**asked, _TRIES: tries + 1}, after_s=PAUSES_S[tries])

    async def _again(self, work: Work, asked: Mapping[str, Any], *, after_s: int) -> None:
        """Put another row in the place of this one."""

        def put(tx: SqlTransaction) -> None:
            tx.work.add(
                Kind.CALL,
                lane=work.lane,
                payload=orjson.dumps(dict(asked)),
                due_at=tx.now + timedelta(seconds=after_s),
                priority=Priority.QUIET,
            )
            tx.work.end(work)

        await self._database.run(put)


async def _in_time(provider: Forgetting, method: SavedMethod) -> Unknown | None:
    try:
        async with asyncio.timeout(FORGET_S):
            return await provider.forget(method)
    except TimeoutError:
        return Unknown(error=ProviderError.TIMEOUT_ERROR, detail="took too long")

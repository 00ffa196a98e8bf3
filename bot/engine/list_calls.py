"""Calls for providers' own lists of captures: a page a row, then the comparison with the books.

Reading changes nothing outside, and every step is recorded where its window stands as the row says:
a row that is found again, or by two processes, is simply done again. The comparison looks on
snapshots and writes only what differs.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

import structlog

from bot.engine.alarms import Alarm, Alarms
from bot.engine.notices import expand
from core.domain.acts import Cause, CauseKind
from core.domain.configurations import Configuration, ConfigurationId
from core.domain.differences import Difference, DifferenceKind
from core.domain.providers import Listing, Listings, Provider, ProviderError, Unknown
from core.domain.reconciling import Reconciling, Unlisted
from core.domain.tenants import PLATFORM
from core.domain.work import Work
from core.use_cases import reconciling
from core.use_cases.reconciling import Ask
from storage.database import Database
from storage.transaction import SqlTransaction

LIST_S: Final = 60
"""How long one page may take."""

MOST_LOOKS: Final = 100_000

_log = structlog.get_logger(__name__)


class Providers(Protocol):
    """The adapters of this process, by configuration."""

    async def adapter(self, configuration: Configuration) -> Provider | None:
        """Return the adapter of a configuration as it stands, None while it has no credentials."""
        ...


class ListCalls:
    """Reads lists and has them compared."""

    def __init__(
        self, database: Database, providers: Providers, *, alarms: Alarms | None = None
    ) -> None:
        """Keep the ports; `alarms` tells operators of what must not wait."""
        self._database = database
        self._providers = providers
        self._alarms = alarms

    async def handle(self, work: Work, asked: Mapping[str, Any]) -> None:
        """Take one step of a window."""
        ask = Ask(
            ask=str(asked["ask"]),
            configuration_id=ConfigurationId(asked["list"]),
            until=datetime.fromisoformat(asked["until"]),
            page=str(asked["page"]),
        )
        window = await self._database.read(lambda tx: reconciling.current(tx, ask=ask))
        configuration = await self._database.read(
            lambda tx: tx.configurations.get(ask.configuration_id)
        )
        if window is None:
            await self._database.run(lambda tx: tx.work.end(work))
        elif ask.ask == "list":
            await self._read(work, ask, window, configuration)
        else:
            await self._compare(work, ask, window, configuration)

    async def _read(
        self, work: Work, ask: Ask, window: Reconciling, configuration: Configuration
    ) -> None:
        outcome = await self._page(window, configuration)
        _log.info(
            "list_read",
            provider=configuration.provider,
            configuration=configuration.id,
            page=window.pages + 1,
            outcome=type(outcome).__name__,
            why=outcome.detail if isinstance(outcome, Unknown) else "",
        )

        def record(tx: SqlTransaction) -> bool:
            goes_on = reconciling.record_page(tx, ask=ask, outcome=outcome)
            expand(tx)
            tx.work.end(work)
            return goes_on

        if not await self._database.run(record, cause=_cause(work)):
            await self._alarm(Alarm.LIST_UNREAD, configuration)

    async def _page(
        self, window: Reconciling, configuration: Configuration
    ) -> Listing | Unknown | None:
        """Ask for a page, but not for ever; None where this provider has no list."""
        provider = await self._providers.adapter(configuration)
        if provider is None:
            return None
        if not isinstance(provider, Listings) or not provider.capabilities.can_list:
            return None
        try:
            async with asyncio.timeout(LIST_S):
                return await provider.captures(
                    since=window.since, until=window.until, after=window.page
                )
        except TimeoutError:
            return Unknown(error=ProviderError.TIMEOUT_ERROR, detail="took too long")

    async def _compare(
        self, work: Work, ask: Ask, window: Reconciling, configuration: Configuration
    ) -> None:
        made = await self._differing(work, ask.configuration_id)
        unlisted = await self._missing(window, configuration)

        def finish(tx: SqlTransaction) -> list[Difference]:
            found = reconciling.finish_window(tx, ask=ask, unlisted=unlisted)
            expand(tx)
            tx.work.end(work)
            return found

        made += await self._database.run(finish, cause=_cause(work))
        _log.info("list_compared", configuration=configuration.id, differences=len(made))
        await self._tell(made, configuration)

    async def _missing(
        self, window: Reconciling, configuration: Configuration
    ) -> Sequence[Unlisted]:
        """Return what the list should show and does not, as far as it can be up to date by now."""
        provider = await self._providers.adapter(configuration)
        if provider is None:
            return ()
        lag = provider.capabilities.list_lag
        return await self._database.read(lambda tx: reconciling.missing(tx, window=window, lag=lag))

    async def _differing(self, work: Work, configuration_id: ConfigurationId) -> list[Difference]:
        """Look through the whole list on snapshots; record what differs."""
        made: list[Difference] = []
        after = ""
        for _ in range(MOST_LOOKS):

            def look(tx: SqlTransaction, after: str = after) -> tuple[list[str], str]:
                return reconciling.suspects(tx, configuration_id=configuration_id, after=after)

            found, after = await self._database.read(look)
            if found:
                made += await self._record(work, configuration_id, found)
            if not after:
                break
        return made

    async def _record(
        self, work: Work, configuration_id: ConfigurationId, found: Sequence[str]
    ) -> list[Difference]:
        def record(tx: SqlTransaction) -> list[Difference]:
            made = reconciling.record_differences(
                tx, configuration_id=configuration_id, provider_ids=found
            )
            expand(tx)
            return made

        return await self._database.run(record, cause=_cause(work))

    async def _tell(self, made: Sequence[Difference], configuration: Configuration) -> None:
        """Tell operators what members may not see, or what may mean that books are wrong."""
        if any(each.kind is DifferenceKind.MISSING for each in made):
            await self._alarm(Alarm.MONEY_MISSING, configuration)
        if any(each.tenant_id == PLATFORM for each in made):
            await self._alarm(Alarm.MONEY_DIFFERS, configuration)

    async def _alarm(self, alarm: Alarm, configuration: Configuration) -> None:
        if self._alarms is not None:
            await self._alarms.tell(alarm, configuration.provider)


def _cause(work: Work) -> Cause:
    return Cause(kind=CauseKind.CALL, reference=str(work.id))

"""What operators are told in chat at once: forged webhooks, silent providers, lists that differ.

The first of an hour is told at once, the others are counted and told with the first of the next:
a flood costs neither messages nor commits. The hour is shared by all processes. That a provider
falls, or comes back, is told each time, in the transaction that notes it.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Final

import structlog

from bot.engine.outbox import Outbox
from core.domain.acts import EventName
from core.domain.configurations import Configuration
from core.domain.tenants import PLATFORM
from core.domain.work import Priority
from handlers.chat import Reply, Screen, Show
from handlers.screens import alarms as screens
from handlers.words import Words
from storage.database import Database
from storage.transaction import SqlTransaction

HOUR_S: Final = 3600
DOWN_AFTER: Final = 3
"""So many calls in a row without an answer mean that a provider is down."""

_log = structlog.get_logger(__name__)


class Alarm(StrEnum):
    """What happened."""

    WEBHOOK_REJECTED = "webhook_rejected"
    PROVIDER_DOWN = "provider_down"
    LIST_UNREAD = "list_unread"
    MONEY_DIFFERS = "money_differs"
    MONEY_MISSING = "money_missing"


_SCREENS: Final[Mapping[Alarm, Callable[[Words, str, int], Screen]]] = {
    Alarm.WEBHOOK_REJECTED: screens.webhook_rejected,
    Alarm.PROVIDER_DOWN: screens.provider_silent,
    Alarm.LIST_UNREAD: screens.list_unread,
    Alarm.MONEY_DIFFERS: screens.money_differs,
    Alarm.MONEY_MISSING: screens.money_missing,
}

_STANDINGS: Final[Mapping[EventName, Callable[[Words, str, str], Screen]]] = {
    EventName.PROVIDER_DOWN: screens.provider_down,
    EventName.PROVIDER_RECOVERED: screens.provider_recovered,
}


class Alarms:
    """Tells operators, at most once an hour for each provider and kind."""

    def __init__(self, database: Database, outbox: Outbox, *, operators: Sequence[int]) -> None:
        """Keep the ports; nobody to tell is nothing to do."""
        self._database = database
        self._outbox = outbox
        self._operators = operators
        self._since: Counter[tuple[Alarm, str]] = Counter()
        self._told: dict[tuple[Alarm, str], int] = {}
        self._silent: Counter[str] = Counter()

    async def tell(self, alarm: Alarm, provider: str) -> None:
        """Count one more, and tell it where this hour has heard nothing yet; never raises."""
        key = (alarm, provider)
        self._since[key] += 1
        hour = int(self._database.now().timestamp()) // HOUR_S
        if not self._operators or self._told.get(key) == hour:
            return
        self._told[key] = hour
        count = self._since.pop(key)
        try:
            await self._database.run(lambda tx: self._show(tx, alarm, provider, count))
        except Exception:  # noqa: BLE001 - an alarm never breaks what raised it
            _log.exception("alarm_not_told", alarm=alarm, provider=provider)

    async def heard(self, provider: str, *, has_answered: bool) -> None:
        """Note whether a provider answered a call; several silences in a row are an alarm."""
        if has_answered:
            del self._silent[provider]
            return
        self._silent[provider] += 1
        if self._silent[provider] >= DOWN_AFTER:
            await self.tell(Alarm.PROVIDER_DOWN, provider)

    def show_standing(
        self, tx: SqlTransaction, configuration: Configuration, name: EventName
    ) -> None:
        """Tell that a provider opens no pages any more, or does so again."""
        owner = tx.tenants.get(configuration.tenant_id).name
        is_shared = configuration.tenant_id == PLATFORM
        draw = _STANDINGS[name]
        self._send(tx, draw(Words(), configuration.provider, "" if is_shared else owner))

    def _show(self, tx: SqlTransaction, alarm: Alarm, provider: str, count: int) -> None:
        hour = int(tx.now.timestamp()) // HOUR_S
        name = f"alarm:{alarm}:{provider}:{hour}"
        if tx.tallies.count(name, until=tx.now + timedelta(hours=1)) > 1:
            return
        self._send(tx, _SCREENS[alarm](Words(), provider, count))

    def _send(self, tx: SqlTransaction, screen: Screen) -> None:
        for chat_id in self._operators:
            reply = Reply(screen=screen, show=Show.SEND)
            self._outbox.show(tx, chat_id, reply, priority=Priority.MONEY)

"""What operators are told in chat at once: forged webhooks, silent providers, lists that differ.

The first of an hour is told at once, the others are counted and told with the first of the next:
a flood costs neither messages nor commits. The hour is shared by all processes.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Final

import structlog

from bot.engine.outbox import Outbox
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
    Alarm.PROVIDER_DOWN: screens.provider_down,
    Alarm.LIST_UNREAD: screens.list_unread,
    Alarm.MONEY_DIFFERS: screens.money_differs,
    Alarm.MONEY_MISSING: screens.money_missing,
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

    def _show(self, tx: SqlTransaction, alarm: Alarm, provider: str, count: int) -> None:
        hour = int(tx.now.timestamp()) // HOUR_S
        name = f"alarm:{alarm}:{provider}:{hour}"
        if tx.tallies.count(name, until=tx.now + timedelta(hours=1)) > 1:
            return
        screen = _SCREENS[alarm](Words(), provider, count)
        for chat_id in self._operators:
            reply = Reply(screen=screen, show=Show.SEND)
            self._outbox.show(tx, chat_id, reply, priority=Priority.MONEY)

"""Command lists: what exists is announced, per scope and language.

Everybody's list stands for all private chats; staff get their own list in their own chat, and a
new one when their role changes (on the next start, and when they join).
"""

from typing import TYPE_CHECKING

import structlog
from telegram.error import TelegramError

from bot.engine.telegram import CommandScope
from handlers.commands import commands_for, for_groups
from handlers.words import LANGUAGES, Words

if TYPE_CHECKING:
    from bot.wiring import Service

_log = structlog.get_logger(__name__)


async def announce_commands(service: "Service") -> None:
    """Tell Telegram the commands of everybody, in each language; trouble is only logged."""
    for language in LANGUAGES:
        words = Words(language=language)
        code = "" if language == "en" else language
        try:
            await service.client.set_my_commands(
                commands_for(frozenset(), words),
                scope=CommandScope.PRIVATE,
                language=code,
            )
            await service.client.set_my_commands(
                for_groups(words),
                scope=CommandScope.GROUPS,
                language=code,
            )
        except TelegramError as error:
            _log.warning("commands_not_announced", error=type(error).__name__)

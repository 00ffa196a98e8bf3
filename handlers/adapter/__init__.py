"""Telegram ↔ the chat vocabulary: `reading` one way, `writing` the other.

Both work on the JSON of the Bot API itself, so that neither builds objects nobody keeps.
"""

from handlers.adapter.reading import (
    ANONYMOUS_IDS,
    Migration,
    lane_of,
    read_migration,
    read_update,
    update_key,
)
from handlers.adapter.refusals import ASKABLE, PASSING, REFUSALS, screen_of
from handlers.adapter.writing import Call, answer_press, check_text, delete_message, to_calls

__all__ = [
    "ANONYMOUS_IDS",
    "ASKABLE",
    "PASSING",
    "REFUSALS",
    "Call",
    "Migration",
    "answer_press",
    "check_text",
    "delete_message",
    "lane_of",
    "read_migration",
    "read_update",
    "screen_of",
    "to_calls",
    "update_key",
]

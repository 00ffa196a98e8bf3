"""What became of a call to the Bot API, as one closed union; pure.

Source: telegram.md section 3, rules 4 and 5; the descriptions are those of the official server.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot.engine.request import NotSent

PAUSE_UNSENT_S: Final = 1.0
"""The first pause after a refused connection; the sender lets it grow."""


class Scope(StrEnum):
    """Whom a pause concerns."""

    CHAT = "chat"
    BOT = "bot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """Done; `message_id` is 0 where the answer names no message."""

    message_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmodified:
    """The message shows this already: a success."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Nothing happened; the same call may go out again after `after_s` seconds."""

    after_s: float
    scope: Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable:
    """Blocked, deactivated, kicked or never started: stop writing to this chat."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """The message to edit or delete is missing or too old: send a new screen instead.

    `is_there`: it stands in the chat as before.
    """

    is_there: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """The press is too old to be answered, or was answered: nothing to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrated:
    """The group lives on under `new_chat_id`: store that and try once more."""

    new_chat_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """It left and no usable answer came: it may have been carried out."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Telegram does not accept this call: our bug; trying again changes nothing."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unauthorized:
    """The token is not valid (any more): nothing will go out."""


SendOutcome = (
    Delivered
    | Unmodified
    | Retry
    | Unreachable
    | Gone
    | Stale
    | Migrated
    | Unknown
    | Refused
    | Unauthorized
)

NotOver = Unknown | Retry | Unauthorized
"""What leaves a call to be tried again."""

_UNMODIFIED: Final = ("message is not modified",)
_GONE: Final = (
    "message to edit not found",
    "message can't be edited",
    "message to delete not found",
    "message can't be deleted",
    "message_id_invalid",
    "message_edit_time_expired",
    "there is no text in the message to edit",
)
_STALE: Final = ("query is too old", "query_id_invalid")
_UNREACHABLE: Final = (
    "chat not found",
    "user not found",
    "user is deactivated",
    "group chat was deactivated",
    "bot was kicked",
    "bot is not a member",
    "chat_write_forbidden",
    "peer_id_invalid",
    "not enough rights to send",
    "have no rights to send",
)


def classify(answer: object) -> SendOutcome:
    """Say what became of a call, from its result or from the TelegramError it raised.

    The narrow kinds come first: in the library BadRequest and TimedOut are NetworkErrors.
    """
    match answer:
        case NotSent():
            return Retry(after_s=PAUSE_UNSENT_S, scope=Scope.BOT)
        case RetryAfter():
            return Retry(after_s=pause_s(answer), scope=Scope.CHAT)
        case ChatMigrated():
            return Migrated(new_chat_id=answer.new_chat_id)
        case BadRequest():
            return _refusal(answer.message)
        case NetworkError():
            return Unknown(reason=answer.message)
        case TelegramError():
            return _verdict(answer)
        case {"message_id": int(message_id)}:
            return Delivered(message_id=message_id)
        case _:
            return Delivered()


def pause_s(error: RetryAfter) -> float:
    """Return the pause in seconds; the library gives an int or a timedelta."""
    pause = error.retry_after
    return pause.total_seconds() if isinstance(pause, timedelta) else pause


def _verdict(error: TelegramError) -> SendOutcome:
    match error:
        case Forbidden():
            return Unreachable(reason=error.message)
        case InvalidToken():
            return Unauthorized()
        case Conflict():
            return Retry(after_s=PAUSE_UNSENT_S, scope=Scope.BOT)
        case _:
            return Refused(reason=error.message)


def _refusal(description: str) -> SendOutcome:
    # The library changes the capitals of descriptions, so they are compared without.
    said = description.casefold()
    if any(words in said for words in _UNMODIFIED):
        return Unmodified()
    if any(words in said for words in _GONE):
        return Gone(is_there="can't be" in said)
    if any(words in said for words in _STALE):
        return Stale()
    if any(words in said for words in _UNREACHABLE):
        return Unreachable(reason=description)
    return Refused(reason=description)

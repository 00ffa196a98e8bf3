"""Every line of the failure table (telegram.md section 3, rules 4 and 5)."""

from datetime import timedelta

import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.engine.outcomes import (
    Delivered,
    Gone,
    Migrated,
    Refused,
    Retry,
    Scope,
    SendOutcome,
    Stale,
    Unauthorized,
    Unknown,
    Unmodified,
    Unreachable,
    classify,
    pause_s,
)
from bot.engine.request import AnswerLost, Flooded, NotSent, TooLarge

UNMODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are "
    "exactly the same as a current content and reply markup of the message"
)
STALE = "Bad Request: query is too old and response timeout expired or query ID is invalid"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"message_id": 41, "chat": {"id": 5}}, Delivered(message_id=41)),
        (True, Delivered()),
        ([{"message_id": 1}], Delivered()),
        ({}, Delivered()),
        (NotSent("ClientConnectorError"), Retry(after_s=1.0, scope=Scope.BOT)),
        (Flooded(17), Retry(after_s=17.0, scope=Scope.CHAT)),
        (Flooded(timedelta(seconds=2)), Retry(after_s=2.0, scope=Scope.CHAT)),
        (Conflict("Conflict: terminated"), Retry(after_s=1.0, scope=Scope.BOT)),
        (ChatMigrated(-1007), Migrated(new_chat_id=-1007)),
        (AnswerLost("SocketTimeoutError"), Unknown(reason="SocketTimeoutError")),
        (TooLarge("too large"), Unknown(reason="too large")),
        (TimedOut(), Unknown(reason="Timed out")),
        (NetworkError("Bad Gateway"), Unknown(reason="Bad Gateway")),
        (InvalidToken(), Unauthorized()),
        (EndPointNotFound("Not Found"), Refused(reason="Not Found")),
        (TelegramError("odd"), Refused(reason="odd")),
        (BadRequest(UNMODIFIED), Unmodified()),
        (BadRequest(STALE), Stale()),
        (BadRequest("Bad Request: QUERY_ID_INVALID"), Stale()),
    ],
)
def test_answer_means(answer: object, expected: SendOutcome) -> None:
    assert classify(answer) == expected


@pytest.mark.parametrize(
    "description",
    [
        "Forbidden: bot was blocked by the user",
        "Forbidden: user is deactivated",
        "Forbidden: bot was kicked from the supergroup chat",
        "Forbidden: bot can't initiate conversation with a user",
    ],
)
def test_forbidden_chat_is_unreachable(description: str) -> None:
    assert classify(Forbidden(description)) == Unreachable(reason=description)


@pytest.mark.parametrize(
    "description",
    [
        "Bad Request: chat not found",
        "Bad Request: not enough rights to send text messages to the chat",
        "Bad Request: CHAT_WRITE_FORBIDDEN",
        "Bad Request: PEER_ID_INVALID",
    ],
)
def test_chat_that_cannot_be_written_to_is_unreachable(description: str) -> None:
    assert isinstance(classify(BadRequest(description)), Unreachable)


@pytest.mark.parametrize(
    "description",
    [
        "Bad Request: message to edit not found",
        "Bad Request: message can't be edited",
        "Bad Request: message to delete not found",
        "Bad Request: message can't be deleted for everyone",
        "Bad Request: MESSAGE_ID_INVALID",
        "Bad Request: there is no text in the message to edit",
    ],
)
def test_message_that_cannot_be_changed_is_gone(description: str) -> None:
    is_there = "can't be" in description
    assert classify(BadRequest(description)) == Gone(is_there=is_there)


@pytest.mark.parametrize(
    "description",
    [
        "Bad Request: message text is empty",
        "Bad Request: message is too long",
        "Bad Request: can't parse entities: unclosed start tag at byte offset 3",
        "Bad Request: BUTTON_DATA_INVALID",
    ],
)
def test_our_own_bugs_are_refused(description: str) -> None:
    assert isinstance(classify(BadRequest(description)), Refused)


def test_plain_pause_of_the_library_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")

    assert pause_s(RetryAfter(9)) == 9.0


@pytest.mark.filterwarnings("ignore:Deprecated since version v22.2")
def test_plain_seconds_of_the_library_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "0")

    assert pause_s(RetryAfter(9)) == 9.0

"""What the Bot API answers when it will not do as asked, in Telegram's own words.

Source: tdlib/telegram-bot-api, Client.cpp (prefixes and translated texts), November 2026.
"""

from typing import Final

NOT_MODIFIED: Final = (
    "message is not modified: specified new message content and reply markup are exactly the same"
    " as a current content and reply markup of the message"
)
QUERY_TOO_OLD: Final = "query is too old and response timeout expired or query ID is invalid"
WEBHOOK_IS_SET: Final = (
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook"
    " first"
)
OTHER_POLLER: Final = (
    "terminated by other getUpdates request; make sure that only one bot instance is running"
)
WEBHOOK_TOOK_OVER: Final = "terminated by setWebhook request"


class ApiRefusal(Exception):
    """An answer with `ok` false: HTTP status and `error_code` are the same number."""

    def __init__(self, code: int, description: str, *, retry_after_s: int = 0) -> None:
        """Keep the code, the whole description and, for floods, the seconds to wait."""
        super().__init__(description)
        self.code = code
        self.description = description
        self.retry_after_s = retry_after_s

    def as_json(self) -> dict[str, object]:
        """Return the body Telegram sends."""
        body: dict[str, object] = {
            "ok": False,
            "error_code": self.code,
            "description": self.description,
        }
        if self.retry_after_s:
            body["parameters"] = {"retry_after": self.retry_after_s}
        return body


class ConnectionCut(Exception):
    """The connection is to be dropped without an answer."""


def bad_request(text: str) -> ApiRefusal:
    """Return a 400 with Telegram's prefix."""
    return ApiRefusal(400, f"Bad Request: {text}")


def forbidden(text: str) -> ApiRefusal:
    """Return a 403 with Telegram's prefix."""
    return ApiRefusal(403, f"Forbidden: {text}")


def conflict(text: str) -> ApiRefusal:
    """Return a 409 with Telegram's prefix."""
    return ApiRefusal(409, f"Conflict: {text}")


def too_many(retry_after_s: int) -> ApiRefusal:
    """Return a 429 that says after how many seconds to come again."""
    return ApiRefusal(
        429, f"Too Many Requests: retry after {retry_after_s}", retry_after_s=retry_after_s
    )

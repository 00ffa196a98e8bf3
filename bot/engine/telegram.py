"""The Bot API as the engine sees it: raw where it is hot, typed where it is rare.

`call` and `get_updates` go straight from a dictionary to bytes and back; python-telegram-bot's
objects are built only for the calls of the start. Errors are those of `bot.engine.request`; none of
them, nor a repr, holds the token.

Source: telegram.md sections 1 and 4; Bot API 10.0.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from urllib.parse import quote

import aiohttp
import orjson
from telegram import (
    Bot,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeDefault,
)
from telegram.error import BadRequest, EndPointNotFound, InvalidToken
from yarl import URL

from bot.engine.request import AiohttpRequest, AnswerLost, Timeouts, TooLarge

ALLOWED_UPDATES: Final = (
    "message",
    "callback_query",
    "my_chat_member",
    "pre_checkout_query",
)
"""What we ask Telegram for; it remembers the list until told otherwise."""

MAX_FILE_BYTES: Final = 20 * 1024 * 1024
"""The largest file that a bot may download (Bot API, getFile)."""

MAX_POLL_S: Final = 50
"""Telegram cuts longer polls to this."""

MAX_BATCH: Final = 100
"""Updates that one poll brings at most (Bot API, getUpdates)."""


class CommandScope(StrEnum):
    """Who sees a list of commands."""

    DEFAULT = "default"
    PRIVATE = "all_private_chats"
    GROUPS = "all_group_chats"
    ADMINISTRATORS = "all_chat_administrators"


_SCOPES: Final[Mapping[CommandScope, BotCommandScope]] = {
    CommandScope.DEFAULT: BotCommandScopeDefault(),
    CommandScope.PRIVATE: BotCommandScopeAllPrivateChats(),
    CommandScope.GROUPS: BotCommandScopeAllGroupChats(),
    CommandScope.ADMINISTRATORS: BotCommandScopeAllChatAdministrators(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """The bot itself."""

    id: int
    username: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that goes along with a call."""

    name: str
    content: bytes
    mime_type: str = "application/octet-stream"


class TelegramClient:
    """One bot at one Bot API server; `open()` before use, `close()` at the end."""

    __slots__ = ("_base", "_bot", "_files", "_request", "_timeouts", "_urls")

    def __init__(
        self,
        *,
        token: str,
        api_url: str,
        timeouts: Timeouts | None = None,
        connections: int = 64,
        request: AiohttpRequest | None = None,
    ) -> None:
        """Point at `<api_url>/bot<token>/` and `<api_url>/file/bot<token>/`; opens nothing.

        `request` is another line to the server (simulation).

        Raises:
            ValueError: the token or the address is malformed.
        """
        base = api_url.rstrip("/")
        address = URL(base)
        if address.scheme not in {"http", "https"} or not address.host:
            raise ValueError("The address of the Bot API server is no http(s) URL")
        if not token or not token.isascii() or any(sign in token for sign in "/?#% \r\n\t"):
            raise ValueError("The bot token is malformed")
        self._timeouts = timeouts or Timeouts()
        self._request = request or AiohttpRequest(
            secret=token, timeouts=self._timeouts, connections=connections
        )
        # The library logs every parameter of a call at DEBUG, the webhook's secret among them.
        logging.getLogger("telegram.Bot").setLevel(logging.INFO)
        self._bot = Bot(
            token,
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=self._request,
            get_updates_request=self._request,
        )
        self._base = f"{base}/bot{token}/"
        self._files = f"{base}/file/bot{token}/"
        self._urls: dict[str, URL] = {}

    def __repr__(self) -> str:
        return "TelegramClient()"

    async def open(self) -> None:
        """Open the session inside the running loop; asks Telegram nothing."""
        await self._request.initialize()

    async def close(self) -> None:
        """Close the session."""
        await self._request.shutdown()

    async def call(self, method: str, payload: Mapping[str, Any]) -> Any:
        """Call any method; returns its `result` as parsed JSON.

        Raises:
            TelegramError: as drawn in `bot.engine.request`; see `outcomes.classify`.
        """
        return await self._request.call(self._url(method), orjson.dumps(payload))

    async def upload(
        self, method: str, payload: Mapping[str, Any], files: Mapping[str, Upload]
    ) -> Any:
        """Call a method with files, field → file; returns and raises as `call` does."""
        form = aiohttp.FormData(quote_fields=False)
        for name, value in payload.items():
            form.add_field(name, value if isinstance(value, str) else orjson.dumps(value).decode())
        for name, file in files.items():
            form.add_field(name, file.content, filename=file.name, content_type=file.mime_type)
        return await self._request.upload(self._url(method), form)

    async def get_updates(
        self, *, offset: int, timeout_s: int, limit: int = MAX_BATCH
    ) -> list[dict[str, Any]]:
        """Wait for updates from `offset` on, at most `timeout_s`; confirms all below it.

        Raises:
            TelegramError: as drawn in `bot.engine.request`.
        """
        body = {
            "offset": offset,
            "timeout": timeout_s,
            "limit": limit,
            "allowed_updates": ALLOWED_UPDATES,
        }
        updates = await self._request.call(
            self._url("getUpdates"), orjson.dumps(body), bounds=self._timeouts.of_poll(timeout_s)
        )
        if not isinstance(updates, list):
            raise AnswerLost("The answer holds no list of updates")
        return updates

    async def get_me(self) -> Me:
        """Ask who we are.

        Raises:
            InvalidToken: the token is wrong.
            TelegramError: as drawn in `bot.engine.request`.
        """
        try:
            user = await self._bot.get_me()
        except EndPointNotFound:
            # This method always exists, so it is the token that is malformed.
            raise InvalidToken from None
        return Me(id=user.id, username=user.username or "", name=user.first_name)

    async def set_webhook(self, *, url: str, secret: str, connections: int = 40) -> None:
        """Let Telegram deliver to `url` over at most `connections` (1-100) at once."""
        await self._bot.set_webhook(
            url,
            secret_token=secret,
            max_connections=connections,
            allowed_updates=ALLOWED_UPDATES,
            drop_pending_updates=False,
        )

    async def delete_webhook(self) -> None:
        """Stop deliveries; what waits is kept for polling."""
        await self._bot.delete_webhook(drop_pending_updates=False)

    async def set_my_commands(
        self, commands: Sequence[tuple[str, str]], *, scope: CommandScope, language: str = ""
    ) -> None:
        """Publish (command, description) pairs; an empty `language` serves all others."""
        await self._bot.set_my_commands(
            list(commands), scope=_SCOPES[scope], language_code=language or None
        )

    async def download(self, file_id: str, *, max_bytes: int = MAX_FILE_BYTES) -> bytes:
        """Fetch a file that a person sent.

        Raises:
            TooLarge: it has more than `max_bytes`.
            BadRequest: Telegram does not know the file, or keeps it where we may not look.
            TelegramError: as drawn in `bot.engine.request`.
        """
        found = await self.call("getFile", {"file_id": file_id})
        path, size = _place_of(found)
        if size > max_bytes:
            raise TooLarge("The file is too large")
        url = URL(self._files + quote(path), encoded=True)
        return await self._request.fetch(url, max_bytes=max_bytes)

    def _url(self, method: str) -> URL:
        url = self._urls.get(method)
        if url is None:
            if not method.isalnum() or not method.isascii():
                raise ValueError("A method's name has only letters")
            url = self._urls[method] = URL(self._base + method, encoded=True)
        return url


def _place_of(found: object) -> tuple[str, int]:
    """Return path and size (0 when unsaid) of a file; never leads out of the bot's own folder."""
    place = found if isinstance(found, dict) else {}
    path, size = place.get("file_path"), place.get("file_size")
    parts = path.split("/") if isinstance(path, str) else []
    if not isinstance(path, str) or not all(parts) or ".." in parts or "." in parts:
        raise BadRequest("The file has no path that we may fetch")
    return path, size if isinstance(size, int) else 0

"""HTTP to the Bot API: python-telegram-bot's request interface on one aiohttp session.

Two promises. Nothing that leaves here, be it an error, its cause or a log line, holds the token or
the URL that carries it. And a failure says whether the request may have arrived:

```text
telegram.error.TelegramError
├── NetworkError
│   ├── NotSent          no byte of the request left: repeating it is safe
│   ├── TimedOut
│   │   └── AnswerLost   it left and no usable answer came: it may have been carried out
│   │       └── TooLarge the answer is larger than the caller allows
│   ├── BadRequest       400 and other 4xx: refused, nothing happened
│   └── (itself)         5xx or a redirect: it may have been carried out
├── Flooded (RetryAfter) 429, with the pause that Telegram asks for
├── ChatMigrated         the group has a new chat id
├── Forbidden            403: this chat cannot be reached
├── InvalidToken         401
├── EndPointNotFound     404: no such method, or a token that is none
└── Conflict             409: somebody else polls, or a webhook is set
```

Source: telegram.md sections 3 and 4; python-telegram-bot 22.8, `request/_baserequest.py`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import aiohttp
import orjson
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
from telegram.request import BaseRequest, RequestData
from yarl import URL

MAX_ANSWER_BYTES: Final = 32 * 1024 * 1024
"""Upper bound of one answer: a full batch of updates stays far below."""

MAX_ERROR_CHARS: Final = 300
"""What is kept of the server's description of an error."""

PAUSE_WHEN_UNSAID_S: Final = 5
"""The pause after a 429 that names none."""

_JSON: Final = {"Content-Type": "application/json"}
_ANY_TOKEN: Final = re.compile(r"\d{5,20}:[A-Za-z0-9_-]{20,}")
_BY_STATUS: Final[Mapping[int, type[TelegramError]]] = {
    401: InvalidToken,
    403: Forbidden,
    404: EndPointNotFound,
    409: Conflict,
}


class NotSent(NetworkError):
    """The connection failed before a byte of the request left; repeating it is safe."""


class AnswerLost(TimedOut):
    """The request left and no usable answer came; it may have been carried out."""


class TooLarge(AnswerLost):
    """The answer is larger than the caller allows; the rest was not read."""


class Flooded(RetryAfter):
    """A 429; `retry_after` is always a timedelta, without the library's warning."""

    @property
    def retry_after(self) -> timedelta:
        """The pause that Telegram asks for."""
        return self._retry_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long each part of a call may take, in seconds; `poll_slack_s` goes on top of a poll."""

    connect_s: float = 5.0
    answer_s: float = 10.0
    total_s: float = 20.0
    upload_s: float = 90.0
    poll_slack_s: float = 10.0

    def of_call(self, answer_s: float | None = None) -> aiohttp.ClientTimeout:
        """Bound an ordinary call; `answer_s` replaces the usual wait for the answer."""
        waits_s = self.answer_s if answer_s is None else answer_s
        total_s = max(self.total_s, self.connect_s + waits_s)
        return self._bounded(total_s=total_s, answer_s=waits_s)

    def of_upload(self) -> aiohttp.ClientTimeout:
        """Bound a call that carries or brings a file."""
        return self._bounded(total_s=self.upload_s, answer_s=self.upload_s)

    def of_poll(self, poll_s: float) -> aiohttp.ClientTimeout:
        """Bound a long poll that the server holds for `poll_s`."""
        waits_s = poll_s + self.poll_slack_s
        return self._bounded(total_s=waits_s + self.connect_s, answer_s=waits_s)

    def _bounded(self, *, total_s: float, answer_s: float) -> aiohttp.ClientTimeout:
        return aiohttp.ClientTimeout(
            total=total_s, connect=self.connect_s, sock_connect=self.connect_s, sock_read=answer_s
        )


class AiohttpRequest(BaseRequest):
    """Requests of python-telegram-bot over one aiohttp session.

    Open it with `initialize()` inside the running loop, close it with `shutdown()`.
    """

    __slots__ = ("_call_timeout", "_connections", "_secret", "_session", "_timeouts")

    def __init__(self, *, secret: str, timeouts: Timeouts, connections: int) -> None:
        """Keep the limits; `secret` is struck out of every error, `connections` bounds the pool."""
        self._secret = secret
        self._timeouts = timeouts
        self._connections = connections
        self._call_timeout = timeouts.of_call()
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        """Seconds that an ordinary answer may take."""
        return self._timeouts.answer_s

    async def initialize(self) -> None:
        """Open the session; again does nothing."""
        if self._session is not None:
            return
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=self._connections, keepalive_timeout=30, ttl_dns_cache=300
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"Accept-Encoding": "identity", "User-Agent": "Hazina"},
            timeout=self._call_timeout,
            trust_env=False,
        )

    async def shutdown(self) -> None:
        """Close the session; again does nothing."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def do_request(  # noqa: PLR0917  # The library's interface passes these by place.
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: object = BaseRequest.DEFAULT_NONE,
        write_timeout: object = BaseRequest.DEFAULT_NONE,
        connect_timeout: object = BaseRequest.DEFAULT_NONE,
        pool_timeout: object = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Serve python-telegram-bot's typed methods.

        Raises:
            TelegramError: as drawn at the top of this module.
        """
        bounds = self._call_timeout
        if isinstance(read_timeout, int | float):
            bounds = self._timeouts.of_call(read_timeout)
        data: aiohttp.FormData | bytes | None = None
        if request_data is not None and request_data.contains_files:
            bounds = self._timeouts.of_upload()
            data = _library_form(request_data)
        elif request_data is not None:
            data = orjson.dumps(request_data.parameters)
        status, payload = await self._exchange(method, URL(url), data=data, bounds=bounds)
        if not _is_success(status):
            raise self.error_of(status, payload)
        return status, payload

    async def call(
        self, url: URL, body: bytes, *, bounds: aiohttp.ClientTimeout | None = None
    ) -> Any:
        """Post a JSON body and return the answer's `result`; `bounds` replaces the usual ones.

        Raises:
            TelegramError: as drawn at the top of this module.
        """
        status, payload = await self._exchange(
            "POST", url, data=body, bounds=bounds or self._call_timeout
        )
        return self._result(status, payload)

    async def upload(self, url: URL, form: aiohttp.FormData) -> Any:
        """Post a form with files and return the answer's `result`; raises as `call` does."""
        status, payload = await self._exchange(
            "POST", url, data=form, bounds=self._timeouts.of_upload()
        )
        return self._result(status, payload)

    async def fetch(self, url: URL, *, max_bytes: int) -> bytes:
        """Download at most `max_bytes`.

        Raises:
            TelegramError: as drawn at the top of this module; TooLarge when there is more.
        """
        status, payload = await self._exchange(
            "GET", url, data=None, bounds=self._timeouts.of_upload(), max_bytes=max_bytes
        )
        if not _is_success(status):
            raise self.error_of(status, payload)
        return payload

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Read an answer, without logging what it says.

        Raises:
            AnswerLost: it is no JSON object.
        """
        try:
            answer = read_json(payload)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise AnswerLost("The answer is no JSON object")
        return answer

    def error_of(self, status: int, payload: bytes) -> TelegramError:
        """Turn an answer that is no success into the error it stands for."""
        try:
            answer = self.parse_json_payload(payload)
        except AnswerLost:
            answer = {}
        parameters = answer.get("parameters")
        if isinstance(parameters, dict):
            chat_id = parameters.get("migrate_to_chat_id")
            if isinstance(chat_id, int) and chat_id:
                return ChatMigrated(chat_id)
        if status == 429:  # noqa: PLR2004  # HTTP's own number.
            return Flooded(_pause(parameters))
        said = self._harmless(str(answer.get("description") or f"HTTP status {status}"))
        if kind := _BY_STATUS.get(status):
            return kind(said)
        is_refusal = 400 <= status < 500  # noqa: PLR2004  # HTTP's own numbers.
        return BadRequest(said) if is_refusal else NetworkError(said)

    def _result(self, status: int, payload: bytes) -> Any:
        if not _is_success(status):
            raise self.error_of(status, payload)
        answer = self.parse_json_payload(payload)
        if answer.get("ok") is True and "result" in answer:
            return answer["result"]
        code = answer.get("error_code")
        raise self.error_of(code if isinstance(code, int) else 500, payload)

    async def _exchange(
        self,
        method: str,
        url: URL,
        *,
        data: aiohttp.FormData | bytes | None,
        bounds: aiohttp.ClientTimeout,
        max_bytes: int = MAX_ANSWER_BYTES,
    ) -> tuple[int, bytes]:
        if self._session is None:
            raise NotSent("The session is not open")
        # The failure is raised after the handler: inside it, the original, whose text holds the
        # URL and with it the token, would be attached as its context.
        failure: TelegramError
        try:
            async with self._session.request(
                method,
                url,
                data=data,
                headers=_JSON if isinstance(data, bytes) else None,
                timeout=bounds,
                allow_redirects=False,
            ) as response:
                is_success = _is_success(response.status)
                bound = max_bytes if is_success else MAX_ANSWER_BYTES
                return response.status, await _read_bounded(response, bound)
        except (
            aiohttp.ClientConnectorError,
            aiohttp.ConnectionTimeoutError,
            aiohttp.InvalidURL,
        ) as error:
            failure = NotSent(type(error).__name__)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            failure = AnswerLost(type(error).__name__)
        raise failure

    def _harmless(self, text: str) -> str:
        without = text.replace(self._secret, "<token>") if self._secret else text
        return _ANY_TOKEN.sub("<token>", without)[:MAX_ERROR_CHARS]


def read_json(raw: bytes) -> Any:
    """Parse JSON; falls back to the standard library for lone surrogates.

    Raises:
        ValueError: it is no JSON.
    """
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(raw.decode("utf-8", "replace"))
    except RecursionError:
        raise ValueError("Nested too deeply") from None


async def _read_bounded(response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    """Read the body, or stop once it is larger than allowed."""
    length = response.content_length
    if length is not None and length <= max_bytes:
        return await response.read()
    if length is not None:
        raise TooLarge("The answer is too large")
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > max_bytes:
            raise TooLarge("The answer is too large")
    return bytes(body)


def _library_form(request_data: RequestData) -> aiohttp.FormData:
    form = aiohttp.FormData(quote_fields=False)
    for name, value in request_data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, content_type) in request_data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=content_type)
    return form


def _is_success(status: int) -> bool:
    return 200 <= status < 300  # noqa: PLR2004  # HTTP's own numbers.


def _pause(parameters: object) -> int:
    pause_s = parameters.get("retry_after") if isinstance(parameters, dict) else None
    return pause_s if isinstance(pause_s, int) and pause_s > 0 else PAUSE_WHEN_UNSAID_S

"""The service's ways out and in, laid on the network in memory: Telegram, providers, its port."""

from collections.abc import Mapping
from typing import Self

import aiohttp
import httpx
from aiohttp import web
from telegram.error import TelegramError
from yarl import URL

from bot.engine import request as telegram
from bot.settings import Settings
from tests.simulation.life import Life
from tests.simulation.wire import AnswerLost, Network, NotCarried

POLL = "getUpdates"


class TelegramLine(telegram.AiohttpRequest):
    """The real request class; only the exchange of bytes goes another way."""

    def __init__(self, network: Network, life: Life, *, secret: str) -> None:
        super().__init__(secret=secret, timeouts=telegram.Timeouts(), connections=1)
        self._network = network
        self._life = life

    async def initialize(self) -> None:
        """There is no session."""

    async def shutdown(self) -> None:
        """As above."""

    async def _exchange(
        self,
        method: str,
        url: URL,
        *,
        data: aiohttp.FormData | bytes | None,
        bounds: aiohttp.ClientTimeout,
        max_bytes: int = telegram.MAX_ANSWER_BYTES,
    ) -> tuple[int, bytes]:
        assert isinstance(data, bytes | None)
        called = url.path.rpartition("/")[2]
        self._pass(f"before {called}", is_counted=called != POLL)
        failure: TelegramError
        try:
            answer = await self._network.carry(
                "poll" if called == POLL else "telegram",
                method,
                str(url),
                headers={"Content-Type": "application/json"},
                body=data or b"",
                within_s=bounds.total or 20.0,
            )
        except NotCarried:
            failure = telegram.NotSent("refused")
        except AnswerLost:
            failure = telegram.AnswerLost("lost")
        else:
            self._pass(f"after {called}", is_counted=called != POLL)
            return answer.status, answer.body
        self._life.check()
        raise failure

    def _pass(self, where: str, *, is_counted: bool) -> None:
        if is_counted:
            self._life.point(where)
        else:
            self._life.check()


class ProviderLine(httpx.AsyncBaseTransport):
    """The transport under the real client and the real adapter."""

    def __init__(self, network: Network, life: Life) -> None:
        self._network = network
        self._life = life

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        what = f"{request.method} to the provider"
        body = await request.aread()
        self._life.point(f"before {what}")
        try:
            answer = await self._network.carry(
                "provider",
                request.method,
                str(request.url),
                headers=dict(request.headers),
                body=body,
                within_s=15.0,
            )
        except NotCarried:
            raise httpx.ConnectError("refused", request=request) from None
        except AnswerLost:
            raise httpx.ReadTimeout("lost", request=request) from None
        self._life.point(f"after {what}")
        headers = {k: v for k, v in answer.headers.items() if k.lower() != "content-length"}
        return httpx.Response(answer.status, headers=headers, content=answer.body)


class MemoryDoor:
    """The service's port."""

    def __init__(self, network: Network, app: web.Application, settings: Settings) -> None:
        self._network = network
        self._app = app
        self._place = f"{settings.http_host}:{settings.http_port}"

    async def open(self) -> None:
        self._network.open(self._place, self._app)

    async def close(self) -> None:
        self._network.shut(self._place, self._app)


class Courier:
    """As much of aiohttp's session as the sandbox's webhooks use."""

    def __init__(self, network: Network, line_name: str) -> None:
        self._network = network
        self._line_name = line_name

    def post(
        self, url: str, *, data: bytes, headers: Mapping[str, str], **bounds: object
    ) -> "_Posting":
        return _Posting(self._network, self._line_name, url, data, headers)


class _Posting:
    def __init__(
        self, network: Network, line_name: str, url: str, data: bytes, headers: Mapping[str, str]
    ) -> None:
        self._carrying = network.carry(
            line_name, "POST", url, headers=headers, body=data, within_s=10.0
        )
        self.status = 0
        self.ok = False
        self.reason = ""
        self.headers: Mapping[str, str] = {}

    async def __aenter__(self) -> Self:
        try:
            answer = await self._carrying
        except (NotCarried, AnswerLost) as failure:
            raise aiohttp.ClientConnectionError(type(failure).__name__) from None
        self.status, self.headers = answer.status, answer.headers
        self.ok = answer.status < 400
        return self

    async def __aexit__(self, *_error: object) -> None:
        return None

"""A Bot API that agrees to everything and tells who is waiting for a message."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import orjson
from aiohttp import web

TOKEN: Final = "123456789:AAsandboxsandboxsandboxsandboxsandbox"
ME: Final = {"id": 123456789, "is_bot": True, "first_name": "Hazina", "username": "hazina_bot"}
BUILDS_MESSAGE: Final = frozenset({"sendMessage", "editMessageText"})


class StubTelegram:
    """Answers every method; `told` hears the chat of each new message."""

    def __init__(self, told: Callable[[int], None] = lambda _chat_id: None) -> None:
        """Begin with nothing called."""
        self.calls: dict[str, int] = {}
        self.has_webhook = asyncio.Event()
        self._told = told
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        """Serve on a free port; return the address of the API."""
        app = web.Application()
        app.router.add_route("*", "/bot{token}/{method}", self._answer)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Serve no more."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        body = await request.read()
        self.calls[method] = self.calls.get(method, 0) + 1
        if method == "setWebhook":
            self.has_webhook.set()
        if method not in BUILDS_MESSAGE:
            return _ok(ME if method == "getMe" else True)
        sent = orjson.loads(body)
        answer = _ok(_message(sent))
        if method == "sendMessage":
            self._told(int(sent["chat_id"]))
        return answer


def _message(sent: dict[str, Any]) -> dict[str, Any]:
    return {
        "message_id": sent.get("message_id", 1),
        "from": ME,
        "chat": {"id": sent["chat_id"], "first_name": "Anna", "type": "private"},
        "date": 1_790_000_000,
        "text": sent.get("text", ""),
    }


def _ok(result: object) -> web.Response:
    body = orjson.dumps({"ok": True, "result": result})
    return web.Response(body=body, content_type="application/json")

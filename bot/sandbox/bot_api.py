"""The sandbox's Bot API over HTTP: `/bot<token>/<method>` and `/file/bot<token>/<path>`.

Refusals carry Telegram's own words. What this server does not know it refuses with 404, so that
a call nobody thought of is seen at once.
"""

import hmac
import logging
import re
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
from aiohttp import web

from bot.sandbox import api_chats, api_messages, invoices, misbehaviour
from bot.sandbox.params import Params, read_params
from bot.sandbox.refusals import ApiRefusal, ConnectionCut, bad_request
from bot.sandbox.updates import update_json
from bot.sandbox.world import ApiCall, World

MAX_POLL_S: Final = 50
MAX_UPDATES: Final = 100
_TOKEN: Final = re.compile(r"\d{1,16}:[A-Za-z0-9_-]{10,64}\Z")

Method = Callable[[World, Params], Any]

METHODS: Final[Mapping[str, Method]] = {
    "getme": api_chats.get_me,
    "getchat": api_chats.get_chat,
    "getchatmember": api_chats.get_chat_member,
    "getchatadministrators": api_chats.get_chat_administrators,
    "sendchataction": api_chats.send_chat_action,
    "getfile": api_chats.get_file,
    "setmycommands": api_chats.set_my_commands,
    "getmycommands": api_chats.get_my_commands,
    "deletemycommands": api_chats.delete_my_commands,
    "setchatmenubutton": api_chats.set_chat_menu_button,
    "getchatmenubutton": api_chats.get_chat_menu_button,
    "setmydescription": api_chats.set_my_description,
    "setmyshortdescription": api_chats.set_my_short_description,
    "setwebhook": api_chats.set_webhook,
    "deletewebhook": api_chats.delete_webhook,
    "getwebhookinfo": api_chats.get_webhook_info,
    "sendmessage": api_messages.send_message,
    "sendphoto": api_messages.send_photo,
    "senddocument": api_messages.send_document,
    "editmessagetext": api_messages.edit_message_text,
    "editmessagecaption": api_messages.edit_message_caption,
    "editmessagereplymarkup": api_messages.edit_message_reply_markup,
    "deletemessage": api_messages.delete_message,
    "deletemessages": api_messages.delete_messages,
    "answercallbackquery": api_messages.answer_callback_query,
    "createinvoicelink": invoices.create_invoice_link,
    "answerprecheckoutquery": invoices.answer_pre_checkout_query,
}

log = logging.getLogger(__name__)


class BotApi:
    """The Bot API of one world, as routes of an aiohttp application."""

    def __init__(self, world: World) -> None:
        """Serve that world."""
        self._world = world
        self.last_call_at = 0.0

    def mount(self, app: web.Application, prefix: str) -> None:
        """Add the routes below the prefix, such as `/sandbox/telegram`."""
        app.router.add_route("*", f"{prefix}/bot{{token}}/{{method}}", self._handle)
        app.router.add_get(f"{prefix}/file/bot{{token}}/{{path:.+}}", self._download)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"].lower()
        began_s = time.perf_counter()
        self.last_call_at = self._world.monotonic()
        params = Params({}, {})
        code, note = 200, ""
        try:
            self._check_token(request)
            params = await read_params(request)
            await misbehaviour.before(self._world.board, method)
            body: dict[str, Any] = {"ok": True, "result": await self._answer(method, params)}
            await misbehaviour.after(self._world.board, method, hang_s=self._world.hang_s)
        except ApiRefusal as refusal:
            code, note, body = refusal.code, refusal.description, refusal.as_json()
        except ConnectionCut:
            code, note, body = 0, "no answer", {}
        if request.transport is not None and not request.transport.is_closing():
            self._note(request.match_info["method"], params, code, note, began_s)
        if code == 0:
            return _cut(request)
        return _json(body, code)

    async def _answer(self, method: str, params: Params) -> Any:
        if method == "getupdates":
            return await self._get_updates(params)
        if method not in METHODS:
            log.warning("The sandbox has no method %s", method)
            raise ApiRefusal(404, "Not Found")
        return METHODS[method](self._world, params)

    async def _get_updates(self, params: Params) -> list[dict[str, Any]]:
        limit = params.integer("limit", MAX_UPDATES)
        timeout_s = min(max(params.integer("timeout"), 0), MAX_POLL_S)
        api_chats.remember_allowed(self._world, params)
        found = await self._world.queue.fetch(
            offset=params.integer("offset"),
            limit=min(max(limit, 1), MAX_UPDATES),
            timeout_s=timeout_s,
        )
        return [update_json(update) for update in found]

    async def _download(self, request: web.Request) -> web.StreamResponse:
        try:
            self._check_token(request)
            await misbehaviour.before(self._world.board, "download")
            content = self._content(request.match_info["path"])
        except ApiRefusal as refusal:
            return _json(refusal.as_json(), refusal.code)
        except ConnectionCut:
            return _cut(request)
        return web.Response(body=content, content_type="application/octet-stream")

    def _content(self, path: str) -> bytes:
        content = self._world.shelf.get(_safe(path.rpartition("/")[2].partition(".")[0]))
        if content is None:
            raise ApiRefusal(404, "Not Found")
        return content

    def _check_token(self, request: web.Request) -> None:
        token = request.match_info["token"]
        if _TOKEN.match(token) is None:
            raise ApiRefusal(404, "Not Found")
        if not hmac.compare_digest(token, self._world.state.bot.token):
            raise ApiRefusal(401, "Unauthorized")

    def _note(self, method: str, params: Params, code: int, note: str, began_s: float) -> None:
        if method.lower() == "getupdates" and code == 200:  # noqa: PLR2004 - quiet polls are no news
            self._world.counts[method.lower()] += 1
            return
        self._world.note_call(
            ApiCall(
                at=self._world.now(),
                method=method,
                chat_id=params.integer("chat_id"),
                code=code,
                took_ms=int((time.perf_counter() - began_s) * 1000),
                note=note,
            )
        )


def _safe(unique_id: str) -> str:
    if re.fullmatch(r"[0-9a-f]{16}", unique_id) is None:
        raise bad_request("wrong file path")
    return unique_id


def _json(body: Mapping[str, Any], code: int) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=code, content_type="application/json")


def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    raise ConnectionResetError

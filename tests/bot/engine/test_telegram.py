"""The client speaks to a tiny Bot API server on loopback."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from telegram.error import BadRequest, InvalidToken

from bot.engine.request import AnswerLost, TooLarge
from bot.engine.telegram import ALLOWED_UPDATES, CommandScope, Me, TelegramClient, Upload

TOKEN = "123456789:AAsandboxsandboxsandboxsandboxsandbox"


class Stub:
    """Answers each method with what it was given; keeps what came."""

    def __init__(self) -> None:
        self.results: dict[str, object] = {}
        self.files: dict[str, bytes] = {}
        self.seen: list[tuple[str, Any]] = []

    async def method(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if request.content_type == "application/json":
            self.seen.append((method, await request.json()))
        else:
            fields = await request.post()
            self.seen.append((method, {name: read_field(fields[name]) for name in fields}))
        if method not in self.results:
            refusal = {"ok": False, "error_code": 404, "description": "Not Found"}
            return web.json_response(refusal, status=404)
        return web.json_response({"ok": True, "result": self.results[method]})

    async def file(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=self.files[request.match_info["path"]])


def read_field(field: Any) -> Any:
    return field if isinstance(field, str) else (field.filename, field.file.read())


@asynccontextmanager
async def client_of(stub: Stub, *, prefix: str = "") -> AsyncIterator[TelegramClient]:
    application = web.Application()
    application.router.add_post(f"{prefix}/bot{TOKEN}/{{method}}", stub.method)
    application.router.add_get(f"{prefix}/file/bot{TOKEN}/{{path:.+}}", stub.file)
    async with TestServer(application) as server:
        client = TelegramClient(token=TOKEN, api_url=str(server.make_url(prefix or "/")))
        await client.open()
        try:
            yield client
        finally:
            await client.close()


async def test_call_carries_plain_json() -> None:
    stub = Stub()
    stub.results["sendMessage"] = {"message_id": 3}
    payload = {"chat_id": 5, "text": "12.50 €", "reply_markup": {"inline_keyboard": []}}
    async with client_of(stub) as client:
        actual = await client.call("sendMessage", payload)

    assert actual == {"message_id": 3}
    assert stub.seen == [("sendMessage", payload)]


async def test_server_below_a_path_is_reached() -> None:
    stub = Stub()
    stub.results["getMe"] = {"id": 7, "is_bot": True, "first_name": "Hazina", "username": "hz_bot"}
    async with client_of(stub, prefix="/sandbox/telegram") as client:
        actual = await client.get_me()

    assert actual == Me(id=7, username="hz_bot", name="Hazina")


async def test_unknown_to_the_server_means_a_bad_token() -> None:
    async with client_of(Stub()) as client:
        with pytest.raises(InvalidToken) as raised:
            await client.get_me()

    assert TOKEN not in str(raised.value)


async def test_updates_come_raw() -> None:
    stub = Stub()
    stub.results["getUpdates"] = [{"update_id": 9, "message": {"text": "hi"}}]
    async with client_of(stub) as client:
        actual = await client.get_updates(offset=9, timeout_s=0)

    assert actual == stub.results["getUpdates"]
    assert stub.seen == [
        (
            "getUpdates",
            {"offset": 9, "timeout": 0, "limit": 100, "allowed_updates": list(ALLOWED_UPDATES)},
        )
    ]


async def test_updates_that_are_no_list_are_lost() -> None:
    stub = Stub()
    stub.results["getUpdates"] = True
    async with client_of(stub) as client:
        with pytest.raises(AnswerLost):
            await client.get_updates(offset=0, timeout_s=0)


async def test_upload_carries_fields_and_file() -> None:
    stub = Stub()
    stub.results["sendDocument"] = {"message_id": 4}
    async with client_of(stub) as client:
        await client.upload(
            "sendDocument",
            {"chat_id": 5, "caption": "Statement", "reply_markup": {"inline_keyboard": []}},
            {"document": Upload(name="june.pdf", content=b"%PDF", mime_type="application/pdf")},
        )

    assert stub.seen == [
        (
            "sendDocument",
            {
                "chat_id": "5",
                "caption": "Statement",
                "reply_markup": '{"inline_keyboard":[]}',
                "document": ("june.pdf", b"%PDF"),
            },
        )
    ]


async def test_webhook_is_set_with_its_secret_and_kept_updates() -> None:
    stub = Stub()
    stub.results |= {"setWebhook": True, "deleteWebhook": True}
    async with client_of(stub) as client:
        await client.set_webhook(url="https://pay.example/telegram/webhook", secret="s")
        await client.delete_webhook()

    assert stub.seen == [
        (
            "setWebhook",
            {
                "url": "https://pay.example/telegram/webhook",
                "secret_token": "s",
                "max_connections": 40,
                "allowed_updates": list(ALLOWED_UPDATES),
                "drop_pending_updates": False,
            },
        ),
        ("deleteWebhook", {"drop_pending_updates": False}),
    ]


async def test_commands_are_set_per_scope_and_language() -> None:
    stub = Stub()
    stub.results["setMyCommands"] = True
    async with client_of(stub) as client:
        await client.set_my_commands([("pay", "Payer")], scope=CommandScope.PRIVATE, language="fr")
        await client.set_my_commands([("pay", "Pay")], scope=CommandScope.DEFAULT)

    commands = [{"command": "pay", "description": "Payer"}]
    assert stub.seen[0] == (
        "setMyCommands",
        {"commands": commands, "scope": {"type": "all_private_chats"}, "language_code": "fr"},
    )
    assert "language_code" not in stub.seen[1][1]


async def test_file_is_downloaded() -> None:
    stub = Stub()
    stub.results["getFile"] = {"file_id": "f", "file_path": "photos/a b#1.jpg", "file_size": 3}
    stub.files["photos/a b#1.jpg"] = b"abc"
    async with client_of(stub) as client:
        assert await client.download("f") == b"abc"


async def test_file_that_is_said_to_be_large_is_not_fetched() -> None:
    stub = Stub()
    stub.results["getFile"] = {"file_path": "a", "file_size": 4}
    async with client_of(stub) as client:
        with pytest.raises(TooLarge):
            await client.download("f", max_bytes=3)


async def test_file_that_lies_about_its_size_is_cut_short() -> None:
    stub = Stub()
    stub.results["getFile"] = {"file_path": "a"}
    stub.files["a"] = b"abcd"
    async with client_of(stub) as client:
        with pytest.raises(TooLarge):
            await client.download("f", max_bytes=3)


@pytest.mark.parametrize("path", [None, "", "/etc/passwd", "../x", "a/../../x", "a//b"])
async def test_file_outside_its_folder_is_refused(path: object) -> None:
    stub = Stub()
    stub.results["getFile"] = {"file_path": path}
    async with client_of(stub) as client:
        with pytest.raises(BadRequest):
            await client.download("f")


@pytest.mark.parametrize("method", ["", "send/../getMe", "send message"])
async def test_method_must_be_a_name(method: str) -> None:
    client = TelegramClient(token=TOKEN, api_url="http://127.0.0.1:1")

    with pytest.raises(ValueError, match="only letters"):
        await client.call(method, {})


@pytest.mark.parametrize("api_url", ["", "api.telegram.org", "ftp://127.0.0.1", "http://"])
def test_address_must_be_http(api_url: str) -> None:
    with pytest.raises(ValueError, match="no http"):
        TelegramClient(token=TOKEN, api_url=api_url)


@pytest.mark.parametrize("token", ["", "1:a/b", "1:a?b", "1:a b", "1:é", "1:a\n"])
def test_token_must_fit_a_path(token: str) -> None:
    with pytest.raises(ValueError, match="malformed"):
        TelegramClient(token=token, api_url="http://127.0.0.1:1")


def test_repr_holds_no_token() -> None:
    assert repr(TelegramClient(token=TOKEN, api_url="http://127.0.0.1:1")) == "TelegramClient()"

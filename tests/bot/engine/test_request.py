"""Failures say whether the request left, and none of them holds the token."""

import asyncio
import json
import logging
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from telegram import Bot, InputFile
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    TelegramError,
)
from yarl import URL

from bot.engine.request import (
    AiohttpRequest,
    AnswerLost,
    Flooded,
    NotSent,
    Timeouts,
    TooLarge,
    read_json,
)

TOKEN = "123456789:AAsandboxsandboxsandboxsandboxsandbox"
PATIENT = Timeouts(connect_s=30, answer_s=30, total_s=60, upload_s=60, poll_slack_s=30)
HASTY = replace(PATIENT, answer_s=0.05)

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def read_request(reader: asyncio.StreamReader) -> tuple[str, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    lengths = [
        line[15:] for line in head.lower().split("\r\n") if line.startswith("content-length")
    ]
    return head, await reader.readexactly(int(lengths[0]) if lengths else 0)


def answering(status: int, body: bytes, *, extra: str = "") -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{extra}\r\n"
        writer.write(head.encode() + body)
        await writer.drain()

    return serve


def refusing(code: int, description: str, parameters: object = None) -> Serve:
    body = {"ok": False, "error_code": code, "description": description, "parameters": parameters}
    return answering(code, json.dumps(body).encode())


async def drop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)


async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()  # Until the client gives up.


async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"ok":')
    await writer.drain()


async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    writer.write(b"5\r\n12345\r\n" * 3 + b"0\r\n\r\n")
    await writer.drain()


@asynccontextmanager
async def server(serve: Serve) -> AsyncIterator[str]:
    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        finally:
            writer.close()

    listening = await asyncio.start_server(once, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        listening.close()


@asynccontextmanager
async def requests_to(
    serve: Serve, *, timeouts: Timeouts = PATIENT, connections: int = 4
) -> AsyncIterator[tuple[AiohttpRequest, URL]]:
    async with (
        server(serve) as base,
        AiohttpRequest(secret=TOKEN, timeouts=timeouts, connections=connections) as request,
    ):
        yield request, URL(f"{base}/bot{TOKEN}/sendMessage")


async def failure_of(serve: Serve, timeouts: Timeouts = PATIENT) -> TelegramError:
    async with requests_to(serve, timeouts=timeouts) as (request, url):
        with pytest.raises(TelegramError) as raised:
            await request.call(url, b"{}")
    assert_harmless(raised.value)
    return raised.value


def assert_harmless(error: BaseException) -> None:
    everything = "".join(traceback.format_exception(error))
    chain: BaseException | None = error
    while chain is not None:
        everything += repr(chain) + str(chain)
        chain = chain.__cause__ or chain.__context__
    assert TOKEN not in everything


async def test_result_is_returned() -> None:
    async with requests_to(answering(200, b'{"ok":true,"result":{"message_id":7}}')) as (
        request,
        url,
    ):
        actual = await request.call(url, b"{}")

    assert actual == {"message_id": 7}


async def test_refused_connection_was_not_sent() -> None:
    async with server(drop) as base:
        pass
    async with AiohttpRequest(secret=TOKEN, timeouts=PATIENT, connections=1) as request:
        with pytest.raises(NotSent) as raised:
            await request.call(URL(f"{base}/bot{TOKEN}/sendMessage"), b"{}")

    assert_harmless(raised.value)
    assert raised.value.__context__ is None


async def test_full_pool_was_not_sent() -> None:
    arrived = asyncio.Event()

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await hold(reader, writer)

    short = replace(PATIENT, connect_s=0.5)
    async with requests_to(keep, timeouts=short, connections=1) as (request, url):
        first = asyncio.create_task(request.call(url, b"{}"))
        await arrived.wait()
        with pytest.raises(NotSent) as raised:
            await request.call(url, b"{}")
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)

    assert_harmless(raised.value)


async def test_closed_session_was_not_sent() -> None:
    request = AiohttpRequest(secret=TOKEN, timeouts=PATIENT, connections=1)

    with pytest.raises(NotSent):
        await request.call(URL("http://127.0.0.1:1/"), b"{}")


@pytest.mark.parametrize("serve", [drop, hold, break_off])
async def test_no_answer_after_sending_is_lost(serve: Serve) -> None:
    assert type(await failure_of(serve, HASTY)) is AnswerLost


@pytest.mark.parametrize(
    "body",
    [b"<html>", b"[]", b'"\xff', b"[" * 100_000],
    ids=["page", "list", "bytes", "abyss"],
)
async def test_unreadable_success_is_lost(body: bytes) -> None:
    assert type(await failure_of(answering(200, body))) is AnswerLost


async def test_success_that_says_no_is_judged_by_its_code() -> None:
    error = await failure_of(
        answering(200, b'{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}')
    )

    assert type(error) is BadRequest


async def test_success_without_result_may_have_happened() -> None:
    assert type(await failure_of(answering(200, b'{"ok":true}'))) is NetworkError


@pytest.mark.parametrize(
    ("serve", "expected"),
    [
        (refusing(400, "Bad Request: chat not found"), BadRequest),
        (refusing(401, "Unauthorized"), InvalidToken),
        (refusing(403, "Forbidden: bot was blocked by the user"), Forbidden),
        (refusing(404, "Not Found"), EndPointNotFound),
        (refusing(409, "Conflict: terminated by other getUpdates request"), Conflict),
        (refusing(413, "Request Entity Too Large"), BadRequest),
        (refusing(500, "Internal Server Error: restart"), NetworkError),
        (answering(502, b"<html>Bad Gateway</html>"), NetworkError),
        (answering(302, b"", extra="Location: http://127.0.0.1:1/\r\n"), NetworkError),
    ],
    ids=["400", "401", "403", "404", "409", "413", "500", "502", "302"],
)
async def test_status_names_the_error(serve: Serve, expected: type[TelegramError]) -> None:
    assert type(await failure_of(serve)) is expected


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [({"retry_after": 17}, 17), (None, 5), ({"retry_after": "x"}, 5), ({"retry_after": 0}, 5)],
)
async def test_flood_brings_its_pause(parameters: object, expected: int) -> None:
    error = await failure_of(refusing(429, "Too Many Requests: retry later", parameters))

    assert isinstance(error, Flooded)
    assert error.retry_after == timedelta(seconds=expected)


async def test_migration_brings_the_new_id() -> None:
    error = await failure_of(
        refusing(400, "group was upgraded", {"migrate_to_chat_id": -1001234567890})
    )

    assert isinstance(error, ChatMigrated)
    assert error.new_chat_id == -1001234567890


@pytest.mark.parametrize("said", [TOKEN, "987654321:" + "z" * 35])
async def test_descriptions_lose_every_token(said: str) -> None:
    error = await failure_of(refusing(400, f"Bad Request: http://x/bot{said}/y"))

    assert said not in repr(error)
    assert "<token>" in str(error)


async def test_logs_hold_no_token(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    await failure_of(answering(200, TOKEN.encode()))
    await failure_of(drop)

    assert TOKEN not in caplog.text


async def test_typed_methods_of_the_library_pass() -> None:
    user = b'{"ok":true,"result":{"id":1,"is_bot":true,"first_name":"H","username":"h_bot"}}'
    async with requests_to(answering(200, user)) as (request, url):
        bot = Bot(
            TOKEN, base_url=f"{url.origin()}/bot", request=request, get_updates_request=request
        )
        me = await bot.get_me(read_timeout=30)

    assert me.username == "h_bot"


async def test_typed_methods_of_the_library_raise_our_errors() -> None:
    async with requests_to(refusing(429, "Too Many", {"retry_after": 3})) as (request, url):
        bot = Bot(
            TOKEN, base_url=f"{url.origin()}/bot", request=request, get_updates_request=request
        )
        with pytest.raises(Flooded):
            await bot.get_me()


async def test_library_uploads_as_a_form() -> None:
    seen: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append((await read_request(reader))[1])
        body = b'{"ok":true,"result":{"message_id":1,"date":1,"chat":{"id":5,"type":"private"}}}'
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()

    async with requests_to(serve) as (request, url):
        bot = Bot(
            TOKEN, base_url=f"{url.origin()}/bot", request=request, get_updates_request=request
        )
        await bot.send_document(5, InputFile(b"%PDF", filename="statement.pdf"))

    assert b'name="chat_id"' in seen[0]
    assert b'filename="statement.pdf"' in seen[0]


@pytest.mark.parametrize("serve", [answering(200, b"123456789"), trickle], ids=["said", "unsaid"])
async def test_download_stops_at_its_bound(serve: Serve) -> None:
    async with requests_to(serve) as (request, url):
        with pytest.raises(TooLarge):
            await request.fetch(url, max_bytes=8)


async def test_download_brings_the_bytes() -> None:
    async with requests_to(trickle) as (request, url):
        assert await request.fetch(url, max_bytes=15) == b"123451234512345"


async def test_download_of_nothing_is_refused() -> None:
    async with requests_to(refusing(404, "Not Found")) as (request, url):
        with pytest.raises(EndPointNotFound):
            await request.fetch(url, max_bytes=8)


async def test_opening_and_closing_twice_is_harmless() -> None:
    request = AiohttpRequest(secret=TOKEN, timeouts=PATIENT, connections=1)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(request)
        await request.initialize()
    await request.shutdown()

    assert request.read_timeout == PATIENT.answer_s


def test_lone_surrogates_are_read() -> None:
    assert read_json(b'{"text":"\\ud83d"}') == {"text": "\ud83d"}

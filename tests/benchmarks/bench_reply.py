"""P8: CPU per reply of our path ÷ python-telegram-bot with its stock client; one line.

Run it with `python -m tests.benchmarks.bench_reply`. The Bot API is a stub on aiohttp in a child
process, so the figures are the client's CPU alone: a screen becomes a call, leaves, and its answer
becomes an outcome. The three contenders take turns; the line holds the medians of the rounds. The
plain contender posts ready JSON with aiohttp and reads the answer: the floor that P13 is measured
against.
"""

import asyncio
import importlib.util
import logging
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import aiohttp
import orjson
from aiohttp import web
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions

from bot.engine.limits import Rates, SendLimits
from bot.engine.outcomes import Delivered, classify
from bot.engine.telegram import TelegramClient
from handlers.adapter import to_calls
from handlers.chat import Button, Screen, Show

TOKEN: Final = "123456789:AAsandboxsandboxsandboxsandboxsandbox"
ROUNDS: Final = 7
REPLIES: Final = 600
AT_ONCE: Final = 32
CHAT_ID: Final = 5_000_000_001
TEXT: Final = "<b>Service charge, June</b>\nDue Friday, 5 June\nTo pay: 12,500.00 NGN"
PAY: Final = "Pay from wallet"
MORE: Final = "More"

Reply = Callable[[], Awaitable[None]]


async def answer(request: web.Request) -> web.Response:
    """Answer like getMe and sendMessage, with a message of ordinary size."""
    me = {"id": 1, "is_bot": True, "first_name": "Hazina", "username": "hazina_bot"}
    if request.match_info["method"] == "getMe":
        return web.json_response({"ok": True, "result": me})
    sent = orjson.loads(await request.read()) if request.content_type.endswith("json") else {}
    message = {
        "message_id": 1,
        "from": me,
        "chat": {"id": CHAT_ID, "first_name": "Anna", "type": "private"},
        "date": 1_790_000_000,
        "text": sent.get("text", TEXT),
        "entities": [{"offset": 0, "length": 20, "type": "bold"}],
    }
    body = orjson.dumps({"ok": True, "result": message})
    return web.Response(body=body, content_type="application/json")


def serve() -> None:
    """Be the child: serve on a free port and print it."""

    async def main() -> None:
        application = web.Application()
        application.router.add_post("/bot{token}/{method}", answer)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        await runner.cleanup()

    asyncio.run(main())


@asynccontextmanager
async def ours(base: str) -> AsyncIterator[Reply]:
    """Screen → call → limits → HTTP → outcome, as the sender does it."""
    client = TelegramClient(token=TOKEN, api_url=base)
    await client.open()
    limits = SendLimits(rates=Rates(), now=0.0, is_lifted=True)
    screen = Screen(
        html=TEXT,
        rows=((Button(label=PAY, data="i:abcdefgh"), Button(label=MORE, data="m:1")),),
    )

    async def reply() -> None:
        call = to_calls(screen, Show.SEND, CHAT_ID)
        assert limits.take(CHAT_ID, 0.0) == 0.0
        outcome = classify(await client.call(call.method, call.payload))
        assert isinstance(outcome, Delivered)

    yield reply
    await client.close()


@asynccontextmanager
async def stock(base: str) -> AsyncIterator[Reply]:
    """Send as python-telegram-bot does out of the box."""
    async with AsyncExitStack() as stack:
        bot = await stack.enter_async_context(Bot(TOKEN, base_url=f"{base}/bot"))

        async def reply() -> None:
            markup = InlineKeyboardMarkup(
                [
                    [
                        InlineKeyboardButton(PAY, callback_data="i:abcdefgh"),
                        InlineKeyboardButton(MORE, callback_data="m:1"),
                    ]
                ]
            )
            await bot.send_message(
                CHAT_ID,
                TEXT,
                parse_mode="HTML",
                reply_markup=markup,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )

        yield reply


@asynccontextmanager
async def plain(base: str) -> AsyncIterator[Reply]:
    """Post ready JSON and read the answer."""
    async with aiohttp.ClientSession() as session:
        body = orjson.dumps({"chat_id": CHAT_ID, "text": TEXT, "parse_mode": "HTML"})
        headers = {"Content-Type": "application/json"}
        url = f"{base}/bot{TOKEN}/sendMessage"

        async def reply() -> None:
            async with session.post(url, data=body, headers=headers) as answered:
                orjson.loads(await answered.read())

        yield reply


async def cpu_per_reply(reply: Reply, at_once: int) -> float:
    """Return CPU milliseconds of this process for one reply."""

    async def send(count: int) -> None:
        for _ in range(count):
            await reply()

    started = time.process_time()
    await asyncio.gather(*(send(REPLIES // at_once) for _ in range(at_once)))
    return (time.process_time() - started) * 1000 / (REPLIES // at_once * at_once)


async def compare(base: str, at_once: int) -> str:
    """Measure all contenders in turns and word the result."""
    async with ours(base) as own, stock(base) as library, plain(base) as floor:
        contenders = {"ours": own, "stock": library, "plain": floor}
        seen: dict[str, list[float]] = {name: [] for name in contenders}
        for turn in range(ROUNDS + 1):
            for name, reply in contenders.items():
                figure = await cpu_per_reply(reply, at_once)
                if turn:  # The first round warms up.
                    seen[name].append(figure)
    middle = {name: statistics.median(figures) for name, figures in seen.items()}
    return (
        f"{at_once} at once: ours {middle['ours']:.3f} ms, stock {middle['stock']:.3f} ms, "
        f"plain aiohttp {middle['plain']:.3f} ms, ours/stock "
        f"{middle['ours'] / middle['stock']:.2f}, ours/plain "
        f"{middle['ours'] / middle['plain']:.2f}"
    )


async def main(base: str) -> None:
    """Print the line."""
    parts = [await compare(base, at_once) for at_once in (1, AT_ONCE)]
    print(f"P8 CPU per reply (goal 0.25 of stock, least 0.50): {'; '.join(parts)}")


if __name__ == "__main__":
    if "--serve" in sys.argv:
        serve()
        sys.exit()
    logging.getLogger("httpx").setLevel(logging.WARNING)
    assert importlib.util.find_spec("sniffio"), "the stock client is slower without sniffio"
    command = [sys.executable, "-m", "tests.benchmarks.bench_reply", "--serve"]
    with subprocess.Popen(  # noqa: S603  # This very file.
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        try:
            asyncio.run(main(f"http://127.0.0.1:{int(child.stdout.readline())}"))
        finally:
            assert child.stdin is not None
            child.stdin.close()

"""The children of `bench_chat` and `bench_updates`: our service on a prepared file, and the floors.

The floor of a payment is an aiohttp handler that writes the rows of a payment and of its arrival in
one commit, sends one message and says 200. The floor of an update that asks for nothing is the
Telegram library behind an aiohttp webhook. Ours and that one tell what CPU they used.
"""

import asyncio
import pickle
import sys
import time
from pathlib import Path
from typing import Any, Final

import aiohttp
import orjson
from aiohttp import web
from pydantic import SecretStr
from telegram import Update
from telegram.ext import Application, TypeHandler

from bot.engine.telegram import Me
from bot.life import serve as serve_service
from bot.settings import Settings, TelegramMode
from bot.start import begin_collecting
from bot.web.telegram import PATH
from bot.wiring import build
from tests.benchmarks.crowd import SECRET_KEY
from tests.benchmarks.figures import quiet
from tests.benchmarks.plain_rows import PlainRows
from tests.benchmarks.stub_telegram import ME, TOKEN
from tests.benchmarks.wire import HOST, free_port, parent_is_done, serve

WEBHOOK_SECRET: Final = "not-a-secret"
HEADERS: Final = {"X-Telegram-Bot-Api-Secret-Token": WEBHOOK_SECRET}
CPU_PATH: Final = "/cpu"
"""Answers with the CPU seconds of the child, once it has nothing left to do."""


async def serve_ours(folder: Path, api_url: str) -> None:
    """Run the whole service in webhook mode, its limits lifted."""
    port = free_port()
    values: dict[str, Any] = {
        "_env_file": None,
        "database_url": f"sqlite+aiosqlite:///{folder / 'ours.db'}",
        "http_port": port,
        "public_url": f"http://{HOST}:{port}",
        "telegram_bot_token": SecretStr(TOKEN),
        "telegram_api_url": api_url,
        "telegram_mode": TelegramMode.WEBHOOK,
        "telegram_webhook_secret": SecretStr(WEBHOOK_SECRET),
        "hazina_sandbox_url": f"http://{HOST}:{port}/sandbox",
        "hazina_secret_key": SecretStr(SECRET_KEY),
    }
    me = Me(id=int(str(ME["id"])), username=str(ME["username"]), name=str(ME["first_name"]))
    service = build(Settings(**values), me=me, has_limits=False)

    async def tell_cpu(_request: web.Request) -> web.Response:
        await service.engine.lanes.settle()
        return web.Response(text=f"{time.process_time()}")

    service.web.router.add_get(CPU_PATH, tell_cpu)
    stop = asyncio.Event()
    running = asyncio.create_task(serve_service(service, stop))
    print(port, flush=True)
    await parent_is_done()
    await service.engine.lanes.settle()
    stop.set()
    await running


async def serve_floor(folder: Path, api_url: str) -> None:
    """Write, send, say 200."""
    with (folder / "rows.pickle").open("rb") as file:
        ids, found, planned = pickle.load(file)  # noqa: S301 - our parent wrote it just now
    rows = PlainRows(folder / "floor.db", ids, found, planned)
    rows.plan(int((folder / "floor.count").read_text(encoding="ascii")))
    async with aiohttp.ClientSession() as session:

        async def receive(request: web.Request) -> web.Response:
            press = orjson.loads(await request.read())["callback_query"]
            rows.pay()
            body = orjson.dumps({"chat_id": press["from"]["id"], "text": "Paid"})
            url = f"{api_url}/bot{TOKEN}/sendMessage"
            async with session.post(url, data=body) as answered:
                orjson.loads(await answered.read())
            return web.Response()

        app = web.Application()
        app.router.add_post(PATH, receive)
        await serve(app, until=parent_is_done)
    (folder / "floor.paid").write_text(str(rows.count()), encoding="ascii")
    rows.close()


async def serve_library(folder: Path, api_url: str) -> None:
    """Give each update to the library, whose one handler does nothing; say 200."""
    handled = 0

    async def ignore(_update: Update, _context: object) -> None:
        nonlocal handled
        handled += 1

    library = Application.builder().token(TOKEN).base_url(f"{api_url}/bot").build()
    library.add_handler(TypeHandler(Update, ignore))

    async def receive(request: web.Request) -> web.Response:
        update = Update.de_json(orjson.loads(await request.read()), library.bot)
        await library.process_update(update)
        return web.Response()

    async def tell_cpu(_request: web.Request) -> web.Response:
        return web.Response(text=f"{time.process_time()}")

    app = web.Application()
    app.router.add_post(PATH, receive)
    app.router.add_get(CPU_PATH, tell_cpu)
    async with library:
        await serve(app, until=parent_is_done)
    (folder / "library.handled").write_text(str(handled), encoding="ascii")


CHILDREN: Final = {"ours": serve_ours, "floor": serve_floor, "library": serve_library}

if __name__ == "__main__":
    quiet()
    # As the service starts: a full collection would walk through all that was loaded, 90 ms.
    begin_collecting()
    child = CHILDREN[sys.argv[1]]
    asyncio.run(child(Path(sys.argv[2]), sys.argv[3]))

"""The stage of whole stories: sandbox Telegram, sandbox provider, and the real service, in process.

Everything between them is HTTP on loopback; nothing of the service is replaced. A service can be
ended as by `kill -9` (nothing is finished, nothing is said) and started again on the same file.
"""

import asyncio
import atexit
import contextlib
import itertools
import os
import random
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from aiohttp import web
from pydantic import SecretStr

from bot.engine.telegram import Me
from bot.life import serve
from bot.providers import KINDS
from bot.sandbox import estate
from bot.sandbox.bot_api import BotApi
from bot.sandbox.child import PORTS
from bot.sandbox.invoice_page import InvoicePage
from bot.sandbox.invoices import provider_token
from bot.sandbox.player import Player
from bot.sandbox.provider import ProviderOptions, ProviderServer
from bot.sandbox.records import Person
from bot.sandbox.world import World
from bot.settings import Settings
from bot.wiring import Service, build
from core.domain.tenants import PLATFORM, TenantId
from storage import audit, setup
from storage.doctor import examine
from storage.embedded import EmbeddedDatabase
from storage.statements import written
from storage.transaction import SqlTransaction
from tests.books import is_on_postgres
from tests.scripts.crashes import Crash

T = TypeVar("T")
Seed = Callable[[SqlTransaction], object]

SECRET_KEY: Final = "not-a-secret-" * 4
READY_WITHIN_S: Final = 150.0
QUIET_WITHIN_S: Final = 180.0
ACTS_WITHIN_S: Final = 60.0
"""Far beyond what a loaded machine takes: what never comes is found, what is slow is not."""
SOON_S: Final = 30


class Stage:
    """One world, one provider, one database file, and the service between them."""

    def __init__(self, folder: Path, world: World, provider: ProviderServer, base: str) -> None:
        """Keep the parts; `start` raises the curtain."""
        self.folder = folder
        self.world = world
        self.provider = provider
        self.base = base
        self.path = folder / "sandbox.db"
        self.port = free_port()
        self.overrides: dict[str, Any] = {}
        self.crash = Crash()
        self._service: Service | None = None
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def service(self) -> Service:
        """The running service."""
        assert self._service is not None
        return self._service

    @property
    def settings(self) -> Settings:
        """What the service is started with."""
        played = {name.lower(): value for name, value in self.provider.child_env().items()}
        values: dict[str, Any] = {
            "database_url": _SERVERS.get(self.path, f"sqlite+aiosqlite:///{self.path}"),
            "http_port": self.port,
            "public_url": f"http://127.0.0.1:{self.port}",
            "telegram_bot_token": SecretStr(self.world.state.bot.token),
            "telegram_api_url": f"{self.base}/sandbox/telegram",
            "hazina_sandbox_url": f"{self.base}/sandbox",
            "hazina_secret_key": SecretStr(SECRET_KEY),
            "telegram_provider_token": SecretStr(provider_token(self.world.state.bot)),
            **played,
        }
        return Settings(_env_file=None, **{**values, **self.overrides})  # type: ignore[call-arg]

    async def start(self, crash: Crash | None = None) -> None:
        """Start the service and wait until it takes work, or until it has died on the way."""
        account = self.world.state.bot
        me = Me(id=account.id, username=account.username, name=account.first_name)
        self._stop = asyncio.Event()
        self.crash = crash or Crash()
        self._service = build(
            self.settings,
            me=me,
            has_limits=False,
            connect=self.crash.connect,
            on_fatal=self.crash.on_fatal,
        )
        self.crash.enter(self._service)
        task = self._task = asyncio.create_task(serve(self._service, self._stop))
        async with asyncio.timeout(READY_WITHIN_S):
            while not self.crash.is_dead and not await listens_at(self.port):
                if task.done() and not self.crash.is_dead:
                    self._task = None
                    await task
                await asyncio.sleep(0.02)

    async def stop(self) -> None:
        """Stop the service as an operator would."""
        if self.crash.is_dead:
            await self.kill()
        elif self._task is not None:
            self._stop.set()
            await self._task
            self._task = None

    async def kill(self) -> None:
        """End the service as by `kill -9`: nothing is finished, nothing is said."""
        task, self._task = self._task, None
        if task is None:
            return
        self.crash.die()
        self.crash.drop(self.service)
        self._stop.set()
        await asyncio.wait({task})
        await self.crash.bury(self.service)

    async def listens(self) -> bool:
        """Tell whether something takes connections where the service does."""
        return await listens_at(self.port)

    def player(self, person_id: int) -> Player:
        """Return a person to play."""
        return Player(self.world, self.world.state.people[person_id], within_s=ACTS_WITHIN_S)

    async def settle(self) -> None:
        """Wait until the service has nothing left to do at once."""
        for _ in range(3):
            await self.service.engine.lanes.settle()
            await asyncio.sleep(0.02)

    async def quiet(self) -> None:
        """Wait until everything that was done in the chats has come to its end."""
        async with asyncio.timeout(QUIET_WITHIN_S):
            while bool(self.world.queue.waiting()) or await self.look(_is_busy):
                await asyncio.sleep(0.02)
                await self.settle()

    async def look(self, function: Callable[[SqlTransaction], T]) -> T:
        """Look into the books."""
        return await self.service.database.read(function)

    async def write(self, function: Callable[[SqlTransaction], T]) -> T:
        """Change something behind the people's backs."""
        return await self.service.database.run(function)

    async def check_books(self) -> None:
        """Every promise holds and every chain verifies."""
        await self.settle()
        assert await self.look(examine) == []
        tenants = await self.look(lambda tx: [t.id for t in tx.tenants.all()])
        for tenant_id in (PLATFORM, *tenants):
            assert await self.look(partial(_verified, tenant_id=tenant_id)) == []


@asynccontextmanager
async def raised(
    folder: Path,
    *,
    is_running: bool = True,
    people: tuple[Person, ...] | None = None,
    seed: Seed | None = estate.seed,
) -> AsyncIterator[Stage]:
    """Raise the curtain on Palm Court, seeded, with or without the service running.

    `people` and `seed` play somewhere else; without a seed no database is laid.
    """
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    groups = estate.groups() if people is None else ()
    # Stories that last for hours are compared with all that was said.
    world = World(
        people=people or estate.cast(), groups=groups, own_base=base, most_messages=sys.maxsize
    )
    world.board.turn_off("telegram.limits")
    stage = Stage(folder, world, _provider(folder, world, base), base)
    hooks = f"http://127.0.0.1:{stage.port}/payments/webhooks/sandbox/"
    stage.provider = _provider(folder, world, base, hooks)
    if seed is not None:
        await seed_file(stage.path, seed)
    app = web.Application()
    BotApi(world).mount(app, "/sandbox/telegram")
    InvoicePage(world).mount(app)
    stage.provider.mount(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        if is_running:
            await stage.start()
        yield stage
    finally:
        await stage.stop()
        await runner.cleanup()


def _provider(folder: Path, world: World, base: str, hooks: str = "") -> ProviderServer:
    options = ProviderOptions(
        base_url=f"{base}/sandbox/provider",
        webhook_url=hooks or f"{base}/unused/",
        state_path=folder / "provider.json",
    )
    board = type(world.board)() if not hooks else world.board
    return ProviderServer(options, board, now=lambda: datetime.fromtimestamp(world.now(), UTC))


async def seed_file(path: Path, seed: Seed) -> None:
    """Lay a seeded database file; each kind is made once a process, then copied."""
    if is_on_postgres():
        _SERVERS[path] = await _seed_server(seed)
        return
    if seed not in _TEMPLATES:
        folder = Path(tempfile.mkdtemp(prefix="hazina-stage-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        await _make(folder / "seeded.db", seed)
        _TEMPLATES[seed] = folder / "seeded.db"
    shutil.copyfile(_TEMPLATES[seed], path)


_TEMPLATES: Final[dict[Seed, Path]] = {}


_SERVERS: Final[dict[Path, str]] = {}
"""Databases on a server by the file that would stand for them."""

_SEEDED: Final[dict[Seed, str]] = {}


async def _seed_server(seed: Seed) -> str:
    """Return the address of a seeded database; each kind is made once a process, then copied."""
    from bot.ports import SystemClock, SystemRandomness  # noqa: PLC0415 - only here
    from storage.keyring import KeyRing  # noqa: PLC0415 - only here
    from storage.server import ServerDatabase  # noqa: PLC0415 - only on PostgreSQL
    from tests.postgres import new_database, shared_server  # noqa: PLC0415 - only on PostgreSQL

    if seed not in _SEEDED:
        url, ring = new_database(is_kept=True), KeyRing([SECRET_KEY])
        randomness = SystemRandomness(node=1)
        database = ServerDatabase(
            url, clock=SystemClock(), randomness=randomness, ring=ring, kinds=KINDS
        )
        await database.run(seed)
        await database.close()
        _SEEDED[seed] = url.rpartition("?")[0].rpartition("/")[2]
    server = shared_server()
    return server.url(server.create(template=_SEEDED[seed]))


async def _make(path: Path, seed: Seed) -> None:
    from bot.ports import SystemClock, SystemRandomness  # noqa: PLC0415 - only here
    from storage.keyring import KeyRing  # noqa: PLC0415 - only here

    clock = SystemClock()
    setup.prepare(path, mode="sandbox", now=clock.now(), ring=KeyRing([SECRET_KEY]))
    database = EmbeddedDatabase(
        path,
        clock=clock,
        randomness=SystemRandomness(node=1),
        ring=KeyRing([SECRET_KEY]),
        kinds=KINDS,
    )
    await database.run(seed)
    await database.close()


def _verified(tx: SqlTransaction, *, tenant_id: TenantId) -> list[str]:
    return audit.verify(tx.cursor, tenant_id)


def _is_busy(tx: SqlTransaction) -> bool:
    """Tell whether work is left that will be done within the next seconds."""
    soon = int(tx.now.timestamp() + SOON_S) * 1_000_000
    live = "SELECT 1 FROM work WHERE status IN ('due', 'sent') AND due_at < :soon LIMIT 1"
    return bool(written(live).rows(tx.cursor, {"soon": soon}))


async def listens_at(port: int) -> bool:
    """Tell whether something takes connections at a loopback port."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


def _ports() -> Iterator[int]:
    """Yield ports that no other worker of this run yields, each again only after all others."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    mine = PORTS[worker % workers :: workers]
    begin = random.randrange(len(mine))  # noqa: S311 - no secret
    return itertools.cycle([*mine[begin:], *mine[:begin]])


_PORTS: Final = _ports()


def free_port() -> int:
    """Return a loopback port that is free now; nobody else of this run takes it before its user."""
    for port in _PORTS:
        with socket.socket() as found, contextlib.suppress(OSError):
            found.bind(("127.0.0.1", port))
            return port
    raise AssertionError

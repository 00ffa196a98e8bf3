"""The sandbox as a whole: owns the port, keeps the world, runs the bot as its child.

It serves `/sandbox/…` itself and passes every other path on to the bot. It binds loopback only,
unless told otherwise. The child gets its settings by environment, as any live bot would.
"""

import asyncio
import contextlib
import ipaddress
import logging
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from aiohttp import web

from bot.sandbox.behind import Behind
from bot.sandbox.bot_api import BotApi
from bot.sandbox.child import Child, free_port
from bot.sandbox.invoice_page import InvoicePage
from bot.sandbox.invoices import provider_token
from bot.sandbox.names import own_names_only
from bot.sandbox.orphan import end_orphan, note_child
from bot.sandbox.panel import Panel
from bot.sandbox.params import MAX_BODY_BYTES
from bot.sandbox.progress import Progress
from bot.sandbox.proxy import Proxy
from bot.sandbox.records import Group, Person
from bot.sandbox.story import Story
from bot.sandbox.webhook import WebhookDelivery
from bot.sandbox.world import World
from bot.web.listening import Listener

SHUTDOWN_WITHIN_S: Final = 2.0
CHILD_NOTE: Final = "child.pid"
ExtraRoutes = Callable[[web.Application], None]

log = logging.getLogger(__name__)


class NotLoopback(ValueError):
    """The sandbox would be reachable from elsewhere; it knows no passwords."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOptions:
    """How to run: `python_argv` starts the bot, `env` is added to the child's environment.

    So is what `more_env` returns at each start.
    """

    host: str
    port: int
    data_dir: Path
    python_argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    more_env: Callable[[], Mapping[str, str]] = dict
    may_leave_loopback: bool = False

    @property
    def base_url(self) -> str:
        """The address people and the bot use."""
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::", ""} else self.host  # noqa: S104 - compared, never bound
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def check_host(host: str, *, may_leave_loopback: bool) -> None:
    """Let pass loopback addresses only.

    Raises:
        NotLoopback: another address, and nobody said it may be.
    """
    if may_leave_loopback or host == "localhost":
        return
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise NotLoopback(f"HTTP_HOST: the sandbox listens on loopback only, not on {host!r}")


def child_env(settings: SandboxOptions, world: World, *, port: int) -> dict[str, str]:
    """Return what the bot is started with besides the environment it inherits."""
    base = settings.base_url
    return {
        "PYTHONUNBUFFERED": "1",
        **settings.env,
        **settings.more_env(),
        "TELEGRAM_BOT_TOKEN": world.state.bot.token,
        "TELEGRAM_PROVIDER_TOKEN": provider_token(world.state.bot),
        "TELEGRAM_API_URL": f"{base}/sandbox/telegram",
        "HAZINA_SANDBOX_URL": f"{base}/sandbox",
        "PUBLIC_URL": base,
        "HTTP_HOST": "127.0.0.1",
        "HTTP_PORT": str(port),
        "SANDBOX_CLOCK_OFFSET_S": str(world.state.clock_offset_s),
    }


def new_child(settings: SandboxOptions, world: World, *, port: int) -> Child:
    """Return the bot's process, not yet started; its state and log go to the page."""

    def changed() -> None:
        note_child(settings.data_dir / CHILD_NOTE, child.view().pid)
        world.tell("process", lambda: asdict(child.view()))

    child = Child(
        argv=settings.python_argv,
        env=lambda: child_env(settings, world, port=port),
        port=port,
        on_change=changed,
        on_line=lambda line: world.tell("line", lambda: {"line": line}),
    )
    return child


def build_app(
    world: World,
    *,
    child: Child,
    child_port: int,
    story: Callable[[], Story],
    behind: Behind | None = None,
    extra_routes: ExtraRoutes | None = None,
    host: str = "127.0.0.1",
) -> web.Application:
    """Return the whole site: page, Bot API, provider, and the way to the bot.

    `host` is what it listens on; requests for other names are refused.
    """
    app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[own_names_only(host)])
    BotApi(world).mount(app, "/sandbox/telegram")
    InvoicePage(world).mount(app)
    Panel(world=world, child=child, story=story, behind=behind).mount(app)
    if extra_routes is not None:
        extra_routes(app)
    app.router.add_route("*", "/sandbox/{rest:.*}", _nothing_here)
    proxy = Proxy(child, port=child_port)
    app.on_startup.append(proxy.run)
    app.on_cleanup.append(proxy.close)
    app.router.add_route("*", "/{rest:.*}", proxy.handle)
    return app


def new_world(
    settings: SandboxOptions,
    *,
    people: tuple[Person, ...],
    groups: tuple[Group, ...] = (),
    started: tuple[int, ...] = (),
) -> World:
    """Return the kept world of the data folder, or a new one with these people and groups."""
    return World(
        people=people,
        groups=groups,
        started=started,
        data_dir=settings.data_dir,
        own_base=settings.base_url,
    )


async def run_sandbox(
    settings: SandboxOptions,
    *,
    world: World,
    story: Callable[[], Story],
    behind: Behind | None = None,
    extra_routes: ExtraRoutes | None = None,
    on_ready: Callable[[str], None] | None = None,
    until: asyncio.Event | None = None,
) -> None:
    """Run the sandbox until `until` is set or the task is cancelled.

    `on_ready` is called with the page's address once the port is open. Switches that others put
    on the world's board stand in the panel beside Telegram's.

    Raises:
        NotLoopback: the host is not loopback.
        OSError: the port is taken.
    """
    check_host(settings.host, may_leave_loopback=settings.may_leave_loopback)
    port = free_port()
    if end_orphan(settings.data_dir / CHILD_NOTE, settings.python_argv):
        log.warning("A bot of an earlier sandbox was still running; it was ended")
    child = new_child(settings, world, port=port)
    app = build_app(
        world,
        child=child,
        child_port=port,
        story=story,
        behind=behind,
        extra_routes=extra_routes,
        host=settings.host,
    )
    stop = until or asyncio.Event()
    tasks = [world.keep(), WebhookDelivery(world).run()]
    if behind is not None:
        progress = Progress(world, story, happened=behind.happened, is_up=lambda: child.is_up)
        tasks.append(progress.run())
    async with _served(app, settings), _background(world, tasks), _started(child):
        _stop_on_signal(stop)
        if on_ready is not None:
            on_ready(f"{settings.base_url}/sandbox/")
        await stop.wait()


def _stop_on_signal(stop: asyncio.Event) -> None:
    with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)


@asynccontextmanager
async def _served(app: web.Application, settings: SandboxOptions) -> AsyncIterator[None]:
    listener = Listener(app, host=settings.host, port=settings.port, shutdown_s=SHUTDOWN_WITHIN_S)
    try:
        await listener.open()
        yield
    finally:
        await listener.close()


@asynccontextmanager
async def _background(world: World, jobs: list[Coroutine[None, None, None]]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        world.save()


@asynccontextmanager
async def _started(child: Child) -> AsyncIterator[None]:
    try:
        await child.start()
        yield
    finally:
        await child.stop()


async def _nothing_here(request: web.Request) -> web.StreamResponse:
    return web.Response(status=404, text="The sandbox has no such page.\n")

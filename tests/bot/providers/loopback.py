"""The sandbox provider as a real server on loopback, with a bot's ear for its webhooks."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import aiohttp
import httpx
from aiohttp import web

from bot.providers import PROVIDERS
from bot.providers.sandbox import SandboxConfig, SandboxProvider
from bot.sandbox.provider import ProviderOptions, ProviderServer
from bot.sandbox.provider_tongue import OWN
from bot.sandbox.standins import CURRENCIES
from bot.sandbox.switches import Switchboard
from core.domain.money import Currency, Money
from core.domain.providers import Hook, LinkRequest, Pending, Provider
from tests.bot.providers.kits import a_kit

START: Final = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
PATIENCE_S: Final = 60


@dataclass(slots=True)
class WorldClock:
    """World time, moved by hand."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def move(self, span: timedelta) -> None:
        self.now += span


@dataclass(slots=True, kw_only=True)
class Loopback:
    """A running provider, an adapter that knows its keys, and what its webhooks brought."""

    server: ProviderServer
    board: Switchboard
    clock: WorldClock
    base_url: str
    origin: str
    client: httpx.AsyncClient
    adapter: Provider
    plays: str
    hooks: asyncio.Queue[Hook] = field(default_factory=asyncio.Queue)
    refusals: list[int] = field(default_factory=list)
    """HTTP statuses with which the next webhooks are refused."""
    refs: dict[str, str] = field(default_factory=dict)
    """What the provider calls the pages that were opened, by our references."""

    def request(
        self, reference: str = "ATT-1", *, minor: int = 500_000, keeps_method: bool = False
    ) -> LinkRequest:
        return LinkRequest(
            reference=reference,
            amount=Money(minor, Currency(CURRENCIES.get(self.plays, "NGN"))),
            email="payer@example.org",
            title="Service charge · Palm Court",
            return_url=f"{self.origin}/payments/callback/{self.plays}/",
            expires_at=START + timedelta(hours=1),
            keeps_method=keeps_method,
        )

    async def page(self, reference: str = "ATT-1", *, keeps_method: bool = False) -> str:
        """Open a page for a reference and return its link."""
        request = self.request(reference, keeps_method=keeps_method)
        outcome = await self.adapter.create_link(request)
        assert isinstance(outcome, Pending)
        self.refs[reference] = outcome.provider_ref
        return outcome.link

    async def press(
        self, link: str, act: str, *, amount: str = "", saves: bool = False
    ) -> httpx.Response:
        """Press a button of the page as a browser would; `saves` ticks the box above it."""
        ticked = {"save": "yes"} if saves else {}
        return await self.client.post(link, data={"act": act, "amount": amount, **ticked})

    async def hook(self) -> Hook:
        """Wait for the next webhook."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.hooks.get()

    def pass_time(self, span: timedelta) -> None:
        """Move the world clock and let the provider see it."""
        self.clock.move(span)
        self.server.nudge()

    async def step(self) -> None:
        """Let the provider do what is due now, where it does not tick by itself."""
        async with aiohttp.ClientSession() as session:
            await self.server.step(session)

    async def _hear(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = await request.read()
        self.hooks.put_nowait(Hook(body=body, headers=headers, received_at=self.clock()))
        return web.Response(status=self.refusals.pop(0) if self.refusals else 200)

    def ears(self) -> list[web.RouteDef]:
        """Return the routes that take webhooks and the answers at one-time addresses."""
        return [
            web.post(f"/payments/webhooks/{self.plays}/", self._hear),
            web.post("/payments/hooks/{token}", self._hear),
        ]


@asynccontextmanager
async def provider_on_loopback(
    *,
    state_path: Path | None = None,
    clock: WorldClock | None = None,
    read_s: float = 10.0,
    port: int = 0,
    is_ticking: bool = True,
    plays: str = "sandbox",
) -> AsyncIterator[Loopback]:
    """Run the provider on a port (0: a free one); `read_s` is the adapter's patience.

    Where it plays another provider, the adapter is that one's, with its ordinary patience.
    """
    listening = socket.create_server(("127.0.0.1", port))
    origin = f"http://127.0.0.1:{listening.getsockname()[1]}"
    base_url = f"{origin}/sandbox/provider"
    world, board = clock or WorldClock(), Switchboard()
    options = ProviderOptions(
        base_url=base_url,
        webhook_url=f"{origin}/payments/webhooks/sandbox/",
        state_path=state_path,
        timezone=lambda: "Africa/Lagos",
    )
    server = ProviderServer(options, board, now=world)
    config = SandboxConfig(
        url=base_url,
        secret_key=server.secret_key,
        webhook_secret=server.webhook_secret,
        timeouts=httpx.Timeout(connect=5.0, read=read_s, write=5.0, pool=5.0),
    )
    async with httpx.AsyncClient(trust_env=False) as client:
        loopback = Loopback(
            server=server,
            board=board,
            clock=world,
            base_url=base_url,
            origin=origin,
            client=client,
            adapter=SandboxProvider(client, config)
            if plays == OWN
            else _opened(server, client, plays, now=world),
            plays=plays,
        )
        app = web.Application()
        app.add_routes(loopback.ears())
        server.mount(app, is_ticking=is_ticking)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.SockSite(runner, listening).start()
        try:
            yield loopback
        finally:
            await runner.cleanup()


def _opened(
    server: ProviderServer, client: httpx.AsyncClient, name: str, *, now: WorldClock
) -> Provider:
    """Return the real adapter, with what the sandbox tells the bot."""
    maker, env = PROVIDERS[name], server.child_env()
    told = {what: env.get(f"{name}_{what}".upper()) for what in maker.credentials}
    credentials = {**maker.defaults, **{what: each for what, each in told.items() if each}}
    kit = replace(a_kit(client, is_test=True), now=now)
    return maker.open(kit, credentials, address=env[f"{name}_api_url".upper()])

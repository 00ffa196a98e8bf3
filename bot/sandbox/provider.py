"""The sandbox payment provider: its API, its hosted page and its webhooks, in one mountable part.

It stands for a card processor on the other side of the internet, so it speaks HTTP only and
knows nothing of Hazina. It lives in the supervisor; its state survives the bot and the
supervisor. Sandbox: no real money.
"""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import aiohttp
from aiohttp import web
from yarl import URL

from bot.sandbox import provider_switches as switches
from bot.sandbox.phones import Phones
from bot.sandbox.provider_api import ProviderApi
from bot.sandbox.provider_desk import Desk
from bot.sandbox.provider_door import Door
from bot.sandbox.provider_hooks import Courier
from bot.sandbox.provider_page import CheckoutPage
from bot.sandbox.provider_records import Checkout
from bot.sandbox.provider_store import ProviderStore
from bot.sandbox.provider_switches import add_switches
from bot.sandbox.provider_tongue import OWN, OwnTongue, Tongue
from bot.sandbox.standins import STANDINS
from bot.sandbox.switches import Switchboard, Value

TICK_S: Final = 0.5

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderOptions:
    """Where the provider is reached and where it keeps what it knows.

    `base_url` is what people and the bot use, its path is the mount point; `webhook_url` takes
    the sandbox provider's own events, others' go beside it; without `state_path` nothing survives
    a restart. People read the time of `timezone`, an IANA name at any
    moment.
    """

    base_url: str
    webhook_url: str
    state_path: Path | None = None
    account: str = "acct_sandbox"
    timezone: Callable[[], str] = lambda: "UTC"


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _new_token() -> str:
    return secrets.token_hex(12)


def _hooks_of(options: ProviderOptions, name: str) -> str:
    """Return where another provider's events go: beside ours."""
    return f"{options.webhook_url.rstrip('/').rpartition('/')[0]}/{name}/"


class ProviderServer:
    """The provider as the supervisor and the tests hold it."""

    def __init__(
        self,
        options: ProviderOptions,
        board: Switchboard,
        *,
        now: Callable[[], datetime] = _utc_now,
        new_token: Callable[[], str] = _new_token,
    ) -> None:
        """Read the kept state and put the switches on the board; `now` is world time, aware."""
        self._options = options
        self._prefix = URL(options.base_url).path.rstrip("/")
        self._store = ProviderStore(options.state_path)
        add_switches(board)
        board.listen(self._on_switch)
        base_url = options.base_url.rstrip("/")
        own = OwnTongue(self._store.keys, base_url=base_url, account=options.account)
        self._standins = {
            name: make(self._store, base_url=base_url, webhook_url=_hooks_of(options, name))
            for name, make in STANDINS.items()
        }
        self._tongues: dict[str, Tongue] = {OWN: own, **self._standins}
        self._board = board
        self._courier = Courier(self._store, board, self._tongues, now=now)
        self.desk = Desk(self._store, board, self._courier, now=now, new_token=new_token)
        self.phones = Phones(self._store, self.desk)
        self._api = ProviderApi(self._store, board, self.desk, own, webhook_url=options.webhook_url)
        self._doors = [self._api.door]

    @property
    def secret_key(self) -> str:
        """Return the merchant's API key."""
        return self._store.keys.secret_key

    @property
    def webhook_secret(self) -> str:
        """Return the secret that signs webhooks."""
        return self._store.keys.webhook_secret

    def child_env(self) -> dict[str, str]:
        """Return the settings by which the bot finds this provider in every part it plays.

        All are there to be asked, so that what was begun with one can be ended; the one that is
        played now is offered.
        """
        found = {key: value for each in self._tongues.values() for key, value in each.env().items()}
        return {**found, "SANDBOX_PLAYS": str(self._board.value(switches.PLAYS))}

    def mount(self, app: web.Application, *, is_ticking: bool = True) -> None:
        """Add the provider under the path of its base URL; do it before any catch-all route.

        Without ticking nothing happens by itself and the owner calls `step`.
        """
        part = web.Application()
        page = CheckoutPage(
            self._store, self.desk, prefix=self._prefix, timezone=self._options.timezone
        )
        part.add_routes([*self._api.routes(), *page.routes()])
        for name, standin in self._standins.items():
            door = Door(self._store, self._board, standin, who=name)
            self._doors.append(door)
            part.add_routes(standin.routes(self.desk, door))
        part.on_shutdown.append(self._on_shutdown)
        part.cleanup_ctx.append(self._run if is_ticking else self._hold)
        app.add_subapp(self._prefix, part)

    def checkouts(self) -> tuple[Checkout, ...]:
        """Return all checkouts, oldest first."""
        return tuple(self._store.checkouts())

    def find(self, reference: str) -> Checkout | None:
        """Return the checkout under a merchant's reference."""
        return self._store.find(reference)

    def listen(self, call: Callable[[], None]) -> None:
        """Call back after each change of a checkout."""
        self._store.listen(call)

    def nudge(self) -> None:
        """Look at the clock and the queue now, not at the next tick; call it after a clock move."""
        self._courier.wake.set()

    async def reset(self) -> None:
        """Forget all checkouts and webhooks; the keys stay."""
        self._store.clear()
        await self._store.save()

    async def step(self, session: aiohttp.ClientSession) -> None:
        """Let time act once, then try every webhook that is due, then keep it all."""
        self.desk.let_time_pass()
        await self._courier.deliver(session)
        await self._store.save()

    async def _run(self, app: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession() as session:
            ticking = asyncio.create_task(self._tick(session))
            yield
            ticking.cancel()
            await asyncio.gather(ticking, return_exceptions=True)
        self._store.close()

    async def _hold(self, app: web.Application) -> AsyncIterator[None]:
        yield
        self._store.close()

    async def _tick(self, session: aiohttp.ClientSession) -> None:
        while True:
            self._courier.wake.clear()
            try:
                await self.step(session)
            except Exception:
                # A full disk must not end webhooks for good; the next tick tries again.
                log.exception("sandbox provider: a step failed")
            try:
                async with asyncio.timeout(TICK_S):
                    await self._courier.wake.wait()
            except TimeoutError:
                continue

    async def _on_shutdown(self, app: web.Application) -> None:
        for door in self._doors:
            door.closing.set()

    def _on_switch(self, key: str, value: Value) -> None:
        self._courier.wake.set()

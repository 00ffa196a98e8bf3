"""Put the sandbox together: keys, demo estate, chat page, provider and the bot as its child."""

import asyncio
import secrets
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from bot.ports import SystemClock, SystemRandomness, shell_node
from bot.sandbox import acts, estate
from bot.sandbox.provider import ProviderOptions, ProviderServer
from bot.sandbox.story import Section
from bot.sandbox.supervisor import SandboxOptions, new_world, run_sandbox
from bot.settings import Settings
from storage import inside, setup
from storage.embedded import EmbeddedDatabase
from storage.keyring import KeyRing

KEY_FILE: Final = "sandbox.key"


async def start_sandbox(
    settings: Settings, *, say: Callable[[str], None], until: asyncio.Event | None = None
) -> None:
    """Run the sandbox until told to stop; `say` is told where the page is.

    Raises:
        WrongMode: the database is a live one.
        NotLoopback: HTTP_HOST is not a loopback address.
    """
    path = settings.database_path
    path.parent.mkdir(parents=True, exist_ok=True)
    key = settings.hazina_secret_key.get_secret_value() or own_key(path.parent)
    ring = KeyRing([each.strip() for each in key.split(",") if each.strip()])
    setup.prepare(path, mode=settings.mode, now=SystemClock().now(), ring=ring)
    await _furnish(path, ring)
    options = SandboxOptions(
        host=settings.http_host,
        port=settings.http_port,
        data_dir=path.parent,
        python_argv=(sys.executable, str(_entry()), "run"),
        env={
            "DATABASE_URL": f"sqlite+aiosqlite:///{path.absolute()}",
            "HAZINA_SECRET_KEY": key,
        },
    )
    world = new_world(
        options, people=estate.cast(), groups=estate.groups(), started=estate.acquainted()
    )
    if world.is_new:
        acts.say(world, person_id=estate.CHIDI, chat_id=estate.CHIDI, text="/report")
    provider = ProviderServer(
        ProviderOptions(
            base_url=f"{options.base_url}/sandbox/provider",
            webhook_url=f"{options.base_url}/payments/webhooks/sandbox/",
            state_path=path.parent / "provider.json",
        ),
        world.board,
        now=lambda: datetime.fromtimestamp(world.now(), UTC),
    )
    world.on("clock", provider.nudge)
    await run_sandbox(
        replace(options, env={**options.env, **provider.child_env()}),
        world=world,
        story=estate.story(),
        inside=lambda: _inside(path),
        extra_routes=provider.mount,
        on_ready=lambda url: say(f"The sandbox is at {url}  (Ctrl-C ends it)"),
        until=until,
    )


class PastClock(SystemClock):
    """The machine's clock, which can be set back."""

    ago = timedelta(0)

    def now(self) -> datetime:
        """Return the time so long ago, as aware UTC."""
        return super().now() - self.ago

    def set_back(self, ago: timedelta) -> None:
        """Say from now on what the time was so long ago."""
        self.ago = ago


async def _furnish(path: Path, ring: KeyRing) -> None:
    """Give an empty database the demo estate and its past."""
    clock = PastClock()
    database = EmbeddedDatabase(
        path,
        clock=clock,
        randomness=SystemRandomness(node=shell_node()),
        ring=ring,
    )
    try:
        if await database.read(lambda tx: tx.tenants.all()):
            return
        from bot.sandbox import past  # noqa: PLC0415 - late: only the first start has a past

        await past.live_through(database, clock.set_back)
    finally:
        await database.close()


async def _inside(path: Path) -> list[Section]:
    panels = await asyncio.to_thread(inside.look, path, timezone=estate.TIMEZONE)
    return [Section(title=p.title, columns=p.columns, rows=p.rows) for p in panels]


def own_key(folder: Path) -> str:
    """Return the sandbox's own key, drawn once and kept beside its database."""
    file = folder / KEY_FILE
    if not file.exists() or not file.read_text().strip():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(48))
    return file.read_text().strip()


def _entry() -> Path:
    return Path(__file__).parents[2] / "main.py"

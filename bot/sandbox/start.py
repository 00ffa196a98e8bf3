"""Put the sandbox together: keys, demo estate, chat page, provider and the bot as its child."""

import asyncio
import logging
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bot.sandbox import acts, estate, tour
from bot.sandbox.books import Books
from bot.sandbox.panel import Behind
from bot.sandbox.provider import ProviderOptions, ProviderServer
from bot.sandbox.supervisor import SandboxOptions, new_world, run_sandbox
from bot.sandbox.world import World
from bot.settings import Settings
from storage.embedded import AlreadyRunning
from storage.keyring import KeyRing
from storage.renewal import InUse
from storage.setup import WrongMode

KEY_FILE: Final = "sandbox.key"

log = logging.getLogger(__name__)


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
    books = Books(path, KeyRing([each.strip() for each in key.split(",") if each.strip()]))
    mark = await books.open()
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
    provider = ProviderServer(
        ProviderOptions(
            base_url=f"{options.base_url}/sandbox/provider",
            webhook_url=f"{options.base_url}/payments/webhooks/sandbox/",
            state_path=path.parent / "provider.json",
            timezone=estate.TIMEZONE,
        ),
        world.board,
        now=lambda: datetime.fromtimestamp(world.now(), UTC),
    )
    world.on("clock", provider.nudge)
    beginning = Beginning(books=books, world=world, provider=provider)
    await beginning.follow(mark)
    await run_sandbox(
        replace(options, more_env=provider.child_env),
        world=world,
        story=tour.story(),
        behind=Behind(inside=books.look, happened=books.happened, renew=beginning.anew),
        extra_routes=provider.mount,
        on_ready=lambda url: say(f"The sandbox is at {url}  (Ctrl-C ends it)"),
        until=until,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """Keeps chats and provider at the same beginning as the books, whenever that was."""

    books: Books
    world: World
    provider: ProviderServer

    async def follow(self, mark: str) -> None:
        """Empty chats and provider where they belong to other books than those of this mark."""
        world = self.world
        if world.state.books == mark:
            return
        is_of_old = not world.is_new and not world.state.books
        world.state.books = mark
        if is_of_old:
            # Written before books had a mark: they belong together.
            return
        world.reset()
        acts.say(world, person_id=estate.CHIDI, chat_id=estate.CHIDI, text="/report")
        world.save()
        await self.provider.reset()

    async def anew(self) -> None:
        """Make new books, and let everything begin with them; the bot must be down.

        Raises:
            CannotDo: it did not work; the estate is the one of before.
        """
        try:
            mark = await self.books.found()
        except (WrongMode, AlreadyRunning, InUse, OSError) as problem:
            log.warning("No new estate could be made: %s", problem)
            words = f"No new estate could be made, this one stays: {problem}"
            raise acts.CannotDo(words) from problem
        await self.follow(mark)


def own_key(folder: Path) -> str:
    """Return the sandbox's own key, drawn once and kept beside its database."""
    file = folder / KEY_FILE
    if not file.exists() or not file.read_text().strip():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(48))
    return file.read_text().strip()


def _entry() -> Path:
    return Path(__file__).parents[2] / "main.py"

"""Put the sandbox together: keys, demo estate, chat page, provider and the bot as its child."""

import asyncio
import logging
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from bot.sandbox import acts, estate, tour
from bot.sandbox.behind import Behind
from bot.sandbox.books import Books
from bot.sandbox.places import PLACES, place_for
from bot.sandbox.provider import ProviderOptions, ProviderServer
from bot.sandbox.provider_switches import PLAYS
from bot.sandbox.records import Json
from bot.sandbox.standins import CURRENCIES
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
        options,
        people=estate.cast(books.place),
        groups=estate.groups(),
        started=estate.acquainted(),
    )
    provider = ProviderServer(
        ProviderOptions(
            base_url=f"{options.base_url}/sandbox/provider",
            webhook_url=f"{options.base_url}/payments/webhooks/sandbox/",
            state_path=path.parent / "provider.json",
            timezone=lambda: books.place.timezone,
        ),
        world.board,
        now=lambda: datetime.fromtimestamp(world.now(), UTC),
    )
    world.on("clock", provider.nudge)
    provider.listen(partial(_show_phones, world, provider, shown=[]))
    beginning = Beginning(books=books, world=world, provider=provider)
    await beginning.follow(mark)
    await run_sandbox(
        replace(options, more_env=provider.child_env),
        world=world,
        story=lambda: tour.story(books.place),
        behind=beginning.behind(),
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

    def behind(self) -> Behind:
        """Return what the page gets to see and do of all three."""
        return Behind(
            inside=self.books.look,
            happened=self.books.happened,
            renew=self.anew,
            where=self.where,
            needs=self.needs,
            phones=self.provider.phones.view,
            press_phone=self.provider.phones.press,
        )

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
        people = estate.cast(self.books.place)
        world.begin_with(people, estate.groups(), estate.acquainted())
        world.reset()
        acts.say(world, person_id=estate.CHIDI, chat_id=estate.CHIDI, text="/report")
        world.save()
        await self.provider.reset()

    async def anew(self, place: str = "") -> None:
        """Make new books, and let everything begin with them; the bot must be down.

        The estate stands at the place of that key, or where it stood.

        Raises:
            CannotDo: it did not work; the estate is the one of before.
        """
        if place and place not in PLACES:
            raise acts.CannotDo("there is no such place")
        try:
            mark = await self.books.found(PLACES.get(place))
        except (WrongMode, AlreadyRunning, InUse, OSError) as problem:
            log.warning("No new estate could be made: %s", problem)
            words = f"No new estate could be made, this one stays: {problem}"
            raise acts.CannotDo(words) from problem
        await self.follow(mark)

    def where(self) -> Json:
        """Return where the estate stands and where it could."""
        places = [{"key": each.key, "label": each.label} for each in PLACES.values()]
        return {"place": self.books.place.key, "places": places}

    def needs(self, key: str, value: object) -> str:
        """Return at which other place the estate must stand for a provider to be played."""
        currency = CURRENCIES.get(str(value), "") if key == PLAYS else ""
        fits = currency in {"", self.books.place.currency}
        return "" if fits else place_for(currency).key


def _show_phones(world: World, provider: ProviderServer, *, shown: list[Json]) -> None:
    """Tell the page where a phone shows something else than before."""
    phones = provider.phones.view()
    if phones != shown:
        shown[:] = phones
        world.tell("phones", lambda: {"phones": phones})


def own_key(folder: Path) -> str:
    """Return the sandbox's own key, drawn once and kept beside its database."""
    file = folder / KEY_FILE
    if not file.exists() or not file.read_text().strip():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(48))
    return file.read_text().strip()


def _entry() -> Path:
    return Path(__file__).parents[2] / "main.py"

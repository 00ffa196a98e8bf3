"""The sandbox's books: the demo estate and its past, founded once or anew, looked into."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

from bot.ports import SystemClock, SystemRandomness, shell_node
from bot.providers import KINDS
from bot.sandbox.places import LAGOS, Place, place_of
from bot.sandbox.story import Section
from storage import files, inside, renewal, setup
from storage.embedded import EmbeddedDatabase
from storage.keyring import KeyRing


class PastClock(SystemClock):
    """The machine's clock, which can be set back."""

    ago = timedelta(0)

    def now(self) -> datetime:
        """Return the time so long ago, as aware UTC."""
        return super().now() - self.ago

    def set_back(self, ago: timedelta) -> None:
        """Say from now on what the time was so long ago."""
        self.ago = ago


class Books:
    """One sandbox's database file."""

    def __init__(self, path: Path, ring: KeyRing) -> None:
        """Name the file and the keys; touch nothing yet."""
        self._path = path
        self._ring = ring
        self.place = LAGOS

    async def open(self) -> str:
        """Bring the books to the newest schema, or found them; return the mark of their birth.

        Raises:
            WrongMode: the file is a live database.
        """
        if not self._path.exists():
            return await self.found()
        self._prepare(self._path)
        self.place = await self._furnish(self._path, self.place)
        return self._mark()

    async def found(self, place: Place | None = None) -> str:
        """Make the books anew and return the mark of their birth; the bot must be down.

        The estate stands at the place, or where it stood. The books are made beside the old ones,
        which stay in use if that fails, and are kept as `<name>.before` if not.

        Raises:
            WrongMode: what is there is no sandbox's database.
            AlreadyRunning, InUse: somebody has it open.
        """
        made = renewal.fresh(self._path)
        try:
            await asyncio.to_thread(self._prepare, made)
            standing = await self._furnish(made, place or self.place)
            await asyncio.to_thread(renewal.exchange, self._path, made)
        finally:
            files.remove(made)
        self.place = standing
        return self._mark()

    async def look(self) -> list[Section]:
        """Return what happened inside, newest first."""
        tables = await asyncio.to_thread(inside.look, self._path, timezone=self.place.timezone)
        return [Section(title=t.title, columns=t.columns, rows=t.rows) for t in tables]

    async def happened(self) -> frozenset[tuple[int, str]]:
        """Return what was done since the books were made: who, by Telegram id or 0, and what."""
        return await asyncio.to_thread(inside.happened, self._path)

    def _prepare(self, path: Path) -> None:
        setup.prepare(path, mode=setup.SANDBOX, now=SystemClock().now(), ring=self._ring)

    async def _furnish(self, path: Path, place: Place) -> Place:
        """Give an empty database the demo estate and its past; return where the estate stands."""
        clock = PastClock()
        database = EmbeddedDatabase(
            path,
            clock=clock,
            randomness=SystemRandomness(node=shell_node()),
            ring=self._ring,
            kinds=KINDS,
        )
        try:
            if tenants := await database.read(lambda tx: tx.tenants.all()):
                return place_of(tenants[0])
            from bot.sandbox import past  # noqa: PLC0415 - late: only new books have a past

            await past.live_through(database, clock.set_back, place=place)
            return place
        finally:
            await database.close()

    def _mark(self) -> str:
        born = renewal.birth_of(self._path)
        if born is None:
            raise setup.WrongMode(f"{self._path.name} has no birth")
        return born.mark

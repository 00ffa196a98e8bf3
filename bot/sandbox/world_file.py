"""The world in one JSON file: replaced as a whole, a moment after the last change."""

import asyncio
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from bot.sandbox.records import WorldState

PAUSE_S: Final = 0.3

log = logging.getLogger(__name__)
_ADAPTER: Final = TypeAdapter(WorldState)


class WorldFile:
    """Reads the state at the start and writes it after changes."""

    def __init__(self, path: Path) -> None:
        """Use that file; its folder is made when first written."""
        self._path = path
        self._dirty = asyncio.Event()

    def load(self) -> WorldState | None:
        """Return what was kept; a file that cannot be read is put aside."""
        if not self._path.is_file():
            return None
        try:
            return _ADAPTER.validate_json(self._path.read_bytes())
        except ValidationError:
            aside = self._path.with_suffix(".unreadable.json")
            self._path.replace(aside)
            log.warning("The sandbox world could not be read; kept as %s", aside.name)
            return None

    def touch(self) -> None:
        """Note that something changed."""
        self._dirty.set()

    def save(self, state: WorldState) -> None:
        """Write now."""
        self._write(_ADAPTER.dump_json(state))

    async def keep(self, state: Callable[[], WorldState]) -> None:
        """Write after each change until cancelled, at most every `PAUSE_S` seconds."""
        while True:
            await self._dirty.wait()
            await asyncio.sleep(PAUSE_S)
            self._dirty.clear()
            await asyncio.to_thread(self._write, _ADAPTER.dump_json(state()))

    def _write(self, content: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        with fresh.open("wb") as file:
            fresh.chmod(0o600)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)

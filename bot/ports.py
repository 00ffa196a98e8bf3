"""Clock, randomness and sleep as the running process has them; nothing else reads them."""

import asyncio
import os
import secrets
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(2025, 1, 1, tzinfo=UTC)
_NODE_BITS: Final = 8
_SERIES_BITS: Final = 14
_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

SERVICE_NODE: Final = 0
"""The node number of the service on SQLite; several processes lease 1 to 199 (ADR 0006)."""

FIRST_SHELL_NODE: Final = 200
"""Shell commands draw a number from here on."""


class SystemClock:
    """The machine's time, moved by the sandbox's offset."""

    def __init__(self, *, offset_s: int = 0) -> None:
        """Move the clock by whole seconds (sandbox only)."""
        self._offset = timedelta(seconds=offset_s)

    def now(self) -> datetime:
        """Return the time as aware UTC."""
        return datetime.now(UTC) + self._offset

    def monotonic(self) -> float:
        """Return seconds of a clock that never goes back."""
        return time.monotonic()


class SystemRandomness:
    """Ids, tokens and keys from the operating system's random source."""

    def __init__(self, *, node: int) -> None:
        """Number this process; two processes of one database need different numbers."""
        self._node = node
        self._lock = threading.Lock()
        self._last = (0, 0)

    def take_node(self, node: int) -> None:
        """Go on under another number: the one this process leased."""
        with self._lock:
            self._node = node

    def new_id(self, *, at: datetime) -> int:
        """Return a new 63-bit id: milliseconds since 2025, node, number within the millisecond."""
        with self._lock:
            moment = max((at - _EPOCH) // timedelta(milliseconds=1), self._last[0])
            series = self._last[1] + 1 if moment == self._last[0] else 0
            if series >> _SERIES_BITS:
                moment, series = moment + 1, 0
            self._last = (moment, series)
        return (((moment << _NODE_BITS) | self._node) << _SERIES_BITS) | series

    def token(self) -> str:
        """Return a random UUID4 in its text form."""
        return str(uuid.uuid4())

    def key(self, length: int) -> str:
        """Return that many random characters of `A-Za-z0-9_-`."""
        return "".join(_ALPHABET[byte & 63] for byte in os.urandom(length))

    def shuffled(self, text: str) -> str:
        """Return the characters in random order."""
        letters = list(text)
        secrets.SystemRandom().shuffle(letters)
        return "".join(letters)


def shell_node() -> int:
    """Draw a node number for a shell command beside the service: 200 to 255."""
    return FIRST_SHELL_NODE + secrets.randbelow((1 << _NODE_BITS) - FIRST_SHELL_NODE)


async def sleep(seconds: float) -> None:
    """Wait."""
    await asyncio.sleep(seconds)

"""What an adapter is given in tests."""

import time
from datetime import UTC, datetime

import httpx

from bot.providers.kit import Kit, OwnTokens


def a_kit(client: httpx.AsyncClient, *, now: datetime | None = None) -> Kit:
    """Return a kit over a client; `now` stops its clock."""
    clock = (lambda: now) if now is not None else (lambda: datetime.now(UTC))
    return Kit(client=client, tokens=OwnTokens(monotonic=time.monotonic), now=clock)

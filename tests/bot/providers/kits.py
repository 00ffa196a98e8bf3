"""What an adapter is given in tests."""

import time
from datetime import UTC, datetime

import httpx

from bot.providers.kit import Kit, OwnTokens


def a_kit(client: httpx.AsyncClient, *, now: datetime | None = None, is_test: bool = False) -> Kit:
    """Return a kit over a client; `now` stops its clock, `is_test` makes its money pretend."""
    clock = (lambda: now) if now is not None else (lambda: datetime.now(UTC))
    tokens = OwnTokens(monotonic=time.monotonic)
    return Kit(client=client, tokens=tokens, now=clock, is_test=is_test)

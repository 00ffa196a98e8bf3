"""What an adapter is given in tests."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import httpx

from bot.providers.kit import Kit
from core.domain.providers import Unknown
from core.domain.tokens import AccessToken


class OwnTokens:
    """The tokens of one adapter, for ever: `bot.tokens` is for many processes."""

    def __init__(self) -> None:
        """Begin without any."""
        self._kept: dict[str, str] = {}

    async def token(
        self,
        key: str,
        fetch: Callable[[], Awaitable[AccessToken | Unknown]],
        *,
        refused: str = "",
    ) -> str | Unknown:
        """Return the kept token, or what `fetch` brings."""
        if self._kept.get(key, refused) == refused:
            fetched = await fetch()
            if isinstance(fetched, Unknown):
                return fetched
            self._kept[key] = fetched.value
        return self._kept[key]


BOT_TOKEN = "77:AA-not-a-real-token-of-a-bot"


def a_kit(client: httpx.AsyncClient, *, now: datetime | None = None, is_test: bool = False) -> Kit:
    """Return a kit over a client; `now` stops its clock, `is_test` makes its money pretend."""
    clock = (lambda: now) if now is not None else (lambda: datetime.now(UTC))
    return Kit(client=client, tokens=OwnTokens(), now=clock, is_test=is_test, bot_token=BOT_TOKEN)

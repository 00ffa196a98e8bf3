"""What a stand-in brings: a language, its manners, and its API over the one pretend provider."""

import hashlib
import hmac
from typing import Protocol

from aiohttp import web

from bot.sandbox.provider_desk import Desk
from bot.sandbox.provider_door import Door, Manners
from bot.sandbox.provider_store import Keys, ProviderStore
from bot.sandbox.provider_tongue import Tongue


class Standin(Tongue, Manners, Protocol):
    """One provider as the sandbox plays it: one file each."""

    title: str
    """As the panel shows it."""

    def __init__(self, store: ProviderStore, *, base_url: str, webhook_url: str) -> None:
        """Speak of what the store knows; pages are below `base_url`, events go to `webhook_url`."""

    def routes(self, desk: Desk, door: Door) -> list[web.RouteDef]:
        """Return the API's routes, each guarded by the door, below a prefix of its own."""
        ...


class Api:
    """The calls of a stand-in, and what they need."""

    def __init__(
        self, manners: Manners, store: ProviderStore, desk: Desk, *, base_url: str, webhook_url: str
    ) -> None:
        """Pages are below `base_url`, events go to `webhook_url`."""
        self._manners = manners
        self._store = store
        self._desk = desk
        self._base_url = base_url
        self._webhook_url = webhook_url


def bears(request: web.Request, key: str) -> bool:
    """Tell whether a call brings the key as its bearer, constant-time."""
    given = request.headers.get("authorization", "").encode(errors="replace")
    return hmac.compare_digest(given, f"Bearer {key}".encode())


def number(record_id: str) -> int:
    """Return an id as a number, for providers whose ids are numbers."""
    return int(record_id.partition("_")[2][:13], 16)


def own_key(keys: Keys, name: str, *, length: int = 40) -> str:
    """Return a made-up key that stays the same as long as the provider's own."""
    return hashlib.sha256(f"{name} {keys.secret_key}".encode()).hexdigest()[:length]

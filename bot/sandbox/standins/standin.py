"""What a stand-in brings: a language, its manners, and its API over the one pretend provider."""

import hashlib
import hmac
import re
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final, Protocol

from aiohttp import web

from bot.sandbox.provider_desk import Desk
from bot.sandbox.provider_door import BadRequest, Door, Manners
from bot.sandbox.provider_store import Keys, ProviderStore
from bot.sandbox.provider_tongue import Tongue
from core.domain.money import EXPONENTS, MAX_MINOR

_MAJOR: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,3})?")


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


class Passes:
    """Access tokens that end by themselves; they are signed, so none has to be remembered."""

    def __init__(self, key: str, *, life: timedelta) -> None:
        """Sign with a key."""
        self._key = key
        self._life = life

    def issue(self, now: datetime) -> tuple[str, datetime]:
        """Return a new one, and when it ends."""
        until = now + self._life
        stamp = str(int(until.timestamp()))
        return f"{stamp}.{self._sign(stamp)}", until

    def admits(self, request: web.Request, now: datetime) -> bool:
        """Tell whether a call brings one that has not ended, constant-time."""
        stamp = request.headers.get("authorization", "").removeprefix("Bearer ").partition(".")[0]
        is_ours = bears(request, f"{stamp}.{self._sign(stamp)}")
        return is_ours and now.timestamp() < int(stamp)

    def _sign(self, stamp: str) -> str:
        return hmac.new(self._key.encode(), stamp.encode(), "sha256").hexdigest()


def bears(request: web.Request, key: str) -> bool:
    """Tell whether a call brings the key as its bearer, constant-time."""
    given = request.headers.get("authorization", "").encode(errors="replace")
    return hmac.compare_digest(given, f"Bearer {key}".encode())


def number(record_id: str) -> int:
    """Return an id as a number, for providers whose ids are numbers."""
    return int(record_id.partition("_")[2][:13], 16)


def minor_of(written: str, currency: str) -> int:
    """Return an amount in minor units that is written in major ones, exactly.

    Raises:
        BadRequest: it is none of that currency.
    """
    try:
        minor = Decimal(written if _MAJOR.fullmatch(written) else "").scaleb(EXPONENTS[currency])
    except InvalidOperation as problem:
        raise BadRequest("amount") from problem
    if minor != minor.to_integral_value() or not 0 < minor <= MAX_MINOR:
        raise BadRequest("amount")
    return int(minor)


def major_of(minor: int, currency: str) -> str:
    """Write an amount in major units, exactly."""
    return f"{Decimal(minor).scaleb(-EXPONENTS[currency]):f}"


def own_key(keys: Keys, name: str, *, length: int = 40) -> str:
    """Return a made-up key that stays the same as long as the provider's own."""
    return hashlib.sha256(f"{name} {keys.secret_key}".encode()).hexdigest()[:length]

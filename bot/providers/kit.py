"""What an adapter is given, and how it introduces itself."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol, TypeVar

import httpx

from core.domain.providers import Capabilities, Provider, Unknown
from core.domain.tokens import Tokens

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """What all adapters of a process share; `now` is aware UTC.

    `is_test` tells whether this process moves pretend money, for adapters whose provider's answers
    do not say it. `bot_token` is that of this process's own bot, for invoices inside its chat.
    """

    client: httpx.AsyncClient
    tokens: Tokens
    now: Callable[[], datetime]
    is_test: bool = False
    bot_token: str = field(default="", repr=False)


class Open(Protocol):
    """Makes an adapter of one kind."""

    def __call__(self, kit: Kit, credentials: Mapping[str, str], *, address: str) -> Provider:
        """Return an adapter that is ready to be asked.

        Raises:
            ProviderProblem: a credential, or the address (`url`), is missing or malformed.
        """
        ...


def _untold(credentials: Mapping[str, str]) -> bool | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """How adapters of one kind are made: from which credentials, shown under which title.

    `credentials` gives the shape of each by name, in the order in which they are asked for; those
    in `secrets` are never shown again. Defaults fill what may be left out. `capabilities` is what
    an adapter can do whatever its credentials.

    `address` is where the provider is. It is no credential: whoever may enter those must not be
    able to send our calls elsewhere. Only the process's own settings name another one.
    """

    title: str
    open: Open
    credentials: Mapping[str, re.Pattern[str]]
    secrets: frozenset[str]
    capabilities: Capabilities
    address: str = ""
    defaults: Mapping[str, str] = field(default_factory=dict)
    is_test: Callable[[Mapping[str, str]], bool | None] = _untold
    """Tells from credentials whether their money is pretend; None where they do not show it."""


class TokenInUse(Protocol):
    """Returns the access token in use; `refused` is one that is no longer taken."""

    async def __call__(self, *, refused: str = "") -> str | Unknown:
        """Return it, or why there is none."""
        ...


async def under_token(
    token: TokenInUse, call: Callable[[str], Awaitable[_T]], *, is_stale: Callable[[_T], bool]
) -> _T | Unknown:
    """Make a call under an access token; one that is no longer taken is renewed once.

    A call whose token was refused, or could not be had, did not happen.
    """
    held = await token()
    if isinstance(held, str):
        answer = await call(held)
        if not is_stale(answer):
            return answer
        held = await token(refused=held)
    return await call(held) if isinstance(held, str) else replace(held, is_unsent=True)

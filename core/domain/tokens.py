"""Access tokens of providers that give out such that run out."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from core.domain.providers import Unknown


class Tokens(Protocol):
    """Access tokens that run out, kept for all processes and fetched once."""

    async def token(
        self,
        key: str,
        fetch: Callable[[], "Awaitable[AccessToken | Unknown]"],
        *,
        refused: str = "",
    ) -> str | Unknown:
        """Return the kept token, or what `fetch` brings.

        `refused` is a token that the provider no longer takes: it is fetched anew, unless somebody
        else has done so since.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """A token and for how many seconds it is good."""

    value: str = field(repr=False)
    lives_s: int

"""An access token is fetched once, however many ask, and anew when it is refused or runs out."""

import asyncio
from dataclasses import dataclass, field

from bot.providers.kit import OwnTokens
from core.domain.providers import AccessToken, ProviderError, Unknown

LOST = Unknown(error=ProviderError.NETWORK_ERROR)


@dataclass
class Issuer:
    """Issues tokens that live five minutes; or nothing, while it is away."""

    is_away: bool = False
    issued: list[str] = field(default_factory=list)

    async def fetch(self) -> AccessToken | Unknown:
        await asyncio.sleep(0)
        if self.is_away:
            return LOST
        self.issued.append(f"token-{len(self.issued) + 1}")
        return AccessToken(value=self.issued[-1], lives_s=300)


class Hand:
    """A clock that is moved by hand."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


async def test_many_who_ask_at_once_share_one_token() -> None:
    tokens, issuer = OwnTokens(monotonic=Hand()), Issuer()
    found = await asyncio.gather(*(tokens.token("daraja", issuer.fetch) for _ in range(20)))
    assert (set(found), len(issuer.issued)) == ({"token-1"}, 1)


async def test_a_token_is_fetched_anew_before_it_runs_out() -> None:
    clock, issuer = Hand(), Issuer()
    tokens = OwnTokens(monotonic=clock)
    await tokens.token("daraja", issuer.fetch)
    clock.now_s = 269
    assert await tokens.token("daraja", issuer.fetch) == "token-1"
    clock.now_s = 270
    assert await tokens.token("daraja", issuer.fetch) == "token-2"


async def test_who_hears_late_that_a_token_was_refused_takes_the_one_of_who_heard_first() -> None:
    tokens, issuer = OwnTokens(monotonic=Hand()), Issuer()
    old = await tokens.token("daraja", issuer.fetch)
    assert isinstance(old, str)
    new = [await tokens.token("daraja", issuer.fetch, refused=old) for _ in range(2)]
    assert (new, len(issuer.issued)) == (["token-2", "token-2"], 2)


async def test_nothing_is_kept_of_a_fetch_that_failed() -> None:
    tokens, issuer = OwnTokens(monotonic=Hand()), Issuer(is_away=True)
    assert await tokens.token("daraja", issuer.fetch) == LOST
    issuer.is_away = False
    assert await tokens.token("daraja", issuer.fetch) == "token-1"


async def test_each_key_has_its_own_token() -> None:
    tokens, issuer = OwnTokens(monotonic=Hand()), Issuer()
    found = [await tokens.token(key, issuer.fetch) for key in ("one", "other", "one")]
    assert found == ["token-1", "token-2", "token-1"]

"""An access token is fetched once, however many processes ask; anew when refused or run out."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.tokens import CLAIMED_FOR, SharedTokens
from core.domain.providers import ProviderError, Unknown
from core.domain.tokens import AccessToken
from storage.access_tokens import Lent, SqlAccessTokens
from storage.database import Database
from storage.transaction import SqlTransaction
from tests.books import open_database
from tests.fakes.time import HandTime, until

LOST = Unknown(error=ProviderError.NETWORK_ERROR)


@dataclass
class Issuer:
    """Issues tokens that live five minutes; or nothing, while it is away."""

    is_away: bool = False
    is_slow: bool = False
    issued: list[str] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    async def fetch(self) -> AccessToken | Unknown:
        self.asked.set()
        if self.is_slow:
            await self.may_answer.wait()
        if self.is_away:
            return LOST
        self.issued.append(f"token-{len(self.issued) + 1}")
        return AccessToken(value=self.issued[-1], lives_s=300)


@dataclass
class Office:
    """Two processes of one database."""

    database: Database
    time: HandTime

    def process(self) -> SharedTokens:
        return SharedTokens(self.database, monotonic=self.time.monotonic, sleep=self.time.sleep)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    time = HandTime()
    database = open_database(tmp_path, clock=time.clock)
    yield Office(database, time)
    await database.close()


async def test_many_who_ask_at_once_share_one_token(office: Office) -> None:
    tokens, issuer = office.process(), Issuer()
    found = await asyncio.gather(*(tokens.token("daraja", issuer.fetch) for _ in range(20)))
    assert (set(found), len(issuer.issued)) == ({"token-1"}, 1)


async def test_a_second_process_uses_what_the_first_was_lent(office: Office) -> None:
    issuer = Issuer()
    found = [await office.process().token("daraja", issuer.fetch) for _ in range(2)]
    assert (found, len(issuer.issued)) == (["token-1", "token-1"], 1)


async def test_who_comes_while_another_process_fetches_waits_for_its_token(office: Office) -> None:
    issuer = Issuer(is_slow=True)
    first = asyncio.create_task(office.process().token("daraja", issuer.fetch))
    await issuer.asked.wait()
    second = asyncio.create_task(office.process().token("daraja", issuer.fetch))
    await until(lambda: bool(office.time.slept))
    issuer.may_answer.set()
    assert await first == "token-1"
    office.time.pass_by(1)
    assert (await second, issuer.issued) == ("token-1", ["token-1"])


async def test_a_token_that_was_kept_between_the_look_and_the_claim_is_not_taken_away(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer, late = Issuer(), Issuer()
    await office.process().token("daraja", issuer.fetch)
    found = SqlAccessTokens.find
    looks: list[Lent | None] = []

    def find(tokens: SqlAccessTokens, name: str) -> Lent | None:
        """See, at the first look, what stood before the other process's commit."""
        looks.append(found(tokens, name))
        return looks[-1] if len(looks) > 1 else None

    monkeypatch.setattr(SqlAccessTokens, "find", find)
    assert await office.process().token("daraja", late.fetch) == "token-1"
    assert (late.issued, len(looks)) == ([], 2)
    # The claim was given up: whoever needs a new one fetches it at once.
    assert await office.process().token("daraja", issuer.fetch, refused="token-1") == "token-2"
    assert office.time.slept == []


async def test_a_process_that_died_while_it_fetched_holds_nobody_up_for_long(
    office: Office,
) -> None:
    dead = Issuer(is_slow=True)
    dying = asyncio.create_task(office.process().token("daraja", dead.fetch))
    await dead.asked.wait()
    issuer = Issuer()
    waiting = asyncio.create_task(office.process().token("daraja", issuer.fetch))
    await until(lambda: bool(office.time.slept))
    office.time.pass_by(CLAIMED_FOR.total_seconds())
    assert await waiting == "token-1"
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)


async def test_a_token_is_fetched_anew_before_it_runs_out(office: Office) -> None:
    tokens, issuer = office.process(), Issuer()
    await tokens.token("daraja", issuer.fetch)
    office.time.pass_by(269)
    assert await tokens.token("daraja", issuer.fetch) == "token-1"
    office.time.pass_by(1)
    assert await tokens.token("daraja", issuer.fetch) == "token-2"


async def test_who_hears_late_that_a_token_was_refused_takes_the_one_of_who_heard_first(
    office: Office,
) -> None:
    one, other, issuer = office.process(), office.process(), Issuer()
    old = [await tokens.token("daraja", issuer.fetch) for tokens in (one, other)]
    new = [await tokens.token("daraja", issuer.fetch, refused=old[0]) for tokens in (one, other)]  # type: ignore[arg-type]
    assert (new, len(issuer.issued)) == (["token-2", "token-2"], 2)


async def test_nothing_is_kept_of_a_fetch_that_failed(office: Office) -> None:
    tokens, issuer = office.process(), Issuer(is_away=True)
    assert await tokens.token("daraja", issuer.fetch) == LOST
    issuer.is_away = False
    assert await office.process().token("daraja", issuer.fetch) == "token-1"


async def test_each_key_has_its_own_token(office: Office) -> None:
    tokens, issuer = office.process(), Issuer()
    found = [await tokens.token(key, issuer.fetch) for key in ("one", "other", "one")]
    assert found == ["token-1", "token-2", "token-1"]


async def test_a_token_is_nowhere_in_clear_and_swept_when_its_time_is_over(office: Office) -> None:
    await office.process().token("daraja", Issuer().fetch)

    def kept(tx: SqlTransaction) -> list[bytes]:
        tx.cursor.execute("SELECT body FROM access_token")
        return [bytes(row[0]) for row in tx.cursor.fetchall()]

    bodies = await office.database.read(kept)
    assert [b"token-1" in body for body in bodies] == [False]
    office.time.pass_by(300)
    assert await office.database.run(lambda tx: tx.access_tokens.sweep()) == 1
    assert await office.database.read(kept) == []

"""What comes to a one-time address counts for its own question, once, and for nothing else."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.web.answers import MAX_ANSWERS, AnswerDoors
from bot.web.payments import MAX_BODY_BYTES
from core.domain.addresses import LIFE, digest_of
from core.domain.payments import AttemptStatus, PaymentStatus
from core.domain.providers import ProviderError, Settled, Unknown
from core.domain.refunds import Destination, RefundStatus
from core.use_cases.addresses import find_address
from core.use_cases.refunds import ask_refund, open_refund
from storage.statements import written
from storage.transaction import SqlTransaction
from tests.bot.engine.desk import Desk, open_desk
from tests.core.estate import Estate, Tried, palm_court, settled
from tests.fakes.providers import AnsweringProvider, AnsweringRefunder, FakeProvider, FakeRegistry

HOOKS = "https://hazina.example/payments/hooks/"


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    with palm_court(tmp_path) as found:
        yield found


class Door:
    """An attempt that was prompted for, the engine, and the door of its address."""

    def __init__(
        self,
        desk: Desk,
        estate: Estate,
        tried: Tried,
        provider: AnsweringProvider,
        client: TestClient[web.Request, web.Application],
    ) -> None:
        self.desk = desk
        self.estate = estate
        self.first = tried
        self.provider = provider
        self.client = client
        self.turned: list[str] = []

    @property
    def secret(self) -> str:
        return self.provider.created[-1].answer_url.removeprefix(HOOKS)

    @property
    def tried(self) -> Tried:
        return self.estate.now(self.first)

    async def stored(self) -> int:
        """Count the answers that were kept."""

        def look(tx: SqlTransaction) -> int:
            query = written("SELECT count(*) FROM seen WHERE source LIKE 'answer:%'")
            return int(query.rows(tx.cursor, {})[0][0])

        return await self.desk.run(look)

    async def posts(self, body: bytes, *, end: str = "", secret: str = "") -> int:
        path = f"/payments/hooks/{secret or self.secret}{end}"
        async with self.client.post(path, data=body) as answer:
            status = answer.status
        await self.desk.later(0)
        return status


@asynccontextmanager
async def prompted(
    tmp_path: Path, estate: Estate, provider: AnsweringProvider | None = None
) -> AsyncIterator[Door]:
    tried = estate.ask_link(estate.agreed())
    provider = provider or AnsweringProvider(honours_our_id=False)
    registry = FakeRegistry(estate.configuration, provider)
    async with open_desk(tmp_path, path=estate.books.path, registry=registry) as desk:
        await desk.later(0)
        turned: list[str] = []
        app = web.Application()
        AnswerDoors(desk.database, registry, now=desk.time.clock.now, count=turned.append).mount(
            app
        )
        async with TestClient(TestServer(app)) as client:
            door = Door(desk, estate, tried, provider, client)
            door.turned = turned
            yield door


async def test_the_address_is_kept_as_a_hash_only(tmp_path: Path, estate: Estate) -> None:
    async with prompted(tmp_path, estate) as door:

        def look(tx: SqlTransaction) -> list[tuple[str, int]]:
            query = written("SELECT digest, subject FROM answer_address")
            return [(row[0], row[1]) for row in query.rows(tx.cursor, {})]

        kept = await door.desk.run(look)
        assert kept == [(digest_of(door.secret), door.first.attempt.id)]
        assert len(door.secret) == 64


async def test_an_answer_settles_its_attempt_with_the_number_the_payer_knows(
    tmp_path: Path, estate: Estate
) -> None:
    async with prompted(tmp_path, estate) as door:
        assert await door.posts(b"paid prompt-1") == 200
        assert door.tried.payment.status is PaymentStatus.COMPLETED
        assert door.tried.attempt.receipt == "SKL5XQ7ABC"
        assert door.provider.asked == []


async def test_an_answer_played_again_changes_nothing(tmp_path: Path, estate: Estate) -> None:
    async with prompted(tmp_path, estate) as door:
        statuses = [await door.posts(b"paid prompt-1") for _ in range(3)]
        assert statuses == [200, 200, 200]
        assert await door.stored() == 1
        assert estate.collected() == door.first.payment.amount_minor


async def test_a_decline_ends_the_attempt(tmp_path: Path, estate: Estate) -> None:
    async with prompted(tmp_path, estate) as door:
        assert await door.posts(b"declined") == 200
        assert door.tried.attempt.status is AttemptStatus.DECLINED
        assert door.tried.attempt.error is ProviderError.INSUFFICIENT_FUNDS


@pytest.mark.parametrize(
    ("body", "end"), [(b"paid prompt-2", ""), (b"\xff{", ""), (b"paid prompt-1", "/late")]
)
async def test_what_says_nothing_of_the_question_has_the_provider_asked(
    tmp_path: Path, estate: Estate, body: bytes, end: str
) -> None:
    async with prompted(tmp_path, estate) as door:
        assert await door.posts(body, end=end) == 200
        assert door.tried.attempt.status is AttemptStatus.WAITING
        assert door.provider.asked == [door.first.attempt.reference]


async def test_an_answer_counts_though_the_first_word_was_lost(
    tmp_path: Path, estate: Estate
) -> None:
    provider = AnsweringProvider(honours_our_id=False)
    provider.plans = [Unknown(error=ProviderError.TIMEOUT_ERROR)]
    async with prompted(tmp_path, estate, provider) as door:
        attempt = door.tried.attempt
        assert attempt.status is AttemptStatus.UNKNOWN
        assert (attempt.had_page, attempt.is_idle, attempt.is_doubtful) == (True, False, True)
        assert await door.posts(b"paid prompt-1") == 200
        assert door.tried.payment.status is PaymentStatus.COMPLETED


async def test_who_was_surely_not_asked_may_try_another_way(tmp_path: Path, estate: Estate) -> None:
    provider = AnsweringProvider(honours_our_id=False)
    provider.plans = [Unknown(error=ProviderError.NETWORK_ERROR, is_unsent=True)]
    async with prompted(tmp_path, estate, provider) as door:
        attempt = door.tried.attempt
        assert (attempt.status, attempt.is_idle) == (AttemptStatus.UNKNOWN, True)


async def test_a_look_up_that_was_not_sent_leaves_the_prompt_standing(
    tmp_path: Path, estate: Estate
) -> None:
    async with prompted(tmp_path, estate) as door:
        door.provider.plans = [Unknown(error=ProviderError.NETWORK_ERROR, is_unsent=True)]
        await door.posts(b"something else")
        attempt = door.tried.attempt
        assert (attempt.status, attempt.had_page) == (AttemptStatus.UNKNOWN, True)


async def test_a_look_up_and_an_answer_post_the_same_money_once(
    tmp_path: Path, estate: Estate
) -> None:
    async with prompted(tmp_path, estate) as door:
        word: Settled = settled(door.first, capture="prompt-1")
        door.provider.plans = [word]
        await door.posts(b"something else")
        assert door.tried.attempt.receipt == ""
        await door.posts(b"paid prompt-1")
        assert estate.collected() == door.first.payment.amount_minor
        assert door.tried.attempt.receipt == "SKL5XQ7ABC"


@pytest.mark.parametrize("secret", ["0" * 64, "f" * 63, "../../etc", "%00", "A" * 64])
async def test_an_address_that_was_never_drawn_is_not_there(
    tmp_path: Path, estate: Estate, secret: str
) -> None:
    async with prompted(tmp_path, estate) as door:
        assert await door.posts(b"paid prompt-1", secret=secret) == 404
        assert await door.stored() == 0
        assert set(door.turned) <= {"answer_unknown"}


async def test_an_address_whose_time_is_over_is_not_there(tmp_path: Path, estate: Estate) -> None:
    async with prompted(tmp_path, estate) as door:
        door.desk.time.pass_by(LIFE.total_seconds())
        assert await door.posts(b"paid prompt-1") == 404
        assert await door.desk.run(lambda tx: tx.addresses.sweep()) == 1


async def test_what_is_too_large_is_not_kept(tmp_path: Path, estate: Estate) -> None:
    async with prompted(tmp_path, estate) as door:
        assert await door.posts(b"x" * (MAX_BODY_BYTES + 1)) == 413
        assert door.turned == ["answer_too_large"]


async def test_an_address_keeps_a_bounded_number_of_answers(tmp_path: Path, estate: Estate) -> None:
    async with prompted(tmp_path, estate) as door:
        for number in range(MAX_ANSWERS + 3):
            assert await door.posts(b"noise %d" % number) == 200
        assert await door.stored() == MAX_ANSWERS


async def test_a_store_that_is_down_asks_for_the_answer_again(
    tmp_path: Path, estate: Estate
) -> None:
    async with prompted(tmp_path, estate) as door:
        secret = door.secret

        def broken(*_: object) -> None:
            raise OSError

        door.desk.database.run = broken  # type: ignore[method-assign, assignment]
        path = f"/payments/hooks/{secret}"
        async with door.client.post(path, data=b"paid prompt-1") as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
        del door.desk.database.run


async def test_providers_that_do_not_answer_there_get_no_address(
    tmp_path: Path, estate: Estate
) -> None:
    provider = FakeProvider()
    estate.ask_link(estate.agreed())
    registry = FakeRegistry(estate.configuration, provider)
    async with open_desk(tmp_path, path=estate.books.path, registry=registry) as desk:
        await desk.later(0)
        secret = "0" * 64
        assert provider.created[0].answer_url == ""
        assert await desk.run(lambda tx: find_address(tx, secret=secret)) is None


async def test_a_refund_ends_by_its_answer_and_every_question_has_its_own_address(
    tmp_path: Path, estate: Estate
) -> None:
    provider = AnsweringRefunder()
    async with prompted(tmp_path, estate, provider) as door:
        await door.posts(b"paid prompt-1")
        refund = await door.desk.run(
            lambda tx: open_refund(
                tx,
                actor=estate.admin,
                payment_id=door.first.payment.id,
                amount=door.first.payment.amount,
                destination=Destination.ORIGINAL,
                reason="Paid twice",
            )
        )
        await door.desk.settle()
        await door.desk.run(lambda tx: ask_refund(tx, refund=refund))
        await door.desk.settle()
        first, second = (each.removeprefix(HOOKS) for each in provider.addresses)
        assert first != second
        await door.posts(b"nothing of that", secret=first)
        assert await door.desk.run(lambda tx: tx.refunds.get(refund.id).is_open)
        await door.posts(b"moved", secret=second)
        status = await door.desk.run(lambda tx: tx.refunds.get(refund.id).status)
    assert status is RefundStatus.COMPLETED
    assert provider.receipts == ["SKL5XQ7ABC"]

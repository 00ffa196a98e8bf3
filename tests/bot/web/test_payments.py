"""Providers' doors: the forged, unknown and too large stay out; the authentic is durable."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.engine.alarms import Alarms
from bot.engine.outbox import Outbox
from bot.web.payments import MAX_BODY_BYTES, UNPROVEN_A_MINUTE, PaymentDoors
from core.domain.money import Currency, Money
from core.domain.payments import PaymentStatus
from core.domain.providers import Declined, Forged, Hook, ProviderError, Reading, Undecided
from core.use_cases import links
from storage.database import Database
from storage.statements import written
from storage.transaction import SqlTransaction
from tests.books import NOW, FakeClock, open_database
from tests.core.estate import Estate, Tried, palm_court, settled
from tests.fakes.providers import FakeProvider, FakeRegistry

PATH = "/payments/webhooks/sandbox/"
LINK = 'https://t.me/"><script>alert(1)</script>'


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    with palm_court(tmp_path) as found:
        yield found


Client = TestClient[web.Request, web.Application]


class Doors:
    """The doors on a real file, and a client in front of them."""

    def __init__(
        self, client: "TestClient[web.Request, web.Application]", database: Database
    ) -> None:
        self.client = client
        self.database = database
        self.turned: list[str] = []

    async def posts(self, body: bytes, path: str = PATH) -> int:
        async with self.client.post(path, data=body) as answer:
            return answer.status

    async def page(self, reference: str) -> str:
        path = "/payments/callback/sandbox/"
        async with self.client.get(path, params={"reference": reference}) as answer:
            assert answer.status == 200
            return await answer.text()

    async def count(self, kind: str) -> int:
        def look(tx: SqlTransaction) -> int:
            query = written("SELECT count(*) FROM work WHERE kind = :kind")
            return int(query.rows(tx.cursor, {"kind": kind})[0][0])

        return await self.database.read(look)


@asynccontextmanager
async def open_doors(estate: Estate, provider: FakeProvider | None = None) -> AsyncIterator[Doors]:
    configuration = estate.configuration
    database = open_database(
        estate.books.path.parent,
        path=estate.books.path,
        clock=FakeClock(NOW + timedelta(seconds=10)),
    )
    app = web.Application()
    turned: list[str] = []
    PaymentDoors(
        database,
        FakeRegistry(configuration, provider or FakeProvider()),
        now=lambda: NOW,
        bot_link=lambda: LINK,
        count=turned.append,
        alarms=Alarms(database, Outbox(is_sandbox=True), operators=(5001,)),
    ).mount(app)
    async with TestClient(TestServer(app)) as client:
        doors = Doors(client, database)
        doors.turned = turned
        yield doors
    await database.close()


async def test_an_authentic_event_is_stored_before_it_is_answered(estate: Estate) -> None:
    async with open_doors(estate) as doors:
        assert await doors.posts(b"ok evt-1 hz1") == 200
        assert await doors.count("hook") == 1


class Noticing(FakeProvider):
    """Is told in the address, by nobody who could prove it."""

    def read_hook(self, hook: Hook) -> Reading:
        """Read the address alone."""
        return Undecided(event_key=hook.query["event"], reference=hook.query["reference"])


async def _noticed(doors: Doors, reference: str, event: str = "evt-1") -> int:
    query = {"Reference": reference, "event": event}
    async with doors.client.get(PATH, params=query) as answer:
        return answer.status


async def test_an_event_in_the_address_is_stored_too(estate: Estate) -> None:
    tried = estate.open_link(estate.agreed())
    async with open_doors(estate, Noticing()) as doors:
        assert await _noticed(doors, tried.attempt.reference) == 200
        assert await doors.count("hook") == 1


async def test_what_proves_nothing_and_names_nothing_of_ours_leaves_no_trace(
    estate: Estate,
) -> None:
    async with open_doors(estate, Noticing()) as doors:
        assert await _noticed(doors, "hz-made-up") == 200
        assert (doors.turned, await doors.count("hook")) == (["hook_about_nothing"], 0)


async def test_strangers_cannot_fill_the_books_with_what_names_nothing(estate: Estate) -> None:
    async with open_doors(estate, Noticing()) as doors:
        told = [await _noticed(doors, "", f"evt-{n}") for n in range(UNPROVEN_A_MINUTE + 2)]
        assert (told[:-2].count(200), told[-2:]) == (UNPROVEN_A_MINUTE, [429, 429])
        assert await doors.count("hook") == UNPROVEN_A_MINUTE


async def test_a_restored_copy_keeps_what_it_may_lack_but_is_not_filled_by_strangers(
    estate: Estate,
) -> None:
    tried = estate.open_link(estate.agreed())

    def put_back(tx: SqlTransaction) -> None:
        tx.freeze.doubt()
        tx.freeze.begin()

    estate.books.run(put_back)
    async with open_doors(estate, Noticing()) as doors:
        told = [await _noticed(doors, "hz-lost", f"evt-{n}") for n in range(UNPROVEN_A_MINUTE + 1)]
        assert (told[:-1].count(200), told[-1]) == (UNPROVEN_A_MINUTE, 429)
        assert await _noticed(doors, tried.attempt.reference, "evt-ours") == 200
        assert await doors.count("hook") == UNPROVEN_A_MINUTE + 1


class Fetching(FakeProvider):
    """Must fetch something before it can judge."""

    has_fetched = False

    async def prepare(self, hook: Hook) -> None:
        """Fetch it."""
        self.has_fetched = True

    def read_hook(self, hook: Hook) -> Reading:
        """Judge by what was fetched."""
        return super().read_hook(hook) if self.has_fetched else Forged(reason="too early")


async def test_what_judging_an_event_takes_is_fetched_before(estate: Estate) -> None:
    async with open_doors(estate, Fetching()) as doors:
        assert await doors.posts(b"ok evt-1 hz1") == 200


async def test_a_replayed_event_is_harmless(estate: Estate) -> None:
    async with open_doors(estate) as doors:
        assert [await doors.posts(b"ok evt-1 hz1") for _ in range(3)] == [200, 200, 200]
        assert await doors.count("hook") == 1


async def test_the_slash_at_the_end_is_optional(estate: Estate) -> None:
    async with open_doors(estate) as doors:
        assert await doors.posts(b"ok evt-1 hz1", PATH.rstrip("/")) == 200


async def test_a_forged_event_is_refused_and_counted(estate: Estate) -> None:
    async with open_doors(estate) as doors:
        assert await doors.posts(b"forged evt-1 hz1") == 401
        assert (doors.turned, await doors.count("hook")) == (["hook_forged"], 0)
        assert await doors.posts(b"forged evt-2 hz1") == 401
        assert await doors.count("message") == 1


@pytest.mark.parametrize(
    "path",
    [
        "/payments/webhooks/paystack/",
        "/payments/webhooks/sandbox/42/",
        "/payments/webhooks/sandbox/x/",
        f"/payments/webhooks/sandbox/{'9' * 5000}/",
        "/payments/webhooks/",
    ],
)
async def test_an_unknown_door_is_not_there(estate: Estate, path: str) -> None:
    async with open_doors(estate) as doors:
        assert await doors.posts(b"ok evt-1 hz1", path) == 404
        assert await doors.count("hook") == 0


async def test_what_is_too_large_is_not_read(estate: Estate) -> None:
    async with open_doors(estate) as doors:
        assert await doors.posts(b"x" * (MAX_BODY_BYTES + 1)) == 413
        assert doors.turned == ["hook_too_large"]


async def test_a_body_of_unsaid_length_is_bounded(estate: Estate) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(MAX_BODY_BYTES // 1024 + 1):
            yield b"x" * 1024

    async with open_doors(estate) as doors, doors.client.post(PATH, data=pieces()) as answer:
        assert answer.status == 413


async def test_a_store_that_is_down_asks_for_the_event_again(estate: Estate) -> None:
    async with open_doors(estate) as doors:
        await doors.database.close()
        async with doors.client.post(PATH, data=b"ok evt-1 hz1") as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "10")


async def _looked_up(doors: Doors, tried: Tried, times: int) -> int:
    before = await doors.count("call")
    for _ in range(times):
        await doors.page(tried.attempt.reference)
    return await doors.count("call") - before


async def test_the_return_page_says_what_is_known_and_has_the_provider_asked(
    estate: Estate,
) -> None:
    tried = estate.open_link(estate.agreed())
    async with open_doors(estate) as doors:
        assert "Checking your payment" in await doors.page(tried.attempt.reference)
        assert await _looked_up(doors, tried, 1) == 1


async def test_the_provider_is_asked_a_few_times_a_minute_at_most(estate: Estate) -> None:
    tried = estate.open_link(estate.agreed())
    async with open_doors(estate) as doors:
        assert await _looked_up(doors, tried, 20) == links.CHECKS_A_MINUTE
        before = doors.database.commits
        await doors.page(tried.attempt.reference)
        assert doors.database.commits == before


async def test_a_settled_payment_is_called_paid_and_asked_no_more(estate: Estate) -> None:
    tried = estate.settle(estate.open_link(estate.agreed()))
    assert tried.payment.status is PaymentStatus.COMPLETED
    async with open_doors(estate) as doors:
        assert "Your payment is confirmed" in await doors.page(tried.attempt.reference)
        assert await _looked_up(doors, tried, 3) == 0


async def test_money_that_came_but_not_as_asked_is_never_called_not_paid(estate: Estate) -> None:
    tried = estate.open_link(estate.agreed())
    other = replace(settled(tried), captured=Money(2_500, Currency("EUR")))
    tried = estate.answer(tried, other)
    assert tried.payment.status is not PaymentStatus.COMPLETED
    async with open_doors(estate) as doors:
        page = await doors.page(tried.attempt.reference)
    assert "<h1>Kept apart</h1>" in page
    assert "Don&#x27;t pay again" in page or "Don't pay again" in page
    assert "http-equiv" not in page


async def test_a_declined_try_is_called_so_while_its_payment_is_open(estate: Estate) -> None:
    tried = estate.open_link(estate.agreed())
    tried = estate.answer(tried, Declined(error=ProviderError.DECLINED_CARD))
    assert tried.payment.is_open
    async with open_doors(estate) as doors:
        page = await doors.page(tried.attempt.reference)
    assert "This try did not go through, and it took nothing" in page
    assert "http-equiv" not in page


async def test_an_open_page_shows_itself_again_until_the_outcome_is_known(estate: Estate) -> None:
    tried = estate.open_link(estate.agreed())
    async with open_doors(estate) as doors:
        page = await doors.page(tried.attempt.reference)
        again = re.search(r'http-equiv="refresh" content="1;url=(\?[^"]+)"', page)
        assert again is not None
        path = f"/payments/callback/sandbox/{unescape(again[1])}"
        async with doors.client.get(path) as answer:
            page = await answer.text()
        assert f'content="2;url=?reference={tried.attempt.reference}&amp;looks=2"' in page
    estate.settle(tried)
    async with open_doors(estate) as doors, doors.client.get(path) as answer:
        page = await answer.text()
    assert "Your payment is confirmed" in page
    assert "refresh" not in page


@pytest.mark.parametrize("reference", ["", "unknown", "<script>alert(1)</script>", "x" * 5000])
async def test_an_unknown_reference_changes_nothing_and_costs_no_commit(
    estate: Estate, reference: str
) -> None:
    async with open_doors(estate) as doors:
        before = doors.database.commits
        page = await doors.page(reference)
        assert "We know nothing of this payment" in page
        assert doors.database.commits == before


async def test_the_page_runs_nobodys_script(estate: Estate) -> None:
    async with open_doors(estate) as doors:
        path = "/payments/callback/sandbox/"
        async with doors.client.get(path, params={"reference": "<script>x"}) as answer:
            page = await answer.text()
            policy = answer.headers["Content-Security-Policy"]
        assert "<script" not in page
        assert policy.startswith("default-src 'none'")
        assert answer.headers["Referrer-Policy"] == "no-referrer"

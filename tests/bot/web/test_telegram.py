"""A delivery is durable before Telegram hears 200, over real HTTP on loopback."""

from collections.abc import AsyncIterator, Sequence

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer

from bot.engine.poller import RawUpdate
from bot.web.telegram import MAX_BODY_BYTES, PATH, SECRET_HEADER, Turned, telegram_webhook

SECRET = "made-up_Secret1"
UPDATE = b'{"update_id":1,"message":{"text":"hi"}}'


class Inbox:
    """A store that can be broken."""

    def __init__(self) -> None:
        self.stored: list[RawUpdate] = []
        self.parked: list[RawUpdate] = []
        self.turned: list[Turned] = []
        self.failure: Exception | None = None
        self.parking_failure: Exception | None = None

    async def store(self, updates: Sequence[RawUpdate]) -> None:
        if self.failure is not None:
            raise self.failure
        self.stored += updates

    async def park(self, update: RawUpdate, error: Exception) -> None:
        if self.parking_failure is not None:
            raise self.parking_failure
        self.parked.append(update)


Client = TestClient[web.Request, web.Application]


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def client(inbox: Inbox) -> AsyncIterator[Client]:
    application = web.Application()
    handler = telegram_webhook(
        inbox.store, secret=SECRET, park=inbox.park, notice=inbox.turned.append
    )
    application.router.add_post(PATH, handler)
    async with TestClient(TestServer(application)) as client:
        yield client


async def status_of(client: Client, body: bytes, *, secret: str = SECRET) -> int:
    async with client.post(PATH, data=body, headers={SECRET_HEADER: secret}) as answer:
        return answer.status


async def test_update_is_stored_then_accepted(client: Client, inbox: Inbox) -> None:
    assert await status_of(client, UPDATE) == 200
    assert inbox.stored == [{"update_id": 1, "message": {"text": "hi"}}]
    assert inbox.turned == []


@pytest.mark.parametrize("secret", ["", "wrong", SECRET[:-1], SECRET + "x", "gehe\u00efm"])
async def test_wrong_secret_is_refused_and_counted(
    client: Client, inbox: Inbox, secret: str
) -> None:
    assert await status_of(client, UPDATE, secret=secret) == 403
    assert (inbox.stored, inbox.turned) == ([], [Turned.WRONG_SECRET])


async def test_missing_secret_is_refused(client: Client, inbox: Inbox) -> None:
    async with client.post(PATH, data=UPDATE) as answer:
        assert answer.status == 403


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"{}", b'{"update_id":"1"}', b"null", b"[" * 100_000],
    ids=["empty", "broken", "list", "numberless", "worded", "null", "abyss"],
)
async def test_unreadable_body_is_refused(client: Client, inbox: Inbox, body: bytes) -> None:
    assert await status_of(client, body) == 400
    assert (inbox.stored, inbox.turned) == ([], [Turned.UNREADABLE])


async def test_large_body_is_refused(client: Client, inbox: Inbox) -> None:
    assert await status_of(client, b" " * (MAX_BODY_BYTES + 1)) == 413
    assert inbox.turned == [Turned.TOO_LARGE]


async def test_large_body_of_unsaid_length_is_refused(client: Client, inbox: Inbox) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b" " * (MAX_BODY_BYTES // 4)

    async with client.post(PATH, data=chunks(), headers={SECRET_HEADER: SECRET}) as answer:
        assert answer.status == 413
    assert inbox.turned == [Turned.TOO_LARGE]


async def test_largest_body_passes(client: Client, inbox: Inbox) -> None:
    assert await status_of(client, UPDATE.ljust(MAX_BODY_BYTES)) == 200


async def test_outage_asks_for_a_pause(client: Client, inbox: Inbox) -> None:
    inbox.failure = RuntimeError("no database")

    async with client.post(PATH, data=UPDATE, headers={SECRET_HEADER: SECRET}) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert inbox.turned == [Turned.STORE]


async def test_update_that_breaks_the_store_is_parked_and_accepted(
    client: Client, inbox: Inbox
) -> None:
    inbox.failure = KeyError("chat")

    assert await status_of(client, UPDATE) == 200
    assert inbox.parked == [{"update_id": 1, "message": {"text": "hi"}}]
    assert inbox.turned == [Turned.PARKED]


async def test_update_that_cannot_be_parked_comes_again(client: Client, inbox: Inbox) -> None:
    inbox.failure, inbox.parking_failure = KeyError("chat"), RuntimeError("no database")

    assert await status_of(client, UPDATE) == 503
    assert inbox.turned == [Turned.STORE]


async def test_only_post_is_served(client: Client, inbox: Inbox) -> None:
    async with ClientSession() as session, session.get(client.make_url(PATH)) as answer:
        assert answer.status == 405


def test_webhook_needs_a_secret(inbox: Inbox) -> None:
    with pytest.raises(ValueError, match="secret"):
        telegram_webhook(inbox.store, secret="", park=inbox.park)

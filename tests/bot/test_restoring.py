"""Books that were put back by other means than `restore` are frozen by hand, on either database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.engine.restored import Frozen
from bot.restoring import freeze
from bot.settings import Settings
from core.domain.work import Kind
from storage.embedded import AlreadyRunning
from storage.freeze import Released
from tests.books import Books, is_on_postgres, open_books, ring, server_url

KEY = "a secret key that only these tests know"
TOKEN = "123456789:" + "AAtest-token_of-a-bot-that-is-not-0"
A_LIFETIME_S = 10**9


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    opened = open_books(tmp_path, keys=ring(KEY))
    yield opened
    opened.close()


@pytest.fixture
def settings(books: Books) -> Settings:
    url = f"sqlite+aiosqlite:///{books.path}"
    if is_on_postgres():
        url = server_url(books.path, is_new=False)
    # Only the live bot has its books on a server.
    values = {
        "database_url": url,
        "hazina_secret_key": SecretStr(KEY),
        "telegram_bot_token": SecretStr(TOKEN),
    }
    return Settings(_env_file=None, **values)  # type: ignore[call-arg, arg-type]


def test_what_the_books_had_still_to_do_waits_and_its_people_are_told(
    books: Books, settings: Settings
) -> None:
    books.run(lambda tx: tx.work.add(Kind.UPDATE, lane="u:77:501", payload=b"{}"))
    books.run(lambda tx: tx.work.add(Kind.MESSAGE, lane="c:501", payload=b"x"))
    assert freeze(settings) == Frozen(held=1, waiting=1, told=1)
    assert books.run(lambda tx: tx.freeze.find()) is not None
    found = books.rows("SELECT kind, status FROM work ORDER BY kind, status")
    assert found == [("message", "due"), ("message", "parked"), ("update", "parked")]
    released = books.run(lambda tx: tx.freeze.release())
    assert released == Released(woken=1, dropped=1, handled=0)


def test_books_that_somebody_works_on_are_not_frozen(books: Books, settings: Settings) -> None:
    books.run(lambda tx: tx.leases.join(owner="somebody", parts=(), lease_s=A_LIFETIME_S))
    with pytest.raises(AlreadyRunning):
        freeze(settings)
    assert books.run(lambda tx: tx.freeze.find()) is None

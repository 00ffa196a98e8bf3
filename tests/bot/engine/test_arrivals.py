"""What arrives is stored once, encrypted, before anybody is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.engine.arrivals import park_update, store_hook, store_updates
from core.domain.providers import About, Authentic
from core.domain.work import Kind
from tests.bot.engine.desk import BOT_ID, CHAT, press_update, text_update
from tests.factories import Books, open_books


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    opened = open_books(tmp_path)
    yield opened
    opened.close()


def rows(books: Books) -> list[tuple[str, str, str]]:
    found = books.rows("SELECT kind, lane, status FROM work ORDER BY id")
    return [(row[0], row[1], row[2]) for row in found]


def store(books: Books, *updates: dict[str, object], bot_id: int = BOT_ID) -> int:
    return books.run(lambda tx: store_updates(tx, bot_id=bot_id, updates=updates))


def test_an_update_is_stored_in_the_lane_of_who_acted(books: Books) -> None:
    assert store(books, text_update(1, "hi"), press_update(2, "x:y")) == 2
    lane = f"u:{BOT_ID}:{CHAT}"
    assert rows(books) == [("update", lane, "due"), ("update", lane, "due")]


def test_an_update_that_comes_twice_is_stored_once(books: Books) -> None:
    assert store(books, text_update(1, "hi"), text_update(1, "hi")) == 1
    assert store(books, text_update(1, "hi")) == 0
    assert len(rows(books)) == 1


def test_two_bots_number_their_updates_apart(books: Books) -> None:
    assert store(books, text_update(1, "hi")) == 1
    assert store(books, text_update(1, "hi"), bot_id=78) == 1


def test_what_people_type_rests_encrypted(books: Books) -> None:
    store(books, text_update(1, "my pin is 4829"))
    ((payload,),) = books.rows("SELECT payload FROM work")
    assert b"4829" not in bytes(payload)


def test_an_event_of_a_provider_is_stored_once_per_configuration(books: Books) -> None:
    def hook(configuration_id: int) -> bool:
        return books.run(
            lambda tx: store_hook(
                tx,
                configuration_id=configuration_id,
                provider="sandbox",
                reading=Authentic(event_key="evt_1", reference="hz1", kind="paid"),
            )
        )

    assert [hook(1), hook(1), hook(2)] == [True, False, True]
    assert rows(books) == [("hook", "h:1", "due"), ("hook", "h:2", "due")]


def test_an_event_about_nothing_of_ours_is_not_kept(books: Books) -> None:
    reading = Authentic(event_key="evt_1", reference="", kind="plan", about=About.NOTHING)
    stored = books.run(
        lambda tx: store_hook(tx, configuration_id=1, provider="sandbox", reading=reading)
    )
    assert (stored, rows(books)) == (False, [])


def test_an_update_that_cannot_be_stored_is_kept_for_a_human_once(books: Books) -> None:
    update = {"update_id": 5, "message": {"text": "\ud800", "number": 2**80}}
    for _ in range(2):
        books.run(lambda tx: park_update(tx, bot_id=BOT_ID, update=update))
    assert rows(books) == [("update", "parked", "parked")]


def test_a_parked_update_keeps_what_it_said(books: Books) -> None:
    update = {"update_id": 5, "message": {"number": 2**80}}
    books.run(lambda tx: park_update(tx, bot_id=BOT_ID, update=update))
    ((work_id,),) = books.rows("SELECT id FROM work")
    found = books.run(lambda tx: tx.work.get(work_id))
    assert found is not None
    assert found.kind is Kind.UPDATE
    assert str(2**80).encode() in found.payload

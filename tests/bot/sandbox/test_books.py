"""The sandbox's books from their founding to the next one, and what begins with them."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.sandbox import acts, estate
from bot.sandbox.books import Books
from bot.sandbox.places import LAGOS, MIAMI, NAIROBI
from bot.sandbox.provider import ProviderOptions, ProviderServer
from bot.sandbox.provider_switches import PLAYS, SLOW
from bot.sandbox.records import Person
from bot.sandbox.standins import CURRENCIES
from bot.sandbox.start import Beginning
from bot.sandbox.world import World
from storage import renewal, setup
from storage.keyring import KeyRing
from tests.factories import NOW

RING = KeyRing(["k" * 40])


def bills_in(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM bill").fetchone()[0])


def spoil(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE spoilt (what TEXT)")


def is_spoilt(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return ("spoilt",) in tables.fetchall()


def beginning(folder: Path) -> Beginning:
    world = World(
        people=estate.cast(),
        groups=estate.groups(),
        started=estate.acquainted(),
        data_dir=folder,
    )
    options = ProviderOptions(
        base_url="http://127.0.0.1:8080/sandbox/provider",
        webhook_url="http://127.0.0.1:8080/payments/webhooks/sandbox/",
        state_path=folder / "provider.json",
    )
    provider = ProviderServer(options, world.board)
    return Beginning(books=Books(folder / "sandbox.db", RING), world=world, provider=provider)


def said(world: World, person_id: int) -> list[str]:
    return [each.body.text for each in world.state.chats[person_id].messages.values()]


async def test_books_are_founded_once(tmp_path: Path) -> None:
    books = Books(tmp_path / "sandbox.db", RING)
    mark = await books.open()
    bills = bills_in(tmp_path / "sandbox.db")
    assert await books.open() == mark
    assert bills_in(tmp_path / "sandbox.db") == bills > 0


async def test_everything_begins_anew_together(tmp_path: Path) -> None:
    made = beginning(tmp_path)
    world = made.world
    first = await made.books.open()
    await made.follow(first)
    assert said(world, estate.CHIDI) == ["/report"]
    acts.say(world, person_id=estate.ADAEZE, chat_id=estate.ADAEZE, text="/bills")
    world.add_person(Person(id=world.free_person_id(), first_name="Zoe"))
    world.board.set("telegram.slow_s", 3)
    world.move_clock(86_400)
    spoil(tmp_path / "sandbox.db")
    await made.anew()
    assert world.state.books not in {"", first}
    assert said(world, estate.ADAEZE) == []
    assert said(world, estate.CHIDI) == ["/report"]
    assert set(world.state.people) == {each.id for each in estate.cast()}
    assert world.board.value("telegram.slow_s") == 0
    assert world.state.clock_offset_s == 0
    assert not is_spoilt(tmp_path / "sandbox.db")
    assert is_spoilt(renewal.before(tmp_path / "sandbox.db"))


async def test_the_estate_moves_and_stays_where_it_is(tmp_path: Path) -> None:
    made = beginning(tmp_path)
    await made.follow(await made.books.open())
    assert made.where()["place"] == LAGOS.key
    await made.anew(NAIROBI.key)
    await made.anew()
    assert made.where()["place"] == NAIROBI.key
    people = made.world.state.people
    assert (people[estate.BOLA].first_name, people[estate.BOLA].phone) == (
        "Wanjiru",
        "+254712000003",
    )
    again = Books(tmp_path / "sandbox.db", RING)
    await again.open()
    assert again.place is NAIROBI
    with pytest.raises(acts.CannotDo, match="no such place"):
        await made.anew("atlantis")


async def test_a_provider_of_one_currency_needs_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CURRENCIES, "coins", "USD")
    made = beginning(tmp_path)
    assert made.needs(PLAYS, "coins") == MIAMI.key
    assert made.needs(PLAYS, "paystack") == made.needs(SLOW, 3) == ""
    made.books.place = MIAMI
    assert made.needs(PLAYS, "coins") == ""


async def test_a_beginning_that_was_cut_off_is_made_good_at_the_next_start(tmp_path: Path) -> None:
    made = beginning(tmp_path)
    await made.follow(await made.books.open())
    acts.say(made.world, person_id=estate.ADAEZE, chat_id=estate.ADAEZE, text="/bills")
    made.world.save()
    await made.books.found()
    again = beginning(tmp_path)
    assert said(again.world, estate.ADAEZE) == ["/bills"]
    await again.follow(await again.books.open())
    assert said(again.world, estate.ADAEZE) == []


async def test_chats_of_before_the_mark_are_kept(tmp_path: Path) -> None:
    made = beginning(tmp_path)
    acts.say(made.world, person_id=estate.ADAEZE, chat_id=estate.ADAEZE, text="/bills")
    made.world.save()
    again = beginning(tmp_path)
    await again.follow(await again.books.open())
    assert said(again.world, estate.ADAEZE) == ["/bills"]


async def test_a_live_database_stays_and_so_do_the_chats(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    setup.prepare(path, mode=setup.LIVE, now=NOW, ring=RING)
    was = path.read_bytes()
    made = beginning(tmp_path)
    acts.say(made.world, person_id=estate.ADAEZE, chat_id=estate.ADAEZE, text="/bills")
    with pytest.raises(acts.CannotDo, match="this one stays"):
        await made.anew()
    assert path.read_bytes() == was
    assert said(made.world, estate.ADAEZE) == ["/bills"]
    assert not renewal.before(path).exists()
    assert not path.with_name("sandbox.db.fresh").exists()

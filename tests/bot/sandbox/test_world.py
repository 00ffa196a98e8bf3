"""The world: what survives a restart, what a reset does, what persons may do."""

import asyncio
from pathlib import Path

import pytest

from bot.sandbox import acts
from bot.sandbox.records import Person
from bot.sandbox.switches import Switch, Switchboard, SwitchKind, UnfitValue, UnknownSwitch
from bot.sandbox.world import World
from tests.bot.sandbox.conftest import ADA, BOLA, SAVERS, Clock


def made(folder: Path, clock: Clock) -> World:
    return World(people=(ADA, BOLA), groups=(SAVERS,), data_dir=folder, clock=clock)


async def test_everything_survives_a_restart(tmp_path: Path, clock: Clock) -> None:
    before = made(tmp_path, clock)
    acts.start(before, person_id=ADA.id, key="inv_1")
    file = before.keep_file(b"x", name="x.txt", mime="text/plain", is_photo=False)
    acts.send_file(before, person_id=ADA.id, chat_id=ADA.id, file=file)
    before.board.turn_on("telegram.duplicate")
    before.move_clock(3600)
    before.save()
    after = made(tmp_path, clock)
    assert after.state == before.state
    assert after.board.value("telegram.duplicate") is True
    assert after.now() == int(clock()) + 3600
    assert after.shelf.get(file.unique_id) == b"x"
    assert [one.payload["message_id"] for one in after.queue.waiting()] == [1, 2]


async def test_changes_are_written_a_moment_later(tmp_path: Path, clock: Clock) -> None:
    world = made(tmp_path, clock)
    task = asyncio.create_task(world.keep())
    acts.start(world, person_id=ADA.id)
    async with asyncio.timeout(30):
        while not (tmp_path / "world.json").exists():
            await world.change(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert made(tmp_path, clock).state.chats[ADA.id].is_started


async def test_the_file_is_for_the_owner_only(tmp_path: Path, clock: Clock) -> None:
    made(tmp_path, clock).save()
    assert (tmp_path / "world.json").stat().st_mode & 0o077 == 0


async def test_an_unreadable_file_is_put_aside(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "world.json").write_text("{broken")
    assert made(tmp_path, clock).state.chats[ADA.id].messages == {}
    assert (tmp_path / "world.unreadable.json").read_text() == "{broken"


async def test_reset_keeps_the_token_and_goes_on_numbering(world: World) -> None:
    token = world.state.bot.token
    acts.say(world, person_id=ADA.id, chat_id=ADA.id, text="x")
    last = world.state.queue.last_update_id
    world.add_person(Person(id=world.free_person_id(), first_name="New"))
    world.board.set("telegram.slow_s", 3)
    world.reset()
    assert world.state.bot.token == token
    assert set(world.state.people) == {ADA.id, BOLA.id}
    assert world.queue.waiting() == []
    assert world.board.value("telegram.slow_s") == 0
    acts.start(world, person_id=ADA.id)
    assert world.queue.waiting()[0].id > last


async def test_a_start_key_has_telegrams_letters_only(world: World) -> None:
    acts.start(world, person_id=ADA.id, key="a" * 64)
    for key in ("a" * 65, "a b", "a.b"):
        with pytest.raises(acts.CannotDo):
            acts.start(world, person_id=ADA.id, key=key)


async def test_a_shared_contact_is_the_own_number(world: World) -> None:
    acts.share_contact(world, person_id=ADA.id, chat_id=ADA.id)
    assert world.queue.waiting()[0].payload["contact"] == {
        "phone_number": "2348030000001",
        "first_name": "Ada",
        "last_name": "Obi",
        "user_id": ADA.id,
    }
    with pytest.raises(acts.CannotDo):
        acts.share_contact(world, person_id=BOLA.id, chat_id=BOLA.id)


async def test_nobody_writes_into_another_persons_chat(world: World) -> None:
    with pytest.raises(acts.CannotDo):
        acts.say(world, person_id=BOLA.id, chat_id=ADA.id, text="x")


async def test_watchers_hear_of_changes(world: World) -> None:
    watch = world.watch()
    acts.say(world, person_id=ADA.id, chat_id=ADA.id, text="x")
    event = watch.get_nowait()
    assert event is not None
    assert (event["kind"], event["data"]["text"]) == ("message", "x")


def test_switches_keep_to_their_kind() -> None:
    board = Switchboard()
    board.add(Switch(key="a", label="A"))
    board.add(Switch(key="n", label="N", kind=SwitchKind.NUMBER, value=1, maximum=5))
    board.add(Switch(key="c", label="C", kind=SwitchKind.CHOICE, value="x", choices=(("x", "X"),)))
    for key, value in (("a", 1), ("n", 6), ("n", True), ("n", "1"), ("c", "y")):
        with pytest.raises(UnfitValue):
            board.set(key, value)
    with pytest.raises(UnknownSwitch):
        board.set("z", 1)
    with pytest.raises(ValueError, match="there already"):
        board.add(Switch(key="a", label="A"))
    board.restore({"a": True, "n": 99, "z": 1})
    assert board.values() == {"a": True, "n": 1, "c": "x"}
    board.reset()
    assert board.is_on("a") is False


def test_a_kept_value_waits_for_its_switch() -> None:
    board = Switchboard()
    board.restore({"a": True})
    board.add(Switch(key="a", label="A"))
    assert board.is_on("a") is True


async def test_listeners_hear_of_the_clock(world: World) -> None:
    heard: list[int] = []
    world.on("clock", lambda: heard.append(world.now()))
    world.move_clock(60)
    assert heard == [world.now()]

"""The story ticks what has happened, not what was clicked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.sandbox import acts
from bot.sandbox.progress import Progress
from bot.sandbox.story import Mark, Story, StoryStep
from bot.sandbox.world import World
from tests.bot.sandbox.conftest import ADA, BOLA, Bot


class Books:
    """Books in which something may have happened."""

    def __init__(self) -> None:
        self.found: frozenset[tuple[int, str]] = frozenset()
        self.reads = 0

    async def happened(self) -> frozenset[tuple[int, str]]:
        self.reads += 1
        return self.found


def told(*facts: str, times: int = 1) -> Story:
    mark = Mark(label="done", facts=facts, times=times)
    return Story(steps=(StoryStep(title="Step", text="", marks=(mark,)),))


def progress(world: World, story: Story, books: Books, *, is_up: bool = True) -> Progress:
    return Progress(world, lambda: story, happened=books.happened, is_up=lambda: is_up)


async def take_all(bot: Bot) -> None:
    """Let the bot take and confirm every update."""
    updates = await bot.do("getUpdates")
    await bot.do("getUpdates", offset=updates[-1]["update_id"] + 1)


@asynccontextmanager
async def running(made: Progress) -> AsyncIterator[None]:
    task = asyncio.create_task(made.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_command_counts_once_the_bot_has_it(world: World, bot: Bot) -> None:
    made = progress(world, told(f"{ADA.id} asked bills"), Books())
    acts.say(world, person_id=ADA.id, chat_id=ADA.id, text="/Bills@hazina_sandbox_bot now")
    await made.look()
    assert world.state.ticked == []
    await take_all(bot)
    await made.look()
    assert world.state.ticked == ["Step: done"]


async def test_somebody_else_and_other_words_do_not_count(world: World, bot: Bot) -> None:
    made = progress(world, told(f"{ADA.id} asked bills"), Books())
    acts.start(world, person_id=BOLA.id)
    acts.say(world, person_id=BOLA.id, chat_id=BOLA.id, text="/bills")
    acts.say(world, person_id=ADA.id, chat_id=ADA.id, text="bills")
    await take_all(bot)
    await made.look()
    assert world.state.ticked == []


async def test_a_press_counts_once_it_is_answered_and_adds_up(world: World, bot: Bot) -> None:
    made = progress(world, told(f"{ADA.id} asked report", times=2), Books())
    keyboard = {"inline_keyboard": [[{"text": "Report", "callback_data": "report:show"}]]}
    sent = await bot.do("sendMessage", chat_id=ADA.id, text="Money came", reply_markup=keyboard)
    acts.say(world, person_id=ADA.id, chat_id=ADA.id, text="/report")
    query = acts.press(
        world,
        person_id=ADA.id,
        chat_id=ADA.id,
        message_id=sent["message_id"],
        data="report:show",
    )
    await take_all(bot)
    await made.look()
    assert world.state.ticked == []
    await bot.do("answerCallbackQuery", callback_query_id=query.id)
    await made.look()
    assert world.state.ticked == ["Step: done"]


async def test_the_books_count_by_what_and_by_who(world: World) -> None:
    books = Books()
    books.found = frozenset({(ADA.id, "journal:bill_payment"), (0, "attempt:settled")})
    for fact, is_reached in (
        ("journal:bill_payment", True),
        (f"{ADA.id} journal:bill_payment", True),
        (f"{BOLA.id} journal:bill_payment", False),
        ("attempt:settled", True),
    ):
        world.state.ticked = []
        await progress(world, told(fact), books).look()
        assert bool(world.state.ticked) is is_reached, fact


async def test_a_kill_counts_and_so_does_coming_back(world: World) -> None:
    down, back = told("killed"), told("is back")
    await progress(world, down, Books()).look()
    assert world.state.ticked == []
    world.state.kills = 1
    await progress(world, back, Books(), is_up=False).look()
    assert world.state.ticked == []
    await progress(world, back, Books()).look()
    assert world.state.ticked == ["Step: done"]


async def test_what_was_seen_stays_and_is_told_once(world: World) -> None:
    books, watch = Books(), world.watch()
    made = progress(world, told("attempt:settled"), books)
    books.found = frozenset({(0, "attempt:settled")})
    await made.look()
    books.found = frozenset()
    await made.look()
    assert world.state.ticked == ["Step: done"]
    assert watch.get_nowait() == {"kind": "story", "data": {"ticked": ["Step: done"]}}
    assert watch.empty()
    assert books.reads == 1


async def test_facts_of_the_old_estate_do_not_tick_the_new_one(world: World) -> None:
    books = Books()

    async def happened() -> frozenset[tuple[int, str]]:
        world.reset()
        return frozenset({(0, "attempt:settled")})

    books.happened = happened  # type: ignore[method-assign]
    await progress(world, told("attempt:settled"), books).look()
    assert world.state.ticked == []


async def test_it_looks_by_itself_after_a_change(world: World, bot: Bot) -> None:
    world.monotonic = asyncio.get_running_loop().time
    async with running(progress(world, told(f"{ADA.id} asked bills"), Books())):
        acts.say(world, person_id=ADA.id, chat_id=ADA.id, text="/bills")
        await take_all(bot)
        async with asyncio.timeout(30):
            while not world.state.ticked:
                await world.change(1)

"""What players do in every story: tap and look, type a PIN, pay on the provider's page.

A tap returns once the bot has answered it *and* shown what it came to; nothing here sleeps.
"""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import httpx

from bot.engine.timers import run_sweep
from bot.sandbox import acts, wire
from bot.sandbox.player import Player, draw, look_again
from bot.sandbox.records import Message, Query
from bot.sandbox.updates import Happening
from bot.sandbox.world import World
from bot.sweeps import SWEEPS
from tests.scripts.stage import ACTS_WITHIN_S, Stage

PROOF: Final = " · TXN-"
"""What the receipt that follows a payment has, and the screen it was paid on has not."""

FOOTER: Final = "\n\nSandbox · no real money"


async def tap(player: Player, *labels: str, until: str) -> str:
    """Tap buttons, each once it is there, and return the screen that has `until` in it."""
    before = 0
    for label in labels:
        await _until(player, partial(sees, player, label, since=before), f"[{label}]")
        before = player.world.state.revision
        await player.press(label)
    return plain(await newest(player, until, since=before))


async def say(player: Player, text: str, *, until: str = "") -> str:
    """Write and return the screen that has `until` in it, or the first answer."""
    if not until:
        return plain(await player.say(text))
    before = player.world.state.revision
    player.whisper(text)
    return plain(await newest(player, until, since=before))


async def toast(player: Player, label: str) -> str:
    """Tap a button and return the words of its toast."""
    return (await player.press(label)).text


async def follow(player: Player, link: str, *, until: str = "") -> str:
    """Open a deep link of the bot and return the screen that has `until` in it."""
    key = link.partition("?start=")[2]
    before = player.world.state.revision
    answer = await player.start(key)
    return plain(await newest(player, until, since=before) if until else answer)


async def enter_pin(player: Player, digits: str, *, until: str) -> str:
    """Press a PIN on the newest pad, then OK, and return the screen that has `until` in it."""
    message, _ = player.find("OK")
    for digit in digits:
        await tap_on(player, message, digit)
    return await tap_on(player, message, "OK", until=until)


async def set_pin(player: Player, digits: str) -> None:
    """Choose a PIN in the settings; the person has none yet. Returns once it was told, too."""
    before = player.world.state.revision
    await say(player, "/settings", until="Settings")
    await tap(player, "Set a PIN", until="Choose a PIN")
    await enter_pin(player, digits, until="once more")
    await enter_pin(player, digits, until="new PIN is set")
    await newest(player, "If it was not you", since=before)


async def tap_on(player: Player, message: Message, label: str, *, until: str = "") -> str:
    """Tap a button of one message, however old, as it was drawn then."""
    key = acts.find_key(message, label)
    assert key is not None, f"no [{label}] on\n{draw(message)}"
    before = player.world.state.revision
    query = press_raw(player.world, player.person.id, message, key.value)
    await _until(player, lambda: query.id in player.world.answers, f"an answer to [{label}]")
    if not until:
        return player.world.answers[query.id].text
    return plain(await newest(player, until, since=before))


async def newest(player: Player, text: str, *, since: int = 0) -> Message:
    """Return the newest message that has a text in it, once there is one after `since`."""

    def found() -> list[Message]:
        fresh = [one for one in player.messages() if one.revision > since]
        return [one for one in fresh if text in plain(one)]

    await _until(player, lambda: bool(found()), repr(text))
    return max(found(), key=lambda one: one.revision)


def press_raw(world: World, person_id: int, message: Message, data: str) -> Query:
    """Let an app press any button, also one that its screen no longer has."""
    query = Query(
        id=str(secrets.randbits(62)),
        person_id=person_id,
        chat_id=message.chat_id,
        message_id=message.id,
        data=data,
        asked_at=world.clock(),
    )
    world.save_query(query)
    world.queue.put(
        Happening(
            kind="callback_query",
            payload=wire.query_json(world.state, query),
            lane=f"user:{person_id}",
            chat_id=message.chat_id,
            message_id=message.id,
        )
    )
    return query


async def tap_twice(player: Player, label: str, *, until: str) -> tuple[str, str]:
    """Tap a button twice within a millisecond; return both toasts."""
    message, key = player.find(label)
    before = player.world.state.revision
    queries = [press_raw(player.world, player.person.id, message, key.value) for _ in range(2)]
    answers = player.world.answers
    await _until(player, lambda: all(q.id in answers for q in queries), "two answers")
    await newest(player, until, since=before)
    first, second = (answers[query.id].text for query in queries)
    return first, second


async def steal(thief: Player, message: Message, label: str) -> str:
    """Let another person press a button that was drawn for somebody else; return his answer."""
    key = acts.find_key(message, label)
    assert key is not None, f"no [{label}] on\n{draw(message)}"
    await thief.say("/menu")
    return await press_any(thief, thief.last(), key.value)


async def press_any(player: Player, message: Message, data: str) -> str:
    """Press a button with any data; return its toast, or the screen that it led to."""
    before = player.world.state.revision
    query = press_raw(player.world, player.person.id, message, data)
    answers = player.world.answers

    def said() -> str:
        toast_ = answers[query.id].text if query.id in answers else ""
        fresh = [plain(one) for one in player.messages() if one.revision > before]
        return toast_ or "".join(fresh)

    await _until(player, lambda: bool(said()), f"an answer to {data!r}")
    return said()


async def pay_page(stage: Stage, link: str, act: str = "pay", amount: str = "") -> str:
    """Press a button of the provider's page as its payer; return where the page leads on."""
    async with httpx.AsyncClient() as browser:
        response = await browser.post(link, data={"act": act, "amount": amount})
        assert response.status_code == httpx.codes.SEE_OTHER, response.text
        return response.headers["location"]


async def come_back(stage: Stage, location: str) -> str:
    """Open the page that a provider sends payers back to, and return what it says."""
    async with httpx.AsyncClient() as browser:
        response = await browser.get(location)
        assert response.status_code == httpx.codes.OK
        return response.text


async def sweep(stage: Stage, task: str, *, at: datetime | None = None) -> int:
    """Run the timed sweeps of a task at once, as if at that time; return how many rows."""
    total = 0
    for each in SWEEPS:
        if each.task == task:
            total += await run_sweep(stage.service.database, each, at=at)
    await stage.settle()
    return total


async def later(stage: Stage, **duration: float) -> None:
    """Move every clock: the world's, the provider's, and the service's by a restart."""
    passed = int(timedelta(**duration).total_seconds())
    offset_s = stage.world.state.clock_offset_s + passed
    await stage.settle()
    await stage.stop()
    stage.world.move_clock(offset_s)
    stage.overrides["sandbox_clock_offset_s"] = offset_s
    await stage.start()
    stage.provider.nudge()


def plain(message: Message) -> str:
    """Return what a message shows, without the sandbox's line."""
    return draw(message).replace(FOOTER, "").replace("\u00a0", " ")


def sees(player: Player, label: str, *, since: int = 0) -> bool:
    """Tell whether a message that changed after `since` offers a button."""
    fresh = (one for one in player.messages() if one.revision > since)
    return any(acts.find_key(one, label) for one in fresh)


async def _until(player: Player, is_there: Callable[[], bool], what: str) -> None:
    left_s = ACTS_WITHIN_S
    while not is_there():
        assert left_s > 0, f"{player.person.name} waited for {what}\n{player.screen()}"
        left_s -= await look_again(player.world, left_s)

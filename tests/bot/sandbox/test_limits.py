"""How much Telegram lets through."""

import pytest

from bot.sandbox.limits import SendLimits
from bot.sandbox.refusals import ApiRefusal
from bot.sandbox.world import World
from tests.bot.sandbox.conftest import ADA, SAVERS, Bot, Clock


def let_through(limits: SendLimits, chat_id: int, tries: int) -> int:
    passed = 0
    for _ in range(tries):
        try:
            limits.pass_send(chat_id)
        except ApiRefusal:
            continue
        passed += 1
    return passed


def test_a_chat_takes_a_burst_then_one_a_second(clock: Clock) -> None:
    limits = SendLimits(clock)
    assert let_through(limits, 1, 10) == 5
    clock.now_s += 1
    assert let_through(limits, 1, 10) == 1


def test_a_group_takes_twenty_a_minute(clock: Clock) -> None:
    limits = SendLimits(clock)
    assert let_through(limits, -1, 40) == 20


def test_thirty_a_second_over_all(clock: Clock) -> None:
    limits = SendLimits(clock)
    assert sum(let_through(limits, chat_id, 1) for chat_id in range(1, 51)) == 30


def test_edits_in_a_private_chat_count_over_all_only(clock: Clock) -> None:
    limits = SendLimits(clock)
    for _ in range(20):
        limits.pass_edit(1)
    for _ in range(10):
        limits.pass_edit(-1)
    with pytest.raises(ApiRefusal):
        limits.pass_edit(2)


def test_who_does_not_wait_waits_longer(clock: Clock) -> None:
    limits = SendLimits(clock)
    waits = []
    for _ in range(3):
        let_through(limits, 1, 20)
        with pytest.raises(ApiRefusal) as refusal:
            limits.pass_send(1)
        waits.append(refusal.value.retry_after_s)
        clock.now_s += waits[-1]
    assert waits == sorted(waits)
    assert waits[0] < waits[-1]


async def test_the_bot_is_told_how_long(bot: Bot) -> None:
    for _ in range(5):
        await bot.do("sendMessage", chat_id=ADA.id, text="x")
    body = await bot.call("sendMessage", chat_id=ADA.id, text="x")
    assert body["error_code"] == 429
    assert body["parameters"] == {"retry_after": 1}
    await bot.do("sendMessage", chat_id=SAVERS.id, text="another chat is free")


async def test_limits_can_be_switched_off(bot: Bot, world: World) -> None:
    world.board.turn_off("telegram.limits")
    for _ in range(40):
        await bot.do("sendMessage", chat_id=ADA.id, text="x")

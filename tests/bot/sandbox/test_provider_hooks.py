"""Webhooks of the sandbox provider: delivered, repeated, and misdelivered on demand."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.sandbox import provider_switches as switches
from bot.sandbox.provider_hooks import PAUSES_S
from bot.sandbox.provider_tongue import sign
from core.domain.providers import Authentic, Hook
from tests.bot.providers.loopback import START, Loopback, provider_on_loopback


@pytest.fixture
async def loopback() -> AsyncIterator[Loopback]:
    async with provider_on_loopback() as running:
        yield running


async def pay(loopback: Loopback, reference: str = "ATT-1") -> None:
    await loopback.press(await loopback.page(reference), "pay")


def named(loopback: Loopback, hook: Hook) -> str:
    reading = loopback.adapter.read_hook(hook)
    return reading.reference if isinstance(reading, Authentic) else ""


def key(loopback: Loopback, hook: Hook) -> str:
    reading = loopback.adapter.read_hook(hook)
    return reading.event_key if isinstance(reading, Authentic) else ""


def test_signature_is_hmac_of_time_and_body() -> None:
    expected = hmac.new(b"secret", b'1795251600.{"a":1}', hashlib.sha256).hexdigest()
    assert sign("secret", b'{"a":1}', at=START) == f"t=1795251600,v1={expected}"


async def test_event_carries_the_checkout(loopback: Loopback) -> None:
    await pay(loopback)
    event = json.loads((await loopback.hook()).body)
    assert event["type"] == "checkout.paid"
    assert event["data"]["status"] == "paid"
    assert event["data"]["captures"][0]["amount_minor"] == 500_000


@pytest.mark.parametrize(
    ("act", "kind"), [("pay", "checkout.paid"), ("expired_card", "checkout.declined")]
)
async def test_each_ending_is_announced(loopback: Loopback, act: str, kind: str) -> None:
    await loopback.press(await loopback.page(), act)
    assert json.loads((await loopback.hook()).body)["type"] == kind


async def test_expiry_is_announced_once(loopback: Loopback) -> None:
    await loopback.page()
    loopback.pass_time(timedelta(hours=1))
    assert json.loads((await loopback.hook()).body)["type"] == "checkout.expired"
    loopback.pass_time(timedelta(hours=-1))
    await pay(loopback, "ATT-2")
    assert named(loopback, await loopback.hook()) == "ATT-2"


async def test_refused_event_is_repeated_until_it_is_taken() -> None:
    async with provider_on_loopback(is_ticking=False) as loopback:
        loopback.refusals.extend([500, 503])
        await pay(loopback)
        for pause_s in (0, *PAUSES_S):
            loopback.clock.move(timedelta(seconds=pause_s))
            await loopback.step()
        bodies = [loopback.hooks.get_nowait().body for _ in range(loopback.hooks.qsize())]
        assert len(bodies) == 3
        assert len(set(bodies)) == 1


async def test_event_is_not_repeated_before_its_pause_is_over() -> None:
    async with provider_on_loopback(is_ticking=False) as loopback:
        loopback.refusals.append(500)
        await pay(loopback)
        for _ in range(3):
            await loopback.step()
        assert loopback.hooks.qsize() == 1


async def test_event_is_given_up_after_its_last_pause() -> None:
    async with provider_on_loopback(is_ticking=False) as loopback:
        loopback.refusals.extend([500] * 100)
        await pay(loopback)
        for pause_s in (0, *PAUSES_S, 600, 600):
            loopback.clock.move(timedelta(seconds=pause_s))
            await loopback.step()
        assert loopback.hooks.qsize() == 1 + len(PAUSES_S)


async def test_each_try_is_signed_anew() -> None:
    async with provider_on_loopback(is_ticking=False) as loopback:
        loopback.refusals.append(500)
        await pay(loopback)
        await loopback.step()
        loopback.clock.move(timedelta(hours=0.5))
        await loopback.step()
        first, second = (loopback.hooks.get_nowait() for _ in range(2))
        assert first.headers["x-sandbox-signature"] != second.headers["x-sandbox-signature"]
        assert named(loopback, second) == "ATT-1"


async def test_clock_moved_back_does_not_hold_events_for_ever() -> None:
    async with provider_on_loopback(is_ticking=False) as loopback:
        loopback.refusals.append(500)
        await pay(loopback)
        await loopback.step()
        loopback.clock.move(timedelta(days=-7))
        await loopback.step()
        assert loopback.hooks.qsize() == 2


async def test_lost_events_never_arrive(loopback: Loopback) -> None:
    loopback.board.set(switches.HOOK_LOSS, value=True)
    await pay(loopback, "ATT-1")
    loopback.board.set(switches.HOOK_LOSS, value=False)
    await pay(loopback, "ATT-2")
    assert named(loopback, await loopback.hook()) == "ATT-2"


async def test_copies_are_sent_as_often_as_told(loopback: Loopback) -> None:
    loopback.board.set(switches.HOOK_COPIES, 3)
    await pay(loopback)
    keys = {key(loopback, await loopback.hook()) for _ in range(3)}
    assert len(keys) == 1


async def test_delayed_event_waits_for_its_time(loopback: Loopback) -> None:
    loopback.board.set(switches.HOOK_DELAY, 120)
    await pay(loopback, "ATT-1")
    loopback.board.set(switches.HOOK_DELAY, 0)
    await pay(loopback, "ATT-2")
    assert named(loopback, await loopback.hook()) == "ATT-2"
    loopback.pass_time(timedelta(seconds=120))
    assert named(loopback, await loopback.hook()) == "ATT-1"


async def test_reordered_events_arrive_newest_first(loopback: Loopback) -> None:
    loopback.board.set(switches.HOOK_REORDER, value=True)
    loopback.board.set(switches.TWICE, value=True)
    await pay(loopback)
    loopback.pass_time(timedelta(minutes=1))
    counts = [len(json.loads((await loopback.hook()).body)["data"]["captures"]) for _ in range(2)]
    assert counts == [2, 1]


async def test_two_captures_are_two_events(loopback: Loopback) -> None:
    loopback.board.set(switches.TWICE, value=True)
    await pay(loopback)
    keys = {key(loopback, await loopback.hook()) for _ in range(2)}
    assert len(keys) == 2


async def test_events_wait_for_the_end_of_an_outage(loopback: Loopback) -> None:
    link = await loopback.page()
    loopback.board.set(switches.OUTAGE, value=True)
    await loopback.press(link, "pay")
    assert loopback.hooks.empty()
    loopback.board.set(switches.OUTAGE, value=False)
    assert named(loopback, await loopback.hook()) == "ATT-1"

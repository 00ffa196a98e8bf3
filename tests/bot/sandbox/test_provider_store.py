"""What the sandbox provider still knows after a restart."""

import asyncio
import json
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.sandbox import provider_switches as switches
from bot.sandbox.provider_records import Checkout, CheckoutStatus
from bot.sandbox.provider_store import ProviderStore
from core.domain.providers import Authentic, Settled
from tests.bot.providers.loopback import START, WorldClock, provider_on_loopback
from tests.bot.sandbox.test_provider_records import a_checkout


async def test_money_and_keys_survive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "provider.json"
    async with provider_on_loopback(state_path=path) as before:
        await before.press(await before.page(), "pay")
    async with provider_on_loopback(state_path=path) as after:
        assert after.server.child_env()["SANDBOX_SECRET_KEY"] == before.server.secret_key
        outcome = await after.adapter.advance(
            reference="ATT-1", provider_ref="", asked=after.request().amount
        )
        assert isinstance(outcome, Settled)


async def test_webhook_on_its_way_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "provider.json"
    async with provider_on_loopback(state_path=path) as before:
        before.board.set(switches.HOOK_DELAY, 60)
        await before.press(await before.page(), "pay")
    state = json.loads(path.read_bytes())
    assert [row["reference"] for row in state["deliveries"]] == ["ATT-1"]
    later = WorldClock(START + timedelta(minutes=2))
    port = int(before.origin.rpartition(":")[2])
    async with provider_on_loopback(state_path=path, clock=later, port=port) as after:
        reading = after.adapter.read_hook(await after.hook())
        assert isinstance(reading, Authentic)


async def test_paid_answer_is_on_disk_before_the_payer_is_sent_back(tmp_path: Path) -> None:
    path = tmp_path / "provider.json"
    async with provider_on_loopback(state_path=path) as loopback:
        await loopback.press(await loopback.page(), "pay")
        state = json.loads(path.read_bytes())
        assert state["checkouts"][0]["status"] == "paid"


async def test_state_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "provider.json"
    store = ProviderStore(path)
    await store.save()
    store.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_unreadable_state_is_kept_aside(tmp_path: Path) -> None:
    path = tmp_path / "provider.json"
    path.write_bytes(b'{"secret_key": "x"')
    store = ProviderStore(path)
    store.close()
    assert list(store.checkouts()) == []
    assert path.with_suffix(".unreadable").exists()


async def test_every_save_returns_with_its_change_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "provider.json"
    store = ProviderStore(path)

    async def keep(number: int) -> bool:
        store.put(a_numbered(number))
        await store.save()
        return f'"chk_{number}"' in path.read_text()

    found = await asyncio.gather(*(keep(number) for number in range(50)))
    store.close()
    assert all(found)


def test_oldest_finished_checkouts_are_forgotten_first() -> None:
    store = ProviderStore(None, most=2)
    store.put(a_numbered(1, CheckoutStatus.OPEN))
    for number in (2, 3, 4):
        store.put(a_numbered(number, CheckoutStatus.PAID))
    assert [checkout.id for checkout in store.checkouts()] == ["chk_1", "chk_4"]
    assert store.find("ATT-2") is None


def a_numbered(number: int, status: CheckoutStatus = CheckoutStatus.PAID) -> Checkout:
    checkout = a_checkout(status)
    terms = replace(checkout.terms, reference=f"ATT-{number}")
    return replace(checkout, id=f"chk_{number}", terms=terms)


async def test_reset_forgets_all_but_the_keys() -> None:
    async with provider_on_loopback() as loopback:
        await loopback.page()
        key = loopback.server.secret_key
        await loopback.server.reset()
        assert loopback.server.checkouts() == ()
        assert loopback.server.secret_key == key

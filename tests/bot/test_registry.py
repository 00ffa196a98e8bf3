"""One configuration for each set of credentials, the same after every start."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from bot.providers import PROVIDERS
from bot.registry import Registry, addresses_of, credentials_of
from bot.settings import BadSetting, Settings
from core.domain.configurations import Configuration, KeysId
from core.domain.providers import Provider
from core.domain.tenants import PLATFORM, Tenant, TenantId
from storage.database import Database
from storage.transaction import SqlTransaction
from tests.books import open_database
from tests.bot.providers.kits import a_kit
from tests.factories import add_configuration, add_tenant

URL = "http://127.0.0.1:9/sandbox/provider"
GOOD = {
    "secret_key": "sk_test_0123456789abcdef",
    "webhook_secret": "whsec_0123456789abcdef",
}


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = open_database(tmp_path)
    yield opened
    await opened.close()


async def opened(database: Database, **changes: str) -> Registry:
    async with httpx.AsyncClient(trust_env=False) as client:
        own = {"sandbox": {**GOOD, **changes}}
        registry = Registry(a_kit(client), own, {"sandbox": URL}, database)
        await registry.open(is_test=True)
        return registry


async def test_a_provider_is_found_by_name_and_by_configuration(database: Database) -> None:
    registry = await opened(database)
    found = await registry.find("sandbox", PLATFORM)
    assert found is not None
    configuration, provider = found
    assert await registry.adapter(configuration) is provider
    assert (configuration.is_test, configuration.tenant_id) == (True, PLATFORM)


async def test_a_second_start_finds_the_same_configuration(database: Database) -> None:
    first, second = await opened(database), await opened(database)
    one, other = await first.find("sandbox", PLATFORM), await second.find("sandbox", PLATFORM)
    assert one is not None
    assert other is not None
    assert one[0].id == other[0].id


async def test_a_bad_credential_stops_the_start_by_its_name_and_is_not_shown(
    database: Database,
) -> None:
    with pytest.raises(BadSetting, match=r"^SANDBOX_SECRET_KEY: ") as stopped:
        await opened(database, secret_key="hunter2")
    assert "hunter2" not in str(stopped.value)


async def test_nobody_elses_provider_is_found(database: Database) -> None:
    registry = await opened(database)
    assert await registry.find("sandbox", TenantId(42)) is None
    assert await registry.find("paystack", PLATFORM) is None
    assert await registry.find("hooli", TenantId(42)) is None


async def test_a_tenant_has_an_adapter_of_its_own_which_follows_its_keys(
    database: Database,
) -> None:
    """Two processes on one database: whichever changes the keys, the other opens anew."""
    here, there = await opened(database), await opened(database)
    tenant = await database.run(add_tenant)
    before = await database.run(lambda tx: add_configuration(tx, tenant))
    first = await _own(here, tenant)
    assert await _own(here, tenant) is first
    assert await _own(there, tenant) not in {None, first}

    new = await database.run(lambda tx: _replace_keys(tx, before))
    second = await _own(there, tenant)
    assert second is not first
    assert await here.adapter(new) not in {None, first, second}
    assert await here.adapter(before) is await here.adapter(new)


async def test_what_is_switched_off_is_still_asked_and_what_is_removed_is_not(
    database: Database,
) -> None:
    registry = await opened(database)
    tenant = await database.run(add_tenant)
    off = await database.run(lambda tx: add_configuration(tx, tenant, is_enabled=False))
    assert await registry.adapter(off) is not None
    gone = await database.run(lambda tx: tx.configurations.replace(off, off.forget()))
    assert await registry.adapter(gone) is None
    assert await registry.find("sandbox", tenant.id) is None


async def test_keys_that_an_adapter_refuses_open_nothing_and_are_not_told(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    registry = await opened(database)
    tenant = await database.run(add_tenant)
    bad = {**GOOD, "secret_key": "hunter2"}
    configuration = await database.run(lambda tx: add_configuration(tx, tenant, credentials=bad))
    assert await registry.adapter(configuration) is None
    assert "hunter2" not in capsys.readouterr().out


async def _own(registry: Registry, tenant: Tenant) -> Provider | None:
    found = await registry.find("sandbox", tenant.id)
    return found[1] if found else None


def _replace_keys(tx: SqlTransaction, before: Configuration) -> Configuration:
    known = tx.configurations.keys(before.keys_id)
    keys = replace(known, id=KeysId(tx.new_id()))
    tx.configurations.add_keys(keys, {**GOOD, "webhook_secret": "whsec_fedcba9876543210"})
    stored = tx.configurations.replace(before, before.use(keys))
    tx.configurations.drop_keys(stored.id, but=stored.keys_id)
    return stored


def _settings(**values: object) -> Settings:
    return Settings(_env_file=None, **values)  # type: ignore[call-arg, arg-type]


def _live(**values: object) -> Settings:
    return _settings(
        telegram_bot_token=SecretStr("123456789:" + "AAtest-token_of-a-bot-that-is-not-0"),
        hazina_secret_key=SecretStr("k" * 32),
        **values,
    )


def test_the_sandbox_provider_is_never_offered_live() -> None:
    live = _live(sandbox_api_url=URL, sandbox_secret_key=SecretStr(GOOD["secret_key"]))
    assert credentials_of(live) == {}


def test_the_sandbox_is_given_its_provider() -> None:
    sandbox = _settings(
        sandbox_api_url=URL,
        sandbox_secret_key=SecretStr(GOOD["secret_key"]),
        sandbox_webhook_secret=SecretStr(GOOD["webhook_secret"]),
    )
    assert credentials_of(sandbox) == {"sandbox": GOOD}
    assert addresses_of(sandbox)["sandbox"] == URL


@pytest.mark.parametrize("is_test", [True, False])
async def test_keys_of_the_other_mode_open_nothing(database: Database, *, is_test: bool) -> None:
    key = {True: "sk_live_", False: "sk_test_"}[is_test] + "0" * 40
    async with httpx.AsyncClient(trust_env=False) as client:
        keys = {"paystack": {"secret_key": key}}
        registry = Registry(a_kit(client), keys, addresses_of(_live()), database)
        await registry.open(is_test=is_test)
    assert await registry.find("paystack", PLATFORM) is None


@pytest.mark.parametrize("plays", ["sandbox", "paystack", "sandbox,paystack"])
async def test_the_sandbox_offers_what_it_plays_and_can_still_ask_the_other(
    database: Database, plays: str
) -> None:
    keys = {"sandbox": GOOD, "paystack": {"secret_key": "sk_test_" + "0" * 40}}
    addresses = {"sandbox": URL, "paystack": URL}
    async with httpx.AsyncClient(trust_env=False) as client:
        kit = a_kit(client)
        for played in ("sandbox", "paystack"):
            await Registry(kit, keys, addresses, database, plays=played).open(is_test=True)
        registry = Registry(kit, keys, addresses, database, plays=plays)
        await registry.open(is_test=True)
    offered = await database.read(lambda tx: tx.configurations.usable(PLATFORM))
    assert [each.provider for each in offered] == plays.split(",")
    assert all([await registry.find(name, PLATFORM) for name in keys])


def test_a_provider_is_where_it_is_unless_the_settings_say_otherwise() -> None:
    moved = _settings(paystack_api_url="http://127.0.0.1:9/paystack/")
    assert addresses_of(_live())["paystack"] == "https://api.paystack.co"
    assert addresses_of(moved)["paystack"] == "http://127.0.0.1:9/paystack"


def test_nobody_who_enters_credentials_can_send_our_calls_elsewhere() -> None:
    asked = {what for maker in PROVIDERS.values() for what in maker.credentials}
    assert not [what for what in asked if "url" in what or "address" in what or "host" in what]

"""One configuration for each set of credentials, the same after every start."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from bot.providers import PROVIDERS
from bot.registry import Registry, addresses_of, credentials_of
from bot.settings import Settings
from core.domain.configurations import ConfigurationId
from core.domain.tenants import PLATFORM, TenantId
from storage.database import Database
from tests.books import open_database
from tests.bot.providers.kits import a_kit

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
        registry = Registry(a_kit(client), {"sandbox": {**GOOD, **changes}}, {"sandbox": URL})
        await registry.open(database, is_test=True)
        return registry


async def test_a_provider_is_found_by_name_and_by_configuration(database: Database) -> None:
    registry = await opened(database)
    found = registry.find("sandbox", PLATFORM)
    assert found is not None
    configuration, provider = found
    assert registry.of(configuration.id) is provider
    assert (configuration.is_test, configuration.tenant_id) == (True, PLATFORM)


async def test_a_second_start_finds_the_same_configuration(database: Database) -> None:
    first, second = await opened(database), await opened(database)
    one, other = first.find("sandbox", PLATFORM), second.find("sandbox", PLATFORM)
    assert one is not None
    assert other is not None
    assert one[0].id == other[0].id


async def test_bad_credentials_close_one_door_and_show_nothing(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    registry = await opened(database, secret_key="hunter2")
    assert registry.find("sandbox", PLATFORM) is None
    assert "hunter2" not in capsys.readouterr().out


async def test_nobody_elses_provider_is_found(database: Database) -> None:
    registry = await opened(database)
    assert registry.find("sandbox", TenantId(42)) is None
    assert registry.find("paystack", PLATFORM) is None
    assert registry.of(ConfigurationId(1)) is None


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
        registry = Registry(a_kit(client), {"paystack": {"secret_key": key}}, addresses_of(_live()))
        await registry.open(database, is_test=is_test)
    assert registry.find("paystack", PLATFORM) is None


@pytest.mark.parametrize("plays", ["sandbox", "paystack"])
async def test_the_sandbox_offers_what_it_plays_and_can_still_ask_the_other(
    database: Database, plays: str
) -> None:
    keys = {"sandbox": GOOD, "paystack": {"secret_key": "sk_test_" + "0" * 40}}
    addresses = {"sandbox": URL, "paystack": URL}
    async with httpx.AsyncClient(trust_env=False) as client:
        kit = a_kit(client)
        for played in ("sandbox", "paystack"):
            await Registry(kit, keys, addresses, plays=played).open(database, is_test=True)
        registry = Registry(kit, keys, addresses, plays=plays)
        await registry.open(database, is_test=True)
    offered = await database.read(lambda tx: tx.configurations.usable(PLATFORM))
    assert [each.provider for each in offered] == [plays]
    assert all(registry.find(name, PLATFORM) for name in keys)


def test_a_provider_is_where_it_is_unless_the_settings_say_otherwise() -> None:
    moved = _settings(paystack_api_url="http://127.0.0.1:9/paystack/")
    assert addresses_of(_live())["paystack"] == "https://api.paystack.co"
    assert addresses_of(moved)["paystack"] == "http://127.0.0.1:9/paystack"


def test_nobody_who_enters_credentials_can_send_our_calls_elsewhere() -> None:
    asked = {what for maker in PROVIDERS.values() for what in maker.credentials}
    assert not [what for what in asked if "url" in what or "address" in what or "host" in what]

"""One configuration for each set of credentials, the same after every start."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from bot.registry import Registry, credentials_of
from bot.settings import Settings
from core.domain.configurations import ConfigurationId
from core.domain.tenants import PLATFORM, TenantId
from storage.database import Database
from tests.books import open_database
from tests.bot.providers.kits import a_kit

GOOD = {
    "url": "http://127.0.0.1:9/sandbox/provider",
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
        registry = Registry(a_kit(client), {"sandbox": {**GOOD, **changes}})
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


def test_the_sandbox_provider_is_never_offered_live() -> None:
    live = _settings(
        telegram_bot_token=SecretStr("123456789:" + "AAtest-token_of-a-bot-that-is-not-0"),
        hazina_secret_key=SecretStr("k" * 32),
        sandbox_api_url="http://127.0.0.1:9/sandbox/provider",
    )
    assert credentials_of(live) == {}


def test_the_sandbox_is_given_its_provider() -> None:
    sandbox = _settings(
        sandbox_api_url=GOOD["url"],
        sandbox_secret_key=SecretStr(GOOD["secret_key"]),
        sandbox_webhook_secret=SecretStr(GOOD["webhook_secret"]),
    )
    assert credentials_of(sandbox) == {"sandbox": GOOD}

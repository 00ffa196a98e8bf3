"""The provider adapters of this process, by configuration."""

from collections.abc import Mapping
from typing import Final

import structlog

from bot.providers import PROVIDERS
from bot.providers.kit import Kit
from bot.settings import Settings
from core.domain.configurations import Configuration, ConfigurationId
from core.domain.errors import ProviderProblem
from core.domain.providers import Provider
from core.domain.tenants import PLATFORM, TenantId
from storage.database import Database
from storage.transaction import SqlTransaction

_log = structlog.get_logger(__name__)

SANDBOX: Final = "sandbox"


def credentials_of(settings: Settings) -> dict[str, dict[str, str]]:
    """Return the process-wide credentials that are set, by provider."""
    found = {}
    if settings.is_sandbox and settings.sandbox_api_url:
        found[SANDBOX] = {
            "url": settings.sandbox_api_url,
            "secret_key": settings.sandbox_secret_key.get_secret_value(),
            "webhook_secret": settings.sandbox_webhook_secret.get_secret_value(),
        }
    return found


class Registry:
    """Opens each adapter once, under the configuration that owns its credentials."""

    def __init__(self, kit: Kit, credentials: Mapping[str, Mapping[str, str]]) -> None:
        """Keep what all adapters share."""
        self._kit = kit
        self._credentials = credentials
        self._adapters: dict[ConfigurationId, Provider] = {}
        self._owned: dict[tuple[str, TenantId], Configuration] = {}

    async def open(self, database: Database, *, is_test: bool) -> None:
        """Open an adapter for each set of credentials; make its configuration where it is new."""
        for name, credentials in self._credentials.items():
            try:
                adapter = PROVIDERS[name].open(self._kit, credentials)
            except ProviderProblem as problem:
                _log.error("provider_not_opened", provider=name, what=problem.data.get("what"))
                continue

            def ensure(tx: SqlTransaction, name: str = name) -> Configuration:
                return _ensure(tx, name, is_test=is_test)

            configuration = await database.run(ensure)
            self._adapters[configuration.id] = adapter
            self._owned[name, PLATFORM] = configuration

    def of(self, configuration_id: ConfigurationId) -> Provider | None:
        """Return the adapter of a configuration, None while its credentials are missing."""
        return self._adapters.get(configuration_id)

    def find(self, provider: str, tenant_id: TenantId) -> tuple[Configuration, Provider] | None:
        """Return a configuration and its adapter, None where nothing is set up."""
        configuration = self._owned.get((provider, tenant_id))
        adapter = self._adapters.get(configuration.id) if configuration else None
        return (configuration, adapter) if configuration and adapter else None


def _ensure(tx: SqlTransaction, name: str, *, is_test: bool) -> Configuration:
    known = tx.configurations.of(PLATFORM, name)
    if known is None:
        known = Configuration(
            id=ConfigurationId(tx.new_id()),
            tenant_id=PLATFORM,
            provider=name,
            is_test=is_test,
        )
        tx.configurations.add(known)
    return known

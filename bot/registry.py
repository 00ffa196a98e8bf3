"""The provider adapters of this process, by configuration."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import structlog
from pydantic import SecretStr

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
    """Return the process-wide credentials that are set, by provider.

    A credential's setting is called by the provider's name and its own: `PAYSTACK_SECRET_KEY`.
    """
    found = {
        name: {
            what: given
            for what in maker.credentials
            if (given := _setting(settings, f"{name}_{what}"))
        }
        for name, maker in PROVIDERS.items()
        if name != SANDBOX or (settings.is_sandbox and settings.sandbox_api_url)
    }
    return {name: credentials for name, credentials in found.items() if credentials}


def addresses_of(settings: Settings) -> dict[str, str]:
    """Return where providers are, by name; only the settings can say it is elsewhere."""
    return {
        name: _setting(settings, f"{name}_api_url") or maker.address
        for name, maker in PROVIDERS.items()
    }


def _setting(settings: Settings, name: str) -> str:
    value = getattr(settings, name, "")
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


class Registry:
    """Opens each adapter once, under the configuration that owns its credentials."""

    def __init__(
        self,
        kit: Kit,
        credentials: Mapping[str, Mapping[str, str]],
        addresses: Mapping[str, str],
        *,
        plays: str = "",
    ) -> None:
        """Keep what all adapters share, and where each provider is.

        `plays` names the one that the sandbox offers; "" leaves it to the configurations.
        """
        self._plays = plays
        self._kit = kit
        self._addresses = addresses
        self._credentials = credentials
        self._adapters: dict[ConfigurationId, Provider] = {}
        self._owned: dict[tuple[str, TenantId], Configuration] = {}

    async def open(self, database: Database, *, is_test: bool) -> None:
        """Open an adapter for each set of credentials; make its configuration where it is new.

        Pretend money never meets real books, nor real money the sandbox's: credentials of the
        other mode are not opened.
        """
        for name, credentials in self._credentials.items():
            try:
                adapter = self._made(name, credentials, is_test=is_test)
            except ProviderProblem as problem:
                _log.error("provider_not_opened", provider=name, what=problem.data.get("what"))
                continue

            def ensure(tx: SqlTransaction, name: str = name) -> Configuration:
                return self._ensured(tx, name, is_test=is_test)

            configuration = await database.run(ensure)
            self._adapters[configuration.id] = adapter
            self._owned[name, PLATFORM] = configuration

    def _made(self, name: str, credentials: Mapping[str, str], *, is_test: bool) -> Provider:
        maker = PROVIDERS[name]
        given = {**maker.defaults, **credentials}
        adapter = maker.open(self._kit, given, address=self._addresses.get(name, maker.address))
        if maker.is_test(given) not in {None, is_test}:
            raise ProviderProblem(provider=name, what="mode")
        return adapter

    def _ensured(self, tx: SqlTransaction, name: str, *, is_test: bool) -> Configuration:
        known = tx.configurations.of(PLATFORM, name)
        is_offered = not self._plays or name == self._plays
        if known is None:
            known = Configuration(
                id=ConfigurationId(tx.new_id()),
                tenant_id=PLATFORM,
                provider=name,
                is_test=is_test,
                is_enabled=is_offered,
            )
            tx.configurations.add(known)
        if self._plays and known.is_enabled is not is_offered:
            return tx.configurations.replace(known, replace(known, is_enabled=is_offered))
        return known

    def of(self, configuration_id: ConfigurationId) -> Provider | None:
        """Return the adapter of a configuration, None while its credentials are missing."""
        return self._adapters.get(configuration_id)

    def find(self, provider: str, tenant_id: TenantId) -> tuple[Configuration, Provider] | None:
        """Return a configuration and its adapter, None where nothing is set up."""
        configuration = self._owned.get((provider, tenant_id))
        adapter = self._adapters.get(configuration.id) if configuration else None
        return (configuration, adapter) if configuration and adapter else None

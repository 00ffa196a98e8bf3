"""The provider adapters of this process, by configuration.

Those of the process's own settings are opened at the start. A tenant's is opened when it is first
needed, and anew when its keys are others than it was opened with, whichever process changed them;
nothing has to be told. It stays while its keys do, also where nobody is offered it any more: what
is under way is asked for to its end.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, NamedTuple

import structlog
from pydantic import SecretStr

from bot.providers import PROVIDERS
from bot.providers.kit import Kit
from bot.settings import BadSetting, Settings
from core.domain.configurations import NO_KEYS, Configuration, ConfigurationId, KeysId
from core.domain.errors import ProviderProblem
from core.domain.providers import Provider
from core.domain.tenants import PLATFORM, TenantId
from storage.database import Database
from storage.transaction import SqlTransaction

_log = structlog.get_logger(__name__)

SANDBOX: Final = "sandbox"
MODE: Final = "mode"
"""What is wrong with credentials for pretend money where ours is real, or the other way round."""
MOST_OPEN: Final = 1000
"""Adapters of tenants that are kept open."""


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


def _said_of(provider: str, what: str) -> str:
    """Say which setting a provider cannot be opened with."""
    name = f"{provider}_{'api_url' if what == 'url' else what}".upper()
    return f"{name}: missing, or not what the provider gives (docs/providers)"


class _Opened(NamedTuple):
    """A tenant's adapter, and the keys it was opened with."""

    keys_id: KeysId
    adapter: Provider


class _Keyed(NamedTuple):
    """A configuration as it stands, and what its keys are."""

    configuration: Configuration
    credentials: Mapping[str, str]


class Registry:
    """Opens each adapter once, under the configuration that owns its credentials."""

    def __init__(
        self,
        kit: Kit,
        credentials: Mapping[str, Mapping[str, str]],
        addresses: Mapping[str, str],
        database: Database,
        *,
        plays: str = "",
    ) -> None:
        """Keep what all adapters share, where each provider is, and where tenants' keys are.

        `plays` names those that the sandbox offers, with commas; "" leaves it to the
        configurations.
        """
        self._plays = frozenset(filter(None, plays.split(",")))
        self._kit = kit
        self._addresses = addresses
        self._credentials = credentials
        self._database = database
        self._adapters: dict[ConfigurationId, Provider] = {}
        self._owned: dict[str, Configuration] = {}
        self._opened: dict[ConfigurationId, _Opened] = {}

    async def open(self, *, is_test: bool) -> None:
        """Open an adapter for each set of credentials; make its configuration where it is new.

        Pretend money never meets real books, nor real money the sandbox's: credentials of the
        other mode are not opened.

        Raises:
            BadSetting: a credential is missing or malformed, or where the provider is.
        """
        for name, credentials in self._credentials.items():
            try:
                adapter = self.made(name, credentials, is_test=is_test)
            except ProviderProblem as problem:
                if problem.data["what"] != MODE:
                    raise BadSetting(_said_of(name, str(problem.data["what"]))) from None
                _log.error("provider_not_opened", provider=name, what=MODE)
                continue

            def ensure(tx: SqlTransaction, name: str = name) -> Configuration:
                return self._ensured(tx, name, is_test=is_test)

            configuration = await self._database.run(ensure)
            self._adapters[configuration.id] = adapter
            self._owned[name] = configuration

    def made(self, name: str, credentials: Mapping[str, str], *, is_test: bool) -> Provider:
        """Return an adapter that was just opened with credentials; nobody else is handed it.

        Raises:
            ProviderProblem: one is missing or malformed, or they are of the other mode.
        """
        maker = PROVIDERS.get(name)
        if maker is None:
            raise ProviderProblem(provider=name, what="name")
        given = {**maker.defaults, **credentials}
        adapter = maker.open(self._kit, given, address=self._addresses.get(name, maker.address))
        if maker.is_test(given) not in {None, is_test}:
            raise ProviderProblem(provider=name, what=MODE)
        return adapter

    def _ensured(self, tx: SqlTransaction, name: str, *, is_test: bool) -> Configuration:
        known = tx.configurations.of(PLATFORM, name)
        is_offered = not self._plays or name in self._plays
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

    async def adapter(self, configuration: Configuration) -> Provider | None:
        """Return the adapter of a configuration as it stands, None while it has no credentials."""
        if configuration.tenant_id == PLATFORM:
            return self._adapters.get(configuration.id)
        opened = self._opened.get(configuration.id)
        if opened is not None and opened.keys_id == configuration.keys_id:
            return opened.adapter
        keyed = await self._database.read(lambda tx: _keyed(tx, configuration.id))
        return self._take(keyed)

    async def find(
        self, provider: str, tenant_id: TenantId
    ) -> tuple[Configuration, Provider] | None:
        """Return an owner's configuration and its adapter, None where nothing is set up."""
        configuration = self._owned.get(provider)
        if tenant_id != PLATFORM:
            configuration = await self._of(tenant_id, provider)
        adapter = await self.adapter(configuration) if configuration else None
        return (configuration, adapter) if configuration and adapter else None

    async def _of(self, tenant_id: TenantId, provider: str) -> Configuration | None:
        if provider not in PROVIDERS:
            return None
        return await self._database.read(lambda tx: tx.configurations.of(tenant_id, provider))

    def _take(self, keyed: _Keyed) -> Provider | None:
        """Open a tenant's adapter in place of any other; the oldest goes where there are many."""
        stands, credentials = keyed
        self._opened.pop(stands.id, None)
        if stands.keys_id == NO_KEYS:
            return None
        try:
            adapter = self.made(stands.provider, credentials, is_test=stands.is_test)
        except ProviderProblem as problem:
            what = problem.data.get("what")
            _log.error("provider_not_opened", configuration=stands.id, what=what)
            return None
        if len(self._opened) >= MOST_OPEN:
            del self._opened[next(iter(self._opened))]
        self._opened[stands.id] = _Opened(stands.keys_id, adapter)
        return adapter


def _keyed(tx: SqlTransaction, configuration_id: ConfigurationId) -> _Keyed:
    stands = tx.configurations.get(configuration_id)
    if stands.keys_id == NO_KEYS:
        return _Keyed(stands, {})
    keys = tx.configurations.keys(stands.keys_id)
    return _Keyed(stands, tx.configurations.credentials(keys))

"""Provider configurations: with whose credentials, in which mode, a tenant's money is asked for."""

from dataclasses import dataclass
from typing import NewType, Protocol

from core.domain.tenants import TenantId

ConfigurationId = NewType("ConfigurationId", int)


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """A provider's credentials and mode for one tenant, or for all when owned by the platform."""

    id: ConfigurationId
    tenant_id: TenantId
    provider: str
    is_test: bool
    is_enabled: bool = True
    row_version: int = 1


class StoredConfigurations(Protocol):
    """Provider configurations on an open transaction."""

    def get(self, configuration_id: ConfigurationId) -> Configuration:
        """Return one configuration.

        Raises:
            NotFound: there is none of this id.
        """
        ...

    def usable(self, tenant_id: TenantId) -> tuple[Configuration, ...]:
        """Return the enabled configurations a tenant may use: its own first, then shared ones."""
        ...

    def of(self, tenant_id: TenantId, provider: str) -> Configuration | None:
        """Return an owner's configuration of a provider, if there is one."""
        ...

    def add(self, configuration: Configuration) -> None:
        """Store a new configuration."""
        ...

"""Provider configurations."""

from typing import TYPE_CHECKING, Final

from sqlalchemy import ForeignKeyConstraint, UniqueConstraint, and_, bindparam, or_

from core.domain.configurations import Configuration, ConfigurationId
from core.domain.errors import NotFound
from core.domain.tenants import PLATFORM, TenantId
from storage.audit import add_change
from storage.records import Records
from storage.schema import flag, ident, number, table, text
from storage.statements import Statement

if TYPE_CHECKING:
    from storage.transaction import SqlTransaction

CONFIGURATION: Final = table(
    "provider_configuration",
    ident(primary_key=True),
    ident("tenant_id"),
    text("provider"),
    flag("is_test"),
    flag("is_enabled"),
    number("row_version"),
    ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
    UniqueConstraint("tenant_id", "provider"),
)

_CONFIGURATIONS: Final = Records(
    CONFIGURATION, Configuration, frozen=("id", "tenant_id", "provider", "is_test")
)
_ONE: Final = _CONFIGURATIONS.by("id")
_OF: Final = _CONFIGURATIONS.by("tenant_id", "provider")
_USABLE: Final = Statement(
    _CONFIGURATIONS.select()
    .where(
        and_(
            CONFIGURATION.c.is_enabled == bindparam("yes"),
            or_(
                CONFIGURATION.c.tenant_id == bindparam("tenant_id"),
                CONFIGURATION.c.tenant_id == PLATFORM,
            ),
        )
    )
    .order_by(CONFIGURATION.c.tenant_id.desc(), CONFIGURATION.c.id)
    .limit(50)
)


class SqlConfigurations:
    """Provider configurations in SQL."""

    def __init__(self, tx: "SqlTransaction") -> None:
        """Work on an open transaction."""
        self._tx = tx

    def get(self, configuration_id: ConfigurationId) -> Configuration:
        """Return one configuration, else `NotFound`."""
        found = _CONFIGURATIONS.one(self._tx, _ONE, id=configuration_id)
        if found is None:
            raise NotFound(kind="provider")
        return found

    def usable(self, tenant_id: TenantId) -> tuple[Configuration, ...]:
        """Return the enabled configurations a tenant may use: its own first, then shared ones."""
        return _CONFIGURATIONS.many(self._tx, _USABLE, tenant_id=tenant_id, yes=True)

    def of(self, tenant_id: TenantId, provider: str) -> Configuration | None:
        """Return an owner's configuration of a provider, if there is one."""
        return _CONFIGURATIONS.one(self._tx, _OF, tenant_id=tenant_id, provider=provider)

    def add(self, configuration: Configuration) -> None:
        """Store a new configuration."""
        _CONFIGURATIONS.add(self._tx, configuration)
        content = {"provider": configuration.provider, "is_test": configuration.is_test}
        add_change(self._tx, configuration.tenant_id, "configuration", configuration.id, content)

"""How providers' configurations stand: one row for each that ever had trouble."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, bindparam, or_

from core.domain.configurations import ConfigurationId
from core.domain.standings import Standing
from core.domain.tenants import PLATFORM, TenantId
from storage.audit import add_change
from storage.configurations import CONFIGURATION
from storage.records import Records
from storage.schema import ident, number, table, time
from storage.statements import Statement, inserting_once

if TYPE_CHECKING:
    from storage.transaction import SqlTransaction

STANDING: Final = table(
    "provider_standing",
    ident("configuration_id", primary_key=True),
    number("troubles"),
    time("troubled_since", nullable=True),
    time("down_at", nullable=True),
    time("try_at", nullable=True),
    number("trials"),
    number("row_version"),
    ForeignKeyConstraint(["configuration_id"], ["provider_configuration.id"]),
    CheckConstraint("troubles >= 0 AND trials >= 0", name="counts"),
    CheckConstraint("(troubles = 0) = (troubled_since IS NULL)", name="troubled"),
    CheckConstraint("(down_at IS NULL) = (try_at IS NULL)", name="down"),
    CheckConstraint("down_at IS NOT NULL OR trials = 0", name="trials"),
    CheckConstraint("down_at IS NULL OR troubles > 0", name="fell"),
    CheckConstraint("try_at IS NULL OR try_at > down_at", name="pause"),
)

_STANDINGS: Final = Records(STANDING, Standing, frozen=("configuration_id",))
_ONE: Final = _STANDINGS.by("configuration_id")
_LOCKED: Final = Statement(
    _STANDINGS.select()
    .where(STANDING.c.configuration_id == bindparam("configuration_id"))
    .with_for_update(key_share=True)
)
_ADD: Final = inserting_once(STANDING)
_DOWN: Final = Statement(
    _STANDINGS.select()
    .join(CONFIGURATION, CONFIGURATION.c.id == STANDING.c.configuration_id)
    .where(
        or_(
            CONFIGURATION.c.tenant_id == bindparam("tenant_id"),
            CONFIGURATION.c.tenant_id == PLATFORM,
        ),
        STANDING.c.down_at.is_not(None),
    )
    .limit(100)
)


class SqlStandings:
    """Standings in SQL."""

    def __init__(self, tx: "SqlTransaction") -> None:
        """Work on an open transaction."""
        self._tx = tx

    def find(self, configuration_id: ConfigurationId) -> Standing | None:
        """Return a configuration's standing, None where it never had trouble."""
        return _STANDINGS.one(self._tx, _ONE, configuration_id=configuration_id)

    def lock(self, configuration_id: ConfigurationId) -> Standing:
        """Return it, made at the first need, and keep others from changing it meanwhile."""
        clean = Standing(configuration_id=configuration_id)
        _ADD.run(self._tx.cursor, _STANDINGS.row(self._tx, clean))
        found = _STANDINGS.one(self._tx, _LOCKED, configuration_id=configuration_id)
        return found or clean

    def replace(self, before: Standing, after: Standing) -> Standing:
        """Store a change where `before` still stands, else `StaleState`; return it as stored."""
        stored = _STANDINGS.replace(self._tx, before, after)
        if before.is_down is not after.is_down:
            self._tell(after)
        return stored

    def down(self, tenant_id: TenantId) -> Mapping[ConfigurationId, Standing]:
        """Return what is down of a tenant's own and the shared configurations."""
        found = _STANDINGS.many(self._tx, _DOWN, tenant_id=tenant_id)
        return {each.configuration_id: each for each in found}

    def _tell(self, standing: Standing) -> None:
        """Put into the audit chain that a provider fell, or came back."""
        owner = self._tx.configurations.get(standing.configuration_id).tenant_id
        content = {"is_down": standing.is_down, "troubles": standing.troubles}
        add_change(self._tx, owner, "provider_standing", standing.configuration_id, content)

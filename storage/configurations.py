"""Provider configurations and their keys.

A set of keys is encrypted for its own row and configuration: put anywhere else, it does not open.
What is in use is never deleted; what is not goes with the next one, or after a day.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import orjson
from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)

from core.domain.configurations import (
    UNUSED_FOR,
    Configuration,
    ConfigurationId,
    Health,
    Keys,
    KeysId,
)
from core.domain.errors import NotFound
from core.domain.payments import WATCH_AFTER_EXPIRY
from core.domain.providers import Capabilities
from core.domain.tenants import PLATFORM, TenantId
from storage.audit import add_change
from storage.birth import SANDBOX, mode_of
from storage.chargebacks import CHARGEBACK
from storage.chargebacks import IS_OPEN as IS_CLAIM_OPEN
from storage.payment_tables import ATTEMPT, PAYMENT
from storage.records import Records
from storage.refund_tables import IS_OPEN, REFUND
from storage.schema import flag, ident, number, sealed, table, text, time
from storage.statements import Statement, inserting

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
    number("place", server_default="0"),
    ident("keys_id", server_default="0"),
    text("account", server_default=""),
    ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
    UniqueConstraint("tenant_id", "provider"),
)

KEYS: Final = table(
    "provider_keys",
    ident(primary_key=True),
    ident("configuration_id"),
    sealed("body"),
    time("made_at"),
    text("health"),
    sealed("account"),
    text("detail", server_default=""),
    time("checked_at", nullable=True),
    ForeignKeyConstraint(["configuration_id"], ["provider_configuration.id"]),
    CheckConstraint("length(body) > 0", name="body"),
    CheckConstraint(f"health IN ({', '.join(repr(each.value) for each in Health)})", name="health"),
    Index("ix_provider_keys_configuration", "configuration_id"),
)
"""Changed by no one but for what the provider says of them; deleted once they are not in use."""

_CONFIGURATIONS: Final = Records(
    CONFIGURATION, Configuration, frozen=("id", "tenant_id", "provider", "is_test")
)
_KEYS: Final = Records(KEYS, Keys, secret=("account",), frozen=("id", "configuration_id"))

_ONE: Final = _CONFIGURATIONS.by("id")
_OF: Final = _CONFIGURATIONS.by("tenant_id", "provider")
_OWN: Final = CONFIGURATION.alias("own")
_IS_SHARED: Final = CONFIGURATION.c.tenant_id == PLATFORM
_IS_HIDDEN: Final = exists(
    select(_OWN.c.id).where(
        _OWN.c.tenant_id == bindparam("tenant_id"),
        _OWN.c.provider == CONFIGURATION.c.provider,
        _OWN.c.is_enabled == bindparam("yes"),
    )
)
_IS_OWN: Final = CONFIGURATION.c.tenant_id == bindparam("tenant_id")
_ORDER: Final = (CONFIGURATION.c.tenant_id.desc(), CONFIGURATION.c.place, CONFIGURATION.c.id)
_USABLE: Final = Statement(
    _CONFIGURATIONS.select()
    .where(
        and_(
            CONFIGURATION.c.is_enabled == bindparam("yes"),
            or_(_IS_OWN, and_(_IS_SHARED, ~_IS_HIDDEN)),
        )
    )
    .order_by(*_ORDER)
    .limit(50)
)
_KNOWN: Final = Statement(
    _CONFIGURATIONS.select().where(or_(_IS_OWN, _IS_SHARED)).order_by(*_ORDER).limit(100)
)
_OWNED: Final = Statement(
    _CONFIGURATIONS.select().where(_IS_OWN, CONFIGURATION.c.keys_id > 0).order_by(*_ORDER).limit(50)
)
_TRIED: Final = (
    select(func.count())
    .where(
        ATTEMPT.c.configuration_id == bindparam("configuration_id"),
        literal_column("attempt.status IN ('created', 'sent', 'waiting', 'unknown')"),
    )
    .scalar_subquery()
)
_WATCHED: Final = (
    select(func.count())
    .select_from(ATTEMPT.join(PAYMENT, PAYMENT.c.id == ATTEMPT.c.payment_id))
    .where(
        ATTEMPT.c.configuration_id == bindparam("configuration_id"),
        literal_column("attempt.status IN ('declined', 'expired')"),
        func.coalesce(PAYMENT.c.expires_at, PAYMENT.c.created_at) > bindparam("watched_since"),
    )
    .scalar_subquery()
)
_CLAIMED: Final = (
    select(func.count())
    .where(
        CHARGEBACK.c.configuration_id == bindparam("configuration_id"),
        literal_column(f"chargeback.{IS_CLAIM_OPEN}"),
    )
    .scalar_subquery()
)
_GIVEN_BACK: Final = (
    select(func.count())
    .where(REFUND.c.configuration_id == bindparam("configuration_id"), literal_column(IS_OPEN))
    .scalar_subquery()
)
_UNDER_WAY: Final = Statement(select(_TRIED + _WATCHED + _GIVEN_BACK + _CLAIMED))
_SET: Final = _KEYS.by("id")
_BODY: Final = Statement(select(KEYS.c.body).where(KEYS.c.id == bindparam("id")))
_ADD_KEYS: Final = inserting(KEYS)
_NOTE_KEYS: Final = Statement(
    update(KEYS)
    .where(KEYS.c.id == bindparam("id_is"))
    .values(
        health=bindparam("health"),
        account=bindparam("account"),
        detail=bindparam("detail"),
        checked_at=bindparam("checked_at"),
    )
)
_DROP_KEYS: Final = Statement(
    delete(KEYS).where(
        KEYS.c.configuration_id == bindparam("configuration_id"), KEYS.c.id != bindparam("but")
    )
)
_SWEEP: Final = Statement(
    delete(KEYS).where(
        KEYS.c.made_at < bindparam("before"),
        ~exists(select(CONFIGURATION.c.id).where(CONFIGURATION.c.keys_id == KEYS.c.id)),
    )
)


class SqlConfigurations:
    """Provider configurations in SQL."""

    def __init__(self, tx: "SqlTransaction") -> None:
        """Work on an open transaction."""
        self._tx = tx

    def is_test(self) -> bool:
        """Tell whether these books hold pretend money: those of a sandbox."""
        return mode_of(self._tx.cursor) == SANDBOX

    def get(self, configuration_id: ConfigurationId) -> Configuration:
        """Return one configuration, else `NotFound`."""
        found = _CONFIGURATIONS.one(self._tx, _ONE, id=configuration_id)
        if found is None:
            raise NotFound(kind="provider")
        return found

    def usable(self, tenant_id: TenantId) -> tuple[Configuration, ...]:
        """Return what a tenant's payers may choose from: its own by place, then shared ones."""
        return _CONFIGURATIONS.many(self._tx, _USABLE, tenant_id=tenant_id, yes=True)

    def capabilities(self, provider: str) -> Capabilities | None:
        """Return what a provider can do, None for one that this process cannot ask."""
        kind = self._tx.kinds.get(provider)
        return None if kind is None else kind.capabilities

    def known(self, tenant_id: TenantId) -> tuple[Configuration, ...]:
        """Return every configuration that may have moved a tenant's money, offered or not."""
        return _CONFIGURATIONS.many(self._tx, _KNOWN, tenant_id=tenant_id)

    def owned(self, tenant_id: TenantId) -> tuple[Configuration, ...]:
        """Return the configurations of a tenant that have keys, by place."""
        return _CONFIGURATIONS.many(self._tx, _OWNED, tenant_id=tenant_id)

    def of(self, tenant_id: TenantId, provider: str) -> Configuration | None:
        """Return an owner's configuration of a provider, if there is one."""
        return _CONFIGURATIONS.one(self._tx, _OF, tenant_id=tenant_id, provider=provider)

    def under_way(self, configuration_id: ConfigurationId) -> int:
        """Count what only its keys can tell the end of: attempts, refunds and banks' claims."""
        values = {
            "configuration_id": configuration_id,
            "watched_since": self._tx.now - WATCH_AFTER_EXPIRY,
        }
        rows = _UNDER_WAY.rows(self._tx.cursor, values)
        return int(rows[0][0])

    def add(self, configuration: Configuration) -> None:
        """Store a new configuration."""
        _CONFIGURATIONS.add(self._tx, configuration)
        self._tell(configuration)

    def replace(self, before: Configuration, after: Configuration) -> Configuration:
        """Store a change where `before` still stands, else `StaleState`; return it as stored."""
        stored = _CONFIGURATIONS.replace(self._tx, before, after)
        self._tell(stored)
        return stored

    def keys(self, keys_id: KeysId) -> Keys:
        """Return a set of keys, without what they are; else `NotFound`."""
        found = _KEYS.one(self._tx, _SET, id=keys_id)
        if found is None:
            raise NotFound(kind="provider")
        return found

    def credentials(self, keys: Keys) -> Mapping[str, str]:
        """Return what a set of keys holds, decrypted; `NotFound` where it is gone."""
        rows = _BODY.rows(self._tx.cursor, {"id": keys.id})
        if not rows:
            raise NotFound(kind="provider")
        found: dict[str, str] = orjson.loads(self._tx.ring.open(rows[0][0], context=_where(keys)))
        return found

    def add_keys(self, keys: Keys, credentials: Mapping[str, str]) -> None:
        """Store a new set of keys, encrypted for this configuration alone."""
        body = self._tx.ring.seal(orjson.dumps(dict(credentials)), context=_where(keys))
        _ADD_KEYS.run(self._tx.cursor, {**_KEYS.row(self._tx, keys), "body": body})

    def note_keys(self, keys: Keys) -> None:
        """Store what the provider said of a set of keys, if it is still there."""
        row = _KEYS.row(self._tx, keys)
        said = {name: row[name] for name in ("health", "account", "detail", "checked_at")}
        _NOTE_KEYS.run(self._tx.cursor, {**said, "id_is": keys.id})

    def drop_keys(self, configuration_id: ConfigurationId, *, but: KeysId) -> None:
        """Delete a configuration's keys, all but one set (`NO_KEYS`: all)."""
        _DROP_KEYS.run(self._tx.cursor, {"configuration_id": configuration_id, "but": but})

    def sweep(self) -> None:
        """Delete keys that were entered and never taken into use."""
        _SWEEP.run(self._tx.cursor, {"before": self._tx.now - UNUSED_FOR})

    def _tell(self, configuration: Configuration) -> None:
        """Put into the audit chain how a configuration stands now; its keys by their id only."""
        content = {
            "provider": configuration.provider,
            "is_test": configuration.is_test,
            "is_enabled": configuration.is_enabled,
            "place": configuration.place,
            "keys": configuration.keys_id,
        }
        add_change(self._tx, configuration.tenant_id, "configuration", configuration.id, content)


def _where(keys: Keys) -> str:
    return f"provider_keys.{keys.configuration_id}.{keys.id}"

"""Provider configurations: with whose credentials a tenant's money is asked for, in which order.

Credentials are a set of *keys*, entered together, tried out, then taken into use. A configuration
without any is the platform's (the process's settings hold them), or one that was removed.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType, Protocol

from core.domain.errors import KeysNotWorking
from core.domain.providers import Accepted, Capabilities, Declined, Unknown
from core.domain.tenants import TenantId

ConfigurationId = NewType("ConfigurationId", int)
KeysId = NewType("KeysId", int)

NO_KEYS: Final = KeysId(0)

MAX_DETAIL: Final = 100

UNUSABLE: Final = "not usable"
"""How the detail of keys begins that no adapter opens with; which one it is follows."""

UNUSED_FOR: Final = timedelta(hours=24)
"""How long keys that were never taken into use are kept."""


class Health(StrEnum):
    """What a provider said of a set of keys when it was last asked."""

    UNTESTED = "untested"
    WORKING = "working"
    REFUSED = "refused"
    SILENT = "silent"
    OTHER_MODE = "other_mode"
    """They work, but for pretend money where ours is real, or the other way round."""


def mark_of(account: str) -> str:
    """Return what tells one account at a provider from another, "" for one that is not known."""
    return hashlib.sha256(account.encode()).hexdigest() if account else ""


def _untold(_credentials: Mapping[str, str]) -> bool | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderKind:
    """A provider as they see it who enter its credentials, and who choose what payers are offered.

    `credentials` gives the shape of each by name, in the order in which they are asked for; those
    in `secrets` are never shown again; those in `defaults` may be left out. `is_test` tells from
    credentials whether their money is pretend, None where they do not show it. `capabilities` is
    what it can do with all its credentials; what some do without is declined when it is asked.
    """

    name: str
    title: str
    credentials: Mapping[str, re.Pattern[str]]
    secrets: frozenset[str]
    capabilities: Capabilities
    defaults: Mapping[str, str] = field(default_factory=dict)
    is_test: Callable[[Mapping[str, str]], bool | None] = _untold
    is_pretend: bool = False
    """Only the sandbox has it: never offered where money is real."""

    def misshapen(self, credentials: Mapping[str, str]) -> str:
        """Return the first credential that is missing or has not its shape, "" for none."""
        given = {**self.defaults, **credentials}
        return next(
            (n for n, p in self.credentials.items() if not p.fullmatch(given.get(n, ""))), ""
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """A provider's credentials and mode for one tenant, or for all when owned by the platform.

    `place` orders a tenant's own, first offered first. `account` marks whose account at the
    provider it is, as the provider last said, "" where it never did.
    """

    id: ConfigurationId
    tenant_id: TenantId
    provider: str
    is_test: bool
    is_enabled: bool = True
    place: int = 0
    keys_id: KeysId = NO_KEYS
    account: str = ""
    row_version: int = 1

    def use(self, keys: "Keys") -> "Configuration":
        """Take keys into use and offer the provider.

        Raises:
            KeysNotWorking: the provider never said that they work here.
        """
        if keys.health is not Health.WORKING:
            raise KeysNotWorking(health=keys.health.value)
        account = mark_of(keys.account) or self.account
        return replace(self, keys_id=keys.id, is_enabled=True, account=account)

    def forget(self) -> "Configuration":
        """Let its keys go; it is offered to nobody any more."""
        return replace(self, keys_id=NO_KEYS, is_enabled=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """A set of credentials, without what they are; `account` is whose they are at the provider.

    `detail` is why it refused them, in the few words that its adapter lets through: never a secret.
    """

    id: KeysId
    configuration_id: ConfigurationId
    made_at: datetime
    health: Health = Health.UNTESTED
    account: str = ""
    detail: str = ""
    checked_at: datetime | None = None

    def hear(self, answer: Accepted | Declined | Unknown, *, is_test: bool, at: datetime) -> "Keys":
        """Note what the provider says of them; `is_test` is the mode of our books."""
        match answer:
            case Accepted(account=account):
                health = Health.WORKING if answer.is_test is is_test else Health.OTHER_MODE
                return replace(self, health=health, account=account, detail="", checked_at=at)
            case Declined(detail=detail):
                why = detail[:MAX_DETAIL]
                return replace(self, health=Health.REFUSED, detail=why, checked_at=at)
            case Unknown():
                return replace(self, health=Health.SILENT, detail="", checked_at=at)


class StoredConfigurations(Protocol):
    """Provider configurations and their keys on an open transaction."""

    def is_test(self) -> bool:
        """Tell whether these books hold pretend money: those of a sandbox."""
        ...

    def get(self, configuration_id: ConfigurationId) -> Configuration:
        """Return one configuration.

        Raises:
            NotFound: there is none of this id.
        """
        ...

    def usable(self, tenant_id: TenantId) -> tuple[Configuration, ...]:
        """Return what a tenant's payers may choose from: its own by place, then shared ones.

        One of its own hides the shared one of the same provider.
        """
        ...

    def capabilities(self, provider: str) -> Capabilities | None:
        """Return what a provider can do, None for one that this process cannot ask."""
        ...

    def known(self, tenant_id: TenantId) -> tuple[Configuration, ...]:
        """Return every configuration that may have moved a tenant's money, offered or not."""
        ...

    def owned(self, tenant_id: TenantId) -> tuple[Configuration, ...]:
        """Return the configurations of a tenant that have keys, by place."""
        ...

    def of(self, tenant_id: TenantId, provider: str) -> Configuration | None:
        """Return an owner's configuration of a provider, if there is one."""
        ...

    def under_way(self, configuration_id: ConfigurationId) -> int:
        """Count what only its keys can tell the end of: attempts, refunds and banks' claims.

        An attempt counts while its page may be paid: a day longer than its link is good.
        """
        ...

    def add(self, configuration: Configuration) -> None:
        """Store a new configuration."""
        ...

    def replace(self, before: Configuration, after: Configuration) -> Configuration:
        """Store a change where `before` still stands, else `StaleState`; return it as stored."""
        ...

    def keys(self, keys_id: KeysId) -> Keys:
        """Return a set of keys, without what they are.

        Raises:
            NotFound: there is none of this id any more.
        """
        ...

    def credentials(self, keys: Keys) -> Mapping[str, str]:
        """Return what a set of keys holds, decrypted: for the adapter that is opened with it."""
        ...

    def add_keys(self, keys: Keys, credentials: Mapping[str, str]) -> None:
        """Store a new set of keys, encrypted for this configuration alone."""
        ...

    def note_keys(self, keys: Keys) -> None:
        """Store what the provider said of a set of keys, if it is still there."""
        ...

    def drop_keys(self, configuration_id: ConfigurationId, *, but: KeysId) -> None:
        """Delete a configuration's keys, all but one set (`NO_KEYS`: all)."""
        ...

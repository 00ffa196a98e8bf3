"""How a provider's configuration stands: up, or down after several answers that mean trouble.

A circuit breaker, shared by all processes. While it is down payers are offered others first; after
a pause that grows it is offered in its own place again until one payer takes it: the trial. The
first answer without trouble brings it back, whenever it comes. Looking after payments under way
never stops. Pure: times are arguments, aware UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from core.domain.configurations import ConfigurationId
from core.domain.providers import Declined, Outcome, Pending, ProviderError, Settled, Unknown
from core.domain.tenants import TenantId

DOWN_AFTER: Final = 3
"""So many troubles in a row, none of them answered in between, mean that it is down."""

WITHIN: Final = timedelta(minutes=10)
"""They count together only within this time."""

PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30))
"""How long it rests before the next payer may try it; the last pause repeats."""

TROUBLE: Final = frozenset(
    {
        ProviderError.PROVIDER_ERROR,
        ProviderError.AUTHENTICATION_ERROR,
        ProviderError.NETWORK_ERROR,
        ProviderError.TIMEOUT_ERROR,
    }
)
"""What is the provider's or the keys' fault; everything else is a payer's card."""


def is_trouble(outcome: Outcome) -> bool:
    """Tell whether the answer to a request for a page or a prompt means that nobody gets one."""
    match outcome:
        case Unknown():
            return True
        case Declined(error=error):
            return error in TROUBLE
        case Pending() | Settled():
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one configuration stands.

    `troubles` is how many came in a row since `troubled_since`; `down_at` since when it is down,
    `try_at` when the next payer may try it, after `trials` pauses.
    """

    configuration_id: ConfigurationId
    troubles: int = 0
    troubled_since: datetime | None = None
    down_at: datetime | None = None
    try_at: datetime | None = None
    trials: int = 0
    row_version: int = 1

    @property
    def is_down(self) -> bool:
        """Tell whether it has not answered well since it fell."""
        return self.down_at is not None

    @property
    def is_clean(self) -> bool:
        """Tell whether there is nothing to forget."""
        return not self.troubles and not self.is_down

    def is_resting(self, *, at: datetime) -> bool:
        """Tell whether others come first now."""
        return self.try_at is not None and at < self.try_at

    def fail(self, *, at: datetime) -> "Standing":
        """Count a trouble; what is down already stays so."""
        if self.is_down:
            return self
        is_first = self.troubled_since is None or at - self.troubled_since > WITHIN
        since = at if is_first else self.troubled_since
        counted = replace(self, troubles=1 if is_first else self.troubles + 1, troubled_since=since)
        if counted.troubles < DOWN_AFTER:
            return counted
        return replace(counted, down_at=at, try_at=at + PAUSES[0])

    def recover(self) -> "Standing":
        """Forget every trouble: it answered."""
        return replace(self, troubles=0, troubled_since=None, down_at=None, try_at=None, trials=0)

    def let_try(self, *, at: datetime) -> "Standing":
        """Let one payer try what is down; others come first until the next, longer pause is over.

        What is up, or rests still, stands as before: who takes it then knows that it has trouble.
        """
        if not self.is_down or self.is_resting(at=at):
            return self
        trials = self.trials + 1
        pause = PAUSES[min(trials, len(PAUSES) - 1)]
        return replace(self, trials=trials, try_at=at + pause)


class StoredStandings(Protocol):
    """Standings on an open transaction; a configuration without one is up."""

    def find(self, configuration_id: ConfigurationId) -> Standing | None:
        """Return a configuration's standing, None where it never had trouble."""
        ...

    def lock(self, configuration_id: ConfigurationId) -> Standing:
        """Return it, made at the first need, and keep others from changing it meanwhile."""
        ...

    def replace(self, before: Standing, after: Standing) -> Standing:
        """Store a change where `before` still stands, else `StaleState`; return it as stored.

        Falling and coming back are kept in the audit chain.
        """
        ...

    def down(self, tenant_id: TenantId) -> Mapping[ConfigurationId, Standing]:
        """Return what is down of a tenant's own and the shared configurations."""
        ...

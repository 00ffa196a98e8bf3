"""Reconciling: how far a configuration's own list was compared with the books.

A *window* of the provider's list is read page by page, then compared. The point up to which all is
compared moves on only when a window was read to its end.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from core.domain.captures import CaptureKey
from core.domain.configurations import Configuration, ConfigurationId
from core.domain.money import Currency, Money
from core.domain.payments import PaymentId

EVERY: Final = timedelta(days=1)
"""How long after a window began the next one does."""

OVERLAP: Final = timedelta(days=2)
"""How much of what was compared is read again: lists are late, and so are captures."""

SETTLE: Final = timedelta(minutes=10)
"""From the last page until books and list are compared: what it showed is looked up meanwhile."""

MARGIN: Final = timedelta(minutes=15)
"""What was credited so close to a window's end need not be in its list."""

MOST_FAILURES: Final = 10
"""So many times in a row without an answer, and the window is left to the next day."""

MOST_PAGES: Final = 5_000

PAUSES: Final = tuple(timedelta(minutes=each) for each in (1, 2, 4, 8, 16, 32, 60))
"""How long a page that did not come is waited for, by failures in a row."""


class Phase(StrEnum):
    """What is under way."""

    IDLE = "idle"
    READING = "reading"
    JUDGING = "judging"
    """All pages are read; books and list are compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciling:
    """How far one configuration is; times aware UTC.

    The window is what was captured from `since` up to `until`, of which the page after `page` is
    next. `done_until` is None before a first window was compared.
    """

    configuration_id: ConfigurationId
    begun_at: datetime
    since: datetime
    until: datetime
    done_until: datetime | None = None
    phase: Phase = Phase.IDLE
    page: str = ""
    pages: int = 0
    failures: int = 0
    row_version: int = 1

    def begin(self, *, since: datetime, at: datetime) -> "Reconciling":
        """Begin a window that ends now."""
        return replace(
            self,
            begun_at=at,
            since=since,
            until=at,
            phase=Phase.READING,
            page="",
            pages=0,
            failures=0,
        )

    def turn(self, after: str) -> "Reconciling":
        """Go on to the page after `after`; "" was the last one."""
        phase = Phase.READING if after else Phase.JUDGING
        return replace(self, phase=phase, page=after, pages=self.pages + 1, failures=0)

    def fail(self) -> "Reconciling":
        """Count a page that did not come; too many in a row end the window as it is."""
        failures = self.failures + 1
        phase = Phase.IDLE if failures >= MOST_FAILURES else Phase.READING
        return replace(self, failures=failures, phase=phase)

    def stop(self) -> "Reconciling":
        """End the window without having compared it."""
        return replace(self, phase=Phase.IDLE)

    def finish(self) -> "Reconciling":
        """End the window: all up to its end is compared."""
        return replace(self, phase=Phase.IDLE, done_until=self.until)

    @property
    def pause(self) -> timedelta:
        """How long to wait after the newest failure."""
        return PAUSES[min(self.failures, len(PAUSES)) - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A capture in a provider's list, kept while its window is compared.

    `refunded_minor` is what was given back or lost to the payer's bank, None where the provider
    does not say. `told` is what it says of the payer, of captures that name nothing of ours.
    """

    configuration_id: ConfigurationId
    provider_id: str
    reference: str
    currency: Currency
    captured_minor: int
    refunded_minor: int | None = None
    captured_at: datetime | None = None
    told: str = ""

    @property
    def captured(self) -> Money:
        """What was taken."""
        return Money(self.captured_minor, self.currency)

    @property
    def key(self) -> str:
        """The key of its journal."""
        return str(CaptureKey(self.configuration_id, self.provider_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlisted:
    """A capture that was credited in a window and is not in its list."""

    payment_id: PaymentId
    provider_id: str


class StoredReconciling(Protocol):
    """How far reconciling is, on an open transaction."""

    def find(self, configuration_id: ConfigurationId) -> Reconciling | None:
        """Return how far a configuration is, None before its first window."""
        ...

    def all(self, *, limit: int) -> tuple[Reconciling, ...]:
        """Return how far each configuration is, by id."""
        ...

    def add(self, reconciling: Reconciling) -> bool:
        """Store the first state of a configuration; False where somebody was faster."""
        ...

    def replace(self, before: Reconciling, after: Reconciling) -> Reconciling:
        """Store a change where `before` still stands, else `StaleState`; return it as stored."""
        ...

    def waiting(self, *, before: datetime, limit: int) -> tuple[Configuration, ...]:
        """Return configurations without a window under way or begun since, by id.

        Those of the platform and those that have keys, offered or not.
        """
        ...

    def first_attempt_at(self, configuration_id: ConfigurationId) -> datetime | None:
        """Return when a configuration was first asked for money."""
        ...

    def keep(self, listed: Listed) -> None:
        """Keep a capture of the list, once."""
        ...

    def listed(
        self, configuration_id: ConfigurationId, *, after: str, limit: int
    ) -> tuple[Listed, ...]:
        """Return kept captures by the provider's id, after a given one."""
        ...

    def find_listed(self, configuration_id: ConfigurationId, provider_id: str) -> Listed | None:
        """Return one kept capture."""
        ...

    def unlisted(
        self, configuration_id: ConfigurationId, *, since: datetime, until: datetime, limit: int
    ) -> tuple[Unlisted, ...]:
        """Return credited captures that are not kept, by the provider's id.

        Only of attempts begun from `since` on, and credited before `until`.
        """
        ...

    def forget_listed(self, configuration_id: ConfigurationId) -> None:
        """Forget a configuration's kept captures."""
        ...

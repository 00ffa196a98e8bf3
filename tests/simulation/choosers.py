"""People who choose between two providers, and keep the pages of both open."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.sandbox.provider_records import Checkout
from bot.sandbox.records import Key, KeyKind, Message
from tests.simulation.goals import OF_CHOOSERS, OF_RESIDENTS, Goal, goals_of
from tests.simulation.people import Mark, Someone

LINK_LASTS: Final = timedelta(hours=1)
"""How long our links are good, whatever a provider's page says."""
OPEN_PAGES: Final = 8
GOES_BACK: Final = 0.12
"""How often somebody looks at a page that is still open, in 0..1."""


class Chooser(Someone):
    """Somebody who takes any provider, is refused more often, and goes back to earlier pages."""

    turns = 4
    waits = 0.3
    pays = 0.5
    _pages: tuple[str, ...] = ()

    def act(self) -> None:
        """Do as everybody does, or try what is still open in the browser."""
        if self._pages and self._mood.random() < GOES_BACK:
            self._note("goes back to a page")
            self._visit(self._mood.choice(self._pages))
            return
        super().act()

    def _prefer(self, found: Sequence[tuple[Mark, Key]]) -> tuple[Mark, Key]:
        return self._mood.choice(found)

    def _goals(self) -> tuple[Goal, ...]:
        goals = goals_of(self.id)
        return OF_CHOOSERS if goals is OF_RESIDENTS else goals

    def _use(self, message: Message, key: Key) -> None:
        if key.kind is not KeyKind.PRESS and key.value not in self._pages:
            self._pages = (*self._pages, key.value)[-OPEN_PAGES:]
        super()._use(message, key)

    def _closes_at(self, checkout: Checkout) -> datetime:
        return min(checkout.terms.expires_at, checkout.created_at + LINK_LASTS)

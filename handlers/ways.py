"""Ways to pay by link as one-use buttons, and what is said of them; core decides which and how."""

from collections.abc import Sequence
from typing import NamedTuple

from core.ports import Transaction
from core.use_cases.choice import Way
from handlers.screens import ways as screens
from handlers.visit import Visit, offer
from handlers.words import Html


class Offered(NamedTuple):
    """Buttons as (provider, data), the best first, and finished lines on fees and trouble."""

    acts: tuple[tuple[str, str], ...]
    about: Html
    has_page: bool = True
    """At least one is paid on a page."""
    phones: frozenset[str] = frozenset()
    """Those that ask on the payer's phone."""


def offered(
    tx: Transaction, visit: Visit, verb: str, ways: Sequence[Way], **bound: object
) -> Offered:
    """Make a button of each way; `bound` is what it is bound to besides its configuration."""
    acts = tuple(
        (each.provider, offer(tx, visit, verb, configuration=each.configuration.id, **bound))
        for each in ways
    )
    phones = frozenset(each.provider for each in ways if each.asks_on_phone)
    has_page = not all(each.asks_on_phone for each in ways)
    return Offered(acts, screens.about(visit.words, ways), has_page, phones)

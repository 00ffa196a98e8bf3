"""PayPal's disputes: whether a capture is claimed back, how much of it, and how that ended.

Source: PayPal's published OpenAPI description of Customer Disputes v1 (2024), read 2026-11.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

from bot.providers.paypal.answers import money
from bot.providers.paypal.codes import DISPUTES, ID, ISSUE, LISTED_FOR, RESOLVED, WON
from bot.providers.wire import Record, Unreadable, inner, maybe, rows, text
from core.domain.money import Money

_ITEMS: Final = 100
_OF_A_LIST: Final = frozenset({"items", "links"})


class Disputes(NamedTuple):
    """The ids of the disputes of a list: not over, each with all that it claims, or else over."""

    open: tuple[tuple[str, Money | None], ...]
    over: tuple[str, ...]


def listed(answer: Record) -> Disputes:
    """Read a list of disputes; it does not tell how one ended, and may leave an empty list out.

    Raises:
        Unreadable: it is no such list.
    """
    is_empty = answer.get("items") is None and set(answer) <= _OF_A_LIST
    found = [] if is_empty else rows(answer, "items", most=DISPUTES)
    over = [each for each in found if text(each, "status", ISSUE) == RESOLVED]
    left = [each for each in found if each.get("status") != RESOLVED]
    return Disputes(
        open=tuple((text(each, "dispute_id", ID), _claimed(each)) for each in left),
        over=tuple(text(each, "dispute_id", ID) for each in over),
    )


def is_won(answer: Record, *, number: str) -> bool:
    """Tell whether a dispute has ended in a way that leaves the money here.

    Raises:
        Unreadable: it is none, or another one.
    """
    _check(answer, number)
    if text(answer, "status", ISSUE) != RESOLVED or not answer.get("dispute_outcome"):
        return False
    return maybe(inner(answer, "dispute_outcome"), "outcome_code", ISSUE) in WON


def is_beyond(captured_at: datetime | None, *, now: datetime) -> bool:
    """Tell whether disputes about a capture may have left the list by now: it forgets."""
    return captured_at is None or now - captured_at > LISTED_FOR


class Part(NamedTuple):
    """What a dispute claims of one capture; None for all of it, and where it does not say."""

    amount: Money | None


def part(answer: Record, *, number: str, capture: str) -> Part:
    """Read how much of a capture a dispute claims.

    Raises:
        Unreadable: it is no dispute, or another one.
    """
    _check(answer, number)
    return Part(claimed(answer, capture=capture))


def claimed(dispute: Record, *, capture: str) -> Money | None:
    """Return how much of a capture a dispute claims; None for all, and where it does not say.

    Of one about several payments each payment's items tell its part.
    """
    try:
        paid = rows(dispute, "disputed_transactions")
        if len(paid) == 1:
            return _claimed(dispute)
        named = [each for each in paid if each.get("seller_transaction_id") == capture]
        items = [item for each in named for item in rows(each, "items", most=_ITEMS)]
    except Unreadable:
        return None
    return total(map(_claimed, items))


def total(parts: Iterable[Money | None]) -> Money | None:
    """Return what parts come to, None where one is not told or they are of several currencies."""
    told = list(parts)
    known = [each for each in told if each is not None]
    if len(known) < len(told) or len({each.currency for each in known}) != 1:
        return None
    return Money(sum(each.minor for each in known), known[0].currency)


def _claimed(data: Record) -> Money | None:
    """Read what a dispute, or an item of one, is about; its shape is no reason to doubt it."""
    try:
        return money(inner(data, "dispute_amount"))
    except Unreadable:
        return None


def _check(answer: Record, number: str) -> None:
    if text(answer, "dispute_id", ID) != number:
        raise Unreadable("another dispute")

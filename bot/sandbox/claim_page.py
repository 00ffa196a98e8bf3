"""What a checkout page says and offers once the payer's bank claims the money back."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from bot.sandbox.provider_claim_records import Dispute, DisputeStatus
from bot.sandbox.provider_records import Checkout

DECISIONS: Final = {"settle": DisputeStatus.WON, "lose": DisputeStatus.LOST}
"""What the bank decides, by the press."""

_OPEN: Final = (("settle", "The bank lets go"), ("lose", "The bank keeps it"))
_SAID: Final = {
    DisputeStatus.OPEN: (
        "waiting",
        "Claimed back",
        "The payer's bank claims {amount} and has not decided yet.",
    ),
    DisputeStatus.LOST: (
        "bad",
        "The bank kept it",
        "The payer's bank took {amount} back: whoever was paid has lost it.",
    ),
    DisputeStatus.WON: ("good", "Paid", "The payer's bank let go of {amount}: the money stays."),
}


def acts(checkout: Checkout) -> tuple[tuple[str, str], ...]:
    """Return what the bank may do now, as (press, label)."""
    if checkout.is_disputed:
        return _OPEN
    is_left = any(checkout.refundable_minor(each) > 0 for each in checkout.captures)
    return (("dispute", "The bank claims it back"),) if is_left else ()


def ending(checkout: Checkout, *, write: Callable[[int, str], str]) -> tuple[str, str, str] | None:
    """Return tone, heading and text of what the bank did, None where it did nothing."""
    for status in (DisputeStatus.OPEN, DisputeStatus.LOST, DisputeStatus.WON):
        found = [each for each in checkout.disputes if each.status is status]
        if found:
            tone, heading, text = _SAID[status]
            return tone, heading, text.format(amount=_sum(found, write))
    return None


def _sum(found: Iterable[Dispute], write: Callable[[int, str], str]) -> str:
    sums: Counter[str] = Counter()
    for each in found:
        sums[each.currency] += each.amount_minor
    return ", ".join(f"{write(minor, code)} {code}" for code, minor in sums.items())

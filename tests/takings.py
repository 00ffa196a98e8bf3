"""What the pretend provider took and gave back, as whom it plays would tell it.

Each language has its own names for money: what stands here is the far side of the wire, written
down once for all that compare it with the books.
"""

from collections.abc import Iterator
from typing import NamedTuple

from bot.sandbox.provider_records import Capture, Checkout
from bot.sandbox.provider_refund_records import Refund
from bot.sandbox.standins.standin import number
from bot.sandbox.standins.stripe_views import tail


class Taken(NamedTuple):
    """One capture: whose, its id there, minor units, currency."""

    provider: str
    id: str
    minor: int
    currency: str


def takings(checkout: Checkout) -> Iterator[Taken]:
    """Return the captures of a page as they are told."""
    tongue = checkout.terms.tongue
    for capture in checkout.captures:
        if capture_id := capture_name(checkout, capture):
            minor = capture.amount_minor
            if tongue == "paystack":
                # What goes beyond the amount asked for is its fee, which the payer bore there.
                minor = min(minor, checkout.terms.amount_minor)
            yield Taken(tongue, capture_id, minor, capture.currency)


def capture_name(checkout: Checkout, capture: Capture) -> str:
    """Return a capture's id as it is told, "" for one that is not: some know the first only."""
    is_first = capture is checkout.captures[0]
    match checkout.terms.tongue:
        case "paystack":
            return str(number(checkout.id)) if is_first else ""
        case "stripe":
            return f"pi_{tail(checkout)}" if is_first else ""
        case "flutterwave":
            return str(number(capture.id))
        case _:
            return capture.id


def refunded(checkout: Checkout, refund: Refund) -> str:
    """Return the told id of the capture that a refund gives back."""
    captures = {each.id: each for each in checkout.captures}
    return capture_name(checkout, captures[refund.capture_id])


def own_reference(refund: Refund) -> str:
    """Return our reference of a refund, which some are told in a note only; "" where none is."""
    return refund.reference.rpartition(":")[2].partition(" ")[0]

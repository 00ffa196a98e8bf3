"""What Paystack's signed events say, read field by field."""

import hashlib

from bot.providers import wire
from bot.providers.paystack.codes import EVENTS, RESOLUTIONS
from bot.providers.wire import TOKEN, WORD, Record, inner, maybe, text, whole
from core.domain.claims import Claim
from core.domain.money import Money
from core.domain.providers import About, Authentic


def event(body: bytes) -> Authentic:
    """Read a signed event. A refund's has no id of its own; it only makes us ask.

    Raises:
        Unreadable: it is none.
    """
    record = wire.read_record(body, with_decimals=True)
    name, data = text(record, "event", WORD), inner(record, "data")
    starts = (about for start, about in EVENTS.items() if name.startswith(f"{start}."))
    about = next(starts, About.NOTHING)
    if about is About.NOTHING or about is About.REFUND:
        paid = text(data, "transaction_reference", TOKEN) if about is About.REFUND else ""
        key = hashlib.sha256(body).hexdigest()
        return Authentic(event_key=f"{name}:{key}", reference=paid, kind=name, about=about)
    named = inner(data, "transaction") if about is About.DISPUTE else data
    reference = text(named, "reference", TOKEN)
    # A dispute that ends otherwise than it had is told by the same event, under the same id.
    resolution = maybe(data, "resolution", WORD) if about is About.DISPUTE else ""
    key = f"{name}:{whole(data, 'id', least=1)}"
    return Authentic(
        event_key=f"{key}:{resolution}" if resolution else key,
        reference=reference,
        kind=name,
        about=about,
        claim=RESOLUTIONS.get(resolution, Claim.OPEN),
        claimed=_claimed(data, named) if about is About.DISPUTE else None,
    )


def _claimed(dispute: Record, paid: Record) -> Money | None:
    """Read what a dispute gives back, in subunits; None for all of the payment.

    Raises:
        Unreadable: that cannot be told.
    """
    if dispute.get("refund_amount") is None:
        return None
    minor = wire.number_or_digits(dispute, "refund_amount")
    whose = paid if dispute.get("currency") is None else dispute
    return Money(minor, wire.currency(whose)) if minor else None

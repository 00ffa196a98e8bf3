"""What banks kept of a payment, as the lists of some providers show it: as refunds."""

from bot.sandbox.provider_claim_records import DisputeStatus
from bot.sandbox.provider_records import Checkout
from bot.sandbox.provider_refund_records import Refund, RefundStatus


def lost_as_refunds(checkout: Checkout) -> list[Refund]:
    """Return what lost disputes gave back: a refund each, which nobody asked for."""
    return [
        Refund(
            id=each.id,
            reference="",
            capture_id=each.capture_id,
            amount_minor=each.amount_minor,
            currency=each.currency,
            status=RefundStatus.DONE,
            at=each.at,
        )
        for each in checkout.disputes
        if each.status is DisputeStatus.LOST
    ]

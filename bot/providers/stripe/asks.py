"""What Stripe is asked, as the forms that it takes."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from bot.providers.stripe.codes import (
    CLOCKS_DIFFER,
    FACTORS,
    PAGE_LIFE,
    PAGE_OUTLIVES,
    PAYMENT_KEY,
    REASON_KEY,
    REFERENCE_KEY,
    TITLE_LENGTH,
    VALUE_LENGTH,
)
from core.domain.money import Money
from core.domain.outflows import RefundRequest
from core.domain.providers import ChargeRequest, LinkRequest

Form = dict[str, str]

IN_LIST: Final = {"expand[0]": "data.latest_charge.balance_transaction"}
IN_INTENT: Final = {
    "expand[0]": "latest_charge.balance_transaction",
    "expand[1]": "payment_method",
}
IN_PAGE: Final = {
    "expand[0]": "payment_intent.latest_charge.balance_transaction",
    "expand[1]": "payment_intent.payment_method",
}

_EMAIL: Final = re.compile(r"[A-Za-z0-9._%+-]{1,64}@([A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}")
"""One that Stripe takes for sure: an odd one would cost the whole page."""
_NOBODYS: Final = (".example", ".invalid")
"""How addresses end that stand for people without one; Stripe lets nobody change what is filled."""


def page(request: LinkRequest, *, now: datetime) -> Form:
    """Ask for a page: what, for how much, until when; and for whom, where it is known.

    Where a card may be kept, the page asks who pays by a box to tick. `setup_future_usage` would
    keep it without that. Source: docs.stripe.com/payments/checkout/save-during-payment.
    """
    form = _page(
        reference=request.reference,
        amount=request.amount,
        title=request.title,
        return_url=request.return_url,
    )
    if _EMAIL.fullmatch(request.email) and not request.email.endswith(_NOBODYS):
        form["customer_email"] = request.email
    if request.keeps_method:
        form["customer_creation"] = "always"
        form["saved_payment_method_options[payment_method_save]"] = "enabled"
    end = request.expires_at + PAGE_OUTLIVES
    if end <= now + PAGE_LIFE - CLOCKS_DIFFER:
        form["expires_at"] = str(int(end.timestamp()))
    return form


def confirming_page(request: ChargeRequest) -> Form:
    """Ask for a page on which the owner of a saved card pays himself."""
    form = _page(
        reference=request.reference,
        amount=request.amount,
        title=request.title,
        return_url=request.return_url,
    )
    return {**form, "customer": request.method.owner}


def charge(request: ChargeRequest) -> Form:
    """Ask to charge a saved card at once, while its owner is away."""
    return {
        "amount": str(written(request.amount)),
        "currency": request.amount.currency.lower(),
        "customer": request.method.owner,
        "payment_method": request.method.token,
        "payment_method_types[0]": "card",
        "off_session": "true",
        "confirm": "true",
        "description": request.title[:VALUE_LENGTH],
        f"metadata[{REFERENCE_KEY}]": request.reference,
        **IN_INTENT,
    }


def refund(request: RefundRequest) -> Form:
    """Ask to give a part of a capture back; both of our references go with it."""
    form = {
        "payment_intent": request.provider_id,
        "amount": str(written(request.amount)),
        f"metadata[{REFERENCE_KEY}]": request.reference,
        f"metadata[{PAYMENT_KEY}]": request.payment_reference,
    }
    if request.reason:
        form[f"metadata[{REASON_KEY}]"] = request.reason[:VALUE_LENGTH]
    return form


def written(amount: Money) -> int:
    """Return an amount as Stripe counts it."""
    return amount.minor * FACTORS.get(amount.currency, 1)


def encoded(form: Mapping[str, str]) -> bytes:
    """Write a form."""
    return urlencode(form).encode()


def _page(*, reference: str, amount: Money, title: str, return_url: str) -> Form:
    price = "line_items[0][price_data]"
    return {
        "mode": "payment",
        "line_items[0][quantity]": "1",
        f"{price}[currency]": amount.currency.lower(),
        f"{price}[unit_amount]": str(written(amount)),
        f"{price}[product_data][name]": title[:TITLE_LENGTH],
        "success_url": return_url,
        "cancel_url": return_url,
        "client_reference_id": reference,
        f"metadata[{REFERENCE_KEY}]": reference,
        f"payment_intent_data[metadata][{REFERENCE_KEY}]": reference,
        "payment_intent_data[description]": title[:TITLE_LENGTH],
        "adaptive_pricing[enabled]": "false",
    }

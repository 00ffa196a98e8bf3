"""How Stripe shows things, played by the sandbox: pages, PaymentIntents, charges, refunds.

Amounts are whole minor units, but for a few currencies that are written with decimals they do not
have.
"""

import hashlib
from typing import Final

from bot.sandbox.cards import last_digits
from bot.sandbox.provider_claim_records import Dispute, DisputeStatus
from bot.sandbox.provider_door import BadRequest
from bot.sandbox.provider_records import Capture, Checkout, CheckoutStatus
from bot.sandbox.provider_refund_records import Refund, RefundStatus

Shown = dict[str, object]

FACTORS: Final = {"UGX": 100}
PAGES: Final = {
    CheckoutStatus.OPEN: ("open", "unpaid"),
    CheckoutStatus.PROCESSING: ("complete", "unpaid"),
    CheckoutStatus.PAID: ("complete", "paid"),
    CheckoutStatus.DECLINED: ("open", "unpaid"),
    CheckoutStatus.EXPIRED: ("expired", "unpaid"),
}
INTENTS: Final = {
    CheckoutStatus.PROCESSING: "processing",
    CheckoutStatus.PAID: "succeeded",
    CheckoutStatus.DECLINED: "requires_payment_method",
}
CARDS: Final = ["card"]
FEE: Final = {"description": "Stripe processing fees", "type": "stripe_fee"}
NOTHING_SAID: Final = {
    "enhanced_eligibility": {},
    "has_evidence": False,
    "past_due": False,
    "submission_count": 0,
}
NO_TEXTS: Final = {
    "after_submit": None,
    "shipping_address": None,
    "submit": None,
    "terms_of_service_acceptance": None,
}
REFUNDS: Final = {
    RefundStatus.PENDING: "pending",
    RefundStatus.NEEDS_ATTENTION: "requires_action",
    RefundStatus.DONE: "succeeded",
    RefundStatus.FAILED: "failed",
    RefundStatus.RETURNED: "failed",
}
DECLINES: Final = {
    "insufficient_funds": ("card_declined", "insufficient_funds"),
    "expired_card": ("expired_card", None),
    "declined_by_bank": ("card_declined", "do_not_honor"),
}


def refusal(
    code: str, message: str, *, kind: str = "invalid_request_error", field: str = ""
) -> dict[str, object]:
    """Say that a call did not work."""
    said = {"code": code, "param": field, "message": message}
    return {"error": {"type": kind, **{name: told for name, told in said.items() if told}}}


def is_late(checkout: Checkout) -> bool:
    """Tell whether money that was promised in time is still under way."""
    return checkout.status is CheckoutStatus.EXPIRED and checkout.late_at is not None


def has_intent(checkout: Checkout) -> bool:
    """Tell whether anybody has tried to pay."""
    return checkout.status in INTENTS or is_late(checkout)


def view_page(
    checkout: Checkout,
    link: str,
    *,
    is_whole: bool = False,
    is_new: bool = False,
    has_entry: bool = False,
) -> Shown:
    """Show a page; `is_whole` shows what paid it, `is_new` as it was when it was made."""
    terms, stands = checkout.terms, CheckoutStatus.OPEN if is_new else _stands(checkout)
    status, payment_status = PAGES[stands]
    intent: object = None
    if not is_new and has_intent(checkout):
        whole = (
            view_intent(checkout, is_whole=True, with_card=True, has_entry=has_entry)
            if is_whole
            else None
        )
        intent = whole or f"pi_{tail(checkout)}"
    return {
        "id": f"cs_test_{tail(checkout)}",
        "object": "checkout.session",
        "amount_total": _written(terms.amount_minor, terms.currency),
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "client_reference_id": terms.reference,
        "created": int(checkout.created_at.timestamp()),
        "currency": terms.currency.lower(),
        "custom_fields": [],
        "custom_text": NO_TEXTS,
        "expires_at": int(terms.expires_at.timestamp()),
        "livemode": False,
        "metadata": _metadata(checkout),
        "mode": "payment",
        "payment_intent": intent,
        "payment_method_types": CARDS,
        "payment_status": payment_status,
        "shipping_options": [],
        "status": status,
        "url": link if status == "open" else None,
    }


def view_intent(
    checkout: Checkout, *, is_whole: bool = False, with_card: bool = False, has_entry: bool = False
) -> Shown:
    """Show a PaymentIntent; `is_whole` shows its charge and the entry of that, too, once known."""
    terms = checkout.terms
    taken = checkout.captures[0] if checkout.captures else None
    currency = taken.currency if taken else terms.currency
    amount_minor = taken.amount_minor if taken else terms.amount_minor
    code, why = DECLINES.get(checkout.decline, ("card_declined", "generic_decline"))
    failed = {"type": "card_error", "code": code, "decline_code": why, "message": "Declined."}
    charge: object = None
    if taken is not None:
        whole = view_charge(checkout, is_whole=True, has_entry=has_entry) if is_whole else None
        charge = whole or f"ch_{tail(checkout)}"
    return {
        "id": f"pi_{tail(checkout)}",
        "object": "payment_intent",
        "amount": _written(amount_minor, currency),
        "amount_capturable": 0,
        "amount_received": _written(amount_minor, currency) if taken else 0,
        "capture_method": "automatic_async",
        "confirmation_method": "automatic",
        "created": int(checkout.created_at.timestamp()),
        "currency": currency.lower(),
        "customer": owner_of(checkout) if terms.keeps_card or not terms.return_url else None,
        "last_payment_error": failed if checkout.decline else None,
        "latest_charge": charge,
        "livemode": False,
        "metadata": _metadata(checkout),
        "payment_method": view_card(checkout) if with_card else card_of(checkout),
        "payment_method_types": CARDS,
        "setup_future_usage": None,
        "status": INTENTS[_stands(checkout)],
    }


def view_charge(checkout: Checkout, *, is_whole: bool = False, has_entry: bool = False) -> Shown:
    """Show the captured charge; what it did to the balance is known a moment later."""
    taken = checkout.captures[0]
    entry = view_entry(checkout) if is_whole else f"txn_{tail(checkout)}"
    refunded_minor = checkout.refunded_minor(taken)
    return {
        "id": f"ch_{tail(checkout)}",
        "object": "charge",
        "amount": _written(taken.amount_minor, taken.currency),
        "amount_captured": _written(taken.amount_minor, taken.currency),
        "amount_refunded": _written(refunded_minor, taken.currency),
        "balance_transaction": entry if has_entry else None,
        "billing_details": {
            "address": None,
            "email": checkout.terms.email,
            "name": None,
            "phone": None,
            "tax_id": None,
        },
        "captured": True,
        "created": int(taken.at.timestamp()),
        "currency": taken.currency.lower(),
        "disputed": bool(claims_on(checkout)),
        "livemode": False,
        "metadata": _metadata(checkout),
        "paid": True,
        "payment_intent": f"pi_{tail(checkout)}",
        "payment_method": card_of(checkout),
        "payment_method_details": {
            "type": "card",
            "card": {
                "brand": "mastercard" if checkout.is_others_card else "visa",
                "last4": last_digits("stripe", checkout.holder),
                "exp_month": 9,
                "exp_year": 2030,
                "fingerprint": f"Xt5{_digest(checkout.holder)}",
            },
        },
        "receipt_number": None,
        "refunded": refunded_minor == taken.amount_minor,
        "status": "succeeded",
    }


def view_card(checkout: Checkout) -> Shown:
    """Show the card that paid: who ticked the box may be shown it again."""
    is_kept = is_owned_by(checkout, owner_of(checkout))
    return {
        "id": card_of(checkout),
        "object": "payment_method",
        "allow_redisplay": "always" if is_kept else "unspecified",
        "billing_details": {"address": None, "email": None, "name": None, "phone": None},
        "created": int(checkout.updated_at.timestamp()),
        "customer": owner_of(checkout) if is_kept else None,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }


def view_entry(checkout: Checkout) -> Shown:
    """Show what a charge did to the balance."""
    taken: Capture = checkout.captures[0]
    amount, fee = (_written(each, taken.currency) for each in (taken.amount_minor, taken.fee_minor))
    at, currency = int(taken.at.timestamp()), taken.currency.lower()
    return {
        "id": f"txn_{tail(checkout)}",
        "object": "balance_transaction",
        "amount": amount,
        "available_on": at,
        "balance_type": "payments",
        "created": at,
        "currency": currency,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [{"amount": fee, "application": None, "currency": currency, **FEE}],
        "net": amount - fee,
        "reporting_category": "charge",
        "source": f"ch_{tail(checkout)}",
        "status": "available",
        "type": "charge",
    }


def view_refund(checkout: Checkout, refund: Refund) -> Shown:
    """Show a refund; one that came back has an entry that says so."""
    number = refund.id.partition("_")[2]
    payment = checkout.terms.reference
    ours = {"hazina_reference": refund.reference, "hazina_payment": payment}
    has_come_back = refund.status is RefundStatus.RETURNED
    return {
        "id": f"re_{number}",
        "object": "refund",
        "amount": _written(refund.amount_minor, refund.currency),
        "charge": f"ch_{tail(checkout)}",
        "created": int(refund.at.timestamp()),
        "currency": refund.currency.lower(),
        "failure_balance_transaction": f"txn_{number}" if has_come_back else None,
        "failure_reason": "declined" if REFUNDS[refund.status] == "failed" else None,
        "metadata": ours if refund.reference else {},
        "payment_intent": f"pi_{tail(checkout)}",
        "status": REFUNDS[refund.status],
    }


def claims_on(checkout: Checkout) -> list[Dispute]:
    """Return the claims to the capture that is told, newest first."""
    told = [each for each in checkout.disputes if each.capture_id == checkout.captures[0].id]
    return told[::-1]


def view_dispute(checkout: Checkout, dispute: Dispute) -> Shown:
    """Show how a claim of the payer's bank stands; none of our references goes with it."""
    is_open = dispute.status is DisputeStatus.OPEN
    return {
        "id": f"dp_{dispute.id.partition('_')[2]}",
        "object": "dispute",
        "amount": _written(dispute.amount_minor, dispute.currency),
        "balance_transactions": [],
        "charge": f"ch_{tail(checkout)}",
        "created": int(dispute.at.timestamp()),
        "currency": dispute.currency.lower(),
        "enhanced_eligibility_types": [],
        "evidence": {"enhanced_evidence": {}},
        "evidence_details": NOTHING_SAID,
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": f"pi_{tail(checkout)}",
        "reason": "fraudulent",
        "status": "needs_response" if is_open else dispute.status.value,
    }


def tail(checkout: Checkout) -> str:
    """Return what the ids of a payment have in common."""
    return checkout.id.partition("_")[2]


def owner_of(checkout: Checkout) -> str:
    """Return the id of the customer that a payer becomes."""
    return f"cus_{_digest(checkout.terms.email)}"


def card_of(checkout: Checkout) -> str:
    """Return the id of the one card that its holder has."""
    return f"pm_{_digest(checkout.holder)}"


def is_owned_by(checkout: Checkout, customer: str) -> bool:
    """Tell whether a payment's card was kept for this customer."""
    is_kept = checkout.terms.keeps_card and checkout.lets_save
    return is_kept and owner_of(checkout) == customer


def minor_of(written: int, currency: str) -> int:
    """Return an amount in minor units.

    Raises:
        BadRequest: it has decimals that its currency has not.
    """
    minor, rest = divmod(written, FACTORS.get(currency, 1))
    if rest:
        raise BadRequest("amount")
    return minor


def _written(minor: int, currency: str) -> int:
    return minor * FACTORS.get(currency, 1)


def _stands(checkout: Checkout) -> CheckoutStatus:
    return CheckoutStatus.PROCESSING if is_late(checkout) else checkout.status


def _metadata(checkout: Checkout) -> Shown:
    return {"hazina_reference": checkout.terms.reference}


def _digest(email: str) -> str:
    return hashlib.sha256(email.encode()).hexdigest()[:14]

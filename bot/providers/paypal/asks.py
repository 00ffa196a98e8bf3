"""What PayPal is asked, as the bodies that it takes.

Source: PayPal's published OpenAPI descriptions of Orders v2 and Payments v2 (2024-02). They do not
have `stored_credential` of a PayPal account yet: that is described with PayPal's own server
libraries, read 2026-11.
"""

from bot.providers.paypal.codes import NOTE, TITLE
from core.domain.money import Money
from core.domain.outflows import RefundRequest
from core.domain.providers import ChargeRequest, LinkRequest

Body = dict[str, object]


def order(request: LinkRequest, *, is_saving: bool) -> Body:
    """Ask for an order that its payer approves on a page, and perhaps for his account to be saved.

    PayPal saves one account once: whoever pays with it again is given the same token.
    """
    paypal: Body = {"experience_context": _context(request.return_url)}
    if is_saving:
        vault = {
            "store_in_vault": "ON_SUCCESS",
            "usage_type": "MERCHANT",
            "customer_type": "CONSUMER",
        }
        paypal["attributes"] = {"vault": vault}
    return _order(request.reference, request.amount, request.title, paypal)


def charge(request: ChargeRequest) -> Body:
    """Ask to charge a saved account at once, while its owner is not on any page of PayPal's."""
    paypal: Body = {
        "vault_id": request.method.token,
        "stored_credential": {"payment_initiator": "MERCHANT", "usage": "SUBSEQUENT"},
    }
    if request.return_url:
        paypal["experience_context"] = _context(request.return_url)
    return _order(request.reference, request.amount, request.title, paypal)


def refund(request: RefundRequest) -> Body:
    """Ask to give a part of a capture back; both of our references go with it.

    PayPal takes no empty words: what pays no bill, or had no reference, is given back without.
    """
    words = {
        "invoice_id": request.reference,
        "custom_id": request.payment_reference,
        "note_to_payer": request.reason[:NOTE],
    }
    return {"amount": _amount(request.amount), **{name: it for name, it in words.items() if it}}


def _order(reference: str, amount: Money, title: str, paypal: Body) -> Body:
    unit = {
        "custom_id": reference,
        "invoice_id": reference,
        "description": title[:TITLE],
        "amount": _amount(amount),
    }
    return {
        "intent": "CAPTURE",
        "purchase_units": [unit],
        "payment_source": {"paypal": paypal},
    }


def _context(return_url: str) -> dict[str, str]:
    return {
        "return_url": return_url,
        "cancel_url": return_url,
        "user_action": "PAY_NOW",
        "shipping_preference": "NO_SHIPPING",
    }


def _amount(amount: Money) -> dict[str, str]:
    return {"currency_code": amount.currency, "value": f"{amount.decimal():f}"}

"""Data of the navigation buttons that more than one capability shows."""

from typing import Final

MENU: Final = "home:card"
WALLET: Final = "wallet:card"
TOP_UP: Final = "wallet:topup"
BILLS: Final = "bills:list"
DESK: Final = "disputes:desk"
REPORT: Final = "report:show"
UNMATCHED: Final = "unmatched:start"
DIFFERENCES: Final = "differences:list"
WALLET_MORE: Final = "wallet:more"
PEOPLE: Final = "people:list"
PROVIDERS: Final = "providers:list"
SETTINGS: Final = "settings:card"
METHODS: Final = "methods:list"
PHONE: Final = "settings:phone"
NEW_BILL: Final = "newbill:start"
SUPPORT: Final = "help:support"
LEAVE: Final = "cancel:now"
"""Drops the open dialogue and says what was dropped."""


def bill(bill_id: int, place: object = "") -> str:
    """Return the door to a bill's card; `place` is the list page that Back returns to."""
    return f"bills:card:{bill_id}.{place}" if place else f"bills:card:{bill_id}"


def payment(payment_id: int) -> str:
    """Return the door to a payment's live screen."""
    return f"pay:show:{payment_id}"


def receipt(receipt_id: int) -> str:
    """Return the door to a receipt."""
    return f"pay:receipt:{receipt_id}"


def dispute(dispute_id: int) -> str:
    """Return the door to a dispute's card on the desk."""
    return f"disputes:card:{dispute_id}"


def difference(difference_id: int) -> str:
    """Return the door to a difference's card."""
    return f"differences:card:{difference_id}"

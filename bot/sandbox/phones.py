"""The phones on which people are asked for a PIN: what they show, and what is pressed there.

A prompt is a checkout that names a phone (`standins/mpesa.py`). The PIN itself never comes here:
the page says only whether it was right.
"""

from datetime import timedelta
from typing import Final

from bot.sandbox.provider_desk import Desk
from bot.sandbox.provider_records import Checkout, CheckoutStatus, WrongStep
from bot.sandbox.provider_store import ProviderStore
from bot.sandbox.records import Json
from bot.sandbox.standins.mpesa_shop import NAME
from bot.sandbox.standins.mpesa_views import receipt_of

SHOWN_FOR: Final = timedelta(minutes=10)
"""How long a phone shows the end of a prompt."""

DECLINES: Final = {
    "wrong_pin": "You have entered the wrong PIN. Nothing was paid.",
    "cancelled": "You cancelled. Nothing was paid.",
    "insufficient_funds": "You have not enough money in M-PESA. Nothing was paid.",
}


class Phones:
    """All phones that were asked lately."""

    def __init__(self, store: ProviderStore, desk: Desk) -> None:
        """Look at the store, act through the desk."""
        self._store = store
        self._desk = desk

    def view(self) -> list[Json]:
        """Return the newest prompt of each phone, unless it ended long ago."""
        newest = {each.terms.phone: each for each in self._store.checkouts() if each.terms.phone}
        horizon = self._desk.now() - SHOWN_FOR
        return [
            _view(each)
            for each in newest.values()
            if each.status is CheckoutStatus.OPEN or each.updated_at > horizon
        ]

    async def press(self, prompt_id: str, act: str) -> None:
        """Do what was pressed; what comes too late changes nothing.

        Raises:
            KeyError: there is no such prompt.
            ValueError: nothing is called like this act.
        """
        self._desk.let_time_pass()
        checkout = self._store.get(prompt_id)
        if checkout is None or not checkout.terms.phone:
            raise KeyError(prompt_id)
        try:
            self._act(checkout, act)
        except WrongStep:
            return
        await self._store.save()

    def _act(self, checkout: Checkout, act: str) -> None:
        match act:
            case "pay":
                self._desk.pay(checkout)
            case "pay_lost":
                self._desk.pay(checkout, copies=0)
            case "pay_twice":
                self._desk.pay(checkout, copies=2)
            case "late":
                self._desk.promise(checkout)
            case "no_answer":
                self._desk.run_out(checkout)
            case "wrong_pin" | "cancelled" | "insufficient_funds":
                self._desk.decline(checkout, act)
            case _:
                raise ValueError(act)


def _view(checkout: Checkout) -> Json:
    terms = checkout.terms
    return {
        "id": checkout.id,
        "phone": f"+{terms.phone}",
        "status": checkout.status.value,
        "text": _words(checkout),
    }


def _words(checkout: Checkout) -> str:
    """Return what the phone says."""
    terms = checkout.terms
    amount = f"KES {terms.amount_minor // 100:,}"
    match checkout.status:
        case CheckoutStatus.OPEN:
            return f"Do you want to pay {amount} to {NAME}, account no. {terms.account}?"
        case CheckoutStatus.PROCESSING:
            return "PIN sent. The network is slow: the money moves after this prompt has ended."
        case CheckoutStatus.DECLINED:
            return DECLINES.get(checkout.decline, DECLINES["cancelled"])
        case CheckoutStatus.EXPIRED if checkout.late_at is not None:
            return "The prompt has ended. Your PIN is still on its way."
        case CheckoutStatus.EXPIRED:
            return f"You did not answer in time. A late PIN still pays {amount}."
        case CheckoutStatus.PAID:
            receipt = receipt_of(checkout.captures[0])
            paid = f"{receipt} confirmed. {amount} paid to {NAME}"
            return f"{paid}, account no. {terms.account}."
        case _:
            return ""

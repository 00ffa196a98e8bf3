"""What the sandbox provider does with money and time: the acts behind its API and its page.

Every act changes the store and announces the event; making it durable (`store.save()`) is the
caller's last step. Amounts are whole minor units; fees are rounded half up.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.sandbox import provider_switches as switches
from bot.sandbox.provider_hooks import Courier
from bot.sandbox.provider_records import Capture, Checkout, CheckoutStatus, Terms
from bot.sandbox.provider_store import ProviderStore
from bot.sandbox.switches import Switchboard

LATE_BY: Final = timedelta(minutes=1)


class ReferenceReused(ValueError):
    """A reference came back with other terms."""


class Desk:
    """The provider's acts on its checkouts."""

    def __init__(
        self,
        store: ProviderStore,
        board: Switchboard,
        courier: Courier,
        *,
        base_url: str,
        account: str,
        now: Callable[[], datetime],
        new_token: Callable[[], str],
    ) -> None:
        """Work on the store; `base_url` is where the provider is reached, without a slash."""
        self._store = store
        self._board = board
        self._courier = courier
        self._base_url = base_url
        self._account = account
        self._new_token = new_token
        self.now = now

    def open(self, terms: Terms) -> Checkout:
        """Make a checkout, or return the first one made under this reference.

        Raises:
            ReferenceReused: the reference exists with other terms.
        """
        known = self._store.find(terms.reference)
        if known is None:
            now = self.now()
            known = Checkout(
                id=f"chk_{self._new_token()}", terms=terms, created_at=now, updated_at=now
            )
            self._store.put(known)
        elif known.terms != terms:
            raise ReferenceReused
        return known

    def pay(self, checkout: Checkout, *, amount_minor: int | None = None) -> Checkout:
        """Take the money asked for, or another amount that the payer chose.

        Raises:
            WrongStep: the checkout may not be paid any more.
        """
        is_open = checkout.status is CheckoutStatus.OPEN
        if is_open and amount_minor is None and self._board.is_on(switches.LATE):
            return self.promise(checkout)
        return self._capture(checkout, amount_minor=amount_minor)

    def decline(self, checkout: Checkout, code: str) -> Checkout:
        """Decline the payment for good, with a code of `DECLINES`.

        Raises:
            WrongStep: the checkout is no longer open.
        """
        return self._keep(checkout.refuse(code, at=self.now()), event="checkout.declined")

    def promise(self, checkout: Checkout) -> Checkout:
        """Let the money arrive one minute after the page has expired.

        Raises:
            WrongStep: the checkout is no longer open.
        """
        late_at = checkout.terms.expires_at + LATE_BY
        return self._keep(checkout.promise(late_at=late_at, at=self.now()))

    def let_time_pass(self) -> None:
        """Expire what has run out and take the late money that is due."""
        now = self.now()
        for checkout in self._store.waiting():
            current = checkout
            if current.has_run_out(now):
                expired = current.expire(at=now)
                current = self._keep(expired, event="checkout.expired")
            if current.is_owed(now):
                self._capture(current)

    def view(self, checkout: Checkout) -> dict[str, object]:
        """Show a checkout as it goes over the wire."""
        return {
            "id": checkout.id,
            "reference": checkout.terms.reference,
            "link": f"{self._base_url}/pay/{checkout.id}",
            "status": checkout.status.value,
            "amount_minor": checkout.terms.amount_minor,
            "currency": checkout.terms.currency,
            "decline_code": checkout.decline or None,
            "captures": [capture.as_json() for capture in checkout.captures],
            "mode": "test",
            "account": self._account,
            "expires_at": checkout.terms.expires_at.isoformat(),
            "updated_at": checkout.updated_at.isoformat(),
        }

    def _capture(self, checkout: Checkout, *, amount_minor: int | None = None) -> Checkout:
        captures = tuple(
            self._new_capture(checkout.terms, amount_minor)
            for _ in range(2 if self._board.is_on(switches.TWICE) else 1)
        )
        paid = checkout.pay(captures, at=self.now())
        for count in range(1, len(captures) + 1):
            self._keep(replace(paid, captures=captures[:count]), event="checkout.paid")
        return paid

    def _new_capture(self, terms: Terms, amount_minor: int | None) -> Capture:
        amount = amount_minor or self._captured_minor(terms.amount_minor)
        return Capture(
            id=f"cap_{self._new_token()}",
            amount_minor=amount,
            currency=self._captured_currency(terms.currency),
            at=self.now(),
            fee_minor=(amount * int(self._board.number(switches.FEE)) + 5_000) // 10_000,
        )

    def _captured_minor(self, asked_minor: int) -> int:
        tenth = max(1, asked_minor // 10)
        match self._board.value(switches.AMOUNT):
            case "short":
                return max(1, asked_minor - tenth)
            case "over":
                return asked_minor + tenth
            case _:
                return asked_minor

    def _captured_currency(self, asked: str) -> str:
        if not self._board.is_on(switches.CURRENCY):
            return asked
        return "EUR" if asked == "USD" else "USD"

    def _keep(self, checkout: Checkout, *, event: str = "") -> Checkout:
        self._store.put(checkout)
        if event:
            self._courier.announce(
                event,
                event_id=f"evt_{self._new_token()}",
                url=checkout.terms.webhook_url,
                data=self.view(checkout),
            )
        return checkout

"""What the sandbox provider does with money and time: the acts behind its API and its page.

Every act changes the store and announces the event; making it durable (`store.save()`) is the
caller's last step. Amounts are whole minor units; fees are rounded half up.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.sandbox import provider_switches as switches
from bot.sandbox.provider_bank import Bank
from bot.sandbox.provider_hooks import Courier
from bot.sandbox.provider_records import (
    DECLINES,
    Capture,
    Checkout,
    CheckoutStatus,
    Terms,
    WrongStep,
)
from bot.sandbox.provider_refund_records import Refund, RefundStatus
from bot.sandbox.provider_store import ProviderStore
from bot.sandbox.provider_tongue import Happening
from bot.sandbox.switches import Switchboard

LATE_BY: Final = timedelta(minutes=1)
ATTENTION_LASTS: Final = timedelta(minutes=10)

PAYS: Final = "pay"
WAITS: Final = "later"
HOLDS: Final = "hold"
"""What a payer's consent can come to, beside the codes of `DECLINES`."""
TURNED_DOWN: Final = "turned_down"
"""Why nothing came of money that waited for the merchant."""

_PENDING, _NEEDS, _DONE = RefundStatus.PENDING, RefundStatus.NEEDS_ATTENTION, RefundStatus.DONE
REFUNDS: Final[dict[str, tuple[RefundStatus, RefundStatus | None]]] = {
    "later": (_PENDING, _DONE),
    "late_fail": (_PENDING, RefundStatus.FAILED),
    "attention": (_NEEDS, _DONE),
    "return": (_DONE, RefundStatus.RETURNED),
}
"""How a refund begins and what it becomes by itself, by the switch; else it is done at once."""

TAKE_ANOTHER_CARD: Final = frozenset({"paystack", "stripe", "flutterwave", "paypal", "pesapal"})
"""Whose pages stay open after a card was refused."""
FEES_COME_AFTER: Final = {"stripe": timedelta(seconds=2)}
"""Who tells a fee only a moment after the money was taken, and how much later."""
IN_VAIN: Final = frozenset({"declined_by_bank", TURNED_DOWN})
"""Why money that the merchant takes was taken in vain, where it was not refused before."""


class NotRefundable(ValueError):
    """More than is left of the capture, no such capture, or it is claimed; says which."""


class ReferenceReused(ValueError):
    """A reference came back with other terms."""


def takes_another_card(checkout: Checkout) -> bool:
    """Tell whether a page that refused a card may be paid with another one."""
    was_taken = checkout.terms.needs_capture and checkout.decline in IN_VAIN
    return checkout.terms.tongue in TAKE_ANOTHER_CARD and not was_taken


class Desk:
    """The provider's acts on its checkouts."""

    def __init__(
        self,
        store: ProviderStore,
        board: Switchboard,
        courier: Courier,
        *,
        now: Callable[[], datetime],
        new_token: Callable[[], str],
    ) -> None:
        """Work on the store and tell the courier; `now` is world time."""
        self._store = store
        self._board = board
        self._courier = courier
        self._new_token = new_token
        self.now = now
        self.bank = Bank(store, courier, now=now, new_token=new_token)

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

    def pay(
        self, checkout: Checkout, *, amount_minor: int | None = None, copies: int | None = None
    ) -> Checkout:
        """Take the money asked for, or another amount that the payer chose.

        Where the merchant takes it in a step of its own, the payer only agrees. It is told as often
        as the switches say, or so many times.

        Raises:
            WrongStep: the checkout may not be paid any more.
        """
        if checkout.terms.needs_capture:
            return self.approve(checkout, PAYS)
        _check_reopening(checkout)
        is_open = checkout.status is CheckoutStatus.OPEN
        if is_open and amount_minor is None and self._trouble(checkout.terms).is_on(switches.LATE):
            return self.promise(checkout)
        return self._capture(checkout, amount_minor=amount_minor, copies=copies)

    def approve(self, checkout: Checkout, choice: str) -> Checkout:
        """Let the payer agree; `choice` is what that comes to once the money is taken.

        Raises:
            WrongStep: the checkout is no longer open.
        """
        _check_reopening(checkout)
        return self._keep(checkout.approve(choice, at=self.now()), event="checkout.approved")

    def take(self, checkout: Checkout, *, key: str) -> Checkout:
        """Let the merchant take what the payer agreed to pay, under a key of its own.

        Raises:
            WrongStep: nobody has agreed, or it was taken before.
        """
        asked = replace(checkout, taken_under=key)
        if checkout.choice == HOLDS:
            return self._keep(asked.hold(at=self.now()), event="checkout.held")
        if checkout.choice in DECLINES:
            return self.decline(asked, checkout.choice)
        if checkout.choice == WAITS or self._trouble(checkout.terms).is_on(switches.LATE):
            late_at = checkout.terms.expires_at + LATE_BY
            promised = asked.promise(late_at=late_at, at=self.now())
            return self._keep(promised, event="checkout.held")
        return self._capture(asked)

    def accept(self, checkout: Checkout) -> Checkout:
        """Let the merchant accept money that waits for it.

        Raises:
            WrongStep: no money waits.
        """
        if checkout.status is not CheckoutStatus.HELD:
            raise WrongStep
        return self._capture(checkout)

    def turn_down(self, checkout: Checkout) -> Checkout:
        """Let the merchant turn down money that waits for it.

        Raises:
            WrongStep: no money waits.
        """
        if checkout.status is not CheckoutStatus.HELD:
            raise WrongStep
        return self.decline(checkout, TURNED_DOWN)

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

    def run_out(self, checkout: Checkout) -> Checkout:
        """Let the time of a checkout be over now.

        Raises:
            WrongStep: it ended in another way before.
        """
        return self._keep(checkout.expire(at=self.now()), event="checkout.expired")

    def answer(self, body: bytes, *, url: str, reference: str, tongue: str) -> None:
        """Answer a question later, at the address that came with it."""
        self._courier.answer(body, url=url, reference=reference, tongue=tongue)

    def let_time_pass(self) -> None:
        """Expire what has run out and take the late money that is due."""
        now = self.now()
        for checkout in self._store.waiting():
            current = checkout
            if current.has_run_out(now):
                current = self.run_out(current)
            if current.is_owed(now):
                current = self._capture(current)
            for refund in current.refunds:
                if refund.is_owed(now):
                    current = self._put_refund(current, refund.go_on())

    def refund(
        self,
        checkout: Checkout,
        *,
        reference: str,
        capture_id: str,
        amount_minor: int,
        answer_url: str = "",
    ) -> Refund:
        """Give a part of a capture back because the merchant asks.

        Raises:
            ReferenceReused: the reference exists with other content.
            NotRefundable: the capture has not so much left, or is disputed.
        """
        known = self._store.find_refund(reference)
        if known is not None:
            same = (known[0].id, known[1].capture_id, known[1].amount_minor)
            if same != (checkout.id, capture_id, amount_minor):
                raise ReferenceReused
            return known[1]
        capture = next((each for each in checkout.captures if each.id == capture_id), None)
        if capture is not None and checkout.is_claimed(capture):
            raise NotRefundable("disputed")
        if capture is None or checkout.refundable_minor(capture) < amount_minor:
            raise NotRefundable("amount")
        asked = self._refund_of(capture, amount_minor, reference=reference)
        return self._new_refund(checkout, replace(asked, answer_url=answer_url))

    def give_back(self, checkout: Checkout) -> Checkout:
        """Give back all that is left of each capture, as from the provider's own dashboard."""
        for capture in checkout.captures:
            left_minor = checkout.refundable_minor(capture)
            if left_minor > 0:
                refund = self._refund_of(capture, left_minor, reference="")
                checkout = self._put_refund(checkout, refund)
        return checkout

    def _new_refund(self, checkout: Checkout, asked: Refund) -> Refund:
        behaviour = str(self._trouble(checkout.terms).value(switches.REFUND))
        status, following = REFUNDS.get(behaviour, (RefundStatus.DONE, None))
        after = ATTENTION_LASTS if status is RefundStatus.NEEDS_ATTENTION else LATE_BY
        refund = replace(
            asked,
            status=RefundStatus.FAILED if behaviour == "fail" else status,
            next_status=following,
            next_at=self.now() + after if following else None,
        )
        self._put_refund(checkout, refund)
        return refund

    def _refund_of(self, capture: Capture, amount_minor: int, *, reference: str) -> Refund:
        return Refund(
            id=f"rfd_{self._new_token()}",
            reference=reference,
            capture_id=capture.id,
            amount_minor=amount_minor,
            currency=capture.currency,
            status=RefundStatus.DONE,
            at=self.now(),
        )

    def _put_refund(self, checkout: Checkout, refund: Refund) -> Checkout:
        changed = checkout.with_refund(refund, at=self.now())
        return self._keep(changed, event=f"refund.{refund.status}", refund=refund)

    def _capture(
        self, checkout: Checkout, *, amount_minor: int | None = None, copies: int | None = None
    ) -> Checkout:
        is_twice = self._trouble(checkout.terms).is_on(switches.TWICE)
        captures = tuple(
            self._new_capture(checkout.terms, amount_minor) for _ in range(2 if is_twice else 1)
        )
        is_astray = self._trouble(checkout.terms).is_on(switches.REFERENCE)
        told_as = f"astray-{self._new_token()}" if is_astray else ""
        paid = replace(checkout.pay(captures, at=self.now()), told_as=told_as)
        for count in range(1, len(captures) + 1):
            told = replace(paid, captures=captures[:count])
            self._keep(told, event="checkout.paid", copies=copies)
        if checkout.terms.tongue in FEES_COME_AFTER:
            after = FEES_COME_AFTER[checkout.terms.tongue]
            self._announce(paid, "fee.known", copies=copies, after=after)
        return paid

    def _new_capture(self, terms: Terms, amount_minor: int | None) -> Capture:
        amount = amount_minor or self._captured_minor(terms)
        return Capture(
            id=f"cap_{self._new_token()}",
            amount_minor=amount,
            currency=self._captured_currency(terms),
            at=self.now(),
            fee_minor=(amount * int(self._board.number(switches.FEE)) + 5_000) // 10_000,
        )

    def _captured_minor(self, terms: Terms) -> int:
        asked_minor = terms.amount_minor
        tenth = max(1, asked_minor // 10)
        match self._trouble(terms).value(switches.AMOUNT):
            case "short":
                return max(1, asked_minor - tenth)
            case "over":
                return asked_minor + tenth
            case _:
                return asked_minor

    def _captured_currency(self, terms: Terms) -> str:
        if not self._trouble(terms).is_on(switches.CURRENCY):
            return terms.currency
        return "EUR" if terms.currency == "USD" else "USD"

    def _trouble(self, terms: Terms) -> switches.Trouble:
        return switches.Trouble(self._board, terms.tongue)

    def _keep(
        self,
        checkout: Checkout,
        *,
        event: str = "",
        refund: Refund | None = None,
        copies: int | None = None,
    ) -> Checkout:
        self._store.put(checkout)
        if event:
            self._announce(checkout, event, refund=refund, copies=copies)
        return checkout

    def _announce(
        self,
        checkout: Checkout,
        event: str,
        *,
        refund: Refund | None = None,
        copies: int | None = None,
        after: timedelta = timedelta(),
    ) -> None:
        happening = Happening(
            kind=event,
            event_id=f"evt_{self._new_token()}",
            at=self.now() + after,
            checkout=checkout,
            refund=refund,
            copies=copies,
        )
        self._courier.announce(happening)


def _check_reopening(checkout: Checkout) -> None:
    if checkout.status is CheckoutStatus.DECLINED and not takes_another_card(checkout):
        raise WrongStep(checkout.decline)

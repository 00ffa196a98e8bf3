"""The payers' banks of a world: they claim what was paid, whole or in part, and win or let go.

They draw from a luck of their own: what else happens in a world stays as it was.
"""

from collections.abc import Sequence
from typing import Any, Final

from bot.sandbox.provider_claim_records import Dispute, DisputeStatus
from bot.sandbox.provider_desk import Desk
from bot.sandbox.provider_records import Capture, Checkout
from storage.transaction import SqlTransaction
from tests.simulation.chance import luck
from tests.simulation.rows import rows
from tests.simulation.stage import Stage
from tests.takings import takings

SHARES: Final = (100, 100, 60, 25)
"""How much of what is left of a capture is claimed, in hundredths."""
MOST: Final = {"sandbox": 4, "stripe": 4, "paystack": 1}
"""Claims to one capture: Paystack's events name none of several."""


def _booked(tx: SqlTransaction) -> list[Any]:
    return rows(tx, "SELECT key FROM journal WHERE key LIKE 'capture:%'")


class Banks:
    """All banks of a world; `share` is how often one of them does something, a step."""

    def __init__(self, stage: Stage, *, share: float | None = None) -> None:
        self._stage = stage
        self._mood = luck(stage.seed, "banks")
        drawn = self._mood.choice((0.0, 0.03, 0.1, 0.25))
        self._share = drawn if share is None else share

    def act(self) -> None:
        """Do something, or nothing."""
        paid = self._paid() if self._mood.random() < self._share else []
        if not paid:
            return
        checkout = self._mood.choice(paid)
        chance = self._mood.random()
        if chance < 0.15 and checkout.disputes:
            self._note("tells again of claims to", checkout)
            self._desk.bank.tell_again(checkout)
        elif chance < 0.6 and checkout.disputes:
            self._decide(checkout, self._mood.choice(checkout.disputes))
        else:
            self._claim(checkout, self._mood.choice(self._told(checkout)))

    def tell_the_end(self) -> None:
        """Have everything told that may have been lost on its way."""
        for checkout in self._paid():
            if checkout.disputes:
                self._desk.bank.tell_again(checkout)

    def end_most(self) -> None:
        """Decide most of what is still open."""
        for checkout in self._paid():
            for dispute in checkout.disputes:
                is_open = dispute.status is DisputeStatus.OPEN
                if is_open and self._mood.random() < 0.8:
                    current = self._stage.provider.find(checkout.terms.reference) or checkout
                    self._decide(current, dispute)

    @property
    def _desk(self) -> Desk:
        return self._stage.provider.desk

    def _claim(self, checkout: Checkout, capture: Capture) -> None:
        minor = checkout.refundable_minor(capture) * self._mood.choice(SHARES) // 100
        claims = [each for each in checkout.disputes if each.capture_id == capture.id]
        if (
            minor > 0
            and len(claims) < MOST[checkout.terms.tongue]
            and not checkout.is_claimed(capture)
        ):
            self._note(f"claims {minor} of", checkout)
            self._desk.bank.claim(checkout, capture, minor)

    def _decide(self, checkout: Checkout, dispute: Dispute) -> None:
        """Win or lose what is open; a loss is thought better of now and then."""
        match dispute.status:
            case DisputeStatus.OPEN:
                status = self._mood.choice(
                    (DisputeStatus.LOST, DisputeStatus.LOST, DisputeStatus.WON)
                )
            case DisputeStatus.LOST if self._may_rethink(checkout):
                status = DisputeStatus.WON
            case _:
                return
        self._note(f"says {status} about {dispute.amount_minor} of", checkout)
        self._stage.trace.counts[f"claims {status}"] += 1
        self._desk.bank.decide(checkout, dispute, status)

    def _may_rethink(self, checkout: Checkout) -> bool:
        """Tell whether a bank gives back: Paystack never, and Stripe is silent beside a claim."""
        return checkout.terms.tongue != "paystack" and not checkout.is_disputed

    def _paid(self) -> list[Checkout]:
        """Return what was paid, and is in the books: banks take their time."""
        every = self._stage.provider.checkouts()
        paid = [each for each in every if each.captures and each.terms.tongue in MOST]
        booked = (
            {str(key).rpartition(":")[2] for (key,) in self._stage.look(_booked)} if paid else ()
        )
        return [each for each in paid if all(one.id in booked for one in takings(each))]

    def _told(self, checkout: Checkout) -> Sequence[Capture]:
        """Return the captures that are told: some providers tell the first one only."""
        return checkout.captures if checkout.terms.tongue == "sandbox" else checkout.captures[:1]

    def _note(self, what: str, checkout: Checkout) -> None:
        self._stage.trace.tell("bank", f"{what} {checkout.terms.reference}")

"""What the sandbox payment provider remembers: checkouts, their captures, webhooks on their way.

Amounts are whole minor units, times aware UTC. A record never changes; its methods return the
next one. This is the far side of the wire: it shares no code with the adapter that reads it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from bot.sandbox.provider_claim_records import Dispute, DisputeStatus, dispute_from_json
from bot.sandbox.provider_refund_records import (
    COUNTED,
    Refund,
    RefundStatus,
    refund_from_json,
)


class CheckoutStatus(StrEnum):
    """Where a checkout stands."""

    OPEN = "open"
    PROCESSING = "processing"
    """The payer chose to pay later; the money comes after the page has expired."""
    APPROVED = "approved"
    """The payer agreed; the merchant has yet to take the money (`Terms.needs_capture`)."""
    HELD = "held"
    """The money was taken, and waits for the merchant to accept it."""
    PAID = "paid"
    DECLINED = "declined"
    """A card was refused; where the page takes another one, it may still be paid."""
    EXPIRED = "expired"
    """Nobody may pay here any more, but money that was under way can still arrive."""


TRANSITIONS: Final[dict[CheckoutStatus, frozenset[CheckoutStatus]]] = {
    CheckoutStatus.OPEN: frozenset(
        {
            CheckoutStatus.PROCESSING,
            CheckoutStatus.APPROVED,
            CheckoutStatus.PAID,
            CheckoutStatus.DECLINED,
            CheckoutStatus.EXPIRED,
        }
    ),
    CheckoutStatus.APPROVED: frozenset(
        {
            CheckoutStatus.PROCESSING,
            CheckoutStatus.HELD,
            CheckoutStatus.PAID,
            CheckoutStatus.DECLINED,
            CheckoutStatus.EXPIRED,
        }
    ),
    CheckoutStatus.HELD: frozenset({CheckoutStatus.PAID, CheckoutStatus.DECLINED}),
    CheckoutStatus.PROCESSING: frozenset({CheckoutStatus.EXPIRED}),
    CheckoutStatus.EXPIRED: frozenset({CheckoutStatus.PAID}),
    CheckoutStatus.PAID: frozenset(),
    CheckoutStatus.DECLINED: frozenset({CheckoutStatus.APPROVED, CheckoutStatus.PAID}),
}

DECLINES: Final[dict[str, str]] = {
    "insufficient_funds": "Insufficient funds",
    "expired_card": "Expired card",
    "declined_by_bank": "Declined by the bank",
}
"""Decline codes on the wire and their words on the page."""


SOMEBODY: Final = "somebody@else.example"
"""Who pays links that others forward to him."""


class WrongStep(ValueError):
    """A checkout was asked for a step that its status does not allow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """Money taken: minor units of one currency, and the fee kept from it."""

    id: str
    amount_minor: int
    currency: str
    at: datetime
    fee_minor: int

    def as_json(self) -> dict[str, object]:
        """Show the capture as it goes over the wire and into the state file."""
        return {
            "id": self.id,
            "amount_minor": self.amount_minor,
            "currency": self.currency,
            "at": self.at.isoformat(),
            "fee_minor": self.fee_minor,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the merchant asked for; the same reference must always come with the same terms."""

    reference: str
    amount_minor: int
    currency: str
    email: str
    title: str
    return_url: str
    expires_at: datetime
    webhook_url: str
    tongue: str = "sandbox"
    """The name of the provider that was asked: in its language the events are told."""
    keeps_card: bool = False
    """The payer agreed that the card be charged again, where the provider asks for that."""
    needs_capture: bool = False
    """The payer only agrees on the page; the merchant takes the money in a step of its own."""
    phone: str = ""
    """Who is asked on the phone: digits with the country's code, "" where there is a page."""
    account: str = ""
    """What the phone names as the account that is paid."""

    def as_json(self) -> dict[str, object]:
        """Show the terms as they were asked."""
        return {
            "reference": self.reference,
            "amount_minor": self.amount_minor,
            "currency": self.currency,
            "email": self.email,
            "title": self.title,
            "return_url": self.return_url,
            "expires_at": self.expires_at.isoformat(),
            "webhook_url": self.webhook_url,
            "tongue": self.tongue,
            "keeps_card": self.keeps_card,
            "needs_capture": self.needs_capture,
            "phone": self.phone,
            "account": self.account,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """One hosted page and what became of it.

    `late_at` is when money arrives that was promised before the page expired. `choice` is what the
    payer's consent comes to once the money is taken, `taken_under` the merchant's key for that.
    `told_as` is another reference that the money is told under.
    """

    id: str
    terms: Terms
    created_at: datetime
    updated_at: datetime
    status: CheckoutStatus = CheckoutStatus.OPEN
    decline: str = ""
    late_at: datetime | None = None
    choice: str = ""
    taken_under: str = ""
    told_as: str = ""
    captures: tuple[Capture, ...] = ()
    refunds: tuple[Refund, ...] = ()
    is_others_card: bool = False
    """Somebody else paid, with a card of his own."""
    lets_save: bool = False
    """Whoever paid ticked that his card may be charged again."""
    disputes: tuple[Dispute, ...] = ()
    """What the payer's bank claimed back, oldest first; one of a capture is open at most."""

    def offer(self, *, is_others_card: bool, lets_save: bool) -> "Checkout":
        """Note whose card is about to pay, and whether its holder lets it be charged again."""
        return replace(self, is_others_card=is_others_card, lets_save=lets_save)

    def pay(self, captures: tuple[Capture, ...], *, at: datetime) -> "Checkout":
        """Take the money, in one capture or more.

        Raises:
            WrongStep: the page was paid, or waits for late money.
        """
        paid = self._step(CheckoutStatus.PAID, at=at)
        return replace(paid, captures=captures, late_at=None, decline="")

    def refuse(self, code: str, *, at: datetime) -> "Checkout":
        """Decline for good, with a code of `DECLINES`.

        Raises:
            WrongStep: the page is no longer open.
        """
        return replace(self._step(CheckoutStatus.DECLINED, at=at), decline=code)

    def approve(self, choice: str, *, at: datetime) -> "Checkout":
        """Agree to pay; nothing moves before the merchant takes it.

        Raises:
            WrongStep: the page is no longer open.
        """
        agreed = self._step(CheckoutStatus.APPROVED, at=at)
        return replace(agreed, choice=choice, decline="", taken_under="")

    def hold(self, *, at: datetime) -> "Checkout":
        """Take the money and keep it until the merchant accepts it.

        Raises:
            WrongStep: nobody has agreed, or it was taken before.
        """
        return self._step(CheckoutStatus.HELD, at=at)

    def promise(self, *, late_at: datetime, at: datetime) -> "Checkout":
        """Let the payer start a payment whose money arrives after the page has expired.

        Raises:
            WrongStep: the page is no longer open.
        """
        return replace(self._step(CheckoutStatus.PROCESSING, at=at), late_at=late_at)

    def expire(self, *, at: datetime) -> "Checkout":
        """Close the page because its time is over.

        Raises:
            WrongStep: the page ended in another way before.
        """
        return self._step(CheckoutStatus.EXPIRED, at=at)

    def refundable_minor(self, capture: Capture) -> int:
        """Return what may still be given back of a capture."""
        mine = (each for each in self._claims(capture) if each.status is not DisputeStatus.WON)
        claimed_minor = sum(each.amount_minor for each in mine)
        return capture.amount_minor - self._sum(capture, COUNTED) - claimed_minor

    def refunded_minor(self, capture: Capture) -> int:
        """Return what went back of a capture and stayed there."""
        return self._sum(capture, {RefundStatus.DONE})

    def lost_minor(self, capture: Capture) -> int:
        """Return what banks took of a capture and did not give back."""
        lost = (each for each in self._claims(capture) if each.status is DisputeStatus.LOST)
        return sum(each.amount_minor for each in lost)

    def is_claimed(self, capture: Capture) -> bool:
        """Tell whether the payer's bank has claimed a capture and not decided yet."""
        return any(each.status is DisputeStatus.OPEN for each in self._claims(capture))

    @property
    def is_disputed(self) -> bool:
        """Tell whether any capture is claimed."""
        return any(self.is_claimed(each) for each in self.captures)

    @property
    def disputed_at(self) -> datetime | None:
        """Tell when a bank last claimed something, though it may have let go since."""
        return max((each.at for each in self.disputes), default=None)

    def _claims(self, capture: Capture) -> list[Dispute]:
        return [each for each in self.disputes if each.capture_id == capture.id]

    def with_dispute(self, dispute: Dispute, *, at: datetime) -> "Checkout":
        """Add a claim, or put its next state in its place."""
        others = tuple(each for each in self.disputes if each.id != dispute.id)
        return replace(self, disputes=(*others, dispute), updated_at=at)

    def _sum(self, capture: Capture, statuses: Collection[RefundStatus]) -> int:
        mine = (each for each in self.refunds if each.capture_id == capture.id)
        return sum(each.amount_minor for each in mine if each.status in statuses)

    @property
    def holder(self) -> str:
        """Tell whose card paid: the payer's, known by his e-mail, or one that all forward to."""
        return SOMEBODY if self.is_others_card else self.terms.email

    def with_refund(self, refund: Refund, *, at: datetime) -> "Checkout":
        """Add a refund, or put its next state in its place."""
        others = tuple(each for each in self.refunds if each.id != refund.id)
        return replace(self, refunds=(*others, refund), updated_at=at)

    def has_run_out(self, now: datetime) -> bool:
        """Tell whether the page should expire now."""
        may_expire = CheckoutStatus.EXPIRED in TRANSITIONS[self.status]
        return may_expire and now >= self.terms.expires_at

    def is_owed(self, now: datetime) -> bool:
        """Tell whether promised money arrives now."""
        is_expired = self.status is CheckoutStatus.EXPIRED
        return is_expired and self.late_at is not None and now >= self.late_at

    def as_json(self) -> dict[str, object]:
        """Show the checkout for the state file."""
        return {
            "id": self.id,
            "terms": self.terms.as_json(),
            "created_at": self.created_at.isoformat(),
            "updated_at": self.updated_at.isoformat(),
            "status": self.status.value,
            "decline": self.decline,
            "late_at": self.late_at.isoformat() if self.late_at else None,
            "choice": self.choice,
            "taken_under": self.taken_under,
            "told_as": self.told_as,
            "captures": [capture.as_json() for capture in self.captures],
            "refunds": [refund.as_json() for refund in self.refunds],
            "is_others_card": self.is_others_card,
            "lets_save": self.lets_save,
            "disputes": [dispute.as_json() for dispute in self.disputes],
        }

    def _step(self, to_status: CheckoutStatus, *, at: datetime) -> "Checkout":
        if to_status not in TRANSITIONS[self.status]:
            message = f"{self.status} does not lead to {to_status}"
            raise WrongStep(message)
        return replace(self, status=to_status, updated_at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A webhook on its way: the exact bytes to send, how often still, and when next.

    `attempt` counts failed tries of the current copy.
    """

    seq: int
    event_id: str
    reference: str
    url: str
    body: str
    due_at: datetime
    copies_left: int
    attempt: int = 0
    tongue: str = "sandbox"

    def as_json(self) -> dict[str, object]:
        """Show the delivery for the state file."""
        return {
            "seq": self.seq,
            "event_id": self.event_id,
            "reference": self.reference,
            "url": self.url,
            "body": self.body,
            "due_at": self.due_at.isoformat(),
            "copies_left": self.copies_left,
            "attempt": self.attempt,
            "tongue": self.tongue,
        }


def terms_from_json(row: Mapping[str, Any]) -> Terms:
    """Read terms that `Terms.as_json` wrote."""
    return Terms(**{**row, "expires_at": datetime.fromisoformat(row["expires_at"])})


def checkout_from_json(row: Mapping[str, Any]) -> Checkout:
    """Read a checkout that `Checkout.as_json` wrote."""
    return Checkout(
        id=row["id"],
        terms=terms_from_json(row["terms"]),
        created_at=datetime.fromisoformat(row["created_at"]),
        updated_at=datetime.fromisoformat(row["updated_at"]),
        status=CheckoutStatus(row["status"]),
        decline=row["decline"],
        late_at=_moment(row["late_at"]),
        choice=row.get("choice", ""),
        taken_under=row.get("taken_under", ""),
        told_as=row.get("told_as", ""),
        captures=tuple(
            Capture(**{**capture, "at": datetime.fromisoformat(capture["at"])})
            for capture in row["captures"]
        ),
        refunds=tuple(refund_from_json(refund) for refund in row.get("refunds", ())),
        is_others_card=row.get("is_others_card", False),
        lets_save=row.get("lets_save", False),
        disputes=tuple(dispute_from_json(dispute) for dispute in row.get("disputes", ())),
    )


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


def delivery_from_json(row: Mapping[str, Any]) -> Delivery:
    """Read a delivery that `Delivery.as_json` wrote."""
    return Delivery(**{**row, "due_at": datetime.fromisoformat(row["due_at"])})

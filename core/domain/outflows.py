"""Money that goes out through a provider: refunds and payouts, asked for under our own reference.

Answers are `Moved` (it went out), `Returned` (it went out and came back), `Pending`, `Declined` or
`Unknown`; what is unknown is looked up, never asked for again under another reference.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from core.domain.money import Money
from core.domain.providers import About, Declined, Hook, Outcome, Pending, Rail, Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest:
    """Ask to give back a captured payment, or a part of it.

    `reference` is our refund's, stored before the call; `payment_reference`, `provider_ref`,
    `provider_id` and `receipt` are what the captured attempt is known by; `captured` is what it
    took in all.
    """

    reference: str
    payment_reference: str
    provider_ref: str
    provider_id: str
    captured: Money
    amount: Money
    reason: str
    receipt: str = ""
    answer_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where a payout goes: an account by its rail.

    `number` is an account's, a phone's (E.164 with its plus) or a till's; `bank_code` the
    provider's own code of the bank or wallet, "" where the rail needs none; `account` names the
    account at a paybill.
    """

    rail: Rail
    number: str = field(repr=False)
    name: str = field(repr=False)
    bank_code: str = ""
    account: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutRequest:
    """Ask to pay money out, under a reference of our own, stored before the call."""

    reference: str
    amount: Money
    destination: Destination
    reason: str
    answer_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The provider's word that money went out, under its own id of this movement."""

    provider_id: str
    reference: str
    amount: Money
    is_test: bool
    fee: Money | None = None
    moved_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """Money that had gone out has come back, whole; `provider_id` as `Moved` had it."""

    provider_id: str
    reference: str
    amount: Money
    is_test: bool
    detail: str = ""


Outflow = Moved | Returned | Pending | Declined | Unknown


@runtime_checkable
class Refunds(Protocol):
    """Giving captured money back by the way it came."""

    async def refund(self, request: RefundRequest) -> Outflow:
        """Give money back; repeated under the same reference it must not be given twice.

        Where the provider knows no reference of ours, what it has for this capture is asked first.
        """
        ...

    async def look_up_refund(self, request: RefundRequest, *, refund_ref: str) -> Outflow:
        """Ask what became of a refund; `refund_ref` is the provider's id of it, "" if unknown."""
        ...


@runtime_checkable
class Payouts(Protocol):
    """Paying money out."""

    async def pay_out(self, request: PayoutRequest) -> Outflow:
        """Send money, once, under our reference."""
        ...

    async def look_up_payout(
        self, *, reference: str, payout_ref: str, answer_url: str = ""
    ) -> Outflow:
        """Ask what became of a payout; `payout_ref` is the provider's id of it, "" if unknown.

        `answer_url` is a one-time address for providers that answer there only.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a one-time address was drawn for: an answer must be about this, and nothing else.

    `reference` is ours, `provider_ref` the provider's id, "" while its first answer is missing;
    `asked` is the amount. Of a refund, `receipt` is that of the capture it gives back.
    """

    about: About
    reference: str
    provider_ref: str
    asked: Money
    receipt: str = ""


@runtime_checkable
class Answering(Protocol):
    """A provider that answers a question of ours on its own one-time address, unsigned."""

    def read_answer(self, hook: Hook, question: Question) -> Outcome | Outflow:
        """Read what came there; its ids and its amount must be those of the question.

        The address proves that it answers this one: it is drawn for it and told to nobody else.
        What only tells that there is no answer, or is about something else, is `Unknown`.
        """
        ...

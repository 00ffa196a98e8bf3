"""The story of a bill for people: its steps, its payments with receipts; finding by number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from core.domain.acts import Event, EventName
from core.domain.bills import Bill, BillId, Life
from core.domain.calendar import local_date
from core.domain.disputes import Dispute
from core.domain.errors import Ambiguous, BillCancelled, NotFound, TooManyRequests
from core.domain.ledger import Entry, Subject
from core.domain.payments import Allocation, PaymentId, Receipt, ReceiptId
from core.domain.people import NO_UNIT, Actor, Scope
from core.domain.refunds import Refund, RefundId
from core.domain.timeline import BillRevision, BillStep
from core.domain.unmatched import Unmatched
from core.ports import Transaction
from core.use_cases.bills import seen_bill
from core.use_cases.refund_counts import refunded_payment

TAIL: Final = 6
"""How many characters of a token the screens show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Everything that happened to a bill; each part oldest first.

    `paid` pairs each allocation with the receipt of its journal.
    """

    bill: Bill
    steps: tuple[BillStep, ...]
    revisions: tuple[BillRevision, ...]
    disputes: tuple[Dispute, ...]
    paid: tuple[tuple[Allocation, Receipt | None], ...]
    refunds: tuple[Refund, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A move of a wallet with what it was for; "" and None where there is none of it."""

    entry: Entry
    payer: str
    unit: str
    bill: Bill | None
    receipt: Receipt | None


def bill_story(tx: Transaction, *, actor: Actor, bill_id: BillId) -> Story:
    """Return what happened to a bill that the actor may look at.

    Raises:
        NotFound: there is none, or it is not his to see.
    """
    bill = seen_bill(tx, actor=actor, bill_id=bill_id)
    allocations = tx.payments.allocations_of_bill(bill_id)[::-1]
    paid_by = dict.fromkeys(each.payment_id for each in allocations)
    return Story(
        bill=bill,
        steps=tx.timeline.steps(bill_id),
        revisions=tx.timeline.revisions(bill_id),
        disputes=tx.disputes.history(bill_id),
        paid=tuple((each, _receipt(tx, each)) for each in allocations),
        refunds=(
            *(each for payment_id in paid_by for each in tx.refunds.of(payment_id)),
            *(
                each
                for kept in tx.unmatched.of_bill(bill_id)
                for each in tx.refunds.of_unmatched(kept.id)
            ),
        ),
    )


def seen_receipt(tx: Transaction, *, actor: Actor, receipt_id: ReceiptId) -> Receipt:
    """Return a receipt that the actor may look at: his own, his unit's bill's, or by scope.

    Raises:
        NotFound: there is none, or it is not his to see.
    """
    return _check_seen(tx, actor, tx.payments.receipt(receipt_id))


def find_by_number(tx: Transaction, *, actor: Actor, number: str) -> Bill | Receipt | Unmatched:
    """Return the bill or receipt behind `BILL-…`, `RCPT-…` or `TXN-…`.

    Where a payment has no receipt, since what came was kept apart, staff get that money.

    Raises:
        NotFound: there is none, or it is not the actor's to see.
    """
    if number.upper().startswith("BILL-"):
        bill = tx.bills.by_number(actor.tenant_id, number.upper())
        if bill is None:
            raise NotFound(kind="bill")
        return seen_bill(tx, actor=actor, bill_id=bill.id)
    receipt = tx.timeline.receipt(actor.tenant_id, number)
    if receipt is None:
        receipt = _by_tail(tx, actor, number)
    if receipt is None and (kept := _kept_apart(tx, actor, number)):
        return kept
    if receipt is None:
        is_receipt = number.upper().startswith(("RCPT-", "TXN-"))
        raise NotFound(kind="receipt" if is_receipt else "number")
    return _check_seen(tx, actor, receipt)


def _by_tail(tx: Transaction, actor: Actor, number: str) -> Receipt | None:
    """Return the actor's one receipt whose reference ends as the screens show it.

    Raises:
        Ambiguous: several of his to see end so.
    """
    tail = _tail(number)
    if not tail:
        return None
    found = tx.timeline.receipts_ending(actor.tenant_id, tail)
    seen = [each for each in found if _may_see(tx, actor, each)]
    if len(seen) > 1:
        raise Ambiguous(numbers=tuple(each.number for each in seen))
    return seen[0] if seen else None


def _tail(number: str) -> str:
    """Return the end of a token as it was typed, "" where it is none."""
    text = number.strip().casefold()
    tail = text.removeprefix("txn-").lstrip(".…")
    is_tail = text.startswith("txn-") and len(tail) == TAIL and tail.isalnum()
    return tail if is_tail else ""


def _kept_apart(tx: Transaction, actor: Actor, number: str) -> Unmatched | None:
    tail = _tail(number)
    if not tail or not actor.has(Scope.REPORTS_VIEW):
        return None
    return next(iter(tx.unmatched.ending(actor.tenant_id, tail)), None)


def _may_see(tx: Transaction, actor: Actor, receipt: Receipt) -> bool:
    try:
        _check_seen(tx, actor, receipt)
    except NotFound:
        return False
    return True


def explained(tx: Transaction, *, entries: Sequence[Entry]) -> tuple[Explained, ...]:
    """Return what entries of a wallet were for, in their order."""
    return tuple(_explain(tx, entry) for entry in entries)


def _explain(tx: Transaction, entry: Entry) -> Explained:
    bill_id: BillId | None = None
    payer, receipt = "", None
    if entry.subject.kind == "bill":
        bill_id = BillId(entry.subject.id)
    elif payment_id := payment_of(tx, subject=entry.subject):
        payment = tx.payments.get(payment_id)
        bill_id, payer = payment.bill_id, tx.people.person(payment.payer_id).name
        proofs = tx.payments.receipts_of(payment.id)
        receipt = next((each for each in proofs if each.journal_id == entry.journal_id), None)
    bill = None if bill_id is None else tx.bills.get(bill_id)
    unit = ""
    if bill is not None and bill.unit_id != NO_UNIT:
        unit = tx.people.unit(bill.unit_id).code
    return Explained(entry=entry, payer=payer, unit=unit, bill=bill, receipt=receipt)


def payment_of(tx: Transaction, *, subject: Subject) -> PaymentId | None:
    """Return the payment that a journal is about, directly or by a refund; None for none."""
    if subject.kind == "payment":
        return PaymentId(subject.id)
    if subject.kind != "refund":
        return None
    return refunded_payment(tx, refund=tx.refunds.get(RefundId(subject.id)))


def resend_bill(tx: Transaction, *, actor: Actor, bill_id: BillId) -> Bill:
    """Show a bill to its debtors again, once a day.

    Raises:
        NotAllowed: the actor lacks `bills:manage`.
        NotFound: it is not in his tenant.
        BillCancelled: it no longer stands.
        TooManyRequests: it was sent again today.
    """
    actor.check(Scope.BILLS_MANAGE, actor.tenant_id)
    bill = tx.bills.get(bill_id)
    if bill.tenant_id != actor.tenant_id:
        raise NotFound(kind="bill")
    if bill.life is Life.CANCELLED:
        raise BillCancelled(bill=bill)
    today = local_date(tx.now, tx.tenants.get(bill.tenant_id).timezone)
    name = f"resend:{bill_id}:{today.toordinal()}"
    count = tx.tallies.count(name, until=tx.now + timedelta(days=1))
    if count > 1:
        raise TooManyRequests(retry_after_s=24 * 3600)
    subject = Subject(kind="bill", id=bill_id)
    tx.events.append(
        Event(name=EventName.BILL_CREATED, tenant_id=bill.tenant_id, subject=subject, other_id=1)
    )
    return bill


def _check_seen(tx: Transaction, actor: Actor, receipt: Receipt) -> Receipt:
    if receipt.tenant_id != actor.tenant_id:
        raise NotFound(kind="receipt")
    if receipt.payer_id == actor.person_id or actor.has(Scope.PAYMENTS_VIEW):
        return receipt
    bill_id = tx.payments.get(receipt.payment_id).bill_id
    if bill_id is None:
        raise NotFound(kind="receipt")
    seen_bill(tx, actor=actor, bill_id=bill_id)
    return receipt


def _receipt(tx: Transaction, allocation: Allocation) -> Receipt | None:
    found = tx.payments.receipts_of(allocation.payment_id)
    return next((each for each in found if each.journal_id == allocation.journal_id), None)

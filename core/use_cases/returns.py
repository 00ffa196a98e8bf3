"""Giving paid money back: to the wallets of who paid, and never without a PIN."""

from core.domain.acts import Event, EventName
from core.domain.bills import Bill
from core.domain.errors import (
    InsufficientFunds,
    InvalidAmount,
    PaymentContested,
    PinNeeded,
    RefundOpen,
)
from core.domain.ledger import JournalKind, Leg, Subject
from core.domain.money import Money
from core.domain.payments import Allocation
from core.domain.people import Actor
from core.ports import Transaction
from core.use_cases.ledger import post
from core.use_cases.payments import tenant_account
from core.use_cases.wallets import open_wallet


def check_give_back(tx: Transaction, *, actor: Actor, bill: Bill, amount: Money) -> None:
    """Let paid money of a bill go back, if the actor has a PIN to confirm it with.

    Raises:
        PinNeeded: he has none yet.
    """
    if amount.is_positive and not tx.people.person(actor.person_id).has_pin:
        raise PinNeeded(bill=bill)


def give_back(tx: Transaction, *, actor: Actor, bill: Bill, amount: Money, key: str) -> None:
    """Return paid money to its payers' wallets, newest allocation first, as one journal.

    Who keeps the books is told by whom.

    Raises:
        PinNeeded: the actor has no PIN.
        InsufficientFunds: the tenant wallet is short; `missing` says by how much.
        RefundOpen: a refund of the same money is on its way.
        PaymentContested: a payer's bank claims the money.
    """
    check_give_back(tx, actor=actor, bill=bill, amount=amount)
    parts = _newest_first(tx, bill, amount)
    source = tenant_account(tx, tenant_id=bill.tenant_id, amount=amount)
    legs = []
    for allocation, part in parts:
        wallet = open_wallet(
            tx,
            tenant_id=bill.tenant_id,
            owner_id=allocation.payer_id,
            currency=bill.currency,
        )
        legs.append(Leg(source=source.id, target=wallet.account_id, amount=part))
    if source.available < amount:
        raise InsufficientFunds(
            missing=amount - source.available, available=source.available, bill=bill
        )
    journal = post(
        tx,
        tenant_id=bill.tenant_id,
        kind=JournalKind.BILL_RETURN,
        subject=Subject(kind="bill", id=bill.id),
        key=key,
        legs=legs,
    )
    for allocation, part in parts:
        tx.payments.add_return(allocation, part, journal_id=journal.id)
    tx.events.append(
        Event(
            name=EventName.TENANT_WALLET_DEBITED,
            tenant_id=bill.tenant_id,
            subject=Subject(kind="bill", id=bill.id),
            person_id=actor.person_id,
            other_id=journal.id,
        )
    )


def _newest_first(tx: Transaction, bill: Bill, amount: Money) -> list[tuple[Allocation, Money]]:
    for payment_id in sorted(
        {each.payment_id for each in tx.payments.allocations_of_bill(bill.id)}
    ):
        tx.payments.lock(payment_id)
    parts, left, waiting = [], amount.minor, 0
    for allocation in tx.payments.allocations_of_bill(bill.id):
        known = tx.refunds.find_refundable(allocation.payment_id)
        on_its_way = 0 if known is None else known.open_minor
        waiting += on_its_way
        part = min(left, allocation.amount.minor - allocation.returned_minor - on_its_way)
        if part > 0:
            if known is not None and known.contested_at is not None:
                raise PaymentContested(payment_id=allocation.payment_id)
            parts.append((allocation, Money(part, bill.currency)))
            left -= part
    if left and waiting:
        raise RefundOpen(bill=bill)
    if left:
        raise InvalidAmount(text=str(left), reason="return")
    return parts

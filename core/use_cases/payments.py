"""Payments: from a wallet at once, or asked through a provider; allocations and receipts."""

from datetime import datetime, timedelta
from typing import Final

from core.domain.acts import Event, EventName
from core.domain.bills import Bill, owes
from core.domain.calendar import local_date
from core.domain.errors import NotAllowed, NotFound, OwnBill
from core.domain.ledger import Account, AccountId, AccountKind, Journal, JournalKind, Leg, Subject
from core.domain.money import Currency, Money
from core.domain.payments import (
    Allocation,
    Method,
    Payment,
    PaymentId,
    PaymentStatus,
    Purpose,
    Receipt,
    ReceiptId,
)
from core.domain.people import Actor, PersonId, Scope
from core.domain.tenants import Tenant, TenantId
from core.domain.wallets import TENANT_OWNED, Wallet
from core.ports import Transaction
from core.use_cases.ledger import post
from core.use_cases.wallets import open_wallet, wallet_account

SAME_AMOUNT_WITHIN: Final = timedelta(minutes=10)
"""The same amount for the same bill again within this time is asked about (product section 5)."""


def pay_from_wallet(
    tx: Transaction, *, bill: Bill, payer_id: PersonId, source: Account, amount: Money, key: str
) -> tuple[Payment, Journal]:
    """Move an amount from the payer's wallet to the tenant's and complete a payment.

    The caller has checked the bill and the wallet and allocates afterwards. `source` is the
    account of that wallet as it stands. `key` is the person's intent.

    Raises:
        InsufficientFunds: it is short.
        KeyReused: the intent was used for something else.
        MoneyStopped: the books are being checked.
    """
    asked = Payment(
        id=PaymentId(tx.new_id()),
        token=tx.token(),
        tenant_id=bill.tenant_id,
        payer_id=payer_id,
        purpose=Purpose.BILL,
        bill_id=bill.id,
        method=Method.WALLET,
        currency=bill.currency,
        amount_minor=amount.minor,
        created_at=tx.now,
    )
    tx.payments.add(asked)
    target = tenant_wallet(tx, tenant_id=bill.tenant_id, currency=amount.currency)
    journal = post(
        tx,
        tenant_id=bill.tenant_id,
        kind=JournalKind.BILL_PAYMENT,
        subject=Subject(kind="payment", id=asked.id),
        key=f"intent:{key}",
        legs=[Leg(source=source.id, target=target.account_id, amount=amount)],
        source=source,
    )
    repay(tx, wallet=target, because=journal)
    return tx.payments.replace(asked, asked.complete(amount, at=tx.now)), journal


def allocate(
    tx: Transaction, *, bill: Bill, payment: Payment, journal: Journal, amount: Money, line: int
) -> Bill:
    """Count an amount of a payment against a bill and tell of it.

    Raises:
        AboveRest: more than what is left open.
    """
    counted = bill.allocate(amount)
    # The allocation first: the database lets a bill count only what was allocated to it.
    tx.payments.add_allocation(
        Allocation(
            payment_id=payment.id,
            line=line,
            bill_id=bill.id,
            tenant_id=bill.tenant_id,
            amount=amount,
            payer_id=payment.payer_id,
            journal_id=journal.id,
        )
    )
    after = tx.bills.replace(bill, counted)
    is_paid = not after.rest.is_positive
    name = EventName.BILL_PAID if is_paid else EventName.BILL_PARTIALLY_PAID
    subject = Subject(kind="bill", id=bill.id)
    for told in (name, EventName.TENANT_WALLET_CREDITED):
        tx.events.append(
            Event(
                name=told,
                tenant_id=bill.tenant_id,
                subject=subject,
                person_id=payment.payer_id,
                other_id=journal.id,
            )
        )
    return after


def issue_receipt(
    tx: Transaction,
    *,
    tenant: Tenant,
    payment: Payment,
    journal: Journal,
    payer: AccountId,
    amount: Money,
    settled: Money,
) -> Receipt:
    """Number and store the proof of one journal, and tell of it.

    `payer` is the account of his wallet: the receipt names its balance after all of this.
    """
    year = local_date(tx.now, tenant.timezone).year
    number = tx.tenants.next_number(payment.tenant_id, kind="receipt", year=0)
    receipt = Receipt(
        id=ReceiptId(tx.new_id()),
        number=f"RCPT-{year}-{number:06d}",
        tenant_id=payment.tenant_id,
        payment_id=payment.id,
        journal_id=journal.id,
        payer_id=payment.payer_id,
        amount=amount,
        settled=settled,
        balance_after=tx.ledger.get(payer).balance,
        issued_at=tx.now,
    )
    tx.payments.add_receipt(receipt)
    for name in (EventName.PAYMENT_COMPLETED, EventName.RECEIPT_ISSUED):
        tell(tx, name=name, payment=payment, other_id=receipt.id)
    return receipt


def same_lately(
    tx: Transaction, *, bill: Bill, amount: Money
) -> tuple[Allocation, datetime] | None:
    """Return the newest payment of just this amount for a bill, if it is a few minutes old."""
    for allocation in tx.payments.allocations_of_bill(bill.id):
        if allocation.amount == amount:
            at = tx.ledger.journal(allocation.journal_id).posted_at
            return (allocation, at) if tx.now < at + SAME_AMOUNT_WITHIN else None
    return None


def repay(tx: Transaction, *, wallet: Wallet, because: Journal) -> Journal | None:
    """Repay what an owner owes from what a journal has just credited; None when he owes nothing.

    What was owed came from a provider that took more than the wallet held. `because` is the
    journal that credited the wallet.
    """
    owed = tx.ledger.find(
        tenant_id=wallet.tenant_id,
        kind=AccountKind.OWED,
        owner_id=wallet.owner_id,
        currency=wallet.currency,
    )
    if owed is None or owed.balance.minor >= 0:
        return None
    source = wallet_account(tx, wallet=wallet)
    amount = Money(min(-owed.balance.minor, source.available.minor), wallet.currency)
    if not amount.is_positive:
        return None
    return post(
        tx,
        tenant_id=wallet.tenant_id,
        kind=JournalKind.REPAYMENT,
        subject=because.subject,
        key=f"repay:{source.id}:{because.id}",
        legs=[Leg(source=source.id, target=owed.id, amount=amount)],
        source=source,
    )


def is_of_household(tx: Transaction, *, actor: Actor, person_id: PersonId) -> bool:
    """Tell whether a person is the actor himself, or belongs or belonged to a unit of his."""
    if person_id == actor.person_id:
        return True
    return any(m.unit_id in actor.unit_ids for m in tx.people.memberships_of(person_id))


def has_interest(tx: Transaction, *, actor: Actor, bill: Bill) -> bool:
    """Tell whether a bill is the actor's own, of somebody of his household, or paid by him."""
    if owes(bill, person_id=actor.person_id, unit_ids=actor.unit_ids):
        return True
    if bill.debtor_id is not None and is_of_household(tx, actor=actor, person_id=bill.debtor_id):
        return True
    paid = tx.payments.allocations_of_bill(bill.id)
    return any(allocation.payer_id == actor.person_id for allocation in paid)


def check_no_interest(tx: Transaction, *, actor: Actor, bill: Bill) -> None:
    """Let staff change a bill in which they have no part: nobody decides in his own matter.

    Raises:
        OwnBill: it is the actor's own, of his household, or paid by him.
    """
    if has_interest(tx, actor=actor, bill=bill):
        raise OwnBill(scope=Scope.BILLS_MANAGE.value, bill=bill)


def check_no_part(tx: Transaction, *, actor: Actor, payment: Payment, scope: Scope) -> None:
    """Let staff decide about a payment in which they have no part.

    Raises:
        OwnBill: the actor has a part in its bill.
        NotAllowed: he, or somebody of his household, paid it; he lacks `scope` for it.
    """
    if payment.bill_id is not None:
        check_no_interest(tx, actor=actor, bill=tx.bills.get(payment.bill_id))
    if is_of_household(tx, actor=actor, person_id=payment.payer_id):
        raise NotAllowed(scope=scope.value)


def own_payment(tx: Transaction, *, actor: Actor, payment_id: PaymentId) -> Payment:
    """Return a payment of the actor's.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    payment = tx.payments.get(payment_id)
    if payment.payer_id != actor.person_id or payment.tenant_id != actor.tenant_id:
        raise NotFound(kind="payment")
    return payment


def end_payment(tx: Transaction, *, payment: Payment, status: PaymentStatus) -> Payment:
    """Take a payment to a status that is no success, and tell of it.

    Raises:
        IllegalTransition: the step is not in the table.
    """
    ended = tx.payments.replace(payment, payment.move(status, at=tx.now))
    names = {
        PaymentStatus.EXPIRED: EventName.PAYMENT_EXPIRED,
        PaymentStatus.FAILED: EventName.PAYMENT_FAILED,
    }
    tell(tx, name=names.get(status, EventName.PAYMENT_CHANGED), payment=payment)
    return ended


def tell(tx: Transaction, *, name: EventName, payment: Payment, other_id: int = 0) -> None:
    """Append an event about a payment, for its payer."""
    tx.events.append(
        Event(
            name=name,
            tenant_id=payment.tenant_id,
            subject=Subject(kind="payment", id=payment.id),
            person_id=payment.payer_id,
            other_id=other_id,
        )
    )


def tenant_account(tx: Transaction, *, tenant_id: TenantId, amount: Money) -> Account:
    """Return the account of a tenant's own wallet in an amount's currency."""
    wallet = tenant_wallet(tx, tenant_id=tenant_id, currency=amount.currency)
    return wallet_account(tx, wallet=wallet)


def tenant_wallet(tx: Transaction, *, tenant_id: TenantId, currency: Currency) -> Wallet:
    """Return a tenant's own wallet in a currency."""
    return open_wallet(tx, tenant_id=tenant_id, owner_id=TENANT_OWNED, currency=currency)

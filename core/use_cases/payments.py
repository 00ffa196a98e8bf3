"""Payments: from a wallet at once, or asked through a provider; allocations and receipts."""

from core.domain.acts import Event, EventName
from core.domain.bills import Bill
from core.domain.calendar import local_date
from core.domain.ledger import Account, AccountKind, Journal, JournalKind, Leg, Subject
from core.domain.money import Money
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
from core.domain.people import PersonId
from core.domain.tenants import TenantId
from core.domain.wallets import TENANT_OWNED, Wallet
from core.ports import Transaction
from core.use_cases.ledger import post
from core.use_cases.wallets import open_wallet, wallet_account


def pay_from_wallet(
    tx: Transaction, *, bill: Bill, payer_id: PersonId, amount: Money, key: str
) -> tuple[Payment, Journal]:
    """Move an amount from the payer's wallet to the tenant's and complete a payment.

    The caller has checked the bill and allocates afterwards. `key` is the person's intent.

    Raises:
        WalletFrozen: the payer's wallet refuses debits.
        InsufficientFunds: it is short.
        KeyReused: the intent was used for something else.
        MoneyStopped: the books are being checked.
    """
    wallet = open_wallet(tx, tenant_id=bill.tenant_id, owner_id=payer_id, currency=bill.currency)
    wallet.check_debit()
    payment = Payment(
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
    tx.payments.add(payment)
    target = tenant_account(tx, tenant_id=bill.tenant_id, amount=amount)
    journal = post(
        tx,
        tenant_id=bill.tenant_id,
        kind=JournalKind.BILL_PAYMENT,
        subject=Subject(kind="payment", id=payment.id),
        key=f"intent:{key}",
        legs=[Leg(source=wallet.account_id, target=target.id, amount=amount)],
    )
    repay(tx, account=target, because=journal)
    born = tx.payments.get(payment.id)
    tx.payments.replace(born, born.complete(amount, at=tx.now))
    return tx.payments.get(payment.id), journal


def allocate(
    tx: Transaction, *, bill: Bill, payment: Payment, journal: Journal, amount: Money, line: int
) -> Bill:
    """Count an amount of a payment against a bill and tell of it.

    Raises:
        AboveRest: more than what is left open.
    """
    tx.bills.replace(bill, bill.allocate(amount))
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
    after = tx.bills.get(bill.id)
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
    tx: Transaction, *, payment: Payment, journal: Journal, amount: Money, settled: Money
) -> Receipt:
    """Number and store the proof of one journal, and tell of it."""
    wallet = open_wallet(
        tx,
        tenant_id=payment.tenant_id,
        owner_id=payment.payer_id,
        currency=amount.currency,
    )
    tenant = tx.tenants.get(payment.tenant_id)
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
        balance_after=wallet_account(tx, wallet=wallet).balance,
        issued_at=tx.now,
    )
    tx.payments.add_receipt(receipt)
    for name in (EventName.PAYMENT_COMPLETED, EventName.RECEIPT_ISSUED):
        tell(tx, name=name, payment=payment, other_id=receipt.id)
    return receipt


def repay(tx: Transaction, *, account: Account, because: Journal) -> Journal | None:
    """Repay what an owner owes from what a journal has just credited; None when he owes nothing.

    What was owed came from a provider that took more than the wallet held. `account` is the
    owner's wallet account, `because` the journal that credited it.
    """
    is_tenant = account.kind is AccountKind.TENANT_WALLET
    owed = tx.ledger.account(
        tenant_id=account.tenant_id,
        kind=AccountKind.OWED,
        owner_id=TENANT_OWNED if is_tenant else account.owner_id,
        currency=account.currency,
    )
    available = tx.ledger.get(account.id).available
    amount = Money(min(-owed.balance.minor, available.minor), account.currency)
    if not amount.is_positive:
        return None
    return post(
        tx,
        tenant_id=account.tenant_id,
        kind=JournalKind.REPAYMENT,
        subject=because.subject,
        key=f"repay:{account.id}:{because.id}",
        legs=[Leg(source=account.id, target=owed.id, amount=amount)],
    )


def end_payment(tx: Transaction, *, payment: Payment, status: PaymentStatus) -> Payment:
    """Take a payment to a status that is no success, and tell of it.

    Raises:
        IllegalTransition: the step is not in the table.
    """
    tx.payments.replace(payment, payment.move(status, at=tx.now))
    names = {
        PaymentStatus.EXPIRED: EventName.PAYMENT_EXPIRED,
        PaymentStatus.FAILED: EventName.PAYMENT_FAILED,
    }
    tell(tx, name=names.get(status, EventName.PAYMENT_CHANGED), payment=payment)
    return tx.payments.get(payment.id)


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
    return wallet_account(tx, wallet=tenant_wallet(tx, tenant_id=tenant_id, amount=amount))


def tenant_wallet(tx: Transaction, *, tenant_id: TenantId, amount: Money) -> Wallet:
    """Return a tenant's own wallet in an amount's currency."""
    return open_wallet(tx, tenant_id=tenant_id, owner_id=TENANT_OWNED, currency=amount.currency)

"""What became of money beyond a bill: kept for the payer, or taken by the provider as its fee."""

from core.domain.acts import Event, EventName
from core.domain.calendar import local_date
from core.domain.ledger import AccountKind, JournalId
from core.domain.money import Money
from core.domain.payments import PaymentId
from core.ports import Transaction
from core.use_cases.wallets import open_wallet, wallet_account
from handlers.chat import Screen
from handlers.fees import fee_of
from handlers.screens import notices
from handlers.visit import Reader


def told(tx: Transaction, reader: Reader, event: Event) -> Screen | None:
    """Return what the payer is told of an event, None where there is nothing left to say."""
    is_fee = event.name is EventName.PAYMENT_FEE_TAKEN
    return _fee_taken(tx, reader, event) if is_fee else _surplus(tx, reader, event)


def _surplus(tx: Transaction, reader: Reader, event: Event) -> Screen | None:
    payment = tx.payments.get(PaymentId(event.subject.id))
    proofs = tx.payments.receipts_of(payment.id)
    receipt = next((each for each in proofs if each.journal_id == event.other_id), None)
    if receipt is None or payment.bill_id is None:
        return None
    kept = receipt.amount - receipt.settled - fee_of(tx, receipt)
    if not kept.is_positive:
        return None
    bill = tx.bills.get(payment.bill_id)
    today = local_date(tx.now, reader.tenant.timezone)
    return notices.surplus(reader.words, bill, receipt, kept=kept, today=today)


def _fee_taken(tx: Transaction, reader: Reader, event: Event) -> Screen:
    payment = tx.payments.get(PaymentId(event.subject.id))
    fee = owed = Money(0, payment.currency)
    for transfer in tx.ledger.transfers(JournalId(event.other_id)):
        source = tx.ledger.get(transfer.leg.source)
        if source.owner_id == payment.payer_id:
            fee += transfer.leg.amount
            owed += (
                transfer.leg.amount if source.kind is AccountKind.OWED else Money(0, fee.currency)
            )
    wallet = open_wallet(
        tx, tenant_id=payment.tenant_id, owner_id=payment.payer_id, currency=payment.currency
    )
    balance = wallet_account(tx, wallet=wallet).balance
    return notices.fee_taken(reader.words, payment, fee=fee, owed=owed, balance=balance)

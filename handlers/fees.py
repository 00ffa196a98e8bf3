"""What of a provider's fee the payer bore: with his receipt, or after it."""

from core.domain.captures import CaptureKey
from core.domain.ledger import AccountKind, JournalId
from core.domain.money import Money
from core.domain.payments import Receipt
from core.ports import Transaction
from core.use_cases.capture_fees import late_fee_key


def fee_of(tx: Transaction, receipt: Receipt) -> Money:
    """Return the provider's fee that the payer bore in a receipt's journal."""
    return _borne(tx, receipt, receipt.journal_id)


def late_fee_of(tx: Transaction, receipt: Receipt) -> Money:
    """Return the provider's fee that the payer bore after his receipt: it was told later."""
    capture = CaptureKey.read(tx.ledger.journal(receipt.journal_id).key)
    key = "" if capture is None else late_fee_key(capture)
    later = tx.ledger.journal_by_key(receipt.tenant_id, key) if key else None
    return Money(0, receipt.amount.currency) if later is None else _borne(tx, receipt, later.id)


def _borne(tx: Transaction, receipt: Receipt, journal_id: JournalId) -> Money:
    """Return what a journal took from the payer as a provider's fee, or made him owe."""
    fee = Money(0, receipt.amount.currency)
    for transfer in tx.ledger.transfers(journal_id):
        source, target = (tx.ledger.get(end) for end in (transfer.leg.source, transfer.leg.target))
        if target.kind is AccountKind.PROVIDER_FEES and source.owner_id == receipt.payer_id:
            fee += transfer.leg.amount
    return fee

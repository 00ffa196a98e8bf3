"""Telegram's receipts of payments inside it: money that was taken, told by the bot's own channel.

Authentic because the channel is. There is no look-up of such a payment, so a receipt is handled
like a provider's event, not like what a person does: it is never given up after a few tries, a
restore carries it over, and one that fits nothing is kept for a human.
"""

from collections.abc import Mapping
from typing import Any, Final

import orjson
import structlog

from bot.engine.answers import may_be_known
from bot.engine.checkouts import PROVIDER
from bot.engine.notices import expand
from core.domain.payments import Attempt
from core.domain.providers import Settled
from core.domain.references import payment_of
from core.domain.work import Kind, Priority, Work, WorkStatus
from core.use_cases.attempts import find_attempt
from core.use_cases.links import record_answer
from handlers.adapter.invoices import Raw, Receipt, named_in, read_receipt
from storage.transaction import SqlTransaction

TOLD: Final = "receipt"
"""What a row of kind hook has where it is a receipt."""

_log = structlog.get_logger(__name__)


def store_receipt(tx: SqlTransaction, receipt: Raw, *, lane: str) -> None:
    """Store a receipt in the lane of its payment; `lane` is that of one that names none of ours."""
    payment_id = payment_of(named_in(receipt))
    tx.work.add(
        Kind.HOOK,
        lane=lane if payment_id is None else f"p:{payment_id}",
        payload=orjson.dumps({"provider": PROVIDER, TOLD: receipt}),
        priority=Priority.MONEY,
    )


def handle_receipt(tx: SqlTransaction, work: Work, kept: Mapping[str, Any]) -> None:
    """Credit what a receipt tells of, once; what cannot be placed is parked, for it is money.

    Raises:
        KeyReused: the same capture was told before with another amount.
    """
    receipt = read_receipt(kept[TOLD])
    if receipt is None:
        return _park(tx, work, "of a payment that cannot be read")
    attempt = find_attempt(tx, provider=PROVIDER, reference=receipt.reference)
    if attempt is None:
        named = receipt.reference[:100] or "nothing"
        return _park(tx, work, f"of {named}, which names no payment of ours: {receipt.charge_id}")
    settled = _settled(tx, attempt, receipt)
    _log.info("receipt_came", reference=attempt.reference, is_refund=receipt.is_refund)
    record_answer(tx, attempt_id=attempt.id, outcome=settled)
    expand(tx, is_repeat=may_be_known(tx, attempt, settled))
    tx.work.end(work)
    return None


def _settled(tx: SqlTransaction, attempt: Attempt, receipt: Receipt) -> Settled:
    """Return the capture; its mode, which Telegram does not tell, is that of the keys."""
    return Settled(
        provider_id=receipt.charge_id,
        reference=receipt.reference,
        captured=receipt.amount,
        is_test=tx.configurations.get(attempt.configuration_id).is_test,
        receipt=receipt.provider_charge_id,
        refunded=receipt.amount if receipt.is_refund else None,
    )


def _park(tx: SqlTransaction, work: Work, what: str) -> None:
    _log.error("receipt_unmatched", work=work.id)
    reason = f"telegram tells {what}"[:200]
    tx.work.mark(work, status=WorkStatus.PARKED, last_error=reason)

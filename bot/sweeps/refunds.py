"""Refunds whose provider is asked again, and refunds whose payer did not answer in time."""

from datetime import datetime
from typing import Final

from bot.engine.due import handle_each
from core.domain.refunds import CHECK, CONSENT, RefundId
from core.domain.work import Due
from core.use_cases.refunding import is_followed
from core.use_cases.refunds import ask_refund, expire_consent
from storage.transaction import SqlTransaction

BATCH: Final = 100


def look_up(tx: SqlTransaction, *, at: datetime) -> int:
    """Queue a look-up of every refund that is due for one."""
    due = tx.work.take_due(CHECK, at=at, limit=BATCH)

    def ask(each: Due) -> None:
        refund = tx.refunds.get(RefundId(each.subject))
        if is_followed(refund):
            ask_refund(tx, refund=refund)

    return handle_each(tx, due, ask, at=at)


def give_up(tx: SqlTransaction, *, at: datetime) -> int:
    """Give up refunds to a wallet whose payer was silent for too long."""
    due = tx.work.take_due(CONSENT, at=at, limit=BATCH)

    def end(each: Due) -> None:
        expire_consent(tx, refund_id=RefundId(each.subject))

    return handle_each(tx, due, end, at=at)

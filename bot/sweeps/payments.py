"""Payments whose time is over, and attempts whose provider is asked again."""

from datetime import datetime
from typing import Final

from bot.engine.due import handle_each
from core.domain.payments import ASK_AFTER_EXPIRY, AttemptId, PaymentId
from core.domain.work import Due
from core.use_cases import links
from core.use_cases.capture_fees import FEE_CHECK
from storage.transaction import SqlTransaction

BATCH: Final = 100


def expire(tx: SqlTransaction, *, at: datetime) -> int:
    """End payments whose links have expired."""
    due = tx.work.take_due("payment_expiry", at=at, limit=BATCH)

    def end(each: Due) -> None:
        links.expire_payment(tx, payment_id=PaymentId(each.subject))

    return handle_each(tx, due, end, at=at)


def look_up(tx: SqlTransaction, *, at: datetime) -> int:
    """Queue a look-up of every attempt that is due for one: lost webhooks cost minutes."""
    due = tx.work.take_due("payment_check", at=at, limit=BATCH)

    def ask(each: Due) -> None:
        attempt = tx.payments.attempt(AttemptId(each.subject))
        # However late it comes: the service, or the provider, may have been down for days.
        is_open = links.is_watched(tx, attempt=attempt, after=ASK_AFTER_EXPIRY)
        if is_open or each.period == FEE_CHECK:
            links.ask_again(tx, attempt=attempt)

    return handle_each(tx, due, ask, at=at)

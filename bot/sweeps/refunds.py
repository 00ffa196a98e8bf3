"""Refunds and claims whose provider is asked again, and what payer or staff did not answer."""

from datetime import datetime
from typing import Final

from bot.engine.due import handle_each
from core.domain.chargebacks import CHECK as CLAIM
from core.domain.chargebacks import CHECK_EVERY, ChargebackId
from core.domain.refund_requests import REMIND, RefundRequestId
from core.domain.refunds import CHECK, CONSENT, RefundId
from core.domain.work import Due
from core.use_cases import links
from core.use_cases.refund_requests import remind_of_request
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


def remind(tx: SqlTransaction, *, at: datetime) -> int:
    """Tell staff again of requests for money back that nobody has decided.

    After a restore not before the release: they may be decided, and the books do not know.
    """
    if tx.freeze.find() is not None:
        return 0
    due = tx.work.take_due(REMIND, at=at, limit=BATCH)

    def tell(each: Due) -> None:
        remind_of_request(tx, request_id=RefundRequestId(each.subject))

    return handle_each(tx, due, tell, at=at)


def follow_claims(tx: SqlTransaction, *, at: datetime) -> int:
    """Queue a look-up of every payment whose bank's claim has not ended: its event may be lost."""
    due = tx.work.take_due(CLAIM, at=at, limit=BATCH)

    def ask(each: Due) -> None:
        claim = tx.chargebacks.get(ChargebackId(each.subject))
        if claim.is_open:
            links.ask_again(tx, attempt=tx.payments.attempt(claim.attempt_id))
            later = tx.now + CHECK_EVERY
            tx.work.plan(Due(due_at=later, kind=CLAIM, subject=claim.id, period="1"))

    return handle_each(tx, due, ask, at=at)

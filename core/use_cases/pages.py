"""Payment pages that a payer may still have open beside the one that he paid on."""

from core.domain.payments import WATCH_AFTER_EXPIRY, Attempt, Payment
from core.ports import Transaction
from core.use_cases.links import is_watched


def other_pages(tx: Transaction, *, payment: Payment) -> tuple[Attempt, ...]:
    """Return attempts beside a paid payment whose pages its payer may still have open.

    Those of the same payment, and of payments for the same bill that were given up.
    """
    found = [each for each in tx.payments.attempts(payment.id) if each.link]
    if payment.bill_id is not None:
        since = tx.now - 2 * WATCH_AFTER_EXPIRY
        more = tx.payments.pages_of(payment.bill_id, payment.payer_id, since=since)
        found += [each for each in more if each.payment_id != payment.id]
    return tuple(
        each
        for each in found
        if is_watched(tx, attempt=each)
        and (each.payment_id == payment.id or not tx.payments.get(each.payment_id).is_open)
    )

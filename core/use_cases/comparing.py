"""A provider's list and the books, side by side: one capture's word against its journal.

Money without a reference of ours belongs to whom the configuration belongs: the platform's is
never shown to a tenant.
"""

from dataclasses import replace
from typing import Final

from core.domain.captures import CaptureKey
from core.domain.configurations import ConfigurationId
from core.domain.differences import MATCHABLE, Difference, DifferenceId, DifferenceKind
from core.domain.ledger import Journal
from core.domain.money import Money
from core.domain.payments import Attempt, AttemptStatus, PaymentId
from core.domain.reconciling import Listed, Unlisted
from core.domain.unmatched import UnmatchedId
from core.ports import Transaction

_ID_DIGITS: Final = 16
_MOST_ID: Final = 2**63 - 1


def judge(tx: Transaction, *, listed: Listed) -> Difference | None:
    """Compare a listed capture with the books; None where they agree, or it is not ours to say."""
    attempt, posted = _known(tx, listed)
    if posted is None:
        if attempt is None and _is_of_another(tx, listed):
            return None
        return _difference(tx, _kind_of(attempt), listed, attempt=attempt)
    booked = tx.ledger.transfers(posted.id)[0].leg.amount
    if booked != listed.captured:
        return _difference(
            tx, DifferenceKind.AMOUNT, listed, attempt=attempt, booked=booked, posted=posted
        )
    known = _given_back(tx, listed, posted)
    back = Money(listed.refunded_minor or 0, listed.currency)
    if known < back:
        refunded = replace(listed, captured_minor=back.minor)
        return _difference(
            tx, DifferenceKind.REFUNDED, refunded, attempt=attempt, booked=known, posted=posted
        )
    return None


def judge_unlisted(
    tx: Transaction, *, configuration_id: ConfigurationId, unlisted: Unlisted
) -> Difference | None:
    """Make the difference of a credited capture that is not in the list; None where it is."""
    payment = tx.payments.get(unlisted.payment_id)
    key = str(CaptureKey(configuration_id, unlisted.provider_id))
    posted = tx.ledger.journal_by_key(payment.tenant_id, key)
    if posted is None or tx.reconciling.find_listed(configuration_id, unlisted.provider_id):
        return None
    booked = tx.ledger.transfers(posted.id)[0].leg.amount
    tried = [
        each
        for each in tx.payments.attempts(payment.id)
        if each.configuration_id == configuration_id and each.status is AttemptStatus.SETTLED
    ]
    return Difference(
        id=DifferenceId(tx.new_id()),
        tenant_id=payment.tenant_id,
        configuration_id=configuration_id,
        kind=DifferenceKind.MISSING,
        provider_id=unlisted.provider_id,
        reference=tried[-1].reference if tried else "",
        currency=booked.currency,
        listed_minor=0,
        booked_currency=booked.currency,
        booked_minor=booked.minor,
        found_at=tx.now,
        payment_id=payment.id,
        captured_at=posted.posted_at,
    )


def stands(tx: Transaction, *, difference: Difference) -> bool:
    """Tell whether a difference is still one; what the window did not reach stands as it is.

    No list tells of a bank's claim: it stands until somebody has seen it.
    """
    if difference.kind is DifferenceKind.CLAIMED:
        return True
    listed = tx.reconciling.find_listed(difference.configuration_id, difference.provider_id)
    if listed is not None:
        now = judge(tx, listed=listed)
        return now is not None and now.is_same(difference)
    if difference.kind in MATCHABLE:
        return tx.ledger.journal_by_key(difference.tenant_id, difference.key) is None
    return True


def _known(tx: Transaction, listed: Listed) -> tuple[Attempt | None, Journal | None]:
    """Return the attempt that a listed capture names, and its journal."""
    attempt = tx.payments.attempt_by_reference(listed.configuration_id, listed.reference)
    configuration = tx.configurations.get(listed.configuration_id)
    tenant_id = configuration.tenant_id if attempt is None else attempt.tenant_id
    return attempt, tx.ledger.journal_by_key(tenant_id, listed.key)


def _kind_of(attempt: Attempt | None) -> DifferenceKind:
    if attempt is None:
        return DifferenceKind.STRANGE
    is_paid = attempt.status is AttemptStatus.SETTLED
    return DifferenceKind.SECOND if is_paid else DifferenceKind.UNCREDITED


def _is_of_another(tx: Transaction, listed: Listed) -> bool:
    """Tell whether a reference is ours under another configuration of the same account.

    References begin with the payment's id, and end with what nobody can guess.
    """
    head, _, _ = listed.reference.partition("-")
    digits = head.removeprefix("hz")
    is_number = 0 < len(digits) <= _ID_DIGITS and set(digits) <= set("0123456789abcdef")
    if digits == head or not is_number:
        return False
    found = tx.payments.attempts(PaymentId(min(int(digits, 16), _MOST_ID)))
    return any(each.reference == listed.reference for each in found)


def _given_back(tx: Transaction, listed: Listed, posted: Journal) -> Money:
    """Return how much of a capture may be back by refunds that the books know."""
    refunds = tx.refunds.of_unmatched(UnmatchedId(posted.id))
    if posted.subject.kind == "payment":
        refunds += tx.refunds.of(PaymentId(posted.subject.id))
    mine = (
        each
        for each in refunds
        if each.capture == listed.provider_id and each.configuration_id == listed.configuration_id
    )
    minor = sum(each.maybe_away_minor(at=tx.now) for each in mine)
    return Money(minor, listed.currency)


def _difference(
    tx: Transaction,
    kind: DifferenceKind,
    listed: Listed,
    *,
    attempt: Attempt | None,
    booked: Money | None = None,
    posted: Journal | None = None,
) -> Difference:
    owner = tx.configurations.get(listed.configuration_id).tenant_id
    payment_id = None if attempt is None else attempt.payment_id
    if posted is not None and posted.subject.kind == "payment":
        payment_id = PaymentId(posted.subject.id)
    known = booked or Money(0, listed.currency)
    return Difference(
        id=DifferenceId(tx.new_id()),
        tenant_id=owner if attempt is None else attempt.tenant_id,
        configuration_id=listed.configuration_id,
        kind=kind,
        provider_id=listed.provider_id,
        reference=listed.reference,
        currency=listed.currency,
        listed_minor=listed.captured_minor,
        booked_currency=known.currency,
        booked_minor=known.minor,
        found_at=tx.now,
        payment_id=payment_id,
        captured_at=listed.captured_at,
    )

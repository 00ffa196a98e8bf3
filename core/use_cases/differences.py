"""Differences: looked at, booked for whom their money belongs to, or ignored with a reason."""

from core.domain.captures import CaptureKey
from core.domain.differences import (
    Difference,
    DifferenceId,
    DifferenceKind,
    DifferenceStatus,
)
from core.domain.errors import NotAllowed, NotFound, Refusal, StaleCard
from core.domain.ledger import AccountKind, JournalId, JournalKind, Leg, Subject
from core.domain.payments import PaymentId
from core.domain.people import Actor, PersonId, Scope
from core.domain.unmatched import Unmatched
from core.ports import Transaction
from core.use_cases.ledger import post
from core.use_cases.payments import check_no_part
from core.use_cases.refundable import refund_choice
from core.use_cases.unmatched import check_reason, give_unmatched, keep_apart, suspense


def seen_difference(tx: Transaction, *, actor: Actor, difference_id: DifferenceId) -> Difference:
    """Return a difference of the actor's tenant.

    Raises:
        NotAllowed: the actor lacks `reports:view`.
        NotFound: there is none of this id here.
    """
    actor.check(Scope.REPORTS_VIEW, actor.tenant_id)
    found = tx.differences.get(difference_id)
    if found.tenant_id != actor.tenant_id:
        raise NotFound(kind="difference")
    return found


def decidable_difference(
    tx: Transaction, *, actor: Actor, difference_id: DifferenceId
) -> Difference:
    """Return a difference about which the actor may decide: not of a payment of his own.

    Raises:
        NotAllowed: the actor lacks `reports:view` or `finance:adjust:initiate`, or somebody of
            his household paid; OwnBill: he has a part in the bill.
        NotFound: there is none of this id here.
    """
    found = seen_difference(tx, actor=actor, difference_id=difference_id)
    actor.check(Scope.ADJUST_INITIATE, actor.tenant_id)
    if found.payment_id is not None:
        payment = tx.payments.get(PaymentId(found.payment_id))
        check_no_part(tx, actor=actor, payment=payment, scope=Scope.ADJUST_INITIATE)
    return found


def may_decide(tx: Transaction, *, actor: Actor, difference: Difference) -> bool:
    """Tell whether a difference is open and the actor may decide about it."""
    if not difference.is_open or not actor.has(Scope.ADJUST_INITIATE):
        return False
    try:
        decidable_difference(tx, actor=actor, difference_id=difference.id)
    except NotAllowed:
        return False
    return True


def matchable_difference(
    tx: Transaction, *, actor: Actor, difference_id: DifferenceId
) -> Difference:
    """Return a difference whose money the actor may give to a member.

    Raises:
        NotAllowed, OwnBill, NotFound: as `decidable_difference`.
        StaleCard: it has ended, or its money is in the books by now.
    """
    found = decidable_difference(tx, actor=actor, difference_id=difference_id)
    is_booked = tx.ledger.journal_by_key(found.tenant_id, found.key) is not None
    if not found.is_matchable or is_booked:
        raise StaleCard
    return found


def match_difference(
    tx: Transaction,
    *,
    actor: Actor,
    difference_id: DifferenceId,
    person_id: PersonId,
    reason: str,
    key: str,
    has_pin_check: bool,
) -> Difference:
    """Book a capture that the books do not have and give it, whole, to a member.

    It is booked under the provider's own id: no look-up can credit it a second time. `key` is the
    person's intent.

    Raises:
        NotAllowed, NotFound, StaleCard: as `matchable_difference`, or as `give_unmatched` says.
        PinNeeded: no PIN was checked.
        InvalidInput, TooLong: a reason is owed, and not a book.
        MoneyStopped: the books are being checked.
    """
    before = matchable_difference(tx, actor=actor, difference_id=difference_id)
    booked = book_difference(tx, difference=before)
    give_unmatched(
        tx,
        actor=actor,
        unmatched_id=booked.id,
        person_id=person_id,
        amount=before.listed,
        reason=reason,
        key=key,
        has_pin_check=has_pin_check,
    )
    return end_booked(tx, actor=actor, difference=before, booked=booked, reason=reason)


def end_booked(
    tx: Transaction, *, actor: Actor, difference: Difference, booked: Unmatched, reason: str
) -> Difference:
    """End a difference whose capture is in the books by now, and say why.

    Raises:
        IllegalTransition: it has ended before.
    """
    ended = difference.end(
        DifferenceStatus.MATCHED,
        at=tx.now,
        by=actor.person_id,
        reason_id=tx.add_note(difference.tenant_id, reason.strip()),
        journal_id=JournalId(booked.id),
    )
    return tx.differences.replace(difference, ended)


def ignore_difference(
    tx: Transaction, *, actor: Actor, difference_id: DifferenceId, reason: str
) -> Difference:
    """Let a difference be, and say why; no money moves.

    Raises:
        NotAllowed, OwnBill, NotFound: as `decidable_difference`.
        IllegalTransition: it has ended before.
        InvalidInput, TooLong: a reason is owed, and not a book.
    """
    before = decidable_difference(tx, actor=actor, difference_id=difference_id)
    check_reason(reason)
    note_id = tx.add_note(before.tenant_id, reason.strip())
    ended = before.end(DifferenceStatus.IGNORED, at=tx.now, by=actor.person_id, reason_id=note_id)
    return tx.differences.replace(before, ended)


def refund_of(tx: Transaction, *, actor: Actor, difference: Difference) -> PaymentId | None:
    """Return the payment whose refund the actor can begin for this capture, None for none."""
    if not difference.is_open or difference.payment_id is None:
        return None
    try:
        choice = refund_choice(tx, actor=actor, payment_id=difference.payment_id)
    except Refusal:
        return None
    taken = choice.capture
    is_it = taken is not None and taken.provider_id == difference.provider_id
    is_asked = difference.kind is DifferenceKind.AMOUNT
    return difference.payment_id if is_it and is_asked else None


def book_difference(tx: Transaction, *, difference: Difference) -> Unmatched:
    """Put a capture that the books do not have into suspense, under the provider's own id of it.

    Raises:
        MoneyStopped: the books are being checked.
    """
    source = tx.ledger.account(
        tenant_id=difference.tenant_id,
        kind=AccountKind.PROVIDER,
        owner_id=difference.configuration_id,
        currency=difference.currency,
    )
    target = suspense(tx, tenant_id=difference.tenant_id, currency=difference.currency)
    subject = Subject(kind="difference", id=difference.id)
    if difference.payment_id is not None:
        subject = Subject(kind="payment", id=difference.payment_id)
    journal = post(
        tx,
        tenant_id=difference.tenant_id,
        kind=JournalKind.SUSPENSE,
        subject=subject,
        key=difference.key,
        legs=[Leg(source=source.id, target=target.id, amount=difference.listed)],
    )
    attempt = tx.payments.attempt_by_reference(difference.configuration_id, difference.reference)
    return keep_apart(
        tx,
        journal=journal,
        account=target,
        amount=difference.listed,
        capture=CaptureKey(difference.configuration_id, difference.provider_id),
        reference=difference.reference,
        payment_id=difference.payment_id,
        attempt_id=None if attempt is None else attempt.id,
    )

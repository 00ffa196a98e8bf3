"""Differences: looked at, matched to whom their money belongs, or ignored with a reason."""

from core.domain.differences import (
    Difference,
    DifferenceId,
    DifferenceKind,
    DifferenceStatus,
)
from core.domain.errors import NotAllowed, NotFound, Refusal, StaleCard
from core.domain.ledger import AccountId, AccountKind, Journal, JournalKind, Leg, Subject
from core.domain.payments import PaymentId
from core.domain.people import Actor, PersonId, Scope
from core.ports import Transaction
from core.use_cases.ledger import post
from core.use_cases.payments import check_no_part
from core.use_cases.refundable import refund_choice
from core.use_cases.unmatched import check_reason, give_unmatched


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
    booked = _book(tx, before)
    give_unmatched(
        tx,
        actor=actor,
        person_id=person_id,
        amount=before.listed,
        reason=reason,
        key=key,
        has_pin_check=has_pin_check,
    )
    ended = before.end(
        DifferenceStatus.MATCHED,
        at=tx.now,
        by=actor.person_id,
        reason_id=tx.add_note(before.tenant_id, reason.strip()),
        journal_id=booked.id,
    )
    return tx.differences.replace(before, ended)


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


def _book(tx: Transaction, difference: Difference) -> Journal:
    def account(kind: AccountKind, owner_id: int) -> AccountId:
        return tx.ledger.account(
            tenant_id=difference.tenant_id,
            kind=kind,
            owner_id=owner_id,
            currency=difference.currency,
        ).id

    subject = Subject(kind="difference", id=difference.id)
    if difference.payment_id is not None:
        subject = Subject(kind="payment", id=difference.payment_id)
    source = account(AccountKind.PROVIDER, difference.configuration_id)
    target = account(AccountKind.SUSPENSE, 0)
    return post(
        tx,
        tenant_id=difference.tenant_id,
        kind=JournalKind.SUSPENSE,
        subject=subject,
        key=difference.key,
        legs=[Leg(source=source, target=target, amount=difference.listed)],
    )

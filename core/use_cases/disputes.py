"""Disputes of bills: opened by the debtor, ended by staff or withdrawn; the due date waits."""

from core.domain.acts import NO_NOTE, Event, EventName
from core.domain.bills import Acknowledgment, Bill, BillId
from core.domain.calendar import local_date
from core.domain.disputes import (
    MAX_DISPUTE_TEXT,
    Dispute,
    DisputeId,
    DisputeReason,
    DisputeStatus,
)
from core.domain.errors import (
    IllegalTransition,
    InvalidInput,
    NotFound,
    OwnBill,
    RejectedBefore,
    StaleCard,
    TooLong,
)
from core.domain.ledger import Subject
from core.domain.money import Money
from core.domain.people import CHECKER_SCOPES, Actor, PersonId, Scope
from core.ports import Transaction
from core.use_cases.bills import (
    amend_bill,
    cancel_bill,
    own_bill,
    put_amended,
    put_cancelled,
)
from core.use_cases.payments import check_no_interest
from core.use_cases.reminders import plan_reminders, unplan_reminders


def open_dispute(
    tx: Transaction,
    *,
    actor: Actor,
    bill_id: BillId,
    revision: int,
    reason: DisputeReason,
    text: str,
    file_id: str = "",
) -> Dispute:
    """Contest a bill: payments, reminders and late fees stop until somebody answers.

    Raises:
        NotFound: the bill is not the actor's.
        StaleCard, BillCancelled, BillSettled, IllegalTransition: nothing to contest.
        DisputeWindowClosed: the tenant's time is over.
        InvalidInput, TooLong: the text is empty without a file, or too long.
    """
    bill = own_bill(tx, actor=actor, bill_id=bill_id)
    if len(text) > MAX_DISPUTE_TEXT:
        raise TooLong(limit=MAX_DISPUTE_TEXT)
    if not text.strip() and not file_id:
        raise InvalidInput(what="dispute_text", example="")
    tenant = tx.tenants.get(bill.tenant_id)
    contested = bill.dispute(revision=revision, at=tx.now, window_days=tenant.policy.dispute_days)
    year = local_date(tx.now, tenant.timezone).year
    number = tx.tenants.next_number(tenant.id, kind="dispute", year=year)
    dispute = Dispute(
        id=DisputeId(tx.new_id()),
        tenant_id=tenant.id,
        number=f"D-{year}-{number:04d}",
        bill_id=bill_id,
        revision=revision,
        reason=reason,
        text_id=tx.add_note(tenant.id, text.strip()),
        opened_by=actor.person_id,
        opened_at=tx.now,
        file_id=file_id,
    )
    tx.bills.replace(bill, contested)
    opened = tx.disputes.add(dispute)
    unplan_reminders(tx, bill_id=bill_id)
    _tell(tx, EventName.BILL_DISPUTED, dispute, actor.person_id)
    return opened


def seen_dispute(tx: Transaction, *, actor: Actor, dispute_id: DisputeId) -> Dispute:
    """Return a dispute that staff may decide; a repeated one is a checker's to decide, too.

    Raises:
        NotAllowed: the actor lacks `bills:dispute:resolve`.
        NotFound: it is not in his tenant.
    """
    is_checker = bool(actor.scopes & CHECKER_SCOPES)
    if not is_checker:
        actor.check(Scope.BILLS_DISPUTE_RESOLVE, actor.tenant_id)
    dispute = tx.disputes.get(dispute_id)
    if dispute.tenant_id != actor.tenant_id:
        raise NotFound(kind="dispute")
    if not (is_checker and rejections(tx, dispute=dispute)):
        actor.check(Scope.BILLS_DISPUTE_RESOLVE, actor.tenant_id)
    return dispute


def rejections(tx: Transaction, *, dispute: Dispute) -> tuple[Dispute, ...]:
    """Return the earlier disputes of the same version that were rejected, oldest first."""
    return tuple(
        each
        for each in tx.disputes.history(dispute.bill_id)
        if each.id < dispute.id
        and each.revision == dispute.revision
        and each.status is DisputeStatus.REJECTED
    )


def _to_decide(tx: Transaction, *, actor: Actor, dispute_id: DisputeId) -> Dispute:
    """Return a dispute that this actor may decide: nobody decides in his own matter."""
    dispute = seen_dispute(tx, actor=actor, dispute_id=dispute_id)
    bill = tx.bills.get(dispute.bill_id)
    if dispute.opened_by == actor.person_id:
        raise OwnBill(scope=Scope.BILLS_DISPUTE_RESOLVE.value, bill=bill)
    check_no_interest(tx, actor=actor, bill=bill)
    return dispute


def reject_dispute(tx: Transaction, *, actor: Actor, dispute_id: DisputeId, answer: str) -> Dispute:
    """Answer that the bill stands; the debtor is asked to acknowledge again.

    A second dispute of the same version needs a second pair of eyes: whoever rejected the first
    may give in, but not reject again (product J-05).

    Raises:
        NotAllowed, NotFound: not the actor's to decide.
        RejectedBefore: the actor rejected an earlier dispute of this version.
        IllegalTransition: it has ended before.
        InvalidInput, TooLong: an answer is owed, and not a book.
    """
    dispute = _to_decide(tx, actor=actor, dispute_id=dispute_id)
    if any(each.handled_by == actor.person_id for each in rejections(tx, dispute=dispute)):
        raise RejectedBefore(dispute=dispute)
    _check_answer(answer)
    bill = tx.bills.get(dispute.bill_id)
    ended = _end(tx, dispute, DisputeStatus.REJECTED, by=actor.person_id, answer=answer)
    _resume(tx, bill, days=dispute.days_open(at=tx.now))
    return ended


def amend_disputed(
    tx: Transaction, *, actor: Actor, dispute_id: DisputeId, total: Money, answer: str
) -> Dispute:
    """Agree to another amount: a new revision that waits for the debtor's OK.

    Raises:
        NotAllowed, NotFound, IllegalTransition: as `reject_dispute`.
        InvalidAmount: not positive, or unchanged.
        InsufficientFunds: the tenant wallet cannot give the excess back.
    """
    dispute = _to_decide(tx, actor=actor, dispute_id=dispute_id)
    bill = tx.bills.get(dispute.bill_id)
    ended = _end(tx, dispute, DisputeStatus.AMENDED, by=actor.person_id, answer=answer)
    calmed = bill.end_dispute(disputed_days=dispute.days_open(at=tx.now))
    amended = bill.amend(total=total, due_on=calmed.due_on)
    put_amended(tx, actor=actor, bill=bill, amended=amended, reason=answer)
    return ended


def cancel_disputed(
    tx: Transaction, *, actor: Actor, dispute_id: DisputeId, answer: str
) -> Dispute:
    """Take the contested bill back.

    Raises:
        NotAllowed, NotFound, IllegalTransition: as `reject_dispute`.
        InsufficientFunds: the tenant wallet cannot give back what was paid.
    """
    dispute = _to_decide(tx, actor=actor, dispute_id=dispute_id)
    ended = _end(tx, dispute, DisputeStatus.CANCELLED_BILL, by=actor.person_id, answer=answer)
    put_cancelled(tx, actor=actor, bill=tx.bills.get(dispute.bill_id), reason=answer)
    return ended


def amend_any(
    tx: Transaction,
    *,
    actor: Actor,
    bill_id: BillId,
    revision: int,
    dispute_id: DisputeId | None,
    total: Money,
    reason: str,
) -> Bill:
    """Ask for another amount; where the bill is disputed, that ends the dispute in the same act.

    `dispute_id` is the open dispute that was shown, None for none.

    Raises:
        NotAllowed, NotFound, StaleCard, InvalidAmount, InsufficientFunds: as `amend_bill` and,
            where it is disputed, as `amend_disputed`.
    """
    _check_shown(tx, actor=actor, bill_id=bill_id, revision=revision, dispute_id=dispute_id)
    if dispute_id is None:
        return amend_bill(
            tx, actor=actor, bill_id=bill_id, revision=revision, total=total, reason=reason
        )
    amend_disputed(tx, actor=actor, dispute_id=dispute_id, total=total, answer=reason)
    return tx.bills.get(bill_id)


def cancel_any(
    tx: Transaction,
    *,
    actor: Actor,
    bill_id: BillId,
    revision: int,
    dispute_id: DisputeId | None,
    reason: str,
) -> Bill:
    """Take a bill back; where it is disputed, that ends the dispute in the same act.

    `dispute_id` is the open dispute that was shown, None for none.

    Raises:
        NotAllowed, NotFound, StaleCard, InsufficientFunds: as `cancel_bill` and, where it is
            disputed, as `cancel_disputed`.
    """
    _check_shown(tx, actor=actor, bill_id=bill_id, revision=revision, dispute_id=dispute_id)
    if dispute_id is None:
        return cancel_bill(tx, actor=actor, bill_id=bill_id, revision=revision, reason=reason)
    cancel_disputed(tx, actor=actor, dispute_id=dispute_id, answer=reason)
    return tx.bills.get(bill_id)


def _check_shown(
    tx: Transaction,
    *,
    actor: Actor,
    bill_id: BillId,
    revision: int,
    dispute_id: DisputeId | None,
) -> None:
    actor.check(Scope.BILLS_MANAGE, actor.tenant_id)
    now = tx.disputes.open_of(bill_id)
    bill = tx.bills.get(bill_id)
    bill.check_revision(revision)
    if (None if now is None else now.id) != dispute_id:
        raise StaleCard(bill=bill)


def withdraw_dispute(
    tx: Transaction, *, actor: Actor, bill_id: BillId, is_acknowledging: bool
) -> Bill:
    """Take one's own dispute back, perhaps acknowledging at once.

    Raises:
        NotFound: no open dispute of a bill of the actor's.
        StaleState: the bill changed meanwhile.
    """
    bill = own_bill(tx, actor=actor, bill_id=bill_id)
    dispute = tx.disputes.open_of(bill_id)
    if dispute is None:
        raise IllegalTransition(machine="dispute", from_status="none", to_status="withdrawn")
    _end(tx, dispute, DisputeStatus.WITHDRAWN, by=actor.person_id, answer="")
    _resume(tx, bill, days=dispute.whole_days_open(at=tx.now))
    if is_acknowledging:
        calm = tx.bills.get(bill_id)
        tx.bills.replace(calm, calm.acknowledge(revision=calm.revision))
    return tx.bills.get(bill_id)


def _resume(tx: Transaction, bill: Bill, *, days: int) -> None:
    if bill.acknowledgment is not Acknowledgment.DISPUTED:
        return
    calmed = tx.bills.replace(bill, bill.end_dispute(disputed_days=days))
    plan_reminders(tx, bill=calmed, tenant=tx.tenants.get(bill.tenant_id))


def _end(
    tx: Transaction, dispute: Dispute, status: DisputeStatus, *, by: PersonId, answer: str
) -> Dispute:
    if len(answer) > MAX_DISPUTE_TEXT:
        raise TooLong(limit=MAX_DISPUTE_TEXT)
    answer_id = tx.add_note(dispute.tenant_id, answer.strip()) if answer.strip() else NO_NOTE
    ended = tx.disputes.replace(dispute, dispute.end(status, by=by, at=tx.now, answer_id=answer_id))
    _tell(tx, EventName.BILL_DISPUTE_RESOLVED, dispute, by)
    return ended


def _check_answer(answer: str) -> None:
    if not answer.strip():
        raise InvalidInput(what="answer", example="")


def _tell(tx: Transaction, name: EventName, dispute: Dispute, person_id: PersonId) -> None:
    tx.events.append(
        Event(
            name=name,
            tenant_id=dispute.tenant_id,
            subject=Subject(kind="bill", id=dispute.bill_id),
            person_id=person_id,
            other_id=dispute.id,
        )
    )

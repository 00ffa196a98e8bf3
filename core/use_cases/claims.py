"""Claims of payers' banks as staff handle them: evidence sent, and the end where nobody tells it.

Each step takes `payments:refund:request`, a written reason, and no part in the payment; an end also
takes a PIN, for what is lost leaves the books.
"""

from dataclasses import replace

from core.domain.chargebacks import Chargeback, ChargebackId, ChargebackStatus
from core.domain.errors import IllegalTransition, NotAllowed, NotFound, OutflowsFrozen, PinNeeded
from core.domain.people import Actor, Scope
from core.ports import Transaction
from core.use_cases.chargebacks import end_claim
from core.use_cases.payments import check_no_part
from core.use_cases.refunds import check_refund_reason


def seen_claim(tx: Transaction, *, actor: Actor, chargeback_id: ChargebackId) -> Chargeback:
    """Return a claim to money of the actor's tenant.

    Raises:
        NotAllowed: the actor lacks `payments:view`.
        NotFound: there is none in his tenant.
    """
    if not actor.has(Scope.PAYMENTS_VIEW):
        raise NotAllowed(scope=Scope.PAYMENTS_VIEW.value)
    claim = tx.chargebacks.get(chargeback_id)
    if claim.tenant_id != actor.tenant_id:
        raise NotFound(kind="chargeback")
    return claim


def handled_claim(
    tx: Transaction, *, actor: Actor, chargeback_id: ChargebackId, status: ChargebackStatus
) -> Chargeback:
    """Return a claim that the actor may bring to a status now.

    Raises:
        NotAllowed: he lacks a scope, or it is a payment of his household's; OwnBill: he has a
            part in its bill.
        NotFound: there is none in his tenant.
        IllegalTransition: it has come further, or its provider tells how it ends.
    """
    claim = seen_claim(tx, actor=actor, chargeback_id=chargeback_id)
    actor.check(Scope.REFUND_REQUEST, claim.tenant_id)
    payment = tx.payments.get(claim.payment_id)
    check_no_part(tx, actor=actor, payment=payment, scope=Scope.REFUND_REQUEST)
    claim.move(status, at=tx.now)
    if claim.is_told(at=tx.now) and status is not ChargebackStatus.EVIDENCE_SENT:
        raise IllegalTransition(
            machine="chargeback", from_status=claim.status, to_status=status.value
        )
    return claim


def handle_claim(
    tx: Transaction,
    *,
    actor: Actor,
    chargeback_id: ChargebackId,
    status: ChargebackStatus,
    reason: str,
) -> Chargeback:
    """Keep that evidence was sent, or how a claim ended.

    Raises:
        NotAllowed, OwnBill, NotFound, IllegalTransition: as `handled_claim`.
        InvalidInput, TooLong: a reason is owed, and not a book.
        PinNeeded: it is an end, and the actor has no PIN.
        OutflowsFrozen: it is lost, and the books were put back.
        MoneyStopped: the books are being checked.
    """
    claim = handled_claim(tx, actor=actor, chargeback_id=chargeback_id, status=status)
    check_refund_reason(reason)
    handled = replace(
        claim,
        reason_id=tx.add_note(claim.tenant_id, reason.strip()),
        handled_by=actor.person_id,
    )
    if status is ChargebackStatus.EVIDENCE_SENT:
        return tx.chargebacks.replace(claim, handled.move(status, at=tx.now))
    if not tx.people.person(actor.person_id).has_pin:
        raise PinNeeded
    has_won = status is ChargebackStatus.WON
    if not has_won and tx.freeze.find() is not None:
        raise OutflowsFrozen
    known = tx.chargebacks.replace(claim, handled)
    return end_claim(tx, chargeback=known, has_won=has_won)

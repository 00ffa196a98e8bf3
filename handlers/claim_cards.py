"""Claims of payers' banks as one reader sees them, and what people are told of them."""

from typing import Final

from core.domain.acts import Event, EventName
from core.domain.chargebacks import Chargeback, ChargebackId, ChargebackStatus
from core.domain.errors import Refusal
from core.domain.people import Actor
from core.domain.refunds import RefundStatus
from core.ports import Transaction
from core.use_cases.claims import handled_claim
from handlers.cards import name_of
from handlers.chat import Screen
from handlers.refund_cards import number_of
from handlers.screens import claims
from handlers.screens.refunds import name_of_provider
from handlers.visit import Reader

TOLD: Final = (
    EventName.CHARGEBACK_OPENED,
    EventName.CHARGEBACK_DOUBTFUL,
    EventName.CHARGEBACK_CLOSED,
)
"""What staff hear of."""

_STEPS: Final = (ChargebackStatus.EVIDENCE_SENT, ChargebackStatus.WON, ChargebackStatus.LOST)


def claim_view(tx: Transaction, claim: Chargeback, *, actor: Actor | None) -> claims.ClaimCard:
    """Read a claim for staff, with what the actor may do about it."""
    payment = tx.payments.get(claim.payment_id)
    return claims.ClaimCard(
        claim=claim,
        number=number_of(tx, payment),
        payer=name_of(tx, payment.payer_id),
        provider=name_of_provider(tx.configurations.get(claim.configuration_id).provider),
        reason=tx.note(claim.reason_id),
        handler="" if claim.handled_by is None else name_of(tx, claim.handled_by),
        acts=() if actor is None else [s for s in _STEPS if _may(tx, actor, claim, s)],
        is_told=claim.is_told(at=tx.now),
        came_back=_came_back(tx, claim),
    )


def told(tx: Transaction, reader: Reader, event: Event) -> Screen:
    """Return what staff are told of a claim."""
    claim = tx.chargebacks.get(ChargebackId(event.other_id))
    paid = tx.payments.get(claim.payment_id).captured
    return claims.told(reader.words, claim_view(tx, claim, actor=None), paid=paid)


def _came_back(tx: Transaction, claim: Chargeback) -> bool:
    if claim.refund_id is None:
        return False
    return tx.refunds.get(claim.refund_id).status is RefundStatus.RETURNED


def _may(tx: Transaction, actor: Actor, claim: Chargeback, status: ChargebackStatus) -> bool:
    try:
        handled_claim(tx, actor=actor, chargeback_id=claim.id, status=status)
    except Refusal:
        return False
    return True

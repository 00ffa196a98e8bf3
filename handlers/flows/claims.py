"""Claims of payers' banks on the desk: the card, evidence sent, won or lost with reason and PIN."""

from dataclasses import replace
from typing import Final

from core.domain.chargebacks import Chargeback, ChargebackId, ChargebackStatus
from core.domain.errors import StaleCard
from core.ports import Transaction
from core.use_cases.claims import handle_claim, handled_claim, seen_claim
from core.use_cases.refunds import check_refund_reason
from handlers import parsing
from handlers.chat import Did, Reply, Show, Step
from handlers.claim_cards import claim_view
from handlers.screens import claims
from handlers.visit import IntentRoute, Routes, Visit, number, offer

REASON_STEP: Final = "claims.reason"


def show(tx: Transaction, visit: Visit) -> Reply:
    """Show a claim as it stands."""
    claim_id = ChargebackId(parsing.ident(visit.argument))
    claim = seen_claim(tx, actor=visit.here[1], chargeback_id=claim_id)
    reply = _shown(tx, visit, claim)
    return replace(reply, show=Show.EDIT if visit.incoming.did is Did.PRESS else Show.SEND)


def step_pressed(tx: Transaction, visit: Visit) -> Reply:
    """Ask why, once it is sure that the claim may be brought there."""
    claim_id, _, word = visit.argument.partition(".")
    if word not in list(ChargebackStatus):
        raise StaleCard
    status = ChargebackStatus(word)
    claim = _handled(tx, visit, parsing.ident(claim_id), status)
    data = {"claim": claim.id, "status": status.value}
    screen = claims.ask_reason(visit.words, _view(tx, visit, claim), status)
    return Reply(screen=screen, show=Show.SEND, step=Step(name=REASON_STEP, data=data))


def reason_typed(tx: Transaction, visit: Visit) -> Reply:
    """Take the reason and show what is about to happen."""
    status = ChargebackStatus(str(visit.data["status"]))
    claim = _handled(tx, visit, number(visit.data, "claim"), status)
    reason = visit.incoming.text.strip()
    check_refund_reason(reason)
    is_end = status is not ChargebackStatus.EVIDENCE_SENT
    verb = "claim.end" if is_end else "claim.evidence"
    act = offer(tx, visit, verb, claim=claim.id, status=status.value, reason=reason)
    view = _view(tx, visit, claim)
    screen = claims.confirm(visit.words, view, status, reason=reason, act=act)
    return Reply(screen=screen, show=Show.SEND, ends_dialogue=True)


def handled(tx: Transaction, visit: Visit) -> Reply:
    """Keep the step; the PIN of an end was checked for it."""
    if visit.intent is None:
        raise StaleCard
    kept = visit.intent.arguments
    claim = handle_claim(
        tx,
        actor=visit.here[1],
        chargeback_id=ChargebackId(number(kept, "claim")),
        status=ChargebackStatus(str(kept["status"])),
        reason=str(kept["reason"]),
    )
    return _shown(tx, visit, claim)


def _shown(tx: Transaction, visit: Visit, claim: Chargeback) -> Reply:
    return Reply(screen=claims.card(visit.words, _view(tx, visit, claim)), ends_dialogue=True)


def _view(tx: Transaction, visit: Visit, claim: Chargeback) -> claims.ClaimCard:
    return claim_view(tx, claim, actor=visit.here[1])


def _handled(tx: Transaction, visit: Visit, claim_id: int, status: ChargebackStatus) -> Chargeback:
    return handled_claim(
        tx, actor=visit.here[1], chargeback_id=ChargebackId(claim_id), status=status
    )


ROUTES: Final = Routes(
    name="claims",
    presses={"show": show, "do": step_pressed},
    intents={
        "claim.evidence": IntentRoute(flow=handled),
        "claim.end": IntentRoute(flow=handled, needs_pin=True, moves_money=True),
    },
    steps={REASON_STEP: reason_typed},
)

"""What whoever was refused can do about it himself, so that the answer leads there at once."""

from bot.engine.places import placed_for
from core.domain.bills import Bill
from core.domain.dialogues import Intent
from core.domain.errors import NotAllowed, PinNeeded, Refusal
from core.domain.roles import Scope, role_for
from handlers.screens import doors
from handlers.visit import AGAIN_MARK, INTENT_MARK, IntentRoute, Visit, ask_for_pin, card_of
from storage.transaction import SqlTransaction


def led_on(
    tx: SqlTransaction,
    visit: Visit,
    refusal: Refusal,
    *,
    intent: Intent | None,
    route: IntentRoute | None,
) -> Refusal:
    """Return a refusal that knows what this person can do about it."""
    if isinstance(refusal, PinNeeded):
        placed = visit if intent is None else placed_for(tx, visit, intent)
        return _to_a_pin(tx, placed, refusal, intent=intent, route=route)
    is_elsewhere = intent is not None and visit.tenant and intent.tenant_id != visit.tenant.id
    if type(refusal) is NotAllowed and not is_elsewhere:
        return _to_a_role(visit, refusal)
    return refusal


def _to_a_role(visit: Visit, refusal: NotAllowed) -> Refusal:
    """Let who gives out roles give out the one that is missing."""
    wanted = str(refusal.data.get("scope", ""))
    actor = visit.actor
    if actor is None or not actor.has(Scope.MEMBERS_MANAGE) or wanted in actor.scopes:
        return refusal
    role = role_for(wanted)
    return refusal if role is None else NotAllowed(**refusal.data, role=role)


def _to_a_pin(
    tx: SqlTransaction,
    placed: Visit,
    refusal: PinNeeded,
    *,
    intent: Intent | None,
    route: IntentRoute | None,
) -> Refusal:
    """Let who lacks a PIN set one at once and come back to what needs it."""
    if placed.tenant is None:
        return refusal
    back = _back_to(placed, refusal, intent, route)
    door = ask_for_pin(tx, placed, back=back)
    return PinNeeded(**refusal.data, door=door, has_way_back=bool(back))


def _back_to(
    visit: Visit, refusal: Refusal, intent: Intent | None, route: IntentRoute | None
) -> str:
    """Return the data of where a PIN was missing; the button itself where that asks for the PIN."""
    if intent is not None and route is not None:
        pressed = f"{INTENT_MARK}:{intent.key}"
        if route.renew is not None:
            return card_of(pressed)
        return pressed if route.needs_pin else ""
    head = visit.incoming.data.partition(":")[0]
    if head and head not in {INTENT_MARK, AGAIN_MARK}:
        return visit.incoming.data
    bill = refusal.data.get("bill")
    return doors.bill(bill.id) if isinstance(bill, Bill) else ""

"""Staff moves on a bill: amend, cancel, send again; each asks why and is confirmed."""

from dataclasses import replace
from typing import Final

from core.domain.bills import Bill, BillId
from core.domain.calendar import local_date
from core.domain.disputes import MAX_DISPUTE_TEXT, DisputeId
from core.domain.errors import InvalidInput, NotFound, StaleCard, TooLong
from core.domain.money import Money
from core.domain.people import Scope
from core.ports import Transaction
from core.use_cases.bills import seen_bill
from core.use_cases.disputes import amend_any, cancel_any
from core.use_cases.payments import check_no_interest
from core.use_cases.returns import check_give_back
from core.use_cases.timeline import resend_bill
from handlers import parsing
from handlers.cards import bill_screen, reader_of
from handlers.chat import Reply, Show, Step
from handlers.screens import billing
from handlers.visit import IntentRoute, Routes, Visit, number, offer
from handlers.words import Html

TOTAL_STEP: Final = "bills.total"
REASON_STEP: Final = "bills.reason"


def amend(tx: Transaction, visit: Visit) -> Reply:
    """Ask for the new total."""
    bill = _bill(tx, visit)
    step = Step(name=TOTAL_STEP, data={"bill": bill.id, "revision": bill.revision})
    return Reply(screen=billing.ask_total(visit.words, bill, ends=_ends(tx, bill)), step=step)


def total_typed(tx: Transaction, visit: Visit) -> Reply:
    """Take the new total, ask why; a wrong amount is asked again."""
    bill = _kept(tx, visit)
    total = parsing.amount(visit.incoming.text, bill.currency)
    bill.amend(total=total)
    check_give_back(tx, actor=visit.here[1], bill=bill, amount=bill.paid - total)
    screen = billing.ask_reason(visit.words, bill, total=total, ends=_ends(tx, bill))
    data = {**visit.data, "total": total.minor}
    return Reply(screen=screen, show=Show.SEND, step=Step(name=REASON_STEP, data=data))


def cancel(tx: Transaction, visit: Visit) -> Reply:
    """Ask why a bill is to be cancelled."""
    bill = _bill(tx, visit)
    check_give_back(tx, actor=visit.here[1], bill=bill, amount=bill.paid)
    step = Step(name=REASON_STEP, data={"bill": bill.id, "revision": bill.revision})
    screen = billing.ask_reason(visit.words, bill, total=None, ends=_ends(tx, bill))
    return Reply(screen=screen, step=step)


def reason_typed(tx: Transaction, visit: Visit) -> Reply:
    """Take the reason and show what is about to happen."""
    bill = _kept(tx, visit)
    reason = visit.incoming.text.strip()
    if not reason:
        raise InvalidInput(what="answer", example=visit.words.label("Meter read again"))
    if len(reason) > MAX_DISPUTE_TEXT:
        raise TooLong(limit=MAX_DISPUTE_TEXT)
    dispute = tx.disputes.open_of(bill.id)
    bound: dict[str, object] = {"bill": bill.id, "revision": bill.revision, "reason": reason}
    bound["paid"] = bill.paid.minor
    bound["dispute"] = 0 if dispute is None else dispute.id
    ends = _ends(tx, bill)
    if "total" in visit.data:
        total = Money(number(visit.data, "total"), bill.currency)
        act = offer(tx, visit, "bill.amend", total=total.minor, **bound)
        screen = billing.confirm_amend(
            visit.words, bill, total=total, reason=reason, act=act, ends=ends
        )
    else:
        act = offer(tx, visit, "bill.cancel", **bound)
        screen = billing.confirm_cancel(visit.words, bill, reason=reason, act=act, ends=ends)
    return Reply(screen=screen, show=Show.SEND, ends_dialogue=True)


def amended(tx: Transaction, visit: Visit) -> Reply:
    """Amend the bill of the pressed button."""
    arguments = visit.intent.arguments if visit.intent else {}
    _check_paid(tx, visit)
    bill_id = BillId(number(arguments, "bill"))
    bill = amend_any(
        tx,
        actor=visit.here[1],
        bill_id=bill_id,
        revision=number(arguments, "revision"),
        dispute_id=DisputeId(number(arguments, "dispute")) or None,
        total=Money(number(arguments, "total"), tx.bills.get(bill_id).currency),
        reason=str(arguments["reason"]),
    )
    today = local_date(tx.now, visit.here[0].timezone)
    return _card(tx, visit, bill, billing.amended(visit.words, bill, today=today))


def cancelled(tx: Transaction, visit: Visit) -> Reply:
    """Cancel the bill of the pressed button."""
    arguments = visit.intent.arguments if visit.intent else {}
    _check_paid(tx, visit)
    bill = cancel_any(
        tx,
        actor=visit.here[1],
        bill_id=BillId(number(arguments, "bill")),
        revision=number(arguments, "revision"),
        dispute_id=DisputeId(number(arguments, "dispute")) or None,
        reason=str(arguments["reason"]),
    )
    return _card(tx, visit, bill, billing.cancelled(visit.words, bill))


def resent(tx: Transaction, visit: Visit) -> Reply:
    """Show the bill to its debtors again."""
    arguments = visit.intent.arguments if visit.intent else {}
    bill_id = BillId(number(arguments, "bill"))
    bill = resend_bill(tx, actor=visit.here[1], bill_id=bill_id)
    note = visit.words.t("✅ Sent again: the debtor gets the card once more.")
    return _card(tx, visit, bill, note)


def _check_paid(tx: Transaction, visit: Visit) -> None:
    """Refuse a card that says of another sum than what is paid now that it goes back.

    Raises:
        StaleCard: somebody paid meanwhile.
    """
    arguments = visit.intent.arguments if visit.intent else {}
    bill = tx.bills.get(BillId(number(arguments, "bill")))
    if bill.paid.minor != arguments.get("paid"):
        raise StaleCard(bill=bill)


def _card(tx: Transaction, visit: Visit, bill: Bill, note: Html) -> Reply:
    screen = bill_screen(tx, reader_of(visit), bill, note=note)
    return Reply(screen=screen, ends_dialogue=True)


def _bill(tx: Transaction, visit: Visit) -> Bill:
    """Return the bill of `bill.revision`, if staff may change it now."""
    head, _, revision = visit.argument.partition(".")
    if not head.isdecimal() or not revision.isdecimal():
        raise StaleCard
    kept = replace(visit, data={"bill": int(head), "revision": int(revision)})
    return _kept(tx, kept)


def _ends(tx: Transaction, bill: Bill) -> str:
    """Return the number of the dispute that a change of the bill would end, "" for none."""
    dispute = tx.disputes.open_of(bill.id)
    return "" if dispute is None else dispute.number


def _kept(tx: Transaction, visit: Visit) -> Bill:
    tenant, actor = visit.here
    actor.check(Scope.BILLS_MANAGE, tenant.id)
    bill = seen_bill(tx, actor=actor, bill_id=BillId(number(visit.data, "bill")))
    if bill.tenant_id != tenant.id:
        raise NotFound(kind="bill")
    bill.check_revision(number(visit.data, "revision"))
    check_no_interest(tx, actor=actor, bill=bill)
    return bill


ROUTES: Final = Routes(
    name="billing",
    presses={"amend": amend, "cancel": cancel},
    intents={
        "bill.amend": IntentRoute(flow=amended, needs_pin=True, moves_money=True),
        "bill.cancel": IntentRoute(flow=cancelled, needs_pin=True, moves_money=True),
        "bill.resend": IntentRoute(flow=resent),
    },
    steps={TOTAL_STEP: total_typed, REASON_STEP: reason_typed},
)

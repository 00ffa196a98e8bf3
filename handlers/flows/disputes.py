"""The desk: what waits for staff, and how a dispute ends: amended, rejected or cancelled."""

from dataclasses import replace
from typing import Final

from core.domain.bills import Bill
from core.domain.disputes import MAX_DISPUTE_TEXT, Dispute, DisputeId
from core.domain.errors import InvalidInput, NotAllowed, NotFound, StaleCard, TooLong
from core.domain.money import Money
from core.domain.people import Scope
from core.ports import Transaction
from core.use_cases.disputes import (
    amend_disputed,
    cancel_disputed,
    reject_dispute,
    rejections,
    seen_dispute,
)
from core.use_cases.payments import check_no_interest
from core.use_cases.reports import unmatched_money
from core.use_cases.returns import check_give_back
from core.use_cases.unmatched import unmatched_moves
from handlers import parsing
from handlers.cards import bill_screen, name_of, reader_of, whose
from handlers.chat import Attachment, Did, Reply, Show, Step
from handlers.refund_cards import held_view
from handlers.screens import differences, disputes, doors, held, refunds
from handlers.standing import deciders_of
from handlers.visit import IntentRoute, Routes, Visit, number, offer
from handlers.words import Html, lines

TOTAL_STEP: Final = "disputes.total"
ANSWER_STEP: Final = "disputes.answer"
MAX_BACK: Final = 200
MOST_EARLIER: Final = 5
MOST_MOVES: Final = 3
MOST_REFUNDS: Final = 99


def command(tx: Transaction, visit: Visit) -> Reply:
    """Show what waits for staff, in a new message."""
    return replace(desk(tx, visit), show=Show.SEND)


def desk(tx: Transaction, visit: Visit) -> Reply:
    """Show one page of what waits for staff."""
    tenant, actor = visit.here
    may_resolve = actor.has(Scope.BILLS_DISPUTE_RESOLVE)
    may_report = actor.has(Scope.REPORTS_VIEW)
    if not may_resolve and not may_report:
        raise NotAllowed(scope=Scope.BILLS_DISPUTE_RESOLVE.value)
    page, after = _page(visit)
    found: tuple[Dispute, ...] = ()
    if may_resolve:
        found = tx.disputes.open_in(tenant.id, after=after, limit=disputes.PAGE + 1)
    shown = found[: disputes.PAGE]
    is_last = len(found) <= disputes.PAGE
    view = disputes.Desk(
        tenant_name=tenant.name,
        waiting=tuple(_waiting(tx, each) for each in shown),
        count=tx.disputes.count_open(tenant.id),
        deciders=() if may_resolve else deciders_of(tx, tenant.id),
        page=page,
        suspense=unmatched_money(tx, tenant_id=tenant.id),
        moves=unmatched_moves(tx, tenant_id=tenant.id, limit=MOST_MOVES) if may_report else (),
        previous=_previous(tx, visit, page),
        following="" if is_last else f"{doors.DESK}:{page + 1}.{shown[-1].id}",
        may_report=may_report,
    )
    screen = disputes.desk(visit.words, view)
    if may_report:
        waiting = tx.differences.count_open(tenant.id)
        screen = replace(screen, rows=(*differences.desk_row(visit.words, waiting), *screen.rows))
    if actor.has(Scope.PAYMENTS_VIEW):
        count = _refunds(tx, visit)
        told = lines(screen.html, refunds.on_desk(visit.words, count), _held(tx, visit))
        row = refunds.desk_row(visit.words, count.all)
        screen = replace(screen, html=told, rows=(*row, *screen.rows))
    return Reply(screen=screen, ends_dialogue=True)


def _refunds(tx: Transaction, visit: Visit) -> refunds.OnDesk:
    tenant_id = visit.here[0].id
    return refunds.OnDesk(
        asked=tx.refund_requests.count_open(tenant_id),
        under_way=len(tx.refunds.open_in(tenant_id, limit=MOST_REFUNDS)),
        claimed=len(tx.chargebacks.open_in(tenant_id, limit=MOST_REFUNDS)),
    )


def _held(tx: Transaction, visit: Visit) -> Html:
    tenant = visit.here[0]
    found = tx.payments.held_in(tenant.id, limit=MOST_REFUNDS)
    return held.on_desk(visit.words, [held_view(tx, each, payee=tenant.name) for each in found])


def card(tx: Transaction, visit: Visit) -> Reply:
    """Show one dispute."""
    view = _view(tx, visit, _argument(visit))
    show = Show.EDIT if visit.incoming.did is Did.PRESS else Show.SEND
    return Reply(screen=disputes.card(visit.words, view), show=show, ends_dialogue=True)


def file(tx: Transaction, visit: Visit) -> Reply:
    """Show the file that was sent with a dispute, as a message of its own."""
    view = _view(tx, visit, _argument(visit))
    kind, _, file_id = view.dispute.file_id.partition(":")
    if not file_id:
        raise NotFound(kind="file")
    attachment = Attachment(kind=kind, file_id=file_id)
    return Reply(screen=disputes.file(visit.words, view, attachment), show=Show.SEND)


def amend(tx: Transaction, visit: Visit) -> Reply:
    """Ask for the new total."""
    view = _open_view(tx, visit, _argument(visit))
    data = {"dispute": view.dispute.id, "verb": "amend"}
    screen = disputes.ask_total(visit.words, view)
    return Reply(screen=screen, step=Step(name=TOTAL_STEP, data=data))


def total_typed(tx: Transaction, visit: Visit) -> Reply:
    """Take the new total, ask for the answer; a wrong amount is asked again."""
    view = _open_view(tx, visit, _kept(visit))
    total = parsing.amount(visit.incoming.text, view.bill.currency)
    view.bill.amend(total=total)
    check_give_back(tx, actor=visit.here[1], bill=view.bill, amount=view.bill.paid - total)
    screen = disputes.ask_answer(visit.words, view, total=total)
    data = {**visit.data, "total": total.minor}
    return Reply(screen=screen, show=Show.SEND, step=Step(name=ANSWER_STEP, data=data))


def reject(tx: Transaction, visit: Visit) -> Reply:
    """Ask for the answer of a rejection."""
    return _ask_answer(tx, visit, "reject")


def cancel(tx: Transaction, visit: Visit) -> Reply:
    """Ask for the answer of a cancellation."""
    bill = _open_view(tx, visit, _argument(visit)).bill
    check_give_back(tx, actor=visit.here[1], bill=bill, amount=bill.paid)
    return _ask_answer(tx, visit, "cancel")


def answer_typed(tx: Transaction, visit: Visit) -> Reply:
    """Take the answer and show how the dispute is about to end."""
    view = _open_view(tx, visit, _kept(visit))
    answer = visit.incoming.text.strip()
    if not answer:
        raise InvalidInput(what="answer", example="")
    if len(answer) > MAX_DISPUTE_TEXT:
        raise TooLong(limit=MAX_DISPUTE_TEXT)
    verb = str(visit.data["verb"])
    total = None
    bound: dict[str, object] = {"dispute": view.dispute.id, "answer": answer}
    if verb == "amend":
        total = Money(number(visit.data, "total"), view.bill.currency)
        bound["total"] = total.minor
    outcome, label = disputes.outcome_of(visit.words, verb, bill=view.bill, total=total)
    act = offer(tx, visit, f"disputes.{verb}", **bound)
    screen = disputes.confirm_end(
        visit.words, view, outcome=outcome, label=label, answer=answer, act=act
    )
    return Reply(screen=screen, show=Show.SEND, ends_dialogue=True)


def amended(tx: Transaction, visit: Visit) -> Reply:
    """Agree to another amount."""
    dispute_id, answer = _bound(visit)
    arguments = visit.intent.arguments if visit.intent else {}
    bill = _bill_of(tx, visit, dispute_id)
    dispute = amend_disputed(
        tx,
        actor=visit.here[1],
        dispute_id=dispute_id,
        total=Money(number(arguments, "total"), bill.currency),
        answer=answer,
    )
    return _ended(tx, visit, dispute)


def rejected(tx: Transaction, visit: Visit) -> Reply:
    """Answer that the bill stands."""
    dispute_id, answer = _bound(visit)
    dispute = reject_dispute(tx, actor=visit.here[1], dispute_id=dispute_id, answer=answer)
    return _ended(tx, visit, dispute)


def cancelled(tx: Transaction, visit: Visit) -> Reply:
    """Take the contested bill back."""
    dispute_id, answer = _bound(visit)
    dispute = cancel_disputed(tx, actor=visit.here[1], dispute_id=dispute_id, answer=answer)
    return _ended(tx, visit, dispute)


def _ask_answer(tx: Transaction, visit: Visit, verb: str) -> Reply:
    view = _open_view(tx, visit, _argument(visit))
    data = {"dispute": view.dispute.id, "verb": verb}
    screen = disputes.ask_answer(visit.words, view, total=None)
    return Reply(screen=screen, step=Step(name=ANSWER_STEP, data=data))


def _ended(tx: Transaction, visit: Visit, dispute: Dispute) -> Reply:
    bill = tx.bills.get(dispute.bill_id)
    note = disputes.ended(visit.words, dispute)
    return Reply(screen=bill_screen(tx, reader_of(visit), bill, note=note), ends_dialogue=True)


def _open_view(tx: Transaction, visit: Visit, dispute_id: DisputeId) -> disputes.DisputeCard:
    view = _view(tx, visit, dispute_id)
    if not view.dispute.is_open:
        raise StaleCard
    check_no_interest(tx, actor=visit.here[1], bill=view.bill)
    return view


def _view(tx: Transaction, visit: Visit, dispute_id: DisputeId) -> disputes.DisputeCard:
    dispute = seen_dispute(tx, actor=visit.here[1], dispute_id=dispute_id)
    bill = tx.bills.get(dispute.bill_id)
    rejected = rejections(tx, dispute=dispute)
    decider = rejected[-1].handled_by if rejected else None
    return disputes.DisputeCard(
        dispute=dispute,
        bill=bill,
        whose=whose(tx, bill),
        opener=name_of(tx, dispute.opened_by),
        text=tx.note(dispute.text_id),
        days=dispute.whole_days_open(at=tx.now),
        due_on=bill.due_on,
        at=tx.now,
        answer=tx.note(dispute.answer_id),
        earlier=tuple(each for each in tx.disputes.history(bill.id) if each.id < dispute.id)[
            -MOST_EARLIER:
        ],
        rejected_by="" if decider is None else name_of(tx, decider),
    )


def _bill_of(tx: Transaction, visit: Visit, dispute_id: DisputeId) -> Bill:
    dispute = seen_dispute(tx, actor=visit.here[1], dispute_id=dispute_id)
    return tx.bills.get(dispute.bill_id)


def _waiting(tx: Transaction, dispute: Dispute) -> disputes.Waiting:
    bill = tx.bills.get(dispute.bill_id)
    days = dispute.whole_days_open(at=tx.now)
    return disputes.Waiting(dispute=dispute, bill=bill, whose=whose(tx, bill), days=days)


def _page(visit: Visit) -> tuple[int, DisputeId | None]:
    page, _, after = visit.argument.partition(".")
    if visit.incoming.did is not Did.PRESS or not page.isdecimal() or not after.isdecimal():
        return 1, None
    return max(1, int(page)), DisputeId(int(after))


def _previous(tx: Transaction, visit: Visit, page: int) -> str:
    """Return the data of the page before, walking the pages from the start."""
    if page == 1:
        return ""
    size = (page - 2) * disputes.PAGE
    if not 0 < size <= MAX_BACK:
        return doors.DESK
    walked = tx.disputes.open_in(visit.here[0].id, after=None, limit=size)
    return f"{doors.DESK}:{page - 1}.{walked[-1].id}" if len(walked) == size else doors.DESK


def _argument(visit: Visit) -> DisputeId:
    if not visit.argument.isdecimal():
        raise StaleCard
    return DisputeId(int(visit.argument))


def _kept(visit: Visit) -> DisputeId:
    return DisputeId(number(visit.data, "dispute"))


def _bound(visit: Visit) -> tuple[DisputeId, str]:
    arguments = visit.intent.arguments if visit.intent else {}
    return DisputeId(number(arguments, "dispute")), str(arguments["answer"])


ROUTES: Final = Routes(
    name="disputes",
    commands={"desk": command},
    presses={
        "desk": desk,
        "card": card,
        "file": file,
        "amend": amend,
        "reject": reject,
        "cancel": cancel,
    },
    intents={
        "disputes.amend": IntentRoute(flow=amended, needs_pin=True, moves_money=True),
        "disputes.reject": IntentRoute(flow=rejected),
        "disputes.cancel": IntentRoute(flow=cancelled, needs_pin=True, moves_money=True),
    },
    steps={TOTAL_STEP: total_typed, ANSWER_STEP: answer_typed},
)

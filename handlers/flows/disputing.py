"""Contesting a bill: reason, words or a photo, confirm; and taking the dispute back."""

from datetime import timedelta
from typing import Final

from core.domain.bills import Bill, BillId
from core.domain.disputes import MAX_DISPUTE_TEXT, DisputeReason
from core.domain.errors import InvalidInput, StaleCard, TooLong
from core.ports import Transaction
from core.use_cases.bills import own_bill
from core.use_cases.disputes import open_dispute, withdraw_dispute
from handlers.cards import bill_screen, reader_of
from handlers.chat import Reply, Show, Step
from handlers.screens import disputes
from handlers.visit import DRAFT, IntentRoute, Routes, Visit, number, offer, open_draft

REASON_STEP: Final = "dispute.reason"
TEXT_STEP: Final = "dispute.text"


def start(tx: Transaction, visit: Visit) -> Reply:
    """Ask for the reason, once it is sure that the bill may be contested."""
    head, _, revision = visit.argument.partition(".")
    if not head.isdecimal() or not revision.isdecimal():
        raise StaleCard
    return _ask_reason(tx, visit, bill_id=BillId(int(head)), revision=int(revision), show=Show.EDIT)


def reason_typed(tx: Transaction, visit: Visit) -> Reply:
    """Show the reasons again: one of them must be pressed."""
    bill_id = BillId(number(visit.data, "bill"))
    revision = number(visit.data, "revision")
    return _ask_reason(tx, visit, bill_id=bill_id, revision=revision, show=Show.SEND)


def reason_pressed(tx: Transaction, visit: Visit) -> Reply:
    """Take the reason, ask for words or a photo."""
    if "bill" not in visit.data or visit.argument not in list(DisputeReason):
        raise StaleCard
    bill = _bill(tx, visit)
    reason = DisputeReason(visit.argument)
    data = {**visit.data, "reason": reason.value, DRAFT: open_draft(tx, visit)}
    screen = disputes.ask_text(visit.words, bill, reason)
    return Reply(screen=screen, step=Step(name=TEXT_STEP, data=data))


def text_sent(tx: Transaction, visit: Visit) -> Reply:
    """Take words and a photo, in any order, and show what would be opened."""
    bill = _bill(tx, visit)
    incoming = visit.incoming
    text = incoming.text.strip() or str(visit.data.get("text", ""))
    if len(text) > MAX_DISPUTE_TEXT:
        raise TooLong(limit=MAX_DISPUTE_TEXT)
    file_id = (
        f"{incoming.file.kind}:{incoming.file.file_id}"
        if incoming.file
        else str(visit.data.get("file", ""))
    )
    if not text and not file_id:
        raise InvalidInput(what="dispute_text", example="")
    reason = DisputeReason(str(visit.data["reason"]))
    data = {**visit.data, "text": text, "file": file_id}
    act = offer(tx, visit, "dispute.open", **data)
    view = disputes.Draft(bill=bill, reason=reason, text=text, has_file=bool(file_id), act=act)
    return Reply(
        screen=disputes.confirm(visit.words, view),
        show=Show.SEND,
        step=Step(name=TEXT_STEP, data=data),
    )


def opened(tx: Transaction, visit: Visit) -> Reply:
    """Open the dispute of the pressed button."""
    arguments = visit.intent.arguments if visit.intent else {}
    bill_id = BillId(number(arguments, "bill"))
    dispute = open_dispute(
        tx,
        actor=visit.here[1],
        bill_id=bill_id,
        revision=number(arguments, "revision"),
        reason=DisputeReason(str(arguments["reason"])),
        text=str(arguments["text"]),
        file_id=str(arguments["file"]),
    )
    note = disputes.opened(visit.words, dispute)
    screen = bill_screen(tx, reader_of(visit), tx.bills.get(bill_id), note=note)
    return Reply(screen=screen, toast=visit.words.label("Dispute opened"), ends_dialogue=True)


def withdrawn(tx: Transaction, visit: Visit) -> Reply:
    """Take the dispute back; the bill needs an OK again."""
    return _withdraw(tx, visit, is_acknowledging=False)


def withdrawn_acknowledged(tx: Transaction, visit: Visit) -> Reply:
    """Take the dispute back and agree to owe the bill."""
    return _withdraw(tx, visit, is_acknowledging=True)


def _withdraw(tx: Transaction, visit: Visit, *, is_acknowledging: bool) -> Reply:
    arguments = visit.intent.arguments if visit.intent else {}
    bill_id = BillId(number(arguments, "bill"))
    seen = own_bill(tx, actor=visit.here[1], bill_id=bill_id)
    seen.check_revision(number(arguments, "revision"))
    bill = withdraw_dispute(
        tx, actor=visit.here[1], bill_id=bill_id, is_acknowledging=is_acknowledging
    )
    note = disputes.withdrawn(visit.words, is_acknowledged=is_acknowledging)
    screen = bill_screen(
        tx, reader_of(visit), bill, place=str(arguments.get("place", "")), note=note
    )
    return Reply(screen=screen, toast=visit.words.label("Dispute withdrawn"), ends_dialogue=True)


def _ask_reason(
    tx: Transaction, visit: Visit, *, bill_id: BillId, revision: int, show: Show
) -> Reply:
    bill = own_bill(tx, actor=visit.here[1], bill_id=bill_id)
    policy = visit.here[0].policy
    bill.dispute(revision=revision, at=tx.now, window_days=policy.dispute_days)
    until = bill.issued_at + timedelta(days=policy.dispute_days)
    step = Step(name=REASON_STEP, data={"bill": bill.id, "revision": revision})
    screen = disputes.reasons(visit.words, bill, until=until)
    return Reply(screen=screen, show=show, step=step)


def _bill(tx: Transaction, visit: Visit) -> Bill:
    bill = own_bill(tx, actor=visit.here[1], bill_id=BillId(number(visit.data, "bill")))
    bill.check_revision(number(visit.data, "revision"))
    return bill


ROUTES: Final = Routes(
    name="dispute",
    presses={"start": start, "why": reason_pressed},
    intents={
        "dispute.open": IntentRoute(flow=opened),
        "dispute.withdraw": IntentRoute(flow=withdrawn),
        "dispute.withdraw_acknowledge": IntentRoute(flow=withdrawn_acknowledged),
    },
    steps={REASON_STEP: reason_typed, TEXT_STEP: text_sent},
)

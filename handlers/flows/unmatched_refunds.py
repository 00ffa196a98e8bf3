"""Sending unmatched money back by its provider: how much, why, confirm, PIN."""

from dataclasses import replace
from typing import Final

from core.domain.differences import DifferenceId
from core.domain.errors import StaleCard
from core.domain.money import Money
from core.domain.providers import PartOf
from core.domain.unmatched import UnmatchedId
from core.ports import Transaction
from core.use_cases.refunds import check_refund_reason
from core.use_cases.unmatched import how_it_came
from core.use_cases.unmatched_refunds import (
    SendingBack,
    send_back,
    send_difference_back,
    sending_back,
    sending_difference_back,
)
from handlers import parsing
from handlers.cards import name_of, reader_of
from handlers.chat import Reply, Show, Step
from handlers.refund_cards import refund_view
from handlers.screens import refunds
from handlers.screens import unmatched_refunds as screens
from handlers.unmatched_cards import meant_of
from handlers.visit import IntentRoute, Routes, Visit, number, offer

AMOUNT_STEP: Final = "sendback.amount"
REASON_STEP: Final = "sendback.reason"


def begin(tx: Transaction, visit: Visit) -> Reply:
    """Ask how much of unmatched money goes back, or why, where it goes as a whole."""
    begun = replace(visit, data={"unmatched": parsing.ident(visit.argument)})
    choice = _choice(tx, begun)
    if choice.part is PartOf.WHOLE:
        return replace(_ask_reason(tx, begun, choice, choice.most), show=Show.SEND)
    screen = screens.ask_amount(visit.words, _asked(tx, begun, choice))
    return Reply(screen=screen, show=Show.SEND, step=Step(name=AMOUNT_STEP, data=begun.data))


def begin_for(tx: Transaction, visit: Visit) -> Reply:
    """Ask why the money of a difference goes back: all of it."""
    begun = replace(visit, data={"difference": parsing.ident(visit.argument)})
    choice = _choice(tx, begun)
    return replace(_ask_reason(tx, begun, choice, choice.most), show=Show.SEND)


def amount_typed(tx: Transaction, visit: Visit) -> Reply:
    """Take a typed amount; a wrong one is asked again."""
    choice = _choice(tx, visit)
    amount = parsing.amount(visit.incoming.text, choice.most.currency)
    return replace(_ask_reason(tx, visit, choice, amount), show=Show.SEND)


def all_pressed(tx: Transaction, visit: Visit) -> Reply:
    """Take all that waits."""
    choice = _choice(tx, visit)
    return _ask_reason(tx, visit, choice, choice.most)


def reason_typed(tx: Transaction, visit: Visit) -> Reply:
    """Take the reason and show what is about to happen."""
    reason = visit.incoming.text.strip()
    check_refund_reason(reason)
    return replace(_confirm(tx, visit, reason), show=Show.SEND)


def sent_again(tx: Transaction, visit: Visit) -> Reply:
    """Show anew what is about to happen, with a fresh button."""
    if visit.intent is None:
        raise StaleCard
    kept = visit.intent.arguments
    data = {**meant_of(kept), "amount": number(kept, "minor")}
    return _confirm(tx, replace(visit, data=data), str(kept["reason"]))


def _confirm(tx: Transaction, visit: Visit, reason: str) -> Reply:
    choice = _choice(tx, visit)
    amount = Money(number(visit.data, "amount"), choice.most.currency)
    choice.check(amount)
    act = offer(
        tx, visit, "sendback.send", **meant_of(visit.data), minor=amount.minor, reason=reason
    )
    asked = _asked(tx, visit, choice)
    screen = screens.confirm(visit.words, asked, amount, reason=reason, act=act)
    return Reply(screen=screen, ends_dialogue=True)


def sent(tx: Transaction, visit: Visit) -> Reply:
    """Begin the refund; the PIN was checked for it."""
    if visit.intent is None:
        raise StaleCard
    kept, actor = visit.intent.arguments, visit.here[1]
    reason = str(kept["reason"])
    if "difference" in kept:
        wanted = DifferenceId(number(kept, "difference"))
        refund = send_difference_back(tx, actor=actor, difference_id=wanted, reason=reason)
    else:
        unmatched_id = UnmatchedId(number(kept, "unmatched"))
        currency = tx.unmatched.get(unmatched_id).currency
        amount = Money(number(kept, "minor"), currency)
        refund = send_back(tx, actor=actor, unmatched_id=unmatched_id, amount=amount, reason=reason)
    view = refund_view(tx, reader_of(visit), refund)
    return Reply(screen=refunds.card(visit.words, view), ends_dialogue=True)


def _choice(tx: Transaction, visit: Visit) -> SendingBack:
    """Return what may go back of the dialogue's money, as it stands now.

    Raises:
        StaleCard: the dialogue is over.
    """
    actor, meant = visit.here[1], meant_of(visit.data)
    if "difference" in meant:
        wanted = DifferenceId(meant["difference"])
        return sending_difference_back(tx, actor=actor, difference_id=wanted)
    if "unmatched" not in meant:
        raise StaleCard
    return sending_back(tx, actor=actor, unmatched_id=UnmatchedId(meant["unmatched"]))


def _ask_reason(tx: Transaction, visit: Visit, choice: SendingBack, amount: Money) -> Reply:
    choice.check(amount)
    screen = screens.ask_reason(visit.words, _asked(tx, visit, choice), amount)
    data = {**meant_of(visit.data), "amount": amount.minor}
    return Reply(screen=screen, step=Step(name=REASON_STEP, data=data))


def _asked(tx: Transaction, visit: Visit, choice: SendingBack) -> screens.Asked:
    meant, payment = meant_of(visit.data), choice.payment
    if "difference" in meant:
        told = tx.note(tx.differences.get(DifferenceId(meant["difference"])).told_id)
    else:
        kept = tx.unmatched.get(UnmatchedId(meant["unmatched"]))
        told = how_it_came(tx, unmatched=kept).told
    bill_id = None if payment is None else payment.bill_id
    return screens.Asked(
        captured=choice.captured,
        most=choice.most,
        provider=refunds.name_of_provider(choice.provider),
        told=told,
        payer="" if payment is None else name_of(tx, payment.payer_id),
        number="" if bill_id is None else tx.bills.get(bill_id).number,
        is_difference="difference" in meant,
    )


ROUTES: Final = Routes(
    name="sendback",
    presses={"of": begin, "for": begin_for, "all": all_pressed},
    intents={
        "sendback.send": IntentRoute(flow=sent, needs_pin=True, moves_money=True, renew=sent_again)
    },
    steps={AMOUNT_STEP: amount_typed, REASON_STEP: reason_typed},
)

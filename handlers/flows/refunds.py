"""Giving paid money back: how much, where to, why, PIN; the payer's OK; what is under way."""

from dataclasses import replace
from typing import Final

from core.domain.errors import NotAllowed, StaleCard
from core.domain.money import Money
from core.domain.payments import Method, PaymentId
from core.domain.people import Scope
from core.domain.providers import PartOf
from core.domain.refund_requests import RefundRequest, RefundRequestId
from core.domain.refunds import Destination, RefundId
from core.ports import Transaction
from core.use_cases.refund_requests import (
    approve_request,
    refund_beside_request,
    request_to_decide,
)
from core.use_cases.refundable import Choice, refund_choice
from core.use_cases.refunds import (
    agree_to_wallet,
    cancel_refund,
    check_refund_reason,
    open_refund,
    refuse_wallet,
    seen_refund,
)
from handlers import parsing
from handlers.cards import name_of, reader_of
from handlers.chat import Did, Reply, Show, Step
from handlers.claim_cards import claim_view
from handlers.refund_cards import number_of, number_of_refund, refund_view
from handlers.request_cards import request_view
from handlers.screens import refund_requests, refunds
from handlers.visit import IntentRoute, Routes, Visit, number, offer

AMOUNT_STEP: Final = "refunds.amount"
WHERE_STEP: Final = "refunds.where"
REASON_STEP: Final = "refunds.reason"
MOST_LISTED: Final = 8
REQUEST: Final = "request"
"""Under which a dialogue and an intent keep whose asking they follow."""

BESIDE: Final = "beside"
"""Under which an intent keeps whose asking is open beside a refund that follows none."""


def begin(tx: Transaction, visit: Visit) -> Reply:
    """Ask how much of a payment goes back."""
    payment_id = parsing.ident(visit.argument)
    asked = _asked(tx, _choice(tx, visit, payment_id))
    step = Step(name=AMOUNT_STEP, data={"payment": payment_id})
    return Reply(screen=refunds.start(visit.words, asked), show=Show.SEND, step=step)


def follow(tx: Transaction, visit: Visit) -> Reply:
    """Begin to refund what a payer asked for: the amount and the reason are his."""
    request = _to_decide(tx, visit, parsing.ident(visit.argument))
    choice = _choice(tx, visit, request.payment_id)
    if choice.most < request.amount:
        view = request_view(tx, reader_of(visit), request)
        screen = refund_requests.too_much(visit.words, view, most=choice.most)
        return Reply(screen=screen, show=Show.SEND, ends_dialogue=True)
    begun = replace(visit, data={REQUEST: request.id})
    return replace(_where(tx, begun, choice, request.amount), show=Show.SEND)


def all_pressed(tx: Transaction, visit: Visit) -> Reply:
    """Take all that may go back."""
    choice = _kept(tx, visit)
    return _where(tx, _freely(visit), choice, choice.most)


def part_pressed(tx: Transaction, visit: Visit) -> Reply:
    """Ask for the amount of a part."""
    asked = _asked(tx, _kept(tx, visit))
    step = Step(name=AMOUNT_STEP, data=_freely(visit).data)
    return Reply(screen=refunds.ask_part(visit.words, asked), step=step)


def amount_typed(tx: Transaction, visit: Visit) -> Reply:
    """Take a typed amount; a wrong one is asked again."""
    choice = _kept(tx, visit)
    amount = parsing.amount(visit.incoming.text, choice.payment.currency)
    choice.refundable.reserve(amount, most=choice.most)
    return replace(_where(tx, visit, choice, amount), show=Show.SEND)


def where_pressed(tx: Transaction, visit: Visit) -> Reply:
    """Keep where it goes, ask why."""
    choice = _kept(tx, visit)
    if visit.argument not in list(Destination) or "amount" not in visit.data:
        raise StaleCard
    amount = Money(number(visit.data, "amount"), choice.payment.currency)
    if visit.argument not in _asked(tx, choice, amount=amount).ways:
        raise StaleCard
    return _why(tx, visit, choice, amount, Destination(visit.argument))


def where_typed(tx: Transaction, visit: Visit) -> Reply:
    """Ask again where it goes: only the buttons answer that."""
    choice = _kept(tx, visit)
    amount = Money(number(visit.data, "amount"), choice.payment.currency)
    return replace(_where(tx, visit, choice, amount), show=Show.SEND)


def reason_typed(tx: Transaction, visit: Visit) -> Reply:
    """Take the reason and show what is about to happen."""
    choice = _kept(tx, visit)
    reason = visit.incoming.text.strip()
    check_refund_reason(reason)
    amount = Money(number(visit.data, "amount"), choice.payment.currency)
    way = Destination(str(visit.data["way"]))
    return replace(_confirm(tx, visit, choice, amount, way, reason), show=Show.SEND)


def opened(tx: Transaction, visit: Visit) -> Reply:
    """Begin the refund; the PIN was checked for it."""
    if visit.intent is None:
        raise StaleCard
    kept = visit.intent.arguments
    actor = visit.here[1]
    way, reason = Destination(str(kept["way"])), str(kept["reason"])
    payment_id = PaymentId(number(kept, "payment"))
    amount = Money(number(kept, "minor"), tx.payments.get(payment_id).currency)
    if REQUEST in kept:
        refund = approve_request(
            tx,
            actor=actor,
            request_id=RefundRequestId(number(kept, REQUEST)),
            amount=amount,
            destination=way,
            reason=reason,
        )
        return _shown(tx, visit, refund.id)
    beside = _beside(tx, payment_id)
    if beside != (number(kept, BESIDE) if BESIDE in kept else 0):
        toast = visit.words.label("A request came in or ended meanwhile. No money moved.")
        return replace(opened_again(tx, visit), toast=toast)
    if beside:
        refund = refund_beside_request(
            tx,
            actor=actor,
            request_id=RefundRequestId(beside),
            amount=amount,
            destination=way,
            reason=reason,
        )
        return _shown(tx, visit, refund.id)
    refund = open_refund(
        tx,
        actor=actor,
        payment_id=payment_id,
        amount=amount,
        destination=way,
        reason=reason,
    )
    return _shown(tx, visit, refund.id)


def opened_again(tx: Transaction, visit: Visit) -> Reply:
    """Show anew what is about to happen, with a fresh button."""
    if visit.intent is None:
        raise StaleCard
    kept = visit.intent.arguments
    followed = {REQUEST: number(kept, REQUEST)} if REQUEST in kept else {}
    choice = _choice(tx, visit, number(kept, "payment"))
    amount = Money(number(kept, "minor"), choice.payment.currency)
    choice.refundable.reserve(amount, most=choice.most)
    way, reason = Destination(str(kept["way"])), str(kept["reason"])
    return _confirm(tx, replace(visit, data=followed), choice, amount, way, reason)


def agreed(tx: Transaction, visit: Visit) -> Reply:
    """Let it go to the payer's wallet."""
    refund = agree_to_wallet(tx, actor=visit.here[1], refund_id=_pressed(visit))
    return _shown(tx, visit, refund.id)


def refused(tx: Transaction, visit: Visit) -> Reply:
    """Give it up because the payer wants it by the way he paid."""
    refund = refuse_wallet(tx, actor=visit.here[1], refund_id=_pressed(visit))
    return _shown(tx, visit, refund.id)


def cancelled(tx: Transaction, visit: Visit) -> Reply:
    """Take a refund back that waits for its payer."""
    refund = cancel_refund(tx, actor=visit.here[1], refund_id=_pressed(visit))
    return _shown(tx, visit, refund.id)


def show(tx: Transaction, visit: Visit) -> Reply:
    """Show a refund as it stands."""
    reply = _shown(tx, visit, RefundId(parsing.ident(visit.argument)))
    return replace(reply, show=Show.EDIT if visit.incoming.did is Did.PRESS else Show.SEND)


def listed(tx: Transaction, visit: Visit) -> Reply:
    """Show staff what is under way."""
    tenant, actor = visit.here
    if not actor.has(Scope.PAYMENTS_VIEW):
        raise NotAllowed(scope=Scope.PAYMENTS_VIEW.value)
    found = tx.refunds.open_in(tenant.id, limit=MOST_LISTED)
    claimed = tx.chargebacks.open_in(tenant.id, limit=MOST_LISTED)
    asked = tx.refund_requests.open_in(tenant.id, limit=MOST_LISTED)
    screen = refunds.listed(
        visit.words,
        [(each, number_of_refund(tx, each)) for each in found],
        [claim_view(tx, each, actor=actor) for each in claimed],
        [request_view(tx, reader_of(visit), each) for each in asked],
    )
    return Reply(screen=screen, ends_dialogue=True)


def _shown(tx: Transaction, visit: Visit, refund_id: RefundId) -> Reply:
    refund = seen_refund(tx, actor=visit.here[1], refund_id=refund_id)
    view = refund_view(tx, reader_of(visit), refund)
    return Reply(screen=refunds.card(visit.words, view), ends_dialogue=True)


def _where(tx: Transaction, visit: Visit, choice: Choice, amount: Money) -> Reply:
    asked = _asked(tx, choice, amount=amount)
    if len(asked.ways) == 1:
        return _why(tx, visit, choice, amount, asked.ways[0])
    data = {"payment": choice.payment.id, "amount": amount.minor, **_followed(visit)}
    screen = refunds.ask_where(visit.words, asked, amount)
    return Reply(screen=screen, step=Step(name=WHERE_STEP, data=data))


def _why(tx: Transaction, visit: Visit, choice: Choice, amount: Money, way: Destination) -> Reply:
    followed = _followed(visit)
    if followed:
        reason = tx.note(_to_decide(tx, visit, followed[REQUEST]).reason_id)
        if reason:
            return _confirm(tx, visit, choice, amount, way, reason)
    data = {"payment": choice.payment.id, "amount": amount.minor, "way": way.value, **followed}
    screen = refunds.ask_reason(visit.words, _asked(tx, choice, amount=amount), amount, way)
    return Reply(screen=screen, step=Step(name=REASON_STEP, data=data))


def _confirm(  # noqa: PLR0917 - what a refund is made of
    tx: Transaction, visit: Visit, choice: Choice, amount: Money, way: Destination, reason: str
) -> Reply:
    followed = _followed(visit)
    beside = 0 if followed else _beside(tx, choice.payment.id)
    act = offer(
        tx,
        visit,
        "refund.open",
        payment=choice.payment.id,
        minor=amount.minor,
        way=way.value,
        reason=reason,
        **(followed or {BESIDE: beside}),
    )
    asked = _asked(tx, choice, amount=amount)
    if beside:
        request = tx.refund_requests.get(RefundRequestId(beside))
        asked = replace(asked, request=request_view(tx, reader_of(visit), request))
    screen = refunds.confirm(visit.words, asked, amount, way, reason=reason, act=act)
    return Reply(screen=screen, ends_dialogue=True)


def _beside(tx: Transaction, payment_id: PaymentId) -> int:
    """Return the request of a payment that is not decided, 0 for none."""
    found = tx.refund_requests.open_of(payment_id)
    return found.id if found else 0


def _followed(visit: Visit) -> dict[str, int]:
    """Return what is kept of the request that a refund follows, nothing where it follows none."""
    return {REQUEST: number(visit.data, REQUEST)} if REQUEST in visit.data else {}


def _freely(visit: Visit) -> Visit:
    """Follow no request any more: an older card asks for an amount that nobody asked for."""
    return replace(visit, data={name: visit.data[name] for name in visit.data if name != REQUEST})


def _to_decide(tx: Transaction, visit: Visit, request_id: int) -> RefundRequest:
    return request_to_decide(tx, actor=visit.here[1], request_id=RefundRequestId(request_id))


def _kept(tx: Transaction, visit: Visit) -> Choice:
    """Return what may go back of the dialogue's payment, as it stands now.

    Raises:
        StaleCard: the dialogue is over.
    """
    if "payment" not in visit.data:
        raise StaleCard
    return _choice(tx, visit, number(visit.data, "payment"))


def _choice(tx: Transaction, visit: Visit, payment_id: int) -> Choice:
    return refund_choice(tx, actor=visit.here[1], payment_id=PaymentId(payment_id))


def _asked(tx: Transaction, choice: Choice, *, amount: Money | None = None) -> refunds.Asked:
    """Return what is asked; once an amount is known, with the ways by which that can go."""
    payment, capture = choice.payment, choice.capture
    may_return = choice.may_go_back(choice.most if amount is None else amount)
    return refunds.Asked(
        payment_id=payment.id,
        number=number_of(tx, payment),
        payer=name_of(tx, payment.payer_id),
        paid=payment.captured,
        most=choice.most,
        provider=refunds.name_of_provider(capture.attempt.provider if capture else ""),
        ways=tuple(Destination) if may_return else (Destination.WALLET,),
        needs_consent=payment.method is not Method.WALLET,
        is_whole_only=choice.gives_back is PartOf.WHOLE,
    )


def _pressed(visit: Visit) -> RefundId:
    if visit.intent is None:
        raise StaleCard
    return RefundId(number(visit.intent.arguments, "refund"))


ROUTES: Final = Routes(
    name="refunds",
    presses={
        "start": begin,
        "asked": follow,
        "all": all_pressed,
        "part": part_pressed,
        "to": where_pressed,
        "show": show,
        "list": listed,
    },
    intents={
        "refund.open": IntentRoute(
            flow=opened, needs_pin=True, moves_money=True, renew=opened_again
        ),
        "refund.agree": IntentRoute(flow=agreed, moves_money=True),
        "refund.refuse": IntentRoute(flow=refused),
        "refund.cancel": IntentRoute(flow=cancelled),
    },
    steps={AMOUNT_STEP: amount_typed, WHERE_STEP: where_typed, REASON_STEP: reason_typed},
)

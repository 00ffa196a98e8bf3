"""Asking for money back: how much, why; how a request stands; what staff are asked. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.domain.money import Money
from core.domain.refund_requests import RefundRequest, RefundRequestStatus
from core.domain.refunds import Origin, Refund
from handlers.chat import Button, Rows, Screen
from handlers.screens import doors
from handlers.screens.home import home_row
from handlers.screens.statuses import refund_line
from handlers.words import Html, Words, lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What a payer is about to ask back; `payee` is who decides."""

    number: str
    paid: Money
    most: Money
    payee: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestCard:
    """A request for its reader; `withdraw` is "" for who may not take it back.

    `refunds` are those of the same payment, whoever began them.
    """

    request: RefundRequest
    number: str
    payer: str
    payee: str
    reason: str = ""
    answer: str = ""
    decider: str = ""
    refunds: Sequence[Refund] = ()
    withdraw: str = ""
    is_payer: bool = False
    may_decide: bool = False


def start(words: Words, asking: Asking) -> Screen:
    """Ask a payer how much he wants back."""
    text = lines(
        _head(words, asking),
        words.t(
            "How much do you ask for? %(payee)s decides; nothing moves yet.", payee=asking.payee
        ),
    )
    everything = Button(
        label=words.label("All: %(most)s", most=words.money(asking.most)), data="requests:all"
    )
    part = Button(label=words.label("Part"), data="requests:part")
    return Screen(html=text, rows=((everything, part), _leave(words)))


def ask_part(words: Words, asking: Asking) -> Screen:
    """Ask for the amount of a part."""
    text = lines(_head(words, asking), words.t("How much do you ask for? Write the amount."))
    return Screen(html=text, rows=(_leave(words),))


def ask_reason(words: Words, asking: Asking, amount: Money) -> Screen:
    """Ask a payer why."""
    text = lines(
        _asked(words, asking, amount),
        words.t("Why? %(payee)s reads it; it is kept with the books.", payee=asking.payee),
    )
    return Screen(html=text, rows=(_leave(words),))


def confirm(
    words: Words, asking: Asking, amount: Money, *, reason: str, act: str, ended_at: datetime | None
) -> Screen:
    """Show what is about to be asked; `ended_at` is when the same request has just ended."""
    label = words.label("Ask for %(amount)s", amount=words.money(amount))
    again = Html("")
    if ended_at is not None:
        label = words.label("Ask again for %(amount)s", amount=words.money(amount))
        again = words.t(
            "⚠️ You asked for just this amount; that ended %(when)s. Ask again?",
            when=words.when(ended_at),
        )
    text = lines(
        _asked(words, asking, amount),
        words.t("Reason: %(reason)s", reason=reason),
        again,
        words.t("%(payee)s decides; nothing moves yet.", payee=asking.payee),
    )
    return Screen(html=text, rows=((Button(label=label, data=act),), _leave(words)))


def card(words: Words, view: RequestCard) -> Screen:
    """Show a request as it stands."""
    request = view.request
    waits = Html("")
    if request.is_open and view.is_payer:
        waits = words.t("Asked: %(payee)s decides; nothing moves yet.", payee=view.payee)
    text = lines(
        words.t("<b>Money back for %(number)s</b>", number=view.number),
        _state(words, view),
        words.t("Asked by %(name)s", name=view.payer),
        words.t("Time: %(when)s", when=words.when(request.asked_at)),
        words.t("Reason: %(reason)s", reason=view.reason) if view.reason else "",
        words.t("Decided by %(name)s", name=view.decider) if view.decider else "",
        words.t("Answer: %(answer)s", answer=view.answer) if view.answer else "",
        *(refund_line(words, each) for each in view.refunds),
        waits,
    )
    return Screen(html=text, rows=(*_acts(words, view), *home_row(words)))


def line(words: Words, view: RequestCard) -> Html:
    """Return a request as one line of a list."""
    return words.t(
        "%(number)s · 🙋 %(payer)s asks for %(amount)s back",
        number=view.number,
        payer=view.payer,
        amount=words.money(view.request.amount),
    )


def row(words: Words, view: RequestCard) -> tuple[Button]:
    """Return the way from a list to a request."""
    return (Button(label=words.label("🙋 %(number)s", number=view.number), data=_door(view)),)


def too_much(words: Words, view: RequestCard, *, most: Money) -> Screen:
    """Tell staff that more is asked for than may go back by now."""
    text = lines(
        words.t(
            "⚠️ %(payer)s asks for %(amount)s back, but at most %(most)s may go back by now.",
            payer=view.payer,
            amount=words.money(view.request.amount),
            most=words.money(most),
        ),
        words.t("Nothing moved. Reject it and say so: %(payer)s may ask again.", payer=view.payer),
    )
    return Screen(html=text, rows=((_reject(words, view),), *home_row(words)))


def beside(words: Words, view: RequestCard, amount: Money) -> Html:
    """Say beside a refund of an amount what its payer has asked for, and that it ends with it."""
    asked = words.t(
        "🙋 %(payer)s has asked for %(amount)s back, not decided yet: “%(reason)s”",
        payer=view.payer,
        amount=words.money(view.request.amount),
        reason=view.reason,
    )
    if view.request.amount == amount:
        return lines(asked, words.t("This refund approves that request."))
    return lines(asked, words.t("This refund is instead of it: the request ends with it."))


def ask_answer(words: Words, view: RequestCard) -> Screen:
    """Ask staff why it does not go back."""
    text = lines(
        _declined(words, view),
        words.t("Reason: %(reason)s", reason=view.reason) if view.reason else "",
        words.t(
            "Why not? %(payer)s reads your answer; it is kept with the books.", payer=view.payer
        ),
    )
    return Screen(html=text, rows=(_leave(words),))


def confirm_answer(words: Words, view: RequestCard, *, answer: str, act: str) -> Screen:
    """Show how a request is about to be rejected."""
    text = lines(
        _declined(words, view),
        words.t("Answer: %(answer)s", answer=answer),
        words.t("No money moves."),
    )
    return Screen(html=text, rows=((Button(label=words.label("Reject"), data=act),), _leave(words)))


def told_staff(words: Words, view: RequestCard, *, days: int = 0) -> Screen:
    """Tell staff that a payer asks for money back; `days` is since when, if they were told."""
    waits = words.n(
        "⏳ %(payer)s has waited %(count)s day for an answer.",
        "⏳ %(payer)s has waited %(count)s days for an answer.",
        days,
        payer=view.payer,
    )
    text = lines(
        waits if days else "",
        words.t(
            "🙋 %(payer)s asks for %(amount)s back, paid for %(number)s.",
            payer=view.payer,
            amount=words.money(view.request.amount),
            number=view.number,
        ),
        words.t("Reason: %(reason)s", reason=view.reason) if view.reason else "",
        words.t("Nothing has moved: approve or reject it."),
    )
    desk = Button(label=words.label("Desk"), data=doors.DESK)
    return Screen(html=text, rows=((_show(words, view), desk),), is_proof=True)


def told_payer(words: Words, view: RequestCard) -> Screen:
    """Tell the payer that his request was rejected, and why."""
    instead = _instead(view)
    if instead is None:
        head = words.t(
            "⚪ %(payee)s does not give %(amount)s of %(number)s back.",
            payee=view.payee,
            amount=words.money(view.request.amount),
            number=view.number,
        )
    else:
        head = words.t(
            "⚪ %(payee)s refunds %(given)s of %(number)s instead of the %(amount)s that you asked "
            "for.",
            payee=view.payee,
            given=words.money(instead.amount),
            amount=words.money(view.request.amount),
            number=view.number,
        )
    text = lines(
        head,
        words.t("Answer: %(answer)s", answer=view.answer) if view.answer else "",
        words.t("No money moved.") if instead is None else "",
    )
    return Screen(html=text, rows=((_show(words, view),),), is_proof=True)


def _head(words: Words, asking: Asking) -> Html:
    return lines(
        words.t(
            "<b>Money back for %(number)s</b> · you paid %(paid)s",
            number=asking.number,
            paid=words.money(asking.paid),
        ),
        words.t("At most %(most)s may go back.", most=words.money(asking.most)),
    )


def _asked(words: Words, asking: Asking, amount: Money) -> Html:
    return words.t(
        "<b>Ask for %(amount)s back</b>, paid for %(number)s",
        amount=words.money(amount),
        number=asking.number,
    )


def _declined(words: Words, view: RequestCard) -> Html:
    return words.t(
        "<b>Reject: %(amount)s back to %(payer)s</b>, paid for %(number)s",
        amount=words.money(view.request.amount),
        payer=view.payer,
        number=view.number,
    )


def _state(words: Words, view: RequestCard) -> Html:
    amount = words.money(view.request.amount)
    instead = _instead(view)
    if instead is not None:
        return words.t(
            "⚪ %(amount)s was asked for; %(given)s is refunded instead",
            amount=amount,
            given=words.money(instead.amount),
        )
    return {
        RefundRequestStatus.OPEN: words.t(
            "⏳ %(amount)s is asked back; not decided yet", amount=amount
        ),
        RefundRequestStatus.APPROVED: words.t("✅ %(amount)s was approved", amount=amount),
        RefundRequestStatus.REJECTED: words.t(
            "⚪ %(amount)s was rejected; nothing moved", amount=amount
        ),
        RefundRequestStatus.WITHDRAWN: words.t(
            "⚪ The request for %(amount)s was taken back; nothing moved", amount=amount
        ),
    }[view.request.status]


def _instead(view: RequestCard) -> Refund | None:
    """Return the refund of another amount that ended the request: it was opened in the same act."""
    if view.request.status is not RefundRequestStatus.REJECTED:
        return None
    at = view.request.decided_at
    same = (each for each in view.refunds if each.requested_at == at)
    return next((each for each in same if each.origin is Origin.STAFF), None)


def _acts(words: Words, view: RequestCard) -> Rows:
    if view.withdraw:
        return ((Button(label=words.label("Withdraw"), data=view.withdraw),),)
    if view.may_decide:
        data = f"refunds:asked:{view.request.id}"
        return ((Button(label=words.label("Approve"), data=data), _reject(words, view)),)
    if view.request.refund_id is not None:
        data = f"refunds:show:{view.request.refund_id}"
        return ((Button(label=words.label("Show refund"), data=data),),)
    return ()


def _reject(words: Words, view: RequestCard) -> Button:
    return Button(label=words.label("Reject"), data=f"requests:reject:{view.request.id}")


def _show(words: Words, view: RequestCard) -> Button:
    return Button(label=words.label("Show request"), data=_door(view))


def _door(view: RequestCard) -> str:
    return f"requests:show:{view.request.id}"


def _leave(words: Words) -> tuple[Button, ...]:
    return (Button(label=words.label("Cancel"), data=doors.LEAVE),)

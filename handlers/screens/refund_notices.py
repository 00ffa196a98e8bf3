"""What payers and staff are told of refunds, and of what a payer's bank took. Pure."""

from core.domain.refunds import RefundStatus
from handlers.chat import Button, Screen
from handlers.screens import doors
from handlers.screens.home import home_row
from handlers.screens.refunds import RefundCard, again_line, again_row, needs_line, what_for
from handlers.screens.statuses import refund_line
from handlers.words import Html, Words, lines


def told_payer(words: Words, view: RefundCard, *, payee: str) -> Screen:
    """Tell the payer how a refund stands."""
    refund = view.refund
    where = Html("")
    if refund.status is RefundStatus.PROCESSING:
        where = words.t("You are told once it has been sent; you need not do anything.")
    elif refund.status is RefundStatus.COMPLETED and refund.is_by_provider:
        where = _arrives(words, view)
    elif refund.status is RefundStatus.FAILED:
        where = words.t("%(payee)s was told and looks for another way.", payee=payee)
    text = lines(
        words.t(
            "<b>Refund by %(payee)s for %(number)s</b>",
            payee=payee,
            number=what_for(words, view.number),
        ),
        refund_line(words, refund),
        words.t("Reason: %(reason)s", reason=view.reason) if view.reason else "",
        where,
        again_line(words, view),
    )
    show = Button(label=words.label("Show refund"), data=f"refunds:show:{refund.id}")
    return Screen(html=text, rows=((show,), *again_row(words, view)), is_proof=True)


def told_loss(words: Words, view: RefundCard, *, payee: str) -> Screen:
    """Tell the payer that his bank took the money back."""
    text = lines(
        words.t(
            "🏦 Your bank took %(amount)s back that you had paid to %(payee)s for %(number)s.",
            amount=words.money(view.refund.amount),
            payee=payee,
            number=what_for(words, view.number),
        ),
        words.t("If you did not ask your bank for that, ask it why."),
        again_line(words, view),
    )
    return Screen(html=text, rows=(*again_row(words, view), *home_row(words)), is_proof=True)


def _arrives(words: Words, view: RefundCard) -> Html:
    """Say when the payer sees what his provider has sent back."""
    if view.days is None:
        return words.t(
            "%(provider)s has sent it; how soon you see it is up to your bank or phone company.",
            provider=view.provider,
        )
    if not view.days:
        return words.t("It is back on your %(provider)s.", provider=view.provider)
    return words.n(
        "%(provider)s has sent it; your bank may take up to %(count)s day to show it.",
        "%(provider)s has sent it; your bank may take up to %(count)s days to show it.",
        view.days,
        provider=view.provider,
    )


def told_staff(words: Words, view: RefundCard) -> Screen:
    """Tell staff what became of a refund."""
    text = lines(
        words.t("<b>Refund of %(number)s to %(payer)s</b>", number=view.number, payer=view.payer)
        if view.number
        else words.t("<b>Refund of unmatched money</b>"),
        refund_line(words, view.refund),
        needs_line(words, view),
    )
    show = Button(label=words.label("Show refund"), data=f"refunds:show:{view.refund.id}")
    desk = Button(label=words.label("Desk"), data=doors.DESK)
    return Screen(html=text, rows=((show, desk),), is_proof=True)

"""Where a provider's list and the books do not agree: what it is, and what may be done. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from core.domain.differences import Difference, DifferenceKind, DifferenceStatus
from handlers.chat import Button, Rows, Screen
from handlers.screens import doors
from handlers.screens.payments import provider_name
from handlers.words import Html, Words, lines

PAGE: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceCard:
    """A difference for its reader; "" and 0 for what nobody knows or he may not do.

    `payer` asked for the payment of bill `number`; `told` is what the provider says of the payer;
    `refunds_id` is the payment whose refund can be begun; `is_sent_back`: its money was booked to
    go back.
    """

    difference: Difference
    provider: str
    payer: str = ""
    number: str = ""
    told: str = ""
    reason: str = ""
    ender: str = ""
    may_match: bool = False
    may_ignore: bool = False
    may_send_back: bool = False
    is_sent_back: bool = False
    refunds_id: int = 0


def desk_row(words: Words, count: int) -> Rows:
    """Return the desk's way to the differences, none where there are none."""
    if not count:
        return ()
    label = words.label("Differences %(count)s", count=count)
    return ((Button(label=label, data=doors.DIFFERENCES),),)


def listed(
    words: Words, found: Sequence[tuple[Difference, str]], *, count: int, following: str
) -> Screen:
    """Show a page of open differences, each with its provider's name in the system."""
    text = lines(
        words.t("<b>Differences: %(count)s</b>", count=count),
        words.t("A provider's own list and the books do not agree. No money was moved."),
        *(_line(words, each, provider) for each, provider in found),
        "" if found else words.t("None."),
    )
    rows = tuple(
        (
            Button(
                label=words.label(
                    "Open %(amount)s · %(provider)s",
                    amount=words.money(each.listed if each.listed_minor else each.booked),
                    provider=provider_name(provider),
                ),
                data=doors.difference(each.id),
            ),
        )
        for each, provider in found
    )
    onward = Button(label=words.label("Next"), data=following)
    back = Button(label=words.label("Back"), data=doors.DESK)
    return Screen(html=text, rows=(*rows, ((onward, back) if following else (back,))))


def card(words: Words, view: DifferenceCard) -> Screen:
    """Show one difference with what is known of it."""
    found = view.difference
    text = lines(
        Html(f"<b>{sentence(words, found, view.provider)}</b>"),
        words.t("When: %(when)s", when=words.when(found.captured_at)) if found.captured_at else "",
        words.t("Asked by %(name)s", name=view.payer) if view.payer else "",
        words.t("For: %(number)s", number=view.number) if view.number else "",
        words.t("The provider says: %(told)s", told=view.told) if view.told else "",
        words.t("Its own number: <code>%(id)s</code>", id=found.provider_id),
        words.t("Our reference: <code>%(reference)s</code>", reference=found.reference)
        if found.reference
        else "",
        _advice(words, found) if found.is_open else _end(words, view),
    )
    acts = (
        (words.label("Match"), f"unmatched:for:{found.id}" if view.may_match else ""),
        (words.label("Refund"), f"sendback:for:{found.id}" if view.may_send_back else ""),
        (words.label("Refund"), f"refunds:start:{view.refunds_id}" if view.refunds_id else ""),
        (_let_be(words, found), f"differences:ignore:{found.id}" if view.may_ignore else ""),
    )
    row = tuple(Button(label=label, data=data) for label, data in acts if data)
    back = (Button(label=words.label("Back"), data=doors.DIFFERENCES),)
    return Screen(html=text, rows=((row, back) if row else (back,)))


def ask_reason(words: Words, view: DifferenceCard) -> Screen:
    """Ask why nothing is to be done."""
    text = lines(
        sentence(words, view.difference, view.provider),
        words.t("What did you do about it? Your words are kept with the books.")
        if view.difference.kind is DifferenceKind.CLAIMED
        else words.t("Why is nothing to be done? Your reason is kept with the books."),
    )
    return Screen(html=text, rows=(_leave(words),))


def confirm(words: Words, view: DifferenceCard, *, reason: str, act: str) -> Screen:
    """Show what is about to be let be."""
    is_claim = view.difference.kind is DifferenceKind.CLAIMED
    text = lines(
        words.t("<b>Have you seen to this claim?</b>")
        if is_claim
        else words.t("<b>Ignore this difference?</b>"),
        sentence(words, view.difference, view.provider),
        words.t("Reason: %(reason)s", reason=reason),
        words.t("No money moves. It leaves the desk and stays in the books, with your name."),
    )
    label = words.label("Seen") if is_claim else words.label("Ignore it")
    ignore = Button(label=label, data=act)
    return Screen(html=text, rows=((ignore,), _leave(words)))


def told(words: Words, difference: Difference, *, provider: str, count: int) -> Screen:
    """Tell who watches over the money that a list was compared and does not agree."""
    is_missing = difference.kind is DifferenceKind.MISSING
    head = words.t(
        "⚠️ The list of %(provider)s and your books do not agree.", provider=provider_name(provider)
    )
    if is_missing:
        head = words.t(
            "🚨 Money was credited here that the list of %(provider)s does not show.",
            provider=provider_name(provider),
        )
    if difference.kind is DifferenceKind.CLAIMED:
        head = words.t("🏦 A bank claims back money that came in another currency than was asked.")
    text = lines(
        head,
        sentence(words, difference, provider),
        words.n(
            "%(count)s difference waits at the desk. No money was moved.",
            "%(count)s differences wait at the desk. No money was moved.",
            count,
        ),
    )
    row = (Button(label=words.label("See differences"), data=doors.DIFFERENCES),)
    return Screen(html=text, rows=(row,))


def sentence(words: Words, difference: Difference, provider: str) -> Html:
    """Say in one sentence what does not agree."""
    values = {
        "provider": provider_name(provider),
        "listed": words.money(difference.listed),
        "booked": words.money(difference.booked),
    }
    match difference.kind:
        case DifferenceKind.STRANGE:
            return words.t("%(provider)s took %(listed)s for no payment of ours.", **values)
        case DifferenceKind.UNCREDITED:
            return words.t(
                "%(provider)s lists %(listed)s for a payment that it otherwise calls unpaid.",
                **values,
            )
        case DifferenceKind.SECOND:
            return words.t(
                "%(provider)s lists %(listed)s once more for a payment that was paid.", **values
            )
        case DifferenceKind.AMOUNT:
            return words.t("%(provider)s lists %(listed)s, the books say %(booked)s.", **values)
        case DifferenceKind.REFUNDED:
            return words.t(
                "%(provider)s gave %(listed)s back, the books know of %(booked)s.", **values
            )
        case DifferenceKind.MISSING:
            return words.t("%(booked)s was credited, %(provider)s does not list it.", **values)
        case DifferenceKind.CLAIMED:
            return words.t(
                "The payer's bank claims back %(listed)s of the %(booked)s that %(provider)s took.",
                **values,
            )


def _line(words: Words, difference: Difference, provider: str) -> Html:
    said = sentence(words, difference, provider)
    if difference.captured_at is None:
        return words.t("• %(said)s", said=said)
    return words.t("• %(said)s %(when)s", said=said, when=words.when(difference.captured_at))


def _advice(words: Words, difference: Difference) -> Html:
    match difference.kind:
        case DifferenceKind.STRANGE | DifferenceKind.SECOND:
            return words.t(
                "Match it to the member whose money it is, send it back if you know of nobody, or "
                "ignore it if it came from elsewhere."
            )
        case DifferenceKind.UNCREDITED:
            return words.t(
                "Look at the provider's own page first. It is credited by itself once the "
                "provider confirms it."
            )
        case DifferenceKind.AMOUNT | DifferenceKind.REFUNDED:
            return words.t("Compare with the provider's own page; the books stay as they are.")
        case DifferenceKind.MISSING:
            return words.t(
                "Ask the provider today. Nothing is taken back from the member by itself."
            )
        case DifferenceKind.CLAIMED:
            return words.t(
                "It is kept apart, in another currency than was asked. Answer on the provider's "
                "own page in time, and neither match it nor send it back meanwhile. Nothing is "
                "booked by itself: if it is lost, tell your accountant."
            )


def _end(words: Words, view: DifferenceCard) -> Html:
    values = {"name": view.ender, "reason": view.reason}
    match view.difference.status:
        case DifferenceStatus.MATCHED if view.is_sent_back:
            return words.t("↩️ Booked by %(name)s to go back: “%(reason)s”", **values)
        case DifferenceStatus.MATCHED:
            return words.t("✅ Matched by %(name)s: “%(reason)s”", **values)
        case DifferenceStatus.IGNORED if view.difference.kind is DifferenceKind.CLAIMED:
            return words.t("✅ Seen by %(name)s: “%(reason)s”", **values)
        case DifferenceStatus.IGNORED:
            return words.t("Ignored by %(name)s: “%(reason)s”", **values)
        case DifferenceStatus.OPEN | DifferenceStatus.SOLVED:
            return words.t("✅ Solved: the list and the books agree by now.")


def _let_be(words: Words, difference: Difference) -> str:
    if difference.kind is DifferenceKind.CLAIMED:
        return words.label("Seen")
    return words.label("Ignore")


def _leave(words: Words) -> tuple[Button, ...]:
    return (Button(label=words.label("Cancel"), data=doors.LEAVE),)

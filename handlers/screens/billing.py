"""What staff do with a bill: amend it, cancel it, send it again. Pure.

`ends` is the number of the open dispute that a change would end, "" for none.
"""

from datetime import date

from core.domain.bills import Bill
from core.domain.money import Money
from handlers.chat import Button, Screen
from handlers.screens import doors
from handlers.words import Html, Words, lines


def ask_total(words: Words, bill: Bill, *, ends: str) -> Screen:
    """Ask for the amount that should be asked instead."""
    text = lines(
        _head(words, bill),
        words.t(
            "What should the bill ask for instead? Write the new total, for example %(example)s.",
            example=words.money(bill.total),
        ),
        _given_back(words, bill),
        _ending(words, ends),
    )
    return Screen(html=text, rows=leave_rows(words))


def ask_reason(words: Words, bill: Bill, *, total: Money | None, ends: str) -> Screen:
    """Ask why; the debtor reads the answer."""
    question = words.t("Why is it cancelled? The debtor reads your answer.")
    if total is not None:
        question = words.t(
            "New total %(total)s. Why? The debtor reads your answer.", total=words.money(total)
        )
    return Screen(
        html=lines(_head(words, bill), question, _ending(words, ends)), rows=leave_rows(words)
    )


def confirm_amend(
    words: Words, bill: Bill, *, total: Money, reason: str, act: str, ends: str
) -> Screen:
    """Show what an amendment changes."""
    text = lines(
        _head(words, bill),
        words.t(
            "Amend from %(before)s to %(after)s (%(difference)s).",
            before=words.money(bill.total),
            after=words.money(total),
            difference=words.signed(total - bill.total),
        ),
        _excess(words, bill.paid - total),
        words.t("Reason: %(reason)s", reason=reason),
        words.t("The debtor is told and must acknowledge the new version."),
        _ending(words, ends),
    )
    label = words.label("Confirm new total %(total)s", total=words.money(total))
    return _confirm(words, bill, text, label=label, act=act)


def confirm_cancel(words: Words, bill: Bill, *, reason: str, act: str, ends: str) -> Screen:
    """Show what cancelling does."""
    text = lines(
        _head(words, bill),
        words.t("The bill is cancelled for good; nothing is owed any more."),
        _excess(words, bill.paid),
        words.t("Reason: %(reason)s", reason=reason),
        _ending(words, ends),
    )
    label = words.label("Confirm cancelling the bill")
    return _confirm(words, bill, text, label=label, act=act)


def amended(words: Words, bill: Bill, *, today: date) -> Html:
    """Return the line over the card after an amendment."""
    return words.t(
        "✅ Amended: %(number)s asks for %(total)s, due %(day)s. The debtor was told.",
        number=bill.number,
        total=words.money(bill.total),
        day=words.day(bill.due_on, today=today),
    )


def cancelled(words: Words, bill: Bill) -> Html:
    """Return the line over the card after cancelling."""
    if bill.refunded_minor:
        return words.t(
            "✅ Cancelled: %(number)s. %(amount)s went back to the payers' wallets.",
            number=bill.number,
            amount=words.money(Money(bill.refunded_minor, bill.currency)),
        )
    return words.t("✅ Cancelled: %(number)s. No money moved.", number=bill.number)


def leave_rows(words: Words) -> tuple[tuple[Button, ...], ...]:
    """Return the row that leaves a dialogue."""
    return ((Button(label=words.label("Cancel"), data=doors.LEAVE),),)


def _head(words: Words, bill: Bill) -> Html:
    return words.t(
        "<b>%(number)s</b> · %(title)s · %(total)s",
        number=bill.number,
        title=bill.title,
        total=words.money(bill.total),
    )


def _ending(words: Words, ends: str) -> Html:
    """Say that a change also answers an open dispute; `ends` is its number, "" for none."""
    if not ends:
        return Html("")
    return words.t("This also ends dispute %(number)s.", number=ends)


def _given_back(words: Words, bill: Bill) -> Html:
    if not bill.paid.is_positive:
        return Html("")
    return words.t(
        "%(paid)s is paid already; what is beyond the new total goes back to the payers.",
        paid=words.money(bill.paid),
    )


def _excess(words: Words, excess: Money) -> Html:
    if not excess.is_positive:
        return words.t("No money moves.")
    return words.t("%(amount)s goes back to the payers' wallets.", amount=words.money(excess))


def _confirm(words: Words, bill: Bill, text: Html, *, label: str, act: str) -> Screen:
    stay = Button(label=words.label("Back to the bill"), data=doors.bill(bill.id))
    return Screen(html=text, rows=((Button(label=label, data=act),), (stay,)))

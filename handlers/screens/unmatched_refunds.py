"""Sending unmatched money back: how much, why, and what is about to happen. Pure."""

from dataclasses import dataclass

from core.domain.money import Money
from handlers.chat import Button, Screen
from handlers.screens import doors
from handlers.words import Html, Words, lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A capture that fits no payment, about to go back; "" for what nobody knows.

    `told` is what the provider says of the payer, `payer` who had asked for the payment of bill
    `number`; `is_difference`: the books do not have it yet.
    """

    captured: Money
    most: Money
    provider: str
    told: str = ""
    payer: str = ""
    number: str = ""
    is_difference: bool = False


def ask_amount(words: Words, asked: Asked) -> Screen:
    """Ask how much goes back."""
    text = lines(
        _head(words, asked.most, asked),
        _whom(words, asked),
        words.t("How much goes back? Write the amount. Nothing has moved yet."),
    )
    everything = Button(
        label=words.label("All of it: %(amount)s", amount=words.money(asked.most)),
        data="sendback:all",
    )
    return Screen(html=text, rows=((everything,), _leave(words)))


def ask_reason(words: Words, asked: Asked, amount: Money) -> Screen:
    """Ask why it goes back."""
    text = lines(
        _head(words, amount, asked),
        _whom(words, asked),
        words.t("Why? Your reason is kept with the books."),
    )
    return Screen(html=text, rows=(_leave(words),))


def confirm(words: Words, asked: Asked, amount: Money, *, reason: str, act: str) -> Screen:
    """Show what is about to happen."""
    rest = asked.most - amount
    text = lines(
        _head(words, amount, asked),
        _whom(words, asked),
        words.t("Reason: %(reason)s", reason=reason),
        words.t("%(rest)s of it stays unmatched.", rest=words.money(rest))
        if rest.is_positive
        else "",
        words.t("It is taken into the books first, as unmatched money.")
        if asked.is_difference
        else "",
        words.t(
            "It is set aside at once, so that nobody can match it meanwhile. If %(provider)s "
            "cannot send it back, it waits at the desk again. Nothing has moved yet.",
            provider=asked.provider,
        ),
    )
    send = Button(label=words.label("Refund %(amount)s", amount=words.money(amount)), data=act)
    return Screen(html=text, rows=((send,), _leave(words)))


def _head(words: Words, amount: Money, asked: Asked) -> Html:
    return words.t(
        "<b>Send %(amount)s of unmatched money back by %(provider)s</b>",
        amount=words.money(amount),
        provider=asked.provider,
    )


def _whom(words: Words, asked: Asked) -> Html:
    """Say to whom it goes, as far as anybody knows."""
    told = (
        words.t("To: whoever paid it. %(provider)s says: %(told)s", **_values(asked))
        if asked.told
        else words.t(
            "To: whoever paid it; %(provider)s knows the card or account.", **_values(asked)
        )
    )
    if not asked.payer:
        return told
    known = words.t("The payment was asked for by %(payer)s, who is told.", **_values(asked))
    if asked.number:
        known = words.t(
            "The payment was asked for by %(payer)s for %(number)s, who is told.", **_values(asked)
        )
    return lines(told, known)


def _values(asked: Asked) -> dict[str, str]:
    return {
        "provider": asked.provider,
        "told": asked.told,
        "payer": asked.payer,
        "number": asked.number,
    }


def _leave(words: Words) -> tuple[Button, ...]:
    return (Button(label=words.label("Cancel"), data=doors.LEAVE),)

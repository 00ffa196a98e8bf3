"""Money that a provider took and has not let go of: held until it is accepted, or cleared. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from core.domain.money import Money
from core.domain.payments import Attempt
from handlers.chat import Button, Screen
from handlers.screens import doors
from handlers.words import Html, Words, lines

MOST_SHOWN: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Money that a provider took and keeps until whoever is paid accepts it."""

    number: str
    amount: Money
    provider: str
    payer: str
    payee: str


def told_held(words: Words, held: Held, *, is_payer: bool) -> Screen:
    """Tell its payer, and whoever is paid, that a provider holds money; the others can act."""
    amount = words.money(held.amount)
    if is_payer:
        head = words.t(
            "⏸ %(provider)s holds your %(amount)s for %(number)s until %(payee)s accepts it there.",
            provider=held.provider,
            amount=amount,
            number=held.number,
            payee=held.payee,
        )
        rest = words.t(
            "%(payee)s was told. Do not pay again; the receipt comes then.", payee=held.payee
        )
        return Screen(html=lines(head, rest), is_proof=True)
    rest = words.t(
        "Accept it at %(provider)s; until then it does not count.", provider=held.provider
    )
    desk = Button(label=words.label("Desk"), data=doors.DESK)
    return Screen(html=lines(_line(words, held), rest), rows=((desk,),), is_proof=True)


def on_desk(words: Words, held: Sequence[Held]) -> Html:
    """List what providers hold until it is accepted there; "" for nothing."""
    if not held:
        return Html("")
    left = len(held) - MOST_SHOWN
    return lines(
        *(_line(words, each) for each in held[:MOST_SHOWN]),
        words.n("and %(count)s more", "and %(count)s more", left) if left > 0 else "",
        words.t("It does not count before somebody accepts it at the provider."),
    )


def story(words: Words, attempt: Attempt, *, amount: Html, provider: str) -> tuple[Html, ...]:
    """Tell the payer that he has paid, and what his money waits for."""
    if attempt.needs:
        return (
            words.t(
                "⏸ You have paid: %(provider)s holds %(amount)s until the organisation accepts it "
                "there.",
                provider=provider,
                amount=amount,
            ),
            words.t("It was told. Do not pay again; this message changes by itself."),
        )
    until = Html("")
    if attempt.cleared_by is not None:
        until = words.t("That mostly takes until %(when)s.", when=words.when(attempt.cleared_by))
    return (
        words.t(
            "🏦 You have paid: %(amount)s is being cleared at %(provider)s.",
            amount=amount,
            provider=provider,
        ),
        until,
        words.t("Do not pay again; this message changes as soon as it is there."),
    )


def _line(words: Words, held: Held) -> Html:
    return words.t(
        "⏸ %(provider)s holds %(amount)s that %(payer)s paid for %(number)s.",
        provider=held.provider,
        amount=words.money(held.amount),
        payer=held.payer,
        number=held.number,
    )

"""Unmatched money: whose it is, how much, why, and what came of it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from core.domain.money import Money
from core.use_cases.unmatched import UnmatchedMove
from handlers.chat import Button, Screen
from handlers.parsing import looks_like_pin
from handlers.screens import doors
from handlers.screens.payments import provider_name
from handlers.words import Html, Words, escape, lines

TAIL: Final = 8
"""Characters of a reference that are enough to find it in the provider's own list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody it may belong to; `unit` is "" without one."""

    person_id: int
    name: str
    unit: str


def known(words: Words, moves: Sequence[UnmatchedMove]) -> Sequence[Html]:
    """Return a line for each move: how much, where, when, and whatever is known of whose it is."""
    return [_move(words, each) for each in moves]


def _move(words: Words, move: UnmatchedMove) -> Html:
    amount, when = words.signed(move.amount), words.when(move.at)
    if not move.amount.is_positive:
        name = move.person or words.t("a member")
        return words.t(
            "%(amount)s · given to %(name)s · %(when)s", amount=amount, name=name, when=when
        )
    parts = [
        provider_name(move.provider) if move.provider else words.t("source not known"),
        f"…{move.reference[-TAIL:]}" if move.reference else "",
        move.told,
        words.t("asked by %(name)s", name=move.person) if move.person else "",
        "" if move.bill is None else move.bill.number,
    ]
    about = Html(" · ".join(escape(part) for part in parts if part))
    return words.t("%(amount)s · %(when)s · %(about)s", amount=amount, when=when, about=about)


def ask_who(
    words: Words,
    waits: Money,
    found: Sequence[Member],
    *,
    searched: str,
    moves: Sequence[UnmatchedMove],
) -> Screen:
    """Ask whose it is, and list who was found."""
    answer = Html("")
    if searched and not found:
        answer = words.t("Nobody matches “%(text)s”.", text=searched)
        if looks_like_pin(searched):
            answer = words.t("Nobody matches what you wrote.")
    text = lines(
        _head(words, waits),
        *known(words, moves),
        answer,
        words.t("Whose money is it? Write a unit or a name, for example A-14. No money moves yet."),
    )
    rows = tuple(
        (Button(label=_label(words, each), data=f"unmatched:to:{each.person_id}"),)
        for each in found
    )
    return Screen(html=text, rows=(*rows, _leave(words)))


def ask_amount(words: Words, waits: Money, name: str) -> Screen:
    """Ask how much of it."""
    text = lines(
        _head(words, waits),
        words.t("How much of it belongs to %(name)s? Write the amount.", name=name),
    )
    everything = Button(
        label=words.label("All of it: %(amount)s", amount=words.money(waits)), data="unmatched:all"
    )
    return Screen(html=text, rows=((everything,), _leave(words)))


def ask_reason(words: Words, waits: Money, *, name: str, amount: Money) -> Screen:
    """Ask why it is theirs."""
    text = lines(
        _head(words, waits),
        words.t("%(amount)s for %(name)s.", amount=words.money(amount), name=name),
        words.t("How do you know that it is theirs? Your reason is kept with the books."),
    )
    return Screen(html=text, rows=(_leave(words),))


def confirm(
    words: Words, waits: Money, *, name: str, amount: Money, reason: str, act: str
) -> Screen:
    """Show what is about to move."""
    text = lines(
        words.t(
            "Give %(amount)s of unmatched money to %(name)s", amount=words.money(amount), name=name
        ),
        words.t(
            "Unmatched: %(before)s → %(after)s",
            before=words.money(waits),
            after=words.money(waits - amount),
        ),
        words.t("Reason: %(reason)s", reason=reason),
        words.t("It goes to the wallet of %(name)s. Nothing has moved yet.", name=name),
    )
    give = Button(label=words.label("Give %(amount)s", amount=words.money(amount)), data=act)
    return Screen(html=text, rows=((give,), _leave(words)))


def given(words: Words, *, name: str, amount: Money) -> Screen:
    """Say that it moved."""
    text = words.t(
        "✅ %(amount)s moved to the wallet of %(name)s, who was told.",
        amount=words.money(amount),
        name=name,
    )
    return Screen(html=text, rows=((Button(label=words.label("Desk"), data=doors.DESK),),))


def received(words: Words, *, amount: Money, balance: Money) -> Screen:
    """Tell the member."""
    text = lines(
        words.t(
            "👛 %(amount)s that came in without a clear owner was found to be yours.",
            amount=words.money(amount),
        ),
        words.t("It is in your wallet now. Balance: %(balance)s", balance=words.money(balance)),
    )
    return Screen(html=text, rows=((Button(label=words.label("Open wallet"), data=doors.WALLET),),))


def _head(words: Words, waits: Money) -> Html:
    return words.t("<b>Unmatched money: %(amount)s</b>", amount=words.money(waits))


def _label(words: Words, each: Member) -> str:
    if not each.unit:
        return words.label("%(name)s", name=each.name)
    return words.label("%(unit)s · %(name)s", unit=each.unit, name=each.name)


def _leave(words: Words) -> tuple[Button, ...]:
    return (Button(label=words.label("Cancel"), data=doors.LEAVE),)

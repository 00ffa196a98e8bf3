"""Unmatched money: whose it is, how much, why, and what came of it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from core.domain.money import Currency, Money
from core.domain.unmatched import Unmatched
from core.use_cases.unmatched import UnmatchedMove
from handlers.chat import Button, Screen
from handlers.parsing import looks_like_pin
from handlers.screens import doors
from handlers.screens.payments import provider_name
from handlers.words import Html, Words, escape, lines

PAGE: Final = 5
TAIL: Final = 8
"""Characters of a reference that are enough to find it in the provider's own list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody it may belong to; `unit` is "" without one."""

    person_id: int
    name: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Unmatched money that waits, how it came, and what its reader may do about it."""

    unmatched: Unmatched
    came: UnmatchedMove
    may_match: bool = False
    may_refund: bool = False


def listed(
    words: Words, found: Sequence[Waiting], *, sums: Sequence[Money], following: str
) -> Screen:
    """Show a page of what waits."""
    total = words.amounts(sums)
    text = lines(
        words.t("<b>Unmatched money: %(sum)s</b>", sum=total)
        if total
        else words.t("<b>Unmatched money: none.</b>"),
        words.t(
            "It came in and fits no payment. Match it to the member whose it is, or send it back."
        )
        if found
        else "",
        words.t("All of it is on its way back: see the refunds at the desk.")
        if total and not found
        else "",
        *(_waiting_line(words, each) for each in found),
    )
    rows = tuple(row for each in found if (row := _waiting_row(words, each)))
    turns = ((words.label("Next"), following), (words.label("Back"), doors.DESK))
    last = tuple(Button(label=label, data=data) for label, data in turns if data)
    return Screen(html=text, rows=(*rows, last))


def one(words: Words, each: Waiting) -> Screen:
    """Show what a reference led to."""
    text = lines(
        words.t("<b>Kept apart: %(amount)s</b>", amount=words.money(each.unmatched.amount)),
        _waiting_line(words, each),
        words.t("It came in and is not what was asked, so nobody was credited for it."),
    )
    acts = _waiting_row(words, each)
    desk = Button(label=words.label("Desk"), data=doors.DESK)
    return Screen(html=text, rows=(*((acts,) if acts else ()), (desk,)))


def _waiting_line(words: Words, each: Waiting) -> Html:
    line, kept = _move(words, each.came), each.unmatched
    if kept.free == kept.amount:
        return line
    return words.t("%(line)s · %(rest)s left", line=line, rest=words.money(kept.free))


def _waiting_row(words: Words, each: Waiting) -> tuple[Button, ...]:
    amount, kept = words.money(each.unmatched.free), each.unmatched
    acts = (
        (words.label("Match %(amount)s", amount=amount), "unmatched:of", each.may_match),
        (words.label("Refund %(amount)s", amount=amount), "sendback:of", each.may_refund),
    )
    return tuple(Button(label=label, data=f"{door}:{kept.id}") for label, door, may in acts if may)


def known(words: Words, moves: Sequence[UnmatchedMove]) -> Sequence[Html]:
    """Return a line for each move: how much, where, when, and whatever is known of whose it is."""
    return [_move(words, each) for each in moves]


def _move(words: Words, move: UnmatchedMove) -> Html:
    amount, when = words.signed(move.amount), words.when(move.at)
    if move.is_back and not move.amount.is_positive:
        return words.t("%(amount)s · sent back · %(when)s", amount=amount, when=when)
    if not move.amount.is_positive:
        name = move.person or words.t("a member")
        return words.t(
            "%(amount)s · given to %(name)s · %(when)s", amount=amount, name=name, when=when
        )
    parts = [
        provider_name(move.provider) if move.provider else words.t("source not known"),
        words.t("a refund that came back") if move.is_back else "",
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
    bills_in: Currency,
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
        _foreign(words, waits, bills_in),
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
    words: Words,
    waits: Money,
    *,
    name: str,
    amount: Money,
    reason: str,
    act: str,
    bills_in: Currency,
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
        _foreign(words, waits, bills_in),
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


def taken_back(words: Words, *, amount: Money, owed: Money, balance: Money, payee: str) -> Screen:
    """Tell the member that a bank took it back, and what he can do."""
    text = lines(
        words.t(
            "🏦 %(amount)s left your wallet: the bank of whoever had paid it took it back. It had "
            "come in without a clear owner, and %(payee)s had found it to be yours.",
            amount=words.money(amount),
            payee=payee,
        ),
        words.t(
            "%(owed)s of it was not there; it is taken from what comes in next.",
            owed=words.money(owed),
        )
        if owed.is_positive
        else "",
        words.t("Balance: %(balance)s", balance=words.money(balance)),
        words.t(
            "What you paid from it stays paid. If the payment was yours, ask your bank why it took "
            "it back; if you think this is wrong, ask %(payee)s.",
            payee=payee,
        ),
    )
    rows = (
        (
            Button(label=words.label("Open wallet"), data=doors.WALLET),
            Button(label=words.label("Support"), data=doors.SUPPORT),
        ),
    )
    return Screen(html=text, rows=rows, is_proof=True)


def _foreign(words: Words, waits: Money, bills_in: Currency) -> Html:
    """Warn of money that its owner could only keep."""
    if waits.currency == bills_in:
        return Html("")
    return words.t(
        "⚠️ Bills here are in %(bills)s: in a wallet, %(money)s can pay none of them, and you can "
        "no longer send it back from here. Refund at the desk sends it back.",
        bills=bills_in,
        money=waits.currency,
    )


def _head(words: Words, waits: Money) -> Html:
    return words.t("<b>Unmatched money: %(amount)s</b>", amount=words.money(waits))


def _label(words: Words, each: Member) -> str:
    if not each.unit:
        return words.label("%(name)s", name=each.name)
    return words.label("%(unit)s · %(name)s", unit=each.unit, name=each.name)


def _leave(words: Words) -> tuple[Button, ...]:
    return (Button(label=words.label("Cancel"), data=doors.LEAVE),)

"""Paying: what can be paid, the choice of way and amount, the confirm card. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from core.domain.bills import Bill
from core.domain.money import Money
from core.domain.payments import Receipt
from core.domain.tenants import FeeBearer
from handlers.chat import Button, Rows, Screen
from handlers.screens import doors
from handlers.screens.charges import NO_CHARGE, Charge, charge_line, pin_row
from handlers.screens.payments import fee_sentence, provider_name
from handlers.words import Html, Words, lines


class Way(StrEnum):
    """Where the money comes from, as it stands in a button's data."""

    WALLET = "w"
    LINK = "l"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Before an amount is chosen; `balance` None for links, `data` without its verb."""

    bill: Bill
    way: Way
    least: Money
    most: Money
    balance: Money | None
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Already:
    """Who paid just this amount for the same bill a moment ago, and when; "" is who reads it."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """Before money moves: `acts` are (provider, data), one for a wallet with provider "".

    `charge` is the saved method that is offered. `before` is the wallet's available balance, None
    for links; `about` are finished lines on the providers; without `has_page` the phone is the only
    way. The buttons work until `until`.
    """

    bill: Bill
    amount: Money
    payee: str
    acts: tuple[tuple[str, str], ...]
    change: str
    cancel: str
    until: datetime
    already: Already | None = None
    before: Money | None = None
    fee_bearer: FeeBearer = FeeBearer.TENANT
    link_minutes: int = 60
    charge: Charge = NO_CHARGE
    about: Html | None = None
    has_page: bool = True


def overview(words: Words, bills: tuple[Bill, ...], *, today: date, review: int) -> Screen:
    """Show what can be paid: bills and the own wallet."""
    rows = [
        (
            Button(
                label=words.label(
                    "Pay %(number)s · %(amount)s",
                    number=bill.number,
                    amount=words.money(bill.rest),
                ),
                data=f"pay:method:{bill.id}.{bill.revision}",
            ),
        )
        for bill in bills
    ]
    shown = [
        words.t(
            "%(number)s · %(title)s · %(amount)s · due %(day)s",
            number=bill.number,
            title=bill.title,
            amount=words.money(bill.rest),
            day=words.day(bill.due_on, today=today),
        )
        for bill in bills
    ]
    nothing = [] if bills else [words.t("No bill can be paid now.")]
    to_review = words.n(
        "%(count)s bill needs your OK before it can be paid.",
        "%(count)s bills need your OK before they can be paid.",
        review,
    )
    text = lines(
        f"<b>{words.t('What can be paid')}</b>",
        *shown,
        *nothing,
        to_review if review else "",
    )
    last = (
        Button(label=words.label("Top up"), data=doors.TOP_UP),
        Button(label=words.label("Bills"), data=doors.BILLS),
        Button(label=words.label("Back"), data=doors.MENU),
    )
    return Screen(html=text, rows=(*rows, last))


def methods(words: Words, bill: Bill, *, balance: Money, note: Html | None = None) -> Screen:
    """Ask how a bill is to be paid."""
    target = f"{bill.id}.{bill.revision}"
    text = lines(
        note or "",
        words.t(
            "<b>Pay %(number)s</b> · %(title)s · %(rest)s",
            number=bill.number,
            title=bill.title,
            rest=words.money(bill.rest),
        ),
        words.t("In your wallet: %(balance)s", balance=words.money(balance)),
        words.t("How do you want to pay?"),
    )
    link = Button(label=words.label("Pay by link"), data=f"pay:link:{target}")
    wallet = Button(label=words.label("Pay from wallet"), data=f"pay:wallet:{target}")
    top_up = Button(label=words.label("Top up"), data=doors.TOP_UP)
    return Screen(
        html=text,
        rows=(
            (wallet, link) if balance.is_positive else (link, top_up),
            (Button(label=words.label("Back"), data=doors.bill(bill.id)),),
        ),
    )


def amounts(words: Words, view: Choice, *, note: Html | None = None) -> Screen:
    """Ask for the whole rest or a part; `note` is a finished line on top."""
    rows: list[tuple[Button, ...]] = [
        (
            Button(
                label=words.label("Full %(amount)s", amount=words.money(view.most)),
                data=f"pay:full:{view.way}.{view.data}",
            ),
        )
    ]
    if view.least < view.most:
        part = Button(label=words.label("Part"), data=f"pay:part:{view.way}.{view.data}")
        rows.append((part,))
    rows.append((Button(label=words.label("Back"), data=doors.bill(view.bill.id)),))
    text = lines(note or "", _bill_line(words, view.bill), *_limits(words, view))
    return Screen(html=text, rows=tuple(rows))


def ask_amount(words: Words, view: Choice) -> Screen:
    """Ask for a part's amount; it is typed."""
    text = lines(
        _bill_line(words, view.bill),
        *_limits(words, view),
        words.t(
            "How much do you want to pay now? Write the amount, for example %(example)s.",
            example=words.money(view.least),
        ),
    )
    change = Button(label=words.label("Back"), data=f"pay:change:{view.way}.{view.data}")
    return Screen(html=text, rows=((change,),))


def confirm(words: Words, view: Confirm, *, note: Html | None = None) -> Screen:
    """Show what is about to happen: what, how much, to whom, from where, and the fee."""
    amount = words.money(view.amount)
    rest = view.bill.rest - view.amount
    heading = words.t("Pay %(amount)s to %(payee)s", amount=amount, payee=view.payee)
    left = words.t("Left to pay afterwards: %(rest)s", rest=words.money(rest))
    text = lines(
        note or "",
        _already_line(words, view),
        f"<b>{heading}</b>",
        words.t("for %(number)s · %(title)s", number=view.bill.number, title=view.bill.title),
        _source_line(words, view),
        left if rest.is_positive else words.t("This pays the bill in full."),
        words.t("You can confirm this until %(time)s.", time=words.clock(view.until)),
    )
    return Screen(html=text, rows=(*_acts(words, view, amount), _last_row(words, view)))


def moved_from_wallet(words: Words, bill: Bill, receipt: Receipt, *, payee: str) -> Screen:
    """Turn the confirm card into its short, final form; the proof is the receipt that follows."""
    moved = words.t(
        "👛 %(amount)s moved from your wallet to %(payee)s, for %(number)s · %(time)s · no fee",
        amount=words.money(receipt.amount),
        payee=payee,
        number=bill.number,
        time=words.clock(receipt.issued_at),
    )
    now = words.t("In your wallet now: %(balance)s", balance=words.money(receipt.balance_after))
    rest = words.t("Left to pay: %(rest)s", rest=words.money(bill.rest))
    proof = Button(
        label=words.label("Show %(number)s", number=receipt.number), data=doors.receipt(receipt.id)
    )
    about = Button(label=words.label("Open bill"), data=doors.bill(bill.id))
    text = lines(
        moved,
        now,
        rest if bill.rest.is_positive else "",
        words.t("Your receipt is in the next message."),
    )
    return Screen(html=text, rows=((proof, about),))


def _bill_line(words: Words, bill: Bill) -> Html:
    return words.t(
        "<b>%(number)s</b> · %(title)s · left to pay %(rest)s",
        number=bill.number,
        title=bill.title,
        rest=words.money(bill.rest),
    )


def _limits(words: Words, view: Choice) -> tuple[Html, ...]:
    part = words.t(
        "A part is at least %(least)s; %(most)s may be paid now.",
        least=words.money(view.least),
        most=words.money(view.most),
    )
    wallet = Html("")
    if view.balance is not None:
        wallet = words.t("In your wallet: %(balance)s", balance=words.money(view.balance))
    return (wallet, part if view.least < view.most else Html(""))


def _already_line(words: Words, view: Confirm) -> Html:
    if view.already is None:
        return Html("")
    at = words.clock(view.already.at)
    if not view.already.name:
        return words.t(
            "⚠️ You paid just this amount for this bill at %(time)s. Do you want to pay it again?",
            time=at,
        )
    return words.t(
        "⚠️ %(name)s paid just this amount for this bill at %(time)s. Do you want to pay it again?",
        name=view.already.name,
        time=at,
    )


def _source_line(words: Words, view: Confirm) -> Html:
    if view.before is not None:
        return words.t(
            "From wallet: %(before)s → %(after)s · no fee",
            before=words.money(view.before),
            after=words.money(view.before - view.amount),
        )
    if not (view.has_page or view.charge.pay):
        fee = fee_sentence(words, view.fee_bearer)
        return lines(fee, view.about or "", charge_line(words, view.charge))
    valid = words.n(
        "By link, valid %(count)s minute. %(fee)s",
        "By link, valid %(count)s minutes. %(fee)s",
        view.link_minutes,
        fee=fee_sentence(words, view.fee_bearer),
    )
    page = words.t("You pay on the provider's own page.")
    if view.charge.pay:
        page = words.t(
            "By link you pay on the provider's own page; %(method)s is charged at once, without "
            "a page.",
            method=view.charge.method,
        )
    return lines(valid, view.about or "", page, charge_line(words, view.charge))


def _acts(words: Words, view: Confirm, amount: Html) -> Rows:
    rows = []
    method, charge = view.charge.method, view.charge.pay
    if charge:
        label = words.label("Pay %(amount)s with %(method)s", amount=amount, method=method)
        rows.append((Button(label=label, data=charge),))
    for provider, data in view.acts:
        label = words.label("Pay %(amount)s", amount=amount)
        if provider:
            label = words.label(
                "Pay %(amount)s by %(provider)s", amount=amount, provider=provider_name(provider)
            )
        rows.append((Button(label=label, data=data),))
    return (*rows, *pin_row(words, view.charge))


def _last_row(words: Words, view: Confirm) -> tuple[Button, ...]:
    return (
        Button(label=words.label("Change"), data=view.change),
        Button(label=words.label("Cancel"), data=view.cancel),
    )

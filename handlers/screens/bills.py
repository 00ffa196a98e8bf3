"""Bills as people see them: the list and the card. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from core.domain.bills import (
    Acknowledgment,
    Bill,
    BillFilter,
    BillSums,
    Life,
)
from core.domain.disputes import DisputeReason
from core.domain.money import Money
from handlers.chat import Button, Rows, Screen
from handlers.screens import doors
from handlers.screens.statuses import meaning, reason_word, status_word, title, type_word
from handlers.words import Html, Words, lines

PAGE = 5
CODES: Mapping[BillFilter, str] = {
    BillFilter.TO_REVIEW: "r",
    BillFilter.TO_PAY: "p",
    BillFilter.OVERDUE: "o",
    BillFilter.PAID: "d",
    BillFilter.DISPUTED: "x",
    BillFilter.ALL: "a",
}
"""Filters as they stand in a button's data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in which list somebody is; `after` is the last bill of the page before, 0 for none.

    Written `o.r.2.123`: own or everybody's, filter, page, after.
    """

    is_all: bool = False
    which: BillFilter = BillFilter.ALL
    page: int = 1
    after: int = 0

    def __str__(self) -> str:
        """Return the form that fits a button's data."""
        return f"{'e' if self.is_all else 'o'}.{CODES[self.which]}.{self.page}.{self.after}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BillList:
    """One page of a list; `previous` and `following` are places, None where there is none."""

    place: Place
    sums: BillSums
    bills: tuple[Bill, ...]
    counts: Mapping[BillFilter, int]
    today: date
    tenant_name: str
    previous: Place | None = None
    following: Place | None = None
    is_staff: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BillCard:
    """A bill for one reader; the data of his buttons, "" for what he may not do now.

    `whose` is the unit or the person, `dispute_until` None once the time to dispute is over.
    """

    bill: Bill
    today: date
    whose: str
    issuer: str
    is_debtor: bool = True
    dispute_until: datetime | None = None
    dispute_number: str = ""
    dispute_reason: DisputeReason | None = None
    back: str = doors.BILLS
    acknowledge_pay: str = ""
    acknowledge: str = ""
    dispute: str = ""
    withdraw: str = ""
    withdraw_acknowledge: str = ""
    pay_wallet: str = ""
    pay_link: str = ""
    waiting: str = ""
    more: str = ""
    moves: Rows = field(default_factory=tuple)


def bill_list(words: Words, view: BillList) -> Screen:
    """Show one page of bills under the summary line and the filters."""
    shown = [_line(words, bill, view.today, view.place.is_all) for bill in view.bills]
    pages = max(1, -(-view.counts[view.place.which] // PAGE))
    title = words.t("Bills of %(name)s", name=view.tenant_name)
    if not view.place.is_all:
        title = words.t("Your bills")
    where = which_word(words, view.place.which)
    if pages > 1 or view.place.page > 1:
        where = words.t(
            "%(which)s, page %(page)s/%(pages)s",
            which=where,
            page=view.place.page,
            pages=max(pages, view.place.page),
        )
    text = lines(
        f"<b>{title}</b>", summary(words, view.sums), "", f"<b>{where}</b>", *_or_none(words, shown)
    )
    places = [_opener(words, bill, view.place) for bill in view.bills]
    return Screen(html=text.replace("\n<b>", "\n\n<b>"), rows=(*places, *_list_rows(words, view)))


def summary(words: Words, sums: BillSums) -> Html:
    """Return the one line over all lists: counts and open rests of what there is."""
    parts = []
    if sums.review:
        parts.append(words.t("To review %(count)s", count=sums.review))
    if sums.pay:
        amount = words.money(Money(sums.pay_minor, sums.currency))
        parts.append(words.t("To pay %(count)s = %(amount)s", count=sums.pay, amount=amount))
    if sums.overdue:
        amount = words.money(Money(sums.overdue_minor, sums.currency))
        parts.append(words.t("Overdue %(count)s = %(amount)s", count=sums.overdue, amount=amount))
    if sums.disputed:
        parts.append(words.t("Disputed %(count)s", count=sums.disputed))
    if not parts:
        return words.t("Nothing is open.")
    return Html(" · ".join(parts))


def bill_card(words: Words, view: BillCard, *, note: Html | None = None) -> Screen:
    """Show a bill, what its status means and what its reader may do."""
    return Screen(html=facts(words, view, note=note), rows=_card_rows(words, view))


def facts(words: Words, view: BillCard, *, note: Html | None = None) -> Html:
    """Return a bill's card as text."""
    bill = view.bill
    amount = words.t(
        "%(total)s · due %(day)s",
        total=words.money(bill.total),
        day=words.day(bill.due_on, today=view.today),
    )
    issued = words.t(
        "For %(whose)s · issued by %(issuer)s, %(day)s",
        whose=view.whose,
        issuer=view.issuer,
        day=words.when(bill.issued_at, today=view.today),
    )
    version = words.t("Version %(number)s", number=bill.revision) if bill.revision > 1 else ""
    return lines(
        note or "",
        f"<b>{title(words, bill, view.today)}</b>",
        _named(words, bill),
        amount,
        _paid_line(words, bill),
        issued,
        words.t("%(text)s", text=bill.description) if bill.description else "",
        version,
        _dispute_line(words, view),
        meaning(words, bill, view.today, is_debtor=view.is_debtor),
        words.t("A payment for it is under way: see how it stands before you pay again.")
        if view.waiting
        else "",
        _window_line(words, view),
    )


def _named(words: Words, bill: Bill) -> Html:
    """Return what the bill is for; the type is not said twice where the title begins with it."""
    kind = type_word(words, bill.type)
    if bill.title.casefold().startswith(kind.casefold()):
        return words.t("%(title)s", title=bill.title)
    return words.t("%(type)s · %(title)s", type=kind, title=bill.title)


def which_word(words: Words, which: BillFilter) -> str:
    """Return a filter's name, as its button says it."""
    return {
        BillFilter.TO_REVIEW: words.label("To review"),
        BillFilter.TO_PAY: words.label("To pay"),
        BillFilter.OVERDUE: words.label("Overdue"),
        BillFilter.PAID: words.label("Paid"),
        BillFilter.DISPUTED: words.label("Disputed"),
        BillFilter.ALL: words.label("All"),
    }[which]


def _paid_line(words: Words, bill: Bill) -> Html:
    if not bill.paid.is_positive or not bill.rest.is_positive:
        return Html("")
    return words.t(
        "Paid %(paid)s · left to pay %(rest)s",
        paid=words.money(bill.paid),
        rest=words.money(bill.rest),
    )


def _dispute_line(words: Words, view: BillCard) -> Html:
    if not view.dispute_number or view.dispute_reason is None:
        return Html("")
    return words.t(
        "Dispute %(number)s: %(reason)s",
        number=view.dispute_number,
        reason=reason_word(words, view.dispute_reason),
    )


def _window_line(words: Words, view: BillCard) -> Html:
    is_asked = view.is_debtor and view.bill.acknowledgment is Acknowledgment.PENDING
    if not is_asked or view.bill.life is Life.CANCELLED:
        return Html("")
    if view.dispute_until is None:
        return words.t("The time to dispute it is over.")
    until = words.when(view.dispute_until, today=view.today)
    return words.t("You can dispute it until %(when)s.", when=until)


def _line(words: Words, bill: Bill, today: date, is_all: bool) -> Html:  # noqa: FBT001 - a cell of the line
    amount = bill.rest if bill.rest.is_positive and bill.life is Life.OPEN else bill.total
    day = words.day(bill.due_on, today=today)
    values = {
        "number": bill.number,
        "title": bill.title,
        "amount": words.money(amount),
        "day": day,
        "status": status_word(words, bill, today),
    }
    return words.t("%(number)s · %(title)s · %(amount)s · due %(day)s · %(status)s", **values)


def _or_none(words: Words, shown: Sequence[Html]) -> Sequence[Html]:
    return shown or [words.t("Nothing here.")]


def _opener(words: Words, bill: Bill, place: Place) -> tuple[Button, ...]:
    label = words.label(
        "%(number)s · %(amount)s",
        number=bill.number,
        amount=words.money(bill.rest if bill.rest.is_positive else bill.total),
    )
    return (Button(label=label, data=doors.bill(bill.id, place)),)


def _list_rows(words: Words, view: BillList) -> Rows:
    place = view.place

    def chip(which: BillFilter) -> Button:
        count = view.counts[which]
        label = which_word(words, which)
        target = Place(is_all=place.is_all, which=which)
        return Button(label=f"{label} {count}" if count else label, data=f"bills:list:{target}")

    pager = []
    if view.previous is not None:
        pager.append(Button(label=words.label("Previous"), data=f"bills:list:{view.previous}"))
    if view.following is not None:
        pager.append(Button(label=words.label("Next"), data=f"bills:list:{view.following}"))
    last = [Button(label=words.label("Back"), data=doors.MENU)]
    if view.is_staff:
        other = Place(is_all=not place.is_all, which=place.which)
        label = words.label("Only mine") if place.is_all else words.label("Everybody's")
        last.insert(0, Button(label=label, data=f"bills:list:{other}"))
    return (
        *((tuple(pager),) if pager else ()),
        (chip(BillFilter.TO_REVIEW), chip(BillFilter.TO_PAY), chip(BillFilter.OVERDUE)),
        (chip(BillFilter.PAID), chip(BillFilter.DISPUTED)),
        tuple(last),
    )


def _card_rows(words: Words, view: BillCard) -> Rows:
    offered = (
        ((words.label("Acknowledge & pay"), view.acknowledge_pay),),
        ((words.label("Acknowledge"), view.acknowledge), (words.label("Dispute"), view.dispute)),
        ((words.label("See the waiting payment"), view.waiting),),
        (
            (words.label("Pay from wallet"), view.pay_wallet),
            (words.label("Pay by link"), view.pay_link),
        ),
        ((words.label("Withdraw dispute"), view.withdraw),),
        ((words.label("Withdraw and acknowledge"), view.withdraw_acknowledge),),
    )
    rows = tuple(
        tuple(Button(label=label, data=data) for label, data in row if data) for row in offered
    )
    ends = ((words.label("More"), view.more), (words.label("Back"), view.back))
    last = tuple(Button(label=label, data=data) for label, data in ends if data)
    return (*(row for row in rows if row), *view.moves, last)

"""Writing a new bill: one question at a time, then the bill as its debtor will see it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from core.domain.bills import MAX_DESCRIPTION, MAX_TITLE, BillType
from core.domain.money import Currency, Money
from core.domain.people import UnitId
from handlers.chat import Button, Rows, Screen
from handlers.parsing import looks_like_pin
from handlers.screens import doors
from handlers.screens.statuses import type_word
from handlers.words import Html, Words, lines

MOST_NAMES = 8
MAX_LABEL = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A unit that may be billed, with who lives there; or a person without a unit (`unit_id` 0)."""

    unit_id: UnitId
    person_id: int
    code: str
    names: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What was answered so far, in order; "" and None are still open.

    `has_back`: there is an answer to go back to.
    """

    who: str = ""
    type: BillType | None = None
    title: str = ""
    total: Money | None = None
    due_on: date | None = None
    has_back: bool = False


def ask_who(words: Words, summary: Summary, found: Sequence[Found], *, searched: str) -> Screen:
    """Ask whom the bill is for; buttons for what was found."""
    question = words.t("Who is it for? Write a unit or a name, for example A-14 or Bello.")
    result = Html("")
    if searched and not found:
        result = words.t("Nobody and no unit matches “%(text)s”.", text=searched)
        if looks_like_pin(searched):
            result = words.t("Nobody and no unit matches what you wrote.")
    elif found:
        result = words.t("Choose one, or write another unit or name.")
    rows = tuple((_found_button(words, each),) for each in found)
    return _screen(words, summary, lines(result, question if not found else ""), rows)


def ask_type(words: Words, summary: Summary) -> Screen:
    """Ask what the bill is for."""
    buttons = [
        Button(label=str(type_word(words, each)), data=f"newbill:type:{each.value}")
        for each in BillType
    ]
    rows = tuple(tuple(buttons[i : i + 2]) for i in range(0, len(buttons), 2))
    return _screen(words, summary, words.t("What is it for? Press one."), rows)


def suggested_title(words: Words, kind: BillType, month: date) -> str:
    """Return the title that is offered: what for, and the month."""
    return str(
        words.t("%(type)s, %(month)s", type=type_word(words, kind), month=month_of(words, month))
    )


def month_of(words: Words, day: date) -> Html:
    """Return a date's month and year."""
    names = (
        words.t("January %(year)s", year=day.year),
        words.t("February %(year)s", year=day.year),
        words.t("March %(year)s", year=day.year),
        words.t("April %(year)s", year=day.year),
        words.t("May %(year)s", year=day.year),
        words.t("June %(year)s", year=day.year),
        words.t("July %(year)s", year=day.year),
        words.t("August %(year)s", year=day.year),
        words.t("September %(year)s", year=day.year),
        words.t("October %(year)s", year=day.year),
        words.t("November %(year)s", year=day.year),
        words.t("December %(year)s", year=day.year),
    )
    return names[day.month - 1]


def ask_title(words: Words, summary: Summary, *, suggestion: str) -> Screen:
    """Ask for the title."""
    question = words.t(
        "Which title? Write one of at most %(limit)s characters, or use “%(title)s”.",
        limit=MAX_TITLE,
        title=suggestion,
    )
    rows = ((Button(label=words.label("Use this title"), data="newbill:title"),),)
    return _screen(words, summary, question, rows)


def ask_amount(words: Words, summary: Summary, currency: Currency) -> Screen:
    """Ask for the amount."""
    question = words.t(
        "How much? Write the amount, for example %(example)s.",
        example=words.money(Money(500_000, currency)),
    )
    return _screen(words, summary, question, ())


def ask_due(words: Words, summary: Summary, *, week: date, end: date) -> Screen:
    """Ask until when it is to be paid."""
    question = words.t(
        "Until when? Press one, or write a date, for example %(example)s.",
        example=end.strftime("%d/%m/%Y"),
    )
    rows = (
        (
            Button(
                label=words.label("In 7 days, %(day)s", day=words.day(week)),
                data="newbill:due:week",
            ),
        ),
        (
            Button(
                label=words.label("Month end, %(day)s", day=words.day(end)),
                data="newbill:due:end",
            ),
        ),
    )
    return _screen(words, summary, question, rows)


def ask_past(words: Words, summary: Summary, due_on: date) -> Screen:
    """Ask whether a due date that has passed is meant."""
    question = words.t(
        "%(day)s is in the past: the bill would be overdue at once. Bill it anyway? Or write "
        "another date.",
        day=words.day(due_on),
    )
    anyway = Button(label=words.label("Bill it anyway"), data=f"newbill:past:{due_on.isoformat()}")
    return _screen(words, summary, question, ((anyway,),))


def ask_note(words: Words, summary: Summary) -> Screen:
    """Ask for a note."""
    question = words.t(
        "A note for the debtor? Write at most %(limit)s characters, or leave it out.",
        limit=MAX_DESCRIPTION,
    )
    rows = ((Button(label=words.label("No note"), data="newbill:nonote"),),)
    return _screen(words, summary, question, rows)


def preview(words: Words, card: Html, *, readers: Sequence[str], act: str) -> Screen:
    """Show the bill as its debtor will see it, before it is issued."""
    told = words.t("Nobody has joined for it yet: it waits for whoever joins.")
    if readers:
        told = words.t("Will be told: %(names)s", names=_names(words, readers))
    heading = words.t("This is what the debtor will see:")
    return Screen(
        html=Html(f"{heading}\n\n{card}\n\n{told}"),
        rows=(
            (Button(label=words.label("Issue"), data=act),),
            (
                Button(label=words.label("Change"), data="newbill:change"),
                Button(label=words.label("Cancel"), data=doors.LEAVE),
            ),
        ),
    )


def change(words: Words, summary: Summary) -> Screen:
    """Ask what to change."""
    fields = (
        (words.label("Who"), "who"),
        (words.label("Type"), "type"),
        (words.label("Title"), "title"),
        (words.label("Amount"), "amount"),
        (words.label("Due date"), "due"),
        (words.label("Note"), "note"),
    )
    buttons = [Button(label=label, data=f"newbill:again:{field}") for label, field in fields]
    rows = tuple(tuple(buttons[i : i + 3]) for i in range(0, len(buttons), 3))
    return _screen(words, summary, words.t("What do you want to change?"), rows)


def issued(words: Words, *, number: str, total: Money, readers: Sequence[str]) -> Html:
    """Return the line over the card of a bill that was just issued."""
    if not readers:
        return words.t(
            "✅ Issued %(number)s over %(total)s. Nobody has joined for it yet.",
            number=number,
            total=words.money(total),
        )
    return words.t(
        "✅ Issued %(number)s over %(total)s. Told: %(names)s.",
        number=number,
        total=words.money(total),
        names=_names(words, readers),
    )


def _names(words: Words, readers: Sequence[str]) -> str:
    shown = ", ".join(readers[:MOST_NAMES])
    left = len(readers) - MOST_NAMES
    if left <= 0:
        return shown
    return words.label("%(names)s and %(count)s more", names=shown, count=left)


def _found_button(words: Words, each: Found) -> Button:
    label = f"{each.code} · {each.names}" if each.code and each.names else each.code or each.names
    kind = "unit" if each.unit_id else "person"
    label = label if len(label) <= MAX_LABEL else f"{label[: MAX_LABEL - 1]}…"
    return Button(label=label, data=f"newbill:{kind}:{each.unit_id or each.person_id}")


def _screen(words: Words, summary: Summary, question: Html, rows: Rows) -> Screen:
    back = Button(label=words.label("Back"), data="newbill:back")
    cancel = Button(label=words.label("Cancel"), data=doors.LEAVE)
    last = (back, cancel) if summary.has_back else (cancel,)
    text = lines(words.t("<b>New bill</b>"), *_answered(words, summary), question)
    return Screen(html=text, rows=(*rows, last))


def _answered(words: Words, summary: Summary) -> tuple[Html, ...]:
    told = []
    if summary.who:
        told.append(words.t("For: %(who)s", who=summary.who))
    if summary.type is not None:
        told.append(words.t("Type: %(type)s", type=type_word(words, summary.type)))
    if summary.title:
        told.append(words.t("Title: %(title)s", title=summary.title))
    if summary.total is not None:
        told.append(words.t("Amount: %(total)s", total=words.money(summary.total)))
    if summary.due_on is not None:
        told.append(words.t("Due: %(day)s", day=words.day(summary.due_on)))
    return tuple(told)

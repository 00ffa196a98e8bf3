"""A new bill, asked one thing at a time; the draft lives in the dialogue until it is issued.

The answers may come in any order: the first one that is missing is asked next, so changing one
later asks only for that one. The dialogue keeps the draft's key: it marks the dialogue as ours, and
whichever [Issue] of it is pressed, it becomes one bill.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from core.domain.bills import MAX_DESCRIPTION, MAX_TITLE, Bill, BillId, BillType
from core.domain.calendar import local_date
from core.domain.errors import InvalidInput, NotFound, StaleCard, TooLong
from core.domain.money import Money
from core.domain.people import PersonId, Scope, UnitId
from core.ports import Transaction
from core.use_cases.bills import check_due, issue_bill
from handlers import addressees, parsing
from handlers.cards import bill_screen, reader_of
from handlers.chat import Did, Reply, Screen, Show, Step
from handlers.screens import bills, newbill
from handlers.visit import DRAFT, IntentRoute, Routes, Visit, number, offer, open_draft

FIELDS: Final = ("who", "type", "title", "amount", "due", "note")
WAS: Final = "was"
"""Under which a draft keeps the answer that is being changed, by its field, for who goes back."""


def start(tx: Transaction, visit: Visit) -> Reply:
    """Begin a new bill; a command's text is searched at once."""
    _check(visit)
    fresh = replace(visit, data={DRAFT: open_draft(tx, visit)})
    text = visit.argument.strip() if visit.incoming.did is Did.COMMAND else ""
    return _ask_who(tx, fresh, text) if text else _next(tx, fresh, fresh.data)


def who_typed(tx: Transaction, visit: Visit) -> Reply:
    """Search for the typed unit or name."""
    return _ask_who(tx, visit, visit.incoming.text.strip())


def unit_pressed(tx: Transaction, visit: Visit) -> Reply:
    """Bill a unit."""
    unit = tx.people.unit(UnitId(_id(visit)))
    if unit.tenant_id != visit.here[0].id:
        raise NotFound(kind="unit")
    return _answer(tx, visit, who=unit.code, unit=unit.id, person=0)


def person_pressed(tx: Transaction, visit: Visit) -> Reply:
    """Bill a person."""
    person_id = PersonId(_id(visit))
    mine = tx.people.memberships_of(person_id)
    if not any(membership.tenant_id == visit.here[0].id for membership in mine):
        raise NotFound(kind="person")
    return _answer(tx, visit, who=tx.people.person(person_id).name, unit=0, person=person_id)


def type_pressed(tx: Transaction, visit: Visit) -> Reply:
    """Take the type."""
    if visit.argument not in list(BillType):
        raise StaleCard
    return _answer(tx, visit, type=visit.argument)


def type_typed(tx: Transaction, visit: Visit) -> Reply:
    """Ask again: a type is pressed, not typed."""
    return _next(tx, visit, visit.data)


def title_pressed(tx: Transaction, visit: Visit) -> Reply:
    """Take the suggested title."""
    return _answer(tx, visit, title=_suggestion(tx, visit))


def title_typed(tx: Transaction, visit: Visit) -> Reply:
    """Take a title of one's own."""
    title = " ".join(visit.incoming.text.split())
    if not title:
        raise InvalidInput(what="title", example=_suggestion(tx, visit))
    if len(title) > MAX_TITLE:
        raise TooLong(limit=MAX_TITLE)
    return _answer(tx, visit, title=title)


def amount_typed(tx: Transaction, visit: Visit) -> Reply:
    """Take the amount; a wrong one is asked again."""
    total = parsing.amount(visit.incoming.text, visit.here[0].currency)
    return _answer(tx, visit, amount=total.minor)


def due_pressed(tx: Transaction, visit: Visit) -> Reply:
    """Take one of the offered days."""
    today = _today(tx, visit)
    due_on = parsing.month_end(today) if visit.argument == "end" else today + timedelta(days=7)
    return _answer(tx, visit, due=due_on.isoformat())


def due_typed(tx: Transaction, visit: Visit) -> Reply:
    """Take a date; a wrong one is asked again, and one that has passed is asked about."""
    _check_draft(visit)
    today = _today(tx, visit)
    due_on = parsing.day(visit.incoming.text, today=today)
    check_due(due_on, today=today)
    if due_on >= today:
        return _answer(tx, visit, due=due_on.isoformat())
    screen = newbill.ask_past(visit.words, _summary(visit), due_on)
    return Reply(screen=screen, show=Show.SEND, step=Step(name="newbill.due", data=visit.data))


def past_pressed(tx: Transaction, visit: Visit) -> Reply:
    """Take a date that has passed: it is meant."""
    try:
        due_on = date.fromisoformat(visit.argument)
    except ValueError:
        raise StaleCard from None
    check_due(due_on, today=_today(tx, visit))
    return _answer(tx, visit, due=due_on.isoformat())


def note_pressed(tx: Transaction, visit: Visit) -> Reply:
    """Leave the note out."""
    return _answer(tx, visit, note="")


def note_typed(tx: Transaction, visit: Visit) -> Reply:
    """Take the note."""
    note = visit.incoming.text.strip()
    if len(note) > MAX_DESCRIPTION:
        raise TooLong(limit=MAX_DESCRIPTION)
    return _answer(tx, visit, note=note)


def change(tx: Transaction, visit: Visit) -> Reply:
    """Ask what to change in the draft."""
    _check_draft(visit)
    screen = newbill.change(visit.words, _summary(visit))
    return Reply(screen=screen, step=Step(name="newbill.preview", data=visit.data))


def again(tx: Transaction, visit: Visit) -> Reply:
    """Ask one thing of the draft again."""
    _check_draft(visit)
    if visit.argument not in FIELDS:
        raise StaleCard
    whole = _whole(visit.data)
    kept = {name: value for name, value in whole.items() if name != visit.argument}
    if visit.argument in whole:
        kept[WAS] = {visit.argument: whole[visit.argument]}
    return _next(tx, visit, kept)


def back(tx: Transaction, visit: Visit) -> Reply:
    """Ask for the answer before this one again, or leave the one that was being changed as it was.

    From the list of what may be changed it leads to the preview.
    """
    _check_draft(visit)
    kept = _whole(visit.data)
    at = next((at for at, field in enumerate(FIELDS) if field not in kept), len(FIELDS))
    if WAS not in visit.data and 0 < at < len(FIELDS):
        kept.pop(FIELDS[at - 1])
    return _next(tx, visit, kept)


def issued(tx: Transaction, visit: Visit) -> Reply:
    """Issue the bill of the pressed button."""
    arguments = visit.intent.arguments if visit.intent else {}
    tenant, actor = visit.here
    person = number(arguments, "person")
    bill = issue_bill(
        tx,
        actor=actor,
        unit_id=UnitId(number(arguments, "unit")),
        debtor_id=PersonId(person) if person else None,
        type_=BillType(str(arguments["type"])),
        title=str(arguments["title"]),
        total=Money(number(arguments, "amount"), tenant.currency),
        due_on=date.fromisoformat(str(arguments["due"])),
        description=str(arguments["note"]),
    )
    readers = addressees.readers(tx, unit=bill.unit_id, person=person)
    note = newbill.issued(visit.words, number=bill.number, total=bill.total, readers=readers)
    screen = replace(bill_screen(tx, reader_of(visit), bill, note=note), is_proof=True)
    return Reply(screen=screen, toast=visit.words.label("Issued"), ends_dialogue=True)


def _answer(tx: Transaction, visit: Visit, **answers: object) -> Reply:
    """Keep an answer in the draft and ask for what is missing."""
    if DRAFT not in visit.data:
        raise StaleCard
    kept = {name: value for name, value in visit.data.items() if name != WAS}
    return _next(tx, visit, {**kept, **answers})


def _whole(data: Mapping[str, object]) -> dict[str, object]:
    """Return a draft's data with the answer that is being changed as it was."""
    was = data.get(WAS)
    kept = {name: value for name, value in data.items() if name != WAS}
    return {**kept, **was} if isinstance(was, dict) else kept


def _next(tx: Transaction, visit: Visit, data: Mapping[str, object]) -> Reply:
    """Ask for the first answer that is missing, or show the preview."""
    _check(visit)
    drafted = replace(visit, data=data)
    missing = next((field for field in FIELDS if field not in data), "preview")
    screen = _QUESTIONS[missing](tx, drafted)
    show = Show.EDIT if visit.incoming.did is Did.PRESS else Show.SEND
    return Reply(screen=screen, show=show, step=Step(name=f"newbill.{missing}", data=data))


def _who(tx: Transaction, visit: Visit) -> Screen:
    return newbill.ask_who(visit.words, _summary(visit), (), searched="")


def _type(tx: Transaction, visit: Visit) -> Screen:
    return newbill.ask_type(visit.words, _summary(visit))


def _title(tx: Transaction, visit: Visit) -> Screen:
    suggestion = _suggestion(tx, visit)
    return newbill.ask_title(visit.words, _summary(visit), suggestion=suggestion)


def _amount(tx: Transaction, visit: Visit) -> Screen:
    return newbill.ask_amount(visit.words, _summary(visit), visit.here[0].currency)


def _due(tx: Transaction, visit: Visit) -> Screen:
    today = _today(tx, visit)
    week, end = today + timedelta(days=7), parsing.month_end(today)
    return newbill.ask_due(visit.words, _summary(visit), week=week, end=end)


def _note(tx: Transaction, visit: Visit) -> Screen:
    return newbill.ask_note(visit.words, _summary(visit))


def _preview(tx: Transaction, visit: Visit) -> Screen:
    data = visit.data
    unit, person = UnitId(number(data, "unit")), number(data, "person")
    bound = {field: data[field] for field in FIELDS if field != "who"}
    act = offer(tx, visit, "bill.issue", unit=unit, person=person, draft=data[DRAFT], **bound)
    view = bills.BillCard(
        bill=_draft(tx, visit),
        today=_today(tx, visit),
        whose=str(data["who"]),
        issuer=visit.person.name,
        dispute_until=tx.now + timedelta(days=visit.here[0].policy.dispute_days),
    )
    readers = addressees.readers(tx, unit=unit, person=person)
    return newbill.preview(visit.words, bills.facts(visit.words, view), readers=readers, act=act)


_QUESTIONS: Final[Mapping[str, Callable[[Transaction, Visit], Screen]]] = {
    "who": _who,
    "type": _type,
    "title": _title,
    "amount": _amount,
    "due": _due,
    "note": _note,
    "preview": _preview,
}


def _ask_who(tx: Transaction, visit: Visit, text: str) -> Reply:
    _check(visit)
    text = text[: parsing.MAX_NAME]
    found = addressees.found(tx, tenant_id=visit.here[0].id, text=text) if text else ()
    screen = newbill.ask_who(visit.words, _summary(visit), found, searched=text)
    return Reply(screen=screen, show=Show.SEND, step=Step(name="newbill.who", data=visit.data))


def _draft(tx: Transaction, visit: Visit) -> Bill:
    """Return the bill as it would be issued now, for the preview."""
    tenant, actor = visit.here
    data = visit.data
    person = number(data, "person")
    return Bill(
        id=BillId(0),
        tenant_id=tenant.id,
        number=visit.words.label("new"),
        unit_id=UnitId(number(data, "unit")),
        debtor_id=PersonId(person) if person else None,
        type=BillType(str(data["type"])),
        title=str(data["title"]),
        description=str(data["note"]),
        currency=tenant.currency,
        total_minor=number(data, "amount"),
        due_on=date.fromisoformat(str(data["due"])),
        issued_at=tx.now,
        issued_by=actor.person_id,
    )


def _summary(visit: Visit) -> newbill.Summary:
    data = visit.data
    currency = visit.here[0].currency
    return newbill.Summary(
        who=str(data.get("who", "")),
        type=BillType(str(data["type"])) if "type" in data else None,
        title=str(data.get("title", "")),
        total=Money(number(data, "amount"), currency) if "amount" in data else None,
        due_on=date.fromisoformat(str(data["due"])) if "due" in data else None,
        has_back=WAS in data or "who" in data,
    )


def _suggestion(tx: Transaction, visit: Visit) -> str:
    _check_draft(visit)
    kind = BillType(str(visit.data.get("type", BillType.OTHER)))
    return newbill.suggested_title(visit.words, kind, _today(tx, visit))


def _today(tx: Transaction, visit: Visit) -> date:
    return local_date(tx.now, visit.here[0].timezone)


def _id(visit: Visit) -> int:
    _check(visit)
    if not visit.argument.isdecimal():
        raise StaleCard
    return int(visit.argument)


def _check(visit: Visit) -> None:
    tenant, actor = visit.here
    actor.check(Scope.BILLS_MANAGE, tenant.id)


def _check_draft(visit: Visit) -> None:
    """Refuse buttons of a draft that is no longer open."""
    _check(visit)
    if not {DRAFT, "unit", "person"} <= visit.data.keys():
        raise StaleCard


ROUTES: Final = Routes(
    name="newbill",
    commands={"newbill": start},
    presses={
        "start": start,
        "unit": unit_pressed,
        "person": person_pressed,
        "type": type_pressed,
        "title": title_pressed,
        "due": due_pressed,
        "past": past_pressed,
        "back": back,
        "nonote": note_pressed,
        "change": change,
        "again": again,
    },
    intents={"bill.issue": IntentRoute(flow=issued)},
    steps={
        "newbill.who": who_typed,
        "newbill.type": type_typed,
        "newbill.title": title_typed,
        "newbill.amount": amount_typed,
        "newbill.due": due_typed,
        "newbill.note": note_typed,
        "newbill.preview": type_typed,
    },
)

"""Bills: the list with its filters, the card, its story, the debtor's OK."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from core.domain.acts import NoteId
from core.domain.bills import Acknowledgment, Bill, BillFilter, BillId, Debtors, Life, owes
from core.domain.calendar import local_date
from core.domain.errors import NotFound, StaleCard
from core.domain.people import PersonId, Scope
from core.ports import Transaction
from core.use_cases.bills import acknowledge_bill, debtors_of, own_bill, seen_bill
from core.use_cases.timeline import Story, bill_story
from core.use_cases.wallets import open_wallet, wallet_account
from handlers.cards import bill_screen, name_of, reader_of, stale_reply
from handlers.chat import Did, Reply, Show
from handlers.screens import bills, doors, paying, stories
from handlers.visit import IntentRoute, Routes, Visit, number

_FILTERS: Final = {code: which for which, code in bills.CODES.items()}
_FIRST: Final = (
    BillFilter.TO_REVIEW,
    BillFilter.OVERDUE,
    BillFilter.TO_PAY,
    BillFilter.DISPUTED,
    BillFilter.PAID,
)
MAX_BACK_PAGES: Final = 40


def command(tx: Transaction, visit: Visit) -> Reply:
    """Show the bills that want something, in a new message."""
    return replace(listed(tx, visit), show=Show.SEND)


def listed(tx: Transaction, visit: Visit) -> Reply:
    """Show one page of a list."""
    tenant, actor = visit.here
    today = local_date(tx.now, tenant.timezone)
    is_staff = actor.has(Scope.BILLS_VIEW)
    place = _place(visit.argument)
    if place is None:
        place = bills.Place(is_all=is_staff and not actor.unit_ids)
    if place.is_all:
        actor.check(Scope.BILLS_VIEW, tenant.id)
    debtors = Debtors(tenant_id=tenant.id, is_all=True) if place.is_all else debtors_of(actor)
    counts = {which: tx.bills.count(debtors, which, today=today) for which in _FIRST}
    if place.which is BillFilter.ALL:
        which = next((which for which in _FIRST if counts[which]), BillFilter.TO_REVIEW)
        place = replace(place, which=which)
    after = _cursor(tx, visit, place.after)
    page = tx.bills.page(debtors, place.which, today=today, after=after, limit=bills.PAGE + 1)
    shown = page[: bills.PAGE]
    following = None
    if len(page) > bills.PAGE:
        following = replace(place, page=place.page + 1, after=shown[-1].id)
    view = bills.BillList(
        place=place,
        sums=tx.bills.sums(debtors, today=today, currency=tenant.currency),
        bills=shown,
        counts=counts,
        today=today,
        tenant_name=tenant.name,
        previous=_previous(tx, visit, debtors, place),
        following=following,
        is_staff=is_staff,
    )
    return Reply(screen=bills.bill_list(visit.words, view), ends_dialogue=True)


def card(tx: Transaction, visit: Visit) -> Reply:
    """Show one bill."""
    bill_id, place = _target(visit.argument)
    bill = seen_bill(tx, actor=visit.here[1], bill_id=bill_id)
    screen = bill_screen(tx, reader_of(visit), bill, place=place)
    show = Show.EDIT if visit.incoming.did is Did.PRESS else Show.SEND
    return Reply(screen=screen, show=show, ends_dialogue=True)


def more(tx: Transaction, visit: Visit) -> Reply:
    """Show what happened to a bill, the newest steps first to be seen."""
    bill_id, place = _target(visit.argument)
    return _story(tx, visit, bill_id, back=doors.bill(bill_id, place), page=0)


def earlier(tx: Transaction, visit: Visit) -> Reply:
    """Show another page of what happened to a bill."""
    bill_id, page = _target(visit.argument)
    shown = min(int(page), MAX_BACK_PAGES) if page.isdecimal() else 0
    return _story(tx, visit, bill_id, back=doors.bill(bill_id), page=shown)


def _story(tx: Transaction, visit: Visit, bill_id: BillId, *, back: str, page: int) -> Reply:
    tenant, actor = visit.here
    story = bill_story(tx, actor=actor, bill_id=bill_id)
    until = story.bill.issued_at + timedelta(days=tenant.policy.dispute_days)
    may_dispute = (
        owes(story.bill, person_id=actor.person_id, unit_ids=actor.unit_ids)
        and story.bill.life is Life.OPEN
        and story.bill.acknowledgment is Acknowledgment.ACKNOWLEDGED
        and story.bill.rest.is_positive
        and tx.now <= until
    )
    view = stories.StoryView(
        story=story,
        names={each: name_of(tx, each) for each in _people(story)},
        notes={note: tx.note(note) for note in _notes(story)},
        back=back,
        page=page,
        dispute=f"dispute:start:{bill_id}.{story.bill.revision}" if may_dispute else "",
    )
    return Reply(screen=stories.story(visit.words, view), ends_dialogue=True)


def acknowledged(tx: Transaction, visit: Visit) -> Reply:
    """Agree to owe the bill of the pressed button."""
    if seen := _seen_before(tx, visit):
        return seen
    bill, place = _acknowledge(tx, visit)
    note = visit.words.t("✅ Acknowledged at %(time)s.", time=visit.words.clock(tx.now))
    screen = bill_screen(tx, reader_of(visit), bill, place=place, note=note)
    toast = visit.words.label("Acknowledged. No money moved.")
    return Reply(screen=screen, toast=toast, ends_dialogue=True)


def acknowledged_to_pay(tx: Transaction, visit: Visit) -> Reply:
    """Agree to owe the bill of the pressed button, and ask how to pay."""
    if seen := _seen_before(tx, visit):
        return seen
    bill, _ = _acknowledge(tx, visit)
    tenant, actor = visit.here
    wallet = open_wallet(tx, tenant_id=tenant.id, owner_id=actor.person_id, currency=bill.currency)
    note = visit.words.t("✅ Acknowledged at %(time)s.", time=visit.words.clock(tx.now))
    balance = wallet_account(tx, wallet=wallet).available
    screen = paying.methods(visit.words, bill, balance=balance, note=note)
    return Reply(screen=screen, toast=visit.words.label("Acknowledged"), ends_dialogue=True)


def _seen_before(tx: Transaction, visit: Visit) -> Reply | None:
    """Return the fresh card where the pressed one is old: agreed to before, or changed since."""
    arguments = visit.intent.arguments if visit.intent else {}
    bill = own_bill(tx, actor=visit.here[1], bill_id=BillId(number(arguments, "bill")))
    is_same = bill.revision == number(arguments, "revision")
    if is_same and bill.acknowledgment is Acknowledgment.PENDING and bill.life is Life.OPEN:
        return None
    if not is_same or bill.acknowledgment is not Acknowledgment.ACKNOWLEDGED:
        return stale_reply(tx, visit, bill)
    note = visit.words.t("It was acknowledged before. No money moved now. This is how it stands:")
    screen = bill_screen(tx, reader_of(visit), bill, place=str(arguments["place"]), note=note)
    toast = visit.words.label("Acknowledged before")
    return Reply(screen=screen, toast=toast, ends_dialogue=True)


def _acknowledge(tx: Transaction, visit: Visit) -> tuple[Bill, str]:
    arguments = visit.intent.arguments if visit.intent else {}
    bill = acknowledge_bill(
        tx,
        actor=visit.here[1],
        bill_id=BillId(number(arguments, "bill")),
        revision=number(arguments, "revision"),
    )
    return bill, str(arguments["place"])


def _place(text: str) -> bills.Place | None:
    parts = text.split(".")
    if len(parts) != 4 or parts[1] not in _FILTERS or not (parts[2] + parts[3]).isdecimal():  # noqa: PLR2004 - who, filter, page, after
        return None
    return bills.Place(
        is_all=parts[0] == "e",
        which=_FILTERS[parts[1]],
        page=max(1, int(parts[2] or 1)),
        after=int(parts[3] or 0),
    )


def _target(text: str) -> tuple[BillId, str]:
    """Read `bill.place` of a button."""
    head, _, place = text.partition(".")
    if not head.isdecimal():
        raise StaleCard
    return BillId(int(head)), place


def _cursor(tx: Transaction, visit: Visit, after: int) -> tuple[date, BillId] | None:
    if not after:
        return None
    bill = tx.bills.get(BillId(after))
    if bill.tenant_id != visit.here[0].id:
        raise NotFound(kind="bill")
    return bill.due_on, bill.id


def _previous(
    tx: Transaction, visit: Visit, debtors: Debtors, place: bills.Place
) -> bills.Place | None:
    """Return the page before: keys only lead onwards, so the pages before are walked again."""
    if place.page == 1:
        return None
    first = replace(place, page=1, after=0)
    back = place.page - 2
    if not 1 <= back <= MAX_BACK_PAGES:
        return first
    today = local_date(tx.now, visit.here[0].timezone)
    walked = tx.bills.page(debtors, place.which, today=today, after=None, limit=back * bills.PAGE)
    if len(walked) < back * bills.PAGE:
        return first
    return replace(place, page=place.page - 1, after=walked[-1].id)


def _people(story: Story) -> set[PersonId]:
    acted = {step.person_id for step in story.steps}
    acted |= {revision.person_id for revision in story.revisions}
    acted |= {allocation.payer_id for allocation, _ in story.paid}
    acted |= {refund.requested_by for refund in story.refunds if refund.requested_by}
    return {person_id for person_id in acted if person_id}


def _notes(story: Story) -> set[NoteId]:
    notes = {revision.note_id for revision in story.revisions if revision.revision > 1}
    for dispute in story.disputes:
        notes |= {dispute.text_id, dispute.answer_id}
    notes |= {refund.reason_id for refund in story.refunds}
    return {note for note in notes if note}


ROUTES: Final = Routes(
    name="bills",
    commands={"bills": command},
    aliases={"acknowledge": command, "dispute": command},
    presses={"list": listed, "card": card, "more": more, "story": earlier},
    intents={
        "bill.acknowledge": IntentRoute(flow=acknowledged),
        "bill.acknowledge_pay": IntentRoute(flow=acknowledged_to_pay),
    },
)

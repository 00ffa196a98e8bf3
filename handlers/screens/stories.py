"""The story of a bill: every step, revision, dispute and payment, in the order of time. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from core.domain.bills import ACKNOWLEDGMENT_TRANSITIONS, Acknowledgment, Life
from core.domain.disputes import Dispute, DisputeStatus
from core.domain.machines import NONE
from core.domain.people import PersonId
from core.domain.timeline import BillRevision, BillStep
from core.use_cases.timeline import Story
from handlers.chat import Button, Rows, Screen
from handlers.screens import doors
from handlers.screens.statuses import reason_word, refund_line
from handlers.words import Html, Words, lines

PAGE = 12
"""Steps of one screen: with their notes they stay within one message."""

MAX_RECEIPTS = 5
MAX_NOTE = 120
NOBODY = PersonId(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryView:
    """A bill's story with the names and notes it mentions.

    `back` leads to the card; `dispute` is the data of [Dispute], "" where it is not open.
    `page` counts from the newest steps, 0.
    """

    story: Story
    names: Mapping[PersonId, str]
    notes: Mapping[int, str]
    back: str
    dispute: str = ""
    page: int = 0


def story(words: Words, view: StoryView) -> Screen:
    """Show what happened to a bill, the newest last."""
    told = [*_steps(words, view), *_revisions(words, view)]
    told += [*_disputes(words, view), *_payments(words, view), *_refunds(words, view)]
    told.sort(key=lambda each: each[0])
    end = max(0, len(told) - view.page * PAGE)
    start = max(0, end - PAGE)
    older = words.n("%(count)s earlier step.", "%(count)s earlier steps.", start)
    text = lines(
        words.t("<b>%(number)s</b> · what happened", number=view.story.bill.number),
        words.t(
            "Total %(total)s · paid %(paid)s · left %(rest)s",
            total=words.money(view.story.bill.total),
            paid=words.money(view.story.bill.paid),
            rest=words.money(view.story.bill.rest),
        ),
        older if start else "",
        *(line for _, line in told[start:end]),
    )
    return Screen(
        html=text, rows=(*_pager(words, view, has_earlier=start > 0), *_rows(words, view))
    )


Told = tuple[datetime, Html]


def _steps(words: Words, view: StoryView) -> list[Told]:
    return [
        (
            step.at,
            words.t(
                "%(when)s · %(what)s",
                when=words.when(step.at),
                what=_by(words, view, step.person_id, _step(words, step)),
            ),
        )
        for step in view.story.steps
        if step.machine != ACKNOWLEDGMENT_TRANSITIONS.name or step.from_status != NONE
    ]


def _step(words: Words, step: BillStep) -> Html:
    known = {
        Life.OPEN.value: words.t("issued"),
        Life.CANCELLED.value: words.t("cancelled"),
        Acknowledgment.ACKNOWLEDGED.value: words.t("acknowledged"),
        Acknowledgment.DISPUTED.value: words.t("disputed"),
        Acknowledgment.PENDING.value: words.t("waits for an OK again"),
    }
    return known.get(step.to_status, words.t("needs no OK"))


def _revisions(words: Words, view: StoryView) -> list[Told]:
    told = []
    for before, after in pairwise(view.story.revisions):
        line = words.t(
            "%(when)s · %(what)s",
            when=words.when(after.at),
            what=_by(words, view, after.person_id, _change(words, before, after)),
        )
        told.append((after.at, _noted(words, view, line, after.note_id)))
    return told


def _change(words: Words, before: BillRevision, after: BillRevision) -> Html:
    return words.t(
        "changed to version %(number)s: %(before)s → %(after)s, due %(day)s",
        number=after.revision,
        before=words.money(before.total),
        after=words.money(after.total),
        day=words.day(after.due_on),
    )


def _disputes(words: Words, view: StoryView) -> list[Told]:
    told = []
    for dispute in view.story.disputes:
        opened = words.t(
            "%(when)s · dispute %(number)s: %(reason)s",
            when=words.when(dispute.opened_at),
            number=dispute.number,
            reason=reason_word(words, dispute.reason),
        )
        told.append((dispute.opened_at, _noted(words, view, opened, dispute.text_id)))
        if dispute.ended_at is not None:
            ended = words.t(
                "%(when)s · dispute %(number)s %(end)s",
                when=words.when(dispute.ended_at),
                number=dispute.number,
                end=end_word(words, dispute),
            )
            told.append((dispute.ended_at, _noted(words, view, ended, dispute.answer_id)))
    return told


def end_word(words: Words, dispute: Dispute) -> Html:
    """Return how a dispute ended."""
    return {
        DisputeStatus.REJECTED: words.t("rejected, the bill stands"),
        DisputeStatus.AMENDED: words.t("accepted, the bill was changed"),
        DisputeStatus.CANCELLED_BILL: words.t("accepted, the bill was cancelled"),
        DisputeStatus.WITHDRAWN: words.t("withdrawn"),
        DisputeStatus.OPEN: words.t("open"),
        DisputeStatus.UNDER_REVIEW: words.t("being looked at"),
    }[dispute.status]


def _payments(words: Words, view: StoryView) -> list[Told]:
    told = []
    for allocation, receipt in view.story.paid:
        if receipt is None:
            continue
        amount = words.money(allocation.amount)
        what = words.t("%(amount)s paid · %(number)s", amount=amount, number=receipt.number)
        line = words.t(
            "%(when)s · %(what)s",
            when=words.when(receipt.issued_at),
            what=_by(words, view, allocation.payer_id, what),
        )
        told.append((receipt.issued_at, line))
    return told


def _refunds(words: Words, view: StoryView) -> list[Told]:
    told = []
    for refund in view.story.refunds:
        at = refund.ended_at or refund.requested_at
        line = words.t(
            "%(when)s · %(what)s",
            when=words.when(at),
            what=_by(words, view, refund.requested_by or NOBODY, refund_line(words, refund)),
        )
        told.append((at, _noted(words, view, line, refund.reason_id)))
    return told


def _by(words: Words, view: StoryView, person_id: PersonId, what: Html) -> Html:
    name = view.names.get(person_id, "")
    return words.t("%(what)s · %(name)s", what=what, name=name) if name else what


def _noted(words: Words, view: StoryView, line: Html, note_id: int) -> Html:
    note = view.notes.get(note_id, "")
    if not note:
        return line
    short = note if len(note) <= MAX_NOTE else f"{note[:MAX_NOTE]}…"
    return lines(line, words.t("   “%(note)s”", note=short))


def _pager(words: Words, view: StoryView, *, has_earlier: bool) -> Rows:
    target = f"bills:story:{view.story.bill.id}"
    turns = (
        (words.label("Earlier"), f"{target}.{view.page + 1}" if has_earlier else ""),
        (words.label("Later"), f"{target}.{view.page - 1}" if view.page else ""),
    )
    row = tuple(Button(label=label, data=data) for label, data in turns if data)
    return (row,) if row else ()


def _rows(words: Words, view: StoryView) -> Rows:
    receipts = [receipt for _, receipt in view.story.paid if receipt is not None]
    shown = tuple(
        (
            Button(
                label=words.label("Show %(number)s", number=receipt.number),
                data=doors.receipt(receipt.id),
            ),
        )
        for receipt in receipts[-MAX_RECEIPTS:]
    )
    ends = ((words.label("Dispute"), view.dispute), (words.label("Back"), view.back))
    last = tuple(Button(label=label, data=data) for label, data in ends if data)
    return (*shown, last)

"""Disputes: the debtor's dialogue, the desk, a dispute's card for staff. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from core.domain.bills import Bill
from core.domain.disputes import MAX_DISPUTE_TEXT, Dispute, DisputeReason
from core.domain.money import Money
from core.use_cases.unmatched import UnmatchedMove
from handlers.chat import Attachment, Button, Rows, Screen
from handlers.screens import doors, unmatched
from handlers.screens.statuses import open_since, reason_word
from handlers.screens.stories import end_word
from handlers.words import Html, Words, lines

PAGE: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A dispute before it is opened."""

    bill: Bill
    reason: DisputeReason
    text: str
    has_file: bool
    act: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One open dispute on the desk."""

    dispute: Dispute
    bill: Bill
    whose: str
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What waits for staff; `previous` and `following` are data, "" where there is none."""

    tenant_name: str
    waiting: tuple[Waiting, ...]
    count: int
    page: int
    suspense: Sequence[Money]
    moves: Sequence[UnmatchedMove] = ()
    """The newest moves of unmatched money, for who sees the reports."""
    previous: str = ""
    following: str = ""
    deciders: Sequence[str] = ()
    """Who decides disputes, where the reader does not."""
    may_report: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeCard:
    """A dispute for who may decide it."""

    dispute: Dispute
    bill: Bill
    whose: str
    opener: str
    text: str
    days: int
    due_on: date
    at: datetime
    answer: str = ""
    earlier: tuple[Dispute, ...] = field(default_factory=tuple)
    rejected_by: str = ""
    """Who rejected the newest earlier dispute of this version, "" for nobody."""


def reasons(words: Words, bill: Bill, *, until: datetime) -> Screen:
    """Ask why a bill is contested."""
    text = lines(
        _bill_head(words, bill),
        words.t("Why do you dispute it? You can do so until %(when)s.", when=words.when(until)),
        words.t("While it is open nothing can be paid, and no reminders or fees come."),
    )
    rows = tuple(
        (Button(label=str(reason_word(words, each)), data=f"dispute:why:{each.value}"),)
        for each in DisputeReason
    )
    return Screen(html=text, rows=(*rows, _leave(words)))


def ask_text(words: Words, bill: Bill, reason: DisputeReason) -> Screen:
    """Ask for words or a photo."""
    text = lines(
        _bill_head(words, bill),
        words.t("Reason: %(reason)s", reason=reason_word(words, reason)),
        words.t(
            "Tell in a few words what is wrong, or send a photo or a document. "
            "At most %(limit)s characters.",
            limit=MAX_DISPUTE_TEXT,
        ),
    )
    return Screen(html=text, rows=(_leave(words),))


def confirm(words: Words, view: Draft) -> Screen:
    """Show the dispute before it is opened."""
    told = words.t("“%(text)s”", text=view.text) if view.text else ""
    more = words.t("You may send more words or a photo before you confirm.")
    text = lines(
        _bill_head(words, view.bill),
        words.t("Dispute it: %(reason)s", reason=reason_word(words, view.reason)),
        told,
        words.t("1 file is attached.") if view.has_file else "",
        more,
    )
    act = Button(label=words.label("Confirm dispute"), data=view.act)
    change = Button(
        label=words.label("Change"), data=f"dispute:start:{view.bill.id}.{view.bill.revision}"
    )
    return Screen(html=text, rows=((act,), (change, *_leave(words))))


def opened(words: Words, dispute: Dispute) -> Html:
    """Return the line over the card after a dispute was opened."""
    return words.t(
        "🟠 Dispute %(number)s opened. No reminders or fees while it is open; "
        "nothing can be paid until it is answered. No money moved.",
        number=dispute.number,
    )


def withdrawn(words: Words, *, is_acknowledged: bool) -> Html:
    """Return the line over the card after a dispute was withdrawn."""
    if is_acknowledged:
        return words.t("✅ Dispute withdrawn and bill acknowledged. No money moved.")
    return words.t("✅ Dispute withdrawn. The bill needs your OK again. No money moved.")


def desk(words: Words, view: Desk) -> Screen:
    """Show what waits for staff."""
    text = lines(
        words.t("<b>Desk of %(name)s</b>", name=view.tenant_name),
        _count_line(words, view),
        *(_waiting_line(words, each) for each in view.waiting),
        _suspense_line(words, view.suspense),
        *unmatched.known(words, view.moves),
    )
    return Screen(html=text, rows=_desk_rows(words, view))


def card(words: Words, view: DisputeCard) -> Screen:
    """Show a dispute with everything needed to decide it."""
    dispute = view.dispute
    text = lines(
        words.t(
            "<b>%(number)s</b> · %(whose)s · %(bill)s · %(total)s",
            number=dispute.number,
            whose=view.whose,
            bill=view.bill.number,
            total=words.money(view.bill.total),
        ),
        words.t("%(title)s · due %(day)s", title=view.bill.title, day=words.day(view.due_on)),
        words.t(
            "Reason: %(reason)s · %(name)s, %(when)s",
            reason=reason_word(words, dispute.reason),
            name=view.opener,
            when=words.when(dispute.opened_at),
        ),
        words.t("“%(text)s”", text=view.text) if view.text else "",
        words.t("1 file was sent with it.") if dispute.file_id else "",
        _state_line(words, view),
        *(_earlier_line(words, each) for each in view.earlier),
        _again_line(words, view),
    )
    return Screen(html=text, rows=_card_rows(words, view))


def file(words: Words, view: DisputeCard, attachment: Attachment) -> Screen:
    """Show the file that was sent with a dispute."""
    text = words.t("Sent with %(number)s by %(name)s", number=view.dispute.number, name=view.opener)
    back = Button(label=words.label("Back"), data=doors.dispute(view.dispute.id))
    return Screen(html=text, rows=((back,),), attachment=attachment, is_protected=True)


def ask_total(words: Words, view: DisputeCard) -> Screen:
    """Ask what the bill should ask for instead."""
    question = words.t(
        "What should %(bill)s ask for instead of %(total)s? Write the new total.",
        bill=view.bill.number,
        total=words.money(view.bill.total),
    )
    return Screen(html=lines(_dispute_head(words, view), question), rows=(_leave(words),))


def ask_answer(words: Words, view: DisputeCard, *, total: Money | None) -> Screen:
    """Ask for the answer that the debtor reads."""
    changed = Html("")
    if total is not None:
        changed = words.t("New total: %(total)s", total=words.money(total))
    question = words.t("What is your answer? The debtor reads it.")
    return Screen(html=lines(_dispute_head(words, view), changed, question), rows=(_leave(words),))


def confirm_end(
    words: Words, view: DisputeCard, *, outcome: Html, label: str, answer: str, act: str
) -> Screen:
    """Show how a dispute is about to end."""
    text = lines(
        _dispute_head(words, view), outcome, words.t("Your answer: “%(answer)s”", answer=answer)
    )
    back = Button(label=words.label("Back"), data=doors.dispute(view.dispute.id))
    return Screen(html=text, rows=((Button(label=label, data=act),), (back,)))


def outcome_of(words: Words, verb: str, *, bill: Bill, total: Money | None) -> tuple[Html, str]:
    """Return what an end does, and its button's label."""
    if verb == "amend" and total is not None:
        sentence = words.t(
            "The bill changes from %(before)s to %(after)s (%(difference)s) "
            "and waits for a new OK.",
            before=words.money(bill.total),
            after=words.money(total),
            difference=words.signed(total - bill.total),
        )
        return _with_excess(words, sentence, bill.paid - total), words.label(
            "Confirm new total %(total)s", total=words.money(total)
        )
    if verb == "cancel":
        sentence = words.t("The bill is cancelled for good; nothing is owed any more.")
        return _with_excess(words, sentence, bill.paid), words.label("Confirm cancelling the bill")
    sentence = words.t("The bill stands. The debtor is asked for his OK again.")
    return sentence, words.label("Reject dispute")


def ended(words: Words, dispute: Dispute) -> Html:
    """Return the line over the card after a dispute was decided."""
    return words.t(
        "✅ Dispute %(number)s: %(end)s. The debtor was told.",
        number=dispute.number,
        end=end_word(words, dispute),
    )


def _with_excess(words: Words, sentence: Html, excess: Money) -> Html:
    if not excess.is_positive:
        return sentence
    back = words.t("%(amount)s goes back to the payers' wallets.", amount=words.money(excess))
    return lines(sentence, back)


def _bill_head(words: Words, bill: Bill) -> Html:
    return words.t(
        "<b>%(number)s</b> · %(title)s · %(total)s",
        number=bill.number,
        title=bill.title,
        total=words.money(bill.total),
    )


def _dispute_head(words: Words, view: DisputeCard) -> Html:
    return words.t(
        "<b>%(number)s</b> · %(bill)s · %(reason)s",
        number=view.dispute.number,
        bill=view.bill.number,
        reason=reason_word(words, view.dispute.reason),
    )


def open_elsewhere(words: Words, count: int, deciders: Sequence[str]) -> Html:
    """Say how many disputes are open and who decides them, to who does not."""
    if not count:
        return words.t("No open disputes.")
    if not deciders:
        return words.n(
            "%(count)s open dispute; nobody here may decide it yet.",
            "%(count)s open disputes; nobody here may decide them yet.",
            count,
        )
    return words.n(
        "%(count)s open dispute; it is decided by: %(names)s.",
        "%(count)s open disputes; they are decided by: %(names)s.",
        count,
        names=", ".join(deciders),
    )


def _count_line(words: Words, view: Desk) -> Html:
    if not view.waiting:
        return open_elsewhere(words, view.count, view.deciders)
    pages = max(1, -(-view.count // PAGE))
    return words.n(
        "%(count)s open dispute · page %(page)s/%(pages)s",
        "%(count)s open disputes · page %(page)s/%(pages)s",
        view.count,
        page=view.page,
        pages=max(pages, view.page),
    )


def _waiting_line(words: Words, each: Waiting) -> Html:
    return words.t(
        "%(number)s · %(whose)s · %(bill)s · %(total)s · %(reason)s · %(since)s",
        since=open_since(words, each.days),
        number=each.dispute.number,
        whose=each.whose,
        bill=each.bill.number,
        total=words.money(each.bill.total),
        reason=reason_word(words, each.dispute.reason),
    )


def _suspense_line(words: Words, suspense: Sequence[Money]) -> Html:
    if not suspense:
        return words.t("Unmatched money: none.")
    return words.t(
        "⚠️ Unmatched money: %(amount)s is kept apart, because it fits no payment.",
        amount=words.amounts(suspense),
    )


def _desk_rows(words: Words, view: Desk) -> Rows:
    opens = tuple(
        (
            Button(
                label=words.label(
                    "Open %(number)s · %(whose)s", number=each.dispute.number, whose=each.whose
                ),
                data=doors.dispute(each.dispute.id),
            ),
        )
        for each in view.waiting
    )
    gives: Rows = ()
    if view.suspense and view.may_report:
        label = words.label("Unmatched money")
        gives = ((Button(label=label, data=doors.UNMATCHED),),)
    turns = ((words.label("Previous"), view.previous), (words.label("Next"), view.following))
    pager = tuple(Button(label=label, data=data) for label, data in turns if data)
    ends = (
        (words.label("Report"), doors.REPORT if view.may_report else ""),
        (words.label("Back"), doors.MENU),
    )
    last = tuple(Button(label=label, data=data) for label, data in ends if data)
    return (*opens, *((pager,) if pager else ()), *gives, last)


def _state_line(words: Words, view: DisputeCard) -> Html:
    if view.dispute.is_open:
        since = open_since(words, view.days)
        return words.t("Due date paused · %(since)s", since=since)
    return lines(
        words.t("Ended: %(end)s", end=end_word(words, view.dispute)),
        words.t("Answer: “%(answer)s”", answer=view.answer) if view.answer else "",
    )


def _again_line(words: Words, view: DisputeCard) -> Html:
    """Say who may not answer a second dispute of the same version."""
    if not view.dispute.is_open or not view.rejected_by:
        return Html("")
    return words.t(
        "⚠️ Second dispute of this version: %(name)s rejected the first, so somebody else must "
        "answer if it is to be rejected again.",
        name=view.rejected_by,
    )


def _earlier_line(words: Words, dispute: Dispute) -> Html:
    return words.t(
        "Earlier: %(number)s, %(reason)s, %(end)s",
        number=dispute.number,
        reason=reason_word(words, dispute.reason),
        end=end_word(words, dispute),
    )


def _card_rows(words: Words, view: DisputeCard) -> Rows:
    dispute_id = view.dispute.id
    last: tuple[Button, ...] = (
        Button(label=words.label("More"), data=f"bills:more:{view.bill.id}"),
        Button(label=words.label("Back"), data=doors.DESK),
    )
    if view.dispute.file_id:
        last = (Button(label=words.label("See file"), data=f"disputes:file:{dispute_id}"), *last)
    if not view.dispute.is_open:
        return (last,)
    acts = (
        Button(label=words.label("Amend"), data=f"disputes:amend:{dispute_id}"),
        Button(label=words.label("Reject with answer"), data=f"disputes:reject:{dispute_id}"),
        Button(label=words.label("Cancel bill"), data=f"disputes:cancel:{dispute_id}"),
    )
    return ((acts[0], acts[2]), (acts[1],), last)


def _leave(words: Words) -> tuple[Button, ...]:
    return (Button(label=words.label("Cancel"), data=doors.LEAVE),)

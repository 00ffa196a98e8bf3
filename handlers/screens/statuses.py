"""Words for how things stand: a bill's status, type and dispute, a refund."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from core.domain.bills import Acknowledgment, Bill, BillType, Life, Shown
from core.domain.disputes import DisputeReason
from core.domain.money import Money
from core.domain.refunds import GONE, Origin, Refund, RefundStatus
from handlers.words import Html, Words


def title(words: Words, bill: Bill, today: date) -> Html:
    """Return a card's first line: status in words, number."""
    mark = _MARKS[bill.shown(today=today)]
    word = words.t(
        "%(status)s — %(number)s", status=status_word(words, bill, today), number=bill.number
    )
    return Html(f"{mark} {word}")


_MARKS: Mapping[Shown, str] = {
    Shown.CANCELLED: "⚪",
    Shown.PAID: "✅",
    Shown.DISPUTED: "🟠",
    Shown.OVERDUE: "🔴",
    Shown.PARTIALLY_PAID: "🔵",
    Shown.PENDING_ACKNOWLEDGMENT: "🟡",
    Shown.ACKNOWLEDGED: "🔵",
    Shown.PENDING: "🔵",
}


def status_word(words: Words, bill: Bill, today: date) -> Html:
    """Return the status as people read it."""
    shown = bill.shown(today=today)
    if bill.acknowledgment is Acknowledgment.PENDING and shown is Shown.OVERDUE:
        return words.t("Overdue, needs your OK")
    if bill.acknowledgment is Acknowledgment.PENDING and shown is Shown.PARTIALLY_PAID:
        return words.t("Partly paid, needs your OK")
    return {
        Shown.CANCELLED: words.t("Cancelled"),
        Shown.PAID: words.t("Paid"),
        Shown.DISPUTED: words.t("Disputed"),
        Shown.OVERDUE: words.t("Overdue"),
        Shown.PARTIALLY_PAID: words.t("Partly paid"),
        Shown.PENDING_ACKNOWLEDGMENT: words.t("Needs your OK"),
        Shown.ACKNOWLEDGED: words.t("Acknowledged"),
        Shown.PENDING: words.t("Open"),
    }[shown]


def meaning(words: Words, bill: Bill, today: date, *, is_debtor: bool) -> Html:
    """Return what the status means for its reader, one sentence that names it."""
    return _for_debtor(words, bill, today) if is_debtor else _for_staff(words, bill, today)


def _for_debtor(words: Words, bill: Bill, today: date) -> Html:
    shown = bill.shown(today=today)
    if shown is Shown.CANCELLED:
        return words.t("Cancelled: the bill no longer stands, nothing is owed.")
    if shown is Shown.PAID:
        return words.t("Paid: nothing is left to pay.")
    if shown is Shown.DISPUTED:
        return words.t("Disputed: payments, reminders and fees stop until it is answered.")
    if bill.acknowledgment is Acknowledgment.PENDING:
        return _needs_ok(words, shown)
    rest = words.money(bill.rest)
    if shown is Shown.OVERDUE:
        return words.t("Overdue: the due date has passed, %(rest)s is left to pay.", rest=rest)
    if shown is Shown.PARTIALLY_PAID:
        return words.t("Partly paid: %(rest)s is left to pay.", rest=rest)
    if shown is Shown.ACKNOWLEDGED:
        return words.t("Acknowledged: it can be paid now.")
    return words.t("Open: it can be paid now.")


def _needs_ok(words: Words, shown: Shown) -> Html:
    if shown is Shown.OVERDUE:
        return words.t("Overdue, needs your OK: acknowledge it, then pay; or dispute it.")
    return words.t("Needs your OK: acknowledge it, then pay; or dispute it.")


def _for_staff(words: Words, bill: Bill, today: date) -> Html:
    shown = bill.shown(today=today)
    if shown is Shown.DISPUTED:
        return words.t("Disputed: the debtor waits for an answer, the due date is paused.")
    if bill.acknowledgment is Acknowledgment.PENDING and shown is Shown.OVERDUE:
        return words.t("Overdue, not acknowledged: the debtor has not said yes.")
    if bill.acknowledgment is Acknowledgment.PENDING and bill.life is Life.OPEN:
        return words.t("Not acknowledged: the debtor has not said yes.")
    if shown is Shown.ACKNOWLEDGED:
        return words.t("Acknowledged: the debtor agreed and has not paid.")
    return _for_debtor(words, bill, today)


def type_word(words: Words, kind: BillType) -> Html:
    """Return what a bill is for."""
    return {
        BillType.SERVICE_CHARGE: words.t("Service charge"),
        BillType.WATER: words.t("Water"),
        BillType.POWER: words.t("Power"),
        BillType.SECURITY: words.t("Security"),
        BillType.REPAIRS: words.t("Repairs"),
        BillType.LEVY: words.t("Levy"),
        BillType.OTHER: words.t("Other"),
    }[kind]


def reason_word(words: Words, reason: DisputeReason) -> Html:
    """Return why a bill is contested."""
    return {
        DisputeReason.AMOUNT: words.t("The amount is wrong"),
        DisputeReason.NOT_MINE: words.t("It is not mine"),
        DisputeReason.ALREADY_PAID: words.t("Already paid"),
        DisputeReason.NOT_GIVEN: words.t("The service was not given"),
        DisputeReason.OTHER: words.t("Other reason"),
    }[reason]


def open_since(words: Words, days: int) -> Html:
    """Return for how long something has been open; full days."""
    if days == 0:
        return words.t("opened today")
    return words.n("open %(count)s day", "open %(count)s days", days)


def refunded_line(words: Words, refunds: Sequence[Refund], *, paid: Money) -> Html:
    """Return how much of a payment went back so far, "" for nothing."""
    back = sum((each.amount for each in refunds if each.status in GONE), Money(0, paid.currency))
    if not back.is_positive:
        return Html("")
    back = min(back, paid)
    if back == paid:
        return words.t("Refunded in full: %(back)s", back=words.money(back))
    return words.t("Refunded %(back)s of %(paid)s", back=words.money(back), paid=words.money(paid))


_KEPT_APART: Final = frozenset({RefundStatus.FAILED, RefundStatus.RETURNED})
"""After these, money that fits no payment is where it was."""


def _given_back_line(words: Words, refund: Refund) -> Html:
    amount = words.money(refund.amount)
    if not refund.returned_minor:
        return words.t("↩️ %(amount)s was given back by the provider", amount=amount)
    return words.t(
        "↩️ %(amount)s was given back by the provider; %(part)s of it came back and is in the "
        "payer's wallet",
        amount=amount,
        part=words.money(Money(refund.returned_minor, refund.currency)),
    )


def refund_line(words: Words, refund: Refund) -> Html:
    """Return how a refund stands, in one line."""
    amount = words.money(refund.amount)
    if refund.origin is Origin.PROVIDER:
        return _given_back_line(words, refund)
    if refund.waits_for_consent:
        return words.t("⏳ %(amount)s waits for the payer's OK to go to the wallet", amount=amount)
    if refund.is_open:
        return words.t("⏳ %(amount)s is on its way back", amount=amount)
    done = words.t("↩️ %(amount)s went to the payer's wallet", amount=amount)
    if refund.is_by_provider:
        done = words.t("↩️ %(amount)s went back by the way it came", amount=amount)
    if refund.unmatched_id is not None and refund.status in _KEPT_APART:
        return {
            RefundStatus.FAILED: words.t(
                "⚠️ %(amount)s could not be sent back; it waits as unmatched money", amount=amount
            ),
            RefundStatus.RETURNED: words.t(
                "↩️ %(amount)s came back from the bank and waits as unmatched money",
                amount=amount,
            ),
        }[refund.status]
    return {
        RefundStatus.COMPLETED: done,
        RefundStatus.FAILED: words.t(
            "⚠️ %(amount)s could not be refunded; nothing moved", amount=amount
        ),
        RefundStatus.CANCELLED: words.t(
            "⚪ A refund of %(amount)s was given up; nothing moved", amount=amount
        ),
        RefundStatus.RETURNED: words.t(
            "↩️ %(amount)s came back from the bank and is in the payer's wallet", amount=amount
        ),
    }[refund.status]

"""A bill's status in words: for the debtor and for staff, at every turn."""

from dataclasses import replace
from datetime import date

import pytest

from core.domain.bills import Acknowledgment, Bill, BillId, BillType, Life, Shown
from core.domain.disputes import DisputeReason
from core.domain.people import PersonId, UnitId
from core.domain.tenants import TenantId
from handlers.screens.bills import BillCard, Place, facts
from handlers.screens.statuses import meaning, reason_word, status_word, title, type_word
from handlers.words import PSEUDO, Words
from tests.factories import NGN, NOW

WORDS = Words(timezone="Africa/Lagos")
TODAY = date(2026, 3, 2)
LATER = date(2026, 3, 20)
BILL = Bill(
    id=BillId(1),
    tenant_id=TenantId(5),
    number="BILL-2026-000123",
    unit_id=UnitId(2),
    debtor_id=None,
    type=BillType.SERVICE_CHARGE,
    title="Service charge",
    description="",
    currency=NGN,
    total_minor=500_000,
    due_on=date(2026, 3, 16),
    issued_at=NOW,
    issued_by=PersonId(3),
)
AGREED = replace(BILL, acknowledgment=Acknowledgment.ACKNOWLEDGED)


@pytest.mark.parametrize(
    ("bill", "today", "first", "starts"),
    [
        (BILL, TODAY, "🟡 Needs your OK", "Needs your OK:"),
        (BILL, LATER, "🔴 Overdue, needs your OK", "Overdue, needs your OK:"),
        (AGREED, TODAY, "🔵 Acknowledged", "Acknowledged: it can be paid now."),
        (AGREED, LATER, "🔴 Overdue", "Overdue: the due date has passed"),
        (replace(AGREED, allocated_minor=200_000), TODAY, "🔵 Partly paid", "Partly paid:"),
        (replace(AGREED, allocated_minor=500_000), TODAY, "✅ Paid", "Paid: nothing is left"),
        (
            replace(BILL, acknowledgment=Acknowledgment.DISPUTED),
            LATER,
            "🟠 Disputed",
            "Disputed: payments, reminders and fees stop",
        ),
        (
            replace(BILL, life=Life.CANCELLED),
            LATER,
            "⚪ Cancelled",
            "Cancelled: the bill no longer",
        ),
        (
            replace(BILL, acknowledgment=Acknowledgment.NOT_REQUIRED),
            TODAY,
            "🔵 Open",
            "Open: it can be paid now.",
        ),
        (
            replace(BILL, allocated_minor=200_000),
            TODAY,
            "🔵 Partly paid, needs your OK",
            "Needs your OK:",
        ),
    ],
)
def test_the_status_is_named_and_explained(
    bill: Bill, today: date, first: str, starts: str
) -> None:
    assert title(WORDS, bill, today) == f"{first} — BILL-2026-000123"
    assert meaning(WORDS, bill, today, is_debtor=True).startswith(starts)
    assert meaning(WORDS, bill, today, is_debtor=False)


def test_staff_read_who_is_waited_for() -> None:
    assert (
        meaning(WORDS, AGREED, TODAY, is_debtor=False)
        == "Acknowledged: the debtor agreed and has not paid."
    )


def test_every_status_type_and_reason_has_a_word() -> None:
    assert {str(type_word(WORDS, each)) for each in BillType}
    assert {str(reason_word(WORDS, each)) for each in DisputeReason}
    assert len(Shown) == 8
    assert status_word(WORDS, AGREED, TODAY) == "Acknowledged"


def test_a_later_version_says_so() -> None:
    view = BillCard(bill=replace(BILL, revision=2), today=TODAY, whose="A-14", issuer="Mrs Bello")
    assert "Version 2" in facts(WORDS, view)


def test_no_word_escapes_translation() -> None:
    words = Words(language=PSEUDO, timezone="Africa/Lagos")
    view = BillCard(bill=BILL, today=TODAY, whose="A-14", issuer="Mrs Bello")
    lines = facts(words, view).replace("<b>", "").replace("🟡 ", "").split("\n")
    assert all(line.startswith("⟦") for line in lines)


def test_a_place_is_short() -> None:
    assert str(Place(is_all=True, page=12, after=2**63 - 1)) == "e.a.12.9223372036854775807"

"""Who is told what, and who is not."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from core.domain.acts import Event, EventName
from core.domain.bills import BillType
from core.domain.ledger import Subject
from core.domain.people import PIN_LOCK, Role, Scope
from core.use_cases.bills import issue_bill
from core.use_cases.people import actor_of
from core.use_cases.wallets import freeze_wallet, open_wallet
from handlers.notices import NOTICES
from storage.transaction import SqlTransaction
from tests.factories import NGN, add_member, add_person, naira
from tests.handlers.estate import Estate

SILENT = frozenset(
    {
        EventName.WALLET_TOPPED_UP,  # The receipt tells.
        EventName.PAYMENT_COMPLETED,  # Machines hear it; people get the receipt.
        EventName.REFUND_REQUESTED,  # Who asked saw it; that it was approved is told.
        # Methods are their owner's own, who did it and saw the answer.
        EventName.PAYMENT_METHOD_ADDED,
        EventName.PAYMENT_METHOD_REMOVED,
        EventName.PAYMENT_METHOD_DEFAULT_SET,
        EventName.PREFERRED_PROVIDER_SET,
        EventName.WEBHOOK_REJECTED,
    }
)
"""Events that nobody is told of in the chat."""


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    opened = Estate(tmp_path)
    yield opened
    opened.close()


def test_every_event_is_told_or_said_to_be_silent() -> None:
    assert set(EventName) - set(NOTICES) == SILENT


def test_only_reminders_wait_for_the_morning() -> None:
    waiting = {name for name, notice in NOTICES.items() if notice.is_quiet}
    assert waiting == {EventName.BILL_REMINDER, EventName.BILL_OVERDUE}


def test_at_night_a_notice_makes_no_sound(estate: Estate) -> None:
    def issue(tx: SqlTransaction) -> None:
        people = tx.people.members_with(estate.tenant.id, Scope.BILLS_MANAGE)
        actor = actor_of(tx, person_id=people[0].person_id, tenant_id=estate.tenant.id)
        issue_bill(
            tx,
            actor=actor,
            unit_id=estate.home.id,
            type_=BillType.WATER,
            title="Water",
            total=naira(100_000),
            due_on=date(2026, 3, 16),
        )

    estate.let(issue)
    assert not estate.ada.last.is_silent
    estate.clock.move(hours=13)
    estate.let(issue)
    assert estate.ada.last.is_silent


def test_a_digest_names_what_is_open(estate: Estate) -> None:
    estate.bill(due_on=date(2026, 3, 1))
    estate.bill()
    estate.bill(is_acknowledged=True)
    estate.remind(estate.ada)
    assert estate.ada.sees == (
        "Your open bills at Palm Court\n"
        "To review 1 · To pay 1 = 5,000.00 NGN · Overdue 1 = 5,000.00 NGN\n"
        "BILL-2026-000001 · Service charge · 5,000.00 NGN · due Sun 1 Mar · "
        "Overdue, needs your OK\n"
        "BILL-2026-000002 · Service charge · 5,000.00 NGN · due Mon 16 Mar · Needs your OK\n"
        "BILL-2026-000003 · Service charge · 5,000.00 NGN · due Mon 16 Mar · Acknowledged"
    )


def test_nobody_is_reminded_of_nothing(estate: Estate) -> None:
    estate.remind(estate.ada)
    assert estate.ada.messages == []


def test_who_wants_no_reminders_gets_none(estate: Estate) -> None:
    estate.bill()
    person = estate.ada.person
    muted = replace(person, has_reminders=False)
    estate.run(lambda tx: tx.people.replace_person(person, muted))
    estate.remind(estate.ada)
    assert estate.ada.messages == []


def test_an_owner_hears_that_staff_froze_his_wallet(estate: Estate) -> None:
    ada, bello = estate.ada.person, estate.bello.person

    def freeze(tx: SqlTransaction) -> None:
        wallet = open_wallet(tx, tenant_id=estate.tenant.id, owner_id=ada.id, currency=NGN)
        actor = actor_of(tx, person_id=bello.id, tenant_id=estate.tenant.id)
        freeze_wallet(tx, actor=actor, wallet_id=wallet.id)

    estate.let(freeze)
    assert "An administrator froze your wallet at Palm Court" in estate.ada.sees


def test_a_locked_pin_is_told_to_its_owner_and_to_staff(estate: Estate) -> None:
    person = estate.ada.person
    locked = replace(person, pin_locked_until=estate.clock.at + PIN_LOCK)

    def lock(tx: SqlTransaction) -> None:
        tx.people.replace_person(person, locked)
        subject = Subject(kind="person", id=person.id)
        tx.events.append(
            Event(
                name=EventName.PIN_LOCKED,
                tenant_id=estate.tenant.id,
                subject=subject,
                person_id=person.id,
            )
        )

    estate.let(lock)
    assert "your PIN is locked until Mon 2 Mar 2026, 10:30" in estate.ada.sees
    assert estate.bello.sees.startswith("🔐 The PIN of Ada was locked")


def test_staff_hear_who_joined(estate: Estate) -> None:
    person = estate.tunde.person

    def join(tx: SqlTransaction) -> None:
        membership = tx.people.memberships_of(person.id)[0]
        assert Role.RESIDENT in membership.roles
        subject = Subject(kind="membership", id=membership.id)
        tx.events.append(
            Event(
                name=EventName.MEMBER_JOINED,
                tenant_id=estate.tenant.id,
                subject=subject,
                person_id=person.id,
            )
        )

    estate.let(join)
    assert estate.bello.sees.startswith("👋 Tunde joined A-14 as")


def test_who_keeps_the_money_hears_what_came_in_as_one_message(estate: Estate) -> None:
    def let_in(tx: SqlTransaction) -> None:
        chidi = add_person(tx, name="Chidi", telegram_id=1004)
        add_member(tx, estate.tenant, chidi, roles=(Role.FINANCE,))
        estate.people[chidi.id] = estate.person("Chidi", 1004)

    estate.run(let_in)
    chidi = next(t for t in estate.people.values() if t.sender.name == "Chidi")
    estate.fill(estate.ada, 1_000_000)
    for _ in range(2):
        estate.bill(is_acknowledged=True)
        estate.ada.says("/bills")
        for label in ("BILL-2026-", "Pay from wallet", "Full", "Pay 5,000.00"):
            estate.ada.presses(label)
    assert len(chidi.messages) == 1
    assert chidi.last.is_silent
    assert chidi.sees == (
        "💰 2 payments came in\n"
        "+5,000.00 NGN · Ada · A-14 · BILL-2026-000002\n"
        "+5,000.00 NGN · Ada · A-14 · BILL-2026-000001\n"
        "The organisation's wallet: 10,000.00 NGN"
    )

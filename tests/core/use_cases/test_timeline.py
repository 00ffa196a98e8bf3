"""What happened to a bill, and finding proofs by their numbers, within one's own tenant."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from core.domain.bills import Acknowledgment, Bill, Life
from core.domain.errors import BillCancelled, NotAllowed, NotFound, TooManyRequests
from core.domain.people import Actor, PersonId, Scope
from core.domain.tenants import TenantId
from core.use_cases.bills import acknowledge_bill, cancel_bill, pay_bill
from core.use_cases.timeline import bill_story, find_by_number, resend_bill, seen_receipt
from storage.transaction import SqlTransaction
from tests.factories import (
    Books,
    add_bill,
    add_member,
    add_person,
    add_tenant,
    add_wallet,
    naira,
    open_books,
    top_up,
)

KEY = "0123456789012345678901"


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    opened = open_books(tmp_path)
    yield opened
    opened.close()


def build(tx: SqlTransaction) -> tuple[Actor, Bill]:
    """Return Ada, who also manages bills, and her acknowledged bill of 1,000.00, 500.00 paid."""
    tenant = add_tenant(tx)
    ada = add_person(tx)
    add_member(tx, tenant, ada)
    add_wallet(tx, tenant)
    top_up(tx, tenant, add_wallet(tx, tenant, owner_id=ada.id), 100_000)
    actor = Actor(person_id=ada.id, tenant_id=tenant.id, scopes=frozenset({Scope.BILLS_MANAGE}))
    bill = add_bill(tx, tenant, debtor=ada)
    acknowledge_bill(tx, actor=actor, bill_id=bill.id, revision=1)
    pay_bill(tx, actor=actor, bill_id=bill.id, revision=1, amount=naira(50_000), key=KEY)
    return actor, tx.bills.get(bill.id)


def cancelled(tx: SqlTransaction, bill: Bill) -> Bill:
    """Let somebody else who manages bills cancel one."""
    manager = add_person(tx, name="Manager", pin_hash="hash of 2580")
    scopes = frozenset({Scope.BILLS_MANAGE})
    actor = Actor(person_id=manager.id, tenant_id=bill.tenant_id, scopes=scopes)
    return cancel_bill(tx, actor=actor, bill_id=bill.id, revision=1, reason="twice")


def test_a_story_has_every_step_and_payment(books: Books) -> None:
    actor, bill = books.run(build)
    books.run(lambda tx: cancelled(tx, bill))
    story = books.run(lambda tx: bill_story(tx, actor=actor, bill_id=bill.id))
    assert [step.to_status for step in story.steps] == [
        Acknowledgment.PENDING,
        Acknowledgment.ACKNOWLEDGED,
        Life.OPEN,
        Life.CANCELLED,
    ]
    assert books.run(lambda tx: tx.note(story.steps[-1].note_id)) == "twice"
    assert [revision.total for revision in story.revisions] == [naira(100_000)]
    allocation, receipt = story.paid[0]
    assert receipt is not None
    assert (allocation.amount, receipt.amount) == (naira(50_000), naira(50_000))


def test_a_receipt_is_found_by_number_and_by_either_token(books: Books) -> None:
    actor, bill = books.run(build)
    _, receipt = books.run(lambda tx: bill_story(tx, actor=actor, bill_id=bill.id)).paid[0]
    assert receipt is not None
    journal = books.run(lambda tx: tx.ledger.journal(receipt.journal_id))
    payment = books.run(lambda tx: tx.payments.get(receipt.payment_id))
    for number in (receipt.number, receipt.number.lower(), journal.token, payment.token):
        assert books.run(partial(find_by_number, actor=actor, number=number)) == receipt


def test_nothing_is_found_from_another_tenant_or_by_a_stranger(books: Books) -> None:
    actor, bill = books.run(build)
    _, receipt = books.run(lambda tx: bill_story(tx, actor=actor, bill_id=bill.id)).paid[0]
    assert receipt is not None
    everything = frozenset(Scope)
    abroad = Actor(person_id=actor.person_id, tenant_id=TenantId(1), scopes=everything)
    stranger = Actor(person_id=PersonId(1), tenant_id=actor.tenant_id)
    for nosy in (abroad, stranger):
        for number in (bill.number, receipt.number):
            with pytest.raises(NotFound):
                books.run(partial(find_by_number, actor=nosy, number=number))
        with pytest.raises(NotFound):
            books.run(partial(seen_receipt, actor=nosy, receipt_id=receipt.id))
        with pytest.raises(NotFound):
            books.run(partial(bill_story, actor=nosy, bill_id=bill.id))


def test_a_bill_is_sent_again_once_a_day(books: Books) -> None:
    actor, bill = books.run(build)
    books.run(lambda tx: resend_bill(tx, actor=actor, bill_id=bill.id))
    with pytest.raises(TooManyRequests):
        books.run(lambda tx: resend_bill(tx, actor=actor, bill_id=bill.id))
    books.clock.move(days=1)
    assert books.run(lambda tx: resend_bill(tx, actor=actor, bill_id=bill.id)).id == bill.id


def test_only_who_manages_bills_sends_them_again(books: Books) -> None:
    actor, bill = books.run(build)
    resident = Actor(person_id=actor.person_id, tenant_id=actor.tenant_id)
    with pytest.raises(NotAllowed):
        books.run(lambda tx: resend_bill(tx, actor=resident, bill_id=bill.id))


def test_a_cancelled_bill_is_not_sent_again(books: Books) -> None:
    actor, bill = books.run(build)
    books.run(lambda tx: cancelled(tx, bill))
    with pytest.raises(BillCancelled):
        books.run(lambda tx: resend_bill(tx, actor=actor, bill_id=bill.id))

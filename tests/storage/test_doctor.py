"""The doctor is silent on healthy books and names each broken promise."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from core.domain.errors import InvariantBroken, MoneyStopped
from core.domain.tenants import PLATFORM
from core.domain.work import Kind, WorkStatus
from storage import audit, doctor
from storage.transaction import SqlTransaction
from storage.triggers import triggers
from tests.factories import Books, FakeClock, add_hold, open_books, top_up
from tests.storage.estate import Ids

HARM = {
    "counters differ from its entries": "UPDATE account SET credits_minor = credits_minor + 1",
    "debits and credits differ": "UPDATE account SET credits_minor = credits_minor + 1"
    " WHERE id = :wallet",
    "counters differ from its transfers": "UPDATE transfer SET amount_minor = 5 WHERE id ="
    " (SELECT MIN(id) FROM transfer)",
    "does not follow the one before": "UPDATE entry SET balance_after_minor = 5"
    " WHERE account_id = :wallet AND seq = 1",
    "its two entries are missing": "DELETE FROM entry WHERE account_id = :wallet AND seq = 1",
    "held differs": "UPDATE account SET held_minor = 0 WHERE id = :wallet",
    "available is below zero": "UPDATE account SET debits_minor = debits_minor + 900000"
    " WHERE id = :wallet",
    "lines are missing": "DELETE FROM transfer WHERE journal_id = :journal",
    "what was posted differs": "UPDATE transfer SET hold_id = NULL",
    "allocated differs": "UPDATE bill SET allocated_minor = 8001 WHERE id = :bill",
    "refunded differs": "DELETE FROM allocation_return",
    "the newest revision": "DELETE FROM bill_revision WHERE bill_id = :calm_bill",
    "captured differs": "UPDATE payment SET captured_minor = 8001 WHERE id = :paid",
    "captured without being completed": "UPDATE payment SET captured_minor = 5 WHERE id = :pending",
    "more is allocated than was captured": "UPDATE payment SET captured_minor = 7999"
    " WHERE id = :paid",
    "has no money behind it": "UPDATE allocation SET journal_id = :top_up",
    "went back than there was": "UPDATE allocation_return SET amount_minor = 8001",
    "its journal does not say the same": "UPDATE receipt SET amount_minor = 7000",
    "what waits unmatched differs": "UPDATE unmatched SET amount_minor = 800",
    "what was given or sent back differs": "UPDATE unmatched SET given_minor = 101",
    "more was given or sent back than was kept": "UPDATE unmatched SET done_minor = 400",
    "its journal did not put it there": "UPDATE unmatched SET account_id = :own",
    "status differs from its history": "UPDATE hold SET status = 'open', posted_minor = 0"
    " WHERE id = :posted_hold",
    "life differs from its history": "UPDATE bill SET life_seq = 2 WHERE id = :bill",
    "step 2 is not legal": "UPDATE status_event SET from_status = 'voided'"
    " WHERE machine = 'hold' AND entity = :posted_hold AND seq = 2",
    "rows differ from what was sealed": "UPDATE journal SET kind = 'top_up'",
    "acts are not sealed": "DELETE FROM block WHERE tenant_id = :tenant",
    "rows point at missing rows": "DELETE FROM person WHERE id = :payer",
    "step hold open posted is missing": "DELETE FROM fsm WHERE machine = 'hold'"
    " AND to_status = 'posted'",
    "step hold open gone is not ours": "INSERT INTO fsm VALUES ('hold', 'open', 'gone')",
}


def harm(path: Path, ids: Ids, statement: str) -> None:
    """Change what triggers would refuse, and put them back."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("BEGIN")
        for name in triggers():
            connection.execute(f'DROP TRIGGER "{name}"')
        used = {name: value for name, value in ids.items() if f":{name}" in statement}
        assert connection.execute(statement, used).rowcount
        for text in triggers().values():
            connection.execute(text)
        connection.execute("COMMIT")


@pytest.fixture
def books(estate: Path) -> Books:
    return open_books(estate.parent, path=estate, seed=2)


def test_healthy_books_are_healthy(books: Books) -> None:
    assert books.run(doctor.examine) == []


@pytest.mark.parametrize("words", HARM)
def test_harm_is_named(books: Books, ids: Ids, words: str) -> None:
    harm(books.path, ids, HARM[words])
    found = books.run(doctor.examine)
    assert [line for line in found if words in line], found


def test_a_lost_trigger_is_named(books: Books) -> None:
    with closing(books.raw()) as connection:
        connection.execute('DROP TRIGGER "transfer_floor"')
    assert books.run(doctor.examine) == ["trigger transfer_floor is missing or changed"]


def test_findings_name_no_amount_and_no_person(books: Books, ids: Ids) -> None:
    harm(books.path, ids, "UPDATE account SET credits_minor = 987654321 WHERE id = :wallet")
    assert "987654321" not in "\n".join(books.run(doctor.examine))


def test_work_that_went_out_long_ago_is_named(estate: Path) -> None:
    clock = FakeClock()
    books = open_books(estate.parent, path=estate, seed=2, clock=clock)
    books.run(lambda tx: tx.work.add(Kind.CALL, lane="p:1", payload=b"x", is_sent=True))
    assert books.run(doctor.examine) == []
    clock.move(hours=2)
    assert [line for line in books.run(doctor.examine) if "of kind call were sent" in line]
    assert books.run(doctor.broken) == []


@pytest.mark.parametrize("status", [WorkStatus.DEAD, WorkStatus.PARKED])
def test_work_that_was_given_up_is_named(books: Books, status: WorkStatus) -> None:
    def give_up(tx: SqlTransaction) -> None:
        tx.work.mark(tx.work.add(Kind.HOOK, lane="h:1", payload=b"x"), status=status)

    books.run(give_up)
    assert books.run(doctor.examine) == [f"work: 1 of kind hook are {status} and wait for a human"]


def test_a_stop_refuses_money(books: Books, ids: Ids) -> None:
    books.run(lambda tx: doctor.money_stop(tx, ids["tenant"], "the books differ"))
    assert books.run(lambda tx: doctor.is_stopped(tx, ids["tenant"]))
    with pytest.raises(MoneyStopped):
        books.run(lambda tx: pay(tx, ids))
    with pytest.raises(MoneyStopped):
        books.run(lambda tx: hold(tx, ids))


def test_a_stop_of_the_platform_stops_everybody(books: Books, ids: Ids) -> None:
    books.run(lambda tx: doctor.money_stop(tx, PLATFORM, "the books differ"))
    with pytest.raises(MoneyStopped):
        books.run(lambda tx: pay(tx, ids))


def test_a_stop_of_another_tenant_stops_nobody_here(books: Books, ids: Ids) -> None:
    books.run(lambda tx: doctor.money_stop(tx, ids["other"], "the books differ"))
    books.run(lambda tx: pay(tx, ids))


def test_the_first_reason_stays(books: Books) -> None:
    for reason in ("first", "second"):
        books.run(lambda tx, why=reason: doctor.money_stop(tx, PLATFORM, why))  # type: ignore[misc]
    assert [line for line in books.run(doctor.warnings) if "first" in line]


def test_a_stop_is_in_the_chain(books: Books) -> None:
    before = books.run(lambda tx: audit.head(tx.cursor, PLATFORM))[0]
    books.run(lambda tx: doctor.money_stop(tx, PLATFORM, "x"))
    books.run(doctor.lift)
    assert books.run(lambda tx: audit.head(tx.cursor, PLATFORM))[0] == before + 2
    assert books.run(doctor.examine) == []


def test_a_clean_look_lifts(books: Books, ids: Ids) -> None:
    books.run(lambda tx: doctor.money_stop(tx, ids["tenant"], "x"))
    assert books.run(doctor.lift) == 1
    books.run(lambda tx: pay(tx, ids))
    assert books.run(doctor.lift) == 0


def test_what_is_broken_is_not_lifted(books: Books, ids: Ids) -> None:
    books.run(lambda tx: doctor.money_stop(tx, ids["tenant"], "x"))
    harm(books.path, ids, HARM["held differs"])
    with pytest.raises(InvariantBroken):
        books.run(doctor.lift)
    assert books.run(lambda tx: doctor.is_stopped(tx, ids["tenant"]))


def test_a_row_given_up_does_not_keep_the_stop(books: Books) -> None:
    books.run(lambda tx: tx.work.add_parked(Kind.HOOK, lane="h:1", payload=b"x"))
    books.run(lambda tx: doctor.money_stop(tx, PLATFORM, "x"))
    assert books.run(doctor.lift) == 1


def test_an_old_library_is_a_warning_only(books: Books) -> None:
    is_old = sqlite3.sqlite_version_info < doctor.SAFE_WAL
    assert bool(books.run(doctor.warnings)) == is_old


def pay(tx: SqlTransaction, ids: Ids) -> None:
    top_up(tx, tx.tenants.get(ids["tenant"]), tx.wallets.get(ids["wallet_row"]), 100)


def hold(tx: SqlTransaction, ids: Ids) -> None:
    add_hold(tx, tx.tenants.get(ids["tenant"]), tx.wallets.get(ids["wallet_row"]), 100)

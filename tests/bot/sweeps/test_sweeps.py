"""Sweeps take what is due, in batches, and one row that fails spoils nothing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.engine.due import handle_each
from bot.sweeps import SWEEPS, Sweep, bills, payments
from core.domain.acts import EventName
from core.domain.errors import InvariantBroken
from core.domain.payments import PaymentStatus
from core.domain.work import Due, Kind
from storage.transaction import SqlTransaction
from tests.core.estate import Estate, palm_court, settled


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    with palm_court(tmp_path) as found:
        yield found


def _due(estate: Estate) -> list[tuple[str, int]]:
    found = estate.books.rows("SELECT kind, subject FROM due ORDER BY kind, subject")
    return [(row[0], row[1]) for row in found]


def _calls(estate: Estate) -> int:
    ((count,),) = estate.books.rows("SELECT count(*) FROM work WHERE kind = 'call'")
    return int(count)


def test_a_link_whose_time_is_over_expires_once(estate: Estate) -> None:
    tried = estate.open_link(estate.agreed())
    assert estate.books.run(lambda tx: payments.expire(tx, at=tx.now)) == 0
    estate.clock.move(days=2)
    assert estate.books.run(lambda tx: payments.expire(tx, at=tx.now)) == 1
    assert estate.books.run(lambda tx: payments.expire(tx, at=tx.now)) == 0
    assert estate.now(tried).payment.status is PaymentStatus.EXPIRED


def test_an_attempt_is_looked_up_when_it_is_due(estate: Estate) -> None:
    estate.open_link(estate.agreed())
    before = _calls(estate)
    estate.clock.move(minutes=10)
    assert estate.books.run(lambda tx: payments.look_up(tx, at=tx.now)) == 1
    assert _calls(estate) == before + 1


def test_a_service_that_was_down_for_days_still_looks_once(estate: Estate) -> None:
    estate.open_link(estate.agreed())
    before = _calls(estate)
    estate.clock.move(days=3)
    assert estate.books.run(lambda tx: payments.look_up(tx, at=tx.now)) == 1
    assert _calls(estate) == before + 1


def test_a_settled_attempt_is_looked_up_no_more(estate: Estate) -> None:
    estate.settle(estate.open_link(estate.agreed()))
    before = _calls(estate)
    estate.clock.move(minutes=10)
    estate.books.run(lambda tx: payments.look_up(tx, at=tx.now))
    assert _calls(estate) == before


def test_a_settled_attempt_is_looked_up_for_a_fee_that_is_to_come(estate: Estate) -> None:
    tried = estate.open_link(estate.agreed())
    estate.answer(tried, replace(settled(tried), is_fee_to_come=True))
    before = _calls(estate)
    estate.clock.move(minutes=10)
    estate.books.run(lambda tx: payments.look_up(tx, at=tx.now))
    assert _calls(estate) == before + 1


def _told(estate: Estate, sweep: Sweep) -> list[int]:
    def run(tx: SqlTransaction) -> list[int]:
        sweep(tx, at=tx.now)
        return [e.person_id for e in tx.events if e.name is EventName.BILL_REMINDER]

    return estate.books.run(run)


def test_each_debtor_gets_one_digest_a_day(estate: Estate) -> None:
    estate.agreed()
    estate.agreed()
    estate.clock.move(days=15)
    remind, overdue = SWEEPS[2], SWEEPS[3]
    told = [*_told(estate, remind), *_told(estate, overdue), *_told(estate, remind)]
    assert sorted(told) == sorted([estate.ada.person_id, estate.ben.person_id])


def test_a_paid_bill_reminds_nobody(estate: Estate) -> None:
    bill = estate.agreed(1000)
    estate.fund(estate.ada, 1000)
    estate.pay(bill, 1000)
    estate.clock.move(days=30)
    assert estate.books.run(lambda tx: bills.remind(tx, at=tx.now)) >= 0
    assert _told(estate, SWEEPS[3]) == []


def test_one_row_that_fails_spoils_nothing_and_comes_again(estate: Estate) -> None:
    rows = [
        Due(due_at=estate.clock.now(), kind="test", subject=number, period="1")
        for number in (1, 2, 3)
    ]

    def act(due: Due) -> None:
        if due.subject == 2:
            raise LookupError(due.subject)

    def run(tx: SqlTransaction) -> tuple[int, tuple[Due, ...]]:
        taken = handle_each(tx, rows, act, at=tx.now)
        later = tx.now + timedelta(hours=1)
        return taken, tx.work.take_due("test", at=later, limit=9)

    taken, again = estate.books.run(run)
    assert taken == 3
    assert [due.subject for due in again] == [2]


def test_what_a_failed_row_wrote_is_undone(estate: Estate) -> None:
    row = Due(due_at=estate.clock.now(), kind="test", subject=1, period="1")

    def run(tx: SqlTransaction) -> int:
        def act(_due: Due) -> None:
            tx.work.add(Kind.CALL, lane="p:1", payload=b"{}")
            raise LookupError

        handle_each(tx, [row], act, at=tx.now)
        return len(tx.written)

    before = _calls(estate)
    assert estate.books.run(run) == 0
    assert _calls(estate) == before


def test_a_broken_invariant_is_not_swallowed(estate: Estate) -> None:
    row = Due(due_at=estate.clock.now(), kind="test", subject=1, period="1")

    def act(_due: Due) -> None:
        raise InvariantBroken

    with pytest.raises(InvariantBroken):
        estate.books.run(lambda tx: handle_each(tx, [row], act, at=tx.now))


def test_names_and_rhythms_are_of_this_world() -> None:
    assert len({sweep.name for sweep in SWEEPS}) == len(SWEEPS)
    assert all(0 < sweep.every_s <= 3600 for sweep in SWEEPS)

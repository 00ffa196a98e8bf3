"""Two use cases of which one forbids what the other does: whoever comes second sees the first.

On PostgreSQL the first one is kept from its commit until the second waits for it, or is done. On
SQLite there is one writer, and the order is all there is.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest

from core.domain.chargebacks import ChargebackStatus
from core.domain.claims import Claim
from core.domain.consent import Consent
from core.domain.errors import AboveRefundable, PaymentContested, RefundOpen, StaleState
from core.domain.payments import AttemptStatus, Payment, PaymentStatus
from core.domain.refunds import Destination, RefundStatus
from core.ports import Transaction
from core.use_cases.bills import cancel_bill
from core.use_cases.chargebacks import follow_event
from core.use_cases.charges import charge_bill, charge_top_up
from core.use_cases.links import begin_call, cancel_payment, expire_payment
from core.use_cases.pins import set_pin
from core.use_cases.refunding import begin_refund
from core.use_cases.refunds import open_refund
from core.use_cases.unmatched import give_unmatched
from storage.doctor import broken
from tests.books import ServerBooks, open_server_books
from tests.core.estate import TOTAL, Estate, Tried, palm_court, settled
from tests.core.use_cases.refunding import Refunds
from tests.core.use_cases.test_methods import VISA, kept
from tests.core.use_cases.test_unmatched_refunds import Kept
from tests.factories import naira

Act = Callable[[Transaction], Any]

WAIT_S: Final = 20
_WAITS: Final = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


class Race:
    """An estate on PostgreSQL, and a second connection to its books."""

    def __init__(self, folder: Path) -> None:
        self.books = open_server_books(folder)
        assert isinstance(self.books, ServerBooks)
        self.url = self.books.url
        self.estate = Estate(self.books)
        self.beside = open_server_books(folder, path=self.books.path, seed=2)

    def run(self, first: Act, second: Act) -> tuple[Any, Any]:
        """Commit `first` only once `second` waits for it, or is done; return what both came to."""
        is_written, may_commit = threading.Event(), threading.Event()

        def held(tx: Transaction) -> Any:
            result = first(tx)
            is_written.set()
            assert may_commit.wait(WAIT_S)
            return result

        with ThreadPoolExecutor(max_workers=2) as threads:
            one = threads.submit(self.books.run, held)
            assert is_written.wait(WAIT_S)
            two = threads.submit(self.beside.run, second)
            try:
                self._until_waiting(two)
            finally:
                may_commit.set()
            return _end(one), _end(two)

    def _until_waiting(self, other: "Future[Any]") -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            for _ in range(WAIT_S * 100):
                waiting = connection.execute(_WAITS).fetchone()
                if other.done() or waiting != (0,):
                    return
                connection.execute("SELECT pg_sleep(0.01)")
        raise TimeoutError

    def close(self) -> None:
        """End it; the books must be in order."""
        try:
            assert self.books.run(broken) == []
        finally:
            self.books.close()
            self.beside.close()


def _end(future: "Future[Any]") -> Any:
    error = future.exception(WAIT_S)
    return future.result() if error is None else error


@pytest.fixture
def race(tmp_path: Path) -> Iterator[Race]:
    found = Race(tmp_path)
    yield found
    found.close()


def charged(estate: Estate) -> Tried:
    """Let Ada's card be charged for a bill; nothing has left yet."""
    method, bill = kept(estate, replace(VISA, consent=Consent.GIVEN)), estate.agreed()
    estate.do(set_pin, person_id=estate.ada.person_id, pin_hash="argon")
    payment = estate.do(
        charge_bill,
        actor=estate.ada,
        bill_id=bill.id,
        revision=bill.revision,
        amount=bill.rest,
        method_id=method.id,
    )
    return estate.tried(payment)


def ends(estate: Estate, tried: Tried) -> tuple[Act, Act]:
    """Return how a charge begins, and how its owner gives it up."""
    begin = partial(begin_call, attempt_id=tried.attempt.id)
    payment_id = tried.payment.id
    return begin, lambda tx: cancel_payment(tx, actor=estate.ada, payment_id=payment_id)


def is_settled_one_way(estate: Estate, tried: Tried) -> bool:
    """Tell whether the charge either left, and its end is asked for, or never leaves."""
    now = estate.now(tried)
    has_left = now.attempt.status is AttemptStatus.SENT
    return has_left is now.payment.is_open


def test_a_charge_that_leaves_is_not_given_up_beside_it(race: Race) -> None:
    tried = charged(race.estate)
    begin, cancel = ends(race.estate, tried)
    begun, cancelled = race.run(begin, cancel)
    assert begun is not None
    assert (cancelled.is_open, is_settled_one_way(race.estate, tried)) == (True, True)


def test_a_charge_that_is_given_up_does_not_leave_beside_it(race: Race) -> None:
    tried = charged(race.estate)
    begin, cancel = ends(race.estate, tried)
    cancelled, begun = race.run(cancel, begin)
    assert (cancelled.status, begun) == (PaymentStatus.CANCELLED, None)
    assert is_settled_one_way(race.estate, tried)


def test_a_charge_whose_time_ends_does_not_leave_beside_it(race: Race) -> None:
    tried = charged(race.estate)
    race.estate.clock.move(hours=2)
    expire = partial(expire_payment, payment_id=tried.payment.id)
    ended, begun = race.run(expire, ends(race.estate, tried)[0])
    assert (ended.status, begun) == (PaymentStatus.EXPIRED, None)


@pytest.mark.parametrize("is_begun_first", [True, False])
def test_one_writer_puts_a_charge_and_its_end_in_order(
    tmp_path: Path, *, is_begun_first: bool
) -> None:
    with palm_court(tmp_path) as estate:
        tried = charged(estate)
        begin, cancel = ends(estate, tried)
        acts = (begin, cancel) if is_begun_first else (cancel, begin)
        estate.books.run_group(acts)
        now = estate.now(tried)
        assert (now.payment.is_open, is_settled_one_way(estate, tried)) == (is_begun_first, True)


def claim(refunds: Refunds) -> Act:
    """Return how the payer's bank claims the money."""
    said = settled(refunds.tried, refunds.payment.captured_minor, capture=refunds.capture)
    return partial(follow_event, attempt=refunds.tried.attempt, settled=said, claim=Claim.OPEN)


def test_a_refund_does_not_leave_beside_a_claim(race: Race) -> None:
    refunds = Refunds(race.estate)
    refund = refunds.ask(10_000)
    _, begun = race.run(claim(refunds), partial(begin_refund, refund_id=refund.id))
    assert (begun, refunds.now(refund).status) == (None, RefundStatus.FAILED)


def test_a_claim_sees_the_refund_that_leaves_beside_it(race: Race) -> None:
    refunds = Refunds(race.estate)
    refund = refunds.ask(10_000)
    begun, _ = race.run(partial(begin_refund, refund_id=refund.id), claim(refunds))
    (opened,) = race.estate.look(lambda tx: tx.chargebacks.open_in(race.estate.tenant.id, limit=5))
    assert begun is not None
    assert (refunds.now(refund).is_unsent, opened.status) == (False, ChargebackStatus.OPEN)


def back(refunds: Refunds) -> tuple[Act, Act]:
    """Return two ways for the same money to go back: a refund, and the bill's end."""
    estate, bill = refunds.estate, refunds.estate.bill(refunds.bill)
    refund = partial(
        open_refund,
        actor=estate.admin,
        payment_id=refunds.payment.id,
        amount=naira(bill.paid.minor),
        destination=Destination.ORIGINAL,
        reason="Paid twice",
    )
    cancel = partial(
        cancel_bill, actor=estate.admin, bill_id=bill.id, revision=bill.revision, reason="Twice"
    )
    return refund, cancel


@pytest.mark.parametrize("is_refunded_first", [True, False])
def test_money_goes_back_by_one_way_alone(race: Race, *, is_refunded_first: bool) -> None:
    refunds = Refunds(race.estate)
    # Somebody else's money is there, so that the wallet itself would not refuse.
    Refunds(race.estate)
    refund, cancel = back(refunds)
    acts = (refund, cancel) if is_refunded_first else (cancel, refund)
    _, second = race.run(*acts)
    assert isinstance(second, RefundOpen if is_refunded_first else AboveRefundable)
    held = refunds.held() if is_refunded_first else race.estate.balance(race.estate.ada)
    assert held == refunds.payment.captured_minor


def test_of_two_charges_that_pass_a_cards_limit_together_one_is_refused(race: Race) -> None:
    estate = race.estate
    method = kept(estate)
    estate.do(set_pin, person_id=estate.ada.person_id, pin_hash="argon")
    estate.clock.move(hours=24)
    race.beside.clock.at = estate.clock.at
    fill = partial(charge_top_up, actor=estate.ada, amount=naira(TOTAL), method_id=method.id)
    first, second = race.run(fill, fill)
    assert isinstance(first, Payment)
    assert isinstance(second, StaleState)


@pytest.mark.parametrize("is_claimed_first", [True, False])
def test_money_kept_apart_is_claimed_or_given(race: Race, *, is_claimed_first: bool) -> None:
    kept = Kept(race.estate)
    claimed = partial(follow_event, attempt=kept.tried.attempt, settled=kept.said, claim=Claim.OPEN)
    give = partial(
        give_unmatched,
        actor=kept.treasurer,
        unmatched_id=kept.now().id,
        person_id=race.estate.ben.person_id,
        amount=naira(1_000),
        reason="His slip",
        key="k1",
        has_pin_check=True,
    )
    acts = (claimed, give) if is_claimed_first else (give, claimed)
    _, second = race.run(*acts)
    assert isinstance(second, PaymentContested) is is_claimed_first
    assert race.estate.balance(race.estate.ben) == (0 if is_claimed_first else 1_000)
